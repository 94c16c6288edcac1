//! A DynamoDB with faults: a server on loopback that fails in one chosen way, or a proxy between the function and a store
//! without faults that passes on only the requests that the mode allows.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The fault. A request keeps the mode in which it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// No fault: every request goes to upstream, the store behind the proxy.
    Proxy,
    /// Every request goes to upstream, with this delay.
    Slow(Duration),

    /// No connect completes, as behind a firewall that drops packets. Existing connections get no more answers.
    ///
    /// Linux drops a SYN to a listener whose queue is full, also on loopback. So this is a real fault: the client's connect
    /// stays in SYN-SENT until the client gives up.
    BlackHole,
    /// Nothing listens: a connect is refused at once, and existing connections are closed.
    Refuse,
    /// Accepts connections and reads requests, but never answers.
    Hang,
    /// Reads the request, then resets the connection (RST).
    Reset,

    /// Reads the request, then closes the connection without an answer.
    Close,

    /// 400 `ProvisionedThroughputExceededException`.
    Throttle,
    /// 500 `InternalServerError`.
    ServerError,
    /// 400 `AccessDeniedException`: the role lacks a permission.
    Forbidden,
    /// 400 `ResourceNotFoundException`.
    MissingTable,
    /// 400 `ValidationException`.
    Invalid,
    /// 200 with a body that is not JSON.
    Garbage,
    /// 200 with this body, which is JSON but not the answer to the request.
    Says(&'static str),
    /// 200, but the connection ends before the body is complete.
    HalfAnswer,
    /// 200, but the rest of the body never arrives.
    HalfThenHang,
    /// A `Query` or `Scan` gets only its first item and upstream's own `LastEvaluatedKey`. The request for the next page gets
    /// a 500. A request that matches no item gets its whole answer.
    Partial,

    /// Every request goes to upstream. The answer announces that the connection stays open, but it is reset just after the
    /// answer. The client can notice that its pooled socket is dead before it uses it again.
    DropIdle,
    /// The first request of a connection goes to upstream, and the second one gets a reset. As after a freeze, the client
    /// notices that its pooled socket is dead only when it uses it.
    Stale,
    /// Like `Stale`, but the second request gets no answer, as if its packets were lost.
    StaleHang,

    /// Every request goes to upstream, with one item per page.
    Paged,

    /// Upstream executes the request, but the connection is reset instead of an answer.
    LoseAnswer,
    /// A 400 because of a conflict with another transaction. For a transaction, it is among the cancellation reasons.
    Conflict,

    /// One of these modes for each request, in turn.
    InTurn(Vec<Mode>),

    /// The fault for the first `n` requests since the mode was set. Later requests go to upstream.
    FirstN {
        /// The number of requests.
        n: usize,
        /// The fault of these requests.
        fault: Box<Mode>,
    },
    /// The fault of the first of these texts that the body of a request contains. Other requests go to upstream.
    When(Vec<(String, Mode)>),
}

impl Mode {
    /// Returns a mode with a fault for the first `n` requests.
    pub fn first(n: usize, fault: Mode) -> Self {
        let fault = Box::new(fault);
        Self::FirstN { n, fault }
    }

    /// Returns a mode with a fault for the requests that contain this text.
    pub fn when(text: &str, fault: Mode) -> Self {
        Self::when_any([(text, fault)])
    }

    /// Returns a mode with faults for the requests that contain these texts.
    pub fn when_any<const N: usize>(faults: [(&str, Mode); N]) -> Self {
        Self::When(faults.into_iter().map(|(text, fault)| (text.to_owned(), fault)).collect())
    }

    fn needs_upstream(&self) -> bool {
        matches!(
            self,
            Self::Proxy
                | Self::Slow(_)
                | Self::Partial
                | Self::Paged
                | Self::LoseAnswer
                | Self::DropIdle
                | Self::Stale
                | Self::StaleHang
                | Self::FirstN { .. }
                | Self::When(_)
                | Self::InTurn(_)
        )
    }

    fn check(&self, upstream: Option<SocketAddr>) {
        let served = upstream.is_some() || !self.needs_upstream();
        assert!(served, "{self:?} needs an upstream");
        let parts = match self {
            Self::FirstN { fault, .. } => vec![&**fault],
            Self::When(faults) => faults.iter().map(|(_, fault)| fault).collect(),
            Self::InTurn(modes) => modes.iter().collect(),
            _ => vec![],
        };
        for fault in parts {
            let nested = matches!(fault, Self::FirstN { .. } | Self::When(_) | Self::InTurn(_));
            let per_request = fault.state() == PortState::Open && !nested;
            assert!(per_request, "{fault:?} is not for some of the requests");
        }
    }

    fn state(&self) -> PortState {
        match self {
            Mode::BlackHole => PortState::Jammed,
            Mode::Refuse => PortState::Shut,
            _ => PortState::Open,
        }
    }
}

/// The state of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PortState {
    Open,
    Shut,
    Jammed,
}

/// The values that must stay alive for a state of the port.
enum PortResources {
    Open(JoinSet<()>),
    /// Bound, but not listening: connects are refused, and no other program can get the port.
    Shut(#[expect(dead_code, reason = "keeps the port")] TcpSocket),
    /// Listening, but never accepting, with a queue that these streams fill.
    Jammed(
        #[expect(dead_code, reason = "keeps the port")] TcpListener,
        #[expect(dead_code, reason = "keeps the queue full")] Vec<TcpStream>,
    ),
}

/// The server. It stops and closes its connections when it is dropped.
pub struct Faulty {
    address: SocketAddr,
    port: tokio::sync::Mutex<Option<(PortState, PortResources)>>,
    connections: Arc<Mutex<JoinSet<()>>>,
    shared: Arc<ProxyState>,
}

struct ProxyState {
    upstream: Option<SocketAddr>,
    /// The mode, and the number of requests since it was set.
    mode: Mutex<(Mode, usize)>,
    requests: AtomicUsize,
    accepted: AtomicUsize,
    /// The connections up to this one get no more answers.
    lost: AtomicUsize,
}

impl Faulty {
    /// Starts the server in `mode`. Modes that pass requests on need an `upstream`.
    pub async fn start(mode: Mode, upstream: Option<SocketAddr>) -> Self {
        mode.check(upstream);
        let socket = bind(SocketAddr::from((own_address(), 0)));
        let address = socket.local_addr().unwrap();
        let state = mode.state();
        let shared = ProxyState {
            upstream,
            mode: Mutex::new((mode, 0)),
            requests: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        };
        let faulty = Self {
            address,
            port: tokio::sync::Mutex::new(None),
            connections: Arc::default(),
            shared: Arc::new(shared),
        };
        let port = faulty.open_port(state, socket).await;
        *faulty.port.lock().await = Some((state, port));
        faulty
    }

    /// Changes the mode, on the same port, and returns when the change has taken effect.
    pub async fn set(&self, mode: Mode) {
        mode.check(self.shared.upstream);
        let wanted = mode.state();
        let mut port = self.port.lock().await;
        *self.shared.mode.lock().unwrap() = (mode, 0);
        if wanted == PortState::Shut {
            *self.connections.lock().unwrap() = JoinSet::new();
        }
        if port.as_ref().is_some_and(|(now, _)| *now == wanted) {
            return;
        }
        if let Some((_, PortResources::Open(mut acceptor))) = port.take() {
            // The port is free only after the task has ended, not when its end is requested.
            acceptor.shutdown().await;
        }
        *port = Some((wanted, self.open_port(wanted, bind(self.address)).await));
    }

    /// Loses all packets of the connections that exist now, as a NAT gateway does that has forgotten them: no answer, no FIN
    /// and no RST. New connections work.
    pub fn lose_connections(&self) {
        self.shared.lost.store(self.connections(), Ordering::Relaxed);
    }

    /// Returns the URL for the SDK's endpoint setting.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of complete requests that arrived, even those without an answer.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of connections that were accepted.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    async fn open_port(&self, state: PortState, socket: TcpSocket) -> PortResources {
        match state {
            PortState::Shut => PortResources::Shut(socket),
            PortState::Jammed => {
                let listener = socket.listen(1).unwrap();
                let mut fillers = Vec::new();
                // A connect on loopback completes at once while the queue has room.
                let patience = Duration::from_millis(200);
                while let Ok(filler) = timeout(patience, TcpStream::connect(self.address)).await {
                    fillers.push(filler.unwrap());
                }
                PortResources::Jammed(listener, fillers)
            }
            PortState::Open => {
                let listener = socket.listen(1024).unwrap();
                let connections = Arc::clone(&self.connections);
                let shared = Arc::clone(&self.shared);
                let mut acceptor = JoinSet::new();
                acceptor.spawn(async move {
                    while let Ok((socket, _)) = listener.accept().await {
                        let nth = shared.accepted.fetch_add(1, Ordering::Relaxed) + 1;
                        let conversation = converse(socket, nth, Arc::clone(&shared));
                        connections.lock().unwrap().spawn(conversation);
                    }
                });
                PortResources::Open(acceptor)
            }
        }
    }
}

/// Returns an address of this machine that no other test uses, if the system has all of 127.0.0.0/8. A change of the mode
/// may bind the port again, and no other test must get the port in between.
fn own_address() -> Ipv4Addr {
    let [a, b, c, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    let address = Ipv4Addr::new(127, a.max(1), b, c.clamp(1, 254));
    let is_there = std::net::TcpListener::bind((address, 0)).is_ok();
    if is_there { address } else { Ipv4Addr::LOCALHOST }
}

/// Binds without listening. The port can be bound again while old connections still use it.
fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// The state of a connection after a request.
enum Then {
    Keep,
    Close,
    Reset,
}

async fn converse(socket: TcpStream, nth: usize, shared: Arc<ProxyState>) {
    let mut socket = BufReader::new(socket);
    let mut used = false;
    // An error means that the client has closed the connection, which it may do.
    while let Ok(Some(request)) = Request::read(&mut socket).await {
        if nth <= shared.lost.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        let mode = shared.mode_of(&request);
        match shared.answer(&mode, &request, &mut socket, used).await {
            Ok(Then::Keep) => used = true,
            Ok(Then::Reset) => return socket.get_ref().set_zero_linger().unwrap(),
            Ok(Then::Close) | Err(_) => return,
        }
    }
}

impl ProxyState {
    fn mode_of(&self, request: &Request) -> Mode {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut mode = self.mode.lock().unwrap();
        mode.1 += 1;
        match &*mode {
            (Mode::FirstN { n, fault }, count) if count <= n => (**fault).clone(),
            (Mode::FirstN { .. }, _) => Mode::Proxy,
            (Mode::When(faults), _) => {
                faults.iter().find(|(text, _)| request.contains(text)).map_or(Mode::Proxy, |(_, fault)| fault.clone())
            }
            (Mode::InTurn(modes), count) => modes[(count - 1) % modes.len()].clone(),
            (mode, _) => mode.clone(),
        }
    }

    async fn answer(
        &self,
        mode: &Mode,
        request: &Request,
        client: &mut BufReader<TcpStream>,
        used: bool,
    ) -> io::Result<Then> {
        const VENDOR: &str = "com.amazonaws.dynamodb.v20120810";
        let half = || [head("200 OK", 4096), br#"{"Count":1,"Items":[{"num"#.into()].concat();
        let broken = || error("500 Internal Server Error", VENDOR, "InternalServerError");
        let refused = |space, kind| error("400 Bad Request", space, kind);

        let (answer, then) = match mode {
            Mode::Hang | Mode::BlackHole => std::future::pending().await,
            Mode::Refuse | Mode::Reset => return Ok(Then::Reset),
            Mode::Close => return Ok(Then::Close),
            Mode::Stale if used => return Ok(Then::Reset),
            Mode::StaleHang if used => std::future::pending().await,

            Mode::Throttle => {
                let kind = "ProvisionedThroughputExceededException";
                (refused(VENDOR, kind), Then::Keep)
            }
            Mode::MissingTable => (refused(VENDOR, "ResourceNotFoundException"), Then::Keep),
            Mode::Invalid => (refused("com.amazon.coral.validate", "ValidationException"), Then::Keep),
            Mode::Forbidden => {
                let kind = "AccessDeniedException";
                (refused("com.amazon.coral.service", kind), Then::Keep)
            }
            Mode::ServerError => (broken(), Then::Keep),
            Mode::Garbage => {
                let body = br#"{"Count":1,"Items":[<html>"#;
                let head = head("200 OK", body.len());
                ([head, body.into()].concat(), Then::Keep)
            }
            Mode::Says(body) => ([head("200 OK", body.len()), body.as_bytes().to_vec()].concat(), Then::Keep),
            Mode::HalfAnswer => (half(), Then::Close),
            Mode::HalfThenHang => {
                client.write_all(&half()).await?;
                std::future::pending().await
            }

            Mode::Partial if request.contains("ExclusiveStartKey") => (broken(), Then::Keep),
            Mode::Partial | Mode::Paged => (self.forward(&request.for_one_item()).await?, Then::Keep),
            Mode::Slow(delay) => {
                sleep(*delay).await;
                (self.forward(request).await?, Then::Keep)
            }
            Mode::LoseAnswer => {
                self.forward(request).await?;
                return Ok(Then::Reset);
            }
            Mode::Conflict if request.is_for("TransactWriteItems") => (cancelled(), Then::Keep),
            Mode::Conflict => (refused(VENDOR, "TransactionConflictException"), Then::Keep),
            Mode::DropIdle => {
                client.write_all(&self.forward(request).await?).await?;
                // A reset discards unread data, so wait until the answer has arrived.
                sleep(Duration::from_millis(20)).await;
                return Ok(Then::Reset);
            }
            Mode::Proxy | Mode::Stale | Mode::StaleHang => (self.forward(request).await?, Then::Keep),
            Mode::FirstN { .. } | Mode::When(_) | Mode::InTurn(_) => unreachable!("taken apart by `mode_of`"),
        };
        client.write_all(&answer).await?;
        Ok(then)
    }

    /// Returns upstream's answer, without its `connection` header.
    async fn forward(&self, request: &Request) -> io::Result<Vec<u8>> {
        let upstream = self.upstream.expect("checked when the mode was set");
        let mut upstream = TcpStream::connect(upstream).await.inspect_err(|error| {
            eprintln!("faulty: the sound store behind it is gone: {error}");
        })?;
        // With `connection: close`, the end of the stream is the end of upstream's answer.
        let head = without(&request.head, &["connection", "content-length"]);
        let (first_line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
        let length = request.body.len();
        let head = format!("{first_line}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
        upstream.write_all(head.as_bytes()).await?;
        upstream.write_all(&request.body).await?;

        let mut upstream = BufReader::new(upstream);
        let head = read_head(&mut upstream).await?;
        let head = head.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut answer = (without(&head, &["connection"]) + "\r\n").into_bytes();
        upstream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

/// One HTTP request. The head does not have the empty line at its end.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// Reads the next request, or returns `None` if the client sends no more. The SDK always sends a length.
    async fn read(socket: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some(head) = read_head(socket).await? else {
            return Ok(None);
        };
        let length = header(&head, "content-length").and_then(|value| value.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        socket.read_exact(&mut body).await?;
        Ok(Some(Self { head, body }))
    }

    fn contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    fn is_for(&self, operation: &str) -> bool {
        header(&self.head, "x-amz-target").and_then(|target| target.rsplit('.').next()) == Some(operation)
    }

    /// Returns the same request with a limit of one item.
    fn for_one_item(&self) -> Self {
        let mut body = self.body.clone();
        if self.is_for("Query") || self.is_for("Scan") {
            let mut query: serde_json::Value = serde_json::from_slice(&body).unwrap();
            query["Limit"] = 1.into();
            body = query.to_string().into_bytes();
        }
        Self { head: self.head.clone(), body }
    }
}

async fn read_head(socket: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    loop {
        let line = head.len();
        if socket.read_until(b'\n', &mut head).await? == 0 {
            return Ok(None);
        }
        if head[line..] == *b"\r\n" {
            head.truncate(line);
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

fn without(head: &str, names: &[&str]) -> String {
    let unwanted = |line: &str| {
        let field = line.split(':').next().unwrap_or_default();
        names.iter().any(|name| field.eq_ignore_ascii_case(name))
    };
    let lines = head.split_inclusive('\n');
    lines.filter(|line| !unwanted(line)).collect()
}

fn head(status: &str, length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amzn-requestid: FAULTY\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

/// Returns an error in DynamoDB's form, without the optional checksum header.
fn error(status: &str, namespace: &str, kind: &str) -> Vec<u8> {
    let body = format!(r#"{{"__type":"{namespace}#{kind}","message":"{kind} on purpose"}}"#);
    [head(status, body.len()), body.into_bytes()].concat()
}

/// Returns the error of a transaction that was cancelled because of a conflict at its first item.
fn cancelled() -> Vec<u8> {
    let body = br#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
        "CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"},{"Code":"None"}]}"#;
    [head("400 Bad Request", body.len()), body.into()].concat()
}

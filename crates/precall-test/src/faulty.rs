//! DynamoDB on a bad day: a server on loopback that fails in one chosen way, or stands between
//! the function and a sound store and lets through what the mode allows.

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

/// What is wrong. A request in hand keeps the mode it arrived in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: every request goes to upstream, the sound store behind it.
    Proxy,
    /// Upstream, late.
    Slow(Duration),

    /// No connect ever completes, as behind a firewall that drops packets; what is already
    /// connected is never answered again.
    ///
    /// Linux drops a SYN to a listener whose queue is full, on loopback too, so this is the real
    /// thing: the client's connect stays in SYN-SENT until it gives up.
    BlackHole,
    /// Nothing listens: a connect is refused at once, and what was connected is closed.
    Refuse,
    /// Connects and reads, and never answers.
    Hang,
    /// Reads the request, then resets the connection (RST).
    Reset,

    /// Reads the request, then closes the connection as if that were an answer.
    Close,

    /// 400 `ProvisionedThroughputExceededException`.
    Throttle,
    /// 500 `InternalServerError`.
    ServerError,
    /// 400 `AccessDeniedException`: the role lacks a permission.
    Forbidden,
    /// 400 `ResourceNotFoundException`.
    MissingTable,
    /// 200 with a body that is no JSON.
    Garbage,
    /// 200 with this body: JSON, and not what was asked for.
    Says(&'static str),
    /// 200, the body cut short by the end of the connection.
    HalfAnswer,
    /// 200, the rest of the body never comes.
    HalfThenHang,
    /// A `Query` or `Scan` gets its first item and the promise of more (upstream's own
    /// `LastEvaluatedKey`); asking for more is answered with a 500. What matches no item at all is
    /// answered in full.
    Partial,

    /// Upstream, and promises to keep the connection, but resets it just after the answer:
    /// the client can learn that its pooled socket is dead before it uses it again.
    DropIdle,
    /// Upstream once a connection; a second request on it meets a reset. As after a freeze and
    /// thaw, the client only learns that its pooled socket is dead by using it.
    Stale,
    /// As `Stale`, but the second request meets silence: its packets are lost.
    StaleHang,

    /// Upstream, one item a page: whoever wants all must ask again and again.
    Paged,

    /// Upstream does it, and the connection is reset instead of its answer.
    LoseAnswer,
    /// Another's transaction is in the way: a 400 that says so, for a transaction among its reasons.
    Conflict,

    /// Each of these in turn, request by request.
    InTurn(Vec<Mode>),

    /// The fault for the first `n` requests since the mode was set, then upstream.
    FirstN {
        /// The number of requests.
        n: usize,
        /// Their fault.
        fault: Box<Mode>,
    },
    /// The fault of the first text that a request's body has, upstream for requests with none.
    When(Vec<(String, Mode)>),
}

impl Mode {
    /// Returns a fault of the first `n` requests.
    pub fn first(n: usize, fault: Mode) -> Self {
        let fault = Box::new(fault);
        Self::FirstN { n, fault }
    }

    /// Returns a fault of the requests with this text.
    pub fn when(text: &str, fault: Mode) -> Self {
        Self::when_any([(text, fault)])
    }

    /// Returns the faults of requests with these texts.
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
            let per_request = fault.entrance() == Entrance::Open && !nested;
            assert!(per_request, "{fault:?} is not for some of the requests");
        }
    }

    fn entrance(&self) -> Entrance {
        match self {
            Mode::BlackHole => Entrance::Jammed,
            Mode::Refuse => Entrance::Shut,
            _ => Entrance::Open,
        }
    }
}

/// How the port treats a connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entrance {
    Open,
    Shut,
    Jammed,
}

/// An entrance, held by what must stay alive for it.
enum Door {
    Open(JoinSet<()>),
    /// Bound and not listening: connects are refused, and nobody else can get the port.
    Shut(#[expect(dead_code, reason = "keeps the port")] TcpSocket),
    /// Listening, never accepting, and its queue filled by these streams.
    Jammed(
        #[expect(dead_code, reason = "keeps the port")] TcpListener,
        #[expect(dead_code, reason = "keeps the queue full")] Vec<TcpStream>,
    ),
}

/// The server. It stops, with all its connections, when dropped.
pub struct Faulty {
    address: SocketAddr,
    door: tokio::sync::Mutex<Option<(Entrance, Door)>>,
    connections: Arc<Mutex<JoinSet<()>>>,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: Option<SocketAddr>,
    /// With the number of requests since it was set.
    mode: Mutex<(Mode, usize)>,
    requests: AtomicUsize,
    accepted: AtomicUsize,
}

impl Faulty {
    /// Starts in `mode`. The modes that let anything through need an `upstream`.
    pub async fn start(mode: Mode, upstream: Option<SocketAddr>) -> Self {
        mode.check(upstream);
        let socket = bind(SocketAddr::from((own_address(), 0)));
        let address = socket.local_addr().unwrap();
        let entrance = mode.entrance();
        let shared = Shared {
            upstream,
            mode: Mutex::new((mode, 0)),
            requests: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
        };
        let faulty = Self {
            address,
            door: tokio::sync::Mutex::new(None),
            connections: Arc::default(),
            shared: Arc::new(shared),
        };
        let door = faulty.make_door(entrance, socket).await;
        *faulty.door.lock().await = Some((entrance, door));
        faulty
    }

    /// Changes the mode, on the same port, and returns when the change has taken effect.
    pub async fn set(&self, mode: Mode) {
        mode.check(self.shared.upstream);
        let wanted = mode.entrance();
        let mut door = self.door.lock().await;
        *self.shared.mode.lock().unwrap() = (mode, 0);
        if wanted == Entrance::Shut {
            *self.connections.lock().unwrap() = JoinSet::new();
        }
        if door.as_ref().is_some_and(|(now, _)| *now == wanted) {
            return;
        }
        if let Some((_, Door::Open(mut acceptor))) = door.take() {
            // The port is free only when the task is gone, not when it is told to go.
            acceptor.shutdown().await;
        }
        *door = Some((wanted, self.make_door(wanted, bind(self.address)).await));
    }

    /// For the SDK's endpoint setting.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests that arrived whole, answered or not.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// The connections that were accepted.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    async fn make_door(&self, entrance: Entrance, socket: TcpSocket) -> Door {
        match entrance {
            Entrance::Shut => Door::Shut(socket),
            Entrance::Jammed => {
                let listener = socket.listen(1).unwrap();
                let mut fillers = Vec::new();
                // While there is room, a loopback connect completes at once.
                let patience = Duration::from_millis(200);
                while let Ok(filler) = timeout(patience, TcpStream::connect(self.address)).await {
                    fillers.push(filler.unwrap());
                }
                Door::Jammed(listener, fillers)
            }
            Entrance::Open => {
                let listener = socket.listen(1024).unwrap();
                let connections = Arc::clone(&self.connections);
                let shared = Arc::clone(&self.shared);
                let mut acceptor = JoinSet::new();
                acceptor.spawn(async move {
                    while let Ok((socket, _)) = listener.accept().await {
                        shared.accepted.fetch_add(1, Ordering::Relaxed);
                        let conversation = converse(socket, Arc::clone(&shared));
                        connections.lock().unwrap().spawn(conversation);
                    }
                });
                Door::Open(acceptor)
            }
        }
    }
}

/// An address of this machine that no other test has, where the system has all of 127.0.0.0/8: a mode is changed by
/// binding the port anew, and nobody else must get it in between.
fn own_address() -> Ipv4Addr {
    let [a, b, c, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    let address = Ipv4Addr::new(127, a.max(1), b, c.clamp(1, 254));
    let is_there = std::net::TcpListener::bind((address, 0)).is_ok();
    if is_there { address } else { Ipv4Addr::LOCALHOST }
}

/// Binds without listening. The port can be taken again while old connections linger on it.
fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// What becomes of a connection after a request.
enum Then {
    Keep,
    Close,
    Reset,
}

async fn converse(socket: TcpStream, shared: Arc<Shared>) {
    let mut socket = BufReader::new(socket);
    let mut used = false;
    // An error is the client going away, which is its right.
    while let Ok(Some(request)) = Request::read(&mut socket).await {
        let mode = shared.mode_of(&request);
        match shared.answer(&mode, &request, &mut socket, used).await {
            Ok(Then::Keep) => used = true,
            Ok(Then::Reset) => return socket.get_ref().set_zero_linger().unwrap(),
            Ok(Then::Close) | Err(_) => return,
        }
    }
}

impl Shared {
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
                // A reset throws away what is still unread: let the answer arrive.
                sleep(Duration::from_millis(20)).await;
                return Ok(Then::Reset);
            }
            Mode::Proxy | Mode::Stale | Mode::StaleHang => (self.forward(request).await?, Then::Keep),
            Mode::FirstN { .. } | Mode::When(_) | Mode::InTurn(_) => unreachable!("taken apart by `mode_of`"),
        };
        client.write_all(&answer).await?;
        Ok(then)
    }

    /// Upstream's answer, as it came but for its `connection` header.
    async fn forward(&self, request: &Request) -> io::Result<Vec<u8>> {
        let upstream = self.upstream.expect("checked when the mode was set");
        let mut upstream = TcpStream::connect(upstream).await.inspect_err(|error| {
            eprintln!("faulty: the sound store behind it is gone: {error}");
        })?;
        // Asked to close, upstream ends its answer with the stream, however it frames it.
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

/// One HTTP request; the head without its closing empty line.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// The next one, or `None` if the client has no more. The SDK always states a length.
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

    /// The same request, for one item only.
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

/// An error as DynamoDB words it, without the checksum header that is optional anyway.
fn error(status: &str, namespace: &str, kind: &str) -> Vec<u8> {
    let body = format!(r#"{{"__type":"{namespace}#{kind}","message":"{kind} on purpose"}}"#);
    [head(status, body.len()), body.into_bytes()].concat()
}

/// A transaction that met another, at its first item.
fn cancelled() -> Vec<u8> {
    let body = br#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
        "CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"},{"Code":"None"}]}"#;
    [head("400 Bad Request", body.len()), body.into()].concat()
}

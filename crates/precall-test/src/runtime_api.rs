//! The part of the AWS Lambda Runtime API that a function needs: it passes events to the function and receives answers, over
//! the same HTTP interface as the real one.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The time limit of an invocation. It is longer than any answer may take, and short enough for a stuck test.
const INVOKE_TIMEOUT: Duration = Duration::from_secs(15);

/// The time limit that the function gets with an event.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);

/// The outcome of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered; the bytes are its JSON.
    Response(Vec<u8>),
    /// The function failed; the bytes are the runtime's error JSON.
    FunctionError(Vec<u8>),
}

/// An answered invocation.
#[derive(Debug)]
pub struct Invocation {
    /// The id that the function got with the event.
    pub request_id: String,
    /// The function's answer.
    pub outcome: Outcome,
    /// The time from the moment when the function received the event to its complete answer, without a cold start.
    pub elapsed: Duration,
}

/// A stub of the Runtime API. Its server stops when it is dropped.
pub struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Event>,
    shared: Arc<ApiState>,
    _server: JoinSet<()>,
}

struct Event {
    request_id: String,
    payload: Vec<u8>,
}

struct ApiState {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    open: Mutex<HashMap<String, Open>>,
    progress: watch::Sender<Progress>,
    invocations: AtomicUsize,
}

/// An invocation without an answer yet.
struct Open {
    taken: Option<Instant>,
    answer: oneshot::Sender<(Outcome, Duration)>,
}

#[derive(Default)]
struct Progress {
    polled: bool,
    init_error: Option<Vec<u8>>,
}

impl RuntimeApi {
    /// Starts the stub on a port of loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(ApiState {
            queue: tokio::sync::Mutex::new(queue),
            open: Mutex::default(),
            progress: watch::Sender::default(),
            invocations: AtomicUsize::new(0),
        });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&shared)));
        Self { address, events, shared, _server: server }
    }

    /// Returns the value of `AWS_LAMBDA_RUNTIME_API`: host and port, without a scheme.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until the function requests its first event, which is the end of its init phase.
    pub async fn first_next(&self, patience: Duration) -> Result<(), String> {
        let mut progress = self.shared.progress.subscribe();
        let settled = progress.wait_for(|now| now.polled || now.init_error.is_some());
        let Ok(now) = timeout(patience, settled).await else {
            return Err(format!("the function requested no event in {patience:?}"));
        };
        match &now.unwrap().init_error {
            Some(error) => Err(format!("the function failed to start: {}", String::from_utf8_lossy(error))),
            None => Ok(()),
        }
    }

    /// Returns the body that the function sent to `init/error`, or `None` if it sent none.
    pub fn init_error(&self) -> Option<Vec<u8>> {
        self.shared.progress.borrow().init_error.clone()
    }

    /// Passes one event to the function and waits for its answer.
    pub async fn invoke(&self, payload: Vec<u8>) -> Invocation {
        let number = self.shared.invocations.fetch_add(1, Ordering::Relaxed) + 1;
        let request_id = format!("00000000-0000-4000-8000-{number:012}");
        let (answer, answered) = oneshot::channel();
        let open = Open { taken: None, answer };
        self.shared.add(request_id.clone(), open);
        let event = Event { request_id: request_id.clone(), payload };
        assert!(self.events.send(event).is_ok(), "the stub has stopped");

        let Ok(answered) = timeout(INVOKE_TIMEOUT, answered).await else {
            let state = self.shared.describe(&request_id);
            panic!("no answer to invocation {request_id} in {INVOKE_TIMEOUT:?}: {state}");
        };
        let (outcome, elapsed) = answered.expect("the stub has stopped");
        Invocation { request_id, outcome, elapsed }
    }
}

impl ApiState {
    fn add(&self, request_id: String, open: Open) {
        self.open.lock().unwrap().insert(request_id, open);
    }

    /// `GET …/invocation/next`: a long poll.
    async fn next(&self) -> Response<Full<Bytes>> {
        self.progress.send_modify(|now| now.polled = true);
        let Some(event) = self.queue.lock().await.recv().await else {
            return reply(StatusCode::INTERNAL_SERVER_ERROR, "the stub has stopped");
        };
        if let Some(open) = self.open.lock().unwrap().get_mut(&event.request_id) {
            open.taken = Some(Instant::now());
        }
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + FUNCTION_TIMEOUT;
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", event.request_id)
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:000000000000:function:precall-hook",
            )
            .header(
                "lambda-runtime-trace-id",
                "Root=1-67d1941b-f6ca8604f320ef52203a3c97;Parent=53995c3f42cd8ad8;Sampled=0",
            )
            .body(Full::from(event.payload))
            .unwrap()
    }

    /// `POST …/invocation/{id}/response` and `…/error`.
    fn answer(&self, request_id: &str, outcome: Outcome) -> Response<Full<Bytes>> {
        let Some(open) = self.open.lock().unwrap().remove(request_id) else {
            return reply(StatusCode::BAD_REQUEST, "no such open invocation");
        };
        let elapsed = open.taken.map_or(Duration::ZERO, |taken| taken.elapsed());
        // The test may have stopped waiting, which does not matter to the function.
        open.answer.send((outcome, elapsed)).ok();
        reply(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
    }

    fn init_error(&self, error: Vec<u8>) -> Response<Full<Bytes>> {
        self.progress.send_modify(|now| now.init_error = Some(error));
        reply(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
    }

    /// Describes the state of an invocation without an answer.
    fn describe(&self, request_id: &str) -> String {
        let open = self.open.lock().unwrap();
        match open.get(request_id).and_then(|open| open.taken) {
            Some(taken) => format!("the function took it {:?} ago", taken.elapsed()),
            None if self.progress.borrow().polled => "the function did not come back for it".into(),
            None => "the function never requested an event".into(),
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<ApiState>) {
    // This function owns the connections, so that they end with the server.
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| route(request, Arc::clone(&shared)));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
    }
}

async fn route(request: Request<Incoming>, shared: Arc<ApiState>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(reply(StatusCode::BAD_REQUEST, "the body broke off"));
    };
    let body = body.to_bytes().to_vec();
    let Some(path) = head.uri.path().strip_prefix("/2018-06-01/runtime/") else {
        return Ok(reply(StatusCode::NOT_FOUND, "no such version of the API"));
    };
    let steps: Vec<_> = path.split('/').collect();
    Ok(match (&head.method, steps.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => shared.next().await,
        (&Method::POST, ["invocation", id, "response"]) => shared.answer(id, Outcome::Response(body)),
        (&Method::POST, ["invocation", id, "error"]) => shared.answer(id, Outcome::FunctionError(body)),
        (&Method::POST, ["init", "error"]) => shared.init_error(body),
        _ => reply(StatusCode::NOT_FOUND, "no such path"),
    })
}

fn reply(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(text)).unwrap()
}

//! `precall serve`: the hook over HTTP, by the same handler as the function's.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use lambda_http::RequestExt;
use precall::event::parse_query;
use precall::hook::{self, Hook};
use precall::settings::{Auth, Settings};
use precall::{auth, record};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

use crate::{Failure, azure, items, store};

/// The rules that `--example` starts with.
const EXAMPLE_RULES: &str = include_str!("../../rules/example.json");

/// The API key of `--example`. Everybody knows it, so it opens nothing but an example on loopback.
const EXAMPLE_KEY: &str = "example-key";

/// One call for each decision of the example rules.
const EXAMPLE_CALLS: [(&str, &str); 3] =
    [("+12125550100", "+13155550101"), ("+12125550100", "+13155550102"), ("+12125550100", "+13155550100")];

/// How long running answers may take after a signal to stop: an answer's deadline and some.
const GRACE: Duration = Duration::from_secs(5);

/// How long a client may take for a request's first lines, and keep a connection without a request. The vendor's
/// box waits no longer for an answer.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// Most connections at a time. An answer takes milliseconds, so that only clients that ask nothing need more; they
/// must not use up the files that a process may open.
const MOST_CONNECTIONS: usize = 256;

/// What one connection more is told.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\n\
    content-length: 32\r\n\r\n{\"error\":\"too many connections\"}";

/// Before the next try when a connection could not be accepted, as when no more files may be opened.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answer calls over HTTP.
///
/// Settings are the function's: `PRECALL_API_KEYS`, `PRECALL_DEFAULT`, `PRECALL_ON_ERROR` and so on. Rules are
/// in a DynamoDB embedded in this process, which also listens on loopback, so that
/// `aws dynamodb --endpoint-url` and graphical tools edit them.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the hook listens; if not given, on the port that the host of a container (`PORT`) or of a custom handler
    /// (`FUNCTIONS_CUSTOMHANDLER_PORT`) names, or on 127.0.0.1:9000.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// Where the embedded DynamoDB listens; loopback only.
    #[arg(long, default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    dynamodb_listen: SocketAddr,

    #[command(flatten)]
    store: store::Arguments,

    /// Begin with an example rulebook, show three calls, and take the key `example-key` (loopback
    /// only; not when `PRECALL_API_KEYS` or `PRECALL_AUTH` is set).
    #[arg(long)]
    example: bool,
}

/// Set by the host of Azure Functions: the port on which it asks.
const AZURE_PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// Set by the host of a container, as Cloud Run's contract has it: the port on which it asks, from outside.
const CONTAINER_PORT: &str = "PORT";

/// Largest envelope of Azure's that is read, in bytes. The host sends all headers along, twice.
const MOST_ENVELOPE: usize = 256 * 1024;

/// How long an envelope may take. The host is on this machine; but what its client sends it may only hand through.
const ENVELOPE_TIME: Duration = Duration::from_secs(2);

impl Arguments {
    fn listen(&self) -> Result<SocketAddr, Failure> {
        if let Some(listen) = self.listen {
            return Ok(listen);
        }
        for (name, address) in [(AZURE_PORT, Ipv4Addr::LOCALHOST), (CONTAINER_PORT, Ipv4Addr::UNSPECIFIED)] {
            if let Some(port) = std::env::var_os(name).filter(|port| !port.is_empty()) {
                let port = port.to_str().and_then(|port| port.parse().ok());
                let port = port.ok_or_else(|| format!("{name} is not a port; set --listen instead"))?;
                return Ok(SocketAddr::from((address, port)));
            }
        }
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 9000)))
    }
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let listen = arguments.listen()?;
    let own_auth = ["PRECALL_API_KEYS", "PRECALL_AUTH"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let example_key = arguments.example && !own_auth;
    if example_key && !listen.ip().is_loopback() {
        return Err(format!(
            "the example's key is public, and {listen} is not loopback; add --listen 127.0.0.1:9000, or set \
             PRECALL_API_KEYS (`precall keygen`)"
        )
        .into());
    }
    let settings = Settings::read(|name| match name {
        "PRECALL_API_KEYS" if example_key => Some(format!("example={}", auth::hash(EXAMPLE_KEY))),
        _ => std::env::var(name).ok(),
    })?;
    let _log = record::Background::start();
    record::start_log(settings.log_level, settings.log_keys)?;
    if matches!(settings.auth, Auth::None) && !listen.ip().is_loopback() {
        eprintln!(
            "precall: PRECALL_AUTH is none: whoever reaches {listen} gets decisions, unless a front door authenticates"
        );
    }

    // Both listeners first: a taken port is told before anything is written.
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}; choose another with --listen"))?;
    let address = listener.local_addr()?;
    let opened = arguments.store.serve(&settings, arguments.dynamodb_listen).await?;
    if arguments.example && opened.created {
        let rules = items::of_json(EXAMPLE_RULES)?;
        let count = rules.len();
        for rule in rules {
            items::put(opened.store.client(), &settings.rules_table, rule).await?;
        }
        eprintln!("{count} example rules written to table {}.", settings.rules_table);
    }

    hook::look_at_hours();
    let hook = Arc::new(Hook::new(opened.store.clone(), settings));
    if let Err(error) = hook.lookup().warm().await {
        eprintln!("precall: {error}; calls get the answer of PRECALL_ON_ERROR until it can be read");
    }
    if example_key {
        show_example(&hook).await?;
    }
    eprintln!("Hook:     http://{address}/?code=<API key>&from=<caller>&to=<callee>");
    if let Some(embedded) = &opened.embedded {
        eprintln!("DynamoDB: {} (rules table: {}; any credentials)", embedded.url(), hook.settings().rules_table);
    }
    if example_key {
        eprintln!("\nAsk it yourself:\n");
        eprintln!("  curl -X POST 'http://{address}/?code={EXAMPLE_KEY}&from=%2B12125550100&to=%2B13155550101'\n");
    }
    eprintln!("One line is logged for each answer. Ctrl-C stops.");

    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            // Without a handler for one of the signals, the other still stops.
            Ok(()) = tokio::signal::ctrl_c() => {}
            Some(()) = terminate.recv() => {}
        }
    };
    let open = GracefulShutdown::new();
    tokio::select! {
        () = stop => {}
        never = accept(&listener, &hook, &open) => match never {},
    }
    drop(listener);
    // Whoever asks a second time does not want to wait.
    tokio::spawn(async {
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(130);
    });
    if tokio::time::timeout(GRACE, open.shutdown()).await.is_err() {
        eprintln!("precall: some connections did not close within {} s", GRACE.as_secs());
    }
    match tokio::time::timeout(GRACE, opened.close()).await {
        Ok(closed) => closed?,
        Err(_) => eprintln!("precall: the embedded DynamoDB did not close within {} s", GRACE.as_secs()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Accepts connections, so many at a time, and answers what they ask.
async fn accept(listener: &TcpListener, hook: &Arc<Hook>, open: &GracefulShutdown) -> Infallible {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIME);
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            // Told at once: whoever is kept waiting hears silence. A client that does not read it sees the end.
            let _ = stream.try_write(TOO_MANY);
            continue;
        };
        let hook = Arc::clone(hook);
        let service = service_fn(move |request| {
            let hook = Arc::clone(&hook);
            async move { Ok::<_, Infallible>(answer(&hook, request).await) }
        });
        let connection = open.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that leaves, or sends what is no request, is nobody's concern.
            let _ = connection.await;
            drop(place);
        });
    }
}

/// A request over HTTP, through the function's handler. The contract promises no body, so none is read; only Azure's
/// host, where it is not told to forward requests, puts the request into one.
async fn answer(hook: &Hook, request: hyper::Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_none() && std::env::var_os(AZURE_PORT).is_some() {
        let envelope = tokio::time::timeout(ENVELOPE_TIME, to_bytes(Body::new(body), MOST_ENVELOPE)).await;
        if let Ok(Ok(envelope)) = envelope
            && let Some(asked) = azure::unwrapped(&envelope)
        {
            return azure::wrapped(&hook.answer(asked).await);
        }
    }
    let query = parse_query(parts.uri.query().unwrap_or_default());
    let mut asked = lambda_http::Request::new(lambda_http::Body::Empty).with_query_string_parameters(query);
    *asked.method_mut() = parts.method;
    *asked.headers_mut() = parts.headers;
    let (parts, body) = hook.answer(asked).await.into_parts();
    Response::from_parts(parts, Body::from(body.to_vec()))
}

async fn show_example(hook: &Hook) -> Result<(), Failure> {
    eprintln!("Three example calls:\n");
    for (from, to) in EXAMPLE_CALLS {
        let query = parse_query(&format!("code={EXAMPLE_KEY}&from={from}&to={to}"));
        let (response, record) =
            hook.respond(lambda_http::Request::new(lambda_http::Body::Empty).with_query_string_parameters(query)).await;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        let why = match (&record.rule, record.priority) {
            (Some(rule), Some(priority)) => format!("rule `{rule}`, priority {priority}"),
            _ => format!("{}: no rule is awake", record.decided_by.or(record.cause).unwrap_or("unknown")),
        };
        eprintln!("  {from} calls {to}\n    {body}\n    {why}\n");
    }
    Ok(())
}

//! `precall serve`: the hook over HTTP, by the same handler as the function's.

mod azure;
pub mod page;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::server::graceful::GracefulShutdown;
use precall_hook::auth;
use precall_hook::handler::{self, Handler};
use precall_hook::log;
use precall_hook::request::{Query, Request, Trace};
use precall_hook::settings::{Auth, Settings};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use self::page::{Feed, Page};
use crate::failure::Failure;

use crate::dynamodb::store::StoreArguments;
use crate::dynamodb::{item_file, items};
use crate::http;

/// The rules that `--example` starts with.
const EXAMPLE_RULES: &str = include_str!("../../../../../rules/example.json");

/// The API key of `--example`. Everybody knows it, so it opens nothing but an example on loopback.
const EXAMPLE_KEY: &str = "example-key";

/// One call for each decision of the example rules.
const EXAMPLE_CALLS: [(&str, &str); 3] =
    [("+12125550100", "+13155550101"), ("+12125550100", "+13155550102"), ("+12125550100", "+13155550100")];

/// How long running answers may take after a signal to stop: an answer's deadline and some.
const GRACE: Duration = Duration::from_secs(5);

/// Most connections at a time. An answer takes milliseconds, so that only clients that ask nothing need more; they
/// must not use up the files that a process may open.
const MOST_CONNECTIONS: usize = 256;

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

    /// Where the page for the browser listens, on loopback only; `off` for none. If not given, 127.0.0.1:9001, or none
    /// on a host that names the hook's port.
    #[arg(long, value_name = "ADDRESS:PORT|off")]
    page: Option<page::Listen>,

    #[command(flatten)]
    store: StoreArguments,

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
        if let Some((name, address, port)) = port_of_host() {
            let port = port.to_str().and_then(|port| port.parse().ok());
            let port = port.ok_or_else(|| format!("{name} is not a port; set --listen instead"))?;
            return Ok(SocketAddr::from((address, port)));
        }
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 9000)))
    }

    /// Where the page listens, if there is one. That its usual address is taken keeps no hook from starting.
    async fn page_listener(&self) -> Result<Option<TcpListener>, Failure> {
        let said = |address, error| format!("the page cannot listen on {address}: {error}; choose another with --page");
        match self.page {
            Some(page::Listen::Off) => Ok(None),
            Some(page::Listen::At(address)) => {
                Ok(Some(TcpListener::bind(address).await.map_err(|error| said(address.to_string(), error))?))
            }
            None if self.listen.is_none() && port_of_host().is_some() => Ok(None),
            None => match TcpListener::bind(page::ADDRESS).await {
                Ok(listener) => Ok(Some(listener)),
                Err(error) => {
                    eprintln!("precall: {}, or --page off", said(page::ADDRESS.to_owned(), error));
                    Ok(None)
                }
            },
        }
    }
}

/// The port that a host has named, and where it is to listen.
fn port_of_host() -> Option<(&'static str, Ipv4Addr, OsString)> {
    [(AZURE_PORT, Ipv4Addr::LOCALHOST), (CONTAINER_PORT, Ipv4Addr::UNSPECIFIED)].into_iter().find_map(
        |(name, address)| {
            let port = std::env::var_os(name).filter(|port| !port.is_empty())?;
            Some((name, address, port))
        },
    )
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
    let _log = log::BackgroundLog::start();
    log::start_log(settings.log_level, settings.log_keys)?;
    if matches!(settings.auth, Auth::None) && !listen.ip().is_loopback() {
        eprintln!(
            "precall: PRECALL_AUTH is none: whoever reaches {listen} gets decisions, unless a front door authenticates"
        );
    }

    // The listeners first: a taken port is told before anything is written.
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}; choose another with --listen"))?;
    let address = listener.local_addr()?;
    let page = arguments.page_listener().await?;
    // The example makes its own.
    let (store, _copy) = match port_of_host() {
        Some((name, ..)) if !arguments.example => arguments.store.of_package(name)?,
        _ => (arguments.store, None),
    };
    let opened = store.serve(&settings, arguments.dynamodb_listen).await?;
    if arguments.example && opened.created {
        let rules = item_file::of_json(EXAMPLE_RULES)?;
        let count = rules.len();
        for rule in rules {
            items::put(opened.store.client(), &settings.rules_table, rule).await?;
        }
        eprintln!("{count} example rules written to table {}.", settings.rules_table);
    }

    handler::load_calling_hours();
    let hook = Arc::new(Handler::new(opened.store.clone(), settings));
    if let Err(error) = hook.rules().warm().await {
        eprintln!("precall: {error}; calls get the answer of PRECALL_ON_ERROR until it can be read");
    }
    if example_key {
        show_example(&hook).await?;
    }
    eprintln!("Hook:     http://{address}/?code=<API key>&from=<caller>&to=<callee>");
    if let Some(embedded) = &opened.embedded {
        eprintln!("DynamoDB: {} (rules table: {}; any credentials)", embedded.url(), hook.settings().rules_table);
    }
    let feed = match page {
        Some(listener) => {
            let feed = Arc::new(Feed::new());
            eprintln!("Page:     http://{}/ (for the browser of this machine)", listener.local_addr()?);
            Page::new(opened.store.clone(), Arc::clone(&hook), address, Arc::clone(&feed)).listen(listener);
            Some(feed)
        }
        None => None,
    };
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
    let answer = move |request| {
        let (hook, feed) = (Arc::clone(&hook), feed.clone());
        async move { answer(&hook, feed.as_deref(), request).await }
    };
    tokio::select! {
        () = stop => {}
        never = http::accept(&listener, MOST_CONNECTIONS, &open, answer) => match never {},
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

/// A request over HTTP, through the function's handler. The contract promises no body, so none is read; only Azure's
/// host, where it is not told to forward requests, puts the request into one.
async fn answer(hook: &Handler, feed: Option<&Feed>, request: hyper::Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_none() && std::env::var_os(AZURE_PORT).is_some() {
        let envelope = tokio::time::timeout(ENVELOPE_TIME, to_bytes(Body::new(body), MOST_ENVELOPE)).await;
        if let Ok(Ok(envelope)) = envelope
            && let Some(asked) = azure::unwrapped(&envelope)
        {
            return azure::wrapped(&decide(hook, feed, &asked).await);
        }
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let asked = Request { method: parts.method, query, headers: parts.headers, trace: Trace::default() };
    decide(hook, feed, &asked).await.map(Body::from)
}

/// The hook's answer. Its record is written, and shown on the page if there is one.
async fn decide(hook: &Handler, feed: Option<&Feed>, asked: &Request) -> axum::http::Response<String> {
    let (response, record) = hook.respond(asked).await;
    hook.write(&record);
    if let Some(feed) = feed {
        feed.add(record);
    }
    response
}

async fn show_example(hook: &Handler) -> Result<(), Failure> {
    eprintln!("Three example calls:\n");
    for (from, to) in EXAMPLE_CALLS {
        let query = Query::parse(&format!("code={EXAMPLE_KEY}&from={from}&to={to}"));
        let (response, record) = hook.respond(&Request::get(query)).await;
        let body = response.into_body();
        let why = match (&record.rule, record.priority) {
            (Some(rule), Some(priority)) => format!("rule `{rule}`, priority {priority}"),
            _ => format!("{}: no rule applies", record.decided_by.or(record.cause).unwrap_or("unknown")),
        };
        eprintln!("  {from} calls {to}\n    {body}\n    {why}\n");
    }
    Ok(())
}

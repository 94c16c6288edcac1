//! The course of `precall serve`: settings, listeners, store, answers, and the end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use precall_hook::handler::{self, Handler};
use precall_hook::log;
use precall_hook::settings::{Auth, Settings, check_environment};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::answer::HookAnswers;
use super::arguments::Arguments;
use super::hosts::HostPort;
use super::page::{DecisionFeed, Page};
use super::{banner, example, taken};
use crate::dynamodb::store::{OpenedStore, WritableStore};
use crate::dynamodb::store_failure::StoreFailure;
use crate::failure::Failure;
use crate::hours_enforcement::{self, LawEnforcement};
use crate::http;
use crate::terminal::{print_stderr, printable};

/// The longest time for the answers that are under way at the end: more than an answer's time budget.
const MAX_STOP_TIME: Duration = Duration::from_secs(5);

/// The connections to the hook at a time. An answer takes milliseconds, so only clients that send nothing need more,
/// and they must not use up the files that a process may open.
const MAX_CONNECTIONS: usize = 256;

/// The variables with which the operator configures authentication.
const AUTH_VARIABLES: [&str; 2] = ["PRECALL_API_KEYS", "PRECALL_AUTH"];

/// Runs the hook until a signal stops it.
///
/// # Errors
/// When a setting cannot be read, an address is taken, or the store cannot be opened or closed.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let listen = arguments.listen()?;
    let has_example_key = arguments.example && !has_own_auth();
    let settings = settings(listen, has_example_key)?;
    let _log = log::BackgroundLog::start();
    log::start_log(settings.log_level, settings.log_keys)?;

    // Before the store, so that a taken port is reported before anything is written.
    let listeners = Listeners::bind(listen, &arguments, &settings).await?;
    let (opened, _copy) = open_store(arguments, &settings).await?;
    let handler = start_handler(&opened, settings).await;
    if has_example_key {
        example::show_calls(&handler).await;
    }
    // Before the last line is printed: from then on a signal stops the hook in good order.
    let mut signals = StopSignals::new()?;
    banner::show_rules(&opened, &handler).await;
    let answers = show_addresses(&opened, handler, listeners.address, listeners.page)?;
    show_hours(&answers.handler).await;
    if has_example_key {
        example::show_request(listeners.address);
    }
    print_stderr(format_args!("The hook logs one line for each answer. Ctrl-C stops it."));

    let connections = GracefulShutdown::new();
    answer_until_stopped(&listeners.hook, &connections, answers, &mut signals).await;
    drop(listeners.hook);
    close(connections, opened, signals).await?;
    Ok(ExitCode::SUCCESS)
}

/// Returns true if the operator has configured authentication.
fn has_own_auth() -> bool {
    AUTH_VARIABLES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Reads the settings. They have the example's key if it is to be accepted.
fn settings(listen: SocketAddr, has_example_key: bool) -> Result<Settings, Failure> {
    check_environment()?;
    let example_keys = if has_example_key { Some(example::api_keys(listen)?) } else { None };
    Ok(Settings::read(|name| match (name, &example_keys) {
        ("PRECALL_API_KEYS", Some(keys)) => Some(keys.clone()),
        _ => std::env::var(name).ok(),
    })?)
}

/// The listeners of the hook and of the page.
#[derive(Debug)]
struct Listeners {
    hook: TcpListener,
    /// The address of the hook.
    address: SocketAddr,
    page: Option<TcpListener>,
}

impl Listeners {
    /// Listens on the address of the hook, and on the page's.
    ///
    /// # Errors
    /// When one cannot be used.
    async fn bind(listen: SocketAddr, arguments: &Arguments, settings: &Settings) -> Result<Self, Failure> {
        if matches!(settings.auth, Auth::None) && !listen.ip().is_loopback() {
            print_stderr(format_args!(
                "precall: PRECALL_AUTH is none, so everyone who can reach {listen} gets decisions, unless a proxy in \
                 front of it authenticates"
            ));
        }
        let hook = match TcpListener::bind(listen).await {
            Ok(hook) => hook,
            Err(error) => return Err(taken::failure(listen, &error, arguments.example).await),
        };
        let address = hook.local_addr()?;
        Ok(Self { hook, address, page: arguments.page_listener().await? })
    }
}

/// Opens the store, and writes the example rules into a new one. On a host the database came with an image or a package;
/// if it cannot be written, the store is a copy in the folder that is returned.
async fn open_store(arguments: Arguments, settings: &Settings) -> Result<(OpenedStore, Option<TempDir>), Failure> {
    let (store, copy) = match HostPort::of_environment() {
        Some(port) if !arguments.example => arguments.store.of_package(port.variable)?,
        _ => (arguments.store, None),
    };
    let WritableStore { opened, table } = store.serve(settings, arguments.dynamodb_listen).await?;
    if arguments.example && opened.created {
        example::write_rules(&opened, &table).await?;
    }
    Ok((opened, copy))
}

/// Returns the hook's handler, with the wildcard rules and the calling-hours table read.
async fn start_handler(opened: &OpenedStore, settings: Settings) -> Arc<Handler> {
    handler::load_calling_hours();
    let handler = Arc::new(Handler::new(opened.store.clone(), settings));
    if let Err(error) = handler.rules().warm().await {
        let error = StoreFailure::new(error, opened.location.clone());
        print_stderr(format_args!(
            "precall: {error}; calls get the answer of PRECALL_ON_ERROR until the rules can be read"
        ));
    }
    handler
}

/// Prints the rules that enforce the calling hours, or that none does. A store that cannot be read has been reported.
async fn show_hours(handler: &Handler) {
    let Ok(wildcard) = handler.rules().wildcard().await else { return };
    let enforcement = LawEnforcement::of_table(wildcard.entries(), Timestamp::now());
    for (nth, line) in hours_enforcement::table_lines(&enforcement).iter().enumerate() {
        print_stderr(format_args!("{:9} {}", if nth == 0 { "Hours:" } else { "" }, printable(line)));
    }
}

/// Prints the addresses, and starts the page if it has a listener.
fn show_addresses(
    opened: &OpenedStore,
    handler: Arc<Handler>,
    address: SocketAddr,
    page: Option<TcpListener>,
) -> Result<HookAnswers, Failure> {
    print_stderr(format_args!("Hook:     http://{address}/?code=<API key>&from=<caller>&to=<callee>"));
    if let Some(embedded) = &opened.embedded {
        let table = &handler.settings().rules_table;
        print_stderr(format_args!("DynamoDB: {} (rules table: {table}; any credentials)", embedded.url()));
    }
    let Some(listener) = page else { return Ok(HookAnswers { handler, feed: None }) };
    let feed = Arc::new(DecisionFeed::new());
    print_stderr(format_args!("Page:     http://{}/ (for browsers on this machine)", listener.local_addr()?));
    Page::new(opened.store.clone(), Arc::clone(&handler), address, Arc::clone(&feed)).listen(listener);
    Ok(HookAnswers { handler, feed: Some(feed) })
}

/// The signals that stop the hook.
#[derive(Debug)]
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Handles the signals from now on.
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for a signal.
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Accepts connections and answers their requests until a signal stops the process.
async fn answer_until_stopped(
    listener: &TcpListener,
    connections: &GracefulShutdown,
    answers: HookAnswers,
    signals: &mut StopSignals,
) {
    let answer = move |request| {
        let answers = answers.clone();
        async move { answers.answer(request).await }
    };
    tokio::select! {
        () = signals.wait() => {}
        never = http::accept(listener, MAX_CONNECTIONS, connections, answer) => match never {},
    }
}

/// Waits for the answers that are under way, and closes the store.
async fn close(connections: GracefulShutdown, opened: OpenedStore, mut signals: StopSignals) -> Result<(), Failure> {
    // A second Ctrl-C ends the process at once.
    tokio::spawn(async move {
        signals.interrupt.recv().await;
        std::process::exit(130);
    });
    let limit = MAX_STOP_TIME.as_secs();
    if tokio::time::timeout(MAX_STOP_TIME, connections.shutdown()).await.is_err() {
        print_stderr(format_args!("precall: some connections did not close within {limit} s"));
    }
    match tokio::time::timeout(MAX_STOP_TIME, opened.close()).await {
        Ok(closed) => closed?,
        Err(_) => print_stderr(format_args!("precall: the embedded DynamoDB did not close within {limit} s")),
    }
    Ok(())
}

//! The Lambda function.

#![recursion_limit = "256"] // the nested futures of the SDK exceed the default

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lambda_http::{LambdaEvent, service_fn};
use lambda_runtime::Runtime;
use precall::Answer;
use precall_hook::event::{self, Event, Payload};
use precall_hook::handler::{self, Handler};
use precall_hook::log;
use precall_hook::settings::{LogKeys, Settings};
use precall_hook::store::{ClientLimits, RulesTable, client_of_lambda};

/// The longest wait for the first read during the start of the process, for which Lambda allows ten seconds.
const MAX_WARM_UP: Duration = Duration::from_secs(2);

/// The longest wait for a look at the table during the start, which only a table without a rule under `*` gets.
const MAX_LOOK: Duration = Duration::from_millis(300);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            eprintln!("precall-hook: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_http::Error> {
    let settings = Settings::from_env();
    let level = settings.as_ref().map_or(tracing::Level::INFO, |settings| settings.log_level);
    log::start_log(level, LogKeys::Plain)?;
    // This runs while the connection is made. A call that needs the table earlier waits for it.
    std::thread::spawn(handler::load_calling_hours);
    let settings = settings?;
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(
            "not started by Lambda; run `precall serve` to answer calls on this machine, or `cargo lambda watch` to emulate Lambda"
                .into(),
        );
    }
    let client = client_of_lambda(ClientLimits::from(&settings))?;
    let rules = RulesTable::new(client, &settings.rules_table);
    tracing::info!(
        rules_table = settings.rules_table,
        attempts_table = settings.attempts_table,
        default = Answer::from(settings.default.clone()).status(),
        on_error = %settings.on_error,
        "settings read"
    );
    let handler = Arc::new(Handler::new(rules, settings));
    match tokio::time::timeout(MAX_WARM_UP, handler.rules().warm()).await {
        Ok(Ok(rules)) => tracing::info!(rules, "rules of `*` read"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "rules of `*` could not be read at the start; the first call will try again");
        }
        Err(_) => tracing::warn!("rules of `*` could not be read in time at the start; the first call will try again"),
    }
    // Now, because the connection is idle: later, the first call might have to make a second one.
    if let Some(look) = handler.watch_rules() {
        // After this time, the task goes on beside the calls.
        let _ = tokio::time::timeout(MAX_LOOK, look).await;
    }
    let service = service_fn(move |invocation: LambdaEvent<Payload>| {
        let handler = Arc::clone(&handler);
        async move {
            let reply = match event::read(&invocation.payload, &invocation.context) {
                Event::Other(reply) => reply,
                Event::Request(request, front) => front.reply(handler.answer(&request).await),
            };
            Ok::<_, Infallible>(reply)
        }
    });
    Runtime::new(service).run().await
}

//! The Lambda function.

#![recursion_limit = "256"] // the SDK's futures, one inside the other, are deeper than the default

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lambda_http::RequestExt;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use precall_hook::event::{self, Event, Payload};
use precall_hook::handler::{self, Hook};
use precall_hook::log::record;
use precall_hook::settings::{LogKeys, Settings};
use precall_hook::store::rules_table::Store;

/// How long the process's start waits for the first read; Lambda allows ten seconds for all of it.
const WARM_UP: Duration = Duration::from_secs(2);

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
    record::start_log(level, LogKeys::Plain)?;
    // Beside the connection's set-up. Whoever needs the table before it is read waits for it.
    std::thread::spawn(handler::look_at_hours);
    let settings = settings?;
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(
            "not started by Lambda; `precall serve` answers calls on this machine, `cargo lambda watch` plays Lambda"
                .into(),
        );
    }
    let store = Store::from_lambda_env(&settings.rules_table, &settings.store_limits())?;
    let hook = Arc::new(Hook::new(store, settings));
    match tokio::time::timeout(WARM_UP, hook.lookup().warm()).await {
        Ok(Ok(rules)) => tracing::info!(rules, "rules of `*` read"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "rules of `*` could not be read at the start; the first call will try again");
        }
        Err(_) => tracing::warn!("rules of `*` could not be read in time at the start; the first call will try again"),
    }
    let handler = service_fn(move |invocation: LambdaEvent<Payload>| {
        let hook = Arc::clone(&hook);
        async move {
            let reply = match event::read(&invocation.payload) {
                Event::Other(reply) => reply,
                Event::Request(request, front) => {
                    front.reply(hook.answer(request.with_lambda_context(invocation.context)).await)
                }
            };
            Ok::<_, Infallible>(reply)
        }
    });
    Runtime::new(handler).run().await
}

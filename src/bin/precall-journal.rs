//! The Lambda function that keeps the journal: it gets the stream of the rules table, and writes the journal table.

#![recursion_limit = "256"] // the nested futures of the SDK exceed the default

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use precall_hook::journal::JournalTable;
use precall_hook::journal_batch::write_batch;
use precall_hook::log;
use precall_hook::settings::{JournalSettings, LogKeys};
use precall_hook::store::{ClientLimits, client_of_lambda};
use serde_json::Value;

/// The end of the time of an invocation, in which nothing is written any more, so that the answer is in time.
const ANSWER_TIME: Duration = Duration::from_secs(2);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the journal function cannot start");
            eprintln!("precall-journal: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let settings = JournalSettings::from_env();
    let level = settings.as_ref().map_or(tracing::Level::INFO, |settings| settings.log_level);
    log::start_log(level, LogKeys::Plain)?;
    let settings = settings?;
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(
            "not started by Lambda; connect this function to the stream of the rules table, as template.yaml does"
                .into(),
        );
    }
    let journal = JournalTable::new(client_of_lambda(ClientLimits::from(&settings))?, &settings.table);
    tracing::info!(journal_table = settings.table, days = settings.days, "settings read");
    let retention = settings.retention();
    let service = service_fn(move |invocation: LambdaEvent<Value>| {
        let journal = journal.clone();
        async move {
            let answer = write_batch(&invocation.payload, &journal, retention, deadline_of(&invocation)).await;
            answer.map_err(|error| {
                tracing::error!(%error, "event refused");
                Diagnostic { error_type: "EventRefused".to_owned(), error_message: error.to_string() }
            })
        }
    });
    Runtime::new(service).run().await
}

/// Returns the instant after which an invocation writes nothing any more.
fn deadline_of(invocation: &LambdaEvent<Value>) -> Instant {
    let left = invocation.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(ANSWER_TIME)
}

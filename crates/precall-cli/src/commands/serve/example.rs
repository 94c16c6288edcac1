//! `precall serve --example`: example rules, an API key for them, and three calls.

use std::net::SocketAddr;

use precall_hook::auth;
use precall_hook::handler::Handler;
use precall_hook::request::{Query, Request};

use crate::change_stamp::{BecauseArgument, ChangeStamper, ChangeVia};
use crate::counts::counted;
use crate::dynamodb::store::OpenedStore;
use crate::dynamodb::writable_table::WritableTable;
use crate::dynamodb::{item_file, items};
use crate::failure::Failure;
use crate::terminal::print_stderr;

/// The rules that `--example` writes into a new table.
const EXAMPLE_RULES: &str = include_str!("../../../../../rules/example.json");

/// The API key of `--example`. It is public, so it is accepted on loopback only.
const EXAMPLE_KEY: &str = "example-key";

/// One call for each kind of decision of the example rules: caller and callee.
const EXAMPLE_CALLS: [(&str, &str); 3] =
    [("+12125550100", "+13155550101"), ("+12125550100", "+13155550102"), ("+12125550100", "+13155550100")];

/// Returns the value of `PRECALL_API_KEYS` with the example's key.
///
/// # Errors
/// When the hook does not listen on loopback.
pub fn api_keys(listen: SocketAddr) -> Result<String, Failure> {
    if !listen.ip().is_loopback() {
        return Err(format!(
            "the example's key is public, and {listen} is not loopback; add --listen 127.0.0.1:9000, or set \
             PRECALL_API_KEYS (`precall keygen`)"
        )
        .into());
    }
    Ok(format!("example={}", auth::hash(EXAMPLE_KEY)))
}

/// Writes the example rules into a table.
///
/// # Errors
/// When the store does not accept them.
pub async fn write_rules(opened: &OpenedStore, table: &WritableTable) -> Result<(), Failure> {
    let rules = item_file::of_json(EXAMPLE_RULES)?;
    let count = u64::try_from(rules.len())?;
    // As `precall load rules/example.json` writes them.
    let stamper = ChangeStamper::of(opened, ChangeVia::Load, &BecauseArgument::default()).await;
    for rule in rules {
        items::put(table, stamper.stamped(&rule)?).await?;
    }
    print_stderr(format_args!("{} written to table {}.", counted(count, "example rule"), table.name()));
    Ok(())
}

/// Decides the example calls and prints the answers.
pub async fn show_calls(hook: &Handler) {
    print_stderr(format_args!("Three example calls:\n"));
    for (from, to) in EXAMPLE_CALLS {
        let query = Query::parse(&format!("code={EXAMPLE_KEY}&from={from}&to={to}"));
        let (response, record) = hook.respond(&Request::get(query)).await;
        let body = response.into_body();
        let why = match (&record.rule, record.priority) {
            (Some(rule), Some(priority)) => format!("rule `{rule}`, priority {priority}"),
            _ => format!("{}: no rule applies", record.decided_by.or(record.cause).unwrap_or("unknown")),
        };
        print_stderr(format_args!("  {from} calls {to}\n    {body}\n    {why}\n"));
    }
}

/// Prints a command that sends the first example call to the hook.
pub fn show_request(hook: SocketAddr) {
    print_stderr(format_args!("\nSend a call yourself:\n"));
    print_stderr(format_args!(
        "  curl -X POST 'http://{hook}/?code={EXAMPLE_KEY}&from=%2B12125550100&to=%2B13155550101'\n"
    ));
}

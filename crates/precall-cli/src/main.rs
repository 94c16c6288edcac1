//! `precall`: the hook on one machine, and tools to see what it decides.

#![warn(
    clippy::print_stderr,
    reason = "`eprintln!` panics if standard error cannot be written; use `terminal::print_stderr`"
)]

mod call_explanation;
mod call_time;
mod callee_arguments;
mod change_stamp;
mod changed_rule;
mod commands;
mod counts;
mod decision_log;
mod decision_summary;
mod dynamodb;
mod edit;
mod expectations;
mod failure;
mod hours_enforcement;
mod html_page;
mod http;
mod journal;
mod listen_address;
mod log_replay;
mod misspelt_items;
mod near_name;
mod number_list;
mod number_notes;
mod opening_hour;
mod past_answer;
mod proposal;
mod proposal_past;
mod refusal_bodies;
mod request_line;
mod review_setting;
mod rule_attributes;
mod rule_difference;
mod rule_findings;
mod rule_key;
mod rule_row;
mod rule_source;
mod rules_read;
mod scrub;
mod spreadsheet;
mod stamped_write;
mod strict_attributes;
mod ten_digits;
mod terminal;
mod text_file;
mod tool_settings;
mod unique_json;
mod usage_error;
mod whole_file;
mod whole_number;
mod whole_rule;

use std::process::ExitCode;

use clap::Parser;

/// The exit status of a command that was not used correctly, which is clap's.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    // On the heap: the commands' futures are large.
    Box::pin(commands::run(commands::Arguments::parse())).await.unwrap_or_else(|error| {
        if let Some(usage) = error.downcast_ref::<clap::Error>() {
            // There is nothing else to do if standard error is closed.
            let _ = usage.print();
            return ExitCode::from(USAGE);
        }
        terminal::print_stderr(format_args!("precall: {}", terminal::printable(&error.to_string())));
        ExitCode::FAILURE
    })
}

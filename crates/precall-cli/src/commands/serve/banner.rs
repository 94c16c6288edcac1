//! The lines at the start about the rules and the settings on which all answers depend.

use precall::DefaultAnswer;
use precall_hook::handler::Handler;
use precall_hook::settings::{OnError, Settings};

use crate::counts::counted;
use crate::dynamodb::counted_rules::CountedRules;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::store::OpenedStore;
use crate::terminal::print_stderr;

/// Prints the number and the place of the rules, and the answers without a rule.
pub async fn show_rules(opened: &OpenedStore, handler: &Handler) {
    let settings = handler.settings();
    let (rules, is_empty) = rules(opened, handler).await;
    print_stderr(format_args!("Rules:    {rules}"));
    if is_empty {
        let answer = default_answer(settings);
        print_stderr(format_args!(
            "Warning:  this table has no rules, so every call gets the default answer, {answer} (PRECALL_DEFAULT)"
        ));
    }
    print_stderr(format_args!("Attempts: table {}", settings.attempts_table));
    print_stderr(format_args!("Answers:  {}; {}", by_default(settings), on_error(settings)));
}

/// Counts the rules, and returns true with the text if there is certainly none. The role of a hook on AWS may read
/// partitions and no more, so there the wildcard rules are counted.
async fn rules(opened: &OpenedStore, handler: &Handler) -> (String, bool) {
    if !matches!(opened.location, RulesLocation::Service { .. }) {
        let counted = CountedRules::of(opened).await;
        return (counted.to_string(), counted.exact() == Some(0));
    }
    let text = match handler.rules().wildcard().await {
        Ok(partition) => {
            let count = u64::try_from(partition.entries().len()).unwrap_or(u64::MAX);
            format!("{} under `*` in {}", counted(count, "rule"), opened.location)
        }
        Err(error) => format!("an unknown number in {}: {error}", opened.location),
    };
    (text, false)
}

fn default_answer(settings: &Settings) -> String {
    match &settings.default {
        DefaultAnswer::Proceed => "PROCEED".to_owned(),
        DefaultAnswer::Reject { code, .. } => format!("REJECT {code}"),
    }
}

fn by_default(settings: &Settings) -> String {
    format!("{} if no rule applies (PRECALL_DEFAULT)", default_answer(settings))
}

fn on_error(settings: &Settings) -> String {
    let answer = match settings.on_error {
        OnError::Default => "503, so that the vendor's default outcome applies,",
        OnError::Proceed => "PROCEED",
        OnError::Reject => "REJECT",
    };
    format!("{answer} if the decision is unknown (PRECALL_ON_ERROR={})", settings.on_error)
}

//! The evidence about one call: what the page shows, in sections of names and texts.

use precall::rule::quoted;

use super::found_calls::FoundCall;
use super::law;
use super::record_fields::RecordFields;
use super::rule_then::{CalleeChanges, RuleSearch, RuleThen, RulesThen};
use super::sent_body::SentBody;
use super::wanted_call::WantedCall;
use crate::counts::counted;

/// Sentences at the end of each page.
pub const EVIDENCE_NOTES: [&str; 2] = [
    "The record is evidence of precall's answer. The call itself is in the dialer's records.",
    "The calling hours are not legal advice.",
];

/// The evidence about one call.
#[derive(Debug)]
pub struct Evidence {
    /// The outcome in one sentence.
    pub headline: String,
    pub sections: Vec<EvidenceSection>,
    /// The record, as it is in the log.
    pub record: String,
    /// The logs in which it was found.
    pub logs: String,
}

/// A section of the evidence.
#[derive(Debug)]
pub struct EvidenceSection {
    pub title: &'static str,
    /// The names and texts.
    pub rows: Vec<(String, String)>,
}

impl EvidenceSection {
    fn new(title: &'static str) -> Self {
        Self { title, rows: Vec::new() }
    }

    /// Adds a row, unless there is no text.
    fn row(mut self, label: &str, text: Option<String>) -> Self {
        self.rows.extend(text.filter(|text| !text.is_empty()).map(|text| (label.to_owned(), text)));
        self
    }

    /// Adds a row for each text of a list, with the label at the first one.
    fn list(mut self, label: &str, texts: Vec<String>) -> Self {
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        self.rows.extend(labels.zip(texts).map(|(label, text)| (label.to_owned(), text)));
        self
    }
}

impl Evidence {
    /// The evidence of a record.
    pub fn of(call: &FoundCall, rules: &RulesThen, wanted: &WantedCall, logs: &str) -> Self {
        let record = &call.fields;
        let sections = vec![
            call_section(call, wanted),
            answer(record),
            rule_section(record, &rules.rule),
            callee_changes(rules.callee_changes.as_ref()),
            callee(record),
            law_section(call),
            cap(record),
            others(record),
        ];
        Self {
            headline: headline(call),
            sections: sections.into_iter().filter(|section| !section.rows.is_empty()).collect(),
            record: call.text.clone(),
            logs: logs.to_owned(),
        }
    }
}

/// Returns the outcome in words: `The call of 2026-11-03T14:10:00Z was rejected by rule frequency`.
fn headline(call: &FoundCall) -> String {
    let record = &call.fields;
    let outcome = match &*record.text("status").unwrap_or_default() {
        "PROCEED" => "was let through",
        "REJECT" => "was rejected",
        "CHANGE_DESTINATION" => "was sent to another number",
        "REFUSED" => return format!("The request of {} was refused", call.at),
        _ => "was not decided",
    };
    format!("The call of {} {outcome} by {}", call.at, decided_by(record))
}

/// Returns the origin of a decision in words.
pub fn decided_by(record: &RecordFields) -> String {
    let cause = || record.text("cause").map_or_else(String::new, |cause| format!(" ({cause})"));
    match (record.text("rule"), &*record.text("decided_by").unwrap_or_default()) {
        (Some(rule), _) => format!("rule {}", quoted(&rule)),
        (None, "default") => "the default, because no rule applied".to_owned(),
        (None, "on_error") => format!("the policy for unknown decisions{}", cause()),
        (None, _) => format!("no rule{}", cause()),
    }
}

fn call_section(call: &FoundCall, wanted: &WantedCall) -> EvidenceSection {
    let record = &call.fields;
    let typed = wanted.numbers();
    let number = |shown: &str, hash: &str, nth: usize| {
        let parts = [record.text(shown), record.text(hash).map(|hash| format!("hash {hash}"))];
        let logged = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        match typed.get(nth) {
            Some(typed) if !logged.is_empty() => format!("{}, in the log {logged}", typed.number),
            _ => logged,
        }
    };
    let from = Some(number("from", "from_hash", 1)).filter(|from| !from.is_empty());
    let no_caller = || Some("not given, or withheld".to_owned()).filter(|_| !record.has("status", "REFUSED"));
    let unreadable = record.text("unreadable_from").map(|text| format!("not a number: {text}"));
    EvidenceSection::new("Call")
        .row("instant", record.text("timestamp"))
        .row("callee", Some(number("to", "to_hash", 0)))
        .row("caller", unreadable.or(from).or_else(no_caller))
        .list("left out", record.list("number_repairs"))
        .row("client", record.text("client"))
        .row("decision id", Some(call.id.clone()))
        .row("trace", record.text("trace_id"))
        .row("X-Ray trace", record.text("xray_trace_id"))
        .row("request id", record.text("function_request_id"))
        .row("service", record.text("service"))
}

fn answer(record: &RecordFields) -> EvidenceSection {
    let (body, note) = match SentBody::of(record) {
        SentBody::Exact(body) => (body, None),
        SentBody::Masked(why) => ("cannot be made again exactly".to_owned(), Some(why.to_owned())),
    };
    EvidenceSection::new("Answer")
        .row("status", record.text("status"))
        .row("code", record.text("code"))
        .row("reason", record.text("reason"))
        .row("HTTP status", record.text("http_status"))
        .row("HTTP body", Some(body))
        .row("", note)
        .row("decided by", Some(decided_by(record)).filter(|_| record.text("decided_by").is_some()))
        .row("cause", record.text("cause"))
        .row("in words", record.text("cause_detail"))
        .row("time", record.text("duration_ms").map(|time| format!("{time} ms")))
}

fn rule_section(record: &RecordFields, search: &RuleSearch) -> EvidenceSection {
    let section = EvidenceSection::new("Rules")
        .row("rule", record.text("rule"))
        .row("stored under", record.text("rule_number"))
        .row("priority", record.text("priority"))
        .row("version", record.text("rule_version"))
        .row("applied", record.text("because"))
        .row("redirected by", record.text("redirected_by"))
        .list("read as", record.list("repairs"));
    let is_decided = record.text("decided_by").is_some();
    rule_then(section, search)
        .row("revision", record.text("any_revision"))
        .list("exact rules", record.list("exact_rules"))
        .list("target's rules", record.list("target_rules"))
        .list("lists", record.list("lists"))
        .row("", (!is_decided).then(|| "no rules were read for this request".to_owned()))
}

/// Adds the rule as it was then, or the reason why it is not known.
fn rule_then(section: EvidenceSection, search: &RuleSearch) -> EvidenceSection {
    match search {
        RuleSearch::None => section,
        RuleSearch::NotRead(why) => section.row("rule at that time", Some(format!("not read; {why}"))),
        RuleSearch::Missing { source } => {
            section.row("rule at that time", Some(format!("not known, because {source} does not have the rule")))
        }
        RuleSearch::Found(RuleThen { sentence, item, source, past: None }) => section
            .row("rule now", Some(sentence.clone()))
            .row("item", Some(item.clone()))
            .row("", Some(format!("as {source} has it now; somebody may have changed it since the call")))
            .row("written by", Some("not known, because there is no journal".to_owned())),
        RuleSearch::Found(RuleThen { sentence, item, source, past: Some(past) }) => section
            .row("rule at that time", Some(sentence.clone()))
            .row("item", Some(item.clone()))
            .row("", Some(format!("as {source} had it at {}, by its journal", past.at)))
            .row("", past.doubt.clone())
            .row("written by", Some(past.written_by.clone()))
            .row("later", past.ended_by.clone()),
    }
}

fn callee_changes(changes: Option<&CalleeChanges>) -> EvidenceSection {
    let section = EvidenceSection::new("Changes of the callee's rules");
    let Some(CalleeChanges { last, earlier, begins }) = changes else { return section };
    let none = last.is_empty().then(|| "none".to_owned());
    let earlier = u64::try_from(*earlier).ok().filter(|earlier| *earlier > 0);
    section
        .list("changes", last.clone())
        .row("changes", none)
        .row(
            "",
            earlier.map(|earlier| format!("and {}; `precall history` shows them", counted(earlier, "earlier change"))),
        )
        .row("journal", Some(format!("has all changes since {begins}")))
}

fn callee(record: &RecordFields) -> EvidenceSection {
    let unlisted = "the area code is not in the tables, so the rows of all states and provinces counted";
    let is_redirected = record.text("redirected_by").is_some();
    EvidenceSection::new("Callee's places and clocks")
        .row("place", record.text("callee_place"))
        .row("", is_redirected.then(|| "of the number that the call was to be sent to".to_owned()))
        .list("clocks", record.list("callee_clock"))
        .row("", record.is("area_code_unlisted").then(|| unlisted.to_owned()))
}

fn law_section(call: &FoundCall) -> EvidenceSection {
    let mut section = EvidenceSection::new("Calling hours of the law");
    if call.fields.text("callee_place").is_some() {
        section.rows = law::rows(&call.fields, call.at);
    }
    section
}

fn cap(record: &RecordFields) -> EvidenceSection {
    let Some(max) = record.text("cap_max_calls").and_then(|max| max.parse().ok()) else {
        return EvidenceSection::new("Cap");
    };
    let per = record.text("cap_per").map_or_else(String::new, |per| format!(" in {per}"));
    EvidenceSection::new("Cap")
        .row("limit", Some(format!("{}{per}", counted(max, "call"))))
        .row("counted by", record.text("cap_count_by"))
        .row("counted", record.text("because"))
}

fn others(record: &RecordFields) -> EvidenceSection {
    let source = |name: &str, age: &str| {
        let age = record.text(age).map_or_else(String::new, |age| format!(", {age} ms old"));
        record.text(name).map(|source| format!("{source}{age}"))
    };
    let partial = record.list("partial").join(", ");
    let cause = record.text("partial_cause").map_or_else(String::new, |cause| format!(" ({cause})"));
    EvidenceSection::new("Also looked at")
        .row("items", record.text("rules_looked_at"))
        .list("outranked", record.list("outranked"))
        .list("shadow rules", record.list("shadow_rules"))
        .list("exempt from", record.list("exempt"))
        .row("invalid items", record.text("invalid_rules"))
        .list("mistakes", record.list("invalid_reasons"))
        .row("not read", Some(partial).filter(|partial| !partial.is_empty()).map(|partial| format!("{partial}{cause}")))
        .row("callee's rules", source("callee_source", "callee_age_ms"))
        .row("caller's rules", source("caller_source", "caller_age_ms"))
        .row("rules under *", source("any_source", "any_age_ms"))
}

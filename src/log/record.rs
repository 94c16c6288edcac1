//! The decision record: one flat JSON line for each answer.
//!
//! API keys, whole events and query strings are never logged; telephone numbers only as
//! [`LogNumbers`](crate::settings::LogNumbers) says.

use jiff::Timestamp;
use precall::calling_hours::CallingHours;
use precall::rule::{Key, Rule};
use precall::{DecidedBy, Decision, Evaluation};
use serde::Serialize;

use super::mask::Mask;
use super::output::write_line;
use crate::rule_cache::{PartitionRead, PartitionReads};

/// The most rules that a record names in one of its lists.
const MAX_LISTED: usize = 20;

/// The most clocks of the callee that a record shows.
const MAX_CLOCKS: usize = 4;

/// A decision record: the answer, and the reasons for it. Keys are those of Powertools for AWS where it has them.
#[derive(Debug, Default, Serialize)]
pub struct DecisionRecord {
    /// The instant of the call.
    #[serde(skip)]
    pub at: Timestamp,
    /// The same in RFC 3339, UTC.
    pub timestamp: String,
    /// `INFO`; `WARN` for an unknown decision or a refusal.
    pub level: &'static str,
    /// The level as Cloud Logging has it, with `PRECALL_LOG_KEYS=google`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// The subject of the line.
    pub message: &'static str,
    /// The function's name.
    pub service: String,
    /// Also in the answer's `x-precall-decision-id` header.
    pub decision_id: String,
    #[expect(missing_docs, reason = "Powertools' own key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_request_id: Option<String>,
    #[expect(missing_docs, reason = "Powertools' own key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xray_trace_id: Option<String>,
    /// The trace that the call belongs to, as OpenTelemetry has it: of Lambda's X-Ray header, or of the request's
    /// W3C `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The trace as Cloud Logging has it, with `PRECALL_LOG_KEYS=google`.
    #[serde(rename = "logging.googleapis.com/trace", skip_serializing_if = "Option::is_none")]
    pub google_trace: Option<String>,
    /// True for the first call of the process.
    pub cold_start: bool,
    /// The name of the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The caller, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The caller's keyed hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_hash: Option<String>,
    /// The callee, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The callee's keyed hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_hash: Option<String>,
    /// `PROCEED`, `REJECT`, `CHANGE_DESTINATION`; `UNKNOWN` when a 503 was sent; `REFUSED`.
    pub status: &'static str,
    /// The answer's HTTP status code.
    pub http_status: u16,
    /// The code that was sent, masked when it is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The thing that decided: `rule`, `default`, `on_error`; absent for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<&'static str>,
    /// The cause of an unknown decision or of a refused request, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// The cause in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause_detail: Option<String>,
    /// The name of the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The number under which that rule is stored, masked, or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_number: Option<String>,
    /// The priority of that rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// The conditions about place, time and counting by which that rule applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The cap of the rule that decided: how many calls were let through already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_max_calls: Option<u16>,
    /// The length of time of the cap, such as `24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_per: Option<String>,
    /// The numbers by which the cap counts: `callee`, `pair` or `caller`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_count_by: Option<&'static str>,
    /// The rule that redirected the call to another number, which was then screened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirected_by: Option<String>,
    /// The place of the number that was to be dialled, by its digits or as a fact states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee_place: Option<String>,
    /// The time that the clocks there showed, at most four of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callee_clock: Vec<String>,
    /// The date of the calling-hours table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_data: Option<String>,
    /// The rules that applied and did not decide, at most 20 and a count of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outranked: Vec<String>,
    /// The shadow rules that applied, at most 20 and a count of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow_rules: Vec<String>,
    /// How many items were evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_looked_at: Option<usize>,
    /// How many items were invalid and may have been meant for this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_rules: Option<usize>,
    /// These items and their mistakes, at most 20 and a count of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid_reasons: Vec<String>,
    /// Values of the rule that decided that were read although they had a fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
    /// `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee_source: Option<&'static str>,
    /// `store`, `cache` or `last_good`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_source: Option<&'static str>,
    /// The age of the caller's rules, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_age_ms: Option<u64>,
    /// `store`, `cache` or `last_good`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_source: Option<&'static str>,
    /// The age of the wildcard rules, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_age_ms: Option<u64>,
    /// The time from the request to the answer, in milliseconds.
    pub duration_ms: f64,
}

impl DecisionRecord {
    /// Writes the line.
    pub fn write(&self) {
        write_line(self);
    }

    /// Describes a decision: the rule that decides and the others, the callee, and how the rules were read.
    pub(crate) fn describe(&mut self, decision: &Decision<'_>, reads: PartitionReads, mask: &Mask) {
        self.describe_decision(decision, mask);
        self.describe_callee(decision.dialled(), mask);
        self.describe_others(decision.asked(), mask);
        self.describe_reads(reads);
    }

    fn describe_decision(&mut self, decision: &Decision<'_>, mask: &Mask) {
        self.redirected_by = decision.redirected_by().map(|rule| mask.text(&rule.key.rule));
        match decision.decided_by() {
            DecidedBy::Rule(rule, _) => {
                self.decided_by = Some("rule");
                self.rule = Some(mask.text(&rule.key.rule));
                self.rule_number = Some(mask.text(&rule.key.number));
                self.priority = Some(rule.priority);
                self.repairs = rule.repairs.iter().map(|repair| mask.text(repair)).collect();
                let met = decision.conditions_met();
                let sources = CallingHours::embedded().rows().iter().map(|row| row.source.as_str());
                self.because = (!met.is_empty()).then(|| mask.text_except(&met, sources));
                self.describe_cap(rule);
            }
            DecidedBy::Default => self.decided_by = Some("default"),
            DecidedBy::Unknown(_) => {}
        }
    }

    fn describe_cap(&mut self, rule: &Rule) {
        let Some(cap) = &rule.conditions.cap else { return };
        self.cap_max_calls = Some(cap.limit.max);
        self.cap_per = Some(cap.limit.window_text());
        self.cap_count_by = Some(cap.count_by.as_str());
    }

    fn describe_callee(&mut self, dialled: &Evaluation<'_>, mask: &Mask) {
        self.callee_place = Some(mask.text(&dialled.describe_place()));
        self.callee_clock = dialled.clocks().iter().take(MAX_CLOCKS).map(ToString::to_string).collect();
        self.hours_data = dialled.calling_hours().data_date().map(|date| date.to_string());
    }

    fn describe_others(&mut self, asked: &Evaluation<'_>, mask: &Mask) {
        let name = |key: &Key| mask.text(&key.rule);
        self.rules_looked_at = Some(asked.rules_evaluated());
        self.outranked = listed(asked.outranked().iter().map(|rule| name(&rule.key)));
        self.shadow_rules = listed(asked.shadows().iter().map(|rule| name(&rule.key)));
        self.invalid_rules = Some(asked.skipped().len());
        let mistakes = asked.skipped().iter();
        self.invalid_reasons =
            listed(mistakes.map(|item| format!("{}: {}", name(&item.key), mask.text(&item.reasons.join("; ")))));
    }

    fn describe_reads(&mut self, reads: PartitionReads) {
        let age_ms = |read: PartitionRead| u64::try_from(read.age.as_millis()).unwrap_or(u64::MAX);
        self.callee_source = Some(reads.callee.source.as_str());
        self.caller_source = reads.caller.map(|read| read.source.as_str());
        self.caller_age_ms = reads.caller.map(age_ms);
        self.any_source = Some(reads.wildcard.source.as_str());
        self.any_age_ms = Some(age_ms(reads.wildcard));
    }
}

/// Returns the first of a list, and how many more there are: a log line must not grow with the rules.
fn listed(parts: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = parts.len().saturating_sub(MAX_LISTED);
    parts.take(MAX_LISTED).chain((more > 0).then(|| format!("and {more} more"))).collect()
}

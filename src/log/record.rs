//! The decision record: one flat JSON line for each answer.
//!
//! API keys, whole events and query strings are never logged. Telephone numbers are logged only as
//! [`LogNumbers`](crate::settings::LogNumbers) allows.

use jiff::Timestamp;
use precall::calling_hours::CallingHours;
use precall::number::NumberRepair;
use precall::rule::{Key, ListCopy, Rule, Version};
use precall::{DecidedBy, Decision, Evaluation, LiftedRule, PartitionRole};
use serde::Serialize;

use super::mask::Mask;
use super::output::write_line;
use crate::partition_read::{PartitionRead, PartitionReads};

/// The greatest number of rules that a list of a record names.
const MAX_LISTED: usize = 20;

/// The greatest number of the callee's clocks that a record shows.
const MAX_CLOCKS: usize = 4;

/// A decision record: the answer, and the reasons for it. It uses the keys of Powertools for AWS if there are any.
#[derive(Debug, Default, Serialize)]
pub struct DecisionRecord {
    /// The instant of the call.
    #[serde(skip)]
    pub at: Timestamp,
    /// The same instant in RFC 3339, in UTC.
    pub timestamp: String,
    /// `INFO`; `WARN` for an unknown decision, a refusal, or a decision without a part of the rules.
    pub level: &'static str,
    /// The level in Cloud Logging's form, with `PRECALL_LOG_KEYS=google`.
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
    /// The trace that the call belongs to, in OpenTelemetry's form: from Lambda's X-Ray header, or from the request's W3C
    /// `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The trace in Cloud Logging's form, with `PRECALL_LOG_KEYS=google`.
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
    /// The text of a caller that is neither a number nor withheld, masked. The call is decided as one without a caller's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable_from: Option<String>,
    /// The callee, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The callee's keyed hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_hash: Option<String>,
    /// The parts of the request's numbers that were left out, such as an extension.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub number_repairs: Vec<String>,
    /// `PROCEED`, `REJECT` or `CHANGE_DESTINATION`; `UNKNOWN` if a 503 was sent; `REFUSED` for a 400, 401 or 405.
    pub status: &'static str,
    /// The answer's HTTP status code.
    pub http_status: u16,
    /// The code that was sent, masked when it is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The origin of the decision: `rule`, `default` or `on_error`; absent for a refusal.
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
    /// The version of that rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_version: Option<String>,
    /// The conditions about place, time and counting that made that rule apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The `max_calls` of the cap of the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_max_calls: Option<u16>,
    /// The length of time of the cap, such as `24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_per: Option<String>,
    /// The numbers by which the cap counts: `callee`, `pair` or `caller`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_count_by: Option<&'static str>,
    /// The first instant at which the same call would be let through, if calling hours, a clock condition or a cap rejected it.
    /// It is in RFC 3339, in UTC, and also in the answer's `x-precall-next-open` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_open: Option<String>,
    /// The rule that redirected the call to another number, which was then screened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirected_by: Option<String>,
    /// The place of the number that was to be dialled, from its digits or from a fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee_place: Option<String>,
    /// The times that the clocks there showed, at most four.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callee_clock: Vec<String>,
    /// True if the callee's area code is not in the tables and no fact states its place, so that the rows of all states and
    /// provinces counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub area_code_unlisted: bool,
    /// The date of the calling-hours table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_data: Option<String>,
    /// The rules that applied and did not decide: at most 20, and the number of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outranked: Vec<String>,
    /// The shadow rules that applied: at most 20, and the number of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow_rules: Vec<String>,
    /// The rules that did not apply because of an exemption, each with its end, the exemption and the proof: at most 20, and the
    /// number of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exempt: Vec<String>,
    /// The items under the callee's and the caller's number, each as `NAME@VERSION`: at most 20, and the number of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exact_rules: Vec<String>,
    /// The items under the number of a redirect's target, in the same form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_rules: Vec<String>,
    /// The copies of imported lists that were in force: at most 20, and the number of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
    /// The number of items that were evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_looked_at: Option<usize>,
    /// The number of invalid items that may have been meant for this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_rules: Option<usize>,
    /// These items and their mistakes: at most 20, and the number of the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid_reasons: Vec<String>,
    /// Values of the rule that decided which were used although they had a fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
    /// The rules that could not be read, although another rule decided: `callee`, `caller`, `any` or `target`. That rule is a
    /// REJECT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partial: Vec<&'static str>,
    /// The cause in one word for which the first of them could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_cause: Option<&'static str>,
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
    /// The revision of the wildcard rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_revision: Option<String>,
    /// The time from the request to the answer, in milliseconds.
    pub duration_ms: f64,
}

impl DecisionRecord {
    /// Writes the line.
    pub fn write(&self) {
        write_line(self);
    }

    /// Describes how the numbers of the request were read: the text of a caller that is not a number, and the parts that were left
    /// out.
    pub(crate) fn describe_numbers(
        &mut self,
        unreadable_caller: Option<&str>,
        repairs: &[(&'static str, NumberRepair)],
        mask: &Mask,
    ) {
        self.unreadable_from = unreadable_caller.map(|text| mask.unreadable(text));
        self.number_repairs = repairs.iter().map(|(name, repair)| format!("`{name}`: {repair}")).collect();
    }

    /// Describes a decision: the rule that decides, the other rules, the callee, and the sources of the rules.
    pub(crate) fn describe(&mut self, decision: &Decision<'_>, reads: &PartitionReads, mask: &Mask) {
        self.describe_decision(decision, mask);
        self.describe_callee(decision.dialled(), mask);
        self.describe_others(decision.asked(), mask);
        self.describe_exemptions(decision, mask);
        self.describe_versions(decision, mask);
        self.describe_unreadable(decision);
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
                self.repairs = rule.repairs.iter().chain(&rule.stricter).map(|repair| mask.text(repair)).collect();
                let met = decision.conditions_met();
                let sources = CallingHours::embedded().rows().iter().map(|row| row.source.as_str());
                self.because = (!met.is_empty()).then(|| mask.text_except(&met, sources));
                self.next_open = decision.next_open().map(|at| at.to_string());
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
        self.area_code_unlisted = dialled.is_area_code_unlisted();
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

    fn describe_exemptions(&mut self, decision: &Decision<'_>, mask: &Mask) {
        // The date has many digits, which are not those of a number.
        let lifted = |lifted: &LiftedRule<'_>| {
            let proof = lifted.proof().map(|proof| format!(", proof: {}", mask.text(&proof))).unwrap_or_default();
            let [rule, exemption] = [&lifted.rule.key, &lifted.exemption.key].map(|key| mask.text(&key.rule));
            format!("{rule} {} by {exemption}{proof}", lifted.end())
        };
        let all: Vec<String> = decision.lifted().map(lifted).collect();
        self.exempt = listed(all.into_iter());
    }

    /// Describes what was read: the versions of the rules, and the copies of lists. It names them for every answer, because a
    /// PROCEED has no rule that shows what was looked at.
    fn describe_versions(&mut self, decision: &Decision<'_>, mask: &Mask) {
        let asked = decision.asked();
        let versions = |evaluation: &Evaluation<'_>, roles: &[PartitionRole]| {
            let items: Vec<(&Key, Version)> = roles.iter().flat_map(|role| evaluation.versions(*role)).collect();
            listed(items.into_iter().map(|(key, version)| format!("{}@{version}", mask.text(&key.rule))))
        };
        self.rule_version = decision.rule_version().map(|version| version.to_string());
        self.any_revision = asked.revision().map(|revision| revision.to_string());
        self.exact_rules = versions(asked, &[PartitionRole::Callee, PartitionRole::Caller]);
        self.target_rules = decision.screening().map(|it| versions(it, &[PartitionRole::Callee])).unwrap_or_default();
        let at = asked.call().at;
        // Only the name may have a number. A checksum has many digits.
        let copy = |copy: &ListCopy| format!("{} {}", mask.text(&copy.list), copy.describe(at));
        self.lists = listed(asked.lists().into_iter().map(copy));
    }

    fn describe_unreadable(&mut self, decision: &Decision<'_>) {
        let of_target = decision.screening().into_iter().flat_map(|screening| screening.unreadable().roles());
        let is_target_unreadable = of_target.into_iter().any(|role| role == PartitionRole::Callee);
        let roles = decision.asked().unreadable().roles().map(PartitionRole::as_str);
        self.partial = roles.chain(is_target_unreadable.then_some("target")).collect();
        if !self.partial.is_empty() {
            self.level = "WARN";
        }
    }

    fn describe_reads(&mut self, reads: &PartitionReads) {
        let age_ms = |read: PartitionRead| u64::try_from(read.age.as_millis()).unwrap_or(u64::MAX);
        self.partial_cause = reads.failure.as_ref().map(|error| error.kind.as_str());
        self.callee_source = reads.callee.map(|read| read.source.as_str());
        self.caller_source = reads.caller.map(|read| read.source.as_str());
        self.caller_age_ms = reads.caller.map(age_ms);
        self.any_source = reads.wildcard.map(|read| read.source.as_str());
        self.any_age_ms = reads.wildcard.map(age_ms);
    }
}

/// Returns the first elements of a list, and the number of the others, so that a log line does not grow with the rules.
fn listed(parts: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = parts.len().saturating_sub(MAX_LISTED);
    parts.take(MAX_LISTED).chain((more > 0).then(|| format!("and {more} more"))).collect()
}

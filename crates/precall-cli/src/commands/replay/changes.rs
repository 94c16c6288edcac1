//! What differs, and how that is told.

use std::collections::BTreeMap;
use std::fmt::Write;

use precall::answer::Decision;
use precall_hook::log::record::Mask;
use serde_json::json;

use super::Asked;
use super::book::Decided;
use crate::decision_log::{Record, Summary, counted, grouped};

/// Examples of each difference.
const EXAMPLES: usize = 3;

/// Hours of a day.
const HOURS: usize = 24;

/// What the log says was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    status: Box<str>,
    code: Box<str>,
    /// `None`: the default.
    rule: Option<Box<str>>,
    /// Why nothing was decided.
    pub unknown: Option<Box<str>>,
}

impl Old {
    pub fn of(record: &Record<'_>) -> Self {
        let is_unknown = &*record.status == "UNKNOWN" || record.decided_by.as_deref() == Some("on_error");
        Self {
            status: (*record.status).into(),
            code: record.code.as_deref().unwrap_or_default().into(),
            rule: record.rule.as_deref().map(Into::into),
            unknown: is_unknown.then(|| record.cause.as_deref().unwrap_or("no cause").into()),
        }
    }

    /// `REJECT 603 by dnc`
    fn shown(&self) -> String {
        let code = if self.code.is_empty() { String::new() } else { format!(" {}", self.code) };
        format!("{}{code} by {}", self.status, self.rule.as_deref().unwrap_or("default"))
    }

    /// Whether it is the same as was decided now; a log may mask the numbers in it.
    fn is(&self, decided: &Decided, mask: &Mask) -> bool {
        let outcome = &decided.outcome;
        let is_text = |shown: &str, text: &str| shown == text || shown == mask.text(text);
        let is_decision = match &outcome.decision {
            None => false,
            Some(Decision::Proceed) => &*self.status == "PROCEED",
            Some(Decision::Reject { code, .. }) => &*self.status == "REJECT" && *self.code == **code,
            Some(Decision::ChangeDestination { number }) => {
                let hidden = self.code.is_empty();
                &*self.status == "CHANGE_DESTINATION"
                    && (hidden || *self.code == *number.as_str() || Some(&*self.code) == mask.number(number).as_deref())
            }
        };
        let is_rule = match (&self.rule, &outcome.rule) {
            (None, None) => true,
            (Some(old), Some(new)) => is_text(old, new),
            _ => false,
        };
        is_decision && is_rule
    }
}

#[derive(Debug, Default)]
struct Kind {
    calls: u64,
    examples: Vec<Example>,
}

#[derive(Debug)]
struct Example {
    id: Box<str>,
    at: String,
    to: Box<str>,
    because: String,
}

/// Calls by what became of them under either rulebook.
#[derive(Debug, Default)]
pub struct Changes {
    same: u64,
    kinds: BTreeMap<(String, String), Kind>,
    /// By rule: calls before and after.
    rules: BTreeMap<String, (u64, u64)>,
    /// By the hour of the callee's clock.
    hours: [u64; HOURS],
    undecided: BTreeMap<String, u64>,
    refused: u64,
    by_rules: bool,
}

impl Changes {
    pub fn new(refused: u64, undecided: BTreeMap<String, u64>, by_rules: bool) -> Self {
        Self { undecided, refused, by_rules, ..Self::default() }
    }

    pub fn merge(&mut self, other: Self) {
        self.same += other.same;
        for (key, kind) in other.kinds {
            let into = self.kinds.entry(key).or_default();
            into.calls += kind.calls;
            into.examples.extend(kind.examples);
            into.examples.truncate(EXAMPLES);
        }
        for (rule, (before, after)) in other.rules {
            let into = self.rules.entry(rule).or_default();
            into.0 += before;
            into.1 += after;
        }
        for (into, count) in self.hours.iter_mut().zip(other.hours) {
            *into += count;
        }
        for (why, count) in other.undecided {
            *self.undecided.entry(why).or_default() += count;
        }
        self.refused += other.refused;
    }

    /// A call that two rulebooks decide.
    pub fn add(&mut self, call: &Asked, before: &Decided, after: &Decided) {
        let is_same =
            (&before.outcome.decision, &before.outcome.rule) == (&after.outcome.decision, &after.outcome.rule);
        self.note(call, before.outcome.to_string(), before.outcome.rule.as_deref(), after, is_same);
    }

    /// A call that the log and a rulebook decide.
    pub fn add_to_record(&mut self, call: &Asked, after: &Decided, mask: &Mask) {
        let is_same = call.old.is(after, mask);
        self.note(call, call.old.shown(), call.old.rule.as_deref(), after, is_same);
    }

    fn note(&mut self, call: &Asked, before: String, rule: Option<&str>, after: &Decided, is_same: bool) {
        self.rules.entry(rule.unwrap_or("(default)").to_owned()).or_default().0 += 1;
        let new = if is_same { rule } else { after.outcome.rule.as_deref() };
        self.rules.entry(new.unwrap_or("(default)").to_owned()).or_default().1 += 1;
        if is_same {
            self.same += 1;
            return;
        }
        if let Some(count) = call.clock_hour.and_then(|hour| self.hours.get_mut(usize::from(hour))) {
            *count += 1;
        }
        let kind = self.kinds.entry((before, after.outcome.to_string())).or_default();
        kind.calls += 1;
        if kind.examples.len() < EXAMPLES {
            kind.examples.push(Example {
                id: call.id.clone(),
                at: call.at.to_string(),
                to: call.to.shown.clone().unwrap_or_else(|| "(hidden)".into()),
                because: after.outcome.because.clone(),
            });
        }
    }

    pub fn undecided(&mut self, _call: &Asked, why: &str) {
        match self.undecided.get_mut(why) {
            Some(count) => *count += 1,
            None => drop(self.undecided.insert(why.to_owned(), 1)),
        }
    }

    /// How many calls come to something else.
    pub fn differing(&self) -> u64 {
        self.kinds.values().map(|kind| kind.calls).sum()
    }

    /// The most frequent differences first.
    fn sorted(&self) -> Vec<(&(String, String), &Kind)> {
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by(|(a_key, a), (b_key, b)| b.calls.cmp(&a.calls).then(a_key.cmp(b_key)));
        kinds
    }

    pub fn text(&self, summary: &Summary) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, summary);
        text
    }

    fn write(&self, text: &mut String, summary: &Summary) -> std::fmt::Result {
        let undecided: u64 = self.undecided.values().sum();
        let differing = self.differing();
        writeln!(text, "log       {summary}")?;
        let with = if self.by_rules { "the rules of --against" } else { "what the log says" };
        writeln!(text, "compared  with {with}")?;
        writeln!(
            text,
            "calls     {}: {} as before, {} otherwise, {} not decided; {} had been refused",
            grouped(self.same + differing + undecided),
            grouped(self.same),
            grouped(differing),
            grouped(undecided),
            counted(self.refused, "request")
        )?;
        if differing > 0 {
            writeln!(text, "\nOTHERWISE")?;
        }
        for ((before, after), kind) in self.sorted() {
            writeln!(text, "{:>12}  {before} -> {after}", grouped(kind.calls))?;
            for example in &kind.examples {
                write!(text, "{:>14}{} to {} at {}", "", example.id, example.to, example.at)?;
                let because = if example.because.is_empty() { String::new() } else { format!(": {}", example.because) };
                writeln!(text, "{because}")?;
            }
        }
        if differing > 0 {
            writeln!(text, "\nRULES\n{:>12}{:>12}", "BEFORE", "AFTER")?;
            for (rule, (before, after)) in self.rules.iter().filter(|(_, (before, after))| before != after) {
                writeln!(text, "{:>12}{:>12}  {rule}", grouped(*before), grouped(*after))?;
            }
            if self.hours.iter().any(|count| *count > 0) {
                writeln!(text, "\nOTHERWISE, BY THE HOUR OF THE CALLEE'S CLOCK")?;
            }
            for (hour, count) in self.hours.iter().enumerate().filter(|(_, count)| **count > 0) {
                writeln!(text, "{:>12}  {hour:02}:00", grouped(*count))?;
            }
        }
        if undecided > 0 {
            writeln!(text, "\nNOT DECIDED")?;
            for (why, count) in &self.undecided {
                writeln!(text, "{:>12}  {why}", grouped(*count))?;
            }
        }
        Ok(())
    }

    pub fn json(&self, summary: &Summary) -> String {
        let differences: Vec<_> = self
            .sorted()
            .into_iter()
            .map(|((before, after), kind)| {
                let examples: Vec<_> = kind
                    .examples
                    .iter()
                    .map(|example| {
                        json!({ "decision_id": example.id, "to": example.to, "at": example.at, "because": example.because })
                    })
                    .collect();
                json!({ "before": before, "after": after, "calls": kind.calls, "examples": examples })
            })
            .collect();
        let rules: serde_json::Map<String, serde_json::Value> = self
            .rules
            .iter()
            .map(|(rule, (before, after))| (rule.clone(), json!({ "before": before, "after": after })))
            .collect();
        let report = json!({
            "log": counted(summary.records, "record"),
            "same": self.same,
            "otherwise": self.differing(),
            "not_decided": self.undecided,
            "refused": self.refused,
            "differences": differences,
            "rules": rules,
            "otherwise_by_callee_hour": self.hours,
        });
        format!("{report:#}\n")
    }
}

//! The lines of `precall lists --history`, as text, JSON Lines and CSV.

use jiff::Timestamp;
use jiff::civil::Date;
use precall_hook::journal::Stamp;
use serde_json::{Value, json};

use super::copies::{ForceSpan, ListRun};
use crate::counts::counted;
use crate::failure::Failure;
use crate::number_list::list_record::{ListRecord, day};
use crate::spreadsheet::harmless;
use crate::terminal::{escaped_json, one_line};

/// Characters of a checksum that are shown.
pub const SHOWN_CHECKSUM: usize = 12;

/// The columns of CSV, which are the names of JSON.
const COLUMNS: [&str; 20] = [
    "kind", "list", "day", "age_days", "late", "copied", "due", "file", "sha256", "from", "to", "outcome", "began",
    "finished", "accepted", "removed", "rejected", "by", "via", "because",
];

/// The form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListHistoryFormat {
    Text,
    JsonLines,
    Csv,
}

impl ListHistoryFormat {
    /// Returns the first line.
    pub fn header(self) -> String {
        if self == Self::Csv { format!("{}\n", COLUMNS.join(",")) } else { String::new() }
    }

    /// Returns the line of a run.
    ///
    /// # Errors
    /// When CSV cannot be written.
    pub fn run(self, run: &ListRun) -> Result<String, Failure> {
        if self == Self::Text {
            return Ok(run_text(run));
        }
        let ListRun { record, began, finished, outcome, stamp } = run;
        self.data(&json!({
            "kind": "import", "list": record.name, "outcome": outcome, "began": began.to_string(),
            "finished": finished.map(|at| at.to_string()), "file": record.file, "sha256": record.sha256,
            "accepted": record.accepted, "removed": record.removed, "rejected": record.rejected,
            "copied": record.copied.to_string(), "due": record.due.map(|due| due.to_string()),
            "by": stamp.as_ref().map(|stamp| &stamp.by), "via": stamp.as_ref().map(|stamp| &stamp.via),
            "because": stamp.as_ref().and_then(|stamp| stamp.because.as_ref()),
        }))
    }

    /// Returns the line of a copy on a day.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn copy(self, copy: &ForceSpan, on: Date, now: Timestamp) -> Result<String, Failure> {
        if self == Self::Text { Ok(copy_text(copy, on, now)) } else { self.copy_data("copy", copy, on, now) }
    }

    /// Returns the lines of the days on which a copy was late: one line for all days as text, or one for each day.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn late_days(self, copy: &ForceSpan, now: Timestamp) -> Result<String, Failure> {
        let late: Vec<Date> = copy.days(now).filter(|day| copy.is_late(*day, now)).collect();
        if self == Self::Text {
            return Ok(late_text(copy, &late));
        }
        late.into_iter().map(|day| self.copy_data("late", copy, day, now)).collect()
    }

    /// Returns the line of a day without a copy.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn no_copy(self, list: &str, on: Date) -> Result<String, Failure> {
        if self == Self::Text {
            return Ok(format!("{on}: no copy of {list} is known to have been in force\n"));
        }
        self.data(&json!({ "kind": "none", "list": list, "day": on.to_string() }))
    }

    fn copy_data(self, kind: &str, copy: &ForceSpan, on: Date, now: Timestamp) -> Result<String, Failure> {
        let ForceSpan { record, from, to } = copy;
        self.data(&json!({
            "kind": kind, "list": record.name, "day": on.to_string(), "copied": record.copied.to_string(),
            "due": record.due.map(|due| due.to_string()), "age_days": copy.age(on), "late": copy.is_late(on, now),
            "file": record.file, "sha256": record.sha256, "from": from.to_string(), "to": to.map(|to| to.to_string()),
        }))
    }

    /// Returns a line of JSON or CSV.
    fn data(self, line: &Value) -> Result<String, Failure> {
        if self != Self::Csv {
            return Ok(escaped_json(&format!("{line}\n")).into_owned());
        }
        let cell = |name: &&str| match line.get(*name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => harmless(text),
            Some(other) => other.to_string(),
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS.iter().map(cell))?;
        Ok(String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
    }
}

fn run_text(run: &ListRun) -> String {
    let ListRun { record, began, finished, outcome, stamp } = run;
    let by = stamp.as_ref().map_or_else(
        || "author not known".to_owned(),
        |Stamp { by, via, because, .. }| {
            let because = because.as_ref().map(|because| format!(", because: {because}")).unwrap_or_default();
            format!("by {by}, via {via}{because}")
        },
    );
    let finished = finished.map(|at| format!(", finished {at}")).unwrap_or_default();
    let lines = [
        format!("{began}  {} {outcome}{finished}", record.name),
        format!("  file {} (sha256 {})", record.file, shown_checksum(record)),
        format!("  {} accepted, {} removed, {} rejected", record.accepted, record.removed, record.rejected),
        format!("  copied {}, due {}", day(record.copied), record.due.map_or_else(|| "-".to_owned(), day)),
        format!("  {by}"),
    ];
    lines.map(|line| one_line(&line).into_owned() + "\n").concat()
}

fn copy_text(copy: &ForceSpan, on: Date, now: Timestamp) -> String {
    let ForceSpan { record, from, to } = copy;
    let late = if copy.is_late(on, now) { ", late" } else { "" };
    let to = to.map_or_else(|| "now".to_owned(), |to| to.to_string());
    let line = format!(
        "{on}: {} copy of {}, {} old{late}, {} (sha256 {}), in force from {from} to {to}",
        record.name,
        day(record.copied),
        days(copy.age(on)),
        record.file,
        shown_checksum(record)
    );
    format!("{}\n", one_line(&line))
}

fn late_text(copy: &ForceSpan, late: &[Date]) -> String {
    let (Some(first), Some(last)) = (late.first(), late.last()) else { return String::new() };
    let (span, ages) = if first == last {
        (first.to_string(), days(copy.age(*first)))
    } else {
        (format!("{first} to {last}"), format!("{} to {}", copy.age(*first), days(copy.age(*last))))
    };
    let count = i32::try_from(late.len()).unwrap_or(i32::MAX);
    let (name, copied) = (&copy.record.name, day(copy.record.copied));
    format!("{}\n", one_line(&format!("{span}: {name} {} late, copy of {copied}, {ages} old", days(count))))
}

/// Returns a number of days in words. It is negative if the copy has a later date than the day.
fn days(count: i32) -> String {
    u64::try_from(count).map_or_else(|_| format!("{count} days"), |count| counted(count, "day"))
}

fn shown_checksum(record: &ListRecord) -> &str {
    record.sha256.get(..SHOWN_CHECKSUM).unwrap_or_default()
}

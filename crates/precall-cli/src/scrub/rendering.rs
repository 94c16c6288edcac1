//! The rows of a scrubbed file: the row as it was, and the columns of its decision.

use super::lead::{Lead, LeadLine};
use super::lead_decision::LeadDecision;
use super::lead_file::LeadForm;
use super::summary::ScrubSummary;
use crate::number_list::file_reader::row_event::{count_fields, fields};
use crate::spreadsheet::harmless;

/// The columns of a decision, without their prefix.
const COLUMNS: [&str; 10] =
    ["number", "decision", "code", "reason", "rule", "place", "local_time", "next_open", "redirect_to", "cap_room"];

/// The form of a scrubbed file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RowFormat {
    /// The file's own form: its delimiter, its line ends and its columns.
    #[default]
    Csv,
    /// JSON Lines: one object for each row.
    Json,
}

/// The outputs that are wanted.
#[derive(Debug, Clone, Copy)]
pub struct WantedOutputs {
    pub all: bool,
    pub callable: bool,
    pub blocked: bool,
}

/// Turns lines and their decisions into text.
#[derive(Debug)]
pub struct Rendering {
    format: RowFormat,
    wanted: WantedOutputs,
    /// The delimiter of the file, if its rows have columns.
    delimiter: Option<u8>,
    line_end: &'static str,
    width: usize,
    /// The names of the file's columns, each only once, for JSON.
    names: Vec<String>,
    /// The names of the added columns.
    added: Vec<String>,
}

/// The text of consecutive lines of a file.
#[derive(Debug, Default)]
pub struct RenderedLines {
    /// The number of lines, those without a lead included.
    pub lines: u64,
    pub all: String,
    pub callable: String,
    pub blocked: String,
    pub summary: ScrubSummary,
}

impl Rendering {
    /// Returns the rendering for a file of this form.
    pub fn new(form: &LeadForm, format: RowFormat, wanted: WantedOutputs) -> Self {
        let own = form.names.clone().unwrap_or_default();
        Self {
            format,
            wanted,
            delimiter: form.rows.delimiter,
            line_end: if form.rows.has_returns && format == RowFormat::Csv { "\r\n" } else { "\n" },
            width: form.width.max(1),
            names: unique_names(&own, form.width),
            added: added_names(&own),
        }
    }

    /// Returns the text of lines, with a decision for each lead.
    pub fn lines(&self, lines: &[LeadLine], decisions: Vec<LeadDecision>) -> RenderedLines {
        let mut rendered = RenderedLines { lines: lines.len() as u64, ..RenderedLines::default() };
        let mut decisions = decisions.into_iter();
        for line in lines {
            match line {
                LeadLine::Other(text) => self.push_to_all(&mut rendered, text),
                LeadLine::Header(text) => self.push_to_all(&mut rendered, &self.csv_row(text, &self.added)),
                LeadLine::Lead(lead) => {
                    let decision = decisions.next().unwrap_or_default();
                    rendered.summary.add(&decision);
                    self.push_lead(&mut rendered, lead, &decision);
                }
            }
        }
        rendered
    }

    /// Adds a line without a lead to each output. JSON has no such lines.
    fn push_to_all(&self, rendered: &mut RenderedLines, text: &str) {
        if self.format == RowFormat::Json {
            return;
        }
        for (is_wanted, into) in [
            (self.wanted.all, &mut rendered.all),
            (self.wanted.callable, &mut rendered.callable),
            (self.wanted.blocked, &mut rendered.blocked),
        ] {
            if is_wanted {
                into.push_str(text);
                into.push_str(self.line_end);
            }
        }
    }

    fn push_lead(&self, rendered: &mut RenderedLines, lead: &Lead, decision: &LeadDecision) {
        let row = match self.format {
            RowFormat::Csv => self.csv_row(&lead.text, &cells(decision)),
            RowFormat::Json => self.json_row(&lead.text, decision),
        };
        let (is_wanted, into) = if decision.is_callable() {
            (self.wanted.callable, &mut rendered.callable)
        } else {
            (self.wanted.blocked, &mut rendered.blocked)
        };
        if is_wanted {
            into.push_str(&row);
            into.push_str(self.line_end);
        }
        if self.wanted.all {
            rendered.all.push_str(&row);
            rendered.all.push_str(self.line_end);
        }
    }

    /// Returns a row as it is, filled up to the width of the file, and further cells.
    fn csv_row(&self, text: &str, cells: &[String]) -> String {
        let delimiter = char::from(self.delimiter.unwrap_or(b','));
        let (mut row, count) = match self.delimiter {
            Some(_) => (text.to_owned(), count_fields(text, self.delimiter)),
            None => (quoted(text, delimiter), 1),
        };
        for _ in count..self.width {
            row.push(delimiter);
        }
        for cell in cells {
            row.push(delimiter);
            row.push_str(&quoted(&harmless(cell), delimiter));
        }
        row
    }

    fn json_row(&self, text: &str, decision: &LeadDecision) -> String {
        let values = fields(text, self.delimiter);
        let own = values.iter().enumerate().map(|(index, value)| {
            let name = self.names.get(index).cloned().unwrap_or_else(|| format!("column {}", index + 1));
            (name, serde_json::Value::from(value.as_str()))
        });
        let added = self.added.iter().cloned().zip(json_cells(decision));
        let members = own.chain(added).map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// Returns the cells of a decision, in the order of [`COLUMNS`].
fn cells(decision: &LeadDecision) -> Vec<String> {
    let value = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    json_cells(decision).into_iter().map(value).collect()
}

fn json_cells(decision: &LeadDecision) -> [serde_json::Value; COLUMNS.len()] {
    let text = |text: Option<&String>| text.map_or(serde_json::Value::Null, |text| text.as_str().into());
    let filled = |text: &String| if text.is_empty() { serde_json::Value::Null } else { text.as_str().into() };
    [
        decision.number.as_ref().map_or(serde_json::Value::Null, |number| number.as_str().into()),
        decision.status.into(),
        text(decision.code.as_ref()),
        text(decision.reason.as_ref()),
        text(decision.rule.as_ref()),
        filled(&decision.place),
        filled(&decision.local_time),
        decision.next_open.map_or(serde_json::Value::Null, |open| open.to_string().into()),
        text(decision.redirect_to.as_ref()),
        decision.cap_room.map_or(serde_json::Value::Null, Into::into),
    ]
}

/// Returns a cell in quotes, if it needs them.
fn quoted(cell: &str, delimiter: char) -> String {
    if cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Returns the names of the added columns: with a prefix that none of the file's own columns has.
fn added_names(own: &[String]) -> Vec<String> {
    let names = |prefix: &str| COLUMNS.iter().map(|name| format!("{prefix}{name}")).collect::<Vec<_>>();
    let is_taken = |name: &String| own.iter().any(|other| other.trim().eq_ignore_ascii_case(name));
    let first = names("precall_");
    let mut nth = 2;
    let mut found = first;
    while found.iter().any(is_taken) {
        found = names(&format!("precall_{nth}_"));
        nth += 1;
    }
    found
}

/// Returns a name for each column: that of the file, unless it is empty or an earlier column has it.
fn unique_names(own: &[String], width: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(width);
    for index in 0..width {
        let name = own.get(index).map(|name| name.trim()).filter(|name| !name.is_empty());
        let name = name.filter(|name| !names.iter().any(|other| other == name));
        names.push(name.map_or_else(|| format!("column {}", index + 1), str::to_owned));
    }
    names
}

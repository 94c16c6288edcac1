//! The evidence as text.

use super::evidence::{EVIDENCE_NOTES, Evidence};
use crate::terminal::{escaped_json, one_line, shortened};

/// Returns the evidence about a call as text.
pub fn text(evidence: &Evidence) -> String {
    let row = |label: &str, text: &str| format!("{label:18} {}", shortened(&one_line(text)));
    let mut lines = vec![one_line(&evidence.headline).into_owned(), row("log", &evidence.logs)];
    for section in &evidence.sections {
        lines.extend([String::new(), section.title.to_uppercase()]);
        lines.extend(section.rows.iter().map(|(label, text)| row(label, text)));
    }
    lines.extend([
        String::new(),
        "RECORD, AS IT IS IN THE LOG".to_owned(),
        escaped_json(&evidence.record).into_owned(),
        String::new(),
    ]);
    lines.extend(EVIDENCE_NOTES.map(str::to_owned));
    lines.join("\n") + "\n"
}

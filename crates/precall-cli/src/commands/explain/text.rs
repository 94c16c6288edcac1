//! The evidence as text.

use super::evidence::{EVIDENCE_NOTES, Evidence};
use crate::terminal::shortened;

/// Returns the evidence about a call as text.
pub fn text(evidence: &Evidence) -> String {
    let mut lines = vec![evidence.headline.clone(), format!("{:18} {}", "log", evidence.logs)];
    for section in &evidence.sections {
        lines.extend([String::new(), section.title.to_uppercase()]);
        lines.extend(section.rows.iter().map(|(label, text)| format!("{label:18} {}", shortened(text))));
    }
    lines.extend([String::new(), "RECORD, AS IT IS IN THE LOG".to_owned(), evidence.record.clone(), String::new()]);
    lines.extend(EVIDENCE_NOTES.map(str::to_owned));
    lines.join("\n") + "\n"
}

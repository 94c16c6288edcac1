//! Cells of CSV files that people open in spreadsheet programs.

/// Returns the text with an apostrophe in front if a spreadsheet program would take it for a formula. Numbers keep
/// their sign, because digits alone are not a formula.
pub fn harmless(cell: &str) -> String {
    let is_number = cell.strip_prefix(['+', '-']).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number { format!("'{cell}") } else { cell.to_owned() }
}

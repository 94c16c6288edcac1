//! Cells of CSV files that people open in spreadsheet programs.

/// The characters with which a formula begins, also the full-width ones. Some programs skip white space before them.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Returns the text with an apostrophe in front if a spreadsheet program would take it for a formula. Numbers keep
/// their sign, because digits alone are not a formula.
pub fn harmless(cell: &str) -> String {
    let is_number = cell.strip_prefix(['+', '-']).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let is_formula = cell.starts_with(FORMULA) || cell.trim_start().starts_with(FORMULA);
    if is_formula && !is_number { format!("'{cell}") } else { cell.to_owned() }
}

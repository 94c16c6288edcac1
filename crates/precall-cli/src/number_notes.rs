//! Notes about the numbers of a call that a person typed: what was left out of them, and what was probably meant.

use precall::Number;
use precall::number::is_withheld;
use precall::place::without_country_code;
use precall::rule::quoted;

/// Returns the notes about the callee and the caller.
pub fn of_call(to: &str, from: Option<&str>) -> Vec<String> {
    let from = from.filter(|from| !is_withheld(from));
    [Some(to), from].into_iter().flatten().flat_map(of_number).collect()
}

fn of_number(text: &str) -> Vec<String> {
    let shown = quoted(text);
    let Ok(read) = Number::read(text) else {
        return vec![format!(
            "{shown} is not a telephone number; the hook decides a call from it as one without a caller's number"
        )];
    };
    let mut notes: Vec<String> = read.repairs.iter().map(|repair| format!("{shown}: {repair}")).collect();
    if let Some(meant) = without_country_code(&read.number) {
        notes.push(format!(
            "{shown} is + and ten digits, so it is a number of another country; as a US number, it is {meant}"
        ));
    }
    notes
}

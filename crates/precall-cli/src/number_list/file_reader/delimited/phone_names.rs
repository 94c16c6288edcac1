//! The names of columns with telephone numbers.

use crate::number_list::file_reader::words::plain;

/// Names of a column of numbers, in lower-case letters and digits, without a digit at the end.
const PHONE_NAMES: [&str; 17] = [
    "ani",
    "callee",
    "contactnumber",
    "dialednumber",
    "dnis",
    "fax",
    "landline",
    "msisdn",
    "number",
    "numbers",
    "ph",
    "phno",
    "tel",
    "telno",
    "telnr",
    "to",
    "tonumber",
];

/// Parts of such names.
const PHONE_PARTS: [&str; 4] = ["cell", "mobile", "phone", "telnum"];

/// Names of a column that has a telephone number only if its texts are numbers.
const PLACES: [&str; 17] = [
    "alt",
    "alternate",
    "business",
    "caller",
    "contact",
    "day",
    "daytime",
    "evening",
    "from",
    "home",
    "main",
    "night",
    "office",
    "other",
    "primary",
    "secondary",
    "work",
];

/// Ends of the name of a column with something about a telephone, or with other long numbers.
const OTHER_ENDS: [&str; 23] = [
    "account",
    "accountnumber",
    "areacode",
    "at",
    "carrier",
    "code",
    "count",
    "country",
    "date",
    "ext",
    "extension",
    "id",
    "invalid",
    "model",
    "name",
    "note",
    "notes",
    "provider",
    "status",
    "time",
    "type",
    "valid",
    "verified",
];

/// Returns true if a name is that of a column of telephone numbers.
pub fn is_phone_name(name: &str) -> bool {
    let name = plain(name);
    let base = without_last_digits(&name);
    // E.164 is the name of a format.
    let is_name = name == "e164" || PHONE_NAMES.contains(&base) || PHONE_PARTS.iter().any(|part| base.contains(part));
    is_name && !is_other_name(&name) && !base.contains("cancel")
}

/// Returns true if a name is that of a place or a time of day, and such a column often has telephone numbers.
pub fn is_place_of_phone(name: &str) -> bool {
    PLACES.contains(&without_last_digits(&plain(name)))
}

/// Returns true if a name is that of a column with other texts, even if they look like telephone numbers.
pub fn is_other_name(name: &str) -> bool {
    let name = plain(name);
    OTHER_ENDS.iter().any(|end| name.ends_with(end))
}

fn without_last_digits(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

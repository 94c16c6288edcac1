//! The names of columns with telephone numbers.

use crate::number_list::file_reader::words::plain;

/// Names of a column of numbers, in lower-case letters and digits, without a digit at the end.
const PHONE_NAMES: [&str; 44] = [
    "alternatenumber",
    "altnumber",
    "ani",
    "callee",
    "callerid",
    "callerno",
    "callernumber",
    "callingnumber",
    "cid",
    "cli",
    "clid",
    "contactno",
    "contactnumber",
    "destination",
    "destinationnumber",
    "dialednumber",
    "dnis",
    "dst",
    "fax",
    "faxnumber",
    "fromnumber",
    "gsm",
    "landline",
    "msisdn",
    "number",
    "numbers",
    "numero",
    "ph",
    "phno",
    "recipient",
    "rufnummer",
    "sender",
    "smsnumber",
    "src",
    "tel",
    "telno",
    "telnr",
    "telnum",
    "telnumber",
    "to",
    "tonumber",
    "voicenumber",
    "whatsapp",
    "whatsappnumber",
];

/// Parts of such names, also of other languages.
const PHONE_PARTS: [&str; 10] =
    ["calledn", "cell", "celular", "handynummer", "mobile", "mobiln", "movil", "phone", "telefon", "telnum"];

/// Names of other scripts, or parts of them.
const FOREIGN_PARTS: [&str; 9] = ["телефон", "電話", "电话", "手机", "手機", "전화", "τηλέφωνο", "هاتف", "טלפון"];

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
const OTHER_ENDS: [&str; 31] = [
    "account",
    "accountnumber",
    "areacode",
    "at",
    "carrier",
    "code",
    "consent",
    "count",
    "country",
    "countryiso",
    "created",
    "date",
    "datetime",
    "ext",
    "extension",
    "id",
    "invalid",
    "model",
    "modified",
    "name",
    "note",
    "notes",
    "provider",
    "stamp",
    "status",
    "time",
    "timezone",
    "type",
    "updated",
    "valid",
    "verified",
];

/// Returns true if a name is that of a column of telephone numbers.
pub fn is_phone_name(name: &str) -> bool {
    if FOREIGN_PARTS.iter().any(|part| name.to_lowercase().contains(part)) {
        return true;
    }
    let name = plain(name);
    let base = without_last_digits(&name);
    // E.164 is the name of a format.
    let is_name = name == "e164" || PHONE_NAMES.contains(&base) || PHONE_PARTS.iter().any(|part| base.contains(part));
    is_name && !is_other_name(&name) && !base.contains("cancel") && !base.contains("excell")
}

/// Returns true if a name is that of a place or a time of day, and such a column often has telephone numbers.
pub fn is_place_of_phone(name: &str) -> bool {
    PLACES.contains(&without_last_digits(&plain(name)))
}

/// Returns true if a name is that of a column with other texts, even if they look like telephone numbers.
pub fn is_other_name(name: &str) -> bool {
    let name = plain(name);
    let is_phone = PHONE_NAMES.contains(&without_last_digits(&name));
    !is_phone && OTHER_ENDS.iter().any(|end| name.ends_with(end))
}

fn without_last_digits(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

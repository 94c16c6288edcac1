//! Countries and their calling codes, by the names and codes that people write into a column.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use precall::place::place_name;

use crate::number_list::file_reader::words::plain;

/// Codes of ISO 3166-1 with the country's calling code, and names beside the English one.
const COUNTRIES: &str = include_str!("../../../../data/country-codes.csv");

/// The number of digits of a country's number in ISO 3166-1.
const ISO_DIGITS: usize = 3;

/// Codes of states of the USA and provinces of Canada that are codes of countries too.
const STATES: [&str; 31] = [
    "al", "ar", "az", "bc", "ca", "co", "de", "ga", "gu", "id", "il", "in", "ky", "la", "ma", "md", "me", "mn", "mo",
    "ms", "mt", "nc", "ne", "nl", "pa", "pe", "pr", "sc", "sd", "sk", "va",
];

/// Calling codes of services in all countries.
const SERVICES: [&str; 9] = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];

/// The calling codes by another text.
type CallingCodes = HashMap<String, &'static str>;

static TABLES: LazyLock<CountryTables> = LazyLock::new(CountryTables::read);

#[derive(Debug, Default)]
struct CountryTables {
    by_name: CallingCodes,
    by_number: HashMap<&'static str, &'static str>,
    calling_codes: HashSet<&'static str>,
}

impl CountryTables {
    fn read() -> Self {
        let mut tables = Self { calling_codes: HashSet::from(SERVICES), ..Self::default() };
        for line in COUNTRIES.lines().skip(1) {
            let mut fields = line.splitn(5, ',');
            let mut field = || fields.next().unwrap_or_default();
            let (alpha2, alpha3, number, code, names) = (field(), field(), field(), field(), field());
            let names = names.trim_matches('"').split('|').chain([alpha2, alpha3]).chain(place_name(alpha2));
            let names = names.map(plain).filter(|name| !name.is_empty());
            tables.by_name.extend(names.map(|name| (name, code)));
            tables.by_number.insert(number, code);
            tables.calling_codes.insert(code);
        }
        tables
    }
}

/// Returns the calling code of a country by its name, or by its two or three letters in ISO 3166-1.
pub fn code_of_name(text: &str) -> Option<&'static str> {
    TABLES.by_name.get(&plain(text)).copied()
}

/// Returns the calling code of a country by its number in ISO 3166-1, which may have lost its zeros in a spreadsheet
/// program.
pub fn code_of_number(digits: &str) -> Option<&'static str> {
    let full = format!("{digits:0>ISO_DIGITS$}");
    TABLES.by_number.get(full.as_str()).copied()
}

/// Returns a calling code with these digits, if it is one of a country or of a service.
pub fn calling_code(digits: &str) -> Option<&'static str> {
    TABLES.calling_codes.get(digits).copied()
}

/// Returns true for two letters that are a state of the USA or a province of Canada, and a country.
pub fn is_state_and_country(text: &str) -> bool {
    STATES.contains(&plain(text).as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test that cannot continue should fail at that point")]

    use super::*;

    #[test]
    fn a_country_is_found_by_each_of_its_names() {
        for (text, code) in [
            ("Mexico", Some("52")),
            ("MÉXICO", Some("52")),
            ("mx", Some("52")),
            ("MEX", Some("52")),
            ("U.S.A.", Some("1")),
            ("United States of America", Some("1")),
            ("UK", Some("44")),
            ("Great Britain", Some("44")),
            ("Côte d'Ivoire", Some("225")),
            ("Korea, Republic of", Some("82")),
            ("Kosovo", Some("383")),
            ("Dominican Republic", Some("1")),
            ("Atlantis", None),
            ("Congo", None),
            ("XX", None),
            ("", None),
        ] {
            assert_eq!(code_of_name(text), code, "{text}");
        }
        for (digits, code) in
            [("840", Some("1")), ("044", Some("1")), ("8", Some("355")), ("484", Some("52")), ("999", None)]
        {
            assert_eq!(code_of_number(digits), code, "{digits}");
        }
        assert_eq!((calling_code("52"), calling_code("840"), is_state_and_country("DE")), (Some("52"), None, true));
    }

    /// Two countries with one name would be mixed up in silence.
    #[test]
    fn no_name_is_that_of_two_countries() {
        let mut seen: CallingCodes = HashMap::new();
        for line in COUNTRIES.lines().skip(1) {
            let fields: Vec<&'static str> = line.splitn(5, ',').collect();
            let names =
                fields[4].trim_matches('"').split('|').chain([fields[0], fields[1]]).chain(place_name(fields[0]));
            for name in names.map(plain).filter(|name| !name.is_empty()) {
                let other = seen.insert(name.clone(), fields[3]);
                assert!(other.is_none_or(|code| code == fields[3]), "{name}");
            }
        }
        assert!(seen.len() > 700, "{}", seen.len());
    }
}

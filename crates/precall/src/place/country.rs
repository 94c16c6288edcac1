//! Countries, their subdivisions and the territories of the US, by ISO 3166 code.

/// The territories of the US. ISO 3166 lists them as countries; the law of the US applies in them.
pub(crate) const US_TERRITORIES: [&str; 6] = ["AS", "GU", "MP", "PR", "UM", "VI"];

pub(crate) fn is_us_territory(code: &str) -> bool {
    US_TERRITORIES.contains(&code)
}

/// Returns the country of a code: `US` of `US-FL`, `JM` of `JM`.
pub(crate) fn country_of(code: &str) -> &str {
    code.split_once('-').map_or(code, |(country, _)| country)
}

/// Returns true if a place is the country or a subdivision of it.
pub(crate) fn is_within(code: &str, country: &str) -> bool {
    country_of(code) == country || (country == "US" && is_us_territory(code))
}

/// Returns the country whose law applies in a place: `US` for `US-FL` and for `PR`, `CA` for `CA-ON`. Returns `None` for
/// other places, because their laws are not known here. Letter case does not matter.
///
/// ```
/// use precall::place::law_country;
///
/// assert_eq!(law_country("PR"), Some("US"));
/// assert_eq!(law_country("JM"), None);
/// ```
pub fn law_country(place: &str) -> Option<&'static str> {
    let (root, part) = place.split_once('-').map_or((place, None), |(root, part)| (root, Some(part)));
    let is_part = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if part.is_some_and(|part| !is_part(part)) {
        return None;
    }
    if root.eq_ignore_ascii_case("CA") {
        return Some("CA");
    }
    let is_territory = part.is_none() && is_us_territory(&root.to_ascii_uppercase());
    (root.eq_ignore_ascii_case("US") || is_territory).then_some("US")
}

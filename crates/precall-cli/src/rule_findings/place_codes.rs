//! Findings about places whose two letters are those of a country and of a state or province: `CA`, `US-CA`.

use precall::Number;
use precall::place::{law_country, namesake, place, place_name};
use precall::rule::{Entry, FactContent, Key};

use super::finding::{FindingLevel, RuleFinding};
use super::written::{written, written_elements};
use crate::dynamodb::attribute_value::Attributes;

/// Returns the findings about the places of a rule, or of a fact that states where a number's holder is.
pub fn of_place_codes(item: &Attributes, entry: &Entry) -> Vec<RuleFinding> {
    let key = entry.key();
    let codes: Vec<&'static str> = match entry {
        Entry::Rule(rule) => rule.conditions.places.iter().flat_map(|places| places.codes()).collect(),
        Entry::Fact(fact) => match &fact.content {
            FactContent::Holder(holder) => holder.places.clone(),
            FactContent::Prefix(prefix) => prefix.holder.places.clone(),
            // The law of the item shows its country.
            FactContent::CallingHours(_) | FactContent::List(_) | FactContent::Exemption(_) => Vec::new(),
        },
        Entry::Invalid(_) => Vec::new(),
    };
    // A country by its name cannot be meant as a state.
    let as_typed = written_elements(item, "places");
    let codes = codes.into_iter().filter(|code| as_typed.iter().any(|typed| typed.eq_ignore_ascii_case(code)));
    let pairs: Vec<Namesakes> = codes.filter_map(|code| Some((code, namesake(code)?))).collect();
    let (countries, states): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(code, _)| code.len() == 2);
    let is_of_law = |(code, _): &Namesakes| is_country_of_law(entry, code);
    let mut findings = Vec::new();
    let is_meant = names_countries(entry, &as_typed, &countries) && !takes_state_from_us(item);
    if !countries.is_empty() && !is_meant && !countries.iter().all(is_of_law) {
        findings.push(of_countries(key, &countries));
    }
    let states: Vec<Namesakes> =
        states.into_iter().filter(|state| may_mean_country(entry, &as_typed, *state)).collect();
    if !states.is_empty() {
        findings.push(of_states(key, &states));
    }
    findings
}

/// A place of the list, and the one with the same letters.
type Namesakes = (&'static str, &'static str);

/// Returns true if the rule has a law of this country.
fn is_country_of_law(entry: &Entry, code: &str) -> bool {
    let Entry::Rule(rule) = entry else { return false };
    rule.conditions.calling_hours.iter().any(|law| law.country() == code)
}

/// Returns true if the rest of the item shows that its author writes countries: a country whose letters are not those of
/// a state, a province with its country, the state of the same letters, or a number in the country. Another state does not
/// show it: `CA, US-NV` is probably California and Nevada.
fn names_countries(entry: &Entry, as_typed: &[String], countries: &[Namesakes]) -> bool {
    let is_clear = |text: &String| {
        let code = text.to_ascii_uppercase();
        let is_country = if code.starts_with("US-") {
            countries.iter().any(|(_, state)| *state == code)
        } else {
            code.contains('-') || namesake(&code).is_none()
        };
        place_name(&code).is_some() && is_country
    };
    let number = Number::from_typed(&entry.key().number).ok();
    let own = number.as_ref().map(|number| place(number).codes().to_vec()).unwrap_or_default();
    let is_own =
        |text: &String| own.iter().any(|code| code.split('-').next().is_some_and(|own| text.eq_ignore_ascii_case(own)));
    as_typed.iter().any(is_clear) || as_typed.iter().any(is_own)
}

/// Returns true for `US, !CA`: nothing of Canada is in the United States, so a state is meant.
fn takes_state_from_us(item: &Attributes) -> bool {
    let places = written(item, "places").unwrap_or_default().to_ascii_uppercase();
    let elements: Vec<&str> = places.split([',', ';']).map(str::trim).collect();
    let (negated, plain): (Vec<&str>, Vec<&str>) = elements.into_iter().partition(|element| element.starts_with('!'));
    let is_state = |element: &&str| namesake(element.trim_start_matches('!').trim()).is_some();
    plain.as_slice() == ["US"] && negated.iter().any(is_state)
}

/// Returns true if the rest of the item shows that a state or province may be meant as the country of the same letters:
/// another country in the list, a law of another country, or a number in another country.
fn may_mean_country(entry: &Entry, as_typed: &[String], (state, country): Namesakes) -> bool {
    let own = state.split('-').next().unwrap_or(state);
    let is_other = |text: &String| {
        let code = text.to_ascii_uppercase();
        code.len() == own.len() && code != own && code != country && place_name(&code).is_some()
    };
    let laws = if let Entry::Rule(rule) = entry { rule.conditions.calling_hours.as_slice() } else { &[] };
    let is_of_other_law = !laws.is_empty() && laws.iter().all(|law| law.country() != own);
    let number = Number::from_typed(&entry.key().number).ok();
    let is_own = |code: &&str| law_country(code) == Some(own);
    let is_elsewhere = number.is_some_and(|number| {
        let place = place(&number);
        !place.codes().is_empty() && !place.codes().iter().any(is_own)
    });
    as_typed.iter().any(is_other) || is_of_other_law || is_elsewhere
}

fn of_countries(key: &Key, countries: &[Namesakes]) -> RuleFinding {
    let read = listed(countries, |(country, _)| format!("{country} is read as {}", name(country)));
    let states = listed(countries, |(_, state)| format!("{state} for {}", name(state)));
    let names = listed(countries, |(country, _)| format!("{} for the country", name(country)));
    RuleFinding::new(FindingLevel::Warning, key, format!("`places`: {read}"), format!("write {states}, or {names}"))
}

fn of_states(key: &Key, states: &[Namesakes]) -> RuleFinding {
    let read = listed(states, |(state, _)| format!("{state} is {}", name(state)));
    let countries = listed(states, |(_, country)| format!("{country} is {}", name(country)));
    RuleFinding::new(FindingLevel::Note, key, format!("`places`: {read}"), format!("as a country, {countries}"))
}

fn listed(pairs: &[Namesakes], text: impl Fn(&Namesakes) -> String) -> String {
    pairs.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Returns the name of a place, or its code.
fn name(code: &'static str) -> &'static str {
    place_name(code).unwrap_or(code)
}

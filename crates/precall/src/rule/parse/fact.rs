//! Reads facts: items without `status`.

use super::attributes::{Attributes, shortened};
use super::unknown::UnreadAttribute;
use super::vocabulary::{ATTRIBUTES, FACT_OF_HOLDER, FACT_OF_HOURS, FACT_OF_PREFIX};
use crate::calling_hours::{CallingHours, HoursRow, HoursRowData};
use crate::number::country_code_len;
use crate::place::{law_country, place_code};
use crate::rule::fact::{FactContent, Holder, PrefixPlace};
use crate::rule::pattern::Patterns;
use crate::value_error::ValueError;

/// The digits of the shortest prefix of the NANP with a place: the 1 and an area code.
const NANP_PREFIX_DIGITS: usize = 4;

impl Attributes<'_> {
    /// Reports attributes that a fact of this kind cannot have.
    pub(super) fn check_fact(&mut self, known: &[&str], what: &str, is_wildcard: bool) {
        let is_of_rule = |name: &&String| ATTRIBUTES.contains(&name.as_str()) && !known.contains(&name.as_str());
        let of_rule = self.values.keys().filter(is_of_rule).cloned();
        let unread = self.find_unread(is_wildcard).into_iter().map(|UnreadAttribute { unknown, .. }| unknown);
        let (own, unread): (Vec<_>, Vec<_>) = unread.partition(|unknown| unknown.meant.is_none());
        let (status, meant): (Vec<_>, Vec<_>) = unread.into_iter().partition(|unknown| unknown.meant == Some("status"));
        let names = of_rule.chain(meant.into_iter().map(|unknown| unknown.name));
        for name in &names.collect::<Vec<String>>() {
            self.wrong(
                name,
                format_args!("without meaning in an item without `status`, which states {what}; is `status` missing?"),
            );
        }
        self.reasons.extend(status.into_iter().map(|unknown| shortened(unknown.advice)));
        self.unread.extend(own.into_iter().map(|unknown| unknown.name));
    }

    /// Reads the place of a number's holder.
    pub(super) fn holder(&mut self, number: &str) -> Option<FactContent> {
        self.scope(number);
        self.check_fact(&FACT_OF_HOLDER, "where its number's holder is", false);
        let besides = self.flag("besides").unwrap_or(false);
        self.clock_and_places().map(|holder| FactContent::Holder(Holder { besides, ..holder }))
    }

    fn clock_and_places(&mut self) -> Option<Holder> {
        let text = self.required_text("timezone", "an IANA name such as America/New_York");
        // A comma list, for a place with several clocks.
        let zones = text.and_then(|text| text.split(',').map(|name| self.zone(name.trim(), "")).collect());
        let places = self.place_codes();
        Some(Holder { zones: zones?, places: places?, besides: false })
    }

    /// Reads the place of the numbers with a prefix. `to` has the prefixes.
    pub(super) fn prefix_place(&mut self, to: &Patterns) -> Option<FactContent> {
        self.check_fact(&FACT_OF_PREFIX, "where the numbers of a prefix are", true);
        if !self.has("timezone") {
            self.wrong(
                "timezone",
                "missing; write the clock of the prefix in `to`, such as America/Chicago, or `status` if the item is a rule",
            );
        }
        let holder = self.clock_and_places()?;
        Some(FactContent::Prefix(PrefixPlace { to: to.clone(), holder }))
    }

    /// Reads the prefixes of a fact. Each must be of one area code or country. If one is not, it returns no patterns, so that
    /// the mistake does not affect other numbers.
    pub(super) fn prefixes(&mut self) -> Patterns {
        let to = self.patterns("to");
        if to == Patterns::default() {
            return to;
        }
        let Some(prefixes) = to.only_prefixes() else {
            let correct = "write one such as +1483*, and a fact about one number under that number";
            self.wrong("to", format_args!("{to} is not a prefix; {correct}"));
            return Patterns::default();
        };
        let is_short = |prefix: &&str| {
            let digits = prefix.trim_start_matches('+');
            digits.len() < if digits.starts_with('1') { NANP_PREFIX_DIGITS } else { country_code_len(digits) }
        };
        match prefixes.iter().find(|prefix| is_short(prefix)) {
            Some(prefix) => {
                let correct = "write each, such as +1483* or +44*";
                self.wrong("to", format_args!("{prefix}* covers several area codes or countries; {correct}"));
                Patterns::default()
            }
            None => to,
        }
    }

    /// Reads the codes of places. There are none without the attribute.
    fn place_codes(&mut self) -> Option<Vec<&'static str>> {
        if !self.has("places") {
            return Some(Vec::new());
        }
        self.read_list("places", "a place such as US-FL", |texts| {
            let texts = texts.flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty());
            let codes = texts.map(|text| {
                place_code(text).ok_or_else(|| {
                    ValueError::from(format!(
                        "{text:?} is not a known place; write an ISO 3166 code such as US-FL, CA-ON or JM; groups are not allowed here"
                    ))
                })
            });
            let codes = codes.collect::<Result<Vec<_>, ValueError>>()?;
            if codes.is_empty() { Err("empty; write a place such as US-FL".into()) } else { Ok(codes) }
        })
    }

    /// Reads the calling hours of places.
    pub(super) fn rows(&mut self) -> Option<FactContent> {
        self.check_fact(&FACT_OF_HOURS, "the calling hours of places", true);
        let laws = self.laws();
        let places = self.place_codes();
        let hours = self.lawful_hours();
        let timezone = self.required_text("timezone", "an IANA name such as America/Chicago");
        if let Some(text) = &timezone {
            self.zone(text, "");
        }
        let keeps_holidays = self.keeps_holidays();
        let [law] = laws.as_slice() else {
            if laws.len() > 1 {
                self.wrong("calling_hours", "several laws; write an item for each");
            }
            return None;
        };
        let (places, hours) = (places?, hours?);
        if places.is_empty() {
            self.wrong("places", "missing; write the places whose hours these are, such as US-FL");
        }
        let mut rows = Vec::new();
        for place in places {
            if law_country(place) != Some(law.country()) {
                self.wrong("places", format_args!("{place} is not in the country of `{law}`"));
                continue;
            }
            let data = HoursRowData {
                timezone: timezone.clone(),
                source: self.text("rule").and_then(Result::ok).map(|rule| format!("rule `{rule}`")).unwrap_or_default(),
                ..HoursRowData::new(place, law.regime(), hours.clone())
            };
            match HoursRow::parse(data) {
                Ok(row) => rows.push(if keeps_holidays { with_holidays(row) } else { row }),
                Err(error) => self.wrong("calling_hours", error),
            }
        }
        Some(FactContent::CallingHours(rows))
    }

    /// Reads `days` and `hours` as windows of a week.
    fn lawful_hours(&mut self) -> Option<Vec<String>> {
        let days = self.days();
        let windows = self.hours().and_then(|hours| {
            let plain = hours.plain();
            if plain.is_none() {
                self.wrong("hours", "negated, or over midnight; write the windows in which calls are lawful");
            }
            plain
        })?;
        Some(windows.into_iter().map(|window| days.map_or(window.clone(), |days| format!("{days} {window}"))).collect())
    }

    fn keeps_holidays(&mut self) -> bool {
        match self.required_text("holidays", "keep or none").map(|text| text.to_ascii_lowercase()).as_deref() {
            None | Some("keep") => true,
            Some("none") => false,
            Some(other) => {
                self.wrong("holidays", format_args!("{other:?} is neither keep nor none"));
                true
            }
        }
    }
}

/// Returns an operator's row with the holidays of the built-in row of the same place.
fn with_holidays(mut row: HoursRow) -> HoursRow {
    let is_kept = |built_in: &&HoursRow| {
        built_in.place == row.place && built_in.regime == row.regime && built_in.holidays.is_some()
    };
    if let Some(built_in) = CallingHours::embedded().rows().iter().rfind(is_kept) {
        row.holidays.clone_from(&built_in.holidays);
        row.holiday_hours.clone_from(&built_in.holiday_hours);
    }
    row
}

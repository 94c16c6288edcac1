//! Reads the conditions of a rule.

use jiff::tz::TimeZone;

use super::attributes::Attributes;
use super::whole::whole_number;
use crate::calling_hours::Law;
use crate::dates::Dates;
use crate::frequency_cap::{CountBy, FrequencyCap, Limit};
use crate::number::Number;
use crate::place::PlacePatterns;
use crate::rule::clock::{Clock, Hours};
use crate::rule::conditions::{Clients, ClockSource, Side};
use crate::rule::length::parse_length;
use crate::rule::meant_key::{MeantKey, quoted};
use crate::rule::pattern::Patterns;
use crate::rule::share::Percent;
use crate::value_error::ValueError;
use crate::week::Weekdays;

impl Attributes<'_> {
    pub(super) fn scope(&mut self, number: &str) -> Option<(Side, Number)> {
        let side = match self.required_text("side", "to, from or any").map(|text| text.to_ascii_lowercase()).as_deref()
        {
            None | Some("to") => Side::To,
            Some("from") => Side::From,
            Some("any") => Side::Any,
            Some(other) => {
                self.wrong("side", format_args!("{other:?} is not a side of a call; write to, from or any"));
                Side::Any
            }
        };
        if number == "*" || number.is_empty() {
            if side == Side::From {
                self.wrong(
                    "side",
                    "without meaning under *; write the callers' pattern into `from`, and remove `side`",
                );
            }
            return None;
        }
        let meant = MeantKey::read(number);
        match &meant {
            Ok(meant) if meant.is_spelt(number) => {}
            Ok(meant) => {
                self.wrong("number", format_args!("{} is never read; store the item under {meant}", quoted(number)));
            }
            Err(error) => {
                let number = quoted(number);
                self.wrong("number", format_args!("{number} is {error}, or * for a rule about more than one number"));
            }
        }
        match meant {
            Ok(MeantKey::Number(number)) => Some((side, number)),
            Ok(MeantKey::Wildcard | MeantKey::Pattern(_)) | Err(_) => None,
        }
    }

    pub(super) fn patterns(&mut self, name: &str) -> Patterns {
        let Some(texts) = self.list(name, "a pattern such as +1315*") else {
            return Patterns::default();
        };
        match Patterns::read(texts.iter().map(String::as_str), name == "from") {
            Ok((patterns, repairs)) => {
                for repair in repairs {
                    self.repaired(name, repair);
                }
                patterns
            }
            Err(error) => {
                self.wrong(name, error);
                Patterns::default()
            }
        }
    }

    pub(super) fn clients(&mut self) -> Clients {
        // Names of keys may have any characters.
        let Some(texts) = self.list_as_typed("clients", "the names of API keys, such as vendor") else {
            return Clients::default();
        };
        Clients::parse(texts.iter().map(String::as_str)).unwrap_or_else(|error| {
            self.wrong("clients", error);
            Clients::default()
        })
    }

    pub(super) fn percent(&mut self) -> Option<Percent> {
        let text = self.required_text("percent", "a share of calls such as 10")?;
        let percent = Percent::parse(&text);
        if percent.is_none() {
            self.wrong("percent", format_args!("{text:?} is not a share from 0 to 100; write one such as 10 or 2.5"));
        }
        percent
    }

    pub(super) fn places(&mut self) -> Option<PlacePatterns> {
        self.read_list("places", "a place such as US-FL", |texts| PlacePatterns::parse(texts))
    }

    pub(super) fn days(&mut self) -> Option<Weekdays> {
        self.read_list("days", "days such as Mon-Fri", |texts| Weekdays::parse(texts))
    }

    pub(super) fn hours(&mut self) -> Option<Hours> {
        self.read_list("hours", "a window such as 08:00-21:00", |texts| Hours::parse(texts))
    }

    fn dates(&mut self) -> Option<Dates> {
        self.read_list("dates", "dates such as 12-25 or 2026-11-26..2026-11-27", |texts| Dates::parse(texts))
    }

    /// Reads the dates, the days, the hours and the clock source. If one of them has a mistake, none is used: with only
    /// some of them, the rule might not apply when it should.
    pub(super) fn clock(&mut self, is_star: bool) -> (Clock, ClockSource) {
        let before = self.reasons.len();
        let clock = Clock::new(self.days(), self.hours()).on_dates(self.dates());
        let source = self.clock_source(is_star);
        if self.reasons.len() > before { <(Clock, ClockSource)>::default() } else { (clock, source) }
    }

    pub(super) fn laws(&mut self) -> Vec<Law> {
        self.read_list("calling_hours", "the name of a law, such as us", |texts| {
            let names = texts.flat_map(|text| text.split(',')).map(str::trim).filter(|name| !name.is_empty());
            let laws = names.map(|name| name.parse().map_err(|error| ValueError::from(format!("{name:?} is {error}"))));
            let laws = laws.collect::<Result<Vec<Law>, ValueError>>()?;
            if laws.is_empty() { Err("empty; write the name of a law, such as us".into()) } else { Ok(laws) }
        })
        .unwrap_or_default()
    }

    pub(super) fn zone(&mut self, text: &str, or: &str) -> Option<TimeZone> {
        // `EST` is a zone without daylight saving time, which operators hardly ever mean.
        let zone = TimeZone::get(text).ok().filter(|_| text.contains('/') || text.eq_ignore_ascii_case("utc"));
        if zone.is_none() {
            self.wrong(
                "timezone",
                format_args!("{text:?} is not a time zone; write {or}an IANA name such as America/New_York"),
            );
        }
        zone
    }

    fn clock_source(&mut self, is_star: bool) -> ClockSource {
        let Some(text) = self.required_text("timezone", "callee, caller or an IANA name such as America/New_York")
        else {
            return ClockSource::Callee;
        };
        let source = match text.to_ascii_lowercase().as_str() {
            "callee" => ClockSource::Callee,
            "caller" => ClockSource::Caller,
            _ => self.zone(&text, "callee, caller or ").map_or(ClockSource::Callee, ClockSource::Zone),
        };
        let says_where = !is_star && matches!(source, ClockSource::Zone(_));
        if !says_where && !["dates", "days", "hours"].iter().any(|name| self.has(name)) {
            self.wrong(
                "timezone",
                "without meaning without `dates`, `days` or `hours`; calling hours use the callee's own clock",
            );
        }
        source
    }

    pub(super) fn cap(&mut self) -> Option<FrequencyCap> {
        const WINDOW: &str = "a length of time such as 24h or 7d";
        if !["max_calls", "per", "count_by"].iter().any(|name| self.has(name)) {
            return None;
        }
        for (name, example) in [("max_calls", "how many calls, such as 3"), ("per", WINDOW)] {
            if !self.has(name) {
                self.wrong(name, format_args!("missing beside the rest of a cap; write {example}"));
            }
        }
        let max = self.required_text("max_calls", "how many calls, such as 3").and_then(|text| {
            let max =
                whole_number(&text).and_then(|text| text.parse().ok()).filter(|max| (1..=Limit::MAX).contains(max));
            if max.is_none() {
                self.wrong("max_calls", format_args!("{text:?} is not a whole number from 1 to {}", Limit::MAX));
            }
            max
        });
        let window = self.required_text("per", WINDOW).and_then(|text| {
            let bounds = Limit::MIN_WINDOW..=Limit::MAX_WINDOW;
            let window = parse_length(&text).filter(|window| bounds.contains(window));
            if window.is_none() {
                self.wrong(
                    "per",
                    format_args!("{text:?} is not a length of time from 1s to 366d; write 24h, 7d, or 30d for a month"),
                );
            }
            window
        });
        let mut count_by = CountBy::Callee;
        if let Some(text) = self.required_text("count_by", "callee, pair or caller") {
            let known = [CountBy::Callee, CountBy::Pair, CountBy::Caller];
            match known.into_iter().find(|by| text.eq_ignore_ascii_case(by.as_str())) {
                Some(by) => count_by = by,
                None => self.wrong("count_by", format_args!("{text:?} is none of callee, pair, caller")),
            }
        }
        Some(FrequencyCap { limit: Limit { max: max?, window: window? }, count_by })
    }
}

//! The times at which calls to the places of the map are lawful, computed from the area codes and exchanges of each place.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::Number;
use precall::calling_hours::{CallingHours, HoursRow, Law, TimeSpan, TimeSpans};
use precall::place::{self, NumberKind, law_country};

use super::tiles::{CAPITAL_ZONES, MAP_TILES, MapTile};

/// The days that are shown. The first one is the day of the instant.
pub const DAYS: i64 = 7;

/// The kind of calls that the map is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallPurpose {
    #[default]
    Sales,
    Automated,
    Debt,
    DebtAutomated,
}

impl CallPurpose {
    pub const ALL: [Self; 4] = [Self::Sales, Self::Automated, Self::Debt, Self::DebtAutomated];

    /// Returns its name in the page's address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Automated => "automated",
            Self::Debt => "debt",
            Self::DebtAutomated => "debt-automated",
        }
    }

    /// Returns its name for people, with its laws.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sales => "Sales calls (us, ca)",
            Self::Automated => "Automated sales calls (us-automated, ca-automated)",
            Self::Debt => "Debt collection (us-debt, ca-debt)",
            Self::DebtAutomated => "Automated debt collection (us-debt-automated)",
        }
    }

    /// Returns the rows of the calling-hours table that count in a place at an instant, those of the country first.
    pub fn rows<'t>(self, table: &'t CallingHours, code: &str, zone: &TimeZone, at: Timestamp) -> Vec<&'t HoursRow> {
        let zones = std::slice::from_ref(zone);
        self.laws_of(code).flat_map(|law| table.status_now(law, &[code], zones, at).rows).collect()
    }

    /// Returns the laws about such calls.
    pub fn laws(self) -> &'static [Law] {
        match self {
            Self::Sales => &[Law::Us, Law::Ca],
            Self::Automated => &[Law::UsAutomated, Law::CaAutomated],
            Self::Debt => &[Law::UsDebt, Law::CaDebt],
            Self::DebtAutomated => &[Law::UsDebtAutomated],
        }
    }

    /// Returns the laws about such calls to a place.
    fn laws_of(self, code: &str) -> impl Iterator<Item = Law> {
        let country = law_country(code);
        self.laws().iter().copied().filter(move |law| country == Some(law.country()))
    }
}

/// Numbers that are in the same places and have the same time zones.
#[derive(Debug)]
struct NumberGroup {
    codes: Vec<&'static str>,
    zones: Vec<TimeZone>,
    area_codes: BTreeSet<String>,
}

/// All groups of numbers that the area codes of +1 and their exchanges distinguish.
static NUMBER_GROUPS: LazyLock<Vec<NumberGroup>> = LazyLock::new(|| {
    let mut groups: Vec<(place::Zones, NumberGroup)> = Vec::new();
    for prefix in place::finer_prefixes("+1") {
        // One number represents all that have this prefix and no longer one.
        let Ok(number) = Number::from_typed(&format!("{prefix:0<12}")) else { continue };
        let place = place::place(&number);
        let Some(area_code) = prefix.get(2..5).filter(|_| place.kind() == NumberKind::Geographic) else { continue };
        let zones = place::zones(&number);
        let known = groups.iter_mut().find(|(known, group)| *known == zones && group.codes == place.codes());
        if let Some((_, group)) = known {
            group.area_codes.insert(area_code.to_owned());
            continue;
        }
        let group = NumberGroup {
            codes: place.codes().to_vec(),
            zones: zones.names().iter().filter_map(|name| TimeZone::get(name).ok()).collect(),
            area_codes: BTreeSet::from([area_code.to_owned()]),
        };
        groups.push((zones, group));
    }
    groups.into_iter().map(|(_, group)| group).collect()
});

/// The times at which the numbers of a place may be called.
#[derive(Debug)]
pub struct PlaceHours {
    pub code: &'static str,
    pub name: &'static str,
    /// True if a law of the calling-hours table is about such calls to the place.
    pub has_law: bool,
    /// The time zone of its capital.
    pub zone: TimeZone,
    /// Its other time zones.
    pub other_zones: Vec<TimeZone>,
    /// The times at which all numbers may be called.
    all: TimeSpans,
    /// The times at which some numbers may be called.
    some: TimeSpans,
    /// The times at which the numbers of each group may be called.
    groups: Vec<(&'static NumberGroup, TimeSpans)>,
}

/// The share of calls to a place that are lawful, at an instant or in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lawfulness {
    Lawful,
    /// For some of the numbers, or for some of the time.
    Partly,
    Unlawful,
    /// No law of the calling-hours table is about such calls.
    NoLaw,
}

impl Lawfulness {
    pub const ALL: [Self; 4] = [Self::Lawful, Self::Partly, Self::Unlawful, Self::NoLaw];

    /// Returns the class of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Lawful => "lawful",
            Self::Partly => "partly",
            Self::Unlawful => "unlawful",
            Self::NoLaw => "no-law",
        }
    }

    /// Returns the words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lawful => "may be called",
            Self::Partly => "in part",
            Self::Unlawful => "may not be called",
            Self::NoLaw => "no law in the table",
        }
    }
}

impl PlaceHours {
    fn new(code: &'static str, table: &CallingHours, purpose: CallPurpose, from: Timestamp) -> Option<Self> {
        let laws: Vec<Law> = purpose.laws_of(code).collect();
        let spans = |group: &NumberGroup| {
            let spans = |law: &Law| table.lawful_spans(*law, &group.codes, &group.zones, from, DAYS + 2);
            laws.iter().map(spans).fold(TimeSpans::ever(), |all, law| all.and(&law))
        };
        let groups = NUMBER_GROUPS.iter().filter(|group| group.codes.contains(&code));
        let groups: Vec<_> = groups.map(|group| (group, spans(group))).collect();
        let mut zones = zones_of(code, groups.iter().map(|(group, _)| *group)).into_iter();
        Some(Self {
            code,
            name: place::place_name(code)?,
            has_law: !laws.is_empty(),
            zone: zones.next()?,
            other_zones: zones.collect(),
            all: groups.iter().fold(TimeSpans::ever(), |all, (_, spans)| all.and(spans)),
            some: groups.iter().fold(TimeSpans::default(), |some, (_, spans)| some.or(spans)),
            groups,
        })
    }

    /// Computes the hours of each place of the map, from an instant on.
    pub fn of_map(table: &CallingHours, purpose: CallPurpose, from: Timestamp) -> Vec<(&'static MapTile, Self)> {
        MAP_TILES.iter().filter_map(|tile| Some((tile, Self::new(tile.0, table, purpose, from)?))).collect()
    }

    /// Returns the share of its numbers that may be called at an instant.
    pub fn at(&self, at: Timestamp) -> Lawfulness {
        self.lawfulness(self.all.at(at).is_some(), self.some.at(at).is_some())
    }

    /// Returns the share of its numbers and of the time in which they may be called.
    pub fn during(&self, span: TimeSpan) -> Lawfulness {
        self.lawfulness(self.all.cover(span), self.some.meet(span))
    }

    fn lawfulness(&self, all: bool, some: bool) -> Lawfulness {
        match (self.has_law, all, some) {
            (false, _, _) => Lawfulness::NoLaw,
            (_, true, _) => Lawfulness::Lawful,
            (_, _, true) => Lawfulness::Partly,
            _ => Lawfulness::Unlawful,
        }
    }

    /// Returns the end of the span in which all numbers may be called, or the beginning of the next one, if that is
    /// within [`DAYS`].
    pub fn change(&self, at: Timestamp) -> Option<Timestamp> {
        let change = match self.all.at(at) {
            Some(span) => Some(span.end),
            None => self.all.iter().map(|span| span.start).find(|start| *start > at),
        };
        let horizon = at.checked_add(SignedDuration::from_hours(24 * DAYS)).ok();
        change.filter(|change| horizon.is_some_and(|horizon| *change < horizon))
    }

    /// Returns the area codes of which all numbers may be called at an instant, and those of which some may.
    pub fn area_codes(&self, at: Timestamp) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let codes = |is_open: bool| -> BTreeSet<&str> {
            let groups = self.groups.iter().filter(|(_, spans)| spans.at(at).is_some() == is_open);
            groups.flat_map(|(group, _)| group.area_codes.iter().map(String::as_str)).collect()
        };
        let (open, closed) = (codes(true), codes(false));
        (&open - &closed, &open & &closed)
    }
}

/// Returns the time zones of a place without duplicates, its capital's first.
fn zones_of<'g>(code: &str, groups: impl Iterator<Item = &'g NumberGroup>) -> Vec<TimeZone> {
    let mut zones: Vec<TimeZone> = Vec::new();
    for zone in groups.flat_map(|group| &group.zones) {
        if !zones.contains(zone) {
            zones.push(zone.clone());
        }
    }
    let capital = CAPITAL_ZONES.iter().find(|(place, _)| *place == code).map(|(_, zone)| *zone);
    zones.sort_by_key(|zone| zone.iana_name() != capital);
    zones
}

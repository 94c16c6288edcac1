//! The facts about a call that conditions use: the places of both sides, the times that their clocks show, and the status
//! of each law. Each is computed at most once per call, and only if a condition needs it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::call::Call;
use crate::calling_hours::{CallingHours, Law, LawStatus, UnlawfulReason};
use crate::number::Number;
use crate::place::{self, Certainty, NumberKind, Place, Zones};
use crate::rule::{Clock, ClockSource, Entry, FactContent, Holder, PrefixPlace, Side, zone_name};
use crate::rule_set::{Partition, PartitionsOfCall, PlacesOfPrefix};

/// The greatest number of clocks or rows that an explanation names.
const MAX_NAMED: usize = 3;

/// The facts about one call.
#[derive(Debug)]
pub(crate) struct CallContext<'r> {
    call: Cow<'r, Call>,
    partitions: PartitionsOfCall<'r>,
    callee: OnceCell<Whereabouts>,
    caller: OnceCell<Whereabouts>,
    zones: OnceCell<Vec<TimeZone>>,
    lawful: [OnceCell<bool>; Law::ALL.len()],
}

/// The place and the clocks of one side of a call.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let rules = RuleSet::from_items([]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// let callee = decision.asked().callee();
/// assert_eq!(callee.place.to_string(), "US-NY");
/// assert_eq!(callee.clocks[0].to_string(), "Tue 10:00 in America/New_York");
/// ```
#[derive(Debug)]
pub struct Whereabouts {
    /// The place of the number. If a fact states where the holder is, it has the codes of the fact.
    pub place: Place,
    /// The possible clocks of the holder. It is empty if no zone could be loaded. Then a rule that allows calls does not meet
    /// its clock condition, and a rule that blocks calls meets it.
    pub clocks: Vec<LocalTime>,
    /// The source of the clocks.
    basis: Basis,
    /// The digits of the prefix whose facts count, or 0 if none do.
    prefix_digits: u8,
}

/// The time that a clock shows.
///
/// ```
/// use precall::{Attempts, Call, Number, RuleSet};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "dnc", "status": "REJECT" });
/// let rules = RuleSet::from_items([serde_json::from_value(item)?]);
/// let call = Call::new(Number::from_typed("+13155550101").unwrap(), "2026-12-01T15:00Z".parse().unwrap());
/// let attempts = Attempts::none();
/// let decision = rules.evaluate(&call, &attempts);
/// assert_eq!(decision.asked().clocks()[0].time.hour(), 10);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LocalTime {
    /// The time zone of the clock.
    pub zone: TimeZone,
    /// The time at the instant of the call.
    pub time: DateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    Number,
    Assumed,
    Stated,
    /// Facts and the number itself.
    StatedBesides,
    StatedForPrefix,
    /// An invalid item may state another place.
    InDoubt,
}

impl<'r> CallContext<'r> {
    pub(super) fn new(call: Cow<'r, Call>, partitions: PartitionsOfCall<'r>) -> Self {
        Self {
            call,
            partitions,
            callee: OnceCell::new(),
            caller: OnceCell::new(),
            zones: OnceCell::new(),
            lawful: Default::default(),
        }
    }

    pub(super) fn call(&self) -> &Call {
        &self.call
    }

    pub(super) fn partitions(&self) -> PartitionsOfCall<'r> {
        self.partitions
    }

    pub(super) fn callee(&self) -> &Whereabouts {
        self.callee.get_or_init(|| {
            Whereabouts::new(Some(&self.call.to), self.callee_entries(), self.partitions.wildcard.known(), &self.call)
        })
    }

    pub(super) fn caller(&self) -> &Whereabouts {
        self.caller.get_or_init(|| {
            let is_callee = self.call.from.as_ref() == Some(&self.call.to);
            let entries = if is_callee { self.callee_entries() } else { self.partitions.caller.known().entries() };
            Whereabouts::new(self.call.from.as_ref(), entries, self.partitions.wildcard.known(), &self.call)
        })
    }

    /// Returns true if the callee's place and clocks are those of this fact about a prefix, and not those of a fact about a
    /// longer prefix or about the number itself.
    pub(super) fn is_callee_placed_by(&self, prefix: &PrefixPlace) -> bool {
        let used = self.callee().prefix_digits;
        used > 0 && prefix.digits_of(&self.call.to) == Some(used)
    }

    /// Returns the items under the callee's number.
    pub(super) fn callee_entries(&self) -> &'r [Entry] {
        self.partitions.callee.known().entries()
    }

    /// Returns true if the callee is an emergency number, N11 or another public service.
    pub(super) fn is_service(&self) -> bool {
        self.callee().place.kind() == NumberKind::Service
    }

    /// Returns true if a clock condition is met: in all zones if it must be certain, otherwise in any of them.
    pub(super) fn is_clock_met(&self, clock: &Clock, source: &ClockSource, required: Certainty) -> bool {
        if let ClockSource::Zone(zone) = source {
            return clock.matches(zone.to_datetime(self.call.at));
        }
        let clocks = &self.side(source).clocks;
        match required {
            // If no zone could be loaded, a rule that allows calls does not apply, and a rule that blocks calls does.
            Certainty::Certain => !clocks.is_empty() && clocks.iter().all(|local| clock.matches(local.time)),
            Certainty::Possible => clocks.is_empty() || clocks.iter().any(|local| clock.matches(local.time)),
        }
    }

    /// Returns the zones of the clocks that a condition uses.
    pub(super) fn zones_of<'c>(&'c self, source: &'c ClockSource) -> impl Iterator<Item = &'c TimeZone> {
        let (named, clocks) = match source {
            ClockSource::Zone(zone) => (Some(zone), &[][..]),
            ClockSource::Callee | ClockSource::Caller => (None, self.side(source).clocks.as_slice()),
        };
        named.into_iter().chain(clocks.iter().map(|local| &local.zone))
    }

    fn side(&self, source: &ClockSource) -> &Whereabouts {
        match source {
            ClockSource::Caller => self.caller(),
            ClockSource::Callee | ClockSource::Zone(_) => self.callee(),
        }
    }

    /// Returns true if a law allows the call.
    pub(super) fn is_lawful(&self, law: Law) -> bool {
        let evaluate = || self.calling_hours().is_lawful(law, self.callee().place.codes(), self.zones(), self.call.at);
        self.lawful.get(law.index()).map_or_else(evaluate, |lawful| *lawful.get_or_init(evaluate))
    }

    pub(super) fn law_status(&self, law: Law) -> LawStatus<'_> {
        self.calling_hours().status(law, self.callee().place.codes(), self.zones(), self.call.at)
    }

    /// Returns the calling-hours table with the operator's rows; without these rows if they could not be read.
    pub(super) fn calling_hours(&self) -> &'r CallingHours {
        self.partitions.wildcard.known().calling_hours()
    }

    /// Returns the zones of the callee's clocks.
    pub(super) fn zones(&self) -> &[TimeZone] {
        self.zones.get_or_init(|| self.callee().clocks.iter().map(|local| local.zone.clone()).collect())
    }

    /// Returns the callee's place, for a person.
    pub(super) fn describe_place(&self) -> String {
        let text = self.callee().place.to_string();
        if text.is_empty() { "of no known place".to_owned() } else { text }
    }

    /// Returns the clocks that decide if a condition is met or not, as text for a person.
    pub(super) fn describe_clocks(&self, clock: &Clock, source: &ClockSource, is_met: bool) -> String {
        if let ClockSource::Zone(zone) = source {
            return shown(clock, &LocalTime::new(zone.clone(), &self.call));
        }
        let number = match source {
            ClockSource::Caller => self.call.from.as_ref(),
            ClockSource::Callee | ClockSource::Zone(_) => Some(&self.call.to),
        };
        let side = self.side(source);
        let clocks: Vec<&LocalTime> = side.clocks.iter().filter(|local| clock.matches(local.time) == is_met).collect();
        let named = clocks.iter().take(MAX_NAMED).map(|local| shown(clock, local)).collect::<Vec<_>>().join(", ");
        let named = match clocks.len().saturating_sub(MAX_NAMED) {
            0 if clocks.is_empty() => "not known what time".to_owned(),
            0 => named,
            more => format!("{named} and {more} more"),
        };
        format!("{named}{}", side.describe_basis(clocks.len(), number))
    }

    /// Returns the status of the call by a law, as text for a person.
    pub(super) fn describe_law(&self, law: Law) -> String {
        let status = self.calling_hours().status_now(law, self.callee().place.codes(), self.zones(), self.call.at);
        if !status.applies {
            return format!("`{law}` does not apply to a call to {}", self.describe_place());
        }
        let side = self.callee();
        let mut text = if status.is_lawful {
            let until = self.law_status(law).open_until.map(|until| match side.clocks.first() {
                Some(local) => format!(" until {}", until.to_zoned(local.zone.clone()).strftime("%a %H:%M %Q")),
                None => format!(" until {until}"),
            });
            format!("lawful by `{law}`{}", until.unwrap_or_default())
        } else {
            describe_reasons(&status.reasons)
        };
        text.push_str(&side.describe_basis(1, Some(&self.call.to)));
        text
    }
}

/// Returns the time that a clock shows, with its date if the condition has dates.
fn shown(clock: &Clock, local: &LocalTime) -> String {
    if clock.dates().is_none() {
        return local.to_string();
    }
    format!("{} in {}", local.time.strftime("%a %Y-%m-%d %H:%M"), zone_name(&local.zone))
}

/// Returns one reason for each row, as text. The other reasons are the same hours by other clocks.
fn describe_reasons(reasons: &[UnlawfulReason<'_>]) -> String {
    let mut of_rows: Vec<&UnlawfulReason<'_>> = Vec::new();
    for reason in reasons {
        if !of_rows.iter().any(|known| known.is_of_same_row(reason)) {
            of_rows.push(reason);
        }
    }
    let named = of_rows.iter().take(MAX_NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match of_rows.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

impl Whereabouts {
    /// Returns the place and the clocks that facts under the number state, or else those that facts about the longest prefix
    /// of the number state, or else those of the digits. `entries` are those under the number.
    fn new(number: Option<&Number>, entries: &[Entry], wildcard: &Partition, call: &Call) -> Self {
        let Some(number) = number else { return Self::of_digits(place::nowhere(), None, call) };
        let of_prefix = wildcard.places_of_prefix(number, call.at);
        let holders: Vec<StatedPlace<'_>> = holders(number, entries, call).collect();
        let place = place::place(number);
        let without_holder = || match of_prefix.digits {
            0 => Self::of_digits(place.clone(), Some(number), call),
            _ => Self::of_prefix(place.clone(), &of_prefix, call),
        };
        if holders.is_empty() {
            without_holder()
        } else if holders.iter().any(|holder| holder.besides) {
            Self::besides(without_holder(), &holders, call)
        } else if of_prefix.digits == 0 {
            Self::stated(place, &holders, Basis::Stated, call)
        } else {
            // If a fact under the number states only a clock, the places of the prefix count.
            Self::stated(without_holder().place, &holders, Basis::Stated, call)
        }
    }

    /// Returns the places and clocks of the number itself, and those that facts state for it.
    fn besides(own: Self, holders: &[StatedPlace<'_>], call: &Call) -> Self {
        let mut both = Self::stated(own.place.clone(), holders, Basis::StatedBesides, call);
        let mut codes = both.place.codes().to_vec();
        codes.extend_from_slice(own.place.codes());
        codes.sort_unstable();
        codes.dedup();
        for local in own.clocks {
            if both.clocks.iter().all(|known| known.zone != local.zone) {
                both.clocks.push(local);
            }
        }
        Self { place: own.place.with_codes(codes), prefix_digits: own.prefix_digits, ..both }
    }

    /// Returns the place and the clocks that facts about a prefix state. If an invalid item may have been such a fact, the
    /// number may be anywhere, because its digits may be wrong about its place.
    fn of_prefix(place: Place, facts: &PlacesOfPrefix<'_>, call: &Call) -> Self {
        let whereabouts = if facts.is_in_doubt {
            let (place, zones) = place::anywhere(place);
            let zones = zones.iter().filter_map(|name| TimeZone::get(name).ok());
            let clocks = zones.map(|zone| LocalTime::new(zone, call)).collect();
            Self { place, clocks, basis: Basis::InDoubt, prefix_digits: 0 }
        } else {
            let stated: Vec<StatedPlace<'_>> = facts.holders.iter().map(|holder| StatedPlace::of(holder)).collect();
            Self::stated(place, &stated, Basis::StatedForPrefix, call)
        };
        Self { prefix_digits: facts.digits, ..whereabouts }
    }

    /// Returns the place and the clocks of the digits of a number.
    fn of_digits(place: Place, number: Option<&Number>, call: &Call) -> Self {
        let (names, basis) = match number.map(place::zones) {
            Some(Zones::Known(names)) => (names, Basis::Number),
            Some(Zones::Unknown { assumed }) => (assumed, Basis::Assumed),
            None => (place::EARTH, Basis::Assumed),
        };
        let zones = names.iter().filter_map(|name| TimeZone::get(name).ok());
        Self { place, clocks: zones.map(|zone| LocalTime::new(zone, call)).collect(), basis, prefix_digits: 0 }
    }

    fn stated(place: Place, facts: &[StatedPlace<'_>], basis: Basis, call: &Call) -> Self {
        let mut codes = Vec::new();
        let mut clocks: Vec<LocalTime> = Vec::new();
        for StatedPlace { zones, places, .. } in facts {
            // If a fact states only a clock, the places of the number count.
            codes.extend_from_slice(if places.is_empty() { place.codes() } else { places });
            for zone in *zones {
                if clocks.iter().all(|local| local.zone != *zone) {
                    clocks.push(LocalTime::new(zone.clone(), call));
                }
            }
        }
        codes.sort_unstable();
        codes.dedup();
        Self { place: place.with_codes(codes), clocks, basis, prefix_digits: 0 }
    }

    /// Returns the source of the clocks, as text for a person. `named` is the number of clocks that the text already names.
    fn describe_basis(&self, named: usize, number: Option<&Number>) -> String {
        let of = match named {
            1 => "one of the".to_owned(),
            all if all == self.clocks.len() => "all".to_owned(),
            some => format!("{some} of the"),
        };
        match (self.basis, self.clocks.len()) {
            (Basis::Stated, 1) => ", as stated for this number".to_owned(),
            (Basis::Stated, count) => format!(", {of} {count} zones stated for this number"),
            (Basis::StatedBesides, count) => format!(", {of} {count} zones stated for this number and of its digits"),
            (Basis::StatedForPrefix, 1) => ", as stated for its prefix".to_owned(),
            (Basis::StatedForPrefix, count) => format!(", {of} {count} zones stated for its prefix"),
            (Basis::Number, 1) => String::new(),
            (Basis::Number, count) => {
                let prefix = number.and_then(Number::country_and_area).unwrap_or("this number");
                format!(", {of} {count} zones of {prefix}")
            }
            (Basis::InDoubt, count) => {
                format!(", {of} {count} zones assumed, because an item about its prefix is invalid")
            }
            (Basis::Assumed, count) => {
                let kind = if number.is_some() { self.place.kind().as_str() } else { "withheld" };
                format!(", {of} {count} zones assumed for a number that is {kind}")
            }
        }
    }
}

/// Zones and places that an item states. If there are no places, those of the number count.
struct StatedPlace<'i> {
    zones: &'i [TimeZone],
    places: &'i [&'static str],
    /// True if those of the number count in any case.
    besides: bool,
}

impl<'i> StatedPlace<'i> {
    fn of(holder: &'i Holder) -> Self {
        Self { zones: &holder.zones, places: &holder.places, besides: holder.besides }
    }
}

/// Returns the zones and places that items state for the holder of a number.
fn holders<'i>(number: &'i Number, entries: &'i [Entry], call: &'i Call) -> impl Iterator<Item = StatedPlace<'i>> {
    let is_callee = *number == call.to;
    entries.iter().filter_map(Entry::last_good).filter_map(move |entry| match entry {
        Entry::Fact(fact) => match &fact.content {
            FactContent::Holder(holder) if fact.lifetime.contains(call.at) && fact.key.number == number.as_str() => {
                Some(StatedPlace::of(holder))
            }
            FactContent::Holder(_)
            | FactContent::Prefix(_)
            | FactContent::CallingHours(_)
            | FactContent::List(_)
            | FactContent::Exemption(_) => None,
        },
        Entry::Rule(rule) => match (&rule.conditions.timezone, &rule.conditions.number) {
            (ClockSource::Zone(zone), Some((side, own)))
                if own == number
                    && !rule.shadow
                    && (if is_callee { *side != Side::From } else { *side != Side::To })
                    && rule.conditions.lifetime.contains(call.at) =>
            {
                Some(StatedPlace { zones: std::slice::from_ref(zone), places: &[], besides: false })
            }
            _ => None,
        },
        Entry::Invalid(_) => None,
    })
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.time.strftime("%a %H:%M"), zone_name(&self.zone))
    }
}

impl LocalTime {
    fn new(zone: TimeZone, call: &Call) -> Self {
        Self { time: zone.to_datetime(call.at), zone }
    }
}

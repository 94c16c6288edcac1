//! What the conditions of rules look at: where the two sides of a call are, what their clocks show, and
//! what the law says. Worked out once a call, and only when a condition asks.

use std::cell::OnceCell;
use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::calling_hours::{Law, Reason, Status, Table};
use crate::evaluation::evaluate::{Call, Rulebook};
use crate::number::Number;
use crate::place::{self, Kind, Place, Zones};
use crate::rule::{Clock, Entry, Says, Side, Way, Whose, zone_name};

/// Most clocks or rows that an explanation names.
const MOST_NAMED: usize = 3;

/// What is known of a call besides its numbers.
#[derive(Debug)]
pub struct Context<'r> {
    call: &'r Call,
    rulebook: &'r Rulebook,
    callee: OnceCell<Whereabouts>,
    caller: OnceCell<Whereabouts>,
    fixed: OnceCell<Vec<TimeZone>>,
    lawful: [OnceCell<bool>; Law::ALL.len()],
}

/// Where one side of a call is, as far as that is known.
#[derive(Debug)]
pub struct Whereabouts {
    /// By the number, with the places that an item states instead.
    pub place: Place,
    /// What the clocks show that may be theirs. Empty when no zone could be loaded: then no clock is right.
    pub clocks: Vec<LocalTime>,
    /// How the clocks are known.
    basis: Basis,
}

/// What a clock shows.
#[derive(Debug, Clone)]
pub struct LocalTime {
    /// Whose.
    pub zone: TimeZone,
    /// At the instant of the call.
    pub time: DateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    Number,
    Assumed,
    Stated,
}

impl<'r> Context<'r> {
    /// The context of a call.
    pub fn new(call: &'r Call, rulebook: &'r Rulebook) -> Self {
        Self {
            call,
            rulebook,
            callee: OnceCell::new(),
            caller: OnceCell::new(),
            fixed: OnceCell::new(),
            lawful: Default::default(),
        }
    }

    /// The call.
    pub fn call(&self) -> &'r Call {
        self.call
    }

    /// Where the callee is.
    pub fn callee(&self) -> &Whereabouts {
        self.callee.get_or_init(|| Whereabouts::new(Some(&self.call.to), &self.rulebook.callee, self.call))
    }

    /// Where the caller is.
    pub fn caller(&self) -> &Whereabouts {
        self.caller.get_or_init(|| {
            let own = self.call.from.as_ref() == Some(&self.call.to);
            let items = if own { &self.rulebook.callee } else { &self.rulebook.caller };
            Whereabouts::new(self.call.from.as_ref(), items, self.call)
        })
    }

    /// Whether the callee is an emergency number, N11 or another public service.
    pub fn is_service(&self) -> bool {
        self.callee().place.kind() == Kind::Service
    }

    /// Whether a clock is right for a rule: in all zones to let a call through, in any to stop it.
    pub fn is_clock_right(&self, clock: &Clock, whose: &Whose, way: Way) -> bool {
        if let Whose::Zone(zone) = whose {
            return clock.is_awake(zone.to_datetime(self.call.at));
        }
        let clocks = self.clocks(whose);
        match way {
            // Without a clock that could be read, nothing is allowed and everything blocked.
            Way::Allow => !clocks.is_empty() && clocks.iter().all(|local| clock.is_awake(local.time)),
            Way::Block => clocks.is_empty() || clocks.iter().any(|local| clock.is_awake(local.time)),
        }
    }

    fn clocks(&self, whose: &Whose) -> &[LocalTime] {
        match whose {
            Whose::Caller => &self.caller().clocks,
            Whose::Callee | Whose::Zone(_) => &self.callee().clocks,
        }
    }

    /// Whether a law allows the call.
    pub fn is_lawful(&self, law: Law) -> bool {
        let judge = || self.table().is_lawful(law, self.callee().place.codes(), self.zones(), self.call.at);
        self.lawful.get(law.index()).map_or_else(judge, |lawful| *lawful.get_or_init(judge))
    }

    /// What a law says of the call.
    pub fn law(&self, law: Law) -> Status<'_> {
        self.table().status(law, self.callee().place.codes(), self.zones(), self.call.at)
    }

    /// The calling hours, with the operator's rows.
    pub fn table(&self) -> &'r Table {
        self.rulebook.any.hours()
    }

    fn zones(&self) -> &[TimeZone] {
        self.fixed.get_or_init(|| self.callee().clocks.iter().map(|local| local.zone.clone()).collect())
    }

    /// Where the callee is, for a person.
    pub fn describe_place(&self) -> String {
        let place = &self.callee().place;
        let text = place.to_string();
        if text.is_empty() { "of no known place".to_owned() } else { text }
    }

    /// What the clocks show by which a clock condition is right, or wrong; for a person.
    pub fn describe_clocks(&self, clock: &Clock, whose: &Whose, right: bool) -> String {
        if let Whose::Zone(zone) = whose {
            return LocalTime::new(zone.clone(), self.call).to_string();
        }
        let (side, number) = match whose {
            Whose::Caller => (self.caller(), self.call.from.as_ref()),
            Whose::Callee | Whose::Zone(_) => (self.callee(), Some(&self.call.to)),
        };
        let told: Vec<&LocalTime> = side.clocks.iter().filter(|local| clock.is_awake(local.time) == right).collect();
        let shown = told.iter().take(MOST_NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let shown = match told.len().saturating_sub(MOST_NAMED) {
            0 if told.is_empty() => "not known what time".to_owned(),
            0 => shown,
            more => format!("{shown} and {more} more"),
        };
        format!("{shown}{}", side.describe_basis(told.len(), number))
    }

    /// What a law says of the call, for a person.
    pub fn describe_law(&self, law: Law) -> String {
        let status = self.table().standing(law, self.callee().place.codes(), self.zones(), self.call.at);
        if !status.applies {
            return format!("`{law}` does not concern a call to {}", self.describe_place());
        }
        let side = self.callee();
        let mut text = if status.open {
            let until = self.law(law).open_until.map(|until| match side.clocks.first() {
                Some(local) => format!(" until {}", until.to_zoned(local.zone.clone()).strftime("%a %H:%M %Q")),
                None => format!(" until {until}"),
            });
            format!("lawful by `{law}`{}", until.unwrap_or_default())
        } else {
            // One reason a row: the rest are the same hours by other clocks.
            let mut reasons: Vec<&Reason<'_>> = Vec::new();
            for reason in &status.reasons {
                if !reasons.iter().any(|told| told.is_of_same_row(reason)) {
                    reasons.push(reason);
                }
            }
            let told = reasons.iter().take(MOST_NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
            match reasons.len().saturating_sub(MOST_NAMED) {
                0 => told,
                more => format!("{told} and {more} more"),
            }
        };
        text.push_str(&side.describe_basis(1, Some(&self.call.to)));
        text
    }
}

impl Whereabouts {
    fn new(number: Option<&Number>, items: &[Entry], call: &Call) -> Self {
        let place = number.map_or_else(place::nowhere, place::place);
        let holders: Vec<_> = number.into_iter().flat_map(|number| holders(number, items, call)).collect();
        if holders.is_empty() {
            let (names, basis) = match number.map(place::zones) {
                Some(Zones::Known(names)) => (names, Basis::Number),
                Some(Zones::Unknown { assumed }) => (assumed, Basis::Assumed),
                None => (place::EARTH, Basis::Assumed),
            };
            let zones = names.iter().filter_map(|name| TimeZone::get(name).ok());
            return Self { place, clocks: zones.map(|zone| LocalTime::new(zone, call)).collect(), basis };
        }
        let mut codes = Vec::new();
        let mut clocks: Vec<LocalTime> = Vec::new();
        for (zone, places) in holders {
            // Who states a clock alone leaves the places to the number.
            codes.extend_from_slice(if places.is_empty() { place.codes() } else { places });
            if clocks.iter().all(|local| local.zone != *zone) {
                clocks.push(LocalTime::new(zone.clone(), call));
            }
        }
        codes.sort_unstable();
        codes.dedup();
        Self { place: place.with_codes(codes), clocks, basis: Basis::Stated }
    }

    fn describe_basis(&self, told: usize, number: Option<&Number>) -> String {
        let of = match told {
            1 => "one of the".to_owned(),
            all if all == self.clocks.len() => "all".to_owned(),
            some => format!("{some} of the"),
        };
        match (self.basis, self.clocks.len()) {
            (Basis::Stated, 1) => ", as stated for this number".to_owned(),
            (Basis::Stated, count) => format!(", {of} {count} zones stated for this number"),
            (Basis::Number, 1) => String::new(),
            (Basis::Number, count) => {
                let prefix = number.and_then(Number::country_and_area).unwrap_or("this number");
                format!(", {of} {count} zones of {prefix}")
            }
            (Basis::Assumed, count) => {
                let whose = if number.is_some() { self.place.kind().as_str() } else { "withheld" };
                format!(", {of} {count} zones assumed for a number that is {whose}")
            }
        }
    }
}

/// What items say of where a number's holder is: its zone, and places.
fn holders<'i>(
    number: &'i Number,
    items: &'i [Entry],
    call: &'i Call,
) -> impl Iterator<Item = (&'i TimeZone, &'i [&'static str])> {
    let is_callee = *number == call.to;
    items.iter().filter_map(Entry::last_good).filter_map(move |entry| match entry {
        Entry::Statement(statement) => match &statement.says {
            Says::Holder(holder)
                if statement.lifetime.test(call.at).is_ok() && statement.key.number == number.as_str() =>
            {
                Some((&holder.zone, holder.places.as_slice()))
            }
            Says::Holder(_) | Says::Hours(_) => None,
        },
        Entry::Valid(rule) => match (&rule.conditions.timezone, &rule.conditions.number) {
            (Whose::Zone(zone), Some((side, own)))
                if own == number
                    && !rule.shadow
                    && (if is_callee { *side != Side::From } else { *side != Side::To })
                    && rule.conditions.lifetime.test(call.at).is_ok() =>
            {
                Some((zone, &[][..]))
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

//! Where and when calling is lawful: of each state and province, told from its area codes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::Number;
use precall::calling_hours::{CallingHours, HoursRow, Law, TimeSpan, TimeSpans};
use precall::place::law_country;
use precall::place::{self, NumberKind};

/// Days that are shown, the day of the instant first.
pub const DAYS: i64 = 7;

/// What the calls are about, by its name in the page's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum About {
    #[default]
    Sales,
    Automated,
    Debt,
}

impl About {
    pub const ALL: [Self; 3] = [Self::Sales, Self::Automated, Self::Debt];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Automated => "automated",
            Self::Debt => "debt",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Sales => "Sales calls (us, ca)",
            Self::Automated => "Sales calls by a machine (us-automated)",
            Self::Debt => "Debt collection (us-debt)",
        }
    }

    /// The rows of the table that count in a place at an instant, the law_country's first.
    pub fn rows<'t>(self, table: &'t CallingHours, code: &str, zone: &TimeZone, at: Timestamp) -> Vec<&'t HoursRow> {
        let mut rows: Vec<&HoursRow> = Vec::new();
        for law in self.laws().iter().filter(|law| law_country(code) == Some(law.country())) {
            rows.extend(table.status_now(*law, &[code], std::slice::from_ref(zone), at).rows);
        }
        rows
    }

    /// The laws that may concern such calls.
    fn laws(self) -> &'static [Law] {
        match self {
            Self::Sales => &[Law::Us, Law::Ca],
            Self::Automated => &[Law::UsAutomated],
            Self::Debt => &[Law::UsDebt],
        }
    }
}

/// A tile of the map: the code of a place, and its column and row.
pub struct Tile(pub &'static str, pub u8, pub u8);

/// The states, provinces and territories, about where they are, the map's columns being 1 to 11.
pub const MAP: [Tile; 69] = [
    Tile("US-AK", 1, 1),
    Tile("CA-YT", 2, 1),
    Tile("CA-NT", 3, 1),
    Tile("CA-NU", 4, 1),
    Tile("CA-NL", 11, 1),
    Tile("CA-BC", 2, 2),
    Tile("CA-AB", 3, 2),
    Tile("CA-SK", 4, 2),
    Tile("CA-MB", 5, 2),
    Tile("CA-ON", 6, 2),
    Tile("CA-QC", 8, 2),
    Tile("CA-NB", 9, 2),
    Tile("CA-PE", 10, 2),
    Tile("CA-NS", 11, 2),
    Tile("US-ME", 11, 3),
    Tile("US-WI", 6, 4),
    Tile("US-VT", 10, 4),
    Tile("US-NH", 11, 4),
    Tile("US-WA", 1, 5),
    Tile("US-ID", 2, 5),
    Tile("US-MT", 3, 5),
    Tile("US-ND", 4, 5),
    Tile("US-MN", 5, 5),
    Tile("US-IL", 6, 5),
    Tile("US-MI", 7, 5),
    Tile("US-NY", 9, 5),
    Tile("US-MA", 10, 5),
    Tile("US-OR", 1, 6),
    Tile("US-NV", 2, 6),
    Tile("US-WY", 3, 6),
    Tile("US-SD", 4, 6),
    Tile("US-IA", 5, 6),
    Tile("US-IN", 6, 6),
    Tile("US-OH", 7, 6),
    Tile("US-PA", 8, 6),
    Tile("US-NJ", 9, 6),
    Tile("US-CT", 10, 6),
    Tile("US-RI", 11, 6),
    Tile("US-CA", 1, 7),
    Tile("US-UT", 2, 7),
    Tile("US-CO", 3, 7),
    Tile("US-NE", 4, 7),
    Tile("US-MO", 5, 7),
    Tile("US-KY", 6, 7),
    Tile("US-WV", 7, 7),
    Tile("US-VA", 8, 7),
    Tile("US-MD", 9, 7),
    Tile("US-DE", 10, 7),
    Tile("US-AZ", 2, 8),
    Tile("US-NM", 3, 8),
    Tile("US-KS", 4, 8),
    Tile("US-AR", 5, 8),
    Tile("US-TN", 6, 8),
    Tile("US-NC", 7, 8),
    Tile("US-SC", 8, 8),
    Tile("US-DC", 9, 8),
    Tile("US-OK", 4, 9),
    Tile("US-LA", 5, 9),
    Tile("US-MS", 6, 9),
    Tile("US-AL", 7, 9),
    Tile("US-GA", 8, 9),
    Tile("US-HI", 1, 10),
    Tile("US-TX", 4, 10),
    Tile("US-FL", 9, 10),
    Tile("GU", 1, 11),
    Tile("MP", 2, 11),
    Tile("AS", 3, 11),
    Tile("PR", 10, 11),
    Tile("VI", 11, 11),
];

/// The clocks of the capitals of places whose numbers are by several.
const CAPITALS: [(&str, &str); 23] = [
    ("CA-BC", "America/Vancouver"),
    ("CA-NL", "America/St_Johns"),
    ("CA-NT", "America/Edmonton"),
    ("CA-NU", "America/Iqaluit"),
    ("CA-ON", "America/Toronto"),
    ("CA-QC", "America/Toronto"),
    ("CA-SK", "America/Regina"),
    ("CA-YT", "America/Whitehorse"),
    ("US-AK", "America/Juneau"),
    ("US-AZ", "America/Phoenix"),
    ("US-FL", "America/New_York"),
    ("US-ID", "America/Boise"),
    ("US-IN", "America/New_York"),
    ("US-KS", "America/Chicago"),
    ("US-KY", "America/New_York"),
    ("US-MI", "America/New_York"),
    ("US-ND", "America/Chicago"),
    ("US-NE", "America/Chicago"),
    ("US-NV", "America/Los_Angeles"),
    ("US-OR", "America/Los_Angeles"),
    ("US-SD", "America/Chicago"),
    ("US-TN", "America/Chicago"),
    ("US-TX", "America/Chicago"),
];

/// Numbers that are in the same places and by the same clocks.
struct Numbers {
    codes: Vec<&'static str>,
    zones: Vec<TimeZone>,
    area_codes: BTreeSet<String>,
}

/// All that the area codes of +1 and their exchanges tell apart.
static NUMBERS: LazyLock<Vec<Numbers>> = LazyLock::new(|| {
    let mut all: Vec<(place::Zones, Numbers)> = Vec::new();
    for prefix in place::finer_prefixes("+1") {
        // A number of it: the rest of an area code, or any of an exchange.
        let Ok(number) = Number::from_typed(&format!("{prefix:0<12}")) else { continue };
        let place = place::place(&number);
        let Some(area_code) = prefix.get(2..5).filter(|_| place.kind() == NumberKind::Geographic) else { continue };
        let zones = place::zones(&number);
        let known = all.iter_mut().find(|(known, numbers)| *known == zones && numbers.codes == place.codes());
        if let Some((_, numbers)) = known {
            numbers.area_codes.insert(area_code.to_owned());
            continue;
        }
        let numbers = Numbers {
            codes: place.codes().to_vec(),
            zones: zones.names().iter().filter_map(|name| TimeZone::get(name).ok()).collect(),
            area_codes: BTreeSet::from([area_code.to_owned()]),
        };
        all.push((zones, numbers));
    }
    all.into_iter().map(|(_, numbers)| numbers).collect()
});

/// When the numbers of a place may be called.
pub struct Place {
    pub code: &'static str,
    pub name: &'static str,
    /// Whether a law of the table concerns such calls there.
    pub concerned: bool,
    /// When all of them may be called.
    all: TimeSpans,
    /// When some of them may be called.
    some: TimeSpans,
    /// The clock of its capital.
    pub zone: TimeZone,
    /// Its other clocks.
    pub other_zones: Vec<TimeZone>,
    /// The area codes with such clocks, each with when its numbers may be called.
    parts: Vec<(&'static Numbers, TimeSpans)>,
}

/// Whether something is lawful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lawful {
    Yes,
    /// For some of the numbers, or for some of the time.
    InPart,
    No,
    /// No law of the table has anything to say.
    Unconcerned,
}

impl Place {
    fn new(tile: &Tile, table: &CallingHours, about: About, from: Timestamp) -> Option<Self> {
        let code = tile.0;
        let laws: Vec<Law> =
            about.laws().iter().copied().filter(|law| law_country(code) == Some(law.country())).collect();
        let mut parts = Vec::new();
        for numbers in NUMBERS.iter().filter(|numbers| numbers.codes.contains(&code)) {
            let lawful = |law: &Law| table.lawful_spans(*law, &numbers.codes, &numbers.zones, from, DAYS + 2);
            let lawful = laws.iter().map(lawful).fold(TimeSpans::ever(), |all, law| all.and(&law));
            parts.push((numbers, lawful));
        }
        let mut zones: Vec<TimeZone> = Vec::new();
        for zone in parts.iter().flat_map(|(numbers, _)| &numbers.zones) {
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        let capital = CAPITALS.iter().find(|(place, _)| *place == code).map(|(_, zone)| *zone);
        zones.sort_by_key(|zone| zone.iana_name() != capital);
        let mut zones = zones.into_iter();
        Some(Self {
            code,
            name: place::place_name(code)?,
            concerned: !laws.is_empty(),
            all: parts.iter().fold(TimeSpans::ever(), |all, (_, lawful)| all.and(lawful)),
            some: parts.iter().fold(TimeSpans::default(), |some, (_, lawful)| some.or(lawful)),
            zone: zones.next()?,
            other_zones: zones.collect(),
            parts,
        })
    }

    /// Whether its numbers may be called at an instant.
    pub fn at(&self, at: Timestamp) -> Lawful {
        match (self.concerned, self.all.at(at), self.some.at(at)) {
            (false, _, _) => Lawful::Unconcerned,
            (_, Some(_), _) => Lawful::Yes,
            (_, _, Some(_)) => Lawful::InPart,
            _ => Lawful::No,
        }
    }

    /// Whether they may be called for a stretch of time.
    pub fn during(&self, span: TimeSpan) -> Lawful {
        match (self.concerned, self.all.cover(span), self.some.meet(span)) {
            (false, _, _) => Lawful::Unconcerned,
            (_, true, _) => Lawful::Yes,
            (_, _, true) => Lawful::InPart,
            _ => Lawful::No,
        }
    }

    /// When the answer at an instant ends, lawful until then, or lawful from then on; if it does in as many days as are
    /// shown.
    pub fn change(&self, at: Timestamp) -> Option<Timestamp> {
        let change = match self.all.at(at) {
            Some(span) => Some(span.end),
            None => self.all.iter().map(|span| span.start).find(|start| *start > at),
        };
        let horizon = at.checked_add(SignedDuration::from_hours(24 * DAYS)).ok();
        change.filter(|change| horizon.is_some_and(|horizon| *change < horizon))
    }

    /// The area codes whose numbers may be called at an instant: all of them, and some of them.
    pub fn area_codes(&self, at: Timestamp) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let codes = |open: bool| -> BTreeSet<&str> {
            let parts = self.parts.iter().filter(|(_, lawful)| lawful.at(at).is_some() == open);
            parts.flat_map(|(numbers, _)| numbers.area_codes.iter().map(String::as_str)).collect()
        };
        let (open, closed) = (codes(true), codes(false));
        (&open - &closed, &open & &closed)
    }
}

/// When each place of the map may be called, from a day's beginning on.
pub fn places(table: &CallingHours, about: About, from: Timestamp) -> Vec<(&'static Tile, Place)> {
    MAP.iter().filter_map(|tile| Some((tile, Place::new(tile, table, about, from)?))).collect()
}

/// The days from an instant's on by a clock, with the hours of each; none where the clock skips one.
pub fn days(zone: &TimeZone, at: Timestamp) -> Vec<(Date, Vec<Option<TimeSpan>>)> {
    let mut days = Vec::new();
    let mut date = zone.to_datetime(at).date();
    for _ in 0..DAYS {
        let instant = |hour: i8| {
            let (date, hour) = if hour == 24 { (date.tomorrow().ok()?, 0) } else { (date, hour) };
            zone.to_ambiguous_timestamp(date.at(hour, 0, 0, 0)).compatible().ok()
        };
        let hours = (0..24_i8).map(|hour| {
            let span = instant(hour).zip(instant(hour + 1)).map(|(start, end)| TimeSpan { start, end });
            span.filter(|span| span.start < span.end)
        });
        days.push((date, hours.collect()));
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    days
}

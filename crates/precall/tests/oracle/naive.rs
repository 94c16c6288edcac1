//! A second implementation of the rule language. It finds each answer in the simplest way, and shares only the data files
//! with the program.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Case, Outcome, Typed};

const CARIBBEAN: [&str; 18] =
    ["AG", "AI", "BB", "BM", "BS", "DM", "DO", "GD", "JM", "KN", "KY", "LC", "MS", "SX", "TC", "TT", "VC", "VG"];
const TERRITORIES: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];

/// The data files.
pub struct World {
    /// The kind, places and zones of each area code.
    areas: BTreeMap<String, (String, Vec<String>, Vec<String>)>,
    exchanges: BTreeMap<String, Vec<String>>,
    prefixes: BTreeMap<String, Vec<String>>,
    countries: BTreeMap<String, (String, Vec<String>)>,
    hours: toml::Table,
}

fn csv(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn bars(text: &str) -> Vec<String> {
    text.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl World {
    pub fn read() -> Self {
        let areas = csv(include_str!("../../data/nanp.csv"));
        let exchanges = csv(include_str!("../../data/exchanges.csv"));
        let prefixes = csv(include_str!("../../data/prefix-zones.csv"));
        let countries = csv(include_str!("../../data/countries.csv"));
        Self {
            areas: areas
                .into_iter()
                .map(|row| (row[0].clone(), (row[1].clone(), bars(&row[2]), bars(&row[3]))))
                .collect(),
            exchanges: exchanges.into_iter().map(|row| (row[0].clone(), bars(&row[1]))).collect(),
            prefixes: prefixes.into_iter().map(|row| (row[0].clone(), bars(&row[1]))).collect(),
            countries: countries.into_iter().map(|row| (row[0].clone(), (row[1].clone(), bars(&row[2])))).collect(),
            hours: include_str!("../../data/calling-hours.toml").parse().unwrap(),
        }
    }

    /// Returns the kind and the places of a number.
    fn place(&self, number: &str) -> (String, Vec<String>) {
        let Some(digits) = number.strip_prefix('+') else {
            return ("service".to_owned(), Vec::new());
        };
        if digits.starts_with('1') {
            return match self.areas.get(&digits[1..4]) {
                Some((kind, places, _)) => (kind.clone(), places.clone()),
                None => ("unassigned".to_owned(), self.anywhere().0),
            };
        }
        let longest = (1..=digits.len()).rev().find_map(|len| self.countries.get(&digits[..len]));
        longest.cloned().unwrap_or_else(|| ("unassigned".to_owned(), Vec::new()))
    }

    fn zones_in(&self, countries: &[&str]) -> Vec<TimeZone> {
        let mut names = BTreeSet::new();
        for (_, places, zones) in self.areas.values() {
            if places.iter().any(|place| countries.iter().any(|country| place.starts_with(country))) {
                names.extend(zones.clone());
            }
        }
        names.iter().map(|name| TimeZone::get(name).unwrap()).collect()
    }

    /// Returns all states, provinces and territories, and their zones.
    fn anywhere(&self) -> (Vec<String>, Vec<TimeZone>) {
        let (mut all, mut zones) = (BTreeSet::new(), BTreeSet::new());
        for (_, places, of_area) in self.areas.values() {
            if places.iter().any(|place| place.contains('-') || TERRITORIES.contains(&place.as_str())) {
                all.extend(places.clone());
                zones.extend(of_area.clone());
            }
        }
        (all.into_iter().collect(), zones.iter().map(|name| TimeZone::get(name).unwrap()).collect())
    }

    fn zones(&self, number: Option<&str>) -> Vec<TimeZone> {
        let earth = || (-11..=14).map(|hour| Offset::constant(hour).to_time_zone()).collect();
        let Some(number) = number else { return earth() };
        let Some(digits) = number.strip_prefix('+') else { return self.zones_in(&["US-"]) };
        if !digits.starts_with('1') {
            let known = (1..=digits.len()).rev().find_map(|len| self.prefixes.get(&digits[..len]));
            return match known {
                Some(names) if self.place(number).0 == "geographic" => {
                    names.iter().map(|name| TimeZone::get(name).unwrap()).collect()
                }
                _ => earth(),
            };
        }
        match self.areas.get(&digits[1..4]) {
            None => self.anywhere().1,
            Some((kind, ..)) if kind == "non-geographic" => self.zones_in(&["US-", "CA-"]),
            Some((kind, ..)) if kind != "geographic" => self.zones_in(&["US-"]),
            Some((_, _, zones)) => {
                let names = self.exchanges.get(&digits[..7]).unwrap_or(zones);
                names.iter().map(|name| TimeZone::get(name).unwrap()).collect()
            }
        }
    }
}

/// Returns the weekday (0 is Monday), minute of the day and date that a clock shows.
fn shown(zone: &TimeZone, at: Timestamp) -> (usize, i64, String) {
    let text = at.to_zoned(zone.clone()).strftime("%u %H %M %F").to_string();
    let parts: Vec<&str> = text.split(' ').collect();
    let number = |i: usize| parts[i].parse::<i64>().unwrap();
    (number(0) as usize - 1, number(1) * 60 + number(2), parts[3].to_owned())
}

fn text(item: &Typed, name: &str) -> Option<String> {
    Some(match item.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(values) => values.iter().map(|value| value.as_str().unwrap()).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    })
}

fn list(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut plain, mut negated) = (Vec::new(), Vec::new());
    for part in text.split(',').map(str::trim) {
        match part.strip_prefix('!') {
            Some(part) => negated.push(part.to_owned()),
            None => plain.push(part.to_owned()),
        }
    }
    (plain, negated)
}

fn is_so(plain: &[bool], negated: &[bool]) -> bool {
    (plain.is_empty() || plain.contains(&true)) && !negated.contains(&true)
}

fn days(text: &str) -> Vec<usize> {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let day = |name: &str| NAMES.iter().position(|known| *known == name).unwrap();
    let (mut plain, mut negated) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (to, part) = part.strip_prefix('!').map_or((&mut plain, part), |part| (&mut negated, part));
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let mut now = day(first);
        loop {
            to.push(now);
            if now == day(last) {
                break;
            }
            now = (now + 1) % 7;
        }
    }
    let all = if plain.is_empty() { (0..7).collect() } else { plain };
    all.into_iter().filter(|day| !negated.contains(day)).collect()
}

/// Returns the start and the end in minutes. If the end is earlier, it is on the next day.
fn window(text: &str) -> Option<(i64, i64)> {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        Some(hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?)
    };
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    Some((from, if to <= from { to + 1440 } else { to }))
}

/// Returns true if a date such as `2026-12-25` is in a list. Dates compare as texts.
fn is_one_of_dates(dates: &str, date: &str) -> bool {
    let is_in = |part: &String| {
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        let date = &date[10 - first.len()..];
        if first <= last { first <= date && date <= last } else { date >= first || date <= last }
    };
    let (plain, negated) = list(dates);
    let all = |parts: &[String]| parts.iter().map(is_in).collect::<Vec<_>>();
    is_so(&all(&plain), &all(&negated))
}

fn clock_is_right(item: &Typed, zone: &TimeZone, at: Timestamp) -> bool {
    // If a part of a clock cannot be read, none of it counts.
    if text(item, "hours").is_some_and(|hours| hours == "always") {
        return true;
    }
    let (today, minute, date) = shown(zone, at);
    let on: Vec<usize> = text(item, "days").map_or_else(|| (0..7).collect(), |text| days(&text));
    let is_day = |day: usize, date: &str| {
        on.contains(&day) && text(item, "dates").is_none_or(|dates| is_one_of_dates(&dates, date))
    };
    let Some(hours) = text(item, "hours") else { return is_day(today, &date) };
    let (plain, negated) = list(&hours);
    let within = |(from, to): (i64, i64), minute: i64| from <= minute && minute < to;
    let negated: Vec<_> = negated.iter().map(|text| window(text).unwrap()).collect();
    if negated.iter().any(|window| within(*window, minute) || within(*window, minute + 1440)) {
        return false;
    }
    if plain.is_empty() {
        return is_day(today, &date);
    }
    let yesterday = (today + 6) % 7;
    let date_before = date.parse::<jiff::civil::Date>().unwrap().yesterday().unwrap().to_string();
    plain.iter().map(|text| window(text).unwrap()).any(|window| {
        within(window, minute) && is_day(today, &date)
            || within(window, minute + 1440) && is_day(yesterday, &date_before)
    })
}

fn is_alive(item: &Typed, at: Timestamp) -> bool {
    if text(item, "enabled").is_some_and(|text| ["false", "no"].contains(&text.as_str())) {
        return false;
    }
    let instant = |name: &str| {
        let text = text(item, name)?;
        Some(text.parse::<i64>().map_or_else(|_| text.parse().unwrap(), |s| Timestamp::from_second(s).unwrap()))
    };
    let has_end = !["never", "soon"].map(Some).contains(&text(item, "expires_at").as_deref());
    instant("starts_at").is_none_or(|start| start <= at)
        && (!has_end || instant("expires_at").is_none_or(|end| at < end))
}

/// Returns true for an exemption that cannot be read.
fn is_broken_exemption(item: &Typed) -> bool {
    text(item, "enabled").is_none_or(|text| text == "true")
        && (["hours", "timezone", "status_of"].iter().any(|name| item.contains_key(*name))
            || text(item, "exempt").unwrap() == "a, *"
            || text(item, "expires_at").unwrap() == "soon")
}

fn clients_hold(item: &Typed, case: &Case) -> bool {
    let client = case.client.as_deref().unwrap_or("").to_lowercase();
    text(item, "clients").is_none_or(|text| {
        let (plain, negated) = list(&text.to_lowercase());
        let named = |names: &[String]| names.iter().map(|name| *name == client).collect::<Vec<_>>();
        is_so(&named(&plain), &named(&negated))
    })
}

/// Returns true if one of the callee's exemptions lifts a rule for this call.
fn is_lifted(item: &Typed, exemptions: &[&Typed], case: &Case, to: &str) -> bool {
    let of_time = ["calling_hours", "hours", "days", "dates"];
    let number = item["number"].as_str().unwrap();
    if text(item, "status").unwrap() != "REJECT"
        || of_time.iter().any(|name| item.contains_key(*name))
        || ![to, "*"].contains(&number)
    {
        return false;
    }
    let rule = item["rule"].as_str().unwrap();
    let names_it = |name: &str| name == rule || number == "*" && rule.starts_with(&format!("{name}:+"));
    exemptions.iter().any(|exemption| {
        !is_broken_exemption(exemption)
            && is_alive(exemption, case.at)
            && pattern_covers(text(exemption, "from"), case.from.as_deref()).is_some()
            && clients_hold(exemption, case)
            && text(exemption, "exempt").unwrap().split(',').any(|name| names_it(name.trim()))
    })
}

fn is_invalid(item: &Typed) -> bool {
    text(item, "enabled").is_none_or(|text| text == "true")
        && (text(item, "status").is_some_and(|text| text == "REJCT")
            || text(item, "hours").is_some_and(|text| text == "always")
            || text(item, "priority").is_some_and(|text| text == "high"))
}

/// One side of a call: the kind of number, its places and zones.
struct Side {
    kind: String,
    places: Vec<String>,
    zones: Vec<TimeZone>,
    nanp: bool,
}

/// Returns the places and zones that facts about the longest prefix of a number state.
fn by_prefix(world: &World, number: &str, any: &[&Typed], at: Timestamp) -> Option<(Vec<String>, Vec<TimeZone>)> {
    let is_fact = |item: &&&Typed| !item.contains_key("status") && item.contains_key("to") && is_alive(item, at);
    let facts = any.iter().filter(is_fact);
    let found: Vec<_> =
        facts.filter_map(|item| Some((pattern_covers(text(item, "to"), Some(number))?, item))).collect();
    let longest = found.iter().map(|(digits, _)| *digits).max()?;
    let (mut places, mut zones) = (BTreeSet::new(), Vec::new());
    for (_, item) in found.into_iter().filter(|(digits, _)| *digits == longest) {
        let stated = text(item, "timezone").unwrap();
        let stated: Result<Vec<TimeZone>, _> = stated.split(',').map(|zone| TimeZone::get(zone.trim())).collect();
        let Ok(stated) = stated else {
            // It may have stated any place.
            let earth = (-11..=14).map(|hour| Offset::constant(hour).to_time_zone()).collect();
            let nanp = number.starts_with("+1");
            return Some(if nanp { world.anywhere() } else { (world.place(number).1, earth) });
        };
        zones.extend(stated);
        match text(item, "places") {
            Some(stated) => places.extend(stated.split(',').map(str::to_owned)),
            None => places.extend(world.place(number).1),
        }
    }
    Some((places.into_iter().collect(), zones))
}

fn side(world: &World, number: Option<&str>, is_callee: bool, items: &[&Typed], any: &[&Typed], at: Timestamp) -> Side {
    let (kind, mut own_places) = number.map_or(("nobody".to_owned(), Vec::new()), |number| world.place(number));
    let by_prefix = number.and_then(|number| by_prefix(world, number, any, at));
    if let Some((places, _)) = &by_prefix {
        own_places.clone_from(places);
    }
    let (mut places, mut zones): (BTreeSet<String>, Vec<TimeZone>) = Default::default();
    let mut is_besides = false;
    for item in items.iter().filter(|item| Some(item["number"].as_str().unwrap()) == number) {
        let Some(zone) = text(item, "timezone").filter(|zone| !["callee", "caller"].contains(&zone.as_str())) else {
            continue;
        };
        if is_invalid(item) || item.contains_key("exempt") || !is_alive(item, at) {
            continue;
        }
        if item.contains_key("status") {
            if item.contains_key("shadow") {
                continue;
            }
            let side = text(item, "side").unwrap_or("to".to_owned());
            if side == (if is_callee { "from" } else { "to" }) {
                continue;
            }
            places.extend(own_places.clone());
        } else {
            match text(item, "places") {
                Some(stated) => places.extend(stated.split(',').map(str::to_owned)),
                None => places.extend(own_places.clone()),
            }
            is_besides |= item.get("besides").is_some_and(|besides| *besides == true);
        }
        zones.extend(zone.split(',').map(|zone| TimeZone::get(zone.trim()).unwrap()));
    }
    if is_besides {
        places.extend(own_places.clone());
        zones.extend(by_prefix.as_ref().map_or_else(|| world.zones(number), |(_, zones)| zones.clone()));
    }
    let nanp = number.is_some_and(|number| number.starts_with("+1"));
    if zones.is_empty() {
        let zones = by_prefix.map_or_else(|| world.zones(number), |(_, zones)| zones);
        return Side { kind, places: own_places, zones, nanp };
    }
    Side { kind, places: places.into_iter().collect(), zones, nanp }
}

/// Returns the number of places that the patterns cover, and the number of all places.
fn covered(patterns: &str, side: &Side) -> (usize, usize) {
    if side.kind == "service" {
        return (0, 1);
    }
    let (plain, negated) = list(patterns);
    let nowhere = vec![String::new()];
    let places = if side.places.is_empty() { &nowhere } else { &side.places };
    let country = |place: &str| {
        if TERRITORIES.contains(&place) { "US".to_owned() } else { place.split('-').next().unwrap().to_owned() }
    };
    let covers = |pattern: &String, place: &String| match pattern.as_str() {
        "caribbean" => CARIBBEAN.contains(&place.as_str()),
        "international" => !side.nanp,
        "premium" | "toll-free" | "satellite" => side.kind == *pattern,
        "non-geographic" => !["geographic", "unassigned"].contains(&side.kind.as_str()),
        "us-territories" => TERRITORIES.contains(&place.as_str()),
        "US-*" => place.starts_with("US-"),
        "CA-*" => place.starts_with("CA-"),
        pattern => place == pattern || country(place) == pattern,
    };
    let hits = places.iter().filter(|place| {
        let all = |patterns: &[String]| patterns.iter().map(|pattern| covers(pattern, place)).collect::<Vec<_>>();
        is_so(&all(&plain), &all(&negated))
    });
    (hits.count(), places.len())
}

/// Returns how closely a pattern matches: 100 for an exact number, 0 for `*`, the number of digits for a prefix.
fn pattern_covers(patterns: Option<String>, number: Option<&str>) -> Option<usize> {
    let Some(patterns) = patterns else { return Some(0) };
    let one = |pattern: &String| match (pattern.as_str(), number) {
        ("*", _) => Some(0),
        ("anonymous", None) => Some(100),
        ("anonymous", _) | (_, None) => None,
        (pattern, Some(number)) => match pattern.strip_suffix('*') {
            Some(prefix) => number.starts_with(prefix).then(|| prefix.len() - 1),
            None => (pattern == number).then_some(100),
        },
    };
    let (plain, negated) = list(&patterns);
    if negated.iter().any(|pattern| one(pattern).is_some()) {
        return None;
    }
    if plain.is_empty() { Some(0) } else { plain.iter().filter_map(one).max() }
}

fn lot(text: String) -> u64 {
    u64::from_be_bytes(Sha256::digest(text)[..8].try_into().unwrap())
}

/// A row of hours: its place, its clock, its windows by weekday, its holidays and their hours.
struct Hours {
    zone: Option<TimeZone>,
    windows: Vec<(Vec<usize>, (i64, i64))>,
    holidays: Option<String>,
    on_holidays: Vec<(Vec<usize>, (i64, i64))>,
    from: String,
    until: String,
}

fn windows(texts: &[toml::Value]) -> Vec<(Vec<usize>, (i64, i64))> {
    let read = |value: &toml::Value| {
        let text = value.as_str().unwrap();
        let (on, hours) = text.rsplit_once(' ').unwrap_or(("Mon-Sun", text));
        (days(on), window(hours).unwrap())
    };
    texts.iter().map(read).collect()
}

/// Returns true if a law allows a call.
fn is_lawful(world: &World, law: &str, callee: &Side, any: &[&Typed], at: Timestamp) -> bool {
    let (country, kinds): (&str, &[&str]) = match law {
        "us" => ("US", &["sales"]),
        "us-debt" => ("US", &["debt"]),
        "us-automated" => ("US", &["sales", "automated"]),
        "us-debt-automated" => ("US", &["debt", "automated"]),
        "ca-debt" => ("CA", &["debt"]),
        "ca-automated" => ("CA", &["sales", "automated"]),
        _ => ("CA", &["sales"]),
    };
    let is_there = |place: &String| {
        place == country
            || place.starts_with(&format!("{country}-"))
            || country == "US" && TERRITORIES.contains(&place.as_str())
    };
    if !callee.places.is_empty() && !callee.places.iter().any(is_there) {
        return true;
    }
    let mut asked: Vec<String> = callee.places.iter().filter(|place| is_there(place)).cloned().collect();
    asked.push(country.to_owned());
    asked.dedup();
    let asked: BTreeSet<String> = asked.into_iter().collect();
    let empty = Vec::new();
    let mut rows: Vec<(String, String, Hours)> = Vec::new();
    for row in world.hours["row"].as_array().unwrap() {
        let word = |name: &str| row.get(name).map_or(String::new(), |value| value.as_str().unwrap().to_owned());
        let array = |name: &str| row.get(name).map_or(&empty, |value| value.as_array().unwrap());
        let hours = Hours {
            zone: row.get("timezone").map(|zone| TimeZone::get(zone.as_str().unwrap()).unwrap()),
            windows: windows(array("hours")),
            holidays: row.get("holidays").map(|list| list.as_str().unwrap().to_owned()),
            on_holidays: windows(array("holiday_hours")),
            from: word("from"),
            until: word("until"),
        };
        rows.push((word("place"), word("regime"), hours));
    }
    // The operator's rows replace those of the same place and kind. Of several, the last one counts.
    let table: Vec<_> = rows
        .iter()
        .map(|(place, kind, hours)| (place.clone(), kind.clone(), hours.holidays.clone(), hours.on_holidays.clone()))
        .collect();
    let is_about_hours = |item: &&&Typed| !item.contains_key("status") && item.contains_key("calling_hours");
    for item in any.iter().filter(is_about_hours).filter(|item| is_alive(item, at)) {
        let named = text(item, "calling_hours").unwrap();
        let kind = match named.as_str() {
            "us-debt" | "ca-debt" => "debt",
            "us-automated" | "us-debt-automated" | "ca-automated" => "automated",
            _ => "sales",
        };
        for place in text(item, "places").unwrap().split(',') {
            // The holidays are those of the table, even if an earlier operator's row dropped them.
            let kept = table.iter().rev().find(|row| row.0 == place && row.1 == kind && row.2.is_some());
            let keeps = text(item, "holidays").is_none_or(|text| text == "keep");
            let (holidays, on_holidays) = match kept {
                Some((_, _, holidays, hours)) if keeps => (holidays.clone(), hours.clone()),
                _ => (None, Vec::new()),
            };
            let on: Vec<usize> = text(item, "days").map_or_else(|| (0..7).collect(), |text| days(&text));
            let hours = text(item, "hours").unwrap();
            let hours = Hours {
                zone: text(item, "timezone").map(|zone| TimeZone::get(&zone).unwrap()),
                windows: hours.split(',').map(|text| (on.clone(), window(text.trim()).unwrap())).collect(),
                holidays,
                on_holidays,
                from: String::new(),
                until: String::new(),
            };
            rows.retain(|(of, regime, _)| of != place || regime != kind);
            rows.push((place.to_owned(), kind.to_owned(), hours));
        }
    }
    for (_, _, row) in rows.iter().filter(|(place, kind, _)| asked.contains(place) && kinds.contains(&kind.as_str())) {
        let zones = row.zone.as_ref().map_or(&callee.zones[..], std::slice::from_ref);
        for zone in zones {
            let (weekday, minute, date) = shown(zone, at);
            if !row.from.is_empty() && date < row.from || !row.until.is_empty() && date >= row.until {
                continue;
            }
            let mut open = &row.windows;
            if let Some(name) = &row.holidays {
                let lists = world.hours["holidays"].as_array().unwrap();
                let list = lists.iter().find(|list| list["list"].as_str() == Some(name)).unwrap();
                let year: i64 = date[..4].parse().unwrap();
                let known = list["years"].as_array().unwrap().iter().any(|known| known.as_integer() == Some(year));
                let is_one =
                    list["days"].as_array().unwrap().iter().any(|day| day.as_str().unwrap().starts_with(&date));
                if !known || is_one {
                    open = &row.on_holidays;
                }
            }
            if !open.iter().any(|(on, (from, to))| on.contains(&weekday) && *from <= minute && minute < *to) {
                return false;
            }
        }
    }
    true
}

/// A rule that applies: its rank (the smallest wins), its name and its item.
type Applying = ((i64, usize, usize, usize, i64, bool), String, Typed);

/// The result for one call, before its redirect is screened.
struct Evaluated {
    /// The rule, or `None` for the default. The error names the reason that the decision is unknown.
    decided_by: Result<Option<Typed>, String>,
    outranked: Vec<String>,
    shadows: Vec<String>,
    invalid: BTreeSet<String>,
    lifted: BTreeSet<String>,
    counted: BTreeSet<(String, String, String)>,
}

fn evaluate(world: &World, case: &Case, to: &str, redirected: bool) -> Evaluated {
    let at = case.at;
    let from = case.from.as_deref();
    let of = |number: &str| {
        let is_read = !case.unread.contains(number);
        case.items.iter().filter(|item| is_read && item["number"] == number).collect::<Vec<_>>()
    };
    let callees = of(to);
    let callers = from.filter(|from| *from != to).map(of).unwrap_or_default();
    let any = of("*");
    let callee = side(world, Some(to), true, &callees, &any, at);
    let caller = side(world, from, from == Some(to), if from == Some(to) { &callees } else { &callers }, &any, at);
    let caller = if from == Some(to) { side(world, from, true, &callees, &any, at) } else { caller };

    let mut applying: Vec<Applying> = Vec::new();
    let mut shadows = applying.clone();
    let (mut invalid, mut doubts, mut counted) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    let exemptions: Vec<&Typed> = callees.iter().copied().filter(|item| item.contains_key("exempt")).collect();
    let mut lifted = BTreeSet::new();
    for (item, is_callees) in
        callees.iter().map(|item| (*item, true)).chain(callers.iter().chain(&any).map(|item| (*item, false)))
    {
        let is_broken = is_invalid(item);
        if item.contains_key("exempt") {
            // A mistake that may have meant more than an exemption makes the decision unknown.
            let may_be_more = ["timezone", "status_of"].iter().any(|name| item.contains_key(*name));
            let is_about = item["number"] == to
                && is_alive(item, at)
                && pattern_covers(text(item, "from"), from).is_some()
                && clients_hold(item, case);
            let says_where = item.contains_key("timezone");
            if is_broken_exemption(item) && is_alive(item, at) && (is_about || says_where) {
                invalid.insert(item["rule"].as_str().unwrap().to_owned());
                if is_callees && may_be_more {
                    doubts.push((item, says_where));
                }
            }
            continue;
        }
        if !item.contains_key("status") {
            let zone = text(item, "timezone").filter(|_| item.contains_key("to"));
            let is_unread = zone.is_some_and(|zone| TimeZone::get(&zone).is_err());
            if is_unread && is_alive(item, at) && pattern_covers(text(item, "to"), Some(to)).is_some() {
                invalid.insert(item["rule"].as_str().unwrap().to_owned());
            }
            continue;
        }
        let status = text(item, "status").unwrap();
        let must_be_sure = status == "PROCEED" && !is_broken;
        let number = item["number"].as_str().unwrap();
        let which = text(item, "side").unwrap_or("to".to_owned());
        let is_number_of_callee = number != "*" && which != "from" && number == to;
        let is_number_of_caller = number != "*" && which != "to" && Some(number) == from;
        let takes_part = number == "*" || is_number_of_callee || is_number_of_caller;
        let (mut aim_to, mut aim_from) =
            (pattern_covers(text(item, "to"), Some(to)), pattern_covers(text(item, "from"), from));
        let (is_to_met, is_from_met) = (aim_to.is_some(), aim_from.is_some());
        if is_number_of_callee {
            aim_to = aim_to.map(|_| 100);
        }
        if is_number_of_caller {
            aim_from = aim_from.map(|_| 100);
        }
        let place_hits = text(item, "places").map(|places| covered(&places, &callee));
        let names_callee = is_number_of_callee || aim_to == Some(100);
        let has_cap = item.contains_key("max_calls");
        let is_about_place_or_time = ["places", "calling_hours"].iter().any(|name| item.contains_key(*name))
            || text(item, "hours").is_none_or(|hours| hours != "always")
                && ["dates", "days", "hours"].iter().any(|name| item.contains_key(*name))
            || has_cap;
        let out_of_reach = callee.kind == "service" && !names_callee;

        // The cap: if it covers the call, and if it is full.
        let by = text(item, "count_by").unwrap_or("callee".to_owned());
        let name = |text: &str| text.to_owned();
        let who = from.unwrap_or("-");
        let counter = match by.as_str() {
            "callee" => (by.clone(), name(""), name(to)),
            "pair" => (by.clone(), name(who), name(to)),
            _ => (by.clone(), name(who), name("")),
        };
        if has_cap && !is_broken && is_alive(item, at) && takes_part && !out_of_reach {
            let callee_side = is_to_met && place_hits.is_none_or(|(hits, _)| hits > 0);
            let is_about = match by.as_str() {
                "callee" => callee_side,
                "pair" => callee_side && is_from_met,
                _ => is_from_met,
            };
            if is_about {
                counted.insert(counter.clone());
            }
        }
        let is_full = || {
            let max: usize = text(item, "max_calls").unwrap().parse().unwrap();
            let seconds = match text(item, "per").unwrap().as_str() {
                "30m" => 1_800,
                "1h" => 3_600,
                _ => 86_400,
            };
            let key = case.history.iter().find(|((of, who, whom), _)| {
                *of == by
                    && match by.as_str() {
                        "callee" => whom == to,
                        "pair" => who == &counter.1 && whom == to,
                        _ => who == &counter.1,
                    }
            });
            let attempts = key.map(|(_, attempts)| attempts.clone()).unwrap_or_default();
            attempts.iter().filter(|attempt| at.as_second() - attempt.as_second() < seconds).count() >= max
        };

        let zones = match text(item, "timezone").unwrap_or("callee".to_owned()).as_str() {
            "callee" => callee.zones.clone(),
            "caller" => caller.zones.clone(),
            zone => vec![TimeZone::get(zone).unwrap()],
        };
        let right: Vec<bool> = zones.iter().map(|zone| clock_is_right(item, zone, at)).collect();
        let rule = item["rule"].as_str().unwrap();
        let pair = format!("{rule}|{}|{to}", from.unwrap_or("anonymous"));
        let holds = is_alive(item, at)
            && takes_part
            && is_to_met
            && is_from_met
            && clients_hold(item, case)
            && !(out_of_reach && (status != "PROCEED" || is_broken || is_about_place_or_time))
            && text(item, "percent").is_none_or(|share| {
                (lot(pair.clone()) % 10_000) < (share.parse::<f64>().unwrap() * 100.0).round() as u64
            })
            && place_hits.is_none_or(|(hits, all)| if must_be_sure { hits == all } else { hits > 0 })
            && (if must_be_sure { right.iter().all(|right| *right) } else { right.contains(&true) })
            && text(item, "calling_hours")
                .is_none_or(|laws| laws.split(',').any(|law| !is_lawful(world, law, &callee, &any, at)));
        if is_broken {
            let may_say_where = number != "*" && (item.contains_key("timezone") || item.contains_key("places"));
            if holds || may_say_where && is_alive(item, at) {
                invalid.insert(rule.to_owned());
                if is_callees && !item.contains_key("shadow") {
                    doubts.push((item, may_say_where));
                }
            }
            continue;
        }
        if !holds || redirected && status == "CHANGE_DESTINATION" {
            continue;
        }
        if is_lifted(item, &exemptions, case, to) {
            lifted.insert(rule.to_owned());
            continue;
        }
        if has_cap && !is_full() {
            continue;
        }
        let (aim_to, aim_from) = (aim_to.unwrap(), aim_from.unwrap());
        let digits = |aim: usize| if aim == 100 { 0 } else { aim };
        let kind = match (aim_to, aim_from) {
            (100, 100) => 4,
            (100, _) => 3,
            (_, 100) => 2,
            (0, 0) => 0,
            _ => 1,
        };
        let gravity = ["PROCEED", "CHANGE_DESTINATION", "REJECT"].iter().position(|known| *known == status).unwrap();
        let priority = text(item, "priority").map_or(0, |text| text.parse::<i64>().unwrap());
        let (longer, shorter) = (digits(aim_to).max(digits(aim_from)), digits(aim_to).min(digits(aim_from)));
        let rank = (-priority, 4 - kind, 100 - longer, 100 - shorter, -(gravity as i64), has_cap);
        let list = if item.contains_key("shadow") { &mut shadows } else { &mut applying };
        list.push((rank, rule.to_owned(), item.clone()));
    }
    let order = |list: &mut Vec<Applying>| {
        list.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    };
    order(&mut applying);
    order(&mut shadows);
    let names = |list: &[Applying]| list.iter().map(|(_, name, _)| name.clone()).collect();
    let reach = |item: &Typed| match text(item, "priority") {
        None => 0,
        Some(text) => text.parse::<i64>().unwrap_or(i64::MAX),
    };
    let left = doubts.iter().filter(|(item, may_say_where)| {
        applying.first().is_none_or(|(rank, _, best)| {
            let outranks = -rank.0 > reach(item) && (!may_say_where || text(best, "status").unwrap() == "REJECT");
            !outranks
        })
    });
    // The one with the highest priority; if several have it, the first by name.
    let mut left: Vec<&Typed> = left.map(|(item, _)| *item).collect();
    left.sort_by_key(|item| (std::cmp::Reverse(reach(item)), item["rule"].as_str().unwrap().to_owned()));
    // Something may be missing: then only a REJECT that would decide without it counts.
    let is_partial = ["*", to].into_iter().chain(from).any(|number| case.unread.contains(number));
    let is_reject = |item: &Typed| text(item, "status").unwrap() == "REJECT";
    let (decided_by, outranked) = match (left.first(), applying.first()) {
        (None, Some((_, _, best))) if !is_partial || is_reject(best) => (Ok(Some(best.clone())), names(&applying[1..])),
        _ if is_partial => (Err("unreadable".to_owned()), names(&applying)),
        (Some(item), _) => (Err(item["rule"].as_str().unwrap().to_owned()), names(&applying)),
        (None, _) => (Ok(None), Vec::new()),
    };
    Evaluated { decided_by, outranked, shadows: names(&shadows), invalid, lifted, counted }
}

/// Returns the target of a redirect.
fn target(item: &Typed, case: &Case, to: &str) -> String {
    let code = item["code"].clone();
    let mut targets: Vec<(String, u64)> = text(item, "code")
        .unwrap()
        .split(',')
        .map(|part| match part.trim().split_once('=') {
            Some((number, weight)) => (number.to_owned(), weight.parse().unwrap()),
            None => (part.trim().to_owned(), 1),
        })
        .collect();
    if code.is_array() {
        targets.sort();
    }
    if targets.len() == 1 {
        return targets[0].0.clone();
    }
    let rule = item["rule"].as_str().unwrap();
    let from = case.from.as_deref().unwrap_or("anonymous");
    let mut left = lot(format!("{rule}|{from}|{to}|target")) % targets.iter().map(|(_, weight)| weight).sum::<u64>();
    for (number, weight) in targets {
        if left < weight {
            return number;
        }
        left -= weight;
    }
    unreachable!("the sum of the weights is more than what is left")
}

fn reject(item: &Typed) -> String {
    let (code, rule) = (text(item, "code").unwrap_or("503".to_owned()), item["rule"].as_str().unwrap());
    format!(r#"{{"status":"REJECT","code":"{code}","reason":"{rule}"}}"#)
}

pub fn decide(world: &World, case: &Case) -> Outcome {
    let evaluated = evaluate(world, case, &case.to, false);
    let mut counted = evaluated.counted.clone();
    let name = |item: &Typed| item["rule"].as_str().unwrap().to_owned();
    let (decision, rule) = match &evaluated.decided_by {
        Err(reason) => (None, format!("?{reason}")),
        Ok(None) => (Some(r#"{"status":"PROCEED"}"#.to_owned()), "-".to_owned()),
        Ok(Some(item)) => match text(item, "status").unwrap().as_str() {
            "PROCEED" => (Some(r#"{"status":"PROCEED"}"#.to_owned()), name(item)),
            "REJECT" => (Some(reject(item)), name(item)),
            _ => {
                let target = target(item, case, &case.to);
                let screened = evaluate(world, case, &target, true);
                counted = screened.counted;
                match &screened.decided_by {
                    Err(reason) => (None, format!("?{reason}")),
                    Ok(Some(other)) if text(other, "status").unwrap() == "REJECT" => (Some(reject(other)), name(other)),
                    _ => (Some(format!(r#"{{"status":"CHANGE_DESTINATION","code":"{target}"}}"#)), name(item)),
                }
            }
        },
    };
    let lets_through = decision.as_ref().is_some_and(|decision| !decision.contains("REJECT"));
    Outcome {
        decision: decision.unwrap_or("unknown".to_owned()),
        rule,
        outranked: evaluated.outranked,
        shadows: evaluated.shadows,
        invalid: evaluated.invalid,
        lifted: evaluated.lifted,
        counted: if lets_through { counted } else { BTreeSet::new() },
    }
}

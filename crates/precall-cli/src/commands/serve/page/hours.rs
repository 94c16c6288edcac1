//! The map and the grid: where and when calling is lawful.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use precall::calling_hours::{CallingHours, TimeSpan};

use super::places::{self, About, DAYS, Lawful, Place, Tile};
use super::{CLOCKS, Parameters, call};

/// The fields of its form.
pub const FIELDS: [&str; 3] = ["about", "place", "zone"];

/// The clock of the grid when no place is chosen.
const ZONE: &str = "America/New_York";

/// Shades of the grid of all places, from none of them to all.
const SHADES: usize = 8;

/// What was asked to be shown.
struct Asked<'p> {
    about: About,
    place: Option<&'p str>,
    zone: Option<&'p str>,
}

impl<'p> Asked<'p> {
    /// Of the page's address. What is not known there counts as not said.
    fn of(parameters: &'p Parameters) -> Self {
        let about = parameters.get("about");
        let place = parameters.get("place");
        Self {
            about: About::ALL.into_iter().find(|own| about == Some(own.name())).unwrap_or_default(),
            place: place.filter(|place| places::MAP.iter().any(|tile| tile.0 == *place)),
            zone: parameters.get("zone").filter(|zone| CLOCKS.contains(zone)),
        }
    }
}

pub fn section(table: &CallingHours, is_unread: bool, parameters: &Parameters, at: Timestamp, is_now: bool) -> Markup {
    let asked = Asked::of(parameters);
    html! {
        section #hours aria-labelledby="hours-title" {
            h2 #hours-title { "Calling hours" }
            form action="/#hours" method="get" {
                (parameters.keep(&call::FIELDS))
                div.field {
                    label for="about" { "Calls" }
                    select #about name="about" {
                        @for about in About::ALL { option value=(about.name()) selected[about == asked.about] { (about.title()) } }
                    }
                }
                div.field {
                    label for="place" { "Place" }
                    select #place name="place" {
                        option value="" { "all of the map" }
                        @for (code, name) in by_name() {
                            option value=(code) selected[asked.place == Some(code)] { (name) " (" (code) ")" }
                        }
                    }
                }
                div.field {
                    label for="zone" { "Clock" }
                    select #zone name="zone" {
                        option value="" { "of the place" }
                        @for zone in CLOCKS { option selected[asked.zone == Some(zone)] { (zone) } }
                    }
                }
                button type="submit" { "Show" }
            }
            (shown(table, is_unread, parameters, at, is_now))
        }
    }
}

fn by_name() -> Vec<(&'static str, &'static str)> {
    let name = |tile: &Tile| Some((tile.0, precall::place::place_name(tile.0)?));
    let mut names: Vec<_> = places::MAP.iter().filter_map(name).collect();
    names.sort_by_key(|(_, name)| *name);
    names
}

/// The map and the grid alone. `is_now`: a page that stays open may ask for newer ones.
pub fn shown(table: &CallingHours, is_unread: bool, parameters: &Parameters, at: Timestamp, is_now: bool) -> Markup {
    let asked = Asked::of(parameters);
    // The earliest beginning of the day there is, so that the grid's first hour is worked out by any clock.
    let from = at.checked_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(at);
    let places = places::places(table, asked.about, from);
    let chosen = places.iter().map(|(_, place)| place).find(|place| asked.place == Some(place.code));
    let zone = match (asked.zone, chosen) {
        (Some(name), _) => TimeZone::get(name).ok(),
        (None, Some(place)) => Some(place.zone.clone()),
        (None, None) => TimeZone::get(ZONE).ok(),
    };
    let zone = zone.unwrap_or(TimeZone::UTC);
    html! {
        div #hours-shown data-now[is_now] {
            @if is_unread {
                p.problem role="alert" { "The rules cannot be read, so this is the built-in table, without rows of your own." }
            }
            p {
                "Where numbers may be called " @if is_now { "now, at " } @else { "at " }
                time datetime=(at) { (at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z")) }
                ", by their area codes, the callees' clocks and the table of calling hours of "
                (table.data_date().map_or_else(|| "no known date".to_owned(), |date| date.to_string())) "."
            }
            (legend())
            div.where {
                (map(&places, &asked, parameters, at))
                @if let Some(place) = chosen { (told(place, table, &asked, at)) }
            }
            (grid(&places, chosen, &asked, &zone, at))
        }
    }
}

fn legend() -> Markup {
    html! {
        ul.key aria-hidden="true" {
            @for lawful in [Lawful::Yes, Lawful::InPart, Lawful::No, Lawful::Unconcerned] {
                li { span.shade.(class(lawful)) {} (words(lawful)) }
            }
        }
    }
}

fn class(lawful: Lawful) -> &'static str {
    match lawful {
        Lawful::Yes => "lawful",
        Lawful::InPart => "part",
        Lawful::No => "unlawful",
        Lawful::Unconcerned => "unconcerned",
    }
}

fn words(lawful: Lawful) -> &'static str {
    match lawful {
        Lawful::Yes => "may be called",
        Lawful::InPart => "in part",
        Lawful::No => "may not be called",
        Lawful::Unconcerned => "not in this table",
    }
}

fn map(places: &[(&Tile, Place)], asked: &Asked<'_>, parameters: &Parameters, at: Timestamp) -> Markup {
    html! {
        ul.map aria-label="Map of the United States and Canada" {
            @for (Tile(code, column, row), place) in places {
                @let lawful = place.at(at);
                @let short = code.split_once('-').map_or(*code, |(_, short)| short);
                li.{ "c" (column) }.{ "r" (row) } {
                    a #{ "tile-" (code) } .(class(lawful)) href=(address(parameters, code))
                        title={ (place.name) ": " (words(lawful)) (until(place, at)) }
                        aria-label={ (place.name) ": " (words(lawful)) (until(place, at)) }
                        aria-current=[(asked.place == Some(place.code)).then_some("true")] { (short) }
                }
            }
        }
    }
}

/// The page's address with a place chosen.
fn address(parameters: &Parameters, place: &str) -> String {
    let mut address = form_urlencoded::Serializer::for_suffix("/?".to_owned(), 2);
    for name in call::FIELDS.into_iter().chain(FIELDS).filter(|name| *name != "place") {
        if let Some(value) = parameters.get(name) {
            address.append_pair(name, value);
        }
    }
    address.append_pair("place", place);
    format!("{}#hours", address.finish())
}

/// Until when a place's answer holds.
fn until(place: &Place, at: Timestamp) -> String {
    let Some(change) = place.change(at).filter(|_| place.concerned) else { return String::new() };
    // By its name, a day is known for less than a week.
    let form = if change.duration_since(at).as_hours() < 6 * 24 { "%a %H:%M %Z" } else { "%a %Y-%m-%d %H:%M %Z" };
    let shown = change.to_zoned(place.zone.clone()).strftime(form).to_string();
    if place.at(at) == Lawful::Yes { format!(", until {shown}") } else { format!("; all numbers from {shown} on") }
}

/// What is known of the chosen place.
fn told(place: &Place, table: &CallingHours, asked: &Asked<'_>, at: Timestamp) -> Markup {
    let rows = asked.about.rows(table, place.code, &place.zone, at);
    let (all, some) = place.area_codes(at);
    let clock = |zone: &TimeZone| {
        format!("{} in {}", at.to_zoned(zone.clone()).strftime("%a %H:%M"), zone.iana_name().unwrap_or("UTC"))
    };
    let list = |codes: &std::collections::BTreeSet<&str>| codes.iter().copied().collect::<Vec<_>>().join(", ");
    html! {
        div.told {
            h3 { (place.name) " (" (place.code) "): " (words(place.at(at))) (until(place, at)) }
            p {
                "It is " (clock(&place.zone))
                @for zone in &place.other_zones { ", " (clock(zone)) }
                "."
            }
            @if place.at(at) == Lawful::InPart {
                p {
                    @if !all.is_empty() { "Numbers of these area codes may be called: " (list(&all)) ". " }
                    @if !some.is_empty() { "It depends on the number in: " (list(&some)) ". " }
                    "Where a number may be in several zones, it must be lawful in all of them: try the number above."
                }
            }
            @if !place.concerned { p { "No law of the table concerns such calls there." } }
            ul {
                @for row in rows {
                    li {
                        (row.place) ": " (row.hours) @if row.holidays.is_some() { ", and its holidays" }
                        " (" (if row.source.is_empty() { "no source given" } else { &row.source }) ")"
                        @if row.is_doubtful() { "; not verified, the stricter reading" }
                    }
                }
            }
        }
    }
}

fn grid(
    places: &[(&Tile, Place)],
    chosen: Option<&Place>,
    asked: &Asked<'_>,
    zone: &TimeZone,
    at: Timestamp,
) -> Markup {
    let what = chosen.map_or("the whole map", |place| place.name);
    let zone_name = zone.iana_name().unwrap_or("UTC");
    let concerned: Vec<&Place> = places.iter().map(|(_, place)| place).filter(|place| place.concerned).collect();
    html! {
        p #grid-title {
            (asked.about.title()) ", " (what) ", " (DAYS) " days by the clock of " (zone_name) ": "
            @if chosen.is_some() { "whether calls are lawful in each hour." }
            @else { "in how many of " (concerned.len()) " places calls are lawful for all of an hour, to all numbers." }
        }
        div.wide #grid tabindex="0" role="region" aria-labelledby="grid-title" {
            table.grid aria-labelledby="grid-title" {
                thead {
                    tr { th scope="col" { "Day" } @for hour in 0..24 { th scope="col" { (format!("{hour:02}")) } } }
                }
                tbody {
                    @for (date, hours) in places::days(zone, at) {
                        tr {
                            th scope="row" { (date.strftime("%a %m-%d")) }
                            @for span in hours {
                                @match (span, chosen) {
                                    (None, _) => td.skipped title="the clock skips this hour" { span.unseen { "no such hour" } },
                                    (Some(span), Some(place)) => (hour(place, span, at)),
                                    (Some(span), None) => (count(&concerned, span, at)),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An hour of one place.
fn hour(place: &Place, span: TimeSpan, at: Timestamp) -> Markup {
    let lawful = place.during(span);
    html! {
        td.(class(lawful)).now[span.contains(at)] title=(words(lawful)) { span.unseen { (words(lawful)) } }
    }
}

/// An hour of all places.
fn count(places: &[&Place], span: TimeSpan, at: Timestamp) -> Markup {
    let lawful = places.iter().filter(|place| place.during(span) == Lawful::Yes).count();
    let shade = (lawful * SHADES).div_ceil(places.len().max(1));
    html! { td.{ "s" (shade) }.now[span.contains(at)] { (lawful) } }
}

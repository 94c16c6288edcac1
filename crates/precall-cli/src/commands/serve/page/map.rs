//! The map: a tile for each place, the legend, and the details of the chosen place.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use precall::calling_hours::CallingHours;

use super::hours_query::HoursQuery;
use super::parameters::{CALL_FIELDS, HOURS_FIELDS, PageParameters};
use super::place_hours::{Lawfulness, PlaceHours};
use super::tiles::MapTile;

/// The hours before a change for which its weekday is shown without the date.
const MAX_WEEKDAY_HOURS: i64 = 6 * 24;

/// Returns the legend of the colours.
pub fn legend() -> Markup {
    html! {
        ul.legend aria-hidden="true" {
            @for lawfulness in Lawfulness::ALL {
                li { span.swatch.(lawfulness.class()) {} (lawfulness.label()) }
            }
        }
    }
}

/// Returns the tiles, which are links that choose their place.
pub fn map(
    places: &[(&MapTile, PlaceHours)],
    query: &HoursQuery<'_>,
    parameters: &PageParameters,
    at: Timestamp,
) -> Markup {
    html! {
        ul.map aria-label="Map of the United States and Canada" {
            @for (MapTile(code, column, row), place) in places {
                @let short = code.split_once('-').map_or(*code, |(_, short)| short);
                @let label = format!("{}: {}{}", place.name, place.at(at).label(), change(place, at));
                li.{ "c" (column) }.{ "r" (row) } {
                    a #{ "tile-" (code) } .(place.at(at).class()) href=(address(parameters, code))
                        title=(label) aria-label=(label)
                        aria-current=[(query.place == Some(place.code)).then_some("true")] { (short) }
                }
            }
        }
    }
}

/// Returns the page's address with a place chosen.
fn address(parameters: &PageParameters, place: &str) -> String {
    let mut address = form_urlencoded::Serializer::for_suffix("/?".to_owned(), 2);
    for name in CALL_FIELDS.into_iter().chain(HOURS_FIELDS).filter(|name| *name != "place") {
        if let Some(value) = parameters.get(name) {
            address.append_pair(name, value);
        }
    }
    address.append_pair("place", place);
    format!("{}#hours", address.finish())
}

/// Returns the end of a place's label: when its lawfulness changes.
fn change(place: &PlaceHours, at: Timestamp) -> String {
    let Some(change) = place.change(at).filter(|_| place.has_law) else { return String::new() };
    let is_soon = change.duration_since(at).as_hours() < MAX_WEEKDAY_HOURS;
    let form = if is_soon { "%a %H:%M %Z" } else { "%a %Y-%m-%d %H:%M %Z" };
    let shown = change.to_zoned(place.zone.clone()).strftime(form).to_string();
    if place.at(at) == Lawfulness::Lawful { format!(", until {shown}") } else { format!("; all numbers from {shown}") }
}

/// Returns the details of the chosen place: its clocks, its area codes, and the rows of the calling-hours table.
pub fn details(place: &PlaceHours, table: &CallingHours, query: &HoursQuery<'_>, at: Timestamp) -> Markup {
    let rows = query.purpose.rows(table, place.code, &place.zone, at);
    let clock = |zone: &TimeZone| {
        format!("{} in {}", at.to_zoned(zone.clone()).strftime("%a %H:%M"), zone.iana_name().unwrap_or("UTC"))
    };
    html! {
        div.details {
            h3 { (place.name) " (" (place.code) "): " (place.at(at).label()) (change(place, at)) }
            p {
                "It is " (clock(&place.zone))
                @for zone in &place.other_zones { ", " (clock(zone)) }
                "."
            }
            @if place.at(at) == Lawfulness::Partly { (area_codes(place, at)) }
            @if !place.has_law { p { "The table has no law for such calls there." } }
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

fn area_codes(place: &PlaceHours, at: Timestamp) -> Markup {
    let (all, some) = place.area_codes(at);
    let list = |codes: &BTreeSet<&str>| codes.iter().copied().collect::<Vec<_>>().join(", ");
    html! {
        p {
            @if !all.is_empty() { "Numbers of these area codes may be called: " (list(&all)) ". " }
            @if !some.is_empty() { "Only some numbers of these area codes may be called: " (list(&some)) ". " }
            "If a number may be in several zones, the call must be lawful in all of them. Enter the number above."
        }
    }
}

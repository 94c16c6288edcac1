//! The section of the calling hours: the form, the map and the grid.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use precall::Partition;
use precall::calling_hours::CallingHours;

use super::grid::HoursGrid;
use super::hours_query::HoursQuery;
use super::map;
use super::parameters::{CALL_FIELDS, CLOCKS, PageParameters};
use super::place_hours::{CallPurpose, PlaceHours};
use super::tiles::{MAP_TILES, MapTile};
use crate::hours_enforcement::{self, LawEnforcement};

/// The time zone of the grid if no place is chosen.
const DEFAULT_ZONE: &str = "America/New_York";

/// The data of the section.
#[derive(Debug, Clone, Copy)]
pub struct HoursSection<'s> {
    pub calling_hours: &'s CallingHours,
    /// The items under `*`; `None` if they could not be read, so the calling hours are the built-in ones.
    pub wildcard: Option<&'s Partition>,
    pub parameters: &'s PageParameters,
    /// The instant of the map.
    pub at: Timestamp,
    /// True if that is now, so a page that stays open may ask for newer data.
    pub is_now: bool,
}

impl HoursSection<'_> {
    /// Returns the section.
    pub fn section(&self) -> Markup {
        html! {
            section #hours aria-labelledby="hours-title" {
                h2 #hours-title { "Calling hours" }
                (form(&HoursQuery::of(self.parameters), self.parameters))
                (self.map_and_grid())
            }
        }
    }

    /// Returns the map and the grid alone.
    pub fn map_and_grid(&self) -> Markup {
        let Self { calling_hours, parameters, at, is_now, .. } = *self;
        let query = HoursQuery::of(parameters);
        // No clock is further behind, so the spans include the first hour of the grid.
        let from = at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(at);
        let places = PlaceHours::of_map(calling_hours, query.purpose, from);
        let chosen = places.iter().map(|(_, place)| place).find(|place| query.place == Some(place.code));
        let zone = zone(query.zone, chosen);
        let with_law = places.iter().map(|(_, place)| place).filter(|place| place.has_law).collect();
        let grid = HoursGrid { purpose: query.purpose, places: with_law, chosen, zone: &zone, at };
        html! {
            div #hours-shown data-now[is_now] {
                (self.enforcement(query.purpose))
                p {
                    "Where numbers may be called " @if is_now { "now, at " } @else { "at " }
                    time datetime=(at) { (at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z")) }
                    ", by their area codes, the callees' clocks and the table of calling hours of "
                    (calling_hours.data_date().map_or_else(|| "no known date".to_owned(), |date| date.to_string())) "."
                }
                (map::legend())
                div.map-and-details {
                    (map::map(&places, &query, parameters, at))
                    @if let Some(place) = chosen { (map::details(place, calling_hours, &query, at)) }
                }
                (grid.table())
            }
        }
    }
}

impl HoursSection<'_> {
    /// Returns the rules that enforce the hours of the map, or the warning that none does.
    fn enforcement(&self, purpose: CallPurpose) -> Markup {
        let Some(wildcard) = self.wildcard else {
            return html! {
                p.problem role="alert" {
                    "The rules cannot be read, so this is the built-in table, without your own rows. It is not known if a rule enforces it."
                }
            };
        };
        let enforcement = LawEnforcement::of_laws(purpose.laws(), wildcard.entries(), self.at);
        html! {
            @for own in enforcement.iter().filter(|own| !own.rules.is_empty()) {
                p {
                    (capitalised(&own.describe())) "."
                    @for rule in &own.rules { br; "It " (rule.sentence) "." }
                }
            }
            @if let Some(command) = hours_enforcement::command(&enforcement) {
                div.problem role="alert" {
                    @for own in enforcement.iter().filter(|own| own.rules.is_empty()) {
                        p { (capitalised(&own.describe())) ". For these calls, the map shows the table, not what the hook decides." }
                    }
                    p { "To enforce them: " code { (command) } }
                }
            }
        }
    }
}

fn capitalised(phrase: &str) -> String {
    let mut characters = phrase.chars();
    characters.next().map(|first| format!("{}{}", first.to_uppercase(), characters.as_str())).unwrap_or_default()
}

/// Returns the time zone of the grid: the chosen one, the place's, or the default.
fn zone(chosen: Option<&str>, place: Option<&PlaceHours>) -> TimeZone {
    let zone = match (chosen, place) {
        (Some(name), _) => TimeZone::get(name).ok(),
        (None, Some(place)) => Some(place.zone.clone()),
        (None, None) => TimeZone::get(DEFAULT_ZONE).ok(),
    };
    zone.unwrap_or(TimeZone::UTC)
}

fn form(query: &HoursQuery<'_>, parameters: &PageParameters) -> Markup {
    html! {
        form action="/#hours" method="get" {
            (parameters.hidden_fields(&CALL_FIELDS))
            div.field {
                label for="about" { "Calls" }
                select #about name="about" {
                    @for purpose in CallPurpose::ALL {
                        option value=(purpose.name()) selected[purpose == query.purpose] { (purpose.title()) }
                    }
                }
            }
            div.field {
                label for="place" { "Place" }
                select #place name="place" {
                    option value="" { "the whole map" }
                    @for (code, name) in places_by_name() {
                        option value=(code) selected[query.place == Some(code)] { (name) " (" (code) ")" }
                    }
                }
            }
            div.field {
                label for="zone" { "Clock" }
                select #zone name="zone" {
                    option value="" { "of the place" }
                    @for zone in CLOCKS { option selected[query.zone == Some(zone)] { (zone) } }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn places_by_name() -> Vec<(&'static str, &'static str)> {
    let name = |tile: &MapTile| Some((tile.0, precall::place::place_name(tile.0)?));
    let mut names: Vec<_> = MAP_TILES.iter().filter_map(name).collect();
    names.sort_by_key(|(_, name)| *name);
    names
}

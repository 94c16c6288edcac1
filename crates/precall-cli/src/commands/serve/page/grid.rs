//! The grid: the hours of the next days, for one place or for all places of the map.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use precall::calling_hours::TimeSpan;

use super::place_hours::{CallPurpose, DAYS, Lawfulness, PlaceHours};

/// The darkest shade of an hour of all places. The lightest is 0, for no place.
const MAX_SHADE: usize = 8;

/// The places of the grid, and its clock.
#[derive(Debug)]
pub struct HoursGrid<'p> {
    pub purpose: CallPurpose,
    /// The places of the map with a law about such calls.
    pub places: Vec<&'p PlaceHours>,
    /// The chosen place.
    pub chosen: Option<&'p PlaceHours>,
    pub zone: &'p TimeZone,
    pub at: Timestamp,
}

impl HoursGrid<'_> {
    /// Returns the table with its title.
    pub fn table(&self) -> Markup {
        html! {
            (self.title())
            div.scrollable #grid tabindex="0" role="region" aria-labelledby="grid-title" {
                table.grid aria-labelledby="grid-title" {
                    thead {
                        tr { th scope="col" { "Day" } @for hour in 0..24 { th scope="col" { (format!("{hour:02}")) } } }
                    }
                    tbody {
                        @for (date, hours) in days(self.zone, self.at) {
                            tr {
                                th scope="row" { (date.strftime("%a %m-%d")) }
                                @for span in hours { (self.cell(span)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn title(&self) -> Markup {
        let place = self.chosen.map_or("the whole map", |place| place.name);
        let zone = self.zone.iana_name().unwrap_or("UTC");
        html! {
            p #grid-title {
                (self.purpose.title()) ", " (place) ", " (DAYS) " days by the clock of " (zone) ": "
                @if self.chosen.is_some() { "the hours in which calls are lawful." }
                @else {
                    "the number of places (of " (self.places.len()) ") in which all numbers may be called for the whole hour."
                }
            }
        }
    }

    fn cell(&self, span: Option<TimeSpan>) -> Markup {
        let Some(span) = span else {
            return html! {
                td.skipped title="the clock skips this hour" { span.visually-hidden { "no such hour" } }
            };
        };
        let is_now = span.contains(self.at);
        if let Some(place) = self.chosen {
            let lawfulness = place.during(span);
            return html! {
                td.(lawfulness.class()).now[is_now] title=(lawfulness.label()) {
                    span.visually-hidden { (lawfulness.label()) }
                }
            };
        }
        let lawful = self.places.iter().filter(|place| place.during(span) == Lawfulness::Lawful).count();
        let shade = (lawful * MAX_SHADE).div_ceil(self.places.len().max(1));
        html! { td.{ "s" (shade) }.now[is_now] { (lawful) } }
    }
}

/// Returns the days from an instant's on, with the hours of each; `None` for an hour that the clock skips.
fn days(zone: &TimeZone, at: Timestamp) -> Vec<(Date, Vec<Option<TimeSpan>>)> {
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

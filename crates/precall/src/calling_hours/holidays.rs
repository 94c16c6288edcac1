//! Holidays by date.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::error::HoursError;
use super::row::parse_date;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolidaysData {
    pub(super) list: String,
    years: BTreeSet<i16>,
    source: String,
    reviewed: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    note: String,
    days: Vec<String>,
}

/// A list of holidays by date.
///
/// ```
/// use precall::calling_hours::CallingHours;
///
/// let louisiana = &CallingHours::embedded().holidays()["US-LA"];
/// assert_eq!(louisiana.days[&"2026-12-25".parse().unwrap()], "Christmas Day");
/// ```
#[derive(Debug, Clone)]
pub struct Holidays {
    /// The years for which the list is complete.
    pub years: BTreeSet<i16>,
    /// The date and name of each holiday.
    pub days: BTreeMap<Date, String>,
    /// The statute or regulation.
    pub source: String,
    /// The day of the last review.
    pub reviewed: Date,
    /// True if somebody compared the list with its source.
    pub verified: bool,
    /// A note for people.
    pub note: String,
}

impl Holidays {
    pub(super) fn parse(data: HolidaysData) -> Result<Self, HoursError> {
        let mut days = BTreeMap::new();
        for text in &data.days {
            let (date, name) = text.split_once(' ').unwrap_or((text, ""));
            let date = parse_date("days", date)?;
            if name.trim().is_empty() || !data.years.contains(&date.year()) {
                let problem = format!("\"{text}\" has no name, or its year is not in `years`");
                return Err(HoursError::field("days", problem));
            }
            if days.insert(date, name.trim().to_owned()).is_some() {
                return Err(HoursError::field("days", format!("{date} is there twice")));
            }
        }
        let reviewed = parse_date("reviewed", &data.reviewed)?;
        let HolidaysData { years, source, verified, note, .. } = data;
        Ok(Self { years, days, source, reviewed, verified, note })
    }
}

//! The rows of the law's calling hours for a call.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use precall::calling_hours::{CallingHours, HoursRow, Law, LawStatus};
use precall::place::place_code;

use super::record_fields::RecordFields;

/// The number of clocks from which on the record may leave out others.
const MAX_RECORDED_CLOCKS: usize = 4;

/// The names of a section's rows, and their texts.
type LabelledTexts = Vec<(String, String)>;

/// Returns the status of the call by each law that applies to the callee's places, and the law's rows with their sources. The
/// rows are those of this version's table.
pub fn rows(record: &RecordFields, at: Timestamp) -> LabelledTexts {
    let hours = CallingHours::embedded();
    if record.is("area_code_unlisted") {
        let text = "the rows of all states and provinces counted, because the area code is not in the tables";
        return vec![("hours".to_owned(), text.to_owned()), ("table".to_owned(), table_dates(record, hours))];
    }
    let places = record.text("callee_place").unwrap_or_default();
    let codes: Vec<&str> = places.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(is_place).collect();
    let zones: Vec<TimeZone> = record.list("callee_clock").iter().filter_map(|clock| zone(clock)).collect();
    let because = record.text("because").unwrap_or_default();
    let words: Vec<&str> = because.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    let is_wanted = |law: &Law| matches!(law, Law::Us | Law::Ca) || words.contains(&law.name());
    let statuses = Law::ALL.into_iter().filter(is_wanted).map(|law| hours.status_now(law, &codes, &zones, at));
    let mut rows: LabelledTexts = statuses.filter(|status| status.applies).flat_map(|status| of_law(&status)).collect();
    if rows.is_empty() {
        rows.push(("hours".to_owned(), "the table has no law for the callee's places".to_owned()));
    }
    if zones.len() >= MAX_RECORDED_CLOCKS {
        let text = "by the clocks of the record, which shows at most four; a clock that it does not show may prohibit the call";
        rows.push((String::new(), text.to_owned()));
    }
    rows.push(("table".to_owned(), table_dates(record, hours)));
    rows
}

/// Returns true for the code of a place. Other words of the record's text are in lower case.
fn is_place(word: &&str) -> bool {
    !word.chars().any(|c| c.is_ascii_lowercase()) && place_code(word).is_some()
}

/// Returns the time zone of a clock such as `Mon 02:53 in America/New_York`.
fn zone(clock: &str) -> Option<TimeZone> {
    TimeZone::get(clock.split_once(" in ")?.1).ok()
}

fn of_law(status: &LawStatus<'_>) -> LabelledTexts {
    let law = status.law;
    let allowed = if status.is_lawful { "allowed" } else { "not allowed" };
    let own = format!("{} {allowed} at that time", law.calls());
    let parts = std::iter::once(own).chain(status.reasons.iter().map(ToString::to_string));
    let mut rows = vec![(law.name().to_owned(), parts.collect::<Vec<_>>().join("; "))];
    rows.extend(status.rows.iter().map(|row| (format!("{} {}", row.place, row.regime), of_row(row))));
    if status.place_unknown {
        rows.push((
            String::new(),
            "the callee may be anywhere in the country, so only the country's row counts".to_owned(),
        ));
    }
    rows
}

/// Returns a row in words: its hours, the source and how well it is known.
fn of_row(row: &HoursRow) -> String {
    let clock = row.timezone.as_ref().and_then(TimeZone::iana_name).map(|name| format!(" by the clock of {name}"));
    let holidays = row.holidays.as_ref().map(|name| format!("; holidays: list {name}, {}", row.holiday_hours));
    let source = if row.source.is_empty() { "no source".to_owned() } else { row.source.clone() };
    let doubt = if row.is_doubtful() { "; not verified, so the stricter reading" } else { "" };
    let reviewed = row.reviewed.map(|day| format!("; reviewed {day}"));
    let [clock, holidays, reviewed] = [clock, holidays, reviewed].map(Option::unwrap_or_default);
    format!("{}{clock}{holidays} ({source}{reviewed}{doubt})", row.hours)
}

/// Compares the date of the table that decided with that of this version.
fn table_dates(record: &RecordFields, hours: &CallingHours) -> String {
    let own = hours.data_date().map_or_else(|| "no date".to_owned(), |date| date.to_string());
    let own_rows = "rows of the operator in the rules table are not shown";
    match record.text("hours_data") {
        Some(date) if date == own => format!("of {own}, as when the call was decided; {own_rows}"),
        Some(date) => format!("of {own}; the call was decided with the table of {date}; {own_rows}"),
        None => format!("of {own}; the record names no table; {own_rows}"),
    }
}

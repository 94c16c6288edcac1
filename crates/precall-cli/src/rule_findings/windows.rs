//! Findings about windows of the day that are probably not what their author means.

use precall::rule::{DayWindow, Key};

use super::finding::{FindingLevel, RuleFinding};
use super::written::written_elements;
use crate::dynamodb::attribute_value::Attributes;

/// Minutes of half a day.
const HALF_DAY: u16 = 12 * 60;

/// The first minute of a day that cannot be written with an hour from 1 to 12.
const ONE_PM: u16 = 13 * 60;

/// The first minute with an hour from 1 to 12.
const FIRST_HOUR: u16 = 60;

/// The minute at which mornings begin. A window before it is probably meant in the afternoon.
const MORNING: u16 = 7 * 60;

/// The length in minutes above which a window is reported.
const MAX_USUAL_MINUTES: u16 = 16 * 60;

/// The minute before an hour. People write it as the end of a window that should include it.
const LAST_MINUTE: u16 = 59;

const MINUTES_PER_DAY: u16 = 24 * 60;

/// Returns the findings about the windows in `hours` of an item.
pub fn of_windows(item: &Attributes, key: &Key) -> Vec<RuleFinding> {
    let elements = written_elements(item, "hours");
    elements
        .iter()
        .filter_map(|text| Some((text, DayWindow::parse(text)?)))
        .flat_map(|(text, window)| {
            let finding = |(level, what, repair)| RuleFinding::new(level, key, what, repair);
            [of_length(text, window), of_last_minute(text, window)].into_iter().flatten().map(finding)
        })
        .collect()
}

/// A finding without its key: the level, the fault and the remedy.
type KeylessFinding = (FindingLevel, String, String);

/// Returns a finding if a window may be meant in the other half of the day, or is unusually long.
fn of_length(text: &str, window: DayWindow) -> Option<KeylessFinding> {
    // An `a` or a `p` occurs in a window only in `am` and `pm`.
    let halves = text.chars().filter(|c| "aApP".contains(*c)).count();
    of_night(text, window, halves)
        .or_else(|| of_morning(text, window, halves))
        .or_else(|| of_long(text, window, halves))
}

/// Returns a finding about `9-5`, which is read as a night.
fn of_night(text: &str, window: DayWindow, halves: usize) -> Option<KeylessFinding> {
    if halves == 2 || !window.is_overnight() || window.open >= ONE_PM {
        return None;
    }
    let day = DayWindow { open: window.open, close: window.close - HALF_DAY };
    let is_day = day.open < day.close && !day.is_overnight();
    let meant = if is_day { day.to_string() } else { "the hours from 0 to 24".to_owned() };
    Some((
        FindingLevel::Warning,
        format!(
            "hours `{text}` are read as {} of the next morning, because hours without `am` or `pm` count from 0 to 24",
            to(window)
        ),
        format!("write {meant}; if the night is meant, write {}", in_halves(window)),
    ))
}

/// Returns a finding about `1-5pm` and `1-5`, which are read as a morning.
fn of_morning(text: &str, window: DayWindow, halves: usize) -> Option<KeylessFinding> {
    let DayWindow { open, close } = window;
    let is_close_pm = text.trim_end_matches(['m', 'M', '.', ' ']).ends_with(['p', 'P']);
    let is_half_written = halves == 1 && is_close_pm && open + HALF_DAY < close;
    // A leading zero shows that the hours count from 0 to 24.
    let is_small = halves == 0 && !text.starts_with('0') && open >= FIRST_HOUR && close <= MORNING;
    if window.is_overnight() || !is_half_written && !is_small {
        return None;
    }
    let close = if is_small { close + HALF_DAY } else { close };
    Some((
        FindingLevel::Warning,
        format!("hours `{text}` are read as {}, because an hour without `am` or `pm` counts from 0 to 24", to(window)),
        format!(
            "write {}; if the morning is meant, write {}",
            DayWindow { open: open + HALF_DAY, close },
            in_halves(window)
        ),
    ))
}

/// Returns a finding about a long window. It is only a note, because its hours cannot be meant in halves of the day.
fn of_long(text: &str, window: DayWindow, halves: usize) -> Option<KeylessFinding> {
    let minutes = window.close - window.open;
    let next_day = if window.is_overnight() { " of the next morning" } else { "" };
    (halves < 2 && (MAX_USUAL_MINUTES + 1..MINUTES_PER_DAY).contains(&minutes)).then(|| {
        (
            FindingLevel::Note,
            format!("hours `{text}` are {} of the day's 24 hours, {}{next_day}", hours_of(minutes), to(window)),
            format!("if that is intended, write {} to say so", in_halves(window)),
        )
    })
}

/// Returns a finding if a window ends one minute before a full hour.
fn of_last_minute(text: &str, window: DayWindow) -> Option<KeylessFinding> {
    let end = window.close % MINUTES_PER_DAY;
    (end % 60 == LAST_MINUTE).then(|| {
        let next = end + 1;
        (
            FindingLevel::Note,
            format!("hours `{text}` end when the clock shows {}, so this minute is outside", clock(end)),
            format!("write {} as the end, which is not part of the window", clock(next)),
        )
    })
}

/// `09:00 to 05:00`
fn to(window: DayWindow) -> String {
    window.to_string().replace('-', " to ")
}

/// `9am-5:30pm`
fn in_halves(window: DayWindow) -> String {
    let half = |minute: u16| {
        let (hour, minute) = (minute / 60 % 24, minute % 60);
        let minutes = if minute == 0 { String::new() } else { format!(":{minute:02}") };
        format!("{}{minutes}{}", (hour + 11) % 12 + 1, if hour < 12 { "am" } else { "pm" })
    };
    format!("{}-{}", half(window.open), half(window.close))
}

/// `17` or `16:59`
fn hours_of(minutes: u16) -> String {
    if minutes.is_multiple_of(60) { (minutes / 60).to_string() } else { clock(minutes) }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

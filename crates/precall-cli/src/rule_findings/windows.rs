//! Findings about windows of the day that are probably not what their author means.

use precall::rule::{DayWindow, Key};

use super::finding::{FindingLevel, RuleFinding};
use super::written::written_elements;
use crate::dynamodb::attribute_value::Attributes;

/// Minutes of half a day.
const HALF_DAY: u16 = 12 * 60;

/// The first minute of a day that cannot be written with an hour from 1 to 12.
const ONE_PM: u16 = 13 * 60;

/// A window longer than this is worth a second look.
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

/// Returns a finding if a window is probably meant to be shorter.
fn of_length(text: &str, window: DayWindow) -> Option<KeylessFinding> {
    let DayWindow { open, close } = window;
    let read = if window.is_overnight() { format!("{} of the next morning", to(window)) } else { to(window) };
    // An `a` or a `p` occurs in a window only in `am` and `pm`.
    let halves = text.chars().filter(|c| "aApP".contains(*c)).count();
    if halves < 2 && window.is_overnight() && open < ONE_PM {
        let day = DayWindow { open, close: close - HALF_DAY };
        return Some((
            FindingLevel::Warning,
            format!("hours `{text}` are read as {read}, because hours without `am` or `pm` count from 0 to 24"),
            if day.open < day.close && day.close <= MINUTES_PER_DAY {
                format!("write {day}; if the night is meant, write {}", in_halves(window))
            } else {
                format!("write the hours from 0 to 24; if the night is meant, write {}", in_halves(window))
            },
        ));
    }
    let is_only_close_in_halves =
        halves == 1 && text.trim_end_matches(['m', 'M', '.', ' ']).ends_with(['a', 'A', 'p', 'P']);
    if is_only_close_in_halves && open + HALF_DAY < close {
        let day = DayWindow { open: open + HALF_DAY, close };
        return Some((
            FindingLevel::Warning,
            format!("hours `{text}` are read as {read}, because an hour without `am` or `pm` counts from 0 to 24"),
            format!("write {day}; if the morning is meant, write {}", in_halves(window)),
        ));
    }
    let minutes = close - open;
    (halves < 2 && (MAX_USUAL_MINUTES + 1..MINUTES_PER_DAY).contains(&minutes)).then(|| {
        (
            FindingLevel::Note,
            format!("hours `{text}` are {} of the day's 24 hours, {read}", hours_of(minutes)),
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
            format!("hours `{text}` end when the clock shows {}, so that this minute is outside", clock(end)),
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
    if minutes % 60 == 0 { (minutes / 60).to_string() } else { clock(minutes) }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

//! The National Do Not Call Registry's XML. Its tags could not be verified, so the reader accepts any unambiguous
//! input:
//!
//! - Three digits in an element or attribute are the area code of the element around them.
//! - Ten digits, or seven after an area code, are a number. The name of the element or attribute does not matter.
//! - A number is rejected if its element has a word by which it may be called, such as `subscribed`.
//! - A number is deleted if its element, or an element around it, contains a word for it, before or after the number.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::event::{EventHandler, FileEntry, ReadEvent};
use super::format::{FormatDescription, FormatOptions};
use super::words::{is_addition, is_opt_in};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;

/// Words in names of elements and attributes whose digits are not telephone numbers.
const OTHER_DIGITS: [&str; 7] = ["count", "date", "org", "san", "size", "time", "total"];

/// Names of elements and attributes with a telephone number, even if digits are missing.
const NUMBER_NAMES: [&str; 8] = ["num", "number", "ph", "phone", "phone_number", "phonenumber", "tel", "telephone"];

/// Names of elements and attributes in which a single letter marks a number as added or deleted.
const ACTION_NAMES: [&str; 6] = ["action", "change", "code", "op", "status", "type"];

/// Reads a word for a change: true if numbers are added, false if they are deleted.
fn change_in(name: &str, text: &str) -> Option<bool> {
    is_addition(text).filter(|_| text.trim().len() > 1 || ACTION_NAMES.iter().any(|action| name.contains(action)))
}

/// Returns the state of numbers beside another word in an element for states: `<status>unsubscribed</status>`.
fn other_state(name: &str, text: &str) -> Option<NumberState> {
    let is_word = !text.trim().is_empty() && text.chars().all(|c| c.is_alphabetic() || c.is_whitespace());
    (name == "status" && is_word).then_some(NumberState::Added)
}

/// The effect of a word on the numbers of its element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum NumberState {
    #[default]
    Added,
    Removed,
    /// The number may be called, and so may not belong on the list.
    OptedIn,
}

/// Reads a word for the state of numbers.
fn state_in(name: &str, text: &str) -> Option<NumberState> {
    if is_opt_in(text) {
        return Some(NumberState::OptedIn);
    }
    change_in(name, text).map(|added| if added { NumberState::Added } else { NumberState::Removed })
}

/// The state inside an element.
#[derive(Debug, Clone, Default)]
struct ElementScope {
    name: String,
    /// Its text so far.
    text: String,
    area: Option<String>,
    state: NumberState,
    /// True if `<action>D</action>` in it is about the numbers after it, not about the one before.
    leads: Option<bool>,
}

/// Reads the entries of a text.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    options: &FormatOptions,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    if let Some(only) = options.only.first() {
        return Err(format!("no column {:?} for --only: XML has no columns", only.column).into());
    }
    handler(ReadEvent::Format(FormatDescription::new("XML")))?;
    let mut xml = Reader::from_reader(reader);
    let mut buffer = Vec::new();
    let mut entries = XmlEntries { member, nth: 0, scopes: vec![ElementScope::default()], held: None, handler };
    loop {
        buffer.clear();
        let at = xml.buffer_position();
        let event = xml.read_event_into(&mut buffer);
        match event.map_err(|error| format!("not XML at byte {at}: {error}"))? {
            Event::Start(element) => entries.open(&element)?,
            Event::Empty(element) => {
                entries.open(&element)?;
                entries.close()?;
            }
            Event::End(_) => entries.close()?,
            Event::Text(text) => entries.text(&text.xml10_content()),
            Event::CData(text) => entries.text(&text.xml10_content()),
            Event::GeneralRef(name) => entries.text(&name.resolve_char_ref()?.map(String::from).unwrap_or_default()),
            Event::Eof => break,
            _ => {}
        }
    }
    entries.emit()?;
    if entries.scopes.len() > 1 { Err("the XML is incomplete".into()) } else { Ok(()) }
}

fn is_area_name(name: &str) -> bool {
    ["ac", "area", "areacode", "area_code", "npa"].contains(&name)
}

/// An entry that is held back, because the element after it may still delete it.
struct HeldEntry {
    nth: u64,
    number: Result<String, String>,
    text: String,
    state: NumberState,
    /// The number of open elements around it.
    depth: usize,
}

struct XmlEntries<'e, 'm, 'c> {
    member: &'m str,
    nth: u64,
    /// The open elements, the innermost last; the first is around all of them.
    scopes: Vec<ElementScope>,
    held: Option<HeldEntry>,
    handler: &'e mut EventHandler<'c>,
}

impl XmlEntries<'_, '_, '_> {
    /// Handles the begin of an element.
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Failure> {
        self.read_text()?;
        let name = element.local_name().as_ref().to_lowercase();
        let around = self.scopes.last().cloned().unwrap_or_default();
        let mut scope = ElementScope { area: around.area, state: around.state, ..ElementScope::default() };
        if let Some(state) = state_in("", &name) {
            scope.state = state;
        }
        scope.name = name;
        let mut values = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute?;
            let name = attribute.key.local_name().as_ref().to_lowercase();
            // Numbers and words contain no escapes.
            let value = attribute.value.into_owned();
            match state_in(&name, &value) {
                Some(state) => scope.state = state,
                None => values.push((name, value)),
            }
        }
        self.scopes.push(scope);
        // The area code is read before the number, in any order of the attributes.
        values.sort_by_key(|(name, _)| !is_area_name(name));
        for (name, value) in values {
            self.digits(&name, &value)?;
        }
        Ok(())
    }

    /// Handles the end of an element.
    fn close(&mut self) -> Result<(), Failure> {
        self.read_text()?;
        let closed = self.scopes.pop().unwrap_or_default();
        // `<npa>315</npa><number>5550100</number>`: an area code is valid for the elements after it.
        if let (Some(parent), Some(area)) = (self.scopes.last_mut(), closed.area)
            && is_area_name(&closed.name)
        {
            parent.area = Some(area);
        }
        if let Some(held) = &mut self.held {
            held.depth = held.depth.min(self.scopes.len());
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.text += text;
        }
    }

    /// Reads the text before a tag.
    fn read_text(&mut self) -> Result<(), Failure> {
        let Some(scope) = self.scopes.last_mut() else { return Ok(()) };
        let (name, text) = (scope.name.clone(), std::mem::take(&mut scope.text));
        let Some(state) = state_in(&name, &text).or_else(|| other_state(&name, &text)) else {
            return self.digits(&name, &text);
        };
        // `<action>D</action>` is about the element around it.
        let Some(around) = self.scopes.len().checked_sub(2) else { return Ok(()) };
        let before = self.held.as_mut().filter(|held| held.depth == around + 1);
        let Some(parent) = self.scopes.get_mut(around) else { return Ok(()) };
        match (*parent.leads.get_or_insert(before.is_none()), before) {
            (true, _) => parent.state = state,
            (false, Some(held)) => held.state = state,
            (false, None) => {}
        }
        Ok(())
    }

    /// Reads the digits in an attribute or between tags.
    fn digits(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        let depth = self.scopes.len();
        let Some(scope) = self.scopes.last_mut() else { return Ok(()) };
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let has_word = |wanted: &str| name.split(['_', '-']).any(|word| word == wanted);
        let is_number = NUMBER_NAMES.contains(&name)
            || ["val", "value"].contains(&name) && NUMBER_NAMES.contains(&scope.name.as_str());
        let number = match (digits.len(), &scope.area) {
            _ if OTHER_DIGITS.into_iter().any(has_word) || text.is_empty() => return Ok(()),
            (10 | 11, _) if has_word("id") => Err(format!("either a telephone number or an id, in `{name}`")),
            _ if has_word("id") => return Ok(()),
            (3, area) if text.len() == 3 => {
                if area.is_none() || is_area_name(name) || is_area_name(&scope.name) {
                    scope.area = Some(digits);
                }
                return Ok(());
            }
            (7, Some(area)) => Ok(format!("{area}{digits}")),
            (10 | 11, _) if text.starts_with('+') => Ok(format!("+{digits}")),
            (10 | 11, _) => Ok(digits),
            (7, None) => Err("seven digits without an area code".to_owned()),
            (count, _) if count >= 7 || count > 0 && is_number => Err(format!("{count} digits")),
            _ if is_number => Err("no digits".to_owned()),
            _ => return Ok(()),
        };
        let state = scope.state;
        self.emit()?;
        self.nth += 1;
        self.held = Some(HeldEntry { nth: self.nth, number, text: text.to_owned(), state, depth });
        Ok(())
    }

    /// Passes the entry that was held back to the handler.
    fn emit(&mut self) -> Result<(), Failure> {
        let Some(HeldEntry { nth, number, text, state, .. }) = self.held.take() else { return Ok(()) };
        let entry = number.and_then(|number| match state {
            NumberState::Added => Ok(ListEntry::Add(number)),
            NumberState::Removed => Ok(ListEntry::Remove(number)),
            NumberState::OptedIn => {
                Err("has a word beside it that may mean that the number is not on the list; remove it from the \
                                         file, or remove the word"
                    .to_owned())
            }
        });
        (self.handler)(ReadEvent::Entry(FileEntry { member: self.member, nth, entry, text: &text }))
    }
}

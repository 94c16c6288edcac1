//! The National Do Not Call Registry's XML. Its tags could not be verified, so they are read generously: three digits
//! are the area code of what they stand in, ten (or seven behind an area code) a number, whatever elements and
//! attributes they are in; and it is deleted where the element, or what it stands in, says so, before or behind it.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::delimited::is_addition;
use super::entry::Asked;
use super::read::{Each, Found, Line, Shown};
use crate::failure::Failure;

/// Words in names of elements and attributes whose digits are no telephone numbers.
const OTHER_DIGITS: [&str; 7] = ["count", "date", "org", "san", "size", "time", "total"];

/// Names whose digits are meant to be a telephone number, even if some are missing.
const NUMBER_NAMES: [&str; 8] = ["num", "number", "ph", "phone", "phone_number", "phonenumber", "tel", "telephone"];

/// Names of elements and attributes in which a single letter says whether a number comes or goes.
const ACTION_NAMES: [&str; 6] = ["action", "change", "code", "op", "status", "type"];

/// Whether a text says that numbers come (`true`) or go.
fn says(name: &str, text: &str) -> Option<bool> {
    is_addition(text).filter(|_| text.trim().len() > 1 || ACTION_NAMES.iter().any(|action| name.contains(action)))
}

/// What is known inside an element.
#[derive(Debug, Clone, Default)]
struct Scope {
    name: String,
    /// Its text so far.
    text: String,
    area: Option<String>,
    removes: bool,
    /// Whether `<action>D</action>` in it speaks of what comes behind, not of what stands before.
    leads: Option<bool>,
}

pub fn entries(member: &str, reader: &mut dyn BufRead, each: &mut Each<'_>) -> Result<(), Failure> {
    each(Found::Form(Shown::of("XML")))?;
    let mut xml = Reader::from_reader(reader);
    let mut buffer = Vec::new();
    let mut entries = Entries { member, nth: 0, scopes: vec![Scope::default()], held: None, each };
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
    if entries.scopes.len() > 1 { Err("the XML ends in the middle".into()) } else { Ok(()) }
}

fn is_area_name(name: &str) -> bool {
    ["ac", "area", "areacode", "area_code", "npa"].contains(&name)
}

/// An entry that what stands behind it may still say to be deleted.
struct Held {
    nth: u64,
    number: Result<String, String>,
    text: String,
    removes: bool,
    /// How many elements it is in by now.
    depth: usize,
}

struct Entries<'e, 'm, 'c> {
    member: &'m str,
    nth: u64,
    /// The elements that are open, the innermost last; first what is around all of them.
    scopes: Vec<Scope>,
    held: Option<Held>,
    each: &'e mut Each<'c>,
}

impl Entries<'_, '_, '_> {
    /// An element begins.
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Failure> {
        self.read_text()?;
        let name = element.local_name().as_ref().to_lowercase();
        let around = self.scopes.last().cloned().unwrap_or_default();
        let mut scope = Scope { area: around.area, removes: around.removes, ..Scope::default() };
        if let Some(added) = says("", &name) {
            scope.removes = !added;
        }
        scope.name = name;
        let mut values = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute?;
            let name = attribute.key.local_name().as_ref().to_lowercase();
            // Numbers and words have nothing that is escaped.
            let value = attribute.value.into_owned();
            match says(&name, &value) {
                Some(added) => scope.removes = !added,
                None => values.push((name, value)),
            }
        }
        self.scopes.push(scope);
        // The area code before the number, in whichever order they stand.
        values.sort_by_key(|(name, _)| !is_area_name(name));
        for (name, value) in values {
            self.digits(&name, &value)?;
        }
        Ok(())
    }

    /// An element ends.
    fn close(&mut self) -> Result<(), Failure> {
        self.read_text()?;
        let closed = self.scopes.pop().unwrap_or_default();
        // `<npa>315</npa><number>5550100</number>`: what an element said holds for those behind it.
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

    /// Takes the text in that stands before a tag.
    fn read_text(&mut self) -> Result<(), Failure> {
        let Some(scope) = self.scopes.last_mut() else { return Ok(()) };
        let (name, text) = (scope.name.clone(), std::mem::take(&mut scope.text));
        let Some(removes) = says(&name, &text).map(|added| !added) else { return self.digits(&name, &text) };
        // `<action>D</action>` speaks of what it stands in.
        let Some(around) = self.scopes.len().checked_sub(2) else { return Ok(()) };
        let before = self.held.as_mut().filter(|held| held.depth == around + 1);
        let Some(parent) = self.scopes.get_mut(around) else { return Ok(()) };
        match (*parent.leads.get_or_insert(before.is_none()), before) {
            (true, _) => parent.removes = removes,
            (false, Some(held)) => held.removes = removes,
            (false, None) => {}
        }
        Ok(())
    }

    /// Digits in an attribute or between tags.
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
            (10 | 11, _) if has_word("id") => Err(format!("a number or what identifies something else, in `{name}`")),
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
        let removes = scope.removes;
        self.emit()?;
        self.nth += 1;
        self.held = Some(Held { nth: self.nth, number, text: text.to_owned(), removes, depth });
        Ok(())
    }

    /// Hands over the entry that was held back.
    fn emit(&mut self) -> Result<(), Failure> {
        let Some(Held { nth, number, text, removes, .. }) = self.held.take() else { return Ok(()) };
        let asked = number.map(|number| if removes { Asked::Remove(number) } else { Asked::Add(number) });
        (self.each)(Found::Line(Line { member: self.member, nth, asked, text: &text }))
    }
}

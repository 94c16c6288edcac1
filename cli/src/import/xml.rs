//! The National Do Not Call Registry's XML. Its tags could not be verified, so they are read generously: three digits
//! are the area code of what they stand in, ten (or seven behind an area code) a number, whatever elements and
//! attributes they are in; and it is deleted where the element, or what it stands in, says so.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::delimited::is_addition;
use super::entry::Asked;
use super::read::{Each, Found, Line, Shown};
use crate::Failure;

/// Words in names of elements and attributes whose digits are no telephone numbers.
const OTHER_DIGITS: [&str; 8] = ["count", "date", "id", "org", "san", "size", "time", "total"];

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
    area: Option<String>,
    removes: bool,
}

pub fn entries(member: &str, reader: &mut dyn BufRead, each: &mut Each<'_>) -> Result<(), Failure> {
    each(Found::Form(Shown::of("XML")))?;
    let mut xml = Reader::from_reader(reader);
    let mut buffer = Vec::new();
    let mut scopes = vec![Scope::default()];
    let mut entries = Entries { member, nth: 0, each };
    loop {
        buffer.clear();
        let at = xml.buffer_position();
        let event = xml.read_event_into(&mut buffer);
        match event.map_err(|error| format!("not XML at byte {at}: {error}"))? {
            Event::Start(element) => {
                let scope = entries.open(&element, scopes.last())?;
                scopes.push(scope);
            }
            Event::Empty(element) => {
                entries.open(&element, scopes.last())?;
            }
            Event::End(_) => {
                let closed = scopes.pop().unwrap_or_default();
                // `<npa>315</npa><number>5550100</number>`: what an element said holds for those behind it.
                if let (Some(parent), Some(area)) = (scopes.last_mut(), closed.area)
                    && is_area_name(&closed.name)
                {
                    parent.area = Some(area);
                }
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                let Some(scope) = scopes.last_mut() else { continue };
                if let Some(removes) = says(&scope.name, &text).map(|added| !added) {
                    let depth = scopes.len();
                    // `<action>D</action>` speaks of what it stands in.
                    if let Some(parent) = depth.checked_sub(2).and_then(|index| scopes.get_mut(index)) {
                        parent.removes = removes;
                    }
                    continue;
                }
                entries.digits(&scope.name.clone(), &text, scope)?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if scopes.len() > 1 { Err("the XML ends in the middle".into()) } else { Ok(()) }
}

fn is_area_name(name: &str) -> bool {
    ["ac", "area", "areacode", "area_code", "npa"].contains(&name)
}

struct Entries<'e, 'm, 'c> {
    member: &'m str,
    nth: u64,
    each: &'e mut Each<'c>,
}

impl Entries<'_, '_, '_> {
    /// An element begins.
    fn open(&mut self, element: &BytesStart<'_>, around: Option<&Scope>) -> Result<Scope, Failure> {
        let name = element.local_name().as_ref().to_lowercase();
        let mut scope = around.cloned().unwrap_or_default();
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
        for (name, value) in values {
            self.digits(&name, &value, &mut scope)?;
        }
        Ok(scope)
    }

    /// Digits in an attribute or between tags.
    fn digits(&mut self, name: &str, text: &str, scope: &mut Scope) -> Result<(), Failure> {
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_other = OTHER_DIGITS.iter().any(|other| name.split(['_', '-']).any(|word| word == *other));
        let number = match (digits.len(), &scope.area) {
            _ if is_other || text.is_empty() => return Ok(()),
            (3, _) if text.len() == 3 => {
                scope.area = Some(digits);
                return Ok(());
            }
            (7, Some(area)) => Ok(format!("{area}{digits}")),
            (10 | 11, _) => Ok(digits),
            (7, None) => Err("seven digits without an area code".to_owned()),
            (0, _) => return Ok(()),
            (count, _) if count >= 7 => Err(format!("{count} digits")),
            _ => return Ok(()),
        };
        self.nth += 1;
        let asked = number.map(|number| if scope.removes { Asked::Remove(number) } else { Asked::Add(number) });
        (self.each)(Found::Line(Line { member: self.member, nth: self.nth, asked, text }))
    }
}

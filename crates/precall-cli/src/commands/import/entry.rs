//! What an entry of a list becomes in the rules table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::Number;
use precall::rule::{Entry, Key};
use serde_json::{Map, Value};

use super::Style;
use crate::dynamodb::items::{self, Attributes};
use crate::failure::Failure;

/// The attribute by which an item tells the file that it came from; the hook does not look at it.
pub const MARK: &str = "list_file";

/// Digits of a file's checksum by which its items are marked.
const MARK_DIGITS: usize = 12;

/// What the items of a file are marked with.
pub fn mark(sha256: &str) -> String {
    sha256.chars().take(MARK_DIGITS).collect()
}

/// The digits of a national number in the NANP.
const NANP_DIGITS: usize = 10;

/// What is to be done to one item.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Put(Attributes),
    Remove,
}

/// What a line asks for, by its numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// This number, or this area code (`201XXXXXXX`), is on the list.
    Add(String),
    /// It is no longer.
    Remove(String),
    /// An item of its own, whose attributes come before those of the command line.
    Item(Map<String, Value>),
}

/// Makes items of one list.
#[derive(Debug, Clone)]
pub struct Maker {
    list: String,
    /// The attributes that all items have.
    common: Attributes,
    side: String,
}

impl Maker {
    /// # Errors
    /// When the hook could not read an item that is made like this as it is meant, or it would be over already.
    pub fn new(list: &str, style: &Style, mark: &str, expires_at: Option<Timestamp>) -> Result<Self, Failure> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut common = Attributes::from([
            ("status".to_owned(), text(&style.status)),
            ("priority".to_owned(), number(style.priority)),
            (MARK.to_owned(), text(mark)),
        ]);
        if style.is_reject() {
            common.insert("code".to_owned(), text(style.code.as_deref().unwrap_or("603")));
            let reason = style.reason.clone().unwrap_or_else(|| format!("On list {list}"));
            common.insert("reason".to_owned(), AttributeValue::S(reason));
        } else if let Some(code) = &style.code {
            common.insert("code".to_owned(), text(code));
        }
        if style.side == "from" {
            common.insert("side".to_owned(), text("from"));
        }
        if let Some(at) = expires_at {
            if at <= Timestamp::now() {
                return Err(format!(
                    "the numbers would have left the list again at {at}, and block nothing; say with --copied when \
                     the copy was made, or give a longer --forget-after"
                )
                .into());
            }
            common.insert("expires_at".to_owned(), number(at.as_second()));
        }
        let maker = Self { list: list.to_owned(), common, side: style.side.clone() };
        let (_, change) = maker.change(Asked::Add("+12125550100".to_owned()))?;
        if let Change::Put(item) = change {
            let faults = match items::parse(&item) {
                Entry::Invalid(invalid) => invalid.reasons,
                Entry::Rule(rule) => rule.repairs,
                Entry::Fact(_) => Vec::new(),
            };
            if !faults.is_empty() {
                return Err(format!("rules made like this could not be read: {}", faults.join("; ")).into());
            }
        }
        Ok(maker)
    }

    /// The item that is asked for, and what is to be done to it.
    ///
    /// # Errors
    /// When there is no such number, or the hook could not read the item.
    pub fn change(&self, asked: Asked) -> Result<(Key, Change), String> {
        match asked {
            Asked::Add(text) => {
                let (key, own) = self.place(&text)?;
                let mut item = self.common.clone();
                item.extend(own);
                Ok((key, Change::Put(item)))
            }
            Asked::Remove(text) => Ok((self.place(&text)?.0, Change::Remove)),
            Asked::Item(given) => self.whole(given),
        }
    }

    /// Where the item of a number or an area code stands, and the attributes that say so.
    fn place(&self, text: &str) -> Result<(Key, Attributes), String> {
        let (number, rule, pattern) = match area(text) {
            Some(area) => {
                let prefix = format!("+1{area}*");
                ("*".to_owned(), format!("{}:{prefix}", self.list), Some(prefix))
            }
            None => (e164(text)?, self.list.clone(), None),
        };
        let mut own = HashMap::from([
            ("number".to_owned(), AttributeValue::S(number.clone())),
            ("rule".to_owned(), AttributeValue::S(rule.clone())),
        ]);
        if let Some(pattern) = pattern {
            // An item under `*` is aimed by its own attribute.
            own.insert(self.side.clone(), AttributeValue::S(pattern));
        }
        Ok((Key { number, rule }, own))
    }

    fn whole(&self, mut given: Map<String, Value>) -> Result<(Key, Change), String> {
        given.retain(|_, value| !value.is_null());
        let number = match given.remove("number") {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => return Err(format!("`number` is {other}, not a number")),
            None => return Err("no `number`".to_owned()),
        };
        given.remove("rule");
        let (key, own) = self.place(&number)?;
        let mut item = self.common.clone();
        item.extend(items::attributes(Value::Object(given)).map_err(|error| error.to_string())?);
        if !matches!(item.get("status"), Some(AttributeValue::S(status)) if status.trim().eq_ignore_ascii_case("reject"))
        {
            item.remove("reason");
        }
        item.extend(own);
        readable(&item)?;
        Ok((key, Change::Put(item)))
    }
}

/// Whether the hook could read an item, and why not.
fn readable(item: &Attributes) -> Result<(), String> {
    match items::parse(item) {
        Entry::Invalid(invalid) => Err(invalid.reasons.join("; ")),
        _ => Ok(()),
    }
}

/// The digits of an area code's wildcard as dialers such as `VICIdial` have it: `201XXXXXXX`.
fn area(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches('"');
    let text = text.strip_prefix("+1").or_else(|| text.strip_prefix('1')).unwrap_or(text);
    let digits = text.trim_end_matches(['X', 'x']);
    let is_wildcard = text.len() == NANP_DIGITS
        && (3..NANP_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_wildcard.then_some(digits)
}

/// A number that can be dialled from anywhere, as rules spell it.
fn e164(text: &str) -> Result<String, String> {
    let plain = text.trim().trim_matches(['\'', '"']).trim();
    // As spreadsheets and data frames write a column of numbers.
    let plain = match plain.split_once('.') {
        Some((number, fraction)) if number.len() >= NANP_DIGITS && fraction.bytes().all(|byte| byte == b'0') => number,
        _ => plain,
    };
    let is_international = ["+", "00", "011"].iter().any(|sign| plain.starts_with(sign));
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    // A digit of ten is lost more often than a short number of another country is meant.
    if (NANP_DIGITS - 3..NANP_DIGITS).contains(&digits) && !is_international {
        return Err(format!("{digits} digits are too few; write ten, or + and the country code"));
    }
    if !is_international && has_more_behind(plain) {
        return Err("more digits behind a whole number; write ten, or + and the country code".to_owned());
    }
    let number = Number::from_typed(plain).map_err(|error| error.to_string())?;
    let number = number.as_str();
    if !number.starts_with('+') {
        return Err(format!("{number} has no country code"));
    }
    if let Some(national) = number.strip_prefix("+1")
        && national.len() != NANP_DIGITS
    {
        return Err(format!("+1 and {} digits is no number; write ten", national.len()));
    }
    Ok(number.to_owned())
}

/// Whether groups of digits follow those that are a number of the NANP, as an extension or another column does.
/// Together they would be a number of some other country.
fn has_more_behind(text: &str) -> bool {
    let whole = if text.starts_with('1') { NANP_DIGITS + 1 } else { NANP_DIGITS };
    let mut digits = 0;
    for group in text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()) {
        if digits == whole {
            return true;
        }
        digits += group.len();
    }
    false
}

/// Whether a text looks like an entry of a list of numbers: an area code, or a number with its own.
pub fn is_entry(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    area(text).is_some() || digits >= NANP_DIGITS && e164(text).is_ok()
}

//! Items that were probably meant for a call, but that the hook never reads, because their `number` is spelt in another way.

use std::collections::BTreeSet;

use precall::rule::{Key, MeantKey};
use precall::{Call, Number};
use precall_hook::store::{RulesTable, StoreError};
use tokio::task::JoinSet;

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;

/// An item under a misspelt number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MisspeltItem {
    /// The key of the item.
    pub key: Key,
    /// The key under which to store it, such as `+13155550100`, and the attribute that its pattern belongs into.
    pub store_under: String,
}

/// Returns the items that were probably meant for the callee, the caller or all calls. The first page of the table is read, so in
/// a table of a few thousand items it finds each of them. In a greater one it finds those under the usual spellings;
/// `precall lint` finds all.
///
/// # Errors
/// The table cannot be read.
pub async fn of_call(store: &RulesTable, call: &Call) -> Result<Vec<MisspeltItem>, StoreError> {
    let numbers: Vec<&Number> = [Some(&call.to), call.from.as_ref()].into_iter().flatten().collect();
    let (page, is_more) = items::first(store, items::PAGE).await?;
    let mut keys: BTreeSet<Key> = page.iter().filter_map(key).collect();
    if is_more {
        let spellings: BTreeSet<String> = numbers.iter().flat_map(|number| spellings(number)).collect();
        keys.extend(stored(store, spellings).await?);
    }
    Ok(keys.into_iter().filter_map(|key| misspelt(key, &numbers)).collect())
}

fn misspelt(key: Key, numbers: &[&Number]) -> Option<MisspeltItem> {
    let meant = MeantKey::read(&key.number).ok()?;
    let is_meant = !meant.is_spelt(&key.number) && numbers.iter().any(|number| meant.covers(number));
    is_meant.then(|| MisspeltItem { store_under: meant.to_string(), key })
}

/// Returns the key of an item.
fn key(item: &Attributes) -> Option<Key> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    Some(Key { number: text("number")?, rule: text("rule")? })
}

/// Returns the keys of the items under these spellings.
async fn stored(store: &RulesTable, spellings: BTreeSet<String>) -> Result<Vec<Key>, StoreError> {
    let mut reads = JoinSet::new();
    for spelling in spellings {
        let store = store.clone();
        reads.spawn(async move { store.attributes(&spelling).await });
    }
    let mut keys = Vec::new();
    while let Some(read) = reads.join_next().await {
        // No read panics.
        let Ok(items) = read else { continue };
        keys.extend(items?.iter().filter_map(key));
    }
    Ok(keys)
}

/// Returns the usual other spellings of a number, of `*`, and the patterns that people write into `number`.
fn spellings(number: &Number) -> Vec<String> {
    let right = number.as_str();
    let digits = right.trim_start_matches('+');
    let mut bases = vec![right.to_owned(), digits.to_owned(), "*".to_owned()];
    let mut spellings = vec![format!("00{digits}"), format!("011{digits}"), format!("{digits}.0")];
    for scheme in ["tel:", "sip:"] {
        spellings.push(format!("{scheme}{right}"));
    }
    let nanp = right.strip_prefix("+1").filter(|rest| rest.len() == 10);
    if let Some((area, exchange, line)) = nanp.and_then(|rest| Some((rest.get(..3)?, rest.get(3..6)?, rest.get(6..)?)))
    {
        bases.push(format!("{area}{exchange}{line}"));
        spellings.extend([
            format!("{area}{exchange}{line}.0"),
            format!("({area}) {exchange}-{line}"),
            format!("+1 ({area}) {exchange}-{line}"),
            format!("1 ({area}) {exchange}-{line}"),
            format!("1{digits}"),
            format!("+1{digits}"),
            format!("+1 1 {area}{exchange}{line}"),
        ]);
        for sign in ["-", ".", " ", "/", "\u{2011}", "\u{2010}", "\u{2013}", "\u{a0}"] {
            spellings.push(format!("{area}{sign}{exchange}{sign}{line}"));
            spellings.push(format!("1{sign}{area}{sign}{exchange}{sign}{line}"));
            spellings.push(format!("+1{sign}{area}{sign}{exchange}{sign}{line}"));
        }
        spellings.push(format!("+1 {area}-{exchange}-{line}"));
    }
    for base in &bases {
        for sign in [" ", "\t", "\n", "\r\n", "\u{a0}", "\u{200b}", "\u{feff}", "\u{202c}"] {
            spellings.push(format!("{base}{sign}"));
            spellings.push(format!("{sign}{base}"));
        }
        for (open, close) in
            [("'", ""), ("\"", "\""), ("\u{201c}", "\u{201d}"), ("\u{2018}", "\u{2019}"), ("\u{202a}", "\u{202c}")]
        {
            spellings.push(format!("{open}{base}{close}"));
        }
        spellings.push(base.chars().map(full_width).collect());
    }
    spellings.extend(bases.into_iter().filter(|base| base != right && base != "*"));
    spellings.extend((2..right.len()).filter_map(|end| Some(format!("{}*", right.get(..end)?))));
    spellings
}

/// Returns the full-width form of a character.
fn full_width(c: char) -> char {
    if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_means_the_number() {
        for text in ["+13155550100", "+442079460123", "911"] {
            let Ok(number) = Number::from_typed(text) else { panic!("{text}") };
            let spellings = spellings(&number);
            assert!(spellings.len() > 40, "{text}: {}", spellings.len());
            let wrong: Vec<&String> = spellings
                .iter()
                .filter(|text| !MeantKey::read(text).is_ok_and(|meant| meant.covers(&number) && !meant.is_spelt(text)))
                .collect();
            assert!(text != "+13155550100" || wrong.is_empty(), "{text}: {wrong:?}");
        }
    }
}

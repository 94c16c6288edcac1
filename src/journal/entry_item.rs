//! The items of the journal table.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;

use super::change::{Change, ChangeOrigin};
use super::error::JournalItemError;
use super::packed::{pack, unpack};
use crate::store::Attributes;

/// The least number of items of one list in a batch that are packed.
const MIN_PACKED: usize = 20;

/// The greatest number of changes in a pack.
const MAX_PACKED: usize = 2_000;

/// The greatest size of an item's attribute values, in bytes. DynamoDB allows 400 KiB, with the names.
const MAX_BYTES: usize = 380_000;

/// The greatest depth of an image that is stored as it is. DynamoDB allows 32, and the image is in an attribute itself.
const MAX_DEPTH: usize = 30;

/// Digits of a sequence number in a key, so that keys are in the order of the numbers. DynamoDB's have at most 40.
const SEQUENCE_DIGITS: usize = 40;

/// The beginning of the `number` of packs. It is not a number, so no rule has it.
const PACK: &str = "pack ";

/// An item of the journal table, and the changes that it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalItem {
    /// The item.
    pub item: Attributes,
    /// The sequence numbers of its changes.
    pub sequences: Vec<String>,
}

/// Returns the items of the journal for the changes of a batch. Changes that are not noteworthy have none. The same changes always
/// give items with the same keys, so that writing them again changes nothing.
///
/// Twenty or more items of one list are packed. Each item expires after `retention`.
///
/// # Errors
/// When an image has a type that DynamoDB did not have in this version of its SDK.
pub fn journal_items(changes: &[Change], retention: SignedDuration) -> Result<Vec<JournalItem>, JournalItemError> {
    let mut items = Vec::new();
    let mut of_lists: Vec<(&str, Vec<&Change>)> = Vec::new();
    for change in changes.iter().filter(|change| change.is_noteworthy()) {
        let Some(list) = change.list() else {
            items.push(single(change, retention)?);
            continue;
        };
        match of_lists.iter_mut().find(|(name, _)| *name == list) {
            Some((_, changes)) => changes.push(change),
            None => of_lists.push((list, vec![change])),
        }
    }
    for (list, changes) in of_lists {
        if changes.len() < MIN_PACKED {
            for change in changes {
                items.push(single(change, retention)?);
            }
        } else {
            for changes in changes.chunks(MAX_PACKED) {
                pack_into(&mut items, list, changes, retention)?;
            }
        }
    }
    Ok(items)
}

/// Packs changes into one item, or into several if they are too large.
fn pack_into(
    items: &mut Vec<JournalItem>,
    list: &str,
    changes: &[&Change],
    retention: SignedDuration,
) -> Result<(), JournalItemError> {
    let (Some(first), [_, _, ..]) = (changes.first(), changes) else {
        for change in changes {
            items.push(single(change, retention)?);
        }
        return Ok(());
    };
    let bytes = pack(changes)?;
    if bytes.len() > MAX_BYTES {
        let (left, right) = changes.split_at(changes.len() / 2);
        pack_into(items, list, left, retention)?;
        return pack_into(items, list, right, retention);
    }
    let mut item = common(&format!("{PACK}{list}"), first, retention);
    // A batch that is sent again may have another end. Its pack must not replace one with more changes.
    if let (Some(AttributeValue::S(entry)), Some(last)) = (item.get_mut("entry"), changes.last()) {
        entry.push('-');
        entry.push_str(&last.sequence);
    }
    item.insert("changes".to_owned(), AttributeValue::B(Blob::new(bytes)));
    item.insert("count".to_owned(), AttributeValue::N(changes.len().to_string()));
    items.push(JournalItem { item, sequences: changes.iter().map(|change| change.sequence.clone()).collect() });
    Ok(())
}

/// Returns the item of one change.
fn single(change: &Change, retention: SignedDuration) -> Result<JournalItem, JournalItemError> {
    let mut item = common(&change.key.number, change, retention);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let month = change.at.to_string().chars().take("2026-11".len()).collect();
    item.insert("month".to_owned(), AttributeValue::S(month));
    item.insert("rule".to_owned(), text(&change.key.rule));
    let (cause, stamp) = match change.origin() {
        ChangeOrigin::Tool(stamp) => ("tool", Some(stamp)),
        ChangeOrigin::Import(_) => ("import", None),
        ChangeOrigin::ListedRemoval(_) | ChangeOrigin::Other => ("console or program", None),
        ChangeOrigin::Expiry => ("expiry", None),
    };
    item.insert("cause".to_owned(), text(cause));
    // For a person who reads the table. The tools read the stamp of the image.
    if let Some(stamp) = stamp {
        item.insert("by".to_owned(), text(&stamp.by));
        item.insert("via".to_owned(), text(&stamp.via));
        item.extend(stamp.because.map(|because| ("because".to_owned(), AttributeValue::S(because))));
    }
    let images = || [("before", &change.before), ("after", &change.after)].into_iter();
    let images = images().filter_map(|(name, image)| Some((name, image.as_ref()?)));
    let bytes: usize = images.clone().map(|(_, image)| size(image)).sum();
    let depth = images.clone().flat_map(|(_, image)| image.values()).map(depth).max().unwrap_or_default();
    if change.are_images_lost {
        item.insert("images_lost".to_owned(), AttributeValue::Bool(true));
    } else if bytes <= MAX_BYTES && depth < MAX_DEPTH {
        item.extend(images.map(|(name, image)| (name.to_owned(), AttributeValue::M(image.clone()))));
    } else {
        let packed = pack(&[change])?;
        let (name, value) = if packed.len() <= MAX_BYTES {
            ("changes", AttributeValue::B(Blob::new(packed)))
        } else {
            ("images_lost", AttributeValue::Bool(true))
        };
        item.insert(name.to_owned(), value);
    }
    Ok(JournalItem { item, sequences: vec![change.sequence.clone()] })
}

/// Returns the attributes that all items of the journal have.
fn common(number: &str, change: &Change, retention: SignedDuration) -> Attributes {
    let expires_at = change.at.checked_add(retention).unwrap_or(Timestamp::MAX);
    let number_of = |at: Timestamp| AttributeValue::N(at.as_second().to_string());
    let sequence = &change.sequence;
    Attributes::from([
        ("number".to_owned(), AttributeValue::S(number.to_owned())),
        ("entry".to_owned(), AttributeValue::S(format!("{}#{sequence:0>SEQUENCE_DIGITS$}", change.at))),
        ("at".to_owned(), number_of(change.at)),
        ("sequence".to_owned(), AttributeValue::S(sequence.clone())),
        ("expires_at".to_owned(), number_of(expires_at)),
    ])
}

/// Returns the `number` of the packs of a list.
pub(super) fn pack_partition(list: &str) -> String {
    format!("{PACK}{list}")
}

/// Reads the changes of an item of the journal. An item without the `entry` of a change, such as the position in a stream, has
/// none.
///
/// # Errors
/// When the item is not as [`journal_items`] makes it.
pub fn changes_of(item: &Attributes) -> Result<Vec<Change>, JournalItemError> {
    if !item.get("entry").and_then(|entry| entry.as_s().ok()).is_some_and(|entry| entry.contains('#')) {
        return Ok(Vec::new());
    }
    if let Some(packed) = item.get("changes") {
        return unpack(packed.as_b().map_err(|_| JournalItemError::Attribute("changes"))?.as_ref());
    }
    let text = |name: &'static str| {
        let value = item.get(name).and_then(|value| value.as_s().ok());
        value.cloned().ok_or(JournalItemError::Attribute(name))
    };
    let seconds = item.get("at").and_then(|at| at.as_n().ok()).and_then(|at| at.parse().ok());
    let image = |name: &str| item.get(name).and_then(|image| image.as_m().ok()).cloned();
    Ok(vec![Change {
        key: Key { number: text("number")?, rule: text("rule")? },
        at: seconds.and_then(|at| Timestamp::from_second(at).ok()).ok_or(JournalItemError::Attribute("at"))?,
        sequence: text("sequence")?,
        before: image("before"),
        after: image("after"),
        is_expiry: matches!(item.get("cause"), Some(AttributeValue::S(cause)) if cause == "expiry"),
        are_images_lost: item.contains_key("images_lost"),
    }])
}

/// Returns the size of an image in bytes, a little more than DynamoDB counts.
fn size(image: &Attributes) -> usize {
    image.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len() + 3,
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(|text| text.len() + 3).sum(),
        AttributeValue::L(values) => 3 + values.iter().map(|value| value_size(value) + 1).sum::<usize>(),
        AttributeValue::M(values) => 3 + size(values) + values.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len() + 3,
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len() + 3).sum(),
        _ => 3,
    }
}

fn depth(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::L(values) => 1 + values.iter().map(depth).max().unwrap_or_default(),
        AttributeValue::M(values) => 1 + values.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

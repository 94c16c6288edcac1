//! The stamp that a tool of precall leaves on an item: who changed it, by what way, and why.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use precall::rule::CHANGED;
use uuid::Uuid;

use super::item_hash::item_hash;
use crate::store::{Attributes, TypedJsonError};

/// The greatest difference between the instants of a change and of its stamp. A tool stamps an item immediately before it writes
/// or removes it. Clocks may differ a little. An older stamp was copied from another item.
const MAX_STAMP_AGE: SignedDuration = SignedDuration::from_secs(60);

/// A stamp: the attribute `changed` of an item.
///
/// It is not a signature: a program that can write the table can write any stamp. It is a note of the tools, which does not fit
/// if another program changes the item, or copies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// A UUID of version 7, which is new for each change, and has its time.
    pub id: String,
    /// The person: `user@host`, or the ARN of an AWS identity.
    pub by: String,
    /// The command, such as `put`.
    pub via: String,
    /// The reason that the person gave.
    pub because: Option<String>,
    /// The hash of the item that the stamp was written for. Without it, the stamp fits no item.
    pub item: Option<String>,
    /// True if the item was stamped to be removed immediately after.
    pub is_removal: bool,
}

impl Stamp {
    /// Returns a new stamp, which does not name its item yet.
    pub fn new(by: &str, via: &str, because: Option<&str>) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            by: by.to_owned(),
            via: via.to_owned(),
            because: because.map(str::to_owned),
            item: None,
            is_removal: false,
        }
    }

    /// Returns the same stamp for an item that is removed immediately after.
    #[must_use]
    pub fn of_removal(self) -> Self {
        Self { is_removal: true, ..self }
    }

    /// Returns the item with this stamp, which names the item, instead of the one that it has.
    ///
    /// # Errors
    /// When an attribute has a type that DynamoDB did not have in this version of its SDK.
    pub fn on(self, item: &Attributes) -> Result<Attributes, TypedJsonError> {
        let stamp = Self { item: Some(item_hash(item)?), ..self };
        let mut item = item.clone();
        item.insert(CHANGED.to_owned(), stamp.value());
        Ok(item)
    }

    /// Reads the stamp of an item; `None` if it has none, or one that no tool of precall wrote.
    pub fn of(item: &Attributes) -> Option<Self> {
        let Some(AttributeValue::M(stamp)) = item.get(CHANGED) else { return None };
        let text = |name: &str| stamp.get(name).and_then(|value| value.as_s().ok()).cloned();
        let is_removal = matches!(stamp.get("removal"), Some(AttributeValue::Bool(true)));
        Some(Self {
            id: text("id")?,
            by: text("by")?,
            via: text("via")?,
            because: text("because"),
            item: text("item"),
            is_removal,
        })
    }

    /// Returns true if the stamp was written for this item: the item is as its tool wrote it.
    pub fn fits(&self, item: &Attributes) -> bool {
        self.item.is_some() && item_hash(item).ok() == self.item
    }

    /// Returns true if the stamp can be that of a change at an instant, which left this item, or removed it.
    pub(super) fn is_of_change(&self, item: &Attributes, at: Timestamp) -> bool {
        let is_then = self.at().is_some_and(|stamped| at.duration_since(stamped).abs() <= MAX_STAMP_AGE);
        is_then && self.fits(item)
    }

    /// Returns the value of the attribute `changed`.
    pub fn value(&self) -> AttributeValue {
        let Self { id, by, via, because, item, is_removal } = self;
        let fields = [
            ("id", Some(id)),
            ("by", Some(by)),
            ("via", Some(via)),
            ("because", because.as_ref()),
            ("item", item.as_ref()),
        ];
        let texts = fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
        let mut stamp: Attributes = texts.map(|(name, text)| (name, AttributeValue::S(text.clone()))).collect();
        if *is_removal {
            stamp.insert("removal".to_owned(), AttributeValue::Bool(true));
        }
        AttributeValue::M(stamp)
    }

    /// Returns the instant of the stamp; `None` if its id is not a UUID of version 7.
    pub fn at(&self) -> Option<Timestamp> {
        let (seconds, nanoseconds) = Uuid::parse_str(&self.id).ok()?.get_timestamp()?.to_unix();
        Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanoseconds).ok()?).ok()
    }
}

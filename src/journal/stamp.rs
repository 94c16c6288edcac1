//! The stamp that a tool of precall leaves on an item: who changed it, by what way, and why.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::CHANGED;
use uuid::Uuid;

use crate::store::Attributes;

/// A stamp: the attribute `changed` of an item.
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
    /// True if the item was stamped to be removed immediately after.
    pub is_removal: bool,
}

impl Stamp {
    /// Returns a new stamp.
    pub fn new(by: &str, via: &str, because: Option<&str>) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            by: by.to_owned(),
            via: via.to_owned(),
            because: because.map(str::to_owned),
            is_removal: false,
        }
    }

    /// Returns the same stamp for an item that is removed immediately after.
    #[must_use]
    pub fn of_removal(self) -> Self {
        Self { is_removal: true, ..self }
    }

    /// Reads the stamp of an item; `None` if it has none, or one that no tool of precall wrote.
    pub fn of(item: &Attributes) -> Option<Self> {
        let Some(AttributeValue::M(stamp)) = item.get(CHANGED) else { return None };
        let text = |name: &str| stamp.get(name).and_then(|value| value.as_s().ok()).cloned();
        let is_removal = matches!(stamp.get("removal"), Some(AttributeValue::Bool(true)));
        Some(Self { id: text("id")?, by: text("by")?, via: text("via")?, because: text("because"), is_removal })
    }

    /// Returns the value of the attribute `changed`.
    pub fn value(&self) -> AttributeValue {
        let text = |text: &String| AttributeValue::S(text.clone());
        let mut stamp = Attributes::from([
            ("id".to_owned(), text(&self.id)),
            ("by".to_owned(), text(&self.by)),
            ("via".to_owned(), text(&self.via)),
        ]);
        if let Some(because) = &self.because {
            stamp.insert("because".to_owned(), text(because));
        }
        if self.is_removal {
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

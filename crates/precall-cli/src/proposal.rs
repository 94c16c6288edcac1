//! A proposal: a change of a rule that waits in the rules table for a second person. No call reads it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::without_bookkeeping;
use precall_hook::store::RulesTable;
use uuid::Uuid;

use crate::change_stamp::{self, ChangeStamper};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items::{self, PROPOSALS};
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::terminal::shortened;

/// A change of a rule that waits for a second person.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The name, which begins with the time.
    pub id: String,
    pub key: Key,
    /// The rule as it was when the change was proposed.
    pub old: Option<Attributes>,
    /// The proposed rule; `None` removes it.
    pub new: Option<Attributes>,
    pub by: String,
    pub at: Timestamp,
    pub because: Option<String>,
    /// The stored item of the proposal; empty if it is not stored yet.
    pub stored: Attributes,
}

impl Proposal {
    /// Returns a new proposal by the author of the stamps.
    pub fn new(key: &Key, old: Option<&Attributes>, new: Option<&Attributes>, stamper: &ChangeStamper) -> Self {
        let at = Timestamp::now();
        let random = Uuid::now_v7().simple().to_string().split_off(29);
        Self {
            id: format!("{}-{random}", at.strftime("%y%m%d-%H%M%S")),
            key: key.clone(),
            old: old.map(without_bookkeeping),
            new: new.map(without_bookkeeping),
            by: stamper.by().to_owned(),
            at,
            because: stamper.because().map(str::to_owned),
            stored: Attributes::new(),
        }
    }

    /// Reads all proposals of a table, the oldest first. An item that is not a proposal is an error in its place.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn all(store: &RulesTable) -> Result<Vec<Result<Self, Failure>>, Failure> {
        let mut items = store.attributes(PROPOSALS).await?;
        items.sort_by_cached_key(|item| items::key(item).rule);
        Ok(items.into_iter().map(Self::of_item).collect())
    }

    /// Reads a proposal.
    ///
    /// # Errors
    /// When there is none with this id, or it cannot be read.
    pub async fn read(store: &RulesTable, id: &str, location: &RulesLocation) -> Result<Self, Failure> {
        let key = Key { number: PROPOSALS.to_owned(), rule: id.trim().to_owned() };
        match stamped_write::get(store, &key).await? {
            Some(item) => Self::of_item(item),
            None => {
                Err(format!("there is no proposal {id} in {location}; `precall review` lists the open proposals")
                    .into())
            }
        }
    }

    fn of_item(item: Attributes) -> Result<Self, Failure> {
        let id = items::key(&item).rule;
        let text = |name: &str| {
            let text = item.get(name).and_then(|value| value.as_s().ok()).cloned();
            text.ok_or_else(|| {
                format!("proposal {id} has no `{name}`, so it cannot be read; end it with `precall reject {id}`")
            })
        };
        let map = |name: &str| item.get(name).and_then(|value| value.as_m().ok()).cloned();
        let key = Key { number: text("key_number")?, rule: text("key_rule")? };
        let (old, new) = (map("before"), map("after"));
        if new.as_ref().is_some_and(|new| items::key(new) != key) {
            return Err(format!("proposal {id} has a rule under another key; end it with `precall reject {id}`").into());
        }
        let at = text("proposed_at")?.parse().map_err(|error| {
            format!("proposal {id} has no instant in `proposed_at` ({error}); end it with `precall reject {id}`")
        })?;
        Ok(Self {
            by: text("proposed_by")?,
            because: text("because").ok(),
            id: id.clone(),
            key,
            old,
            new,
            at,
            stored: item,
        })
    }

    fn to_item(&self) -> Attributes {
        let key = Key { number: PROPOSALS.to_owned(), rule: self.id.clone() };
        let mut item = items::key_attributes(&key);
        let texts = [
            ("key_number", Some(&self.key.number)),
            ("key_rule", Some(&self.key.rule)),
            ("proposed_by", Some(&self.by)),
            ("because", self.because.as_ref()),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, AttributeValue::S(text?.clone()))));
        let maps = [("before", &self.old), ("after", &self.new)];
        let maps = maps.into_iter().filter_map(|(name, map)| Some((name, AttributeValue::M(map.clone()?))));
        item.extend(texts.chain(maps).map(|(name, value)| (name.to_owned(), value)));
        item.insert("proposed_at".to_owned(), AttributeValue::S(self.at.to_string()));
        item
    }

    /// Writes a new proposal.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn write(&self, table: &WritableTable, stamper: &ChangeStamper) -> Result<(), Failure> {
        match stamped_write::put(table, stamper, None, &self.to_item()).await? {
            StampedWriteOutcome::Done => Ok(()),
            StampedWriteOutcome::Changed => Err("another proposal has the same id; repeat the command".into()),
        }
    }

    /// Returns the message about a proposal that was written.
    pub fn written_text(&self, location: &RulesLocation) -> String {
        let id = &self.id;
        format!(
            "proposal {id} written to {location}; no call uses it: another person looks at it with `precall review {id}`, then \
             approves it with `precall approve {id}`\n"
        )
    }

    /// Returns true if the proposal is as it was made: neither the console, nor a program, nor the load of a backup has written it.
    pub fn is_genuine(&self) -> bool {
        change_stamp::is_as_proposed(&self.stored)
    }

    /// Returns true if the rule is still as it was when the change was proposed.
    pub fn is_current(&self, stored: Option<&Attributes>) -> bool {
        match (&self.old, stored) {
            (None, None) => true,
            (Some(old), Some(stored)) => change_stamp::is_same_rule(old, stored),
            _ => false,
        }
    }

    /// Returns true if the proposal is by this person. The account of a person on another machine is the same person.
    pub fn is_by(&self, person: &str) -> bool {
        let account = |name: &str| match name.split_once('@') {
            Some((account, _)) if !name.starts_with("arn:") => Some(account.to_owned()),
            _ => None,
        };
        let both = account(&self.by).zip(account(person));
        self.by == person || both.is_some_and(|(one, other)| one == other)
    }

    /// Returns what is proposed, in a line.
    pub fn summary(&self) -> String {
        let what = match (&self.old, &self.new) {
            (_, None) => "remove",
            (None, _) => "add",
            _ => "change",
        };
        let because = self.because.as_ref().map(|because| format!(": {}", shortened(because))).unwrap_or_default();
        format!("{what} rule `{}` under {}, by {}{because}", self.key.rule, self.key.number, self.by)
    }
}

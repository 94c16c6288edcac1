//! The items of a list's entries.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{BOOKKEEPING, Entry, Key};
use serde_json::{Map, Value};

use super::arguments::EntryAttributes;
use super::entry::ListEntry;
use super::entry_number::e164;
use super::exemption_items::ExemptionAttributes;
use super::exemption_row::{ExemptionEnd, ExemptionRow};
use super::holder_row::HolderRow;
use super::mark::MARK;
use super::number_prefix::number_prefix;
use crate::dynamodb::attribute_value::{self, Attributes};
use crate::dynamodb::items::{self, ItemChange};
use crate::failure::Failure;
use crate::strict_attributes;

/// The attribute of the side of the call that a number is on.
const SIDE: &str = "side";

/// The number of the items about many numbers.
const WILDCARD: &str = "*";

/// Builds the items of one list.
#[derive(Debug, Clone)]
pub struct ItemBuilder {
    list: String,
    /// The attributes of all items.
    common: Attributes,
    side: String,
    /// The attributes of exemptions; `None` for a list of rules.
    exemptions: Option<ExemptionAttributes>,
}

impl ItemBuilder {
    /// Returns a builder, after it has built an item to see that the hook can read it.
    ///
    /// # Errors
    /// When the hook cannot read such an item without a repair, or the items would have expired already.
    pub fn new(
        list: &str,
        attributes: &EntryAttributes,
        mark: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, Failure> {
        let mut common = common_attributes(list, attributes, mark);
        if let Some(at) = expires_at {
            if at <= Timestamp::now() {
                return Err(format!(
                    "the numbers would have left the list again at {at}, and block nothing; give the time of the copy \
                     with --copied, or a longer --forget-after"
                )
                .into());
            }
            common.insert("expires_at".to_owned(), AttributeValue::N(at.as_second().to_string()));
        }
        let builder = Self { list: list.to_owned(), common, side: attributes.side.clone(), exemptions: None };
        let (_, change) = builder.change(ListEntry::Add("+12125550100".to_owned()))?;
        if let ItemChange::Put(item) = change {
            let mistakes = match items::parse(&item) {
                Entry::Invalid(invalid) => invalid.reasons,
                Entry::Rule(rule) => rule.repairs,
                Entry::Fact(_) => Vec::new(),
            };
            if !mistakes.is_empty() {
                return Err(format!("the hook could not read rules with these options: {}", mistakes.join("; ")).into());
            }
        }
        Ok(builder)
    }

    /// Returns a builder of exemptions, after it has built an item to see that the hook can read it.
    ///
    /// # Errors
    /// When the hook cannot read such an item.
    pub fn of_exemptions(list: &str, exemptions: ExemptionAttributes, mark: &str) -> Result<Self, Failure> {
        let mut common = exemptions.common();
        common.insert(MARK.to_owned(), AttributeValue::S(mark.to_owned()));
        let builder = Self { list: list.to_owned(), common, side: "to".to_owned(), exemptions: Some(exemptions) };
        let number = "+12125550100".to_owned();
        let example = ExemptionRow { number, end: Some(ExemptionEnd::Never), start: None, proof: None };
        builder
            .change(ListEntry::Exempt(example))
            .map_err(|error| format!("the hook could not read exemptions with these options: {error}"))?;
        Ok(builder)
    }

    /// Returns a builder of facts about the holders of numbers, with `besides` if it is true.
    pub fn of_holders(list: &str, besides: bool, mark: &str) -> Self {
        let mut common = Attributes::from([(MARK.to_owned(), AttributeValue::S(mark.to_owned()))]);
        if besides {
            common.insert("besides".to_owned(), AttributeValue::Bool(true));
        }
        Self { list: list.to_owned(), common, side: "to".to_owned(), exemptions: None }
    }

    /// Returns the change of the table for an entry.
    ///
    /// # Errors
    /// When the entry's number cannot be read, or the hook could not read the item.
    pub fn change(&self, entry: ListEntry) -> Result<(Key, ItemChange), String> {
        match entry {
            ListEntry::Add(text) => {
                let (key, own) = self.key_of(&text)?;
                let mut item = self.common.clone();
                item.extend(own);
                if key.number == WILDCARD {
                    // The name of the pattern's attribute says which side it is on.
                    item.remove(SIDE);
                    if let Entry::Invalid(invalid) = items::parse(&item) {
                        return Err(invalid.reasons.join("; "));
                    }
                }
                Ok((key, ItemChange::Put(item)))
            }
            ListEntry::Remove(text) => Ok((self.key_of(&text)?.0, ItemChange::Remove)),
            ListEntry::Item(given) => self.change_of_item(given),
            ListEntry::Exempt(row) => self.exemption(&row),
            ListEntry::Holder(row) => self.holder(&row),
        }
    }

    fn holder(&self, row: &HolderRow) -> Result<(Key, ItemChange), String> {
        if number_prefix(&row.number).is_some() {
            return Err("an area code or another prefix; a holder has one number".to_owned());
        }
        let (key, own) = self.key_of(&row.number)?;
        let mut item = self.common.clone();
        item.insert("places".to_owned(), AttributeValue::S(row.place.to_owned()));
        item.insert("timezone".to_owned(), AttributeValue::S(row.zones.join(", ")));
        item.extend(own);
        match items::parse(&item) {
            Entry::Invalid(invalid) => Err(invalid.reasons.join("; ")),
            Entry::Rule(_) | Entry::Fact(_) => Ok((key, ItemChange::Put(item))),
        }
    }

    fn exemption(&self, row: &ExemptionRow) -> Result<(Key, ItemChange), String> {
        let exemptions = self.exemptions.as_ref().ok_or("an exemption in a list of rules")?;
        if number_prefix(&row.number).is_some() {
            return Err("an area code or another prefix; an exemption is for one number".to_owned());
        }
        let (key, own) = self.key_of(&row.number)?;
        let mut item = self.common.clone();
        item.extend(exemptions.of_row(row)?);
        item.extend(own);
        match items::parse(&item) {
            Entry::Invalid(invalid) => Err(invalid.reasons.join("; ")),
            Entry::Rule(_) | Entry::Fact(_) => Ok((key, ItemChange::Put(item))),
        }
    }

    /// Returns the key of the item for a number or a prefix, and the attributes that contain it.
    fn key_of(&self, text: &str) -> Result<(Key, Attributes), String> {
        let (number, rule, pattern) = match number_prefix(text) {
            Some(prefix) => (WILDCARD.to_owned(), format!("{}:{prefix}*", self.list), Some(format!("{prefix}*"))),
            None => (e164(text)?, self.list.clone(), None),
        };
        let key = Key { number, rule };
        let mut own = items::key_attributes(&key);
        if let Some(pattern) = pattern {
            // A wildcard item has its pattern in an attribute of its own.
            own.insert(self.side.clone(), AttributeValue::S(pattern));
        }
        Ok((key, own))
    }

    fn change_of_item(&self, mut given: Map<String, Value>) -> Result<(Key, ItemChange), String> {
        // The mark and the stamp of a copied item are those of another file and change.
        given.retain(|name, value| !value.is_null() && !BOOKKEEPING.contains(&name.as_str()));
        let number = match given.remove("number") {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => return Err(format!("`number` is {other}, not a number")),
            None => return Err("no `number`".to_owned()),
        };
        given.remove("rule");
        let (key, own) = self.key_of(&number)?;
        let mut item = self.common.clone();
        item.extend(attribute_value::of_json(Value::Object(given)).map_err(|error| error.to_string())?);
        let is_reject = matches!(item.get("status"),
            Some(AttributeValue::S(status)) if status.trim().eq_ignore_ascii_case("reject"));
        if !is_reject {
            item.remove("reason");
        }
        item.extend(own);
        if key.number == WILDCARD {
            item.remove(SIDE);
        }
        if let Entry::Invalid(invalid) = items::parse(&item) {
            return Err(invalid.reasons.join("; "));
        }
        strict_attributes::check(&item, None).map_err(|error| error.to_string())?;
        Ok((key, ItemChange::Put(item)))
    }
}

/// Returns the attributes of all items of a list, without the expiry.
fn common_attributes(list: &str, attributes: &EntryAttributes, mark: &str) -> Attributes {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut common = Attributes::from([
        ("status".to_owned(), text(&attributes.status)),
        ("priority".to_owned(), AttributeValue::N(attributes.priority.to_string())),
        (MARK.to_owned(), text(mark)),
    ]);
    if attributes.is_reject() {
        common.insert("code".to_owned(), text(attributes.code.as_deref().unwrap_or("603")));
        let reason = attributes.reason.clone().unwrap_or_else(|| format!("On list {list}"));
        common.insert("reason".to_owned(), AttributeValue::S(reason));
    } else if let Some(code) = &attributes.code {
        common.insert("code".to_owned(), text(code));
    }
    if attributes.side == "from" {
        common.insert(SIDE.to_owned(), text("from"));
    }
    common
}

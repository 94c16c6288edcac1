//! The setting of a rules table by which a second person has to approve changes of wildcard rules.

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::{Key, WILDCARD};
use precall_hook::store::{RulesTable, StoreError};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items::{PROPOSALS, TABLE_SETTINGS, key_attributes};
use crate::failure::Failure;

/// The attribute that is true if wildcard rules need a review.
const REQUIRED: &str = "wildcard";

/// The names of the notices of lists, which imports write under `*`.
const NOTICES: &str = "list:";

/// Returns the key of the setting.
pub fn key() -> Key {
    Key { number: TABLE_SETTINGS.to_owned(), rule: "review".to_owned() }
}

/// Returns the item of the setting, by which wildcard rules need a review.
pub fn item() -> Attributes {
    let mut item = key_attributes(&key());
    item.insert(REQUIRED.to_owned(), AttributeValue::Bool(true));
    item
}

/// Returns the stored item of the setting.
///
/// # Errors
/// When the table cannot be read.
pub async fn stored(store: &RulesTable) -> Result<Option<Attributes>, StoreError> {
    let get = store.client().get_item().table_name(store.name()).consistent_read(true);
    Ok(get.set_key(Some(key_attributes(&key()))).send().await?.item)
}

/// Returns true if wildcard rules need a review. A setting that cannot be read counts as switched on.
///
/// # Errors
/// When the table cannot be read.
pub async fn is_required(store: &RulesTable) -> Result<bool, StoreError> {
    let is_off = |item: &Attributes| item.get(REQUIRED) == Some(&AttributeValue::Bool(false));
    Ok(stored(store).await?.is_some_and(|item| !is_off(&item)))
}

/// Refuses a change of a wildcard rule without a review, if the table requires one; and each edit of a proposal or a setting, by
/// which one person could pass for two.
///
/// # Errors
/// When the change is refused, or the table cannot be read.
pub async fn check(store: &RulesTable, key: &Key) -> Result<(), Failure> {
    if [PROPOSALS, TABLE_SETTINGS].contains(&key.number.as_str()) {
        return Err(format!(
            "nothing was written: `{}` under {} is not a rule, so it is not edited; use `precall review`, `precall approve` or \
             `precall reject` for proposals and settings",
            key.rule, key.number
        )
        .into());
    }
    if is_wildcard_rule(key) && is_required(store).await? { Err(refusal(key)) } else { Ok(()) }
}

/// Returns the error of a change that a load must not make in a table that requires reviews: of a wildcard rule, a proposal, or a
/// setting. Returns `None` for other changes.
pub fn refusal_of_load(key: &Key) -> Option<Failure> {
    if [PROPOSALS, TABLE_SETTINGS].contains(&key.number.as_str()) {
        let Key { number, rule } = key;
        return Some(
            format!(
                "nothing was written: `{rule}` under {number} is not a rule, and this table requires reviews, so that no file may \
                 change it; leave it out"
            )
            .into(),
        );
    }
    is_wildcard_rule(key).then(|| refusal(key))
}

/// Returns true for a rule under `*`. The notices of lists are not rules.
fn is_wildcard_rule(key: &Key) -> bool {
    key.number == WILDCARD && !key.rule.starts_with(NOTICES)
}

fn refusal(key: &Key) -> Failure {
    format!(
        "nothing was written: rule `{}` is under `*`, and this table requires that a second person approves such a change; propose \
         it with `precall propose`",
        key.rule
    )
    .into()
}

//! The setting of a rules table by which a second person has to approve changes of wildcard rules.

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::{Key, WILDCARD, quoted};
use precall_hook::store::{RulesTable, StoreError};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items::{self, LISTS, PROPOSALS, TABLE_SETTINGS, key_attributes};
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
    if key.is_wildcard() && is_required(store).await? { Err(refusal(key)) } else { Ok(()) }
}

/// Refuses an edit of the notice of a list, which says the copy of the list that is in force: it would state another one. A notice
/// without a list may be removed, as a rule may.
///
/// # Errors
/// When the edit is refused, or the table cannot be read.
pub async fn refuse_notice(store: &RulesTable, key: &Key, is_removal: bool) -> Result<(), Failure> {
    let Some(list) = key.rule.strip_prefix(NOTICES).filter(|_| key.is_wildcard()) else { return Ok(()) };
    let record = key_attributes(&Key { number: LISTS.to_owned(), rule: list.to_owned() });
    let get = store.client().get_item().table_name(store.name()).consistent_read(true).set_key(Some(record));
    if is_removal && get.send().await.map_err(StoreError::from)?.item.is_none() {
        return Ok(());
    }
    Err(format!(
        "nothing was written: `{}` under {} is the notice of a list, which only its imports write, so it is not edited; import \
         the list with `precall import FILE --list {list}`, or remove it with `precall lists remove {list}`",
        key.rule, key.number
    )
    .into())
}

/// Refuses the removal of a list that has rules for prefixes under `*`, if the table requires a review of such changes.
///
/// # Errors
/// When the removal is refused, or the table cannot be read.
pub async fn check_list_removal(store: &RulesTable, list: &str) -> Result<(), Failure> {
    if !is_required(store).await? {
        return Ok(());
    }
    let of_prefix = format!("{list}:+");
    let is_of_list = |item: &Attributes| items::key(item).rule.starts_with(&of_prefix) && !item.contains_key("list");
    let wildcard = store.attributes(WILDCARD).await?;
    let rules: Vec<String> =
        wildcard.iter().filter(|item| is_of_list(item)).map(|item| items::key(item).rule).collect();
    let Some(first) = rules.first() else { return Ok(()) };
    let others = match rules.len() - 1 {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Err(format!(
        "nothing was removed: list {list} has rules under `*` ({}{others}), and this table requires that a second person approves \
         such a change; propose the removal of each with `precall propose --remove --number '*' --rule {first}`, then repeat the \
         command",
        quoted(first)
    )
    .into())
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
    key.is_wildcard().then(|| refusal(key))
}

fn refusal(key: &Key) -> Failure {
    format!(
        "nothing was written: rule `{}` is under `*`, and this table requires that a second person approves such a change; propose \
         it with `precall propose`",
        key.rule
    )
    .into()
}

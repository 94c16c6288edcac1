//! Items in one form, to compare them.

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::{BOOKKEEPING, canonical_number};

use crate::store::Attributes;

/// Returns an item without the attributes that tools write for themselves.
pub fn without_bookkeeping(item: &Attributes) -> Attributes {
    let is_own = |name: &str| BOOKKEEPING.iter().any(|own| name.trim().eq_ignore_ascii_case(own));
    item.iter().filter(|(name, _)| !is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns the rule of an item in a form in which the order of sets and the notation of numbers do not differ. A stream may have
/// them in another form than a read.
pub fn normal_form(item: &Attributes) -> Attributes {
    without_bookkeeping(item).into_iter().map(|(name, value)| (name, normal_value(value))).collect()
}

fn normal_value(value: AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::N(number) => AttributeValue::N(canonical_number(&number)),
        AttributeValue::Ns(numbers) => {
            let mut numbers: Vec<String> = numbers.iter().map(|number| canonical_number(number)).collect();
            numbers.sort_unstable();
            AttributeValue::Ns(numbers)
        }
        AttributeValue::Ss(mut texts) => {
            texts.sort_unstable();
            AttributeValue::Ss(texts)
        }
        AttributeValue::Bs(mut all) => {
            all.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
            AttributeValue::Bs(all)
        }
        AttributeValue::L(values) => AttributeValue::L(values.into_iter().map(normal_value).collect()),
        AttributeValue::M(values) => {
            AttributeValue::M(values.into_iter().map(|(name, value)| (name, normal_value(value))).collect())
        }
        other => other,
    }
}

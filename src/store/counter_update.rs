//! The conditional write that checks the limits of a counter and counts an attempt, in one step.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use precall::Reservation;

use super::counter_item::{ATTEMPTS, Attributes, CounterItem, EXPIRES_AT, KEEP_FOR, MAX_ENTRIES, after, entry};

/// The additional time for which attempts are kept: a clock that is ahead must not remove attempts that still count for
/// other clocks.
const MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// The length up to which a list is not shortened: such a list has about one kilobyte, for which a write is billed anyway.
const MAX_SHORT_LIST: usize = 16;

/// A conditional write of one item, or only its condition.
#[derive(Debug, Default)]
pub(super) struct CounterUpdate {
    pub(super) update: Option<String>,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: Attributes,
}

impl CounterUpdate {
    fn require(&mut self, condition: &str) {
        if !self.condition.is_empty() {
            self.condition.push_str(" AND ");
        }
        self.condition.push_str(condition);
    }

    fn name(&mut self, alias: &str, name: &str) {
        self.names.insert(alias.to_owned(), name.to_owned());
    }

    fn value(&mut self, alias: &str, value: AttributeValue) {
        self.values.insert(alias.to_owned(), value);
    }

    /// Adds the names of the attributes other than the list.
    fn name_all(&mut self) {
        self.name("#keep_for", KEEP_FOR);
        self.name("#longest", MAX_ENTRIES);
        self.name("#expires_at", EXPIRES_AT);
    }
}

/// X: blindly at first, then by what was found.
pub(super) fn update_of(
    reservation: &Reservation,
    found: Option<&CounterItem>,
    at: Timestamp,
    id: &str,
) -> CounterUpdate {
    let mut change = CounterUpdate::default();
    change.name("#attempts", ATTEMPTS);
    let keep_for = whole_seconds(reservation.keep.window);
    let max_entries = usize::from(reservation.keep.max).saturating_mul(2).max(MAX_SHORT_LIST);
    if let Some(found) = found.filter(|found| reservation.record && !found.has_room(keep_for, max_entries)) {
        replace(&mut change, found, keep_for.max(found.keep_for), max_entries.max(found.max_entries), at, id);
        return change;
    }
    let known_size = found.is_none().then(|| entry(at, id).len());
    for (n, limit) in reservation.limits.iter().enumerate() {
        let value = format!(":cutoff{n}");
        change.require(&before(usize::from(limit.max).saturating_sub(1), &value, known_size.is_some()));
        change.value(&value, after(limit.cutoff(at)));
    }
    if let Some(size) = known_size.filter(|_| reservation.record || !reservation.limits.is_empty()) {
        change.value(":size", number(&size));
    }
    // Without this condition, a value of another type would count as an empty list.
    change.require("(attribute_not_exists(#attempts) OR attribute_type(#attempts, :list))");
    change.value(":list", text("L"));
    if reservation.record {
        append(&mut change, keep_for, max_entries, instant_of(found, at), id, known_size.is_some());
    }
    change
}

/// Returns the instant to record, so that the list stays in order.
fn instant_of(found: Option<&CounterItem>, at: Timestamp) -> Timestamp {
    found.and_then(|found| found.times.first().copied()).map_or(at, |newest| newest.max(at))
}

/// Returns the condition that the list has no attempt at this index, or that the attempt is older than the value. A value of
/// another length than our entries, such as an instant in seconds, may sort like one. The condition refuses such items, so
/// that they are read and checked.
fn before(index: usize, value: &str, with_size: bool) -> String {
    let older = format!("#attempts[{index}] < {value}");
    if with_size {
        format!("(attribute_not_exists(#attempts[{index}]) OR ({older} AND size(#attempts[{index}]) = :size))")
    } else {
        format!("(attribute_not_exists(#attempts[{index}]) OR {older})")
    }
}

/// Adds the attempt at the front without reading the list, if attempts are kept long enough and the list is short enough.
fn append(change: &mut CounterUpdate, keep_for: i64, max_entries: usize, at: Timestamp, id: &str, with_size: bool) {
    let own = text(&entry(at, id));
    change.name_all();
    change.require(&before(0, ":after", with_size));
    change.require("NOT contains(#attempts, :own)");
    change.require(
        "(attribute_not_exists(#attempts) OR \
         (#keep_for >= :keep_for AND #longest >= :longest AND size(#attempts) < #longest))",
    );
    change.update = Some(
        "SET #attempts = list_append(:new, if_not_exists(#attempts, :none)), \
         #keep_for = if_not_exists(#keep_for, :keep_for), #longest = if_not_exists(#longest, :longest), \
         #expires_at = if_not_exists(#keep_for, :keep_for) + :from"
            .to_owned(),
    );
    change.value(":after", after(at));
    change.value(":new", AttributeValue::L(vec![own.clone()]));
    change.value(":own", own);
    change.value(":none", AttributeValue::L(Vec::new()));
    change.value(":keep_for", number(&keep_for));
    change.value(":longest", number(&max_entries));
    change.value(":from", number(&expires_at(at, 0)));
}

/// Writes the list again, without attempts that no rule needs. The condition is that the newest attempt is still the one
/// that was read, which is sufficient because entries are only added at the front.
fn replace(
    change: &mut CounterUpdate,
    found: &CounterItem,
    keep_for: i64,
    max_entries: usize,
    at: Timestamp,
    id: &str,
) {
    let at = instant_of(Some(found), at);
    let outdated = at
        .checked_sub(SignedDuration::from_secs(keep_for))
        .and_then(|cutoff| cutoff.checked_sub(MARGIN))
        .unwrap_or(Timestamp::MIN);
    let needed = found.entries.iter().zip(&found.times).filter(|(_, time)| **time > outdated);
    let kept = needed.take((max_entries / 2).saturating_sub(1)).map(|(entry, _)| text(entry));
    let list = std::iter::once(text(&entry(at, id))).chain(kept).collect();
    change.name_all();
    match found.entries.first() {
        Some(newest) => {
            change.require("#attempts[0] = :newest");
            change.value(":newest", text(newest));
        }
        None => change.require("attribute_not_exists(#attempts[0])"),
    }
    change.update =
        Some("SET #attempts = :list, #keep_for = :keep_for, #longest = :longest, #expires_at = :expires_at".to_owned());
    change.value(":list", AttributeValue::L(list));
    change.value(":keep_for", number(&keep_for));
    change.value(":longest", number(&max_entries));
    change.value(":expires_at", number(&expires_at(at, keep_for)));
}

/// Returns whole seconds, rounded up.
fn whole_seconds(window: SignedDuration) -> i64 {
    window.as_secs().saturating_add(i64::from(window.subsec_nanos() > 0)).max(0)
}

fn expires_at(at: Timestamp, keep_for: i64) -> i64 {
    at.as_second().saturating_add(1).saturating_add(MARGIN.as_secs()).saturating_add(keep_for)
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: &impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

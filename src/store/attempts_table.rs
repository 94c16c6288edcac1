//! The attempts table in DynamoDB, which frequency caps count: strict, whoever else claims at the same time.
//!
//! One item a counter: `attempts`, a list of `<13 digits of epoch ms>#<id>`, the newest first; `keep_for`
//! (seconds) and `longest` (entries), what any claim ever asked to be kept; and `expires_at` (epoch
//! seconds), the table's TTL. A claim is one conditional write: there is room for another attempt if the
//! attempt at index max - 1 is missing or older than the window. That is a count because the list is in
//! order; so a claim whose clock is behind the newest attempt's is recorded at that attempt's instant.
//!
//! Strict within one region: replicas of a global table accept writes before they know of each other's.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::store::rules_table::{Cause, StoreError, Table};
use precall::frequency_cap::{Claim, Counter, History};

/// The longest id, in characters: 2,000 entries are to fit into the 400 KB of an item.
pub const LONGEST_ID: usize = 128;

/// How far clocks may disagree. An attempt further in the future is a wrong clock's or a person's.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Kept beyond what is needed: a clock that is ahead must not throw away what still counts for others.
const MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// A list up to this long is left alone: it is about the one kilobyte that a write costs anyway.
const SHORT: usize = 16;

/// Instants must have 13 digits for texts to be in their order. In 2286 they have 14.
const LAST_INSTANT: i64 = 9_999_999_999_000;

/// Before the first repetition after a conflict with another's transaction, which takes milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// So many refusals are met by another write at once; from then on, others are given time.
const AT_ONCE: u32 = 5;

/// How long a claim is tried if the client has no time limit of its own.
const PATIENCE: Duration = Duration::from_secs(2);

const COUNTER: &str = "counter";
const ATTEMPTS: &str = "attempts";
const KEEP_FOR: &str = "keep_for";
const LONGEST: &str = "longest";
const EXPIRES_AT: &str = "expires_at";

type Attributes = HashMap<String, AttributeValue>;

/// The attempts table.
#[derive(Debug, Clone)]
pub struct Attempts {
    client: Client,
    table: String,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No limit was full, and the attempt is recorded wherever it counts.
    Admitted,
    /// Some limit is full, and nothing was recorded. With the attempts of all counters of the claims.
    Full(History),
}

impl Attempts {
    /// The table of this name, by a client whose time limits and retries hold here too.
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// One atomic step: if none of the claims' limits is full, records this attempt in each counter that
    /// says `record`; otherwise nothing is written and the actual history comes back.
    ///
    /// `at` is taken to the millisecond. `id` is the attempt's own: 1 to [`LONGEST_ID`] visible ASCII
    /// characters, best as many as all others have. A claim that is made again with the same `id` and `at`
    /// is not recorded twice. Claims on one counter are taken together.
    ///
    /// # Errors
    /// When the outcome is unknown, or an item is not one that this wrote. The attempt may then have been
    /// recorded nevertheless; it is never recorded beyond a limit.
    pub async fn claim(&self, claims: &[Claim], at: Timestamp, id: &str) -> Result<Outcome, StoreError> {
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(broken(&format!("an attempt's id must have 1 to {LONGEST_ID} ASCII characters and no blank")));
        }
        if !(0..=LAST_INSTANT).contains(&at.as_millisecond()) {
            return Err(broken("the clock is not between 1970 and 2286; set it"));
        }
        let mut asks = merged(claims);
        let impossible = asks.iter().any(|ask| ask.limits.iter().any(|limit| limit.max == 0));
        if impossible || !asks.iter().any(|ask| ask.record) {
            let history = self.read(&counters(claims)).await?;
            let full = asks.iter().any(|ask| history.get(&ask.counter).is_none_or(|seen| is_full(ask, seen, at)));
            return Ok(if full { Outcome::Full(history) } else { Outcome::Admitted });
        }
        // What is neither recorded nor limited needs no condition.
        asks.retain(|ask| ask.record || !ask.limits.is_empty());

        let began = Instant::now();
        let patience = self.patience();
        let mut found: Vec<Option<Found>> = asks.iter().map(|_| None).collect();
        let mut pause = FIRST_PAUSE;
        let mut round = 0_u32;
        loop {
            round = round.saturating_add(1);
            let changes = asks.iter().zip(&found).map(|(ask, found)| change(ask, found.as_ref(), at, id)).collect();
            let (obstacle, wait) = match self.write(&asks, changes).await? {
                Written::All => return Ok(Outcome::Admitted),
                Written::Refused(items) => {
                    let mut fresh = History::new();
                    for ((ask, found), item) in asks.iter().zip(&mut found).zip(items) {
                        let Some(item) = item else {
                            continue;
                        };
                        // Refused although it had no item: it is gone, or a store left it out of its answer.
                        let item = if item.is_empty() { self.item(&ask.counter).await? } else { item };
                        let item = Found::read(item)?;
                        if ask.record && item.has(id, at) {
                            // Recorded by a write whose answer was lost, and all of it, as it is atomic.
                            return Ok(Outcome::Admitted);
                        }
                        fresh.insert(ask.counter.clone(), item.times.clone());
                        *found = Some(item);
                    }
                    if asks.iter().any(|ask| fresh.get(&ask.counter).is_some_and(|seen| is_full(ask, seen, at))) {
                        return self.full(claims, fresh).await;
                    }
                    if fresh.values().any(|seen| seen.first().is_some_and(|newest| newest.duration_since(at) > SKEW)) {
                        return Err(broken("an attempt lies in the future; set the clock, or delete the item"));
                    }
                    // For something that the next write takes into account, or that others have changed
                    // meanwhile: one of them got on.
                    (of_attempts(Cause::Throttled, "too many claims at once"), round > AT_ONCE)
                }
                Written::Conflict(error) => (error, true),
            };
            if began.elapsed() + pause >= patience {
                return Err(obstacle);
            }
            if wait {
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// The attempts of these counters as of now, and beyond the limits asked for whatever else is kept;
    /// of a counter without any, an empty list. Strongly consistent; nothing is written.
    ///
    /// # Errors
    /// When any of them could not be read, or an item is not one that [`Attempts::claim`] wrote.
    pub async fn read(&self, counters: &[Counter]) -> Result<History, StoreError> {
        let mut history = History::new();
        let mut reads = JoinSet::new();
        for counter in counters {
            if history.insert(counter.clone(), Vec::new()).is_none() {
                let (attempts, counter) = (self.clone(), counter.clone());
                reads.spawn(async move {
                    let item = attempts.item(&counter).await?;
                    Ok::<_, StoreError>((counter, Found::read(item)?.times))
                });
            }
        }
        while let Some(read) = reads.join_next().await {
            let (counter, times) = read.map_err(|_| broken("a read ended early"))??;
            history.insert(counter, times);
        }
        Ok(history)
    }

    /// The whole history of a claim that was refused, of which some is known.
    async fn full(&self, claims: &[Claim], known: History) -> Result<Outcome, StoreError> {
        let others: Vec<_> = counters(claims).into_iter().filter(|counter| !known.contains_key(counter)).collect();
        let mut history = self.read(&others).await?;
        history.extend(known);
        Ok(Outcome::Full(history))
    }

    async fn item(&self, counter: &Counter) -> Result<Attributes, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key(COUNTER, text(counter.as_str()));
        let got = get.consistent_read(true).send().await.map_err(sdk_error)?;
        Ok(got.item.unwrap_or_default())
    }

    async fn write(&self, asks: &[Claim], changes: Vec<Change>) -> Result<Written, StoreError> {
        let mut changes: Vec<_> = asks.iter().zip(changes).collect();
        match (changes.len(), changes.pop()) {
            (1, Some((ask, change))) => self.update(ask, change).await,
            (_, last) => self.transact(changes.into_iter().chain(last)).await,
        }
    }

    async fn update(&self, ask: &Claim, change: Change) -> Result<Written, StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(COUNTER, text(ask.counter.as_str()))
            .set_update_expression(change.update)
            .condition_expression(change.condition)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values(Some(change.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else {
            return Ok(Written::All);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                Ok(Written::Refused(vec![Some(refusal.item.clone().unwrap_or_default())]))
            }
            Some(UpdateItemError::TransactionConflictException(_)) => Ok(conflict("TransactionConflictException")),
            _ => Err(sdk_error(error)),
        }
    }

    async fn transact(&self, changes: impl Iterator<Item = (&Claim, Change)>) -> Result<Written, StoreError> {
        let actions = changes.map(|(ask, change)| self.action(ask, change)).collect::<Result<_, _>>()?;
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(actions)).send().await else {
            return Ok(Written::All);
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancellation(cancelled.cancellation_reasons())
            }
            _ => Err(sdk_error(error)),
        }
    }

    fn action(&self, ask: &Claim, change: Change) -> Result<TransactWriteItem, StoreError> {
        let key = (COUNTER, text(ask.counter.as_str()));
        let item = TransactWriteItem::builder();
        Ok(match change.update {
            Some(update) => item.update(
                Update::builder()
                    .table_name(&self.table)
                    .key(key.0, key.1)
                    .update_expression(update)
                    .condition_expression(change.condition)
                    .set_expression_attribute_names(Some(change.names))
                    .set_expression_attribute_values(Some(change.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(|_| broken("an incomplete request"))?,
            ),
            None => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.table)
                    .key(key.0, key.1)
                    .condition_expression(change.condition)
                    .set_expression_attribute_names(Some(change.names))
                    .set_expression_attribute_values(Some(change.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(|_| broken("an incomplete request"))?,
            ),
        }
        .build())
    }

    /// The time limit of one operation, which all writes of a claim share.
    fn patience(&self) -> Duration {
        self.client.config().timeout_config().and_then(|limits| limits.operation_timeout()).unwrap_or(PATIENCE)
    }
}

/// What became of a write.
enum Written {
    All,
    /// For each ask, the item that stood against it, empty if the store told none; `None` if nothing did.
    Refused(Vec<Option<Attributes>>),
    /// Somebody else's transaction was in the way.
    Conflict(StoreError),
}

fn conflict(code: &str) -> Written {
    Written::Conflict(of_attempts(Cause::Throttled, code))
}

fn cancellation(reasons: &[CancellationReason]) -> Result<Written, StoreError> {
    let refused = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    if reasons.iter().any(refused) {
        let item = |reason: &CancellationReason| refused(reason).then(|| reason.item.clone().unwrap_or_default());
        return Ok(Written::Refused(reasons.iter().map(item).collect()));
    }
    let code = reasons.iter().find_map(|reason| reason.code().filter(|code| *code != "None")).unwrap_or("cancelled");
    match code {
        // The SDK does not look into a cancellation, so that throttling here is not its to repeat.
        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded" => {
            Ok(conflict(code))
        }
        "AccessDenied" => Err(of_attempts(Cause::Forbidden, code)),
        _ => Err(broken(code)),
    }
}

/// One claim a counter, in the order of counters, without limits that others imply.
fn merged(claims: &[Claim]) -> Vec<Claim> {
    let mut asks = BTreeMap::<&Counter, Claim>::new();
    for claim in claims {
        let ask = asks.entry(&claim.counter).or_insert_with(|| Claim { limits: Vec::new(), ..claim.clone() });
        ask.record |= claim.record;
        ask.keep = claim.limits.iter().fold(ask.keep.covering(claim.keep), |keep, limit| keep.covering(*limit));
        ask.limits.extend(&claim.limits);
    }
    let mut asks: Vec<_> = asks.into_values().collect();
    for ask in &mut asks {
        ask.limits.sort_by_key(|limit| (std::cmp::Reverse(limit.window), limit.max));
        let mut fewest = None;
        // No more in a shorter time than in a longer one says nothing new.
        ask.limits.retain(|limit| {
            let says_more = fewest.is_none_or(|fewest| limit.max < fewest);
            if says_more {
                fewest = Some(limit.max);
            }
            says_more
        });
    }
    asks
}

fn counters(claims: &[Claim]) -> Vec<Counter> {
    claims.iter().map(|claim| claim.counter.clone()).collect()
}

fn is_full(ask: &Claim, attempts: &[Timestamp], at: Timestamp) -> bool {
    ask.limits.iter().any(|limit| limit.is_full(attempts, at))
}

/// A counter's item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    /// Whether there is a list, be it empty.
    listed: bool,
    entries: Vec<String>,
    times: Vec<Timestamp>,
    keep_for: i64,
    longest: usize,
}

impl Found {
    fn read(mut item: Attributes) -> Result<Self, StoreError> {
        let malformed = |what: &str| broken(&format!("an item is not as it was written: {what}; delete or repair it"));
        let number = |name: &str| match item.get(name) {
            None => Ok(0),
            Some(AttributeValue::N(number)) => {
                number.parse::<u32>().map_err(|_| malformed(&format!("`{name}` is no whole number")))
            }
            Some(_) => Err(malformed(&format!("`{name}` is no number"))),
        };
        let (keep_for, longest) = (number(KEEP_FOR)?, number(LONGEST)?);
        let mut found = Self { keep_for: keep_for.into(), longest: longest as usize, ..Self::default() };
        match item.remove(ATTEMPTS) {
            None => return Ok(found),
            Some(AttributeValue::L(values)) => {
                found.listed = true;
                for value in values {
                    let AttributeValue::S(entry) = value else {
                        return Err(malformed("an attempt is no text"));
                    };
                    found.times.push(instant(&entry).ok_or_else(|| malformed("an attempt has no instant and id"))?);
                    found.entries.push(entry);
                }
            }
            Some(_) => return Err(malformed("`attempts` is no list")),
        }
        if found.times.is_sorted_by(|newer, older| newer >= older) {
            Ok(found)
        } else {
            Err(malformed("the attempts are not the newest first"))
        }
    }

    /// Whether the attempt of this id and instant is recorded. An earlier one of the same id is another.
    fn has(&self, id: &str, at: Timestamp) -> bool {
        let own = |entry: &str| entry.split_once('#').is_some_and(|(_, own)| own == id);
        let at = at.as_millisecond();
        self.entries.iter().zip(&self.times).any(|(entry, time)| time.as_millisecond() >= at && own(entry))
    }

    /// Whether an attempt can just be put before the others.
    fn has_room(&self, keep_for: i64, longest: usize) -> bool {
        !self.listed || (self.keep_for >= keep_for && self.longest >= longest && self.entries.len() < self.longest)
    }
}

fn entry(at: Timestamp, id: &str) -> String {
    format!("{:013}#{id}", at.as_millisecond())
}

/// What is greater than all entries up to this instant, and not than later ones.
fn after(at: Timestamp) -> AttributeValue {
    AttributeValue::S(format!("{:013}", at.as_millisecond().max(0).saturating_add(1)))
}

fn instant(entry: &str) -> Option<Timestamp> {
    let (digits, id) = entry.split_once('#')?;
    let well_formed = digits.len() == 13 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty();
    well_formed.then(|| digits.parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok())).flatten()
}

/// A conditional write of one item, or only its condition.
#[derive(Debug, Default)]
struct Change {
    update: Option<String>,
    condition: String,
    names: HashMap<String, String>,
    values: Attributes,
}

impl Change {
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

    /// Names of the item's attributes other than the list.
    fn name_all(&mut self) {
        self.name("#keep_for", KEEP_FOR);
        self.name("#longest", LONGEST);
        self.name("#expires_at", EXPIRES_AT);
    }
}

/// What to write for an ask: blindly at first, then by what was found.
fn change(ask: &Claim, found: Option<&Found>, at: Timestamp, id: &str) -> Change {
    let mut change = Change::default();
    change.name("#attempts", ATTEMPTS);
    let keep_for = whole_seconds(ask.keep.window);
    let longest = usize::from(ask.keep.max).saturating_mul(2).max(SHORT);
    if let Some(found) = found.filter(|found| ask.record && !found.has_room(keep_for, longest)) {
        replace(&mut change, found, keep_for.max(found.keep_for), longest.max(found.longest), at, id);
        return change;
    }
    let known_size = found.is_none().then(|| entry(at, id).len());
    for (n, limit) in ask.limits.iter().enumerate() {
        let value = format!(":cutoff{n}");
        change.require(&before(usize::from(limit.max).saturating_sub(1), &value, known_size.is_some()));
        change.value(&value, after(limit.cutoff(at)));
    }
    if let Some(size) = known_size.filter(|_| ask.record || !ask.limits.is_empty()) {
        change.value(":size", number(&size));
    }
    // Without this, what has another type and no places in it would be as good as an empty list.
    change.require("(attribute_not_exists(#attempts) OR attribute_type(#attempts, :list))");
    change.value(":list", text("L"));
    if ask.record {
        append(&mut change, keep_for, longest, instant_of(found, at), id, known_size.is_some());
    }
    change
}

/// The instant that is recorded: the list stays in order.
fn instant_of(found: Option<&Found>, at: Timestamp) -> Timestamp {
    found.and_then(|found| found.times.first().copied()).map_or(at, |newest| newest.max(at))
}

/// That a place in the list is free, or its attempt older than the value. What has another size than
/// our entries may be no entry although it sorts like one, such as an instant in seconds; such items
/// are refused, so that they are read and judged.
fn before(index: usize, value: &str, with_size: bool) -> String {
    let older = format!("#attempts[{index}] < {value}");
    if with_size {
        format!("(attribute_not_exists(#attempts[{index}]) OR ({older} AND size(#attempts[{index}]) = :size))")
    } else {
        format!("(attribute_not_exists(#attempts[{index}]) OR {older})")
    }
}

/// Puts the attempt before the others, whatever they are, if what they are kept for is enough and the
/// list not too long.
fn append(change: &mut Change, keep_for: i64, longest: usize, at: Timestamp, id: &str, with_size: bool) {
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
    change.value(":longest", number(&longest));
    change.value(":from", number(&expires_at(at, 0)));
}

/// Writes the list anew, without what nobody needs, if its newest attempt is still the one that was
/// seen: nothing is ever put elsewhere.
fn replace(change: &mut Change, found: &Found, keep_for: i64, longest: usize, at: Timestamp, id: &str) {
    let at = instant_of(Some(found), at);
    let outdated = at
        .checked_sub(SignedDuration::from_secs(keep_for))
        .and_then(|cutoff| cutoff.checked_sub(MARGIN))
        .unwrap_or(Timestamp::MIN);
    let needed = found.entries.iter().zip(&found.times).filter(|(_, time)| **time > outdated);
    let kept = needed.take((longest / 2).saturating_sub(1)).map(|(entry, _)| text(entry));
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
    change.value(":longest", number(&longest));
    change.value(":expires_at", number(&expires_at(at, keep_for)));
}

/// Rounded up.
fn whole_seconds(window: SignedDuration) -> i64 {
    window.as_secs().saturating_add(i64::from(window.subsec_nanos() > 0)).max(0)
}

fn expires_at(at: Timestamp, keep_for: i64) -> i64 {
    at.as_second().saturating_add(1).saturating_add(MARGIN.as_secs()).saturating_add(keep_for)
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: &impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Half of it to all of it, so that those who met part.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    pause.mul_f64(0.5 + f64::from(u16::try_from(random % 512).unwrap_or_default()) / 1_024.0)
}

fn of_attempts(cause: Cause, detail: &str) -> StoreError {
    StoreError { table: Table::Attempts, cause, detail: detail.to_owned() }
}

fn broken(detail: &str) -> StoreError {
    of_attempts(Cause::Broken, detail)
}

fn sdk_error<E: ProvideErrorMetadata>(error: SdkError<E>) -> StoreError {
    StoreError { table: Table::Attempts, ..error.into() }
}

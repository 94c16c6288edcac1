//! Many changes to the rules table: as fast as it takes them, none lost, none in the wrong order.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, DeleteRequest, PutRequest, TransactWriteItem,
    WriteRequest,
};
use dynoxide::Database;
use dynoxide::actions::transact_write_items as embedded;
use precall::rule::Key;
use precall_hook::store::{RulesTable, StoreError, StoreErrorKind, TableKind};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::entry::{Change, MARK};
use super::list::{List, taken_over};
use crate::dynamodb::items::{Attributes, LISTS, of_key};
use crate::failure::Failure;

/// Most requests of one `BatchWriteItem`.
const BATCH: usize = 25;

/// Most actions of one `TransactWriteItems`.
const TRANSACTION: usize = 100;

/// Requests on their way at the start, and at most. Each brings 25 items.
const FIRST_IN_FLIGHT: usize = 8;
const MOST_IN_FLIGHT: usize = 64;

/// Before the first try again, and at most; doubled each time, and drawn at random below that.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long the table may take nothing at all before the import gives up. It can be resumed.
const PATIENCE: Duration = Duration::from_mins(3);

/// Before an embedded database that somebody else writes is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Writes to one table.
pub struct Writer {
    store: RulesTable,
    /// The embedded database, where a transaction takes thousands of items and a request few.
    embedded: Option<Database>,
    in_flight: usize,
}

/// What one request of the table's is to do.
#[derive(Debug, Clone)]
enum Request {
    Batch(Vec<WriteRequest>),
    /// Removes items in one transaction, the first action of which asks whether the import has this list.
    Removal(Vec<TransactWriteItem>, String),
}

/// What became of a request.
enum Outcome {
    Done,
    /// This is left of it.
    Left(Request, StoreError),
}

impl Writer {
    pub fn new(store: RulesTable, embedded: Option<Database>) -> Self {
        Self { store, embedded, in_flight: FIRST_IN_FLIGHT }
    }

    /// Makes all these changes.
    ///
    /// # Errors
    /// When the table cannot be written; some of the changes may have been made.
    pub async fn change(&mut self, changes: HashMap<Key, Change>) -> Result<(), Failure> {
        if let Some(database) = &self.embedded {
            let (database, table) = (database.clone(), self.store.name().to_owned());
            return tokio::task::spawn_blocking(move || change_embedded(&database, &table, changes)).await?;
        }
        let mut requests = Vec::with_capacity(changes.len());
        for (key, change) in changes {
            requests.push(match change {
                Change::Put(item) => {
                    WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build()?).build()
                }
                Change::Remove => {
                    let delete = DeleteRequest::builder().set_key(Some(of_key(&key))).build()?;
                    WriteRequest::builder().delete_request(delete).build()
                }
            });
        }
        let batches = requests.chunks(BATCH).map(|batch| Request::Batch(batch.to_vec())).collect();
        self.send_all(batches).await
    }

    /// Removes these items, but for those that bear this mark by now, and only while the import has its list: what
    /// another import writes is not this one's to remove.
    ///
    /// # Errors
    /// When the table cannot be written, or another import has taken the list over; some may have been removed.
    pub async fn remove_unmarked(&mut self, keys: Vec<Key>, mark: &str, list: &List) -> Result<(), Failure> {
        let held = ConditionCheck::builder()
            .table_name(self.store.name())
            .set_key(Some(of_key(&Key { number: LISTS.to_owned(), rule: list.name.clone() })))
            .condition_expression("#import = :import")
            .expression_attribute_names("#import", "import")
            .expression_attribute_values(":import", AttributeValue::S(list.import.clone()))
            .build()?;
        let held = TransactWriteItem::builder().condition_check(held).build();
        // One after the other: they all look at the list's own item, and would be in each other's way.
        for keys in keys.chunks(TRANSACTION - 1) {
            let mut actions = vec![held.clone()];
            for key in keys {
                let delete = Delete::builder()
                    .table_name(self.store.name())
                    .set_key(Some(of_key(key)))
                    .condition_expression("attribute_not_exists(#mark) OR #mark <> :mark")
                    .expression_attribute_names("#mark", MARK)
                    .expression_attribute_values(":mark", AttributeValue::S(mark.to_owned()))
                    .build()?;
                actions.push(TransactWriteItem::builder().delete(delete).build());
            }
            self.send_all(VecDeque::from([Request::Removal(actions, list.name.clone())])).await?;
        }
        Ok(())
    }

    /// Sends requests side by side: more of them while the table takes them, fewer when it does not.
    async fn send_all(&mut self, requests: VecDeque<Request>) -> Result<(), Failure> {
        let mut waiting: VecDeque<(Request, u32)> = requests.into_iter().map(|request| (request, 0)).collect();
        let mut running = JoinSet::new();
        let mut last_done = Instant::now();
        loop {
            while running.len() < self.in_flight
                && let Some((request, tries)) = waiting.pop_front()
            {
                let store = self.store.clone();
                let pause = pause_before(tries)?;
                running.spawn(async move {
                    sleep(pause).await;
                    (send(&store, request).await, tries)
                });
            }
            let Some(done) = running.join_next().await else { return Ok(()) };
            match done? {
                (Ok(Outcome::Done), _) => {
                    last_done = Instant::now();
                    self.in_flight = (self.in_flight + 1).min(MOST_IN_FLIGHT);
                }
                (Ok(Outcome::Left(request, why)), tries) => {
                    if last_done.elapsed() > PATIENCE {
                        return Err(format!("the table took nothing for {} s: {why}", PATIENCE.as_secs()).into());
                    }
                    self.in_flight = (self.in_flight / 2).max(1);
                    waiting.push_front((request, tries + 1));
                }
                (Err(error), _) => return Err(error),
            }
        }
    }
}

/// How long to wait before a request's next try.
fn pause_before(tries: u32) -> Result<Duration, Failure> {
    if tries == 0 {
        return Ok(Duration::ZERO);
    }
    let most = FIRST_PAUSE.saturating_mul(1 << (tries - 1).min(16)).min(LONGEST_PAUSE);
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| format!("no random numbers from the operating system: {error}"))?;
    // Between half and all of it, so that requests that failed together do not come together again.
    Ok(most.mul_f64(0.5 + f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX) / 2.0))
}

async fn send(store: &RulesTable, request: Request) -> Result<Outcome, Failure> {
    let (refused, request) = match request {
        Request::Batch(batch) => {
            let sent = store.client().batch_write_item().request_items(store.name(), batch.clone()).send().await;
            match sent {
                Ok(answer) => {
                    let left = answer.unprocessed_items.and_then(|mut left| left.remove(store.name()));
                    return Ok(match left.filter(|left| !left.is_empty()) {
                        Some(left) => Outcome::Left(Request::Batch(left), unprocessed()),
                        None => Outcome::Done,
                    });
                }
                Err(error) => (StoreError::from(error), Request::Batch(batch)),
            }
        }
        Request::Removal(actions, list) => {
            let sent = store.client().transact_write_items().set_transact_items(Some(actions.clone())).send().await;
            let Err(error) = sent else { return Ok(Outcome::Done) };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    let mut codes = canceled.cancellation_reasons().iter().map(CancellationReason::code);
                    let is_refused = |code: Option<&str>| code == Some("ConditionalCheckFailed");
                    if codes.next().is_some_and(is_refused) {
                        return Err(taken_over(&list));
                    }
                    // Those that bear the mark by now stay.
                    let mut left = actions.iter().take(1).cloned().collect::<Vec<_>>();
                    let rest = actions.iter().skip(1).zip(codes.chain(std::iter::repeat(None)));
                    left.extend(rest.filter(|(_, code)| !is_refused(*code)).map(|(action, _)| action.clone()));
                    if left.len() < 2 {
                        return Ok(Outcome::Done);
                    }
                    return Ok(Outcome::Left(Request::Removal(left, list), unprocessed()));
                }
                _ => (StoreError::from(error), Request::Removal(actions, list)),
            }
        }
    };
    match refused.kind {
        StoreErrorKind::Forbidden | StoreErrorKind::MissingTable | StoreErrorKind::ConditionFailed => {
            Err(refused.into())
        }
        // It will be no better the next time.
        StoreErrorKind::InvalidRequest => Err(refused.into()),
        // An answer that was lost may have been a yes; doing it again changes nothing.
        StoreErrorKind::Throttled | StoreErrorKind::Timeout | StoreErrorKind::Unreachable | StoreErrorKind::Broken => {
            Ok(Outcome::Left(request, refused))
        }
    }
}

fn unprocessed() -> StoreError {
    StoreError::new(TableKind::Rules, StoreErrorKind::Throttled, "unprocessed items")
}

type EmbeddedItem = HashMap<String, dynoxide::AttributeValue>;

/// Puts items into an embedded database, all in one transaction.
///
/// # Errors
/// When one of them is no item of the table.
pub fn fill(database: &Database, table: &str, items: Vec<Attributes>) -> Result<(), Failure> {
    let items = items.into_iter().map(embedded_item).collect::<Result<_, _>>()?;
    database.import_items(table, items, dynoxide::ImportOptions::default())?;
    Ok(())
}

/// All puts in one transaction, then what is to be removed, a hundred in one.
fn change_embedded(database: &Database, table: &str, changes: HashMap<Key, Change>) -> Result<(), Failure> {
    let mut puts: Vec<EmbeddedItem> = Vec::with_capacity(changes.len());
    let mut removals = Vec::new();
    for (key, change) in changes {
        match change {
            Change::Put(item) => puts.push(embedded_item(item)?),
            Change::Remove => removals.push(key),
        }
    }
    if !puts.is_empty() {
        unless_busy(|| database.import_items(table, puts.clone(), dynoxide::ImportOptions::default()))?;
    }
    for keys in removals.chunks(TRANSACTION) {
        let actions: Vec<_> = keys.iter().map(|key| removal(table, key)).collect();
        unless_busy(|| database.transact_write_items(transaction(&actions)))?;
    }
    Ok(())
}

fn transaction(actions: &[embedded::TransactWriteItem]) -> embedded::TransactWriteItemsRequest {
    embedded::TransactWriteItemsRequest {
        transact_items: actions.to_vec(),
        ..embedded::TransactWriteItemsRequest::default()
    }
}

fn removal(table: &str, key: &Key) -> embedded::TransactWriteItem {
    let text = |text: &str| dynoxide::AttributeValue::S(text.to_owned());
    let delete = embedded::TransactDelete {
        table_name: table.to_owned(),
        key: HashMap::from([("number".to_owned(), text(&key.number)), ("rule".to_owned(), text(&key.rule))]),
        ..embedded::TransactDelete::default()
    };
    embedded::TransactWriteItem { delete: Some(delete), ..embedded::TransactWriteItem::default() }
}

/// Tries until nobody else writes the database file, as a running `precall serve` does for a moment at a time.
fn unless_busy<T>(mut write: impl FnMut() -> dynoxide::Result<T>) -> Result<T, Failure> {
    let began = std::time::Instant::now();
    loop {
        match write() {
            Ok(done) => return Ok(done),
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => std::thread::sleep(BUSY_PAUSE),
            Err(error) => return Err(format!("the embedded database cannot be written: {error}").into()),
        }
    }
}

fn is_busy(error: &dynoxide::DynoxideError) -> bool {
    let text = error.to_string();
    text.contains("database is locked") || text.contains("database is busy")
}

fn embedded_item(item: Attributes) -> Result<EmbeddedItem, Failure> {
    item.into_iter().map(|(name, value)| Ok((name, embedded_value(value)?))).collect()
}

fn embedded_value(value: AttributeValue) -> Result<dynoxide::AttributeValue, Failure> {
    use dynoxide::AttributeValue as Embedded;
    Ok(match value {
        AttributeValue::S(text) => Embedded::S(text),
        AttributeValue::N(number) => Embedded::N(number),
        AttributeValue::Bool(flag) => Embedded::BOOL(flag),
        AttributeValue::Null(_) => Embedded::NULL(true),
        AttributeValue::Ss(texts) => Embedded::SS(texts),
        AttributeValue::Ns(numbers) => Embedded::NS(numbers),
        AttributeValue::L(values) => Embedded::L(values.into_iter().map(embedded_value).collect::<Result<_, _>>()?),
        _ => return Err("an attribute is no text, number, flag or list of these".into()),
    })
}

//! The ways to read the rules of a call in one sequential round trip, with the real SDK: on the
//! embedded DynamoDB, or on the one that `PRECALL_BENCH_DYNAMODB` names.
//!
//! Loopback has no distance, so each way is measured twice: straight, where work is compared, and
//! through a proxy that holds every request back for a while. The proxy is a stand-in for a network,
//! not a model of one: no jitter, no loss, no TLS.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest,
};
use precall_bench::{create_table, embedded, key, ms, percentile, rule};
use tokio::task::JoinSet;

const NUMBERS: usize = 10_000;
const RULES: [&str; 3] = ["dnc-national", "dnc-internal", "vip"];

/// What the proxy adds to each request.
const DISTANCE: Duration = Duration::from_millis(2);

/// Most calls of a way, and the most time that it may spend on them; its first is not counted.
const CALLS: usize = 1_000;
const SPENT: Duration = Duration::from_secs(4);

/// The ways take turns of so many calls, so that none has a better moment than another.
const TURN: usize = 50;

#[derive(Debug, Clone, Copy)]
enum Way {
    /// The caller's rules are at hand: one query.
    QueryCallee,
    /// Two queries side by side.
    QueryBoth,
    /// One `PartiQL` statement over both partitions.
    PartiQl,
    /// Whole keys, so the names of the rules must be known beforehand.
    BatchGet,
}

impl Way {
    const ALL: [Self; 4] = [Self::QueryCallee, Self::QueryBoth, Self::PartiQl, Self::BatchGet];

    fn name(self) -> &'static str {
        match self {
            Self::QueryCallee => "query of the callee, caller cached",
            Self::QueryBoth => "two queries side by side",
            Self::PartiQl => "PartiQL `IN` over both",
            Self::BatchGet => "batch get of known names",
        }
    }

    fn numbers(self) -> usize {
        if matches!(self, Self::QueryCallee) { 1 } else { 2 }
    }
}

#[tokio::main]
async fn main() {
    let url = match std::env::var("PRECALL_BENCH_DYNAMODB") {
        Ok(url) => url,
        Err(_) => embedded().await,
    };
    let table = format!("precall-bench-lookup-{}", std::process::id());
    let straight = precall_bench::client(&url, &table).await;
    create_table(&straight, &table).await;
    fill(&straight, &table).await;

    let far = precall_bench::client(&proxy(&url), &table).await;
    let near = measure(&Rules::new(&straight, &table)).await;
    let far = measure(&Rules::new(&far, &table)).await;
    straight.delete_table().table_name(&table).send().await.unwrap();

    println!(
        "| way | requests | read units | p50 | p99 | calls | p50, {0} ms added | p99, {0} ms added | calls |",
        DISTANCE.as_millis()
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for ((way, mut near), mut far) in Way::ALL.into_iter().zip(near).zip(far) {
        let mut row = format!("| {} | {} | {}", way.name(), near.requests(), near.units());
        for outcome in [&mut near, &mut far] {
            let (p50, p99) = (percentile(&mut outcome.times, 50), percentile(&mut outcome.times, 99));
            write!(row, " | {} | {} | {}", ms(p50), ms(p99), outcome.times.len()).unwrap();
        }
        println!("{row} |");
    }
}

/// What a way took.
#[derive(Debug, Default)]
struct Outcome {
    times: Vec<Duration>,
    spent: Duration,
    sent: usize,
    units: Option<f64>,
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    fn per_call(&self, total: f64) -> String {
        let mean = total / self.times.len().max(1) as f64;
        if mean.fract() == 0.0 { format!("{mean}") } else { format!("{mean:.1}") }
    }

    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    fn requests(&self) -> String {
        self.per_call(self.sent as f64)
    }

    fn units(&self) -> String {
        self.units.map_or_else(|| "not told".to_owned(), |units| self.per_call(units))
    }
}

async fn measure(rules: &Rules) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Way::ALL.iter().map(|_| Outcome::default()).collect();
    for way in Way::ALL {
        // Connections, and whatever is done only once.
        for n in 0..3 {
            rules.read(way, n).await;
        }
    }
    while outcomes.iter().any(|outcome| !over(outcome)) {
        for (way, outcome) in Way::ALL.into_iter().zip(&mut outcomes) {
            for _ in 0..TURN {
                if over(outcome) {
                    break;
                }
                // 7,919 is a prime: callees all over the table.
                let n = outcome.times.len() * 7_919;
                let before = rules.sent.0.load(Ordering::Relaxed);
                let began = Instant::now();
                let (items, units) = rules.read(way, n).await;
                let took = began.elapsed();
                assert_eq!(items, way.numbers() * RULES.len(), "{way:?}");
                outcome.times.push(took);
                outcome.spent += took;
                outcome.sent += rules.sent.0.load(Ordering::Relaxed) - before;
                outcome.units = units.map(|units| outcome.units.unwrap_or_default() + units);
            }
        }
    }
    outcomes
}

fn over(outcome: &Outcome) -> bool {
    outcome.times.len() >= CALLS || outcome.spent >= SPENT
}

/// The table, read in different ways; requests are counted where they leave.
struct Rules {
    client: Client,
    table: String,
    sent: Sent,
}

#[derive(Debug, Clone, Default)]
struct Sent(Arc<AtomicUsize>);

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "Sent"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Rules {
    fn new(client: &Client, table: &str) -> Self {
        let sent = Sent::default();
        let config = client.config().to_builder().interceptor(sent.clone()).build();
        Self { client: Client::from_conf(config), table: table.to_owned(), sent }
    }

    /// Items found, and read units consumed, where the server tells.
    async fn read(&self, way: Way, n: usize) -> (usize, Option<f64>) {
        let (callee, caller) = (number(n), number(n + 1));
        match way {
            Way::QueryCallee => self.query(callee).await,
            Way::QueryBoth => {
                let ((a, units_a), (b, units_b)) = tokio::join!(self.query(callee), self.query(caller));
                (a + b, units_a.zip(units_b).map(|(a, b)| a + b))
            }
            Way::PartiQl => self.select(callee, caller).await,
            Way::BatchGet => self.get(&[callee, caller]).await,
        }
    }

    async fn query(&self, number: String) -> (usize, Option<f64>) {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#number = :number")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":number", AttributeValue::S(number))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .unwrap();
        assert!(answer.last_evaluated_key().is_none(), "three items are one page");
        (answer.items().len(), units(answer.consumed_capacity()))
    }

    /// A server that scans for this says so in pages: all of them are read.
    async fn select(&self, callee: String, caller: String) -> (usize, Option<f64>) {
        let (mut items, mut consumed, mut next) = (0, Some(0.0), None);
        loop {
            let answer = self
                .client
                .execute_statement()
                .statement(format!(r#"SELECT * FROM "{}" WHERE "number" IN [?, ?]"#, self.table))
                .parameters(AttributeValue::S(callee.clone()))
                .parameters(AttributeValue::S(caller.clone()))
                .consistent_read(true)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .set_next_token(next)
                .send()
                .await
                .unwrap();
            items += answer.items().len();
            consumed = consumed.zip(units(answer.consumed_capacity())).map(|(a, b)| a + b);
            next = answer.next_token().map(str::to_owned);
            if next.is_none() {
                return (items, consumed);
            }
        }
    }

    async fn get(&self, numbers: &[String]) -> (usize, Option<f64>) {
        let keys = numbers.iter().flat_map(|number| RULES.map(|rule| key(number, rule))).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.table, keys)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .unwrap();
        let items = answer.responses().and_then(|tables| tables.get(&self.table)).map_or(0, Vec::len);
        (items, units(answer.consumed_capacity().first()))
    }
}

fn units(consumed: Option<&ConsumedCapacity>) -> Option<f64> {
    consumed.and_then(ConsumedCapacity::capacity_units)
}

fn number(n: usize) -> String {
    format!("+1315{:07}", n % NUMBERS)
}

/// All numbers with all rules, by several batches at a time.
async fn fill(client: &Client, table: &str) {
    let items: Vec<_> = (0..NUMBERS).flat_map(|n| RULES.map(|name| rule(&number(n), name))).collect();
    let mut writes = JoinSet::new();
    for batch in items.chunks(25) {
        if writes.len() >= 8 {
            writes.join_next().await.unwrap().unwrap();
        }
        let requests = batch.iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = client.batch_write_item().request_items(table, requests.collect());
        writes.spawn(async move {
            let answer = write.send().await.unwrap();
            assert!(answer.unprocessed_items().is_none_or(|left| left.is_empty()), "a batch was written in part");
        });
    }
    while let Some(write) = writes.join_next().await {
        write.unwrap();
    }
}

/// A TCP proxy that holds each request back for [`DISTANCE`]; its URL. Threads, as the sleep of a
/// thread is finer than a tick of the runtime's timer.
fn proxy(url: &str) -> String {
    let target = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&target).unwrap();
            for stream in [&client, &server] {
                stream.set_nodelay(true).unwrap();
            }
            // A request may come in several pieces; only what follows an answer is a new one.
            let new = Arc::new(AtomicBool::new(true));
            let (from, to, is_new) = (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&new));
            std::thread::spawn(move || {
                pump(from, to, || {
                    if is_new.swap(false, Ordering::AcqRel) {
                        std::thread::sleep(DISTANCE);
                    }
                });
            });
            std::thread::spawn(move || pump(server, client, || new.store(true, Ordering::Release)));
        }
    });
    format!("http://{address}")
}

/// Passes bytes on until there are no more.
fn pump(mut from: TcpStream, mut to: TcpStream, before: impl Fn()) {
    let mut bytes = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        before();
        if to.write_all(bytes.get(..length).unwrap()).is_err() {
            break;
        }
    }
    // Whoever waits for the rest learns that there is none.
    drop(to.shutdown(std::net::Shutdown::Write));
}

//! Measures the methods to read the rules of a call in one sequential round trip, with the real SDK: on the
//! embedded DynamoDB, or on the one at the URL in `PRECALL_BENCH_DYNAMODB`.
//!
//! Loopback has no network latency, so each method is measured twice: directly, which compares the work, and
//! through a proxy that delays each request. The proxy does not model a network: it has no jitter, no loss and
//! no TLS.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a measurement that cannot continue should stop")]

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
use precall_bench::{embedded, key, ms, percentile, rule};
use precall_hook::store::TableSchema;
use tokio::task::JoinSet;

const NUMBERS: usize = 10_000;
const RULES: [&str; 3] = ["dnc-national", "dnc-internal", "vip"];

/// The proxy's delay of each request.
const DELAY: Duration = Duration::from_millis(2);

/// The greatest number of measured calls of a method, and the time after which no more calls are made.
const MAX_CALLS: usize = 1_000;
const MAX_SPENT: Duration = Duration::from_secs(4);

/// Calls per turn. The methods take turns, so that the machine's load is the same for all of them.
const TURN: usize = 50;

#[derive(Debug, Clone, Copy)]
/// A method to read the rules of the callee and the caller.
enum ReadMethod {
    /// One query; the caller's rules are cached.
    QueryCallee,
    /// Two concurrent queries.
    QueryBoth,
    /// One `PartiQL` statement over both partitions.
    PartiQl,
    /// A batch of keys, which needs the names of the rules.
    BatchGet,
}

impl ReadMethod {
    const ALL: [Self; 4] = [Self::QueryCallee, Self::QueryBoth, Self::PartiQl, Self::BatchGet];

    fn name(self) -> &'static str {
        match self {
            Self::QueryCallee => "query of the callee, caller cached",
            Self::QueryBoth => "two concurrent queries",
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
    let direct = precall_bench::client(&url).await;
    TableSchema::RULES.create(&direct, &table).unwrap().send().await.unwrap();
    fill(&direct, &table).await;

    let far = precall_bench::client(&proxy(&url)).await;
    let near = measure(&RulesReader::new(&direct, &table)).await;
    let far = measure(&RulesReader::new(&far, &table)).await;
    direct.delete_table().table_name(&table).send().await.unwrap();

    println!(
        "| method | requests | read units | p50 | p99 | calls | p50, {0} ms added | p99, {0} ms added | calls |",
        DELAY.as_millis()
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for ((method, mut near), mut far) in ReadMethod::ALL.into_iter().zip(near).zip(far) {
        let mut row = format!("| {} | {} | {}", method.name(), near.requests(), near.units());
        for measured in [&mut near, &mut far] {
            let (p50, p99) = (percentile(&mut measured.times, 50), percentile(&mut measured.times, 99));
            write!(row, " | {} | {} | {}", ms(p50), ms(p99), measured.times.len()).unwrap();
        }
        println!("{row} |");
    }
}

/// The measurements of a method.
#[derive(Debug, Default)]
struct MethodTimes {
    times: Vec<Duration>,
    spent: Duration,
    sent: usize,
    units: Option<f64>,
}

impl MethodTimes {
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
        self.units.map_or_else(|| "not reported".to_owned(), |units| self.per_call(units))
    }
}

async fn measure(rules: &RulesReader) -> Vec<MethodTimes> {
    let mut all_times: Vec<MethodTimes> = ReadMethod::ALL.iter().map(|_| MethodTimes::default()).collect();
    for method in ReadMethod::ALL {
        // The first calls open connections; they are not measured.
        for n in 0..3 {
            rules.read(method, n).await;
        }
    }
    while all_times.iter().any(|measured| !is_done(measured)) {
        for (method, measured) in ReadMethod::ALL.into_iter().zip(&mut all_times) {
            for _ in 0..TURN {
                if is_done(measured) {
                    break;
                }
                // 7,919 is a prime, so that the callees are spread over the table.
                let n = measured.times.len() * 7_919;
                let before = rules.sent.0.load(Ordering::Relaxed);
                let began = Instant::now();
                let (items, units) = rules.read(method, n).await;
                let took = began.elapsed();
                assert_eq!(items, method.numbers() * RULES.len(), "{method:?}");
                measured.times.push(took);
                measured.spent += took;
                measured.sent += rules.sent.0.load(Ordering::Relaxed) - before;
                measured.units = units.map(|units| measured.units.unwrap_or_default() + units);
            }
        }
    }
    all_times
}

fn is_done(method: &MethodTimes) -> bool {
    method.times.len() >= MAX_CALLS || method.spent >= MAX_SPENT
}

/// Reads the table, and counts the requests.
struct RulesReader {
    client: Client,
    table: String,
    sent: RequestCount,
}

#[derive(Debug, Clone, Default)]
struct RequestCount(Arc<AtomicUsize>);

impl Intercept for RequestCount {
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

impl RulesReader {
    fn new(client: &Client, table: &str) -> Self {
        let sent = RequestCount::default();
        let config = client.config().to_builder().interceptor(sent.clone()).build();
        Self { client: Client::from_conf(config), table: table.to_owned(), sent }
    }

    /// Returns the number of items and, if the server reports them, the consumed read units.
    async fn read(&self, method: ReadMethod, n: usize) -> (usize, Option<f64>) {
        let (callee, caller) = (number(n), number(n + 1));
        match method {
            ReadMethod::QueryCallee => self.query(callee).await,
            ReadMethod::QueryBoth => {
                let ((a, units_a), (b, units_b)) = tokio::join!(self.query(callee), self.query(caller));
                (a + b, units_a.zip(units_b).map(|(a, b)| a + b))
            }
            ReadMethod::PartiQl => self.select(callee, caller).await,
            ReadMethod::BatchGet => self.get(&[callee, caller]).await,
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

    /// Reads all pages: a server that scans for this statement returns several.
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

/// Writes all rules of all numbers, with several concurrent batches.
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

/// Starts a TCP proxy that delays each request by [`DELAY`]. Returns its URL. It uses threads, because the sleep of a
/// thread is more precise than the runtime's timer.
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
            // A request may arrive in several pieces; only the first piece after an answer is delayed.
            let new = Arc::new(AtomicBool::new(true));
            let (from, to, is_new) = (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&new));
            std::thread::spawn(move || {
                pump(from, to, || {
                    if is_new.swap(false, Ordering::AcqRel) {
                        std::thread::sleep(DELAY);
                    }
                });
            });
            std::thread::spawn(move || pump(server, client, || new.store(true, Ordering::Release)));
        }
    });
    format!("http://{address}")
}

/// Copies bytes until the end, and calls `before` before each write.
fn pump(mut from: TcpStream, mut to: TcpStream, before: impl Fn()) {
    let mut bytes = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        before();
        if to.write_all(bytes.get(..length).unwrap()).is_err() {
            break;
        }
    }
    // The reader gets the end of the stream.
    drop(to.shutdown(std::net::Shutdown::Write));
}

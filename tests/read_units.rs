//! The reads of a call: how many requests, how many of them one after the other, and how many read units. Stamps, list notices and
//! the journal add none.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use precall_test::dynamodb::DynamoDb;
use serde_json::{Value, json};
use support::Function;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const CALLER: &str = "+12125550100";

/// The time by which the meter delays each request, so that requests at the same time can be distinguished from a sequence.
const DELAY: Duration = Duration::from_millis(60);

/// A request that the meter passed on.
#[derive(Debug, Clone)]
struct MeteredRequest {
    operation: String,
    table: String,
    units: f64,
    began: Instant,
    ended: Instant,
}

/// A proxy in front of the store that lets it report the consumed capacity of each request.
struct Meter {
    url: String,
    requests: Arc<Mutex<Vec<MeteredRequest>>>,
}

impl Meter {
    async fn start(store: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<MeteredRequest>>>::default();
        let shared = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let requests = Arc::clone(&shared);
                tokio::spawn(async move {
                    let mut client = BufReader::new(client);
                    // The end of a connection is no failure.
                    while let Some(request) = message(&mut client).await {
                        let (metered, answer) = pass_on(store, request).await;
                        requests.lock().unwrap().push(metered);
                        if client.write_all(&answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// Returns the requests since the last time.
    fn take(&self) -> Vec<MeteredRequest> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

/// Reads the head and the body of a message.
async fn message(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

async fn pass_on(store: SocketAddr, (head, body): (String, Vec<u8>)) -> (MeteredRequest, Vec<u8>) {
    let began = Instant::now();
    let mut request: Value = serde_json::from_slice(&body).unwrap();
    request["ReturnConsumedCapacity"] = "TOTAL".into();
    let body = request.to_string();
    let lines = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
    let head = format!("{}\r\ncontent-length: {}\r\n\r\n", lines.clone().collect::<Vec<_>>().join("\r\n"), body.len());
    let operation = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"))
        .map(|(_, target)| target.rsplit('.').next().unwrap().to_owned())
        .unwrap_or_default();
    tokio::time::sleep(DELAY).await;
    let mut upstream = BufReader::new(TcpStream::connect(store).await.unwrap());
    upstream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let (head, body) = message(&mut upstream).await.expect("an answer with a length");
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let metered = MeteredRequest {
        operation,
        table: request["TableName"].as_str().unwrap_or_default().to_owned(),
        units: answer["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap_or_default(),
        began,
        ended: Instant::now(),
    };
    (metered, [head.into_bytes(), body].concat())
}

/// Returns the greatest number of requests of which each began after the one before had ended.
fn sequence(requests: &[MeteredRequest]) -> usize {
    let mut depths: Vec<usize> = Vec::new();
    let mut ordered = requests.to_vec();
    ordered.sort_by_key(|request| request.began);
    for (nth, request) in ordered.iter().enumerate() {
        let before = ordered[..nth].iter().zip(&depths).filter(|(earlier, _)| earlier.ended <= request.began);
        depths.push(1 + before.map(|(_, depth)| *depth).max().unwrap_or_default());
    }
    depths.into_iter().max().unwrap_or_default()
}

/// Rules as the commands leave them: with stamps, and with the notice of a list.
async fn stamped_rules(dynamodb: &DynamoDb) {
    let stamp = json!({ "id": "01a20765-2c40-721d-b0bb-5d3d9a2c1f00", "by": "arn:aws:sts::123456789012:assumed-role/Operator/anna",
        "via": "put", "because": "a reason of some length ".repeat(8), "item": "0123456789ab" });
    for nth in 0..10 {
        let number = format!("+1315555010{nth}");
        dynamodb
            .put(&json!({ "number": number, "rule": "note", "status": "PROCEED", "priority": 5, "changed": stamp }))
            .await;
        dynamodb
            .put(&json!({ "number": number, "rule": "list", "status": "PROCEED", "list_file": "0123456789ab" }))
            .await;
    }
    dynamodb.put(&json!({ "number": "*", "rule": "wide", "status": "REJECT", "to": "+1900*", "changed": stamp })).await;
    dynamodb
        .put(&json!({ "number": "*", "rule": "list:dnc", "list": "dnc", "copied": 1_795_800_000, "sha256": "ab".repeat(32),
            "file": "dnc.txt", "numbers": 12 }))
        .await;
}

/// The reads of one call: the requests, those in a sequence, and the read units.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reads {
    requests: usize,
    sequence: usize,
    units: f64,
}

async fn reads(meter: &Meter, function: &Function, table: &str, from: &str, to: &str) -> Reads {
    meter.take();
    assert_eq!(function.call(from, to).await.0, 200);
    // A refresh that the call did not wait for would still run.
    tokio::time::sleep(DELAY * 4).await;
    let requests = meter.take();
    for request in &requests {
        assert_eq!((request.operation.as_str(), request.table.as_str()), ("Query", table), "{requests:#?}");
        assert!(request.units > 0.0, "the store reports no units: {request:?}");
    }
    Reads {
        requests: requests.len(),
        sequence: sequence(&requests),
        units: requests.iter().map(|request| request.units).sum(),
    }
}

#[tokio::test]
async fn an_ordinary_call_needs_one_round_trip_and_one_read_unit() {
    let dynamodb = DynamoDb::start().await;
    stamped_rules(&dynamodb).await;
    let meter = Meter::start(dynamodb.address()).await;
    // The wildcard rules and those of the caller stay fresh for the whole test.
    let function = Function::start(
        &meter.url,
        &dynamodb.table,
        &[("PRECALL_RULES_FRESH_MS", "60000"), ("PRECALL_LOG_LEVEL", "info")],
    )
    .await;
    function.call(CALLER, "+13155550100").await;
    for nth in 1..8 {
        let read = reads(&meter, &function, &dynamodb.table, CALLER, &format!("+1315555010{nth}")).await;
        assert_eq!(read, Reads { requests: 1, sequence: 1, units: 1.0 }, "the callee's rules");
    }
    // A caller that the instance has not seen: its rules are read at the same time.
    let read = reads(&meter, &function, &dynamodb.table, "+12125550177", "+13155550108").await;
    assert_eq!((read.requests, read.sequence), (2, 1));
    assert!(read.units <= 2.0, "{read:?}");
}

#[tokio::test]
async fn a_call_with_stale_rules_needs_one_round_trip_and_three_read_units() {
    let dynamodb = DynamoDb::start().await;
    stamped_rules(&dynamodb).await;
    let meter = Meter::start(dynamodb.address()).await;
    let function = Function::start(&meter.url, &dynamodb.table, &[("PRECALL_RULES_FRESH_MS", "1")]).await;
    for nth in 0..4 {
        let read = reads(&meter, &function, &dynamodb.table, CALLER, &format!("+1315555010{nth}")).await;
        assert_eq!((read.requests, read.sequence), (3, 1), "the callee's rules, the caller's, and those under *");
        assert!(read.units <= 3.0, "{read:?}");
    }
}

#[test]
fn requests_at_the_same_time_are_no_sequence() {
    let start = Instant::now();
    let at = |began: u64, ended: u64| MeteredRequest {
        operation: String::new(),
        table: String::new(),
        units: 1.0,
        began: start + Duration::from_millis(began),
        ended: start + Duration::from_millis(ended),
    };
    for (requests, expected) in [
        (vec![], 0),
        (vec![at(0, 10), at(1, 9)], 1),
        (vec![at(0, 10), at(11, 20)], 2),
        (vec![at(0, 30), at(1, 10), at(11, 20), at(21, 25)], 3),
    ] {
        assert_eq!(sequence(&requests), expected, "{requests:?}");
    }
}

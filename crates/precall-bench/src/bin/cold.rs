//! Measures the time from exec to the first `/next`: of the hook and of a bare `lambda_http` function, in turns.
//!
//! `cold HOOK BARE LEAN`. Fails if the hook, with its first read from a store that answers at once, takes
//! more than 1.6 times as long as the bare function, or has more than 7,000,000 bytes. `crates/precall-bench/cold.sh`
//! builds each binary separately: in one build, each would have the features of the other.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot continue should stop"
)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use precall_bench::{client, embedded, ms, percentile, rule};
use precall_hook::store::TableSchema;

/// Measured starts of each case; the whole takes some seconds.
const ROUNDS: usize = 100;

/// Starts that are not measured: they read files from the disk, and the store prepares its statements.
const WARM_UP_ROUNDS: usize = 5;

/// The longest start. A longer one is a failure.
const MAX_START: Duration = Duration::from_secs(5);

/// The limits of the hook: its median relative to the bare function's, and its size.
const MAX_TIMES_BARE: f64 = 1.6;
const MAX_BYTES: u64 = 7_000_000;

/// Rows that others are compared with, and the row that has limits: its store takes no time, so that the time is the
/// function's.
const BARE: usize = 0;
const LEAN: usize = 1;
const LIMITED: usize = 3;

/// One row of the table.
struct StartCase<'c> {
    name: &'static str,
    binary: &'c str,
    /// The URL of its DynamoDB.
    store: Option<String>,
    /// A text of its log about the first read, to make sure that the case is measured.
    log_text: &'static str,
    starts: Vec<Duration>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [hook, bare, lean] = args.as_slice() else {
        eprintln!("usage: cold HOOK BARE LEAN; crates/precall-bench/cold.sh builds them");
        return ExitCode::FAILURE;
    };
    // The embedded DynamoDB runs until this is dropped.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let dynamodb = runtime.block_on(rules_table());

    let case = |name, binary, store, log_text| StartCase { name, binary, store, log_text, starts: Vec::new() };
    let mut cases = [
        case("bare `lambda_http`, as `cargo lambda new` makes it", bare, None, ""),
        case("bare `lambda_http`, the hook's features", lean, None, ""),
        case("`precall-hook`, first read from an embedded DynamoDB", hook, Some(dynamodb), r#""rules":2"#),
        case("the same, from a stub that answers at once", hook, Some(stub()), r#""rules":0"#),
        // The discard service's port: no program listens on it, and the system does not assign it.
        case("the same, connection refused", hook, Some("http://127.0.0.1:9".to_owned()), "could not be read"),
    ];
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        for case in &mut cases {
            let took = start(case);
            if round >= WARM_UP_ROUNDS {
                case.starts.push(took);
            }
        }
    }

    println!(
        "| from exec to the first `/next`, {ROUNDS} starts in turns | median | p90 | times bare | times lean | bytes |"
    );
    println!("|---|---|---|---|---|---|");
    let bare_median = percentile(&mut cases[BARE].starts, 50).as_secs_f64();
    let lean_median = percentile(&mut cases[LEAN].starts, 50).as_secs_f64();
    let mut failures = Vec::new();
    for (row, case) in cases.iter_mut().enumerate() {
        let (median, p90) = (percentile(&mut case.starts, 50), percentile(&mut case.starts, 90));
        let times = median.as_secs_f64() / bare_median;
        let times_lean = median.as_secs_f64() / lean_median;
        let bytes = std::fs::metadata(case.binary).expect(case.binary).len();
        println!("| {} | {} | {} | {times:.2} | {times_lean:.2} | {bytes} |", case.name, ms(median), ms(p90));
        if row == LIMITED && times > MAX_TIMES_BARE {
            failures.push(format!("{times:.2} times bare, more than {MAX_TIMES_BARE}"));
        }
        if row == LIMITED && bytes > MAX_BYTES {
            failures.push(format!("{bytes} bytes, more than {MAX_BYTES}"));
        }
    }
    for failure in &failures {
        eprintln!("cold: {failure}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures one start, from before the fork to the first line of the first request.
fn start(case: &StartCase<'_>) -> Duration {
    let api = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut command = Command::new(case.binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "precall-hook")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("PRECALL_API_KEYS", format!("vendor={}", "0123456789abcdef".repeat(4)))
        .envs(case.store.iter().map(|url| ("AWS_ENDPOINT_URL_DYNAMODB", url)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", case.binary));
    let answered = first_line(&api, began);
    let took = began.elapsed();
    let log = end(&mut child);
    let line = answered.unwrap_or_else(|error| panic!("{}: {error}; its output: {log}", case.name));
    assert!(line.starts_with("GET /2018-06-01/runtime/invocation/next"), "{}: {line}", case.name);
    assert!(log.contains(case.log_text), "{}: {:?} is not in {log}", case.name, case.log_text);
    took
}

/// Returns the first line of the first request. It waits in `accept`, not in a loop, so that the function and the store have
/// both cores. A connection by a watchdog ends a wait that is too long.
fn first_line(api: &TcpListener, began: Instant) -> std::io::Result<String> {
    let address = api.local_addr()?;
    let (done, watch) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        if watch.recv_timeout(MAX_START) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            drop(TcpStream::connect(address));
        }
    });
    let (stream, _) = api.accept()?;
    stream.set_read_timeout(Some(MAX_START))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    drop(done);
    if line.is_empty() && began.elapsed() >= MAX_START {
        return Err(ErrorKind::TimedOut.into());
    }
    Ok(line)
}

/// Ends a function. Returns its output.
fn end(child: &mut Child) -> String {
    child.kill().unwrap();
    child.wait().unwrap();
    let mut output = Vec::new();
    for pipe in [
        child.stdout.take().map(|out| Box::new(out) as Box<dyn Read>),
        child.stderr.take().map(|err| Box::new(err) as _),
    ] {
        pipe.expect("a pipe").read_to_end(&mut output).unwrap();
    }
    String::from_utf8_lossy(&output).into_owned()
}

/// Starts an embedded DynamoDB with two rules under `*`. Returns its URL.
async fn rules_table() -> String {
    const TABLE: &str = "precall-rules";
    let url = embedded().await;
    let client = client(&url).await;
    TableSchema::RULES.create(&client, TABLE).unwrap().send().await.unwrap();
    for name in ["premium", "withheld"] {
        client.put_item().table_name(TABLE).set_item(Some(rule("*", name))).send().await.unwrap();
    }
    url
}

/// Starts a stub of a rules table without rules, which answers at once: the rest of the time is the function's. Returns its URL.
fn stub() -> String {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 39\r\n\r\n\
        {\"Count\":0,\"Items\":[],\"ScannedCount\":0}";
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                // One read returns a whole request, because requests are small and loopback does not split them.
                let mut request = [0; 4_096];
                while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) && stream.write_all(ANSWER).is_ok() {}
            });
        }
    });
    format!("http://{address}")
}

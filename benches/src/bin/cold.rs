//! From exec to the first `/next`: the hook beside a bare `lambda_http` function, in turns.
//!
//! Fails when the hook takes more than 1.6 times as long, or has more than 7,000,000 bytes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should stop"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Starts of each function; bounds the whole to some seconds.
const ROUNDS: usize = 100;

/// Unmeasured starts at first: files come from the disk.
const WARM_UP: usize = 5;

const MOST_TIMES_BARE: f64 = 1.6;
const MOST_BYTES: u64 = 7_000_000;

struct Case<'c> {
    name: &'static str,
    binary: &'c str,
    env: Vec<(&'static str, String)>,
    starts: Vec<Duration>,
}

fn main() -> ExitCode {
    let store = store();
    let (hook, bare) = ("target/release/precall-hook", "target/release/precall-bare");
    let hook_env = |store: SocketAddr| {
        vec![
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{store}")),
            ("PRECALL_API_KEYS", format!("vendor={}", "0123456789abcdef".repeat(4))),
        ]
    };
    // Bound and never listening, so that a connect is refused.
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let mut cases = [
        Case { name: "bare lambda_http", binary: bare, env: Vec::new(), starts: Vec::new() },
        Case { name: "precall-hook, with its first read", binary: hook, env: hook_env(store), starts: Vec::new() },
        Case { name: "precall-hook, table refuses", binary: hook, env: hook_env(nobody), starts: Vec::new() },
    ];
    for round in 0..WARM_UP + ROUNDS {
        for case in &mut cases {
            let start = start(case);
            if round >= WARM_UP {
                case.starts.push(start);
            }
        }
    }

    println!("| from exec to the first `/next`, {ROUNDS} starts in turns | median | p90 | times bare | bytes |");
    println!("|---|---|---|---|---|");
    let bare_median = quantile(&mut cases[0].starts, 0.5);
    let mut passed = true;
    for case in &mut cases {
        let (median, p90) = (quantile(&mut case.starts, 0.5), quantile(&mut case.starts, 0.9));
        let bytes = std::fs::metadata(case.binary).expect(case.binary).len();
        let times = median.as_secs_f64() / bare_median.as_secs_f64();
        println!("| {} | {} | {} | {times:.2} | {bytes} |", case.name, ms(median), ms(p90));
        passed &= bytes <= MOST_BYTES && (!case.name.contains("first read") || times <= MOST_TIMES_BARE);
    }
    if passed {
        ExitCode::SUCCESS
    } else {
        eprintln!("cold: more than {MOST_TIMES_BARE} times bare, or more than {MOST_BYTES} bytes");
        ExitCode::FAILURE
    }
}

/// One start, measured from before the fork to the first line of the first request.
fn start(case: &Case<'_>) -> Duration {
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
        .envs(case.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", case.binary));
    let (stream, _) = api.accept().unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    let took = began.elapsed();
    assert!(line.starts_with("GET /2018-06-01/runtime/invocation/next"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

/// A rules table without rules that answers at once: what is measured is the function, not a store.
fn store() -> SocketAddr {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 39\r\n\r\n\
        {\"Count\":0,\"Items\":[],\"ScannedCount\":0}";
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                // One read takes a whole request: it is small, and comes in one piece on loopback.
                let mut request = [0; 4_096];
                while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) && stream.write_all(ANSWER).is_ok() {}
            });
        }
    });
    address
}

fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = (times.len() as f64 * share) as usize;
    times.get(index).or(times.last()).copied().unwrap_or_default()
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

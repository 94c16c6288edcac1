//! Fixtures of the program's tests: runs of commands, and a running `precall serve`.

#![allow(dead_code, reason = "each test binary compiles this file and uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;

pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn precall(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_precall"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    precall(folder).args(arguments).output().unwrap()
}

/// Runs a command with a text as its standard input.
pub fn run_with(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read it may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Returns the reasons in a file of rejected lines, with their lines: `line 3: …`.
pub fn reasons(rejects: &str) -> Vec<&str> {
    rejects
        .lines()
        .filter_map(|line| line.strip_prefix("#!precall ").filter(|line| line.starts_with("line ")))
        .collect()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running `precall serve`, on ports that the system chooses. Dropping it kills the process.
pub struct Server {
    pub child: Child,
    pub lines: Receiver<String>,
    /// The lines that it has printed and a test has read.
    pub printed: String,
    pub hook: String,
    pub dynamodb: String,
    /// The address of its page; empty if it has none.
    pub page: String,
}

impl Server {
    pub fn start(folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = precall(folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0", "--page", "127.0.0.1:0"]);
        Self::of(command.args(arguments).envs(env.iter().copied()))
    }

    /// Starts a command that serves, and waits until it does.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        for stream in
            [Box::new(child.stderr.take().unwrap()) as Box<dyn Read + Send>, Box::new(child.stdout.take().unwrap())]
        {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        let (printed, hook, dynamodb, page) = Default::default();
        let mut server = Self { child, lines, printed, hook, dynamodb, page };
        server.wait_for("Ctrl-C stops");
        let address = |after: &str| {
            let rest = server.printed.split_once(after).map(|(_, rest)| rest).unwrap_or_default();
            rest.split(['/', ' ']).next().unwrap_or_default().to_owned()
        };
        (server.hook, server.dynamodb) = (address("Hook:     http://"), address("DynamoDB: http://"));
        server.page = address("Page:     http://");
        server
    }

    /// Reads lines until one contains this text, and returns that line.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.printed += &line;
                    self.printed.push('\n');
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with {text:?} in:\n{}", self.printed)
                }
            }
        }
    }

    /// Returns the status line and the body of an answer.
    pub fn ask(&self, method: &str, query: &str) -> (String, String) {
        self.raw(&format!("{method} /{query} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }

    pub fn raw(&self, request: &str) -> (String, String) {
        raw(&self.hook, request)
    }

    pub fn client(&self) -> Client {
        client(&format!("http://{}", self.dynamodb))
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the process ends, and returns its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code(),
                None if Instant::now() > deadline => panic!("it does not end"),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a client of a DynamoDB that accepts any credentials.
pub fn client(url: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "test"))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// Returns the status line and the body of an answer.
pub fn raw(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

//! The function as it ships: the real binary in its own process. It gets only the environment variables that Lambda would
//! set, and `PATH`.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::runtime_api::RuntimeApi;

/// The variables of Lambda that matter here. The keys are test values without any rights.
const LAMBDA_ENVIRONMENT: [(&str, &str); 7] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "precall-hook"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "AKIATEST"),
    ("AWS_SECRET_ACCESS_KEY", "test-secret"),
    ("AWS_SESSION_TOKEN", "test-session"),
];

/// A running function. It is killed when it is dropped. If the test fails, its output is printed.
pub struct Hook {
    child: Mutex<Child>,
    /// The channel is closed after the process has closed both streams.
    lines: watch::Receiver<Vec<Line>>,
}

struct Line {
    source: Source,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Stdout,
    Stderr,
}

impl Hook {
    /// Starts `bin` with this `api`. The variables in `env` override all others.
    pub fn spawn(bin: &str, api: &RuntimeApi, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(bin);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .envs(LAMBDA_ENVIRONMENT)
            .envs(env.iter().copied());
        Self::start(&mut command)
    }

    /// Starts any command.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (sender, lines) = watch::channel(Vec::new());
        collect(Source::Stdout, child.stdout.take(), sender.clone());
        collect(Source::Stderr, child.stderr.take(), sender);
        Self { child: Mutex::new(child), lines }
    }

    /// Returns the process's id.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Returns the standard output up to now.
    pub fn stdout(&self) -> String {
        self.text(|source| source == Source::Stdout)
    }

    /// Returns the standard error up to now.
    pub fn stderr(&self) -> String {
        self.text(|source| source == Source::Stderr)
    }

    /// Returns both streams, line by line in the order of their arrival.
    pub fn output(&self) -> String {
        self.text(|_| true)
    }

    /// Returns the first line of either stream that is `wanted`, and waits for it if necessary. Returns `None` after the time
    /// limit, or if the process ends without such a line.
    pub async fn wait_for_line(&self, mut wanted: impl FnMut(&str) -> bool, patience: Duration) -> Option<String> {
        let mut lines = self.lines.clone();
        let mut seen = 0;
        let search = async {
            loop {
                {
                    let now = lines.borrow_and_update();
                    if let Some(line) = now[seen..].iter().find(|line| wanted(&line.text)) {
                        return Some(line.text.clone());
                    }
                    seen = now.len();
                }
                lines.changed().await.ok()?;
            }
        };
        timeout(patience, search).await.ok().flatten()
    }

    /// Returns the exit code, or `None` while the process runs. For a process that signal N ended, it is 128 + N, as in a
    /// shell.
    pub fn try_exit_code(&self) -> Option<i32> {
        let status = self.child.lock().unwrap().try_wait().unwrap()?;
        status.code().or(status.signal().map(|signal| 128 + signal))
    }

    /// Waits for the end of the process and of its output.
    pub async fn wait_exit(&self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                break status;
            }
            if Instant::now() >= deadline {
                return None;
            }
            sleep(Duration::from_millis(5)).await;
        };
        // The last lines may still be in the pipes. The wait is limited, because a child process could keep the pipes open.
        self.wait_for_line(|_| false, Duration::from_secs(1)).await;
        Some(status)
    }

    fn text(&self, wanted: impl Fn(Source) -> bool) -> String {
        let lines = self.lines.borrow();
        let wanted = lines.iter().filter(|line| wanted(line.source));
        wanted.flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        // Even with a poisoned lock, the process must be killed.
        let child = self.child.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        child.kill().ok();
        child.wait().ok();
        if thread::panicking() {
            eprintln!("the function's output:\n{}", self.output());
        }
    }
}

/// Collects the lines of a stream. It uses a thread and not a task, so that a full pipe does not block the process while the
/// test is busy.
fn collect(source: Source, stream: Option<impl Read + Send + 'static>, lines: watch::Sender<Vec<Line>>) {
    let mut stream = BufReader::new(stream.expect("the stream is piped"));
    thread::spawn(move || {
        let mut bytes = Vec::new();
        while matches!(stream.read_until(b'\n', &mut bytes), Ok(1..)) {
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            lines.send_modify(|lines| lines.push(Line { source, text }));
            bytes.clear();
        }
    });
}

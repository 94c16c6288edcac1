//! The function as it ships: the real binary, a process of its own, with nothing of this
//! machine's environment but what Lambda would give it.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::runtime_api::RuntimeApi;

/// What Lambda sets, as far as it matters. The keys are test values and open nothing.
const LAMBDA_ENVIRONMENT: [(&str, &str); 7] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "precall-hook"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "AKIATEST"),
    ("AWS_SECRET_ACCESS_KEY", "test-secret"),
    ("AWS_SESSION_TOKEN", "test-session"),
];

/// A running function. It is killed when dropped; if a test is failing then, its output is shown.
pub struct Hook {
    child: Mutex<Child>,
    /// Closed for writing once the process has let go of both its streams.
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
    /// Starts `bin` against `api`. What `env` sets comes last and so wins.
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

    /// Both streams, line by line in the order of their arrival.
    pub fn output(&self) -> String {
        self.text(|_| true)
    }

    /// The first line of either stream that is `wanted`, from the start or yet to come; `None`
    /// when time is up or the process has ended without it.
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

    /// `None` while it runs. A process ended by signal N counts as 128 + N, as in a shell.
    pub fn try_exit_code(&self) -> Option<i32> {
        let status = self.child.lock().unwrap().try_wait().unwrap()?;
        status.code().or(status.signal().map(|signal| 128 + signal))
    }

    /// Waits for the end of the process, and of its output.
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
        // Its last words may still be in the pipes. Bounded, as a child of its own could hold them.
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
        // A poisoned lock is no reason to leave the process behind.
        let child = self.child.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        child.kill().ok();
        child.wait().ok();
        if thread::panicking() {
            eprintln!("the function's output:\n{}", self.output());
        }
    }
}

/// Threads and not tasks, so that a full pipe never blocks the process, however busy the test is.
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

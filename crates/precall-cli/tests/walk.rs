//! Runs every command of `docs/ten-minutes.md`, and of `docs/evidence.md`, in a shell, in one empty folder, and compares the
//! output with the page.
//!
//! In the page, a ```` ```console ```` block has commands after `$ ` (continued after `> `), and below each command its output.
//! `…` matches any text of a line, and a line of `…` matches any lines. Variables of `export` stay. A block whose fence names a
//! file after the language is that file. ```` ```console serve ```` is another terminal, which stays open.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

fn page(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", name].iter().collect()
}

/// A fenced block: the words after its fence, and its lines.
struct Block {
    line: usize,
    info: Vec<String>,
    lines: Vec<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Block { line: at + 1, info, lines: Vec::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block does not end");
    blocks
}

/// Returns the commands of a block, each with its expected output.
fn commands(block: &Block) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in &block.lines {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push((command.to_owned(), Vec::new()));
            continue;
        }
        let (command, output) = commands.last_mut().expect("a block begins with a command");
        match line.strip_prefix("> ") {
            Some(more) if output.is_empty() => *command += &format!("\n{more}"),
            _ => output.push(line.clone()),
        }
    }
    commands
}

/// Returns true if a line is as shown; `…` matches any text.
fn is_as_shown(line: &str, shown: &str) -> bool {
    let parts: Vec<_> = shown.split('…').collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    if parts.len() == 1 {
        return line == shown;
    }
    let Some(mut rest) = line.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Returns true if lines are as shown; a line of `…` matches any number of lines.
fn are_as_shown(lines: &[&str], shown: &[&str]) -> bool {
    match (lines, shown) {
        (lines, ["…", shown @ ..]) => (0..=lines.len()).any(|skipped| are_as_shown(&lines[skipped..], shown)),
        ([line, lines @ ..], [first, shown @ ..]) => is_as_shown(line, first) && are_as_shown(lines, shown),
        ([], []) => true,
        _ => false,
    }
}

fn shell(folder: &Path) -> Command {
    let binaries = Path::new(env!("CARGO_BIN_EXE_precall")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.current_dir(folder).env_clear().env("PATH", path).env("HOME", folder).stdin(Stdio::null());
    command
}

/// A terminal that stays open. Closed when dropped.
struct Terminal(Child);

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn from_nothing_to_a_rulebook() {
    let folder = TempDir::new().unwrap();
    walk("ten-minutes.md", folder.path());
}

#[test]
fn from_a_complaint_to_the_evidence() {
    let folder = TempDir::new().unwrap();
    walk("evidence.md", folder.path());
    let page = std::fs::read_to_string(folder.path().join("evidence.html")).unwrap();
    for text in
        ["let through by the default", "+13155550101", "1a84d42edf174fbd", "called back, ticket 4712", "state-dnc"]
    {
        assert!(page.contains(text), "{text} is not in the page:\n{page}");
    }
}

/// Runs the commands of a page in a folder.
fn walk(name: &str, folder: &Path) {
    let rules = page(name).with_file_name("").join("../rules").canonicalize().unwrap();
    std::os::unix::fs::symlink(rules, folder.join("rules")).unwrap();
    // Whoever walks has the usual ports; a test takes what it gets.
    let ports: Vec<u16> = {
        let free: Vec<_> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        free.iter().map(|port| port.local_addr().unwrap().port()).collect()
    };
    let here = |command: &str| {
        command.replace("127.0.0.1:9000", &format!("127.0.0.1:{}", ports[0])).replace(
            "precall serve",
            &format!("precall serve --listen 127.0.0.1:{} --dynamodb-listen 127.0.0.1:{}", ports[0], ports[1]),
        )
    };

    let text = std::fs::read_to_string(page(name)).unwrap();
    let mut terminals = Vec::new();
    let mut exports = String::new();
    let mut ran = 0;
    for block in blocks(&text) {
        let info: Vec<_> = block.info.iter().map(String::as_str).collect();
        match info.as_slice() {
            ["console"] => {
                for (command, shown) in commands(&block) {
                    let script = format!("exec 2>&1\n{exports}{}\n", here(&command));
                    if command.starts_with("export ") {
                        exports += &format!("{command}\n");
                    }
                    let output = shell(folder).arg("-c").arg(script).output().unwrap();
                    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
                    let lines: Vec<_> = printed.lines().map(str::trim_end).collect();
                    let shown: Vec<_> = shown.iter().map(|line| line.trim_end()).collect();
                    assert!(
                        are_as_shown(&lines, &shown),
                        "line {}: $ {command}\n--- printed ({})\n{printed}\n--- shown\n{}",
                        block.line,
                        output.status,
                        shown.join("\n")
                    );
                    ran += 1;
                }
            }
            ["console", "serve"] => {
                let [(command, _)] = &commands(&block)[..] else { panic!("line {}: one command", block.line) };
                // In the shell's place, so that it ends with the terminal.
                let script = format!("exec env {}", here(command));
                let mut child = shell(folder).arg("-c").arg(script).stderr(Stdio::piped()).spawn().unwrap();
                let told = BufReader::new(child.stderr.take().unwrap());
                terminals.push(Terminal(child));
                let mut told = told.lines().map_while(Result::ok);
                assert!(told.any(|line| line.contains("Ctrl-C stops")), "{command} does not run");
                // Read on, so that it can go on telling.
                std::thread::spawn(move || told.count());
                ran += 1;
            }
            [_, name] => std::fs::write(folder.join(name), block.lines.join("\n") + "\n").unwrap(),
            _ => {}
        }
    }
    assert!(ran > 10, "only {ran} commands were found");
}

#[test]
fn what_is_shown_is_told_from_what_is_not() {
    for (line, shown, expected) in [
        ("a b c", "a b c", true),
        ("a b c", "a … c", true),
        ("a b c", "a … d", false),
        ("a b c", "…", true),
        ("ac", "a…a…c", false),
        ("a-a-c", "a…a…c", true),
        ("a", "a b", false),
    ] {
        assert_eq!(is_as_shown(line, shown), expected, "{line:?} {shown:?}");
    }
    assert!(are_as_shown(&["a", "b", "c"], &["a", "…"]));
    assert!(are_as_shown(&["a", "b", "c"], &["…", "c"]));
    assert!(!are_as_shown(&["a", "b", "c"], &["a", "b"]));
    assert!(!are_as_shown(&["a"], &["a", "b"]));
}

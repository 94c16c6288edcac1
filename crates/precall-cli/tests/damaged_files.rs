//! Damaged files: a database and compressed lists. The messages name the file and the remedy.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{run, stderr};
use tempfile::TempDir;

/// Bytes of a page of SQLite.
const PAGE: usize = 4096;

#[test]
fn a_damaged_database_is_named_with_the_remedy() {
    let folder = TempDir::new().unwrap();
    let put = ["put", "number=+13155550101", "rule=dnc", "status=REJECT", "--yes"];
    let output = run(folder.path(), &put);
    assert!(output.status.success(), "{}", stderr(&output));
    let whole = fs::read(folder.path().join(".precall/rules.db")).unwrap();
    let pages = whole.len() / PAGE;
    let mut damages = vec![whole[..whole.len() / 2].to_vec()];
    for page in 0..pages {
        let mut damaged = whole.clone();
        // The first page keeps the header by which the file is known.
        let from = if page == 0 { 24 } else { page * PAGE };
        damaged[from..from + 76].fill(0x5a);
        damages.push(damaged);
    }
    let mut refused = 0;
    for (nth, damaged) in damages.into_iter().enumerate() {
        fs::write(folder.path().join("damaged.db"), damaged).unwrap();
        for command in [&["check", "--to", "+13155550101"][..], &["rules"]] {
            let output = run(folder.path(), &[command, &["--database", "damaged.db"]].concat());
            let errors = stderr(&output);
            // A page that the command does not read does not matter.
            if errors.contains("malformed") {
                refused += 1;
                assert_eq!(output.status.code(), Some(1), "{nth}: {errors}");
                assert!(errors.contains("damaged.db"), "{nth}: {errors}");
                assert!(errors.contains("in its place, or load your rules into a new one"), "{nth}: {errors}");
            }
            assert!(!errors.contains("has no table"), "{nth}: {errors}");
        }
    }
    assert!(refused > 4, "{refused} of {pages} pages");
}

#[test]
fn a_damaged_list_is_named_with_the_remedy() {
    let folder = TempDir::new().unwrap();
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    file.write_all("3155550101\n3155550102\n".repeat(50).as_bytes()).unwrap();
    let whole = file.finish().unwrap();
    let mut other_sum = whole.clone();
    let at = other_sum.len() - 6;
    other_sum[at] ^= 0xff;
    for (name, bytes) in [
        ("cut.gz", whole[..whole.len() / 2].to_vec()),
        ("more.gz", [&whole[..], b"more"].concat()),
        ("header.gz", b"\x1f\x8b\x07\0aaaaaaaaaaaa".to_vec()),
        ("sum.gz", other_sum),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = run(folder.path(), &["import", name, "--list", "dnc"]);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {errors}");
        assert!(errors.contains(&format!("{name}: a gzip file that is broken or incomplete (")), "{errors}");
        assert!(errors.contains("); download or pack it again"), "{errors}");
    }
}

//! Files that are written completely or not at all.

use std::fs;
use std::io;
use std::path::Path;

/// Writes a file completely or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path)).inspect_err(|_| {
        // The file may not exist.
        let _ = fs::remove_file(&unfinished);
    })
}

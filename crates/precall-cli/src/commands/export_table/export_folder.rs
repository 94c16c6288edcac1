//! The folder of an export: it gets its name only when it is complete, so that a failed export does not block the next one.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The end of the folder's name until it is complete.
const UNFINISHED: &str = ".unfinished";

/// The folder of an export, while it is written.
#[derive(Debug)]
pub struct ExportFolder {
    unfinished: PathBuf,
    whole: PathBuf,
}

impl ExportFolder {
    /// Creates the folder under another name, and removes the files that an earlier export left there.
    ///
    /// # Errors
    /// When a folder of the final name has files, or the folder cannot be created.
    pub fn create(whole: &Path) -> Result<Self, Failure> {
        // Without a slash at the end, after which the name would be another one.
        let whole: PathBuf = whole.components().collect();
        let failed = |error: &dyn std::fmt::Display| -> Failure {
            format!("{}: {error}; name a folder that does not exist yet with --out", whole.display()).into()
        };
        match std::fs::read_dir(&whole) {
            Ok(entries) => {
                if entries.count() > 0 {
                    return Err(failed(&"the folder has files"));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&error)),
        }
        let mut unfinished = OsString::from(&whole);
        unfinished.push(UNFINISHED);
        let folder = Self { unfinished: unfinished.into(), whole: whole.clone() };
        folder.remove();
        std::fs::create_dir(&folder.unfinished).map_err(|error| failed(&error))?;
        Ok(folder)
    }

    /// Returns the path for the parts.
    pub fn path(&self) -> &Path {
        &self.unfinished
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn finish(&self) -> Result<(), Failure> {
        // An empty folder of this name is replaced.
        std::fs::rename(&self.unfinished, &self.whole)
            .map_err(|error| format!("{}: cannot be renamed: {error}", self.unfinished.display()).into())
    }

    /// Removes the parts, and the folder if nothing else is in it.
    pub fn remove(&self) {
        let Ok(entries) = std::fs::read_dir(&self.unfinished) else { return };
        for entry in entries.flatten() {
            let is_part = entry.file_name().to_str().is_some_and(|name| name.starts_with("part-"));
            if is_part {
                // If files remain, the next export reports that it cannot create the folder.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        let _ = std::fs::remove_dir(&self.unfinished);
    }
}

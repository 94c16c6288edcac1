//! The inputs of a reading: files, folders of files, and standard input.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::batch::{LineBatch, LogPosition, PositionUnit};
use super::bytes::{is_stdin, open};
use super::messages::MessageReader;
use crate::failure::{Failure, FileFailure};

/// The files to read, and `-` for standard input.
#[derive(Debug)]
pub struct LogInputs {
    files: Vec<PathBuf>,
    /// The files and folders, as they were named.
    named: Vec<PathBuf>,
}

impl LogInputs {
    /// Finds the named files in their order, and the files of named folders in the order of their names.
    ///
    /// # Errors
    /// If one is missing or may not be read, or if a folder has no file.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in paths {
            if !is_stdin(path) && path.is_dir() {
                let before = files.len();
                add_files(path, &mut files).map_err(|error| FileFailure::read(path, error))?;
                if files.len() == before {
                    return Err(format!(
                        "there is no file in the folder {}; name the folder that has the logs",
                        path.display()
                    )
                    .into());
                }
            } else {
                if !is_stdin(path) {
                    File::open(path).map_err(|error| FileFailure::read(path, error))?;
                }
                files.push(path.clone());
            }
        }
        Ok(Self { files, named: paths.to_vec() })
    }

    /// Returns the names of the files and folders, as they were given.
    pub fn names(&self) -> String {
        self.named.iter().map(|path| name(path)).collect::<Vec<_>>().join(", ")
    }

    /// Returns the number of inputs.
    pub fn count(&self) -> u64 {
        self.files.len() as u64
    }

    /// Returns a position in words: `log.jsonl:12`.
    pub fn name(&self, position: LogPosition) -> String {
        let path = self.files.get(position.input).map_or_else(String::new, |path| name(path));
        match position.unit {
            PositionUnit::Line => format!("{path}:{}", position.nth),
            PositionUnit::Event => format!("{path}: event {}", position.nth),
        }
    }

    /// Passes on all messages in the order of the inputs, until `hand_over` returns false. Returns the inputs that could
    /// not be read to their end, with the reason.
    pub fn read(&self, mut hand_over: impl FnMut(LineBatch) -> bool) -> Vec<String> {
        let mut unread = Vec::new();
        for (input, path) in self.files.iter().enumerate() {
            let mut messages = MessageReader::new(input, &mut hand_over);
            if let Err(error) = open(path).and_then(|reader| messages.read(reader)) {
                unread.push(format!("{}: not read to its end{}: {error}", name(path), messages.reached()));
            }
            if !messages.finish() {
                break;
            }
        }
        unread
    }
}

fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Adds the files of a folder and of the folders in it. Hidden files belong to other programs.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            add_files(&path, files)?;
        } else if !is_hidden {
            files.push(path);
        }
    }
    Ok(())
}

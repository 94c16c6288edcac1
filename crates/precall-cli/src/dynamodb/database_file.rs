//! The file of an embedded database: checks it before it is opened, and copies one that cannot be written.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// The first bytes of a database, <https://www.sqlite.org/fileformat.html#the_database_header>.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// The remedy for a damaged database.
pub const DAMAGED: &str = "put a copy of the file in its place, or load your rules into a new one: `precall load RULES.json --database NEW.db`";

/// The end of the name of a database that is being created.
const UNFINISHED: &str = ".new";

/// The age from which an unfinished database is a remainder of a process that was killed. Creating one takes milliseconds.
const MAX_UNFINISHED_AGE: Duration = Duration::from_mins(10);

/// The greatest number of times that a database is copied again because it changed meanwhile.
const MAX_COPIES: usize = 5;

/// The reason for which a file cannot be used as a database.
#[derive(Debug)]
pub enum DatabaseFileError {
    /// The folder in which there is no such file.
    Missing(PathBuf),
    Empty,
    Folder,
    /// A file of another kind.
    NotADatabase,
    /// A SQLite database of another program.
    Foreign,
    Unreadable(io::Error),
}

/// Checks that a file is a database, without a change of it. It need not exist, or may be empty, if `may_be_new`.
///
/// # Errors
/// The reason for which it cannot be used.
pub fn check(file: &Path, may_be_new: bool) -> Result<(), DatabaseFileError> {
    let mut opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_be_new => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(DatabaseFileError::Missing(std::env::current_dir().unwrap_or_default()));
        }
        Err(error) => return Err(DatabaseFileError::Unreadable(error)),
    };
    let metadata = opened.metadata().map_err(DatabaseFileError::Unreadable)?;
    if metadata.is_dir() {
        return Err(DatabaseFileError::Folder);
    }
    if metadata.is_file() && metadata.len() == 0 {
        return if may_be_new { Ok(()) } else { Err(DatabaseFileError::Empty) };
    }
    let mut first = [0; HEADER.len()];
    match opened.read_exact(&mut first) {
        Ok(()) if first == *HEADER && is_foreign(file) => Err(DatabaseFileError::Foreign),
        Ok(()) if first == *HEADER => Ok(()),
        Ok(()) => Err(DatabaseFileError::NotADatabase),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(DatabaseFileError::NotADatabase),
        Err(error) => Err(DatabaseFileError::Unreadable(error)),
    }
}

/// Returns true if a SQLite file is certainly of another program: it has tables, but not the embedded DynamoDB's. The file is read
/// as it is, because opening it in the usual way may create files beside it.
fn is_foreign(file: &Path) -> bool {
    let has_log = std::fs::metadata(with_suffix(file, "-wal")).is_ok_and(|log| log.len() > 0);
    let uri = url::Url::from_file_path(std::path::absolute(file).unwrap_or_default());
    let Ok(mut uri) = uri else { return false };
    uri.set_query(Some("mode=ro&immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let count = Connection::open_with_flags(uri.as_str(), flags).and_then(|database| {
        let tables = "SELECT count(*), coalesce(sum(name = '_tables'), 0) FROM sqlite_schema WHERE type = 'table'";
        database.query_row(tables, (), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
    });
    !has_log && matches!(count, Ok((1.., 0)))
}

/// Checks that a database can be written, if it exists, without a change of it.
///
/// # Errors
/// The reason for which it cannot be written.
pub fn check_writable(file: &Path) -> io::Result<()> {
    match std::fs::OpenOptions::new().write(true).open(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns true if a database can be written. SQLite writes beside it too, and follows links.
pub fn is_writable(file: &Path) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    let Some(folder) = file.parent() else { return false };
    tempfile::tempfile_in(folder).is_ok() && std::fs::OpenOptions::new().write(true).open(&file).is_ok()
}

/// Copies a database into a folder of its own, with the changes that SQLite keeps beside the file. If another process writes
/// it meanwhile, the copy is made again.
///
/// # Errors
/// When it cannot be copied, or changes all the time.
pub fn copy_of(file: &Path) -> io::Result<(PathBuf, TempDir)> {
    let folder = TempDir::with_prefix("precall-")?;
    let copy = folder.path().join("rules.db");
    for _ in 0..MAX_COPIES {
        let before = state_of(file)?;
        for suffix in ["", "-wal"] {
            let from = match File::open(with_suffix(file, suffix)) {
                Err(error) if !suffix.is_empty() && error.kind() == io::ErrorKind::NotFound => continue,
                from => from?,
            };
            // Without its permissions, because the copy has to be written.
            io::copy(&mut { from }, &mut File::create(with_suffix(&copy, suffix))?)?;
        }
        if state_of(file)? == before {
            return Ok((copy, folder));
        }
    }
    Err(io::Error::other("another process changes it all the time; stop that process, or repeat the command later"))
}

/// The sizes and the times of the last change of a database and of its write-ahead log.
type FileState = [Option<(u64, SystemTime)>; 2];

fn state_of(file: &Path) -> io::Result<FileState> {
    let of = |suffix: &str| match std::fs::metadata(with_suffix(file, suffix)) {
        Ok(metadata) => Ok(Some((metadata.len(), metadata.modified()?))),
        Err(error) if !suffix.is_empty() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    Ok([of("")?, of("-wal")?])
}

fn with_suffix(path: &Path, suffix: &str) -> OsString {
    [path.as_os_str(), OsStr::new(suffix)].into_iter().collect()
}

/// Returns the name of a database while it is created. No other process uses it, in this container or in another one.
pub fn unfinished_name(file: &Path) -> PathBuf {
    with_suffix(file, &format!(".{}{UNFINISHED}", uuid::Uuid::now_v7())).into()
}

/// Removes the files of processes that were killed while they created this database.
pub fn remove_unfinished(file: &Path) {
    let Some(name) = file.file_name().and_then(OsStr::to_str) else { return };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_unfinished = entry.file_name().to_str().is_some_and(|other| is_unfinished_name(name, other));
        let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|changed| changed.elapsed());
        if is_unfinished && matches!(age, Ok(Ok(age)) if age > MAX_UNFINISHED_AGE) {
            // The file disturbs no other process, so it may stay if it cannot be removed.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Returns true for `rules.db.123.new`, and for the files that SQLite keeps beside it. The middle was the number of the process
/// in earlier versions.
fn is_unfinished_name(database: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(database).and_then(|rest| rest.strip_prefix('.')) else { return false };
    let rest = ["-journal", "-wal", "-shm"].iter().find_map(|end| rest.strip_suffix(end)).unwrap_or(rest);
    let middle = rest.strip_suffix(UNFINISHED).unwrap_or_default();
    !middle.is_empty() && middle.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The text continues the name of the file: `notes.txt is not a database …`.
impl fmt::Display for DatabaseFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(folder) => write!(f, "does not exist (looked in {})", folder.display()),
            Self::Empty => f.write_str("is empty, so it is not a database"),
            Self::Folder => f.write_str("is a folder, not a database"),
            Self::NotADatabase => f.write_str("is not a database of precall, but a file of another kind"),
            Self::Foreign => f.write_str("is a database of another program"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl Error for DatabaseFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

//! Decision records, read back from logs: from the output of `precall serve`, from CloudWatch's exports, and from the
//! envelopes of container engines, journals and log collectors.
//!
//! One thread reads the files, decompresses gzip and finds the messages. The other threads parse the messages, and each
//! passes its records to its own sink. Memory holds a few batches of lines, and 8 bytes of each record's `decision_id`:
//! exports may overlap, and a record counts once.

mod arguments;
mod batch;
mod bytes;
mod envelope;
mod inputs;
mod line;
mod messages;
mod period;
mod reader;
mod record;
mod split_lines;
mod summary;

pub use arguments::{LogArguments, LogFileArguments};
pub use period::{parse_day, parse_end, parse_start};
pub use reader::{RecordSink, threads};
pub use record::{LoggedRecord, RecordList, RecordText};
pub use summary::LogSummary;

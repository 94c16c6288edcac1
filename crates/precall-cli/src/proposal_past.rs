//! The past of a proposal by the journal: `precall propose` wrote it once, and nothing else wrote or removed it.

use std::time::Duration;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::settings::Settings;

use crate::change_stamp::{self, ChangeVia};
use crate::dynamodb::items::PROPOSALS;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;
use crate::journal::{EntryOrigin, HistoryEntry, JournalReader, ListRuns, NoJournal, in_order};
use crate::proposal::Proposal;
use crate::terminal::one_line;

/// The pause before the journal is read again, and the number of times: a change arrives there seconds later.
const PAUSE: Duration = Duration::from_millis(500);
const MAX_READS: usize = 20;

/// The past of a proposal, by the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalPast {
    /// The proposal was written once, and never ended.
    Genuine,
    /// The past is not known: there is no journal, or the proposal is older than it. The text says which.
    Unknown(String),
    /// The proposal is not the one that was made, or has ended before. The text says which.
    Refused(String),
}

impl ProposalPast {
    /// Reads the past of a proposal. A new one may not be in the journal yet, so that this waits some seconds for it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn read(proposal: &Proposal, opened: &OpenedStore, settings: &Settings) -> Result<Self, Failure> {
        let key = Key { number: PROPOSALS.to_owned(), rule: proposal.id.clone() };
        for nth in 1..=MAX_READS {
            let mut journal = match JournalReader::open(opened, settings).await {
                Ok(journal) => journal,
                Err(error) if error.is::<NoJournal>() => return Ok(Self::Unknown("there is no journal".to_owned())),
                Err(error) => return Err(error),
            };
            let mut changes = in_order(journal.under(PROPOSALS, Timestamp::UNIX_EPOCH).await?);
            changes.retain(|change| change.key == key);
            journal.read_retention().await?;
            if changes.is_empty() && proposal.at < journal.begins() {
                return Ok(Self::Unknown("the proposal is older than the journal".to_owned()));
            }
            if !changes.is_empty() || nth == MAX_READS {
                return Ok(Self::of(proposal, &HistoryEntry::of_all(changes, &ListRuns::default())));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Self::of(proposal, &[]))
    }

    /// Returns the past by the entries of the proposal.
    fn of(proposal: &Proposal, entries: &[HistoryEntry]) -> Self {
        let ended = entries.iter().find(|entry| entry.change.after.is_none());
        if let Some(ended) = ended {
            let author = one_line(&ended.author()).into_owned();
            return Self::Refused(format!("it was removed at {} by {author}, and written again", ended.change.at));
        }
        let [entry] = entries else {
            let text = match entries.len() {
                0 => "the journal does not have it",
                _ => "it was changed after it was made",
            };
            return Self::Refused(text.to_owned());
        };
        let is_proposed = matches!(&entry.origin, EntryOrigin::Tool(stamp) if stamp.via == ChangeVia::Propose.as_str());
        let is_stored =
            entry.change.after.as_ref().is_some_and(|after| change_stamp::is_same_rule(after, &proposal.stored));
        if entry.change.before.is_none() && is_proposed && is_stored {
            Self::Genuine
        } else {
            Self::Refused("by the journal, `precall propose` did not write it".to_owned())
        }
    }
}

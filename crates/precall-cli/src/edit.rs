//! One edit of the rules table: shows what it changes, asks for confirmation, and makes the change.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use precall::Call;
use precall::Number;
use precall::rule::{Action, Entry, FactContent, Key, MeantKey, Side, WILDCARD, quoted};
use precall_hook::settings::Settings;
use precall_hook::store::AttemptsTable;
use precall_hook::store::{RulesTable, StoreError};

use crate::change_stamp::{self, BecauseArgument, ChangeStamper, ChangeVia};
use crate::decision_summary::{self, DecisionSummary};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::viewed_table::ViewedTable;
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::proposal::Proposal;
use crate::review_setting;
use crate::rule_difference::{difference, dropped};
use crate::rule_findings::{ExemptNames, FindingLevel, LawRules, RuleFinding, effect_on_every_call, new_errors};
use crate::rule_row::{RuleInWords, not_read};
use crate::stamped_write::{self, StampedWriteOutcome};
use crate::strict_attributes;
use crate::terminal::{ask, print, print_stderr, shortened};
use crate::tool_settings::settings;

/// The options of an edit.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Edit {
    /// Make the change without asking for confirmation.
    #[arg(long)]
    pub yes: bool,

    /// Show the change, and do not make it.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,

    #[command(flatten)]
    pub because: BecauseArgument,

    #[command(flatten)]
    pub store: StoreArguments,

    /// True for an edit that is only proposed: a second person makes it.
    #[arg(skip)]
    pub is_proposal: bool,

    /// True for a rule that is written although `lint` reports an error in it.
    #[arg(skip)]
    pub accepts_errors: bool,
}

/// Returns the item after an edit of the stored one; `None` removes it.
pub type ItemEdit<'a> = dyn Fn(Option<&Attributes>) -> Result<Option<Attributes>, Failure> + Sync + 'a;

/// An edit of one rule.
#[derive(Clone)]
pub struct RuleEdit<'a> {
    pub via: ChangeVia,
    /// The keys that the rule may have. The first one that is stored is meant; if there is none, the first.
    pub keys: Vec<Key>,
    pub new: &'a ItemEdit<'a>,
}

impl RuleEdit<'_> {
    /// Returns true if the edit may write a rule that is not stored yet.
    fn may_create(&self) -> bool {
        matches!(self.via, ChangeVia::Put | ChangeVia::Undo)
    }

    /// Returns the key of the rule, and the stored item.
    async fn find(&self, store: &RulesTable) -> Result<(Key, Option<Attributes>), Failure> {
        for key in &self.keys {
            if let Some(item) = stamped_write::get(store, key).await? {
                return Ok((key.clone(), Some(item)));
            }
        }
        let first = self.keys.first().cloned().ok_or("the rule has no key")?;
        Ok((first, None))
    }
}

/// Returns the partition of a number, however it was typed.
///
/// # Errors
/// When it is neither a number nor `*`.
pub fn partition(number: &str) -> Result<String, Failure> {
    if number.trim().is_empty() {
        return Err("the number is empty; write one, such as +13155550100, or `*` for every number".into());
    }
    match MeantKey::read(number).map_err(|error| format!("{}: {error}, or `*`", quoted(number)))? {
        MeantKey::Number(number) => Ok(number.as_str().to_owned()),
        MeantKey::Wildcard => Ok(WILDCARD.to_owned()),
        MeantKey::Pattern(prefix) => Err(format!(
            "{}: the hook never looks up rules under a pattern; write number=* and to={prefix}*",
            quoted(number)
        )
        .into()),
    }
}

impl Edit {
    /// Shows what changes, asks for confirmation, and makes the change.
    ///
    /// # Errors
    /// When there is no item to change, or the table cannot be read or written.
    pub async fn change(&self, edit: RuleEdit<'_>) -> Result<ExitCode, Failure> {
        let settings = Arc::new(settings()?);
        let (opened, table) = match (edit.may_create(), self.dry_run) {
            (false, true) => (self.store.open(&settings).await?, None),
            (true, true) => (self.store.open_or_empty(&settings).await?, None),
            (false, false) => writable(self.store.open_to_change(&settings).await?),
            (true, false) => writable(self.store.open_or_create(&settings).await?),
        };
        let changed = Box::pin(self.change_in(&opened, table.as_ref(), &settings, edit)).await;
        opened.finish(changed).await
    }

    /// Without a table to write, it only shows the change.
    async fn change_in(
        &self,
        opened: &OpenedStore,
        table: Option<&WritableTable>,
        settings: &Arc<Settings>,
        edit: RuleEdit<'_>,
    ) -> Result<ExitCode, Failure> {
        let (key, old) = edit.find(&opened.store).await?;
        if old.is_none() && !edit.may_create() {
            return Err(no_rule(&key, edit.via, opened));
        }
        let change = ShownChange { via: edit.via, new: (edit.new)(old.as_ref())?, key, old };
        if let (Some(old), Some(new)) = (&change.old, &change.new)
            && change_stamp::is_same_rule(old, new)
        {
            print(&change.already(&opened.location))?;
            return Ok(ExitCode::SUCCESS);
        }
        Box::pin(self.confirm_and_write(opened, table, settings, &change)).await
    }

    async fn confirm_and_write(
        &self,
        opened: &OpenedStore,
        table: Option<&WritableTable>,
        settings: &Arc<Settings>,
        change: &ShownChange,
    ) -> Result<ExitCode, Failure> {
        let store = &opened.store;
        let new = change.new.as_ref();
        print(&change.difference())?;
        print(&new.map(meaning).unwrap_or_default())?;
        print(&effect(opened, settings, &change.key, change.old.as_ref(), new).await?)?;
        let findings = findings_with_wildcard(store, new).await?;
        for finding in &findings {
            print_stderr(format_args!("{}: {}", finding.level.as_str(), finding.text()));
        }
        self.refuse_errors(store, change, findings).await?;
        let on_every_call = new.and_then(on_every_call);
        let Some(table) = table else {
            print("nothing was changed\n")?;
            return Ok(ExitCode::SUCCESS);
        };
        if !self.is_proposal {
            review_setting::check(table, &change.key).await?;
        }
        if !self.is_confirmed(on_every_call.as_deref(), &opened.location)? {
            print("nothing was changed\n")?;
            return Ok(ExitCode::FAILURE);
        }
        if self.is_proposal {
            let ShownChange { key, old, new, .. } = change;
            let stamper = ChangeStamper::of(opened, ChangeVia::Propose, &self.because).await;
            let proposal = Proposal::new(key, old.as_ref(), new.as_ref(), &stamper);
            proposal.write(table, &stamper).await?;
            print(&proposal.written_text(&opened.location))?;
            return Ok(ExitCode::SUCCESS);
        }
        let stamper = ChangeStamper::of(opened, change.via, &self.because).await;
        change.write(table, &stamper).await?;
        let what = if new.is_some() { "written to" } else { "removed from" };
        print(&format!("{what} {}\n", opened.location))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses a rule in which `lint` reports an error that the stored one does not have. A proposal has a reviewer, and an undo
    /// gives back a rule as it was.
    async fn refuse_errors(
        &self,
        store: &RulesTable,
        change: &ShownChange,
        findings: Vec<RuleFinding>,
    ) -> Result<(), Failure> {
        let ShownChange { via, old, new: Some(new), .. } = change else { return Ok(()) };
        if self.accepts_errors || self.is_proposal || !matches!(via, ChangeVia::Put | ChangeVia::Set) {
            return Ok(());
        }
        let mut errors = new_errors(old.as_ref(), new, Timestamp::now());
        let mut of_wildcard: Vec<_> =
            findings.into_iter().filter(|finding| finding.level == FindingLevel::Error).collect();
        if !of_wildcard.is_empty() {
            let of_old = findings_with_wildcard(store, old.as_ref()).await?;
            of_wildcard.retain(|finding| !of_old.contains(finding));
            errors.append(&mut of_wildcard);
        }
        if errors.is_empty() {
            return Ok(());
        }
        let (errors, them) = match errors.len() {
            1 => ("an error".to_owned(), "it"),
            count => (format!("{count} errors"), "them"),
        };
        Err(format!(
            "the rule has {errors}, shown above; correct {them}, or write --force to write it so; nothing was written"
        )
        .into())
    }

    /// Asks for confirmation at the terminal.
    fn is_confirmed(&self, on_every_call: Option<&str>, location: &RulesLocation) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        let reason = on_every_call.map(|effect| format!("; {effect}")).unwrap_or_default();
        let (verb, done) = if self.is_proposal { ("Propose", "propose") } else { ("Make", "make") };
        ask(&format!("{verb} this change in {location}?"))?.ok_or_else(|| {
            format!(
                "nothing was changed, because standard input is not a terminal and nobody can confirm it{reason}; write --yes to \
                 {done} the change, or --dry-run to only see it"
            )
            .into()
        })
    }

    /// Checks that an item has only attributes that are read, or that the stored item has already. It creates nothing.
    ///
    /// # Errors
    /// When there is another attribute.
    pub async fn check_attributes(&self, key: &Key, item: &Attributes) -> Result<(), Failure> {
        if items::unknown_attributes(item).is_empty() {
            return Ok(());
        }
        let old = self.stored(key).await.unwrap_or_default();
        strict_attributes::check(item, old.as_ref()).map_err(|error| format!("nothing was written: {error}").into())
    }

    async fn stored(&self, key: &Key) -> Result<Option<Attributes>, Failure> {
        let opened = self.store.open_or_empty(&settings()?).await?;
        let old = stamped_write::get(&opened.store, key).await;
        opened.close().await?;
        Ok(old?)
    }
}

/// Returns the parts of a store that is opened to be changed.
fn writable(store: WritableStore) -> (OpenedStore, Option<WritableTable>) {
    (store.opened, Some(store.table))
}

/// Returns the effect of an item on every call, if it is a rule about every call.
pub fn on_every_call(item: &Attributes) -> Option<String> {
    match items::parse(item) {
        Entry::Rule(rule) => effect_on_every_call(&rule),
        Entry::Fact(_) | Entry::Invalid(_) => None,
    }
}

/// A change of an item that a person sees before it is made.
struct ShownChange {
    via: ChangeVia,
    key: Key,
    old: Option<Attributes>,
    /// `None` removes the item.
    new: Option<Attributes>,
}

impl ShownChange {
    /// Returns the attributes that change, as text, with the names of those that `put` drops.
    fn difference(&self) -> String {
        let Self { key, old, new, .. } = self;
        let text = difference(key, old.as_ref(), new.as_ref());
        let (ChangeVia::Put, Some(old), Some(new)) = (self.via, old, new) else { return text };
        let dropped = dropped(old, new);
        if dropped.is_empty() {
            return text;
        }
        let Key { number, rule } = key;
        format!(
            "{text}`put` replaces the whole rule, so it drops {}; `precall set --number {} --rule {} NAME=VALUE` keeps what you \
             do not name\n",
            dropped.join(", "),
            in_shell(number),
            in_shell(rule)
        )
    }

    /// Returns the message about a rule that needs no change.
    fn already(&self, location: &RulesLocation) -> String {
        let Key { number, rule } = &self.key;
        let state = match self.via {
            ChangeVia::Enable => "is already switched on",
            ChangeVia::Disable => "is already switched off",
            ChangeVia::Expire => "already ends at that instant",
            _ => "already has these attributes",
        };
        format!("rule `{rule}` under {number} {state}; nothing was changed in {location}\n")
    }

    /// Makes the change, if the item is still the one that was shown.
    async fn write(&self, table: &WritableTable, stamper: &ChangeStamper) -> Result<(), Failure> {
        let outcome = match (&self.old, &self.new) {
            (old, Some(new)) => stamped_write::put(table, stamper, old.as_ref(), new).await?,
            (Some(old), None) => stamped_write::remove(table, stamper, old).await?,
            (None, None) => StampedWriteOutcome::Done,
        };
        match outcome {
            StampedWriteOutcome::Done => Ok(()),
            StampedWriteOutcome::Changed => {
                Err("nothing was written: the rule has changed meanwhile; repeat the command".into())
            }
        }
    }
}

/// Returns a text as an argument of a shell.
fn in_shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '.' | ':');
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Returns the error of a rule that is not there.
fn no_rule(key: &Key, via: ChangeVia, opened: &OpenedStore) -> Failure {
    let Key { number, rule } = key;
    let location = &opened.location;
    if number != WILDCARD && !number.starts_with('+') {
        return format!(
            "there is no rule `{rule}` under {number} in {location}; numbers begin with + and the country code, such as \
             +13155550101"
        )
        .into();
    }
    let advice = if via == ChangeVia::Remove { "" } else { ", and `precall put` writes a new one" };
    format!("there is no rule `{rule}` under {number} in {location}; `precall rules` lists the rules{advice}").into()
}

/// Returns what a new item does, in the words of its parsed form, and the attributes that are not read.
pub fn meaning(item: &Attributes) -> String {
    let Some(words) = RuleInWords::of(&items::parse(item)) else { return String::new() };
    let unread = not_read(&words.unread).map(|unread| format!("{unread}\n")).unwrap_or_default();
    format!("it {}\n{unread}", shortened(&words.sentence))
}

/// Returns the findings about a new item that need the rules under `*`: about a rule that lets calls through before a rule of
/// law, and about an exemption from a list that is not there.
async fn findings_with_wildcard(store: &RulesTable, new: Option<&Attributes>) -> Result<Vec<RuleFinding>, StoreError> {
    let entries = async |number: &str| {
        let items = store.attributes(number).await?;
        Ok::<Vec<Entry>, StoreError>(items.iter().map(items::parse).collect())
    };
    match new.map(items::parse) {
        Some(Entry::Rule(rule)) if rule.action == Action::Proceed => {
            let wildcard = entries(WILDCARD).await?;
            Ok(LawRules::of(&wildcard, Timestamp::now()).finding_of(&rule).into_iter().collect())
        }
        Some(Entry::Fact(fact)) if matches!(fact.content, FactContent::Exemption(_)) => {
            let (wildcard, own) = (entries(WILDCARD).await?, entries(&fact.key.number).await?);
            let mut names = ExemptNames::of_wildcard(&wildcard);
            let others = wildcard.iter().chain(&own).filter(|entry| !matches!(entry, Entry::Fact(_)));
            others.for_each(|entry| names.add(entry));
            names.add(&Entry::Fact(fact));
            Ok(names.findings())
        }
        Some(Entry::Rule(_) | Entry::Fact(_) | Entry::Invalid(_)) | None => Ok(Vec::new()),
    }
}

/// Returns the decision of a call to the rule's number before and after the change. A rule without a number is about many
/// calls.
async fn effect(
    opened: &OpenedStore,
    settings: &Arc<Settings>,
    key: &Key,
    old: Option<&Attributes>,
    new: Option<&Attributes>,
) -> Result<String, Failure> {
    let store = &opened.store;
    // The conditions of a rule that is switched off are not read.
    let rule = [new, old].into_iter().flatten().find_map(|item| match items::parse(item) {
        Entry::Rule(rule) if rule.conditions.lifetime.enabled => Some(rule),
        _ => None,
    });
    let callee = match &rule {
        Some(rule) => match &rule.conditions.number {
            Some((Side::To | Side::Any, number)) => Some(number.clone()),
            _ => None,
        },
        None => Number::from_typed(&key.number).ok(),
    };
    let Some(to) = callee else {
        return Ok(
            "the rule is about many calls: `precall check` and `precall test` show the decisions of some, `precall replay` \
                   those of yesterday's calls\n"
                .to_owned(),
        );
    };
    let call = Call::new(to, Timestamp::now());
    let before = DecisionSummary::look(&decision_summary::service(store, settings), &call).await?;
    let numbers = [call.to.to_string()];
    let copy = ViewedTable::with_change(opened, key, new).copy_for(numbers, settings).await?;
    let attempts = AttemptsTable::new(store.client().clone(), &settings.attempts_table);
    let after = DecisionSummary::look(&decision_summary::service_with(&copy.store, attempts, settings), &call).await?;
    copy.close().await?;
    Ok(if before == after {
        format!("a call to {} now, from a withheld caller: {before}, as before\n", call.to)
    } else {
        format!("a call to {} now, from a withheld caller: {before} -> {after}\n", call.to)
    })
}

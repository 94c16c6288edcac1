//! One edit of the rules table: shows what it changes, asks for confirmation, and makes the change.

use std::collections::{BTreeSet, HashMap};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use precall::Call;
use precall::Number;
use precall::rule::{self, Action, Entry, Key, MeantKey, Side, WILDCARD, quoted};
use precall_hook::settings::Settings;
use precall_hook::store::AttemptsTable;
use precall_hook::store::{RulesTable, StoreError, StoreErrorKind};

use crate::decision_summary::{self, DecisionSummary};
use crate::dynamodb::attribute_value::{Attributes, to_plain};
use crate::dynamodb::items;
use crate::dynamodb::store::{OpenedStore, StoreArguments, WritableStore};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;
use crate::rule_findings::{LawRules, RuleFinding, effect_on_every_call};
use crate::rule_row::{RuleInWords, not_read};
use crate::strict_attributes;
use crate::terminal::{ask, print, print_stderr};
use crate::tool_settings::settings;

/// The options of an edit.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Edit {
    /// Make the change without asking for confirmation.
    #[arg(long)]
    yes: bool,

    /// Show the change, and do not make it.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    #[command(flatten)]
    store: StoreArguments,
}

/// Returns the partition of a number, however it was typed.
///
/// # Errors
/// When it is neither a number nor `*`.
pub fn partition(number: &str) -> Result<String, Failure> {
    if number.trim().is_empty() {
        return Err("the number is empty; write a number, such as +13155550100, or `*`".into());
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
    /// Opens the store that the arguments name.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        self.store.open(settings).await
    }

    /// Shows what changes, asks for confirmation, and makes the change. Without a new item, the old one is removed.
    ///
    /// # Errors
    /// When there is no item to remove, or the table cannot be read or written.
    pub async fn change(&self, key: Key, new: Option<Attributes>) -> Result<ExitCode, Failure> {
        let settings = Arc::new(settings()?);
        let (opened, table) = match (&new, self.dry_run) {
            (None, true) => (self.store.open(&settings).await?, None),
            (Some(_), true) => (self.store.open_or_empty(&settings).await?, None),
            (None, false) => writable(self.store.open_to_change(&settings).await?),
            (Some(_), false) => writable(self.store.open_or_create(&settings).await?),
        };
        let changed = Box::pin(self.change_in(&opened, table.as_ref(), &settings, key, new)).await;
        opened.finish(changed).await
    }

    /// Without a table to write, it only shows the change.
    async fn change_in(
        &self,
        opened: &OpenedStore,
        table: Option<&WritableTable>,
        settings: &Arc<Settings>,
        key: Key,
        new: Option<Attributes>,
    ) -> Result<ExitCode, Failure> {
        let store = &opened.store;
        let old = get(store, &key).await?;
        match (&old, &new) {
            (None, None) => Err(format!(
                "there is no rule `{}` under {} in {}; `precall rules` lists the rules",
                key.rule, key.number, opened.location
            )
            .into()),
            (Some(old), Some(new)) if old == new => {
                print(&format!("rule `{}` under {} has these attributes already\n", key.rule, key.number))?;
                Ok(ExitCode::SUCCESS)
            }
            _ => Box::pin(self.confirm_and_write(opened, table, settings, &key, old.as_ref(), new.as_ref())).await,
        }
    }

    async fn confirm_and_write(
        &self,
        opened: &OpenedStore,
        table: Option<&WritableTable>,
        settings: &Arc<Settings>,
        key: &Key,
        old: Option<&Attributes>,
        new: Option<&Attributes>,
    ) -> Result<ExitCode, Failure> {
        let store = &opened.store;
        print(&difference(key, old, new))?;
        print(&new.map(meaning).unwrap_or_default())?;
        print(&effect(store, settings, key, old, new).await?)?;
        if let Some(finding) = consent_finding(store, new).await? {
            print_stderr(format_args!("{}: {}", finding.level.as_str(), finding.text()));
        }
        let on_every_call = new.and_then(on_every_call);
        let Some(table) = table else {
            print("nothing was changed\n")?;
            return Ok(ExitCode::SUCCESS);
        };
        if !self.is_confirmed(on_every_call.as_deref(), new.is_none())? {
            print("nothing was changed\n")?;
            return Ok(ExitCode::FAILURE);
        }
        write(table, key, old, new).await?;
        let what = if new.is_some() { "written to" } else { "removed from" };
        print(&format!("{what} {}\n", opened.location))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Asks for confirmation at the terminal.
    fn is_confirmed(&self, on_every_call: Option<&str>, is_removal: bool) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        let reason = on_every_call.map(|effect| format!("{effect}; ")).unwrap_or_default();
        let kept = if is_removal { "removed" } else { "written" };
        ask("Make this change?")?.ok_or_else(|| {
            format!(
                "{reason}the change needs a confirmation, and standard input is not a terminal; write --yes or --dry-run; nothing \
                 was {kept}"
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
        strict_attributes::check(item, old.as_ref()).map_err(|error| format!("{error}; nothing was written").into())
    }

    async fn stored(&self, key: &Key) -> Result<Option<Attributes>, Failure> {
        let opened = self.store.open_or_empty(&settings()?).await?;
        let old = get(&opened.store, key).await;
        opened.close().await?;
        Ok(old?)
    }
}

/// Returns the parts of a store that is opened to be changed.
fn writable(store: WritableStore) -> (OpenedStore, Option<WritableTable>) {
    (store.opened, Some(store.table))
}

/// Returns an item, if there is one of this key.
///
/// # Errors
/// When the table cannot be read.
pub async fn get(store: &RulesTable, key: &Key) -> Result<Option<Attributes>, StoreError> {
    let get = store.client().get_item().table_name(store.name()).consistent_read(true);
    Ok(get.set_key(Some(items::key_attributes(key))).send().await?.item)
}

/// Returns the effect of an item on every call, if it is a rule about every call.
pub fn on_every_call(item: &Attributes) -> Option<String> {
    match items::parse(item) {
        Entry::Rule(rule) => effect_on_every_call(&rule),
        Entry::Fact(_) | Entry::Invalid(_) => None,
    }
}

/// Returns the attributes that change, as text.
fn difference(key: &Key, old: Option<&Attributes>, new: Option<&Attributes>) -> String {
    let shown = |item: Option<&Attributes>, name: &str| {
        item.and_then(|item| to_plain(item).remove(name)).map_or_else(|| "(none)".to_owned(), |value| value.to_string())
    };
    let what = match (old, new) {
        (None, _) => "is new",
        (_, None) => "is to be removed",
        _ => "changes",
    };
    let mut text = format!("rule `{}` under {} {what}\n", key.rule, key.number);
    let names: BTreeSet<&String> = [old, new].into_iter().flatten().flat_map(|item| item.keys()).collect();
    for name in names.into_iter().filter(|name| !matches!(name.as_str(), "number" | "rule")) {
        let (before, after) = (shown(old, name), shown(new, name));
        let line = match (old, new) {
            _ if before == after => continue,
            (None, _) => format!("  {name}: {after}\n"),
            (_, None) => format!("  {name}: {before}\n"),
            _ => format!("  {name}: {before} -> {after}\n"),
        };
        text.push_str(&line);
    }
    text
}

/// Returns what a new item does, in the words of its parsed form, and the attributes that are not read.
fn meaning(item: &Attributes) -> String {
    let Some(words) = RuleInWords::of(&items::parse(item)) else { return String::new() };
    let unread = not_read(&words.unread).map(|unread| format!("{unread}\n")).unwrap_or_default();
    format!("it {}\n{unread}", words.sentence)
}

/// Returns the finding about a new rule that lets calls through before a rule of law.
async fn consent_finding(store: &RulesTable, new: Option<&Attributes>) -> Result<Option<RuleFinding>, StoreError> {
    let Some(Entry::Rule(rule)) = new.map(items::parse) else { return Ok(None) };
    if rule.action != Action::Proceed {
        return Ok(None);
    }
    let wildcard: Vec<Entry> = store.attributes(WILDCARD).await?.iter().map(items::parse).collect();
    Ok(LawRules::of(&wildcard, Timestamp::now()).finding_of(&rule))
}

/// Returns the decision of a call to the rule's number before and after the change. A rule without a number is about many
/// calls.
async fn effect(
    store: &RulesTable,
    settings: &Arc<Settings>,
    key: &Key,
    old: Option<&Attributes>,
    new: Option<&Attributes>,
) -> Result<String, Failure> {
    let rule = [new, old].into_iter().flatten().find_map(|item| match items::parse(item) {
        Entry::Rule(rule) => Some(rule),
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
    let copy = copied(store, settings, &call.to, key, new).await?;
    let attempts = AttemptsTable::new(store.client().clone(), &settings.attempts_table);
    let after = DecisionSummary::look(&decision_summary::service_with(&copy.store, attempts, settings), &call).await?;
    copy.close().await?;
    Ok(if before == after {
        format!("a call to {} now, from a withheld caller: {before}, as before\n", call.to)
    } else {
        format!("a call to {} now, from a withheld caller: {before} -> {after}\n", call.to)
    })
}

/// Copies the items that calls to a number depend on into memory, and makes the change there.
async fn copied(
    store: &RulesTable,
    settings: &Arc<Settings>,
    to: &Number,
    key: &Key,
    new: Option<&Attributes>,
) -> Result<OpenedStore, Failure> {
    let WritableStore { opened: copy, table } = WritableStore::in_memory(settings).await?;
    let mut numbers = vec!["*".to_owned(), to.as_str().to_owned()];
    let mut done = BTreeSet::new();
    while let Some(number) = numbers.pop() {
        if !done.insert(number.clone()) {
            continue;
        }
        let mut found = store.attributes(&number).await?;
        if number == key.number {
            found.retain(|item| items::key(item) != *key);
            found.extend(new.cloned());
        }
        for item in found {
            // The target of a redirect is evaluated by its own rules.
            if let Entry::Rule(rule) = items::parse(&item)
                && let Action::Redirect(targets) = &rule.action
            {
                numbers.extend(targets.numbers().map(|number| number.as_str().to_owned()));
            }
            items::put(&table, item).await?;
        }
    }
    Ok(copy)
}

/// Makes the change, if the item is still the one that was shown.
async fn write(
    store: &WritableTable,
    key: &Key,
    old: Option<&Attributes>,
    new: Option<&Attributes>,
) -> Result<(), Failure> {
    let UnchangedCondition { expression, names, values } = UnchangedCondition::of(old, new);
    let values = (!values.is_empty()).then_some(values);
    let client = store.client();
    let sent = if let Some(new) = new {
        let put = client.put_item().table_name(store.name()).set_item(Some(new.clone()));
        let put = put.condition_expression(expression).set_expression_attribute_names(Some(names));
        put.set_expression_attribute_values(values).send().await.map(|_| ()).map_err(StoreError::from)
    } else {
        let delete = client.delete_item().table_name(store.name()).set_key(Some(items::key_attributes(key)));
        let delete = delete.condition_expression(expression).set_expression_attribute_names(Some(names));
        delete.set_expression_attribute_values(values).send().await.map(|_| ()).map_err(StoreError::from)
    };
    sent.map_err(|error| {
        if error.kind == StoreErrorKind::ConditionFailed {
            "the rule has changed meanwhile; nothing was written, repeat the command".into()
        } else {
            error.into()
        }
    })
}

/// The condition that an item has not changed since it was read.
struct UnchangedCondition {
    expression: String,
    names: HashMap<String, String>,
    values: Attributes,
}

impl UnchangedCondition {
    fn of(old: Option<&Attributes>, new: Option<&Attributes>) -> Self {
        let mut names = HashMap::new();
        let mut values = HashMap::new();
        let mut conditions = Vec::new();
        // An attribute that was added meanwhile, such as `enabled`, is a change too.
        let known = rule::ATTRIBUTES.into_iter();
        let used = [old, new].into_iter().flatten().flat_map(|item| item.keys().map(String::as_str));
        let all: BTreeSet<&str> = used.chain(known).collect();
        for (nth, name) in all.into_iter().enumerate() {
            names.insert(format!("#a{nth}"), name.to_owned());
            match old.and_then(|old| old.get(name)) {
                Some(value) => {
                    values.insert(format!(":a{nth}"), value.clone());
                    conditions.push(format!("#a{nth} = :a{nth}"));
                }
                None => conditions.push(format!("attribute_not_exists(#a{nth})")),
            }
        }
        Self { expression: conditions.join(" AND "), names, values }
    }
}

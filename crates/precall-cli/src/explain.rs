//! Why a call is decided as it is: all that `precall check` prints and the page shows.

use std::time::Duration;

use precall::answer::Decision;
use precall::evaluation::context::Context;
use precall::evaluation::evaluate::{Call, Rulebook, Ruling, State, explain};
use precall::frequency_cap::History;
use precall::number::Number;
use precall::rule::{Entry, Key, Specificity};
use precall_hook::decision_service::{Judge, Judged, Purpose};
use precall_hook::store::rules_table::{Store, StoreError};
use tokio::task::JoinSet;

use crate::dynamodb::store::in_time;
use crate::outcome::Outcome;

/// All there is to say of a call.
#[derive(Debug)]
pub struct Explanation {
    pub call: Call,
    pub outcome: Outcome,
    pub asked: Looked,
    /// Of a redirect: its screening.
    pub screened: Option<Screened>,
    /// Items stored under another spelling of the callee's number, which the hook never looks up; or why they could not
    /// be looked for.
    pub stray: Result<Vec<Key>, StoreError>,
}

/// What was looked at for one callee.
#[derive(Debug)]
pub struct Looked {
    pub place: String,
    pub clocks: String,
    pub hours_data: String,
    pub rows: Vec<Row>,
}

/// What was looked at for the target of a redirect.
#[derive(Debug)]
pub struct Screened {
    /// The rule that sends the call there.
    pub rule: String,
    pub to: Number,
    pub looked: Looked,
}

/// The state of a rule that a condition keeps from being awake.
pub const ASLEEP: &str = "asleep";

/// One item, and how it stood to the call.
#[derive(Debug)]
pub struct Row {
    pub key: Key,
    pub priority: String,
    pub state: &'static str,
    pub why: String,
}

impl Explanation {
    /// Of a call, as it would be decided within a time limit; nothing is counted. `default` is the answer to a call
    /// without a rule.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub async fn of(
        judge: &Judge,
        store: &Store,
        call: &Call,
        default: &Decision,
        limit: Duration,
    ) -> Result<Self, StoreError> {
        let judging = judge.judge(call, Purpose::Look, |judged| Self::new(call, judged, default));
        // On the heap: large, and in every command that explains.
        let explained = Box::pin(in_time(limit, judging)).await?;
        // What the hook does not ask has no part in what it decides.
        let stray = in_time(limit, stray_items(store, &call.to)).await;
        Ok(Self { stray, ..explained })
    }

    fn new(call: &Call, judged: &Judged<'_>, default: &Decision) -> Self {
        let judgement = &judged.judgement;
        let screening = judgement.screening.as_ref();
        let asked = Looked::new(call, &judged.found.rulebook, judged.history, judgement.verdict.ruling);
        let screened = judged.target.zip(screening).and_then(|((target, found), screening)| {
            let Ruling::Rule(rule, _) = judgement.verdict.ruling else { return None };
            let looked = Looked::new(target, &found.rulebook, judged.history, screening.ruling);
            Some(Screened { rule: rule.key.rule.clone(), to: target.to.clone(), looked })
        });
        Self { call: call.clone(), outcome: Outcome::of(judgement, default), asked, screened, stray: Ok(Vec::new()) }
    }
}

impl Looked {
    fn new(call: &Call, rulebook: &Rulebook, history: &History, ruling: Ruling<'_>) -> Self {
        let mut rows = Vec::new();
        let verdict = explain(call, rulebook, history, |entry, state, context| {
            rows.push(Row::new(entry, state, ruling, context));
        });
        let context = &verdict.context;
        let clocks: Vec<String> = context.callee().clocks.iter().map(ToString::to_string).collect();
        Self {
            place: context.describe_place(),
            clocks: clocks.join(", "),
            hours_data: context.table().data_date().map_or_else(|| "no known date".to_owned(), |date| date.to_string()),
            rows,
        }
    }
}

impl Row {
    fn new(entry: &Entry, state: State<'_>, ruling: Ruling<'_>, context: &Context<'_>) -> Self {
        let (priority, repairs) = match entry {
            Entry::Valid(rule) => (rule.priority.to_string(), rule.repairs.as_slice()),
            Entry::Statement(_) => (String::new(), &[][..]),
            Entry::Invalid(item) => {
                (item.priority.map_or_else(|| "?".to_owned(), |priority| priority.to_string()), &[][..])
            }
        };
        let decides = matches!((ruling, entry), (Ruling::Rule(rule, _), Entry::Valid(own)) if rule.key == own.key);
        let because = |aim: Specificity| {
            let because = if let Entry::Valid(rule) = entry { rule.conditions.because(context) } else { String::new() };
            if because.is_empty() { format!("aimed at {aim}") } else { format!("aimed at {aim}; {because}") }
        };
        // What an invalid item said before it became so.
        let before = match entry {
            Entry::Invalid(item) => item.last_good.as_deref(),
            Entry::Valid(_) | Entry::Statement(_) => None,
        };
        let decides_as_before =
            matches!((ruling, before), (Ruling::Rule(rule, _), Some(Entry::Valid(own))) if std::ptr::eq(rule, own));
        let (state, mut why) = match state {
            State::Awake(aim) if decides => ("decides", because(aim)),
            State::Awake(aim) => ("outranked", because(aim)),
            State::Shadow(aim) => ("shadow", because(aim)),
            State::Asleep(asleep) => (ASLEEP, asleep.describe(context)),
            State::States(says) => ("states", says.to_string()),
            State::Invalid => match entry {
                Entry::Invalid(item) => ("invalid", item.reasons.join("; ")),
                Entry::Valid(_) | Entry::Statement(_) => ("invalid", String::new()),
            },
        };
        let state = if decides_as_before { "decides" } else { state };
        if before.is_some() {
            why = format!("{why}; this process goes by its last version that could be read");
        }
        if !repairs.is_empty() {
            why = format!("{why}; repaired: {}", repairs.join("; "));
        }
        Self { key: entry.key().clone(), priority, state, why }
    }
}

/// Items stored under another spelling of the number.
async fn stray_items(store: &Store, number: &Number) -> Result<Vec<Key>, StoreError> {
    let mut reads = JoinSet::new();
    for spelling in spellings(number) {
        let store = store.clone();
        reads.spawn(async move { store.items(&spelling).await });
    }
    let mut keys = Vec::new();
    while let Some(read) = reads.join_next().await {
        // None of them panics.
        let Ok(items) = read else { continue };
        keys.extend(items?.iter().map(|item| precall::rule::parse(item).key().clone()));
    }
    keys.sort_unstable();
    Ok(keys)
}

/// How people write a number that rules spell `+13155550100`.
fn spellings(number: &Number) -> Vec<String> {
    let Some(digits) = number.as_str().strip_prefix('+') else {
        return Vec::new();
    };
    let mut spellings = vec![
        digits.to_owned(),
        format!("'+{digits}"),
        format!(" +{digits}"),
        format!("+{digits} "),
        format!("00{digits}"),
    ];
    let nanp = digits.strip_prefix('1').filter(|rest| rest.len() == 10);
    if let Some((area, exchange, line)) = nanp.and_then(|rest| Some((rest.get(..3)?, rest.get(3..6)?, rest.get(6..)?)))
    {
        spellings.extend([
            format!("{area}{exchange}{line}"),
            format!("({area}) {exchange}-{line}"),
            format!("{area}-{exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
            format!("{area} {exchange} {line}"),
            format!("1-{area}-{exchange}-{line}"),
            format!("+1 {area} {exchange} {line}"),
            format!("+1 {area}-{exchange}-{line}"),
            format!("+1-{area}-{exchange}-{line}"),
            format!("+1 ({area}) {exchange}-{line}"),
        ]);
    }
    spellings
}

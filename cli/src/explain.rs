//! Why a call is decided as it is: all that `precall check` prints and the page shows.

use precall::cap::History;
use precall::context::Context;
use precall::contract::Decision;
use precall::decide::{Call, Rulebook, Ruling, State, explain};
use precall::judge::{Judge, Judged, Purpose};
use precall::number::Number;
use precall::rule::{Entry, Key, Specificity};
use precall::store::{Store, StoreError};

use crate::outcome::Outcome;

/// All there is to say of a call.
#[derive(Debug)]
pub struct Explanation {
    pub call: Call,
    pub outcome: Outcome,
    pub asked: Looked,
    /// Of a redirect: its screening.
    pub screened: Option<Screened>,
    /// Items stored under another spelling of the callee's number, which the hook never looks up.
    pub stray: Vec<Key>,
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

/// One item, and how it stood to the call.
#[derive(Debug)]
pub struct Row {
    pub key: Key,
    pub priority: String,
    pub state: &'static str,
    pub why: String,
}

impl Explanation {
    /// Of a call, as it would be decided; nothing is counted. `default` is the answer to a call without a rule.
    ///
    /// # Errors
    /// When the rules cannot be read.
    pub async fn of(judge: &Judge, store: &Store, call: &Call, default: &Decision) -> Result<Self, StoreError> {
        let explained = judge.judge(call, Purpose::Look, |judged| Self::new(call, judged, default)).await?;
        Ok(Self { stray: stray_items(store, &call.to).await?, ..explained })
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
        Self { call: call.clone(), outcome: Outcome::of(judgement, default), asked, screened, stray: Vec::new() }
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
        let (state, mut why) = match state {
            State::Awake(aim) if decides => ("decides", because(aim)),
            State::Awake(aim) => ("outranked", because(aim)),
            State::Shadow(aim) => ("shadow", because(aim)),
            State::Asleep(asleep) => ("asleep", asleep.describe(context)),
            State::States(says) => ("states", says.to_string()),
            State::Invalid => match entry {
                Entry::Invalid(item) => ("invalid", item.reasons.join("; ")),
                Entry::Valid(_) | Entry::Statement(_) => ("invalid", String::new()),
            },
        };
        if !repairs.is_empty() {
            why = format!("{why}; repaired: {}", repairs.join("; "));
        }
        Self { key: entry.key().clone(), priority, state, why }
    }
}

/// Items stored under another spelling of the number, which the hook never looks up.
async fn stray_items(store: &Store, number: &Number) -> Result<Vec<Key>, StoreError> {
    let mut keys = Vec::new();
    for spelling in spellings(number) {
        for item in store.items(&spelling).await? {
            keys.push(precall::rule::parse(&item).key().clone());
        }
    }
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

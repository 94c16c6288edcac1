//! A call on some items, which the engine decides. All tests use this to get a decision.

use std::path::Path;

use jiff::Timestamp;
use precall::frequency_cap::CountBy;
use precall::number::is_withheld;
use precall::rule::{Entry, Item, parse};
use precall::{Answer, Attempts, Call, DecidedBy, Decision, DefaultAnswer, Evaluation, Number, RuleSet, Unknown};
use serde_json::Value;

/// A call on some items.
///
/// ```
/// use precall_test::Case;
/// use serde_json::json;
///
/// let items = [json!({ "number": "+13155550100", "rule": "dnc", "status": "REJECT", "code": "603" })];
/// assert_eq!(Case::new(&items).to("+13155550100").answer(), ("REJECT 603".to_owned(), "dnc".to_owned()));
/// ```
#[derive(Debug, Clone)]
pub struct Case {
    rules: RuleSet,
    call: Call,
    attempts: Attempts,
}

impl Case {
    /// The caller of a case that sets none.
    pub const FROM: &'static str = "+12125550199";
    /// The callee of a case that sets none.
    pub const TO: &'static str = "+13155550100";
    /// The instant of a case that sets none: a Monday, 10:00 in New York.
    pub const AT: &'static str = "2026-11-23T15:00:00Z";

    /// Returns the case of a call by the client `vendor` on these items, without attempts.
    pub fn new(items: &[Value]) -> Self {
        let rules = RuleSet::from_items(items.iter().map(item));
        let call = Call { client: Some("vendor".into()), ..Call::new(number(Self::TO), instant(Self::AT)) };
        Self { rules, call, attempts: Attempts::none() }.from(Self::FROM)
    }

    /// Sets the caller. The caller is withheld if the text is empty or a word such as `anonymous`.
    #[must_use]
    pub fn from(mut self, from: &str) -> Self {
        self.call.from = (!from.is_empty() && !is_withheld(from)).then(|| number(from));
        self
    }

    /// Sets the callee.
    #[must_use]
    pub fn to(mut self, to: &str) -> Self {
        self.call.to = number(to);
        self
    }

    /// Sets the instant.
    #[must_use]
    pub fn at(mut self, at: &str) -> Self {
        self.call.at = instant(at);
        self
    }

    /// Sets the client.
    #[must_use]
    pub fn client(mut self, client: Option<&str>) -> Self {
        self.call.client = client.map(Into::into);
        self
    }

    /// Sets the whole call.
    #[must_use]
    pub fn call(mut self, call: &Call) -> Self {
        self.call = call.clone();
        self
    }

    /// Adds attempts to a counter of the call, in any order.
    #[must_use]
    pub fn attempts(mut self, by: CountBy, mut attempts: Vec<Timestamp>) -> Self {
        attempts.sort_unstable();
        attempts.reverse();
        self.attempts.insert(by.counter(self.call.from.as_ref(), &self.call.to), attempts);
        self
    }

    /// Sets the answer of a call to which no rule applies.
    #[must_use]
    pub fn default(mut self, default: &DefaultAnswer) -> Self {
        self.rules = self.rules.with_default(default.clone());
        self
    }

    /// Decides the call, and passes the decision to a function.
    pub fn decide<T>(&self, read: impl FnOnce(&Decision<'_>) -> T) -> T {
        read(&self.rules.evaluate(&self.call, &self.attempts))
    }

    /// Evaluates the rules for the callee, without the screening of a redirect.
    pub fn asked<T>(&self, read: impl FnOnce(&Evaluation<'_>) -> T) -> T {
        self.decide(|decision| read(decision.asked()))
    }

    /// Returns the name of the rule that decides for the callee, `-` if none applies, or `?` and the name of the invalid
    /// item that makes the decision unknown.
    pub fn winner(&self) -> String {
        self.asked(|asked| name(asked.decided_by()))
    }

    /// Returns `PROCEED`, `REJECT 480`, `CHANGE_DESTINATION +1…` or `UNKNOWN`, and the name of the rule that decides, `-` if
    /// none does, or the name of the invalid item.
    pub fn answer(&self) -> (String, String) {
        self.decide(|decision| {
            let answer = match decision.answer() {
                Err(_) => "UNKNOWN".to_owned(),
                Ok(Answer::Proceed) => "PROCEED".to_owned(),
                Ok(Answer::Reject { code, .. }) => format!("REJECT {code}"),
                Ok(Answer::ChangeDestination { number }) => format!("CHANGE_DESTINATION {number}"),
            };
            (answer, name(decision.decided_by()).trim_start_matches('?').to_owned())
        })
    }
}

/// Returns the name of the rule that decides, `-` for the default, `?` and the name of the invalid item, or `?unread` or
/// `?unreadable`.
pub fn name(decided_by: DecidedBy<'_>) -> String {
    match decided_by {
        DecidedBy::Rule(rule, _) => rule.key.rule.clone(),
        DecidedBy::Default => "-".to_owned(),
        DecidedBy::Unknown(Unknown::InvalidItem(item)) => format!("?{}", item.key.rule),
        DecidedBy::Unknown(Unknown::Unread) => "?unread".to_owned(),
        DecidedBy::Unknown(Unknown::Unreadable(_)) => "?unreadable".to_owned(),
    }
}

/// Returns a JSON object as an item.
pub fn item(json: &Value) -> Item {
    json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// Returns the entry that the engine reads from a JSON object.
pub fn entry(json: &Value) -> Entry {
    parse(&item(json))
}

/// Reads the items of a file: a JSON array of objects.
pub fn read_items(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Reads a number.
pub fn number(text: &str) -> Number {
    Number::from_typed(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Reads an instant.
pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

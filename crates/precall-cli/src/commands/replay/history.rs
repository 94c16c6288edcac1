//! The attempts that caps count, from the beginning of a log.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use precall::evaluation::evaluate::Call;
use precall::frequency_cap::{CountBy, History};

use super::Asked;

/// Whose calls: who is called and who calls, as far as each matters.
type Whose = (CountBy, Box<str>, Box<str>);

/// What stands for a caller who withholds the number.
const WITHHELD: &str = "anonymous";

#[derive(Debug, Default)]
pub struct Attempts {
    made: HashMap<Whose, Vec<Timestamp>>,
    /// Numbers of calls of which nobody knows whether they counted.
    doubtful: HashSet<Box<str>>,
}

fn whose(by: CountBy, to: &str, from: &str) -> Whose {
    match by {
        CountBy::Callee => (by, to.into(), "".into()),
        CountBy::Pair => (by, to.into(), from.into()),
        CountBy::Caller => (by, "".into(), from.into()),
    }
}

/// What tells the caller and the callee of a call from others.
fn ids(asked: &Asked) -> Result<(&str, &str), String> {
    let nobody = || "a cap counts calls by numbers that the log does not tell apart".to_owned();
    let from = match &asked.from {
        None => WITHHELD,
        Some(from) => from.id().ok_or_else(nobody)?,
    };
    Ok((asked.to.id().ok_or_else(nobody)?, from))
}

impl Attempts {
    /// The attempts that caps may look at for a call.
    ///
    /// # Errors
    /// When the log does not tell who calls whom.
    pub fn history(&self, asked: &Asked, call: &Call) -> Result<History, String> {
        let (to, from) = ids(asked)?;
        Ok(self.of(to, from, call, History::new()))
    }

    /// And for the number that it is sent to, which is named by a rule and so known by all its digits.
    ///
    /// # Errors
    /// When the log does not tell who calls.
    pub fn history_of_target(&self, asked: &Asked, call: &Call, history: History) -> Result<History, String> {
        let (_, from) = ids(asked)?;
        Ok(self.of(call.to.as_str(), from, call, history))
    }

    fn of(&self, to: &str, from: &str, call: &Call, mut history: History) -> History {
        for by in [CountBy::Callee, CountBy::Pair, CountBy::Caller] {
            if let Some(made) = self.made.get(&whose(by, to, from)) {
                history.insert(by.counter(call.from.as_ref(), &call.to), made.clone());
            }
        }
        history
    }

    /// Whether all earlier calls of these numbers are known.
    ///
    /// # Errors
    /// When they are not.
    pub fn sure(&self, asked: &Asked) -> Result<(), String> {
        let (to, from) = ids(asked)?;
        if self.doubtful.contains(to) || self.doubtful.contains(from) {
            return Err("a cap counts an earlier call that was not decided".to_owned());
        }
        Ok(())
    }

    /// Counts a call that was let through.
    pub fn count(&mut self, asked: &Asked, by: &[CountBy], dialled: Option<&str>) {
        let Ok((to, from)) = ids(asked) else { return };
        for by in by {
            self.made.entry(whose(*by, dialled.unwrap_or(to), from)).or_default().push(asked.at);
        }
    }

    /// A call of which nobody knows whether it counted.
    pub fn doubt(&mut self, asked: &Asked) {
        for seen in [Some(&asked.to), asked.from.as_ref()].into_iter().flatten() {
            self.doubtful.extend(seen.id().map(Into::into));
        }
    }
}

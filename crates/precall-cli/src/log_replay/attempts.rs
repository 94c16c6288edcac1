//! The attempts that caps count, from the beginning of a log.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use precall::Attempts;
use precall::Call;
use precall::frequency_cap::CountBy;

use super::logged_call::LoggedCall;
use super::masked_numbers::NumberResolver;
use super::undecided::Undecided;

/// Everything that a cap may count by.
pub const COUNT_BY: [CountBy; 3] = [CountBy::Callee, CountBy::Pair, CountBy::Caller];

/// The name for a withheld caller.
const WITHHELD: &str = "anonymous";

/// A counter: the ids of the callee and the caller, empty if the counter ignores them.
type CounterKey = (CountBy, Box<str>, Box<str>);

fn counter_key(by: CountBy, to: &str, from: &str) -> CounterKey {
    match by {
        CountBy::Callee => (by, to.into(), "".into()),
        CountBy::Pair => (by, to.into(), from.into()),
        CountBy::Caller => (by, "".into(), from.into()),
    }
}

/// The attempts of the calls that were replayed so far.
#[derive(Debug, Default)]
pub struct ReplayAttempts {
    /// Attempts, the oldest first.
    made: HashMap<CounterKey, Vec<Timestamp>>,
    /// Numbers of calls that were not decided, so that the call may have counted or not.
    doubtful: HashSet<Box<str>>,
}

impl ReplayAttempts {
    /// Returns the attempts that caps may read for a call.
    ///
    /// # Errors
    /// If the log does not tell numbers apart.
    pub fn of<'a>(&'a self, call: &'a LoggedCall, resolver: &'a NumberResolver) -> Result<CallAttempts<'a>, Undecided> {
        let (to, from) = ids(call, resolver).ok_or(Undecided::CapNumbers)?;
        Ok(CallAttempts { all: self, to, from })
    }

    /// Counts a call that was let through. `dialled` is the number that a redirect dials.
    pub fn count(&mut self, call: &LoggedCall, resolver: &NumberResolver, by: &[CountBy], dialled: Option<&str>) {
        let Some((to, from)) = ids(call, resolver) else { return };
        for by in by {
            self.made.entry(counter_key(*by, dialled.unwrap_or(to), from)).or_default().push(call.at);
        }
    }

    /// Notes a call that was not decided, so that it may have counted or not.
    pub fn doubt(&mut self, call: &LoggedCall, resolver: &NumberResolver) {
        self.doubtful.extend(call.numbers().filter_map(|number| resolver.id(number)).map(Into::into));
    }
}

/// Returns the ids of the callee and the caller; `None` if the log does not tell numbers apart.
fn ids<'a>(call: &'a LoggedCall, resolver: &'a NumberResolver) -> Option<(&'a str, &'a str)> {
    let from = match &call.from {
        None => WITHHELD,
        Some(from) => resolver.id(from)?,
    };
    Some((resolver.id(&call.to)?, from))
}

/// The attempts that caps may read for one call.
#[derive(Debug, Clone, Copy)]
pub struct CallAttempts<'a> {
    all: &'a ReplayAttempts,
    to: &'a str,
    from: &'a str,
}

impl CallAttempts<'_> {
    /// Returns the attempts for the call as it was requested.
    pub fn of_call(&self, call: &Call) -> Attempts {
        self.read(self.to, call)
    }

    /// Returns the attempts for the call to a redirect's target. A rule names the target, so that all of its digits are
    /// known.
    pub fn of_target(&self, call: &Call) -> Attempts {
        self.read(call.to.as_str(), call)
    }

    fn read(&self, to: &str, call: &Call) -> Attempts {
        let made = |by: &CountBy| {
            let made = self.all.made.get(&counter_key(*by, to, self.from))?;
            // The engine reads the newest first.
            Some((by.counter(call.from.as_ref(), &call.to), made.iter().rev().copied().collect()))
        };
        COUNT_BY.iter().filter_map(made).collect()
    }

    /// Checks that all earlier calls of these numbers were decided.
    ///
    /// # Errors
    /// If one was not.
    pub fn check_decided(&self) -> Result<(), Undecided> {
        if self.all.doubtful.contains(self.to) || self.all.doubtful.contains(self.from) {
            return Err(Undecided::EarlierCall);
        }
        Ok(())
    }
}

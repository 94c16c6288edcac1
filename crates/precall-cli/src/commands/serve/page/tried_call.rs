//! The call that is tried: read from the page's parameters, and decided as the hook would decide it, without counting.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use precall::number::is_withheld;
use precall::{Answer, Call, Number};
use precall_hook::handler::Handler;
use precall_hook::settings::Auth;
use precall_hook::store::{RulesTable, StoreError};

use super::parameters::{CALL_FIELDS, PageParameters};
use crate::call_explanation::CallExplanation;
use crate::call_time::{CallTime, InstantError};

/// The value of `clock` for the callee's clock.
pub const CALLEE_CLOCK: &str = "callee";

/// The parameters that ask for a try. `clock` alone does not.
const TRY_FIELDS: [&str; 4] = ["to", "from", "at", "client"];

/// The result of a try.
#[derive(Debug)]
pub enum TriedCall {
    /// The parameters have no call.
    Absent,
    /// A parameter cannot be read.
    Invalid(InvalidField),
    /// The rules could not be read, or not in time, for a call at this instant.
    Unknown(Timestamp, StoreError),
    /// The decision.
    Explained(Box<CallExplanation>),
}

/// A parameter that cannot be read.
#[derive(Debug)]
pub struct InvalidField {
    /// The name of the parameter.
    pub field: &'static str,
    /// The problem, and the repair.
    pub problem: String,
    /// The time zones to choose from, if the callee may be in several.
    pub zones: Vec<String>,
}

impl TriedCall {
    /// Tries the call that the parameters have.
    pub async fn of(hook: &Handler, store: &RulesTable, parameters: &PageParameters, now: Timestamp) -> Self {
        if TRY_FIELDS.iter().all(|name| parameters.get(name).is_none()) {
            return Self::Absent;
        }
        let call = match read_call(hook, parameters, now).await {
            Ok(call) => call,
            Err(failed) => return failed,
        };
        // The time limit is the hook's.
        let limit = hook.settings().budget.deadline;
        match CallExplanation::of(hook.service(), store, &call, limit).await {
            Ok(explained) => Self::Explained(Box::new(explained)),
            Err(error) => Self::Unknown(call.at, error),
        }
    }

    /// Returns the instant of the call.
    pub fn at(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Absent | Self::Invalid(_) => now,
            Self::Unknown(at, _) => *at,
            Self::Explained(explained) => explained.call.at,
        }
    }

    /// Returns the beginning of the title of the browser's tab.
    pub fn title(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Invalid(_) => "Invalid input - ".to_owned(),
            Self::Unknown(..) => "UNKNOWN - ".to_owned(),
            Self::Explained(explained) => {
                let status = explained.summary.answer.as_ref().map_or("UNKNOWN", Answer::status);
                format!("{status} {} - ", explained.call.to)
            }
        }
    }

    /// Returns the callee's time zones, if one of them has to be chosen.
    pub fn zones(&self) -> &[String] {
        if let Self::Invalid(invalid) = self { &invalid.zones } else { &[] }
    }

    /// Returns the problem of a field.
    pub fn problem_of(&self, field: &str) -> Option<&str> {
        match self {
            Self::Invalid(invalid) if invalid.field == field => Some(&invalid.problem),
            _ => None,
        }
    }
}

fn invalid(field: &'static str, problem: impl Into<String>) -> TriedCall {
    TriedCall::Invalid(InvalidField { field, problem: problem.into(), zones: Vec::new() })
}

/// Reads the call. The error is the result of the try.
async fn read_call(hook: &Handler, parameters: &PageParameters, now: Timestamp) -> Result<Call, TriedCall> {
    if let Some(field) = CALL_FIELDS.into_iter().find(|field| parameters.is_repeated(field)) {
        return Err(invalid(field, "the address has it twice; remove one"));
    }
    let to = parameters.get("to");
    let to = to.ok_or_else(|| invalid("to", "no callee; write a number such as +13155550100"))?;
    let to = Number::from_typed(to).map_err(|error| invalid("to", error.to_string()))?;
    // As in a request, a caller that cannot be read is a caller without a number.
    let from = parameters.get("from").filter(|from| !is_withheld(from)).and_then(|from| Number::from_typed(from).ok());
    let client = match (&hook.settings().auth, parameters.get("client")) {
        (Auth::Keys(keys), Some(name)) => {
            let known = keys.names().find(|known| &***known == name);
            let known = known.cloned();
            Some(known.ok_or_else(|| invalid("client", "no API key has this name; choose one"))?)
        }
        (Auth::Keys(keys), None) => keys.names().next().cloned(),
        (Auth::None, _) => None,
    };
    let call = Call { from, client, ..Call::new(to, now) };
    let Some(at) = parameters.get("at") else { return Ok(call) };
    let at = instant(hook, &call, at, parameters.get("clock").unwrap_or(CALLEE_CLOCK)).await?;
    Ok(Call { at, ..call })
}

/// Reads the instant of a call by a clock. An instant with an offset or a zone of its own does not need the clock.
async fn instant(hook: &Handler, call: &Call, text: &str, clock: &str) -> Result<Timestamp, TriedCall> {
    let time =
        text.parse::<CallTime>().map_err(|error| invalid("at", format!("{error}, or leave it empty for now")))?;
    let time = match clock {
        CALLEE_CLOCK => time,
        name => {
            let zone = TimeZone::get(name);
            time.by_clock(zone.map_err(|_error| invalid("clock", "no such clock; choose one, or write UTC"))?)
        }
    };
    let limit = hook.settings().budget.deadline;
    let read = tokio::time::timeout(limit, Box::pin(time.instant_of_call(call, hook.rules()))).await;
    match read.unwrap_or_else(|_| Err(InstantError::Unread(StoreError::late()))) {
        Ok(at) => Ok(at),
        Err(InstantError::Unread(error)) => Err(TriedCall::Unknown(call.at, error)),
        Err(error @ InstantError::OutOfRange(_)) => Err(invalid("at", error.to_string())),
        Err(InstantError::NoClock(_)) => Err(invalid("clock", "the callee's clock is not known; choose another")),
        Err(InstantError::SeveralZones { to, zones }) => {
            let problem = format!("{to} may be in {}; choose one of them", zones.join(" or "));
            Err(TriedCall::Invalid(InvalidField { field: "clock", problem, zones }))
        }
    }
}

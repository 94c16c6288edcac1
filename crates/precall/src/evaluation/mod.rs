//! Decides a call by a set of rules: evaluates the conditions of each rule, ranks those that apply, and screens the
//! target of a redirect.

mod callee;
mod clock_change;
mod conditions;
mod context;
mod decision;
mod exemptions;
mod finding;
mod next_open;
mod reservations;
mod specificity;

pub use callee::{DecidedBy, Evaluation, Unknown};
pub use conditions::Unmet;
pub use context::{LocalTime, Whereabouts};
pub use decision::Decision;
pub use exemptions::LiftedRule;
pub use finding::{Applicability, Finding};
pub use specificity::Specificity;

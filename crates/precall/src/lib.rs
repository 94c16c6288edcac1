#![doc = include_str!("../README.md")]

mod answer;
mod call;
pub mod calling_hours;
mod dates;
mod evaluation;
pub mod frequency_cap;
pub mod number;
pub mod place;
pub mod rule;
mod rule_set;
mod selection;
mod time_span;
mod typed_text;
mod value_error;
mod week;

pub use answer::{Answer, DEFAULT_REJECT_CODE, DefaultAnswer, error_json};
pub use call::Call;
pub use evaluation::{
    Applicability, DecidedBy, Decision, Evaluation, Finding, LiftedRule, LocalTime, Specificity, Unknown, Unmet,
    Whereabouts,
};
pub use frequency_cap::{Attempts, Reservation};
#[doc(no_inline)]
pub use jiff;
pub use number::{Number, NumberError, ReadNumber};
pub use rule_set::{Partition, PartitionRole, RuleSet, UnreadablePartitions};
pub use value_error::ValueError;

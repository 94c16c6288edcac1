//! The time for which the law keeps a request not to be called, and the warning about a list that ends before.

use jiff::SignedDuration;

/// The days of five years, for which a request is kept by 47 CFR 64.1200(d)(6).
const FEDERAL_DAYS: i64 = 1_826;

/// The days of ten years, for which Virginia keeps a request by Va. Code 59.1-514(A).
const VIRGINIA_DAYS: i64 = 3_653;

/// Returns the warning about numbers that leave a list that rejects calls before the law allows it, if these are of people who
/// asked not to be called.
pub fn warning(list: &str, forget_after: Option<SignedDuration>, is_reject: bool) -> Option<String> {
    let days = forget_after.filter(|_| is_reject)?.as_hours() / 24;
    let law = if days < FEDERAL_DAYS {
        format!(
            "five years (47 CFR 64.1200(d)(6)), and for ten in Virginia (Va. Code 59.1-514): write --forget-after \
             {VIRGINIA_DAYS}d"
        )
    } else if days < VIRGINIA_DAYS {
        format!("ten years in Virginia (Va. Code 59.1-514): write --forget-after {VIRGINIA_DAYS}d")
    } else {
        return None;
    };
    let time = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    Some(format!(
        "warning: the numbers leave list {list} after {time}; if people asked not to be called, the law keeps their requests \
         for {law}, or leave it out"
    ))
}

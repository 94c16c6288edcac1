//! Findings about facts that state where the holder of a number is.

use jiff::Timestamp;
use precall::Number;
use precall::place::{self, NumberKind, law_country};
use precall::rule::{Holder, Key};

use super::finding::{FindingLevel, RuleFinding};
use super::prefix_place::unfit_clock;

/// Returns the findings about a fact: a clock that its places do not have, and the hours of an area code that no longer count.
pub fn of_holder(key: &Key, holder: &Holder, now: Timestamp) -> Vec<RuleFinding> {
    let check = "check `timezone` and `places`; the fact counts as it is";
    let unfit = unfit_clock(holder, now).map(|what| RuleFinding::new(FindingLevel::Warning, key, what, check));
    unfit.into_iter().chain(of_replaced_place(key, holder)).collect()
}

/// Returns the note about a fact that replaces the place of a number, although the law of both places may apply.
fn of_replaced_place(key: &Key, holder: &Holder) -> Option<RuleFinding> {
    let number = Number::from_typed(&key.number).ok().filter(|_| !holder.besides && !holder.places.is_empty())?;
    let place = place::place(&number);
    let is_of_law = |code: &&str| law_country(code).is_some();
    let lost: Vec<&str> =
        place.codes().iter().copied().filter(is_of_law).filter(|code| !holder.places.contains(code)).collect();
    (place.kind() == NumberKind::Geographic && !lost.is_empty()).then(|| {
        let what = format!("the calling hours of {} do not count for this number", lost.join(" and "));
        let repair = "write besides=true if the stricter of both places should decide";
        RuleFinding::new(FindingLevel::Note, key, what, repair)
    })
}

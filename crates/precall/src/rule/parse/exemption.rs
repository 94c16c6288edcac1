//! Reads exemptions: items under a number that name the rules which do not apply to calls to it.

use jiff::Timestamp;

use super::attributes::Attributes;
use super::instant::parse_instant;
use super::vocabulary::FACT_OF_EXEMPTION;
use crate::calling_hours::Law;
use crate::rule::conditions::{Conditions, Lifetime};
use crate::rule::exemption::Exemption;
use crate::rule::fact::FactContent;
use crate::rule::key::WILDCARD;
use crate::value_error::ValueError;

/// The `expires_at` of an exemption without an end.
const NEVER: &str = "never";

/// Names of the conditions of time, which no exemption lifts.
const OF_TIME: [&str; 4] = ["calling_hours", "hours", "days", "dates"];

/// Words that name no list.
const NO_NAMES: [&str; 10] = ["true", "false", "yes", "no", "all", "any", "every", "everything", "none", "null"];

impl Attributes<'_> {
    /// Returns true for an item without `status` that lifts rules, valid or not. Under `*`, other facts are not exemptions.
    pub(super) fn is_exemption(&self, is_wildcard: bool) -> bool {
        let is_other = || self.states_hours() || self.states_place_of_prefix() || self.is_list_notice();
        self.has("exempt") && !self.has("status") && !(is_wildcard && is_other())
    }

    /// Returns true if the item can only be meant to lift rules. Without it, the decision is at least as strict.
    pub(super) fn can_only_lift(&self) -> bool {
        let is_status = |unknown: &super::unknown::UnreadAttribute| unknown.unknown.meant == Some("status");
        self.is_exemption(false)
            && !["code", "reason"].iter().any(|name| self.has(name))
            && !self.find_unread(false).iter().any(is_status)
    }

    /// Reads the end of an exemption, which must be stated. `never` is no end.
    pub(super) fn end_of_exemption(&mut self) -> Option<Timestamp> {
        if !self.has("expires_at") {
            self.wrong(
                "expires_at",
                "missing; an exemption needs an end, such as 2027-03-01T00:00:00Z; write never if it has none",
            );
            return None;
        }
        let text = self.required_text("expires_at", "an instant such as 2027-03-01T00:00:00Z, or never")?;
        if text.eq_ignore_ascii_case(NEVER) {
            return None;
        }
        parse_instant(&text).map_err(|error| self.wrong("expires_at", error)).ok()
    }

    /// Reads the calls that an exemption is about, as conditions.
    pub(super) fn exempt_calls(&mut self, number: &str, lifetime: Lifetime) -> Conditions {
        let (number, from, clients) = (self.scope(number), self.patterns("from"), self.clients());
        Conditions { lifetime, number, from, clients, ..Conditions::default() }
    }

    /// Reads an exemption for these calls.
    pub(super) fn exemption(&mut self, number: &str, calls: &Conditions) -> Option<FactContent> {
        if number == WILDCARD {
            self.wrong("exempt", "without meaning under *; store an exemption under the callee's number");
        }
        self.check_fact(&FACT_OF_EXEMPTION, "which rules do not apply to calls to its number", false);
        let lifted = self.lifted();
        let proof = self.proof();
        let Conditions { from, clients, .. } = calls;
        Some(FactContent::Exemption(Exemption { lifted: lifted?, from: from.clone(), clients: clients.clone(), proof }))
    }

    /// Reads the names of lists and rules.
    fn lifted(&mut self) -> Option<Vec<String>> {
        let texts = self.list_as_typed("exempt", "the name of a list, such as national-dnc")?;
        let names = texts.iter().flat_map(|text| text.split([',', ';']));
        let mut lifted: Vec<String> = Vec::new();
        for name in names.map(|name| name.trim().trim_start_matches('\'').trim_start()) {
            if let Err(error) = check_name(name) {
                self.wrong("exempt", error);
                return None;
            }
            if !lifted.iter().any(|known| known == name) {
                lifted.push(name.to_owned());
            }
        }
        Some(lifted)
    }

    /// Reads the free text about the proof. A text without letters is none.
    fn proof(&mut self) -> Option<String> {
        match self.text("proof")? {
            Ok(text) => Some(text).filter(|text| !text.is_empty()),
            Err(kind) => {
                self.wrong("proof", format_args!("{kind} where text belongs; write it as one text"));
                None
            }
        }
    }
}

/// Checks the name of a list or a rule.
fn check_name(name: &str) -> Result<(), ValueError> {
    if name.is_empty() {
        return Err("a name is empty; write the names of lists or rules, such as national-dnc".into());
    }
    if NO_NAMES.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return Err(format!("{name:?} is not the name of a list or rule; write each, such as national-dnc").into());
    }
    if name.contains('*') && !name.contains(":+") || name.starts_with('!') {
        return Err(format!("{name:?} is a pattern; write the exact name of each list or rule").into());
    }
    if name.parse::<Law>().is_ok() || OF_TIME.iter().any(|time| name.eq_ignore_ascii_case(time)) {
        return Err(format!("{name:?} means calling hours, which no exemption lifts; remove the name").into());
    }
    Ok(())
}

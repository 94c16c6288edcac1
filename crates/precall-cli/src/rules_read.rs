//! The rules that a decision was made from: the revision of the wildcard rules, the versions of the others, and the copies of
//! lists that were in force.

use jiff::Timestamp;
use precall::rule::{FactContent, Key, ListCopy, Version};
use precall::{Applicability, Decision, Evaluation, PartitionRole};
use serde_json::{Value, json};

/// The rules that a decision was made from.
#[derive(Debug, Clone)]
pub struct RulesRead {
    /// The instant of the call.
    at: Timestamp,
    /// The revision of the wildcard rules; `None` if they could not be read.
    pub revision: Option<Version>,
    /// The version of the rule that decides.
    pub rule_version: Option<Version>,
    /// The items under the callee's and the caller's number.
    exact: Vec<(Key, Version)>,
    /// The items under the number of a redirect's target.
    target: Vec<(Key, Version)>,
    /// The copies of lists that were in force.
    lists: Vec<ListLook>,
}

/// A list that was in force.
#[derive(Debug, Clone)]
struct ListLook {
    copy: ListCopy,
    /// True if a rule of the list applies to the call.
    matches: bool,
    /// The exemption that lifts a rule of the list, which would apply otherwise.
    exempt_by: Option<String>,
}

impl RulesRead {
    /// Returns the rules of a decision.
    pub fn of(decision: &Decision<'_>) -> Self {
        let asked = decision.asked();
        let versions = |evaluation: &Evaluation<'_>, role: PartitionRole| {
            evaluation.versions(role).map(|(key, version)| (key.clone(), version)).collect::<Vec<_>>()
        };
        let exact = [PartitionRole::Callee, PartitionRole::Caller].into_iter().flat_map(|role| versions(asked, role));
        let matching = matching_rules(decision);
        let exempt_by = |list: &str| {
            let lifted = decision.lifted().find(|lifted| is_of_list(&lifted.rule.key.rule, list));
            lifted.map(|lifted| lifted.exemption.key.rule.clone())
        };
        let look = |copy: &ListCopy| ListLook {
            copy: copy.clone(),
            matches: matching.iter().any(|rule| is_of_list(rule, &copy.list)),
            exempt_by: exempt_by(&copy.list),
        };
        Self {
            at: asked.call().at,
            revision: asked.revision(),
            rule_version: decision.rule_version(),
            exact: exact.collect(),
            target: decision.screening().map(|it| versions(it, PartitionRole::Callee)).unwrap_or_default(),
            lists: asked.lists().into_iter().map(look).collect(),
        }
    }

    /// Returns a line for each list: `own copy of 2026-11-20 sha256 0123456789ab: no match`.
    pub fn lists(&self) -> impl Iterator<Item = String> {
        self.lists.iter().map(|ListLook { copy, matches, exempt_by }| {
            let matches = match (matches, exempt_by) {
                (true, _) => "match".to_owned(),
                (false, Some(exemption)) => format!("match, exempt by `{exemption}`"),
                (false, None) => "no match".to_owned(),
            };
            format!("{} {}: {matches}", copy.list, copy.describe(self.at))
        })
    }

    /// Returns the versions and the lists as JSON, by the names that `precall check --json` has.
    pub fn to_json(&self) -> [(&'static str, Value); 5] {
        let text = |version: Option<Version>| version.map(|version| version.to_string());
        let rules = |rules: &[(Key, Version)]| -> Value {
            let rule = |(key, version): &(Key, Version)| json!({ "number": key.number, "rule": key.rule, "version": version.to_string() });
            rules.iter().map(rule).collect()
        };
        let list = |ListLook { copy, matches, exempt_by }: &ListLook| {
            let ListCopy { list, copied, sha256, file, due, numbers } = copy;
            json!({
                "list": list, "copied": copied.to_string(), "sha256": sha256, "file": file, "numbers": numbers,
                "due": due.map(|due| due.to_string()), "overdue": copy.is_overdue(self.at), "matches": matches, "exempt_by": exempt_by,
            })
        };
        [
            ("revision", json!(text(self.revision))),
            ("rule_version", json!(text(self.rule_version))),
            ("exact_rules", rules(&self.exact)),
            ("target_rules", rules(&self.target)),
            ("lists", self.lists.iter().map(list).collect()),
        ]
    }
}

/// Returns the names of the rules and exemptions that apply to the call, or to the call to a redirect's target.
fn matching_rules<'r>(decision: &Decision<'r>) -> Vec<&'r str> {
    let evaluations = std::iter::once(decision.asked()).chain(decision.screening());
    let applies = |applicability: Applicability<'_>| {
        matches!(
            applicability,
            Applicability::Applies(_)
                | Applicability::AppliesAsShadow(_)
                | Applicability::Fact(FactContent::Exemption(_))
        )
    };
    evaluations
        .flat_map(Evaluation::findings)
        .filter(|finding| applies(finding.applicability))
        .map(|finding| finding.entry.key().rule.as_str())
        .collect()
}

/// Returns true if a rule is of a list: it has the list's name, or is the list's rule for a prefix.
fn is_of_list(rule: &str, list: &str) -> bool {
    rule.strip_prefix(list).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

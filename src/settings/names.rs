//! The names of all settings, and the check of those in the environment.

use super::error::SettingError;

/// The beginning of the names of precall's own variables.
const PREFIX: &str = "PRECALL_";

/// All variables with this beginning, in the order of their names.
const NAMES: [&str; 22] = [
    "PRECALL_API_KEYS",
    "PRECALL_ATTEMPTS_TABLE",
    "PRECALL_ATTEMPT_TIMEOUT_MS",
    "PRECALL_AUTH",
    "PRECALL_CONNECT_TIMEOUT_MS",
    "PRECALL_DEADLINE_MS",
    "PRECALL_DEFAULT",
    "PRECALL_IDENTITY_AUDIENCE",
    "PRECALL_JOURNAL_DAYS",
    "PRECALL_JOURNAL_TABLE",
    "PRECALL_LOG_KEYS",
    "PRECALL_LOG_LEVEL",
    "PRECALL_LOG_NUMBERS",
    "PRECALL_METRICS",
    "PRECALL_NUMBER_HASH_KEY",
    "PRECALL_ON_ERROR",
    "PRECALL_OPERATION_TIMEOUT_MS",
    "PRECALL_REFRESH_WAIT_MS",
    "PRECALL_RULES_FRESH_MS",
    "PRECALL_RULES_KEEP_MS",
    "PRECALL_RULES_TABLE",
    "PRECALL_TLS_ROOTS",
];

/// The most typing errors after which a name is still recognised.
const MAX_SLIPS: usize = 4;

/// Checks that each variable of the process's environment that begins with `PRECALL_` is a setting, and UTF-8. A misspelt
/// `PRECALL_DEFAULT=REJECT` would let all calls through.
///
/// # Errors
/// When one is not: the first one, and the setting that was probably meant.
pub fn check_environment() -> Result<(), SettingError> {
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let problem = match value.to_str() {
            _ if !NAMES.contains(&name.as_ref()) => unknown_setting(&name),
            None => "not UTF-8; set it again".to_owned(),
            Some(_) => continue,
        };
        return Err(SettingError { name: name.into_owned().into(), problem });
    }
    Ok(())
}

fn unknown_setting(name: &str) -> String {
    match nearest(name, NAMES.iter().copied()) {
        Some(known) => format!("not a setting; did you mean {known}?"),
        None => "not a setting; remove it from the environment".to_owned(),
    }
}

/// Returns the known word that was probably meant, in any letter case.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = str::to_ascii_uppercase;
    let near = known.map(|known| (strsim::damerau_levenshtein(&plain(known), &plain(name)), known));
    near.min().filter(|(slips, known)| *slips <= MAX_SLIPS && *slips < known.len() / 2).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_known_variables_are_those_of_the_documentation() {
        let pages = [
            include_str!("../../docs/settings.md"),
            include_str!("../../docs/google.md"),
            include_str!("../../docs/azure.md"),
        ];
        let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
        let words = pages.iter().flat_map(|page| page.split(|c: char| !is_name(c)));
        let documented: BTreeSet<&str> = words.filter(|word| word.starts_with(PREFIX) && *word != PREFIX).collect();
        assert_eq!(documented, NAMES.into_iter().collect());
    }

    #[test]
    fn a_misspelt_variable_is_recognised() {
        for (name, problem) in [
            ("PRECALL_DEFUALT", "not a setting; did you mean PRECALL_DEFAULT?"),
            ("PRECALL_ONERROR", "not a setting; did you mean PRECALL_ON_ERROR?"),
            ("PRECALL_RULES_TABEL", "not a setting; did you mean PRECALL_RULES_TABLE?"),
            ("PRECALL_SOMETHING_ELSE", "not a setting; remove it from the environment"),
        ] {
            assert_eq!(unknown_setting(name), problem);
        }
    }
}

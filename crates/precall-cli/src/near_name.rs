//! Names that were probably meant by a misspelt one.

use strsim::damerau_levenshtein;

/// Most typing errors after which a name is still recognised.
const MAX_SLIPS: usize = 2;

/// Letters of a name for each typing error in it: in a short name, every other name would be near.
const MIN_LETTERS_PER_SLIP: usize = 4;

/// Returns the known name that was probably meant.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.into_iter().map(|known| (damerau_levenshtein(known, name), known)).min();
    near.filter(|(slips, _)| *slips <= MAX_SLIPS).map(|(_, known)| known)
}

/// Returns the known name of a table that was probably meant. Letter case and the kind of separator count as no error.
pub fn nearest_table<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    let own = plain(name);
    let near = known.into_iter().map(|known| (damerau_levenshtein(&plain(known), &own), known)).min();
    let length = own.chars().count();
    near.filter(|(slips, _)| *slips <= MAX_SLIPS && slips * MIN_LETTERS_PER_SLIP <= length).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_table_is_recognised_and_another_name_is_not() {
        let known = ["precall-rules", "precall-attempts", "dev"];
        for (name, meant) in [
            ("precall-rule", Some("precall-rules")),
            ("precal-rules", Some("precall-rules")),
            ("Precall_Rules", Some("precall-rules")),
            ("precall-ruels", Some("precall-rules")),
            ("PRECALL-ATTEMPT", Some("precall-attempts")),
            ("precall-rules-test", None),
            ("test", None),
            ("tev", None),
        ] {
            assert_eq!(nearest_table(name, known), meant, "{name}");
        }
    }
}

//! When two texts are the same name, and when they nearly are.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::ids::{is_invisible, is_seen};

/// The form in which names are compared and sent: without white space around it and what nobody
/// sees, in Unicode's normal form C.
///
/// Files from macOS and some spreadsheets hold letters with accents as two characters.
pub(super) fn exact(name: &str) -> Cow<'_, str> {
    let name = name.trim_matches(|c| !is_seen(c));
    ComposingNormalizerBorrowed::new_nfc().normalize(name)
}

/// What names have in common that a person would take for the same: case, spaces and what nobody sees
/// do not count.
pub(super) fn folded(name: &str) -> String {
    let exact = exact(name);
    let letters = exact.chars();
    let letters = letters.filter(|letter| !letter.is_whitespace() && !is_invisible(*letter));
    letters.flat_map(char::to_lowercase).collect()
}

/// What SIS ids have in common that a spreadsheet may have changed: case and leading zeros.
pub(super) fn folded_id(id: &str) -> String {
    let id = exact(id).to_lowercase();
    match id.trim_start_matches('0') {
        "" => "0".to_owned(),
        rest => rest.to_owned(),
    }
}

/// The form in which logins are compared: case does not count.
pub(super) fn login(login: &str) -> String {
    exact(login).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_in_two_characters_and_space_around_do_not_count() {
        assert_eq!(exact(" Zoe\u{308}\u{a0}"), "Zoë");
        assert_eq!(exact("\u{feff}Zoë\u{200b} "), "Zoë");
        assert_ne!(exact("Team 1"), exact("Team\u{a0}1"));
    }

    #[test]
    fn near_misses_fold_to_one_text() {
        assert_eq!(folded("TEAM 1"), folded("Team\u{a0}1"));
        assert_eq!(folded("Team1"), folded("Team  1"));
        assert_eq!(folded("Team1"), folded("Team\u{ad}1"));
        assert_ne!(folded("Team 1"), folded("Team 11"));
        assert_eq!(folded_id("0123"), folded_id("123"));
        assert_eq!(folded_id("s01A"), folded_id("S01a"));
        assert_eq!(folded_id("000"), folded_id("0"));
    }
}

//! When two texts are the same name, and when they nearly are.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::ids::{BLACK_FLAG, is_invisible, is_of_flag, trimmed};

/// The form in which names are compared and sent: without white space around it and what nobody
/// sees, in Unicode's normal form C.
///
/// Files from macOS and some spreadsheets hold letters with accents as two characters.
pub(super) fn exact(name: &str) -> Cow<'_, str> {
    match ComposingNormalizerBorrowed::new_nfc().normalize(name) {
        Cow::Borrowed(name) => Cow::Borrowed(trimmed(name)),
        Cow::Owned(name) => Cow::Owned(trimmed(&name).to_owned()),
    }
}

/// What names have in common that a person would take for the same: case, spaces and what nobody sees
/// do not count.
pub(super) fn folded(name: &str) -> String {
    let exact = exact(name);
    let mut is_flag = false;
    let letters = exact.chars().filter(|letter| {
        // Two flags look different, though all that tells them apart is invisible.
        let is_kept = match is_of_flag(*letter) {
            true => is_flag,
            false => !letter.is_whitespace() && !is_invisible(*letter),
        };
        if is_kept && !is_of_flag(*letter) {
            is_flag = *letter == BLACK_FLAG;
        }
        is_kept
    });
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
    fn what_chooses_the_form_of_a_sign_counts_and_what_hides_after_letters_does_not() {
        let [england, scotland] = ["gbeng", "gbsct"].map(|place| {
            let tags = place.chars().map(|c| char::from_u32(0xe0000 + c as u32));
            let tags: String = tags.map(Option::unwrap).collect();
            format!("\u{1f3f4}{tags}\u{e007f}")
        });
        for around in [
            ["", ""],
            ["Team ", ""],
            ["", " Team"],
            ["\u{200b}", "\u{200b} "],
        ] {
            let [england, scotland] =
                [&england, &scotland].map(|flag| format!("{}{flag}{}", around[0], around[1]));
            assert_ne!(exact(&england), exact(&scotland));
            assert_ne!(folded(&england), folded(&scotland));
            assert!(exact(&england).contains("\u{e0067}\u{e007f}"));
        }
        // Two forms of a heart are not the same name, and too near for two teams.
        assert_eq!(exact("I \u{2764}\u{fe0f} "), "I \u{2764}\u{fe0f}");
        assert_eq!(folded("I \u{2764}\u{fe0f}"), folded("I \u{2764}"));
        for hidden in ["\u{fe0f}", "\u{e0061}\u{e007f}"] {
            for name in ["Team", "Team 1", "Grün", "組"] {
                assert_eq!(exact(&format!("{name}{hidden}")), name);
                assert_eq!(exact(&format!("{hidden}{name}")), name);
                assert_eq!(
                    folded(&format!("{hidden}{name}{hidden}{name}")),
                    folded(&format!("{name}{name}"))
                );
            }
        }
        assert_eq!(exact("\u{fe0f}\u{e0061} \u{200b}"), "");
        for name in ["Team!", "(A)", "C++", "\u{2764}"] {
            let hidden = format!("{name}\u{e0061}\u{e007f}");
            assert_eq!(exact(&hidden), name);
            assert_eq!(folded(&hidden), folded(name));
        }
        for name in ["Cafe\u{301}\u{fe0f}", " \u{2764}\u{fe0f} ", "Zoe\u{308}"] {
            assert_eq!(exact(&exact(name)), exact(name));
        }
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

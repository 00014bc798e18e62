//! Single cells, and what spreadsheets do to them.

use crate::{
    GroupId, UserId,
    csv::is_formula,
    ids::{is_blank, is_seen},
};

/// What is wrong with a cell, as a part of a sentence.
pub(super) type Problem = String;

/// The text of a cell; `None` if nothing stands in it.
pub(super) fn text(cell: &[u8]) -> Result<Option<&str>, Problem> {
    let Ok(text) = std::str::from_utf8(cell) else {
        return Err("is not UTF-8: save the file as CSV in UTF-8".to_owned());
    };
    if is_blank(text) {
        return Ok(None);
    }
    // What a spreadsheet would take for a formula is written with an apostrophe before it.
    let text = text.trim();
    Ok(Some(match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => text,
    }))
}

/// A key of a person or team, as it can be looked up.
pub(super) fn key(text: &str) -> Result<&str, Problem> {
    let text = text.trim_matches(|c| !is_seen(c));
    if is_shortened(text) {
        return Err(format!(
            "{text} is a number that a spreadsheet has shortened: format the column as text and \
             fill it in again"
        ));
    }
    not_failed(text)
}

/// A name of a team.
pub(super) fn name(text: &str) -> Result<&str, Problem> {
    not_failed(text)
}

/// Refuses what a spreadsheet shows where a formula has failed.
fn not_failed(text: &str) -> Result<&str, Problem> {
    match is_failure(text) {
        true => Err(format!(
            "{text} is what a spreadsheet shows for a formula that failed: correct it"
        )),
        false => Ok(text),
    }
}

/// What a value that is not there is shown as: in English, German, the languages of Spain, Portugal
/// and Italy, Dutch, Danish and Norwegian, Hungarian, Turkish, and Russian.
const NOT_THERE: [&str; 8] = ["N/A", "NV", "N/D", "N/B", "I/T", "HIÁNYZIK", "YOK", "Н/Д"];

/// Whether a text is what a spreadsheet shows where a formula has failed. Each language has words of
/// its own, such as `#REF!` and `#BEZUG!`, which are all in capitals and end alike.
fn is_failure(text: &str) -> bool {
    if let Some(number) = text.strip_prefix("Err:") {
        return number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    }
    let Some(word) = text.strip_prefix('#') else {
        return false;
    };
    let is_capital = |c: char| c.is_uppercase() || matches!(c, '/' | '0' | '_' | '¡' | '¿');
    let named = word.strip_suffix(['!', '?']);
    let is_word = |word: &str| word.contains(char::is_uppercase) && word.chars().all(is_capital);
    NOT_THERE.contains(&word) || named.is_some_and(is_word)
}

/// Whether a text is a number such as `1E+13`.
fn is_shortened(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let power = power.strip_prefix('+');
    are_digits(whole) && are_digits(part) && power.is_some_and(are_digits)
}

pub(super) fn user_id(text: &str) -> Result<UserId, Problem> {
    id(text)
}

pub(super) fn group_id(text: &str) -> Result<GroupId, Problem> {
    id(text)
}

fn id<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    let text = key(text)?;
    text.parse()
        .map_err(|_| format!("{text:?} is not an id: ids are whole numbers"))
}

/// The name of the team with this number.
pub(super) fn numbered(text: &str, pattern: &str) -> Result<String, Problem> {
    let text = key(text)?;
    let number: u64 = text
        .parse()
        .map_err(|_| format!("{text:?} is not the number of a team"))?;
    Ok(match pattern.contains("{}") {
        true => pattern.replace("{}", &number.to_string()),
        false => format!("{pattern}{number}"),
    })
}

/// Whether a student is in the team, by its state.
pub(super) fn is_member(state: Option<&str>) -> Result<bool, Problem> {
    let state = state.unwrap_or_default();
    match (
        is_one_of(state, &["accepted", "active"]),
        is_one_of(state, &["deleted"]),
    ) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(format!(
            "the status is {state:?}: use `accepted`, `active` or `deleted`"
        )),
    }
}

/// Whether a cell says yes.
pub(super) fn is_yes(text: Option<&str>) -> Result<bool, Problem> {
    let text = text.unwrap_or("no");
    let yes = is_one_of(text, &["yes", "y", "true", "x", "1", "leader"]);
    let no = is_one_of(text, &["no", "n", "false", "0"]);
    match (yes, no) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(format!("{text:?} is neither `yes` nor `no`")),
    }
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_a_spreadsheet_has_shortened_are_told_from_ids() {
        for text in ["1E+13", "4.346e+16", "1,5E+5"] {
            assert!(key(text).is_err(), "{text}");
        }
        for text in ["1E13", "E+1", "12E", "S1E+2", "be+4", "1.E+3x"] {
            assert_eq!(key(text), Ok(text));
        }
    }

    #[test]
    fn formulas_that_failed_are_known_in_any_language_and_names_with_a_sharp_are_none() {
        for text in [
            "#N/A",
            "#REF!",
            "#VALUE!",
            "#NAME?",
            "#DIV/0!",
            "#NULL!",
            "#NUM!",
            "#SPILL!",
            "#ERROR!",
            "#NV",
            "#BEZUG!",
            "#WERT!",
            "#ZAHL!",
            "#ÜBERLAUF!",
            "#N/D",
            "#N/D!",
            "#NOM?",
            "#VALEUR!",
            "#¡REF!",
            "#¿NOMBRE?",
            "#N/B",
            "#DEEL/0!",
            "#VÆRDI!",
            "#I/T",
            "#SAKNAS!",
            "#Н/Д",
            "#ССЫЛКА!",
            "#ИМЯ?",
            "#DEĞER!",
            "#YOK",
            "#HIÁNYZIK",
            "Err:502",
        ] {
            assert!(key(text).is_err() && name(text).is_err(), "{text}");
        }
        for text in [
            "#1", "#", "#!", "#0!", "#Team!", "#TEAM", "TEAM!", "NV", "N/D", "#NVA", "#/!", "Err:",
            "Err:5021", "C#", "#TEAM 1!",
        ] {
            assert_eq!(name(text), Ok(text));
        }
    }

    #[test]
    fn an_apostrophe_goes_only_before_what_would_be_a_formula() {
        assert_eq!(text(b" '=1 "), Ok(Some("=1")));
        assert_eq!(text(b"''-x"), Ok(Some("'-x")));
        assert_eq!(text("'\u{feff}＝1".as_bytes()), Ok(Some("\u{feff}＝1")));
        assert_eq!(text(b"'\tx"), Ok(Some("\tx")));
        assert_eq!(text(b"'s-Hertogenbosch"), Ok(Some("'s-Hertogenbosch")));
        assert_eq!(text("\u{feff} ".as_bytes()), Ok(None));
    }
}

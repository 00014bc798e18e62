//! The causes of an error, which quote what was sent and what came.

use std::error::Error as StdError;

use super::BODY_LIMIT;

/// The causes as one text, if one of them has a secret in it or is too long to be kept.
pub(super) fn cleaned(
    source: &(dyn StdError + 'static),
    clean: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut is_fine = true;
    let mut texts = Vec::new();
    for cause in std::iter::successors(Some(source), |&cause| cause.source()) {
        for (text, is_shown) in [(cause.to_string(), true), (format!("{cause:?}"), false)] {
            let start = start(&text);
            let cleaned = clean(start);
            // The other form of a cause may be longer, as it names what it is made of.
            is_fine &= cleaned.is_none() && (start.len() == text.len());
            if is_shown {
                texts.push(cleaned.unwrap_or_else(|| start.to_owned()));
            }
        }
    }
    (!is_fine).then(|| texts.join(": "))
}

/// As much of a text as an error keeps of a body, twice.
fn start(text: &str) -> &str {
    let cut = (0..=text.len().min(2 * BODY_LIMIT)).rev();
    let cut = cut.into_iter().find(|at| text.is_char_boundary(*at));
    &text[..cut.unwrap_or(0)]
}

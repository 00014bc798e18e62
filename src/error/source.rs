//! The causes of an error, which quote what was sent and what came.

use std::{
    error::Error as StdError,
    fmt::{self, Write},
};

use super::BODY_LIMIT;

/// The causes as one text, if one of them has a secret in it or is too long to be kept.
pub(super) fn cleaned(
    source: &(dyn StdError + 'static),
    clean: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut is_fine = true;
    let mut texts = Vec::new();
    for cause in std::iter::successors(Some(source), |&cause| cause.source()) {
        let (shown, debug) = (
            Start::of(format_args!("{cause}")),
            Start::of(format_args!("{cause:?}")),
        );
        let cleaned = clean(&shown.text);
        is_fine &= cleaned.is_none() && clean(&debug.text).is_none();
        is_fine &= !shown.is_cut && !debug.is_cut;
        texts.push(cleaned.unwrap_or(shown.text));
    }
    (!is_fine).then(|| texts.join(": "))
}

/// The beginning of what something writes, so that a cause that quotes a whole answer is not written
/// out.
#[derive(Default)]
struct Start {
    text: String,
    is_cut: bool,
}

impl Start {
    const LIMIT: usize = 2 * BODY_LIMIT;

    fn of(text: fmt::Arguments<'_>) -> Self {
        let mut start = Self::default();
        let written = start.write_fmt(text);
        start.is_cut |= written.is_err();
        start
    }
}

impl Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Self::LIMIT - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        let cut = (0..=room).rev().find(|at| text.is_char_boundary(*at));
        self.text.push_str(&text[..cut.unwrap_or(0)]);
        self.is_cut = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A cause that counts how much of it was written.
    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for number in 0_u64.. {
                write!(f, "{number} ")?;
            }
            Ok(())
        }
    }

    impl StdError for Endless {}

    #[test]
    fn a_cause_is_not_written_further_than_it_is_kept() {
        let cleaned = cleaned(&Endless, |_| None).unwrap();
        assert!(cleaned.starts_with("0 1 2 ") && cleaned.len() <= Start::LIMIT);
    }

    #[test]
    fn causes_are_replaced_only_where_there_is_need() {
        let clean = |text: &str| {
            let cleaned = text.replace("s3cret", "…");
            (cleaned != text).then_some(cleaned)
        };
        assert_eq!(cleaned(&io::Error::other("fine"), clean), None);
        let inner = io::Error::other(io::Error::other("with s3cret"));
        assert_eq!(cleaned(&inner, clean).unwrap(), "with …");
    }
}

//! Pages without items. A few in a row are no end of a list, but a thousand lead nowhere.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// How many pages in a row had no items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub(super) struct EmptyPages(u32);

impl EmptyPages {
    const LIMIT: u32 = 1000;

    /// Counts a page; false if too many in a row were empty.
    pub(super) fn count(&mut self, is_empty: bool) -> bool {
        self.0 = match is_empty {
            true => self.0.saturating_add(1),
            false => 0,
        };
        self.leads_on()
    }

    /// Whether a page may follow.
    pub(super) fn leads_on(self) -> bool {
        self.0 < Self::LIMIT
    }
}

/// The number in a text may be any.
impl From<u32> for EmptyPages {
    fn from(count: u32) -> Self {
        Self(count.min(Self::LIMIT))
    }
}

impl From<EmptyPages> for u32 {
    fn from(pages: EmptyPages) -> Self {
        pages.0
    }
}

pub(super) fn without_end() -> Error {
    Error::new(
        ErrorKind::Pagination,
        "the last 1,000 pages had no items and each named a next one, so the end of the list is \
         not in sight",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_from_a_text_is_bounded_and_goes_on() {
        for (told, goes_on) in [(0, true), (998, true), (999, false), (u32::MAX, false)] {
            let mut pages: EmptyPages = serde_json::from_value(told.into()).unwrap();
            assert_eq!(pages.count(true), goes_on, "{told}");
            assert!(u32::from(pages) <= EmptyPages::LIMIT + 1, "{told}");
            assert!(pages.count(false), "{told}");
        }
    }
}

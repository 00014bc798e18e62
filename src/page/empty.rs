//! Pages without items. A few in a row are no end of a list, but a thousand lead nowhere.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// How many pages in a row had no items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct EmptyPages(u32);

impl EmptyPages {
    const LIMIT: u32 = 1000;

    /// Counts a page; false if too many in a row were empty.
    pub(super) fn count(&mut self, is_empty: bool) -> bool {
        self.0 = match is_empty {
            true => self.0 + 1,
            false => 0,
        };
        self.0 < Self::LIMIT
    }
}

pub(super) fn without_end() -> Error {
    Error::new(
        ErrorKind::Pagination,
        "the last 1,000 pages had no items and each named a next one, so the end of the list is \
         not in sight",
    )
}

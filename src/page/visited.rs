//! The pages that a list has shown so far. A list that leads back to one of them never ends.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use url::Url;

use crate::error::{Error, ErrorKind};

/// Hashes of the addresses of pages: a list of a million items has ten thousand of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Visited(HashSet<u64>);

impl Visited {
    /// How many of them go into a text.
    const KEPT: usize = 16;

    pub(super) fn first(page: &Url) -> Self {
        Self([hash(page)].into())
    }

    pub(super) fn insert(&mut self, page: &Url) {
        self.0.insert(hash(page));
    }

    /// Some of them, for a text: the same ones for as long as no smaller ones are added, so that a
    /// circle meets one of them again.
    pub(super) fn some(&self) -> Vec<u64> {
        let mut hashes: Vec<_> = self.0.iter().copied().collect();
        hashes.sort_unstable();
        hashes.truncate(Self::KEPT);
        hashes
    }

    pub(super) fn from_some(hashes: Vec<u64>) -> Self {
        Self(hashes.into_iter().take(Self::KEPT).collect())
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(super) fn contains(&self, page: &Url) -> bool {
        self.0.contains(&hash(page))
    }
}

/// The same for equal addresses in all pages, so that pages can be compared.
fn hash(page: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    page.as_str().hash(&mut hasher);
    hasher.finish()
}

pub(super) fn in_a_circle() -> Error {
    Error::new(
        ErrorKind::Pagination,
        "the list leads back to an earlier page, so its end cannot be reached",
    )
}

//! Lists as iterators.

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;

use super::runtime::Background;
use crate::{CallInfo, Page, Paginator, Result};

/// All items of a list, in order: what [`Client::stream`](super::Client::stream) returns.
///
/// The next pages are fetched while one is read. A list ends with `None` only after its last item;
/// an error comes once, and `None` after it. To collect it, `collect::<Result<Vec<_>>>()`.
#[must_use = "a list is fetched only as it is read"]
pub struct List<T> {
    items: Paginator<T>,
    background: Arc<Background>,
    /// Whether it was read where nothing can be read.
    is_over: bool,
}

impl<T: DeserializeOwned> List<T> {
    pub(super) fn new(items: Paginator<T>, background: Arc<Background>) -> Self {
        Self {
            items,
            background,
            is_over: false,
        }
    }

    /// Sets how many pages are fetched ahead at most: see
    /// [`Paginator::concurrency`](crate::Paginator::concurrency).
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.items = self.items.concurrency(pages);
        self
    }

    /// Returns the list page by page instead of item by item.
    pub fn pages(self) -> Pages<T> {
        Pages {
            pages: self.items.pages(),
            background: self.background,
            is_over: self.is_over,
        }
    }
}

impl<T: DeserializeOwned> Iterator for List<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        if self.is_over {
            return None;
        }
        let next = self.background.run(self.items.try_next());
        self.is_over = next.is_err();
        next.and_then(|next| next).transpose()
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("List").field(&self.items).finish()
    }
}

/// The pages of a list, in order: what [`List::pages`] returns.
#[must_use = "a list is fetched only as it is read"]
pub struct Pages<T> {
    pages: crate::Pages<T>,
    background: Arc<Background>,
    is_over: bool,
}

impl<T: DeserializeOwned> Pages<T> {
    /// Returns the next page with the circumstances of its answer, or `None` after the last one.
    ///
    /// # Errors
    /// As [`Pages::try_next_with_info`](crate::Pages::try_next_with_info).
    pub fn next_with_info(&mut self) -> Option<Result<(Page<T>, CallInfo)>> {
        if self.is_over {
            return None;
        }
        let next = self.background.run(self.pages.try_next_with_info());
        self.is_over = next.is_err();
        next.and_then(|next| next).transpose()
    }
}

impl<T: DeserializeOwned> Iterator for Pages<T> {
    type Item = Result<Page<T>>;

    fn next(&mut self) -> Option<Result<Page<T>>> {
        if self.is_over {
            return None;
        }
        let next = self.background.run(self.pages.try_next());
        self.is_over = next.is_err();
        next.and_then(|next| next).transpose()
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.pages).finish()
    }
}

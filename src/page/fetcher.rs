//! The answers behind a list, fetched ahead of the reader and returned in order. Compiled once for
//! all lists.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::future::FutureExt;
use url::Url;

use super::{
    empty::{self, EmptyPages},
    visited::{Visited, in_a_circle},
};
use crate::{
    error::{Error, ErrorDetail, ErrorKind, Result},
    outgoing::Route,
    transport::{Answer, Call, CallOptions, Links, SpawnedCall, Target, Transport},
};

const WIDTH: usize = 8;

pub(super) struct Fetcher {
    transport: Arc<Transport>,
    options: CallOptions,
    width: usize,
    /// Whether a page had links. If one page has links, all have, including the last.
    had_links: bool,
    /// The pages being fetched, in the order of the list.
    queue: VecDeque<Fetch>,
    /// What comes after them.
    plan: Plan,
    /// Whether the pages to come follow others, in this fetcher or before it.
    is_followed: bool,
    /// The pages that were given out, and those before them.
    visited: Visited,
    empty: EmptyPages,
}

/// What to fetch after the pages that are being fetched.
enum Plan {
    /// Whatever the last of them says.
    Ask,
    First(Target),
    Next(Url, Route),
    /// The pages of a counted list. Each answer must confirm the address of the next one.
    Numbered {
        pages: Numbered,
        route: Route,
    },
    Fail(Error),
}

impl Fetcher {
    pub(super) fn new(
        transport: Arc<Transport>,
        options: CallOptions,
        first: Result<Target>,
    ) -> Self {
        Self {
            transport,
            options,
            width: WIDTH,
            had_links: false,
            queue: VecDeque::new(),
            plan: match first {
                Ok(target) => Plan::First(target),
                Err(error) => Plan::Fail(error),
            },
            is_followed: false,
            visited: Visited::default(),
            empty: EmptyPages::default(),
        }
    }

    pub(super) fn set_width(&mut self, width: usize) {
        self.width = width.max(1);
    }

    /// Goes on after pages that were read before.
    pub(super) fn resume(&mut self, had_links: bool, visited: Visited, empty: EmptyPages) {
        self.had_links = had_links;
        self.visited = visited;
        self.empty = empty;
        self.is_followed = true;
    }

    /// The pages so far, and how many of the last of them had no items.
    pub(super) fn history(&self) -> (Visited, EmptyPages) {
        (self.visited.clone(), self.empty)
    }

    /// Ends the list here.
    pub(super) fn stop(&mut self) {
        self.queue.clear();
        self.plan = Plan::Ask;
    }

    /// Ends the list with an error instead of the next page.
    pub(super) fn fail_next(&mut self, error: Error) {
        self.queue.clear();
        self.plan = Plan::Fail(error);
    }

    pub(super) fn poll_answer(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(Answer, Links)>>> {
        self.fetch_ahead();
        let Some(first) = self.queue.front_mut() else {
            return Poll::Ready(match std::mem::replace(&mut self.plan, Plan::Ask) {
                Plan::Fail(error) => Some(Err(error)),
                _ => None,
            });
        };
        let outcome = ready!(first.call.poll_unpin(context));
        let route = first.route;
        self.queue.pop_front();
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                self.stop();
                let error = match self.is_followed {
                    true => of_a_followed_page(error),
                    false => error,
                };
                return Poll::Ready(Some(Err(error)));
            }
        };
        self.is_followed = true;
        let links = self.follow(&answer, route);
        self.fetch_ahead();
        Poll::Ready(Some(Ok((answer, links))))
    }

    /// Decides how the list continues after an answer. A bad link is reported only after the items
    /// of its page.
    fn follow(&mut self, answer: &Answer, route: Route) -> Links {
        self.visited.insert(&answer.url);
        let links = match answer.links() {
            Ok(links) => links,
            Err(error) => {
                self.fail_next(error);
                return Links::default();
            }
        };
        let lost_its_links = self.had_links && !links.present;
        self.had_links |= links.present;
        let goes_nowhere = !self.empty.count(answer.has_no_items());
        match &links.next {
            None if lost_its_links => self.fail_next(unlinked(answer)),
            None => self.stop(),
            // Otherwise it would never end.
            Some(next) if self.was_visited(next, route) => {
                self.fail_next(answer.described(in_a_circle()));
            }
            Some(_) if goes_nowhere => self.fail_next(answer.described(empty::without_end())),
            Some(next) if self.queue.front().is_some_and(|fetch| fetch.url == *next) => {}
            // The list continues elsewhere than expected: what was fetched ahead does not come
            // next, and later pages cannot be predicted either.
            Some(next) if !self.queue.is_empty() => {
                self.queue.clear();
                self.width = 1;
                self.plan = Plan::Next(next.clone(), route);
            }
            Some(next) => {
                self.plan = match Numbered::starting_at(next, links.last_page) {
                    Some(pages) if self.width > 1 => Plan::Numbered { pages, route },
                    _ => Plan::Next(next.clone(), route),
                };
            }
        }
        links
    }

    /// Whether the list leads to an address that it had before.
    fn was_visited(&self, next: &Url, route: Route) -> bool {
        let (_, target) = self.page(next.clone(), route);
        self.visited.contains(&target.url)
    }

    /// Fetches as many pages as are known to come, up to the width.
    fn fetch_ahead(&mut self) {
        while self.queue.len() < self.width {
            let (url, target) = match std::mem::replace(&mut self.plan, Plan::Ask) {
                Plan::Ask => return,
                Plan::First(target) => (target.url.clone(), target),
                Plan::Next(url, route) => self.page(url, route),
                Plan::Numbered { mut pages, route } => match pages.next() {
                    Some(url) => {
                        self.plan = Plan::Numbered { pages, route };
                        self.page(url, route)
                    }
                    None => return,
                },
                Plan::Fail(error) => {
                    self.plan = Plan::Fail(error);
                    return;
                }
            };
            match self.fetch(url, target) {
                Ok(fetch) => self.queue.push_back(fetch),
                Err(error) => self.plan = Plan::Fail(error),
            }
        }
    }

    fn page(&self, url: Url, route: Route) -> (Url, Target) {
        let target = Target::page(url.clone(), route, self.options.as_user.as_deref());
        (url, target)
    }

    fn fetch(&self, url: Url, target: Target) -> Result<Fetch> {
        let route = target.route;
        let call = Call::new(&self.transport, target, self.options.clone()).start()?;
        Ok(Fetch { call, url, route })
    }
}

pub(super) fn unlinked(answer: &Answer) -> Error {
    let message = "a page came without the links that earlier pages had, so it cannot be known \
        whether more pages follow";
    answer.described(Error::new(ErrorKind::Pagination, message))
}

/// Some servers refuse the address of a page after a while. The caller's parameters are not to
/// blame: the list cannot be followed.
pub(super) fn of_a_followed_page(error: Error) -> Error {
    let is_of_page = |detail: &ErrorDetail| detail.field.as_deref() == Some("page");
    match error.kind() {
        ErrorKind::Invalid if error.details().iter().any(is_of_page) => error
            .with_kind(ErrorKind::Pagination)
            .with_hint("the server no longer knows this page: read the list again from its start"),
        _ => error,
    }
}

/// A page that is being fetched until this is dropped.
struct Fetch {
    call: SpawnedCall,
    /// The address as the links give it.
    url: Url,
    route: Route,
}

/// The addresses of numbered pages up to the last, made from one of them by its number alone.
#[derive(Debug)]
struct Numbered {
    url: Url,
    before: String,
    after: String,
    number: u32,
    last: u32,
}

impl Numbered {
    /// The pages from `next` on, if it has a number and more come after it.
    fn starting_at(next: &Url, last: Option<u32>) -> Option<Self> {
        let query = next.query()?;
        let mut parts = query.split_inclusive('&');
        let mut before = String::new();
        let part = parts.find(|part| {
            let is_number = part.starts_with("page=");
            if !is_number {
                before.push_str(part);
            }
            is_number
        })?;
        let number = part.strip_prefix("page=")?;
        let (digits, separator) = match number.strip_suffix('&') {
            Some(digits) => (digits, "&"),
            None => (number, ""),
        };
        let rest: String = parts.collect();
        let number: u32 = digits.parse().ok()?;
        let this = Self {
            url: next.clone(),
            before: format!("{before}page="),
            after: format!("{separator}{rest}"),
            number,
            last: last.filter(|last| *last > number)?,
        };
        // Anything but plain digits would not be the same address again.
        (this.at(number) == *next).then_some(this)
    }

    fn at(&self, number: u32) -> Url {
        let mut url = self.url.clone();
        url.set_query(Some(&format!("{}{number}{}", self.before, self.after)));
        url
    }
}

impl Iterator for Numbered {
    type Item = Url;

    fn next(&mut self) -> Option<Url> {
        let number = self.number;
        self.number = number.checked_add(1)?;
        (number <= self.last).then(|| self.at(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(next: &str, last: Option<u32>) -> Option<Vec<String>> {
        let url = Url::parse(&format!("https://canvas.example.edu/api/v1/x{next}")).unwrap();
        let pages = Numbered::starting_at(&url, last)?;
        Some(
            pages
                .map(|url| url.query().unwrap_or_default().to_owned())
                .collect(),
        )
    }

    #[test]
    fn the_number_of_a_page_is_all_that_changes() {
        let query = "?a%5B%5D=1,2&my_page=2&page=2&per_page=50";
        let expected =
            ["2", "3", "4"].map(|n| format!("a%5B%5D=1,2&my_page=2&page={n}&per_page=50"));
        assert_eq!(pages(query, Some(4)).unwrap(), expected);
        assert_eq!(pages("?page=9", Some(10)).unwrap(), ["page=9", "page=10"]);
    }

    #[test]
    fn what_is_not_numbered_or_not_counted_is_followed_page_by_page() {
        assert_eq!(pages("?page=2", None), None);
        assert_eq!(pages("?page=2", Some(2)), None);
        assert_eq!(pages("?page=bookmark:WyJ", Some(9)), None);
        assert_eq!(pages("?page=02", Some(9)), None);
        assert_eq!(pages("?page=%32", Some(9)), None);
        assert_eq!(pages("?per_page=2", Some(9)), None);
        assert_eq!(pages("", Some(9)), None);
    }
}

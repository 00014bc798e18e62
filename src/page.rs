//! Lists: one page, or all items as a stream.

use std::{
    collections::{HashSet, hash_map::RandomState},
    fmt,
    future::poll_fn,
    hash::BuildHasher,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    vec,
};

use futures::{Stream, future::FutureExt};
use serde::de::DeserializeOwned;
use tokio::{runtime::Handle, task::JoinHandle};
use tracing::Instrument;
use url::Url;

use crate::{
    error::{Error, ErrorKind, Result},
    transport::{Answer, CallOptions, Links, Route, Target, Transport, outside_runtime},
};

/// One page of a list: what [`Client::send`](crate::Client::send) returns for a list request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, possibly none, also where more pages follow.
    pub items: Vec<T>,
    /// Where the next page is; `None` on the last. Opaque: follow it as it is.
    pub next: Option<Url>,
    /// How many pages the list has, where the server counts them.
    pub total_pages: Option<u32>,
}

impl<T> Page<T> {
    pub(crate) fn new(items: Vec<T>, links: Links) -> Self {
        Self {
            items,
            next: links.next,
            total_pages: links.last_page,
        }
    }
}

/// All items of a list, in order: what [`Client::stream`](crate::Client::stream) returns.
///
/// While one page is read, the next one is fetched. Nothing is sent before the first item is
/// asked for, and dropping the paginator stops the fetching.
///
/// A list ends with `None` only after its last item. If a page cannot be had, the items before it
/// come first, then the error, then `None`; the list is then not complete. Dropping the future of
/// [`try_next`](Self::try_next) before it is ready loses nothing.
///
/// ```no_run
/// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
/// use canvas_groups::{CourseId, groups::ListCourseGroups};
///
/// let mut groups = canvas.stream(ListCourseGroups::new(CourseId::new(7)));
/// while let Some(group) = groups.try_next().await? {
///     println!("{}", group.name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is fetched only as it is read"]
pub struct Paginator<T> {
    pages: Pages<T>,
    items: vec::IntoIter<T>,
}

impl<T: DeserializeOwned> Paginator<T> {
    pub(crate) fn new(
        transport: Arc<Transport>,
        options: CallOptions,
        first: Result<Target>,
    ) -> Self {
        Self {
            pages: Pages {
                source: Source {
                    transport,
                    options,
                    state: State::Idle(first),
                    seen: HashSet::new(),
                    hasher: RandomState::new(),
                },
                items: PhantomData,
            },
            items: Vec::new().into_iter(),
        }
    }

    /// The next item, or `None` after the last.
    ///
    /// # Errors
    /// Those of the call, [`ErrorKind::Pagination`] when the list cannot be followed to its end,
    /// and [`ErrorKind::Decode`]. Once, and `None` from then on.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        poll_fn(|context| self.poll_item(context)).await.transpose()
    }

    /// All remaining items.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next). What came before the error is lost with it: read item by
    /// item to keep it.
    pub async fn try_collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(item) = self.try_next().await? {
            all.push(item);
            all.extend(&mut self.items);
        }
        Ok(all)
    }

    /// The list page by page instead of item by item. Items of a page begun already are left out.
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_page(context)) {
                Some(Ok(page)) => self.items = page.items.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// Nothing in it is pinned, whatever the items are.
impl<T> Unpin for Paginator<T> {}

impl<T: DeserializeOwned> Stream for Paginator<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(context)
    }
}

impl<T> fmt::Debug for Paginator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paginator")
            .field("ready", &self.items.len())
            .finish_non_exhaustive()
    }
}

/// The pages of a list, in order: what [`Paginator::pages`] returns.
#[must_use = "a list is fetched only as it is read"]
pub struct Pages<T> {
    source: Source,
    items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Pages<T> {
    /// The next page, or `None` after the last.
    ///
    /// # Errors
    /// As [`Paginator::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>> {
        poll_fn(|context| self.poll_page(context)).await.transpose()
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page<T>>>> {
        let Some(outcome) = ready!(self.source.poll_answer(context)) else {
            return Poll::Ready(None);
        };
        let page = outcome.and_then(|(answer, links)| {
            let items: Vec<T> = answer.items()?;
            if let Err(error) = answer.check_end(&links, items.len()) {
                self.source.state = State::Idle(Err(error));
            }
            Ok(Page::new(items, links))
        });
        if page.is_err() {
            self.source.state = State::Done;
        }
        Poll::Ready(Some(page))
    }
}

impl<T: DeserializeOwned> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(context)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The answers behind a list, one page ahead of the reader. Compiled once for all lists.
struct Source {
    transport: Arc<Transport>,
    options: CallOptions,
    state: State,
    /// Hashes of the addresses visited: a list of a million items has ten thousand of them.
    seen: HashSet<u64>,
    hasher: RandomState,
}

enum State {
    Idle(Result<Target>),
    Fetching(Fetch),
    Done,
}

impl Source {
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<(Answer, Links)>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Idle(next) => match next.and_then(|target| self.fetch(target)) {
                    Ok(fetch) => self.state = State::Fetching(fetch),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Fetching(mut fetch) => {
                    let Poll::Ready(outcome) = fetch.poll(context) else {
                        self.state = State::Fetching(fetch);
                        return Poll::Pending;
                    };
                    let (answer, route) = match outcome {
                        Ok(answer) => (answer, fetch.route),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    let links = self.read_ahead(&answer, route);
                    return Poll::Ready(Some(Ok((answer, links))));
                }
            }
        }
    }

    /// Starts to fetch the page after this one. What is wrong with its link is told only after
    /// the items of this page.
    fn read_ahead(&mut self, answer: &Answer, route: Route) -> Links {
        let (links, next) = match answer.links() {
            Err(error) => (Links::default(), Some(Err(error))),
            Ok(links) => {
                let next = links.next.clone().map(|url| {
                    let url = self.visit(url, answer)?;
                    self.fetch(Target::page(url, route))
                });
                (links, next)
            }
        };
        self.state = match next {
            None => State::Done,
            Some(Ok(fetch)) => State::Fetching(fetch),
            Some(Err(error)) => State::Idle(Err(error)),
        };
        links
    }

    /// Refuses an address that the list has led to before: it would go round for ever.
    fn visit(&mut self, next: Url, from: &Answer) -> Result<Url> {
        self.seen.insert(self.hasher.hash_one(from.url.as_str()));
        if self.seen.insert(self.hasher.hash_one(next.as_str())) {
            return Ok(next);
        }
        Err(Error::new(
            ErrorKind::Pagination,
            "the list leads back to a page that it led to before, so its end is out of reach",
        )
        .with_request(&from.request))
    }

    /// Fetches a page in a task of its own, so that it comes in while another one is read.
    fn fetch(&self, target: Target) -> Result<Fetch> {
        let runtime = Handle::try_current().map_err(|_| outside_runtime())?;
        let route = target.route;
        let (transport, options) = (self.transport.clone(), self.options);
        let call = async move { transport.call(&target, &options).await };
        Ok(Fetch {
            task: runtime.spawn(call.in_current_span()),
            route,
        })
    }
}

/// A page on its way. Dropped, it is no longer fetched.
struct Fetch {
    task: JoinHandle<Result<Answer>>,
    route: Route,
}

impl Fetch {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer>> {
        self.task.poll_unpin(context).map(|joined| {
            joined.unwrap_or_else(|stopped| match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(
                    ErrorKind::Interrupted,
                    "the runtime stopped before the page came",
                )),
            })
        })
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

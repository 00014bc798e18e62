//! Lists: one page, or all items as a stream.

mod empty;
mod fetcher;
mod text;
mod visited;

use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    vec,
};

use futures::Stream;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    endpoint::{FromResponse, sealed},
    error::{Error, Result},
    outgoing::Route,
    transport::{AS_USER, Answer, CallInfo, CallOptions, Links, Target, Transport},
};
use empty::EmptyPages;
use fetcher::Fetcher;
use visited::Visited;

/// One page of a list: what [`Client::send`](crate::Client::send) returns for a list request.
///
/// Serialised, `next` is the text of the [`NextPage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items. There may be none even if more pages follow.
    pub items: Vec<T>,
    /// Where the next page is; `None` on the last one.
    /// [`Client::next_page`](crate::Client::next_page) fetches it.
    pub next: Option<NextPage>,
    /// How many pages the list has, if the server counts them.
    pub total_pages: Option<u32>,
}

impl<T> Page<T> {
    /// The last page of a list, with these items, for tests of your own.
    pub fn last(items: impl Into<Vec<T>>) -> Self {
        Self {
            items: items.into(),
            next: None,
            total_pages: None,
        }
    }

    fn new(items: Vec<T>, links: Links, answer: &Answer) -> Self {
        let mut query = answer.url.query_pairs();
        let as_user = query.find(|(name, _)| name == AS_USER);
        let as_user = as_user.as_ref().map(|(_, user)| &**user);
        Self {
            items,
            next: links.next.map(|next| NextPage {
                url: Target::page(next, answer.route, as_user).url,
                root: answer.root.clone(),
                route: ListRoute::Known(answer.route),
                is_linked: links.present,
                visited: Visited::first(&answer.url),
                empty: EmptyPages::default(),
            }),
            total_pages: links.last_page,
        }
    }
}

impl<T: DeserializeOwned> Page<T> {
    /// Reads a page from an answer; `before` is what led to it, unless it is the first page.
    pub(crate) fn of(answer: &Answer, before: Option<NextPage>) -> Result<Self> {
        let (items, links): (Vec<T>, _) = (answer.items()?, answer.links()?);
        answer.check_end(&links, items.len())?;
        if before.as_ref().is_some_and(|before| before.is_linked) && !links.present {
            return Err(fetcher::unlinked(answer));
        }
        let mut page = Self::new(items, links, answer);
        let mut empty = before
            .as_ref()
            .map_or_else(EmptyPages::default, |it| it.empty);
        let goes_nowhere = !empty.count(page.items.is_empty());
        if goes_nowhere && page.next.is_some() {
            return Err(answer.described(empty::without_end()));
        }
        if let Some(next) = &mut page.next {
            next.empty = empty;
            if let Some(before) = before {
                next.visited.extend(before.visited);
            }
        }
        Ok(page)
    }
}

impl<T> sealed::FromResponse for Page<T> {}
impl<T: DeserializeOwned> FromResponse for Page<T> {
    const IS_PAGE: bool = true;
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        Self::of(&outcome?, None)
    }
}

/// Where a list continues after a [`Page`].
///
/// It turns into text (`to_string`, `Serialize`) and back (`parse`, `Deserialize`), so that a list
/// can go on in the next web request or after a restart: [`Client::page`](crate::Client::page) and
/// [`Client::stream_from`](crate::Client::stream_from) check such a text and take it.
#[derive(Clone, PartialEq, Eq)]
pub struct NextPage {
    url: Url,
    /// The API root that the address was checked against: credentials for this root may be sent to
    /// it.
    root: Url,
    route: ListRoute,
    /// Whether the page had links. If one page has links, all have, including the last.
    is_linked: bool,
    /// The pages that led here.
    visited: Visited,
    /// How many of the last of them had no items.
    empty: EmptyPages,
}

/// The route of a list: that of a request, or the name that a text says it has.
#[derive(Clone, PartialEq, Eq)]
enum ListRoute {
    Known(Route),
    Named(String),
}

impl ListRoute {
    fn template(&self) -> &str {
        match self {
            Self::Known(route) => route.template,
            Self::Named(name) => name,
        }
    }
}

impl NextPage {
    /// The address of the next page.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// What it means when the page cannot be fetched.
    pub(crate) fn failed(error: Error) -> Error {
        fetcher::of_a_followed_page(error)
    }

    pub(crate) fn target(&self, root: &Url, as_user: Option<&str>) -> Result<Target> {
        if self.root != *root {
            return Err(Error::request_invalid(
                "the page is from another server: pass it to the client that fetched it",
            ));
        }
        let ListRoute::Known(route) = self.route else {
            return Err(Error::request_invalid(
                "a page that was read from text needs its request: use `page` or `stream_from`",
            ));
        };
        let target = Target::page(self.url.clone(), route, as_user);
        if self.visited.contains(&target.url) {
            return Err(visited::in_a_circle());
        }
        if !self.empty.leads_on() {
            return Err(empty::without_end());
        }
        Ok(target)
    }
}

impl fmt::Debug for NextPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NextPage").field(&self.as_str()).finish()
    }
}

/// All items of a list, in order: what [`Client::stream`](crate::Client::stream) returns.
///
/// While one page is read, the next ones are fetched: up to [8](Self::concurrency) at a time if the
/// server counts its pages, otherwise one. Nothing is sent before the first item is requested, and
/// dropping the paginator stops the fetching. If the list changes while it is read, a record may
/// appear twice or not at all, because its pages shift; this is so for every client.
///
/// A list ends with `None` only after its last item. If a page cannot be fetched, the items before
/// it come first, then the error, then `None`; the list is incomplete in that case. Dropping the
/// future of [`try_next`](Self::try_next) before it is ready loses nothing.
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
                fetcher: Fetcher::new(transport, options, first),
                items: PhantomData,
            },
            items: Vec::new().into_iter(),
        }
    }

    /// A list that goes on after pages that were read before.
    pub(crate) fn after(mut self, before: NextPage) -> Self {
        let NextPage {
            is_linked,
            visited,
            empty,
            ..
        } = before;
        self.pages.fetcher.resume(is_linked, visited, empty);
        self
    }

    /// Sets how many pages are fetched ahead at most, and thus kept in memory; 8 by default. With
    /// 1, only the next page is fetched while one is read. 0 counts as 1.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.pages.fetcher.set_width(pages);
        self
    }

    /// Returns the next item, or `None` after the last one.
    ///
    /// # Errors
    /// Those of the call, [`ErrorKind::Pagination`](crate::ErrorKind::Pagination) if the list
    /// cannot be followed to its end, and [`ErrorKind::Decode`](crate::ErrorKind::Decode). An error
    /// is returned once, and `None` after it.
    pub fn try_next(&mut self) -> impl Future<Output = Result<Option<T>>> {
        poll_fn(|context| self.poll_try_next(context))
    }

    /// Collects all remaining items into a collection of the type that you name, such as
    /// `Vec<_>`, or `HashMap<_, _>` for a list of pairs.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next). The items before the error are lost; read item by item to
    /// keep them.
    pub async fn try_collect<C: Default + Extend<T>>(mut self) -> Result<C> {
        let mut all = C::default();
        while let Some(item) = self.try_next().await? {
            all.extend(std::iter::once(item).chain(&mut self.items));
        }
        Ok(all)
    }

    /// Returns the list page by page instead of item by item, without the items left of a page that
    /// was already begun.
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    /// Straight from the page: models are large, and every step in between would copy them.
    #[inline]
    fn poll_try_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Ok(Some(item)));
            }
            match ready!(self.poll_more(context)) {
                Ok(true) => {}
                Ok(false) => return Poll::Ready(Ok(None)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Fetches the items of the next page, if there is one.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        let page = ready!(self.pages.poll_told(context, &mut |_| {})).transpose()?;
        let is_there = page.is_some();
        self.items = page.map_or_else(Vec::new, |page| page.items).into_iter();
        Poll::Ready(Ok(is_there))
    }
}

/// Nothing in it is pinned, whatever the items are.
impl<T> Unpin for Paginator<T> {}

impl<T: DeserializeOwned> Stream for Paginator<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_try_next(context).map(Result::transpose)
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
    fetcher: Fetcher,
    items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Pages<T> {
    /// Returns the next page, or `None` after the last one.
    ///
    /// # Errors
    /// As [`Paginator::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>> {
        poll_fn(|context| self.poll_page(context)).await.transpose()
    }

    /// Returns the next page with the circumstances of its answer, or `None` after the last one.
    ///
    /// # Errors
    /// As [`Paginator::try_next`].
    pub async fn try_next_with_info(&mut self) -> Result<Option<(Page<T>, CallInfo)>> {
        let mut info = None;
        let page = poll_fn(|context| {
            let page = self.poll_told(context, &mut |told| info = Some(told));
            page.map(|page| self.with_history(page))
        });
        let page = page.await.transpose()?;
        Ok(page.zip(info))
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page<T>>>> {
        let page = self.poll_told(context, &mut |_| {});
        page.map(|page| self.with_history(page))
    }

    /// Lets the next page know what came before it, which counts too where a list goes on from there.
    /// Only for pages that are given out: a long list has a long history.
    fn with_history(&self, page: Option<Result<Page<T>>>) -> Option<Result<Page<T>>> {
        let mut page = page?;
        if let Ok(Page {
            next: Some(next), ..
        }) = &mut page
        {
            (next.visited, next.empty) = self.fetcher.history();
        }
        Some(page)
    }

    fn poll_told(
        &mut self,
        context: &mut Context<'_>,
        tell: &mut dyn FnMut(CallInfo),
    ) -> Poll<Option<Result<Page<T>>>> {
        let Some(outcome) = ready!(self.fetcher.poll_answer(context)) else {
            return Poll::Ready(None);
        };
        let page = outcome.and_then(|(answer, links)| {
            tell(CallInfo::of_answer(&answer));
            let items: Vec<T> = answer.items()?;
            if let Err(error) = answer.check_end(&links, items.len()) {
                self.fetcher.fail_next(error);
            }
            Ok(Page::new(items, links, &answer))
        });
        if page.is_err() {
            self.fetcher.stop();
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

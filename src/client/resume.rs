//! Lists that go on from where another program, or another web request, left off.

use serde::de::DeserializeOwned;

use super::Client;
use crate::{
    endpoint::{Endpoint, Service},
    error::Result,
    page::{NextPage, Page, Paginator},
    transport::Call,
};

impl<S: Service> Client<S> {
    /// Fetches the page of a list that `next` leads to.
    ///
    /// `request` is the request that the list began with. A [`NextPage`] can be kept as text, given
    /// to a browser and read back, so it is checked: it must be of this server, of this very
    /// request and of the user that this client acts as. Only the place in the list, and the size
    /// of a page, come from it.
    ///
    /// # Errors
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a page of another server, request or
    /// user; nothing is sent. Otherwise as [`next_page`](Self::next_page).
    ///
    /// # Examples
    /// A web page with a button for more, whose text comes back with the next web request:
    ///
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas, button: Option<&str>) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CourseId, NextPage, groups::ListCourseGroups};
    ///
    /// let request = ListCourseGroups::new(CourseId::new(7)).per_page(20);
    /// let page = match button {
    ///     None => canvas.send(request).await?,
    ///     Some(text) => canvas.page(request, &text.parse::<NextPage>()?).await?,
    /// };
    /// for group in &page.items {
    ///     println!("{}", group.name);
    /// }
    /// if let Some(next) = &page.next {
    ///     println!("<button name=next value=\"{next}\">more</button>");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn page<T, E>(
        &self,
        request: E,
        next: &NextPage,
    ) -> impl Future<Output = Result<Page<T>>> + Send + use<S, T, E>
    where
        T: DeserializeOwned,
        E: Endpoint<Service = S, Response = Page<T>>,
    {
        let (transport, options) = (self.transport.clone(), self.options.clone());
        let next = self.checked(&request, next);
        async move {
            let next = next?;
            let target = next.target(&transport.root, options.as_user.as_deref())?;
            let answer = Call::new(&transport, target, options).start()?.await;
            let answer = answer.map_err(NextPage::failed)?;
            Page::of(&answer, Some(next))
        }
    }

    /// Returns the items of a list from the page on that `next` leads to, such as for an export that
    /// was interrupted. `request` and `next` are those of [`page`](Self::page).
    ///
    /// To resume, keep the `next` of each page that is done: [`Paginator::pages`] gives the pages
    /// one by one.
    ///
    /// # Errors
    /// The stream begins with the error if `next` does not fit.
    pub fn stream_from<T, E>(&self, request: E, next: &NextPage) -> Paginator<T>
    where
        T: DeserializeOwned,
        E: Endpoint<Service = S, Response = Page<T>>,
    {
        let (transport, options) = (self.transport.clone(), self.options.clone());
        match self.checked(&request, next) {
            Ok(next) => {
                let first = next.target(&transport.root, options.as_user.as_deref());
                Paginator::new(transport, options, first).after(next)
            }
            Err(error) => Paginator::new(transport, options, Err(error)),
        }
    }

    fn checked<E: Endpoint<Service = S>>(&self, request: &E, next: &NextPage) -> Result<NextPage> {
        next.of_request(self.root(), &self.target(request)?)
    }
}

//! Answers with their circumstances.

use serde::de::DeserializeOwned;

use super::{Client, read};
use crate::{
    endpoint::{Endpoint, Service},
    error::Result,
    page::{NextPage, Page},
    transport::{Call, CallInfo, Quota},
};

impl<S: Service> Client<S> {
    /// Sends a request like [`send`](Self::send), and returns beside its answer the status, the
    /// request id, the quota, the attempts and the time. Errors have most of these by themselves.
    ///
    /// For whole lists, [`Pages::try_next_with_info`](crate::Pages::try_next_with_info) does the
    /// same page by page.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, groups::GetGroup};
    ///
    /// let (group, info) = canvas.send_with_info(GetGroup::new(GroupId::new(7))).await?;
    /// println!("{}: {} in {:?}, {:?} left", group.name, info.status, info.elapsed, info.remaining);
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_with_info<E: Endpoint<Service = S>>(
        &self,
        request: E,
    ) -> impl Future<Output = Result<(E::Response, CallInfo)>> + Send + use<S, E> {
        let mut options = self.options.clone();
        if !request.is_repeatable() {
            options.retry = options.retry.for_unrepeatable();
        }
        let (after_write, advice) = (request.refused_after_write(), request.advice());
        let (transport, target) = (self.transport.clone(), self.target(&request));
        async move {
            let outcome = match target {
                Ok(target) => Call::new(&transport, target, options).start()?.await,
                Err(error) => Err(error),
            };
            let info = CallInfo::of(&outcome);
            read::<E::Response>(outcome)
                .map(|answer| (answer, info))
                .map_err(|error| error.of_endpoint(after_write, advice))
        }
    }

    /// Fetches the page after `page` like [`next_page`](Self::next_page), with the circumstances of
    /// its answer.
    ///
    /// # Errors
    /// As [`next_page`](Self::next_page).
    pub fn next_page_with_info<T: DeserializeOwned>(
        &self,
        page: &Page<T>,
    ) -> impl Future<Output = Result<Option<(Page<T>, CallInfo)>>> + Send + use<S, T> {
        let (transport, options) = (self.transport.clone(), self.options.clone());
        let next = page.next.clone();
        async move {
            let Some(next) = next else {
                return Ok(None);
            };
            let target = next.target(&transport.root, options.as_user.as_deref())?;
            let outcome = Call::new(&transport, target, options).start()?.await;
            let info = CallInfo::of(&outcome);
            let answer = outcome.map_err(NextPage::failed)?;
            Ok(Some((Page::of(&answer, Some(next))?, info)))
        }
    }

    /// What the client knows of the quota of its login at this moment. Nothing is sent.
    ///
    /// ```
    /// let canvas = canvas_groups::Canvas::new("https://school.instructure.com", "token")?;
    /// let quota = canvas.quota();
    /// assert_eq!((quota.in_flight, quota.remaining), (0, None));
    /// # Ok::<(), canvas_groups::Error>(())
    /// ```
    #[doc(alias = "throttle")]
    #[doc(alias = "rate limit")]
    pub fn quota(&self) -> Quota {
        self.transport.quota()
    }
}

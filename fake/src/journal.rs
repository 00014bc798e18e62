//! The journal of requests.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::Value;

use super::http_request::HttpRequest;

/// How many requests the journal keeps, unless it is told to keep all.
const MOST: usize = 10_000;

/// A request that a fake has received.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path as it was sent, escaped.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: Option<String>,
    /// The route, such as `groups/:group_id/users`; `None` if there is no such route.
    pub route: Option<&'static str>,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
    /// The content type of the body.
    pub content_type: Option<String>,
    /// The body.
    pub body: Bytes,
    /// The status of the answer; `None` where none was given.
    pub status: Option<StatusCode>,
    /// When the request was received, counted in requests that began or ended before.
    pub began: u64,
    /// When it ended, with an answer or without, counted in the same way; `None` while it is in
    /// flight.
    pub ended: Option<u64>,
}

impl Recorded {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether both requests were in flight at the same time.
    ///
    /// The fake answers at once, so that requests seldom meet by themselves: give them time with
    /// `set_latency`.
    pub fn overlaps(&self, other: &Self) -> bool {
        let ends_after = |one: &Self, begin| one.ended.is_none_or(|end| end > begin);
        ends_after(self, other.began) && ends_after(other, self.began)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Recorded>,
    /// How many entries it has lost at its old end.
    forgotten: usize,
    keeps_all: bool,
    /// How many requests have begun or ended.
    moment: u64,
}

impl Journal {
    pub(crate) fn keep_all(&mut self) {
        self.keeps_all = true;
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.entries.iter().cloned().collect()
    }

    pub(crate) fn forget(&mut self) {
        self.forgotten += self.entries.len();
        self.entries.clear();
    }

    /// Notes a request; the number is for [`end`](Self::end).
    pub(crate) fn begin(&mut self, request: &HttpRequest, route: Option<&'static str>) -> usize {
        let text = |name| request.header(name).map(str::to_owned);
        if self.entries.len() >= MOST && !self.keeps_all {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(Recorded {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            route,
            user_agent: text(header::USER_AGENT),
            content_type: text(header::CONTENT_TYPE),
            body: request.body.clone(),
            status: None,
            began: self.moment,
            ended: None,
        });
        self.moment += 1;
        self.forgotten + self.entries.len() - 1
    }

    /// Notes the end of a request, with the status of its answer if it got one.
    pub(crate) fn end(&mut self, entry: usize, status: Option<StatusCode>) {
        let at = entry.checked_sub(self.forgotten);
        if let Some(recorded) = at.and_then(|at| self.entries.get_mut(at)) {
            recorded.status = status;
            recorded.ended = Some(self.moment);
        }
        self.moment += 1;
    }
}

//! Faults on demand, and the journal of requests.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::Value;

use super::{guarded::Guarded, http_request::HttpRequest};
use canvas_groups::{Error, Result};

/// How many requests the journal keeps.
const JOURNAL: usize = 10_000;

/// What a fake does instead of an ordinary answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is done, and the answer is this one.
    #[non_exhaustive]
    Answer {
        /// The status.
        status: StatusCode,
        /// The body, which is sent as JSON if it is JSON.
        body: String,
    },
    /// Nothing is done, and the answer says that the quota is used up.
    Throttle,
    /// Nothing is done, and the connection is closed without an answer.
    Drop,
    /// The request is carried out, and the connection is closed without an answer.
    Lose,
    /// The request is carried out, this much later.
    Delay(Duration),
}

impl Fault {
    /// Nothing is done, and the answer has this status and an empty body.
    pub fn status(status: StatusCode) -> Self {
        Self::answer(status, String::new())
    }

    /// Nothing is done, and the answer is this one. A body that is JSON goes out as JSON, any
    /// other as HTML, such as proxies send.
    pub fn answer(status: StatusCode, body: impl Into<String>) -> Self {
        Self::Answer {
            status,
            body: body.into(),
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        match self {
            Self::Delay(delay) => *delay,
            _ => Duration::ZERO,
        }
    }
}

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
}

impl Recorded {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What a test can change while a fake runs.
#[derive(Debug, Default)]
pub(crate) struct Controls(Guarded<ControlData>);

#[derive(Debug, Default)]
struct ControlData {
    latency: Duration,
    plans: Vec<PlannedFault>,
    journal: VecDeque<Recorded>,
    /// How many entries the journal has lost at its old end.
    forgotten: usize,
}

#[derive(Debug)]
struct PlannedFault {
    method: Method,
    route: &'static str,
    times: usize,
    fault: Fault,
}

impl Controls {
    pub(crate) fn set_latency(&self, latency: Duration) {
        self.0.lock().latency = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        self.0.lock().latency
    }

    /// Plans a fault for a route written like `GET groups/:group_id`, if `known` has its template.
    pub(crate) fn plan(
        &self,
        route: &str,
        times: usize,
        fault: Fault,
        known: impl FnOnce(&Method, &str) -> Option<&'static str>,
    ) -> Result<()> {
        let (method, path) = route.split_once(' ').unwrap_or_default();
        let found = Method::from_bytes(method.as_bytes())
            .ok()
            .and_then(|method| Some((known(&method, path)?, method)));
        let Some((path, method)) = found else {
            return Err(Error::request_invalid(format!(
                "{route:?} is no route of the fake: write it like \"GET groups/:group_id\""
            )));
        };
        self.0.lock().plans.push(PlannedFault {
            method,
            route: path,
            times,
            fault,
        });
        Ok(())
    }

    /// The fault that is planned for this request, if one is. It counts as used.
    pub(crate) fn fault(&self, method: &Method, route: Option<&str>) -> Option<Fault> {
        let route = route?;
        let mut data = self.0.lock();
        let mut plans = data.plans.iter_mut();
        let plan =
            plans.find(|plan| plan.times > 0 && plan.method == method && plan.route == route)?;
        plan.times -= 1;
        Some(plan.fault.clone())
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.0.lock().journal.iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        let mut data = self.0.lock();
        data.forgotten += data.journal.len();
        data.journal.clear();
    }

    /// Notes a request; the number is for [`settle`](Self::settle).
    pub(crate) fn record(&self, request: &HttpRequest, route: Option<&'static str>) -> usize {
        let text = |name| request.header(name).map(str::to_owned);
        let mut data = self.0.lock();
        if data.journal.len() == JOURNAL {
            data.journal.pop_front();
            data.forgotten += 1;
        }
        data.journal.push_back(Recorded {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            route,
            user_agent: text(header::USER_AGENT),
            content_type: text(header::CONTENT_TYPE),
            body: request.body.clone(),
            status: None,
        });
        data.forgotten + data.journal.len() - 1
    }

    /// Notes the status of an answer.
    pub(crate) fn settle(&self, entry: usize, status: StatusCode) {
        let mut data = self.0.lock();
        let at = entry.checked_sub(data.forgotten);
        if let Some(recorded) = at.and_then(|at| data.journal.get_mut(at)) {
            recorded.status = Some(status);
        }
    }
}

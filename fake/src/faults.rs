//! Faults on demand.

use std::{sync::MutexGuard, time::Duration};

use http::{Method, StatusCode};
use tokio::sync::watch;

use super::{guarded::Guarded, journal::Journal};
use canvas_groups::{Error, Result};

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

/// What a test can change while a fake runs.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    data: Guarded<ControlData>,
    journal: Guarded<Journal>,
}

#[derive(Debug, Default)]
struct ControlData {
    latency: Duration,
    plans: Vec<PlannedFault>,
    counted: Vec<CountedFault>,
    standstill: Option<Standstill>,
}

/// A fault that comes by the number of a request, whatever its route.
#[derive(Debug)]
struct CountedFault {
    /// How many requests there are to come, up to the one that it is for.
    left: usize,
    /// After how many more it comes again, if it does.
    period: Option<usize>,
    fault: Fault,
}

impl CountedFault {
    /// Whether the next request is the one that it is for.
    fn is_due(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        match (self.left, self.period) {
            (0, Some(period)) => {
                self.left = period;
                true
            }
            (left, _) => left == 0,
        }
    }
}

/// Requests that wait until a test says what becomes of them.
#[derive(Debug)]
struct Standstill {
    /// How many requests pass before.
    left: usize,
    is_reached: bool,
    /// Whether they are carried out.
    verdict: watch::Sender<Option<bool>>,
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
        self.data.lock().latency = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        self.data.lock().latency
    }

    /// Plans a fault for a route written like `GET groups/:group_id`, if `known` has its template.
    pub(crate) fn plan(
        &self,
        route: &str,
        times: usize,
        fault: Fault,
        known: impl FnOnce(&Method, &str) -> Option<&'static str>,
    ) -> Result<()> {
        let (method, path) = known_route(route, known)?;
        self.data.lock().plans.push(PlannedFault {
            method,
            route: path,
            times,
            fault,
        });
        Ok(())
    }

    /// Plans a fault for the `nth` request from now on, and for every `nth` after it if it repeats.
    pub(crate) fn plan_nth(&self, nth: usize, repeats: bool, fault: Fault) -> Result<()> {
        if nth == 0 {
            return Err(Error::request_invalid(
                "no request is the 0th: count from 1, which is the next one",
            ));
        }
        self.data.lock().counted.push(CountedFault {
            left: nth,
            period: repeats.then_some(nth),
            fault,
        });
        Ok(())
    }

    /// The fault that is planned for this request, if one is. It counts as used.
    pub(crate) fn fault(&self, method: &Method, route: Option<&str>) -> Option<Fault> {
        let mut data = self.data.lock();
        let mut due = None;
        for counted in &mut data.counted {
            if counted.is_due() {
                due.get_or_insert_with(|| counted.fault.clone());
            }
        }
        data.counted.retain(|counted| counted.left > 0);
        if due.is_some() {
            return due;
        }
        let route = route?;
        let mut plans = data.plans.iter_mut();
        let plan =
            plans.find(|plan| plan.times > 0 && plan.method == method && plan.route == route)?;
        plan.times -= 1;
        Some(plan.fault.clone())
    }

    /// Lets no request pass from the `nth` one on.
    pub(crate) fn stand_still(&self, nth: usize) {
        self.data.lock().standstill = Some(Standstill {
            left: nth.saturating_sub(1),
            is_reached: false,
            verdict: watch::Sender::new(None),
        });
    }

    pub(crate) fn is_standing_still(&self) -> bool {
        let data = self.data.lock();
        data.standstill.as_ref().is_some_and(|it| it.is_reached)
    }

    /// Lets requests pass again. Those that wait are carried out, or end without an answer.
    pub(crate) fn go_on(&self, carry_out: bool) {
        let standstill = self.data.lock().standstill.take();
        if let Some(Standstill { verdict, .. }) = standstill {
            verdict.send_replace(Some(carry_out));
        }
    }

    /// Waits while requests are not let pass. Returns whether this one is to be carried out.
    pub(crate) async fn pass(&self) -> bool {
        let mut verdict = {
            let mut data = self.data.lock();
            match &mut data.standstill {
                None => return true,
                Some(Standstill {
                    left: left @ 1.., ..
                }) => {
                    *left -= 1;
                    return true;
                }
                Some(standstill) => {
                    standstill.is_reached = true;
                    standstill.verdict.subscribe()
                }
            }
        };
        let verdict = verdict.wait_for(Option::is_some).await;
        verdict.is_ok_and(|verdict| *verdict == Some(true))
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock()
    }
}

/// The method and the path of a route that is written like `GET groups/:group_id`, if `known` has
/// its template.
pub(crate) fn known_route(
    route: &str,
    known: impl FnOnce(&Method, &str) -> Option<&'static str>,
) -> Result<(Method, &'static str)> {
    let (method, path) = route.split_once(' ').unwrap_or_default();
    let found = Method::from_bytes(method.as_bytes())
        .ok()
        .and_then(|method| Some((known(&method, path)?, method)));
    let Some((path, method)) = found else {
        return Err(Error::request_invalid(format!(
            "{route:?} is no route of the fake: write it like \"GET groups/:group_id\""
        )));
    };
    Ok((method, path))
}

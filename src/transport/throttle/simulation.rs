//! Clients and a server's bucket in simulated time.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::{Feedback, Quota, StartedIn, Verdict};

/// A server's bucket, by its own rules.
pub(super) struct Bucket {
    mark: f64,
    pub(super) level: f64,
    touched: f64,
}

impl Bucket {
    pub(super) fn new(mark: f64) -> Self {
        let (level, touched) = (0.0, 0.0);
        Self {
            mark,
            level,
            touched,
        }
    }

    pub(super) fn leak(&mut self, now: f64) {
        self.level = (self.level - 10.0 * (now - self.touched)).clamp(0.0, 800.0);
        self.touched = now;
    }

    /// Reserves; false is a refusal.
    pub(super) fn begin(&mut self, now: f64) -> bool {
        self.leak(now);
        self.level += 50.0;
        let is_full = self.level >= self.mark;
        if is_full {
            self.level -= 50.0;
        }
        !is_full
    }

    pub(super) fn finish(&mut self, now: f64, cost: f64) {
        self.leak(now);
        self.level = (self.level - 50.0 + cost).clamp(0.0, 800.0);
    }
}

/// What the server says to remain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Header {
    Honest,
    Missing,
    Sometimes,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) mark: f64,
    pub(super) calls: usize,
    pub(super) clients: usize,
    /// Seconds on the wire, each way, and at the server; each varies up to double.
    pub(super) wire: f64,
    pub(super) work: f64,
    pub(super) cost: f64,
    pub(super) header: Header,
    /// How much later each client begins than the one before, in seconds.
    pub(super) apart: f64,
    /// Whether a client starts a call only when the one before has ended.
    pub(super) one_by_one: bool,
    pub(super) seed: u64,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Step {
    Look,
    Arrive,
    Finish,
    Return {
        is_refusal: bool,
        remaining: Option<i64>,
    },
}

pub(super) struct Outcome {
    pub(super) seconds: f64,
    pub(super) refusals: usize,
    pub(super) most_in_flight: usize,
    /// How many calls the last client had done when the first one was through with its own.
    pub(super) last_had_done: usize,
}

/// Runs the calls of all clients to their end; panics when they get stuck.
pub(super) fn run(case: Case) -> Outcome {
    let mut random = fastrand::Rng::with_seed(case.seed);
    let mut bucket = Bucket::new(case.mark);
    let mut quotas: Vec<_> = (0..case.clients).map(|_| Quota::new(12)).collect();
    let mut left = vec![case.calls; case.clients];
    let mut running: Vec<Vec<Option<StartedIn>>> = vec![Vec::new(); case.clients];
    // When each client looks next whether a call may start.
    let starts = (0..case.clients).map(|client| case.apart * client as f64);
    let mut looks: Vec<_> = starts.map(|start| (start * 1e6) as u64).collect();
    // Time in microseconds, so that the events have an order.
    let mut events = BinaryHeap::new();
    let push = |events: &mut BinaryHeap<_>, at: f64, client: usize, call: usize, step: Step| {
        events.push(Reverse(((at * 1e6) as u64, client, call, step)));
    };
    for (client, look) in looks.iter().enumerate() {
        events.push(Reverse((*look, client, 0, Step::Look)));
    }
    let (mut refusals, mut most_in_flight, mut seconds) = (0, 0, 0.0);
    let (mut done, mut last_had_done) = (vec![0; case.clients], None);
    while done.iter().sum::<usize>() < case.calls * case.clients {
        let Reverse((at, client, call, step)) = events.pop().expect("the calls got stuck");
        let now = at as f64 / 1e6;
        assert!(now < 40_000.0, "the calls take for ever");
        let clock = Duration::from_micros(at);
        match step {
            Step::Arrive => {
                if bucket.begin(now) {
                    let work = case.work * (1.0 + random.f64());
                    push(&mut events, now + work, client, call, Step::Finish);
                } else {
                    refusals += 1;
                    let remaining = Some((case.mark - bucket.level) as i64);
                    let step = Step::Return {
                        is_refusal: true,
                        remaining,
                    };
                    push(&mut events, now + case.wire, client, call, step);
                }
                continue;
            }
            Step::Finish => {
                bucket.finish(now, case.cost);
                let told = match case.header {
                    Header::Honest => true,
                    Header::Missing => false,
                    Header::Sometimes => random.bool(),
                };
                let remaining = told.then_some((case.mark - bucket.level) as i64);
                let wire = case.wire * (1.0 + random.f64());
                let step = Step::Return {
                    is_refusal: false,
                    remaining,
                };
                push(&mut events, now + wire, client, call, step);
                continue;
            }
            Step::Return {
                is_refusal,
                remaining,
            } => {
                let remaining = match case.header {
                    Header::Missing => None,
                    _ => remaining.map(|units| units as f64),
                };
                let pause = Duration::from_secs(1 << quotas[client].refusals().min(5));
                let feedback = match is_refusal {
                    true => Feedback::Refused(remaining, pause.min(Duration::from_secs(30))),
                    false => Feedback::Answered {
                        remaining,
                        is_success: true,
                    },
                };
                let ended = running[client][call].take().expect("a call ends once");
                quotas[client].end(clock, ended, feedback);
                if is_refusal {
                    left[client] += 1;
                } else {
                    done[client] += 1;
                    seconds = now;
                    if done[0] == case.calls {
                        last_had_done = last_had_done.or(done.last().copied());
                    }
                }
            }
            Step::Look if looks[client] != at => continue,
            Step::Look => {}
        }
        loop {
            let is_last = case.one_by_one || left[client] == 1;
            match quotas[client].verdict(clock, is_last) {
                _ if left[client] == 0 => break,
                _ if case.one_by_one && quotas[client].in_flight > 0 => break,
                Verdict::Admit => {
                    left[client] -= 1;
                    running[client].push(Some(quotas[client].start(clock)));
                    let call = running[client].len() - 1;
                    let wire = case.wire * (1.0 + random.f64());
                    push(&mut events, now + wire, client, call, Step::Arrive);
                }
                Verdict::Wait(Some(until)) => {
                    let look = until.as_secs_f64() + 1e-6;
                    looks[client] = (look * 1e6) as u64;
                    push(&mut events, look, client, 0, Step::Look);
                    break;
                }
                Verdict::Wait(None) => break,
            }
        }
        most_in_flight = most_in_flight.max(quotas.iter().map(|quota| quota.in_flight).sum());
    }
    Outcome {
        seconds,
        refusals,
        most_in_flight,
        last_had_done: last_had_done.unwrap_or_default(),
    }
}

//! The verdicts against simulated servers, in simulated time.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use proptest::prelude::*;

use super::{Call, Lesson, Quota, Verdict};

/// A server's bucket, by its own rules.
struct Bucket {
    mark: f64,
    level: f64,
    touched: f64,
}

impl Bucket {
    fn leak(&mut self, now: f64) {
        self.level = (self.level - 10.0 * (now - self.touched)).clamp(0.0, 800.0);
        self.touched = now;
    }

    /// Reserves; false is a refusal.
    fn begin(&mut self, now: f64) -> bool {
        self.leak(now);
        self.level += 50.0;
        let is_full = self.level >= self.mark;
        if is_full {
            self.level -= 50.0;
        }
        !is_full
    }

    fn finish(&mut self, now: f64, cost: f64) {
        self.leak(now);
        self.level = (self.level - 50.0 + cost).clamp(0.0, 800.0);
    }
}

/// What the server says to remain.
#[derive(Debug, Clone, Copy)]
enum Header {
    Honest,
    Missing,
    Sometimes,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    mark: f64,
    calls: usize,
    clients: usize,
    /// Seconds on the wire, each way, and at the server; each varies up to double.
    wire: f64,
    work: f64,
    cost: f64,
    header: Header,
    seed: u64,
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

struct Outcome {
    seconds: f64,
    refusals: usize,
    most_in_flight: usize,
}

/// Runs the calls of all clients to their end; panics when they get stuck.
fn run(case: Case) -> Outcome {
    let mut random = fastrand::Rng::with_seed(case.seed);
    let mut bucket = Bucket {
        mark: case.mark,
        level: 0.0,
        touched: 0.0,
    };
    let mut quotas: Vec<_> = (0..case.clients).map(|_| Quota::new(12)).collect();
    let mut left = vec![case.calls; case.clients];
    let mut running: Vec<Vec<Option<Call>>> = vec![Vec::new(); case.clients];
    // Time in microseconds, so that the events have an order.
    let mut events = BinaryHeap::new();
    let push = |events: &mut BinaryHeap<_>, at: f64, client: usize, call: usize, step: Step| {
        events.push(Reverse(((at * 1e6) as u64, client, call, step)));
    };
    (0..case.clients).for_each(|client| push(&mut events, 0.0, client, 0, Step::Look));
    let (mut refusals, mut most_in_flight, mut done, mut last) = (0, 0, 0, 0.0);
    while done < case.calls * case.clients {
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
                let lesson = match is_refusal {
                    true => Lesson::Refused(remaining, pause.min(Duration::from_secs(30))),
                    false => Lesson::Answered {
                        remaining,
                        is_success: true,
                    },
                };
                let ended = running[client][call].take().expect("a call ends once");
                quotas[client].end(clock, ended, lesson);
                if is_refusal {
                    left[client] += 1;
                } else {
                    done += 1;
                    last = now;
                }
            }
            Step::Look => {}
        }
        loop {
            match quotas[client].verdict(clock) {
                _ if left[client] == 0 => break,
                Verdict::Admit => {
                    left[client] -= 1;
                    running[client].push(Some(quotas[client].start()));
                    let call = running[client].len() - 1;
                    let wire = case.wire * (1.0 + random.f64());
                    push(&mut events, now + wire, client, call, Step::Arrive);
                }
                Verdict::Wait(Some(until)) => {
                    push(
                        &mut events,
                        until.as_secs_f64() + 1e-6,
                        client,
                        0,
                        Step::Look,
                    );
                    break;
                }
                Verdict::Wait(None) => break,
            }
        }
        most_in_flight = most_in_flight.max(quotas.iter().map(|quota| quota.in_flight).sum());
    }
    Outcome {
        seconds: last,
        refusals,
        most_in_flight,
    }
}

const PLAIN: Case = Case {
    mark: 600.0,
    calls: 2_000,
    clients: 1,
    wire: 0.01,
    work: 0.06,
    cost: 0.2,
    header: Header::Honest,
    seed: 7,
};

/// The least time in which the bucket lets so many calls through.
fn least_seconds(case: Case) -> f64 {
    let at_once = ((case.mark - 1.0) / 50.0)
        .floor()
        .min(12.0 * case.clients as f64);
    let calls = (case.calls * case.clients) as f64;
    let by_width = calls * case.work * 1.5 / at_once;
    let by_leak = (calls * case.cost - case.mark) / 10.0;
    by_width.max(by_leak)
}

#[test]
fn one_client_uses_the_quota_and_is_not_refused() {
    for (mark, cost, work) in [
        (600.0, 0.2, 0.1),
        (700.0, 0.2, 0.1),
        (600.0, 2.0, 0.05),
        (600.0, 30.0, 0.05),
    ] {
        let case = Case {
            mark,
            cost,
            work,
            wire: 0.002,
            ..PLAIN
        };
        let outcome = run(case);
        let share = least_seconds(case) / outcome.seconds;
        assert!(
            outcome.refusals <= 20,
            "{} of 2,000 refused",
            outcome.refusals
        );
        assert!(share >= 0.8, "{share}");
    }
}

#[test]
fn two_clients_on_one_token_share_it() {
    // Where the outflow is the limit it is used up; where the width is, the wire takes its part.
    for (mark, cost, least) in [(600.0, 0.2, 0.45), (700.0, 0.2, 0.45), (600.0, 2.0, 0.9)] {
        let case = Case {
            mark,
            cost,
            clients: 2,
            calls: 1_000,
            ..PLAIN
        };
        let outcome = run(case);
        let share = least_seconds(case) / outcome.seconds;
        assert!(
            outcome.refusals < 20,
            "{} of 2,000 refused",
            outcome.refusals
        );
        assert!(share >= least, "{share}");
    }
}

#[test]
fn a_blocked_client_is_let_probe_and_no_more() {
    let mut quota = Quota::new(12);
    let (mut now, mut sent) = (Duration::ZERO, 0);
    let pause = Duration::from_secs(30);
    while now < Duration::from_secs(600) {
        match quota.verdict(now) {
            Verdict::Admit => {
                sent += 1;
                let call = quota.start();
                assert!(sent == 1 || quota.verdict(now) == Verdict::Wait(None));
                quota.end(now, call, Lesson::Refused(Some(0.0), pause));
            }
            Verdict::Wait(until) => now = until.expect("no call is in flight"),
        }
    }
    assert_eq!(sent, 20);
}

#[test]
fn without_headers_only_the_width_counts() {
    let outcome = run(Case {
        header: Header::Missing,
        mark: 100_000.0,
        ..PLAIN
    });
    assert_eq!((outcome.refusals, outcome.most_in_flight), (0, 12));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// `run` panics if a call starves or the calls get stuck.
    #[test]
    fn all_calls_end_whatever_the_server(
        mark in prop_oneof![Just(100.0), Just(600.0), Just(700.0)],
        clients in 1_usize..4,
        wire in 0.0..0.2_f64,
        work in 0.001..2.0_f64,
        cost in 0.0..60.0_f64,
        header in prop_oneof![Just(Header::Honest), Just(Header::Missing), Just(Header::Sometimes)],
        seed: u64,
    ) {
        let case = Case { mark, calls: 60, clients, wire, work, cost, header, seed };
        let outcome = run(case);
        prop_assert!(outcome.most_in_flight <= 12 * clients);
    }

    #[test]
    fn any_history_leaves_a_way_on(
        steps in prop::collection::vec((0_u8..4, -1e9..1e9_f64, 0_u64..40), 1..200),
    ) {
        let mut quota = Quota::new(12);
        let (mut now, mut running) = (Duration::ZERO, Vec::new());
        for (step, remaining, seconds) in steps {
            now += Duration::from_millis(seconds * 50);
            let lesson = match step {
                0 => Lesson::Answered { remaining: Some(remaining), is_success: false },
                1 => Lesson::Answered { remaining: None, is_success: true },
                2 => Lesson::Refused(Some(remaining), Duration::from_secs(seconds)),
                _ => Lesson::Nothing,
            };
            if quota.verdict(now) == Verdict::Admit {
                running.push(quota.start());
            } else if let Some(call) = running.pop() {
                quota.end(now, call, lesson);
            }
        }
        running.drain(..).for_each(|call| quota.end(now, call, Lesson::Nothing));
        // Idle, it admits a call after a bounded wait.
        match quota.verdict(now) {
            Verdict::Admit => {}
            Verdict::Wait(Some(until)) => {
                prop_assert!(until <= now + Duration::from_secs(60));
                prop_assert_eq!(quota.verdict(until), Verdict::Admit);
            }
            Verdict::Wait(None) => prop_assert!(false, "waits for a call that is not there"),
        }
    }
}

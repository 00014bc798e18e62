//! The verdicts against simulated servers, in simulated time.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use proptest::prelude::*;

use super::{Feedback, Quota, StartedIn, Verdict};

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
    /// How much later each client begins than the one before, in seconds.
    apart: f64,
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
    /// How many calls the last client had done when the first one was through with its own.
    last_had_done: usize,
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
    let mut running: Vec<Vec<Option<StartedIn>>> = vec![Vec::new(); case.clients];
    // Time in microseconds, so that the events have an order.
    let mut events = BinaryHeap::new();
    let push = |events: &mut BinaryHeap<_>, at: f64, client: usize, call: usize, step: Step| {
        events.push(Reverse(((at * 1e6) as u64, client, call, step)));
    };
    for client in 0..case.clients {
        let start = case.apart * client as f64;
        push(&mut events, start, client, 0, Step::Look);
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
        seconds,
        refusals,
        most_in_flight,
        last_had_done: last_had_done.unwrap_or_default(),
    }
}

const PLAIN: Case = Case {
    mark: 600.0,
    calls: 2_000,
    clients: 1,
    wire: 0.000_3,
    work: 0.04,
    cost: 0.75,
    header: Header::Honest,
    apart: 0.0,
    seed: 7,
};

const SEEDS: std::ops::Range<u64> = 0..4;

/// What 2,000 calls make of a bucket that is empty at first: the mean share of what it lets
/// through, and the most refusals.
fn measure(case: Case) -> (f64, usize) {
    let calls = 2_000 / case.clients;
    let least = ((calls * case.clients) as f64 * case.cost - case.mark) / 10.0;
    let outcomes: Vec<_> = SEEDS
        .map(|seed| {
            run(Case {
                calls,
                seed,
                ..case
            })
        })
        .collect();
    let shares = outcomes.iter().map(|outcome| least / outcome.seconds);
    let refusals = outcomes.iter().map(|outcome| outcome.refusals).max();
    (
        shares.sum::<f64>() / outcomes.len() as f64,
        refusals.unwrap_or_default(),
    )
}

/// What of the bucket is left unused is left once. The slower the answers, the more requests are
/// in flight, and the more they reserve.
#[test]
fn clients_use_up_what_the_bucket_lets_through_and_are_hardly_refused() {
    for (clients, mark, work, least, most) in [
        (1, 600.0, 0.004, 0.94, 0),
        (1, 600.0, 0.04, 0.94, 0),
        (1, 700.0, 0.04, 0.93, 0),
        (1, 600.0, 0.16, 0.75, 0),
        (1, 700.0, 0.16, 0.73, 0),
        (2, 600.0, 0.004, 0.92, 19),
        (2, 600.0, 0.04, 0.92, 19),
        (2, 700.0, 0.04, 0.91, 19),
        (2, 600.0, 0.16, 0.75, 19),
        (3, 600.0, 0.04, 0.88, 19),
        (3, 700.0, 0.04, 0.85, 19),
    ] {
        let (share, refusals) = measure(Case {
            clients,
            mark,
            work,
            ..PLAIN
        });
        let case = format!("{clients} clients, mark {mark}, {work} s");
        println!("{case}: {share:.3}, {refusals} refused");
        assert!(share >= least, "{case}: {share}");
        assert!(refusals <= most, "{case}: {refusals} refused");
    }
}

#[test]
fn costly_calls_use_it_up_too() {
    let (share, refusals) = measure(Case {
        cost: 30.0,
        ..PLAIN
    });
    assert!(share >= 0.98, "{share}");
    assert_eq!(refusals, 0);
}

#[test]
fn a_client_that_comes_later_gets_its_share() {
    // By then the first one has filled the bucket, and has about 5,200 of its calls left.
    let done = SEEDS.map(|seed| {
        let late = Case {
            calls: 8_000,
            clients: 2,
            apart: 150.0,
            seed,
            ..PLAIN
        };
        run(late).last_had_done
    });
    let mean = done.sum::<usize>() / SEEDS.count();
    assert!(mean >= 2_000, "{mean}");
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
                quota.end(now, call, Feedback::Refused(Some(0.0), pause));
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

#[test]
fn time_without_an_answer_wins_no_trust() {
    let second = Duration::from_secs(1);
    let answer = |quota: &mut Quota, at| {
        let call = quota.start();
        let remaining = Some(600.0);
        let is_success = true;
        let feedback = Feedback::Answered {
            remaining,
            is_success,
        };
        quota.end(at, call, feedback);
    };
    // The client is made long before its first call.
    let mut quota = Quota::new(12);
    let mut now = second * 500;
    answer(&mut quota, now);
    assert!(quota.caution > 140.0, "{}", quota.caution);
    (0..500).for_each(|_| answer(&mut quota, now));
    assert_eq!(quota.caution, 0.0);
    // It rests, and its next call is refused.
    now += second * 500;
    let refused = quota.start();
    quota.end(now, refused, Feedback::Refused(Some(30.0), second));
    now += second;
    answer(&mut quota, now);
    assert!(quota.caution > 40.0, "{}", quota.caution);
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
        apart in 0.0..5.0_f64,
        seed: u64,
    ) {
        let case = Case { mark, calls: 60, clients, wire, work, cost, header, apart, seed };
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
            let feedback = match step {
                0 => Feedback::Answered { remaining: Some(remaining), is_success: false },
                1 => Feedback::Answered { remaining: None, is_success: true },
                2 => Feedback::Refused(Some(remaining), Duration::from_secs(seconds)),
                _ => Feedback::Nothing,
            };
            if quota.verdict(now) == Verdict::Admit {
                running.push(quota.start());
            } else if let Some(call) = running.pop() {
                quota.end(now, call, feedback);
            }
        }
        running.drain(..).for_each(|call| quota.end(now, call, Feedback::Nothing));
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

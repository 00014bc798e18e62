//! What clients make of a bucket, and that they get through whatever it does.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    Feedback, Quota, Verdict,
    simulation::{Case, Header, run},
};

const PLAIN: Case = Case {
    mark: 600.0,
    calls: 2_000,
    clients: 1,
    wire: 0.000_3,
    work: 0.04,
    cost: 0.75,
    header: Header::Honest,
    apart: 0.0,
    one_by_one: false,
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

/// Programs that wait for each answer before they make the next call.
#[test]
fn programs_that_do_one_thing_after_the_other_share_it_too() {
    for (clients, cost, least, most) in [
        (1, 0.75, 0.70, 0),
        (2, 0.75, 0.92, 19),
        (3, 0.75, 0.85, 29),
        (2, 10.0, 0.98, 69),
    ] {
        let (share, refusals) = measure(Case {
            clients,
            cost,
            one_by_one: true,
            ..PLAIN
        });
        let case = format!("{clients} clients, cost {cost}");
        println!("{case}: {share:.3}, {refusals} refused");
        assert!(share >= least, "{case}: {share}");
        assert!(refusals <= most, "{case}: {refusals} refused");
    }
}

/// Answers that take longer than what was told is believed.
#[test]
fn slow_calls_are_hardly_refused_though_some_go_ahead_to_ask() {
    for (clients, cost, least, most) in [
        (1, 1.0, 0.17, 9),
        (1, 5.0, 0.92, 9),
        (2, 1.0, 0.30, 9),
        (2, 5.0, 0.92, 99),
    ] {
        let (share, refusals) = measure(Case {
            clients,
            cost,
            work: 3.0,
            ..PLAIN
        });
        let case = format!("{clients} clients, cost {cost}");
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
    // Only the last call has none behind it, and may ask early.
    assert!(refusals <= 2, "{refusals} refused");
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
        match quota.verdict(now, true) {
            Verdict::Admit => {
                sent += 1;
                let call = quota.start(now);
                assert!(quota.verdict(now, true) != Verdict::Admit || sent == 1);
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
        let call = quota.start(at);
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
    let refused = quota.start(now);
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
        one_by_one: bool,
        seed: u64,
    ) {
        let case = Case { mark, calls: 60, clients, wire, work, cost, header, apart, one_by_one, seed };
        let outcome = run(case);
        prop_assert!(outcome.most_in_flight <= 12 * clients);
    }

    #[test]
    fn any_history_leaves_a_way_on(
        steps in prop::collection::vec((0_u8..5, -1e9..1e9_f64, 0_u64..40), 1..200),
    ) {
        let mut quota = Quota::new(12);
        let (mut now, mut running) = (Duration::ZERO, Vec::new());
        for (step, remaining, seconds) in steps {
            now += Duration::from_millis(seconds * 50);
            let feedback = match step {
                0 => Feedback::Answered { remaining: Some(remaining), is_success: false },
                1 => Feedback::Answered { remaining: None, is_success: true },
                2 => Feedback::Refused(Some(remaining), Duration::from_secs(seconds)),
                3 => Feedback::GivenUp,
                _ => Feedback::Nothing,
            };
            if quota.verdict(now, true) == Verdict::Admit {
                running.push(quota.start(now));
            } else if let Some(call) = running.pop() {
                quota.end(now, call, feedback);
            }
        }
        running.drain(..).for_each(|call| quota.end(now, call, Feedback::Nothing));
        // Idle, it admits a call after a bounded wait.
        let longest = match quota.paused_since() {
            Some(_) => Duration::from_secs(60),
            None => Duration::from_millis(1500),
        };
        let end = now + longest;
        loop {
            match quota.verdict(now, true) {
                Verdict::Admit => break,
                Verdict::Wait(Some(until)) => {
                    prop_assert!(now < until && until <= end);
                    now = until;
                }
                Verdict::Wait(None) => prop_assert!(false, "waits for a call that is not there"),
            }
        }
    }
}

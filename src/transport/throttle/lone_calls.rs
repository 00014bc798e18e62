//! How long a call waits that is the only one of its client, after all that can come before it.

use std::time::Duration;

use super::{Feedback, Quota, StartedIn, Verdict, simulation::Bucket};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// The longest wait of a lone call where the quota is there.
const LONGEST: Duration = Duration::from_secs(2);

/// The same where other calls of its client are in flight.
const WITH_OTHERS: Duration = Duration::from_secs(3);

/// A client with its clock.
struct Client {
    quota: Quota,
    now: Duration,
}

impl Client {
    fn new() -> Self {
        Self {
            quota: Quota::new(12),
            now: SECOND,
        }
    }

    /// Starts a call as soon as it may; gives back how long that took.
    fn start(&mut self, is_last: bool) -> (Duration, StartedIn) {
        let since = self.now;
        loop {
            match self.quota.verdict(self.now, is_last) {
                Verdict::Admit => return (self.now - since, self.quota.start(self.now)),
                Verdict::Wait(Some(until)) => {
                    assert!(until > self.now, "a wait that ends at once");
                    self.now = until;
                }
                Verdict::Wait(None) => panic!("waits for a call to end"),
            }
        }
    }

    fn end(&mut self, call: StartedIn, feedback: Feedback) {
        self.quota.end(self.now, call, feedback);
    }

    /// Makes a call that is answered after a tenth of a second; gives back how long it waited.
    fn call(&mut self, feedback: Feedback) -> Duration {
        let (waited, call) = self.start(true);
        self.now += SECOND / 10;
        self.end(call, feedback);
        waited
    }

    fn calls(&mut self, count: usize, feedback: Feedback) {
        for _ in 0..count {
            self.call(feedback);
        }
    }

    /// As many calls in flight at once.
    fn several(&mut self, count: usize) -> Vec<StartedIn> {
        (0..count).map(|_| self.start(false).1).collect()
    }
}

fn told(remaining: f64) -> Feedback {
    Feedback::Answered {
        remaining: Some(remaining),
        is_success: true,
    }
}

const UNTOLD: Feedback = Feedback::Answered {
    remaining: None,
    is_success: true,
};

/// Numbers below the quota that is there, as a short burst of others makes them, or a fault.
const LOW: [f64; 7] = [-300.0, -200.0, -0.5, 0.0, 5.0, 48.0, 50.9];

#[test]
fn a_low_number_among_others_delays_a_lone_call_by_seconds_at_most() {
    for low in LOW {
        for before in 0..4 {
            let mut client = Client::new();
            for _ in 0..before {
                assert_eq!(client.call(told(595.0)), Duration::ZERO);
            }
            client.call(told(low));
            let waited = client.call(told(595.0));
            assert!(waited < LONGEST, "{low} after {before}: {waited:?}");
            // The newest word counts.
            assert_eq!(client.call(told(595.0)), Duration::ZERO, "{low}");
        }
    }
}

#[test]
fn of_calls_in_flight_together_the_newest_answer_counts_for_a_lone_call() {
    for low in LOW {
        for count in 2..5 {
            for turn in 0..count {
                for apart in [Duration::ZERO, MS, MS * 300, SECOND * 3] {
                    let mut client = Client::new();
                    client.calls(3, told(595.0));
                    for (number, call) in client.several(count).into_iter().enumerate() {
                        client.now += apart;
                        client.end(call, told(if number == turn { low } else { 595.0 }));
                    }
                    let waited = client.call(told(595.0));
                    let longest = match turn + 1 == count {
                        true => LONGEST,
                        false => Duration::ZERO,
                    };
                    let case = format!("{low}, {turn} of {count}, {apart:?}");
                    assert!(waited <= longest, "{case}: {waited:?}");
                }
            }
        }
    }
}

#[test]
fn a_quota_that_is_never_there_by_its_numbers_lets_a_lone_call_ask() {
    for low in LOW {
        let mut client = Client::new();
        for number in 0..20 {
            let waited = client.call(told(low));
            assert!(waited < LONGEST, "{low}, call {number}: {waited:?}");
        }
    }
}

#[test]
fn after_a_rest_a_lone_call_does_not_wait_at_all() {
    for low in LOW {
        let mut client = Client::new();
        client.call(told(low));
        client.now += LONGEST;
        assert_eq!(client.call(told(595.0)), Duration::ZERO, "{low}");
    }
}

#[test]
fn what_is_there_for_one_call_is_not_kept_free_for_others() {
    for remaining in [51.0, 60.0, 100.0, 150.0, 199.0] {
        let mut client = Client::new();
        for _ in 0..20 {
            assert_eq!(client.call(told(remaining)), Duration::ZERO, "{remaining}");
        }
    }
}

#[test]
fn a_refusal_followed_by_a_full_quota_is_forgotten() {
    let refusals = [None, Some(-200.0), Some(-40.0), Some(0.0), Some(45.0)];
    for remaining in refusals {
        for in_a_row in 1..5 {
            for answer in [told(600.0), told(51.0), UNTOLD] {
                let mut client = Client::new();
                client.call(told(600.0));
                for number in 0..in_a_row {
                    client.call(Feedback::Refused(remaining, SECOND * (1 << number)));
                }
                client.call(answer);
                let case = format!("{remaining:?}, {in_a_row} in a row, then {answer:?}");
                let waited = client.call(answer);
                assert!(waited < LONGEST, "{case}: {waited:?}");
                if matches!(
                    answer,
                    Feedback::Answered {
                        remaining: Some(_),
                        ..
                    }
                ) {
                    assert_eq!(waited, Duration::ZERO, "{case}");
                }
                assert_eq!(client.quota.refusals(), 0, "{case}");
            }
        }
    }
}

#[test]
fn after_a_refusal_and_a_full_quota_several_calls_start_at_once() {
    let mut client = Client::new();
    client.call(Feedback::Refused(Some(-40.0), SECOND));
    client.call(told(600.0));
    let before = client.now;
    client.several(6);
    assert_eq!(client.now, before);
}

#[test]
fn a_short_burst_of_another_client_is_over_when_it_is_over() {
    for (length, level) in [(200, 560.0), (1_000, 560.0), (1_000, 790.0), (3_000, 700.0)] {
        let (mut client, mut bucket) = (Client::new(), Bucket::new(600.0));
        let ends = SECOND * 2 + MS * length;
        let mut longest = Duration::ZERO;
        let mut is_over = false;
        while client.now < ends + SECOND * 10 {
            let (mut waited, call) = client.start(true);
            let now = client.now.as_secs_f64();
            let in_burst = (SECOND * 2..ends).contains(&client.now);
            bucket.leak(now);
            if in_burst {
                bucket.level = level;
            } else if client.now >= ends && !is_over {
                is_over = true;
                bucket.level = 0.0;
                waited = waited.min(client.now - ends);
            }
            let is_let_in = bucket.begin(now);
            client.now += MS * 40;
            if is_let_in {
                let level = if in_burst { level } else { bucket.level };
                bucket.finish(client.now.as_secs_f64(), 0.5);
                client.end(call, told(600.0 - level.max(bucket.level)));
            } else {
                let remaining = Some(600.0 - bucket.level);
                let pause = SECOND * (1 << client.quota.refusals().min(4));
                client.end(call, Feedback::Refused(remaining, pause));
            }
            if is_over && client.quota.paused_since().is_none() {
                longest = longest.max(waited);
            }
        }
        assert!(longest < LONGEST, "{length} ms at {level}: {longest:?}");
    }
}

/// Three hundred calls at once, each given up after two seconds, and then a lone one; gives back
/// how long that waits, how many calls were sent, and whether the lone one is refused.
fn give_up(work: Duration, cost: f64) -> (Duration, usize, bool) {
    let (mut client, mut bucket) = (Client::new(), Bucket::new(600.0));
    // As after a long time without a refusal, when most is in flight.
    client.quota.caution = 0.0;
    let (mut left, mut sent) = (300, 0);
    let mut running: Vec<(Duration, StartedIn)> = Vec::new();
    let start = client.now;
    while client.now < start + SECOND * 2 {
        let now = client.now;
        let (over, on): (Vec<_>, Vec<_>) = running.into_iter().partition(|(end, _)| *end <= now);
        running = on;
        for (_, call) in over {
            bucket.finish(now.as_secs_f64(), cost);
            client.end(call, told(600.0 - bucket.level));
        }
        while left > 0 && client.quota.verdict(now, false) == Verdict::Admit {
            (left, sent) = (left - 1, sent + 1);
            let call = client.quota.start(now);
            assert!(bucket.begin(now.as_secs_f64()), "a call is refused");
            running.push((now + work, call));
        }
        client.now += MS;
    }
    // Each one that is given up may let another one start, which is given up next.
    let mut ends = Vec::new();
    while let Some((end, call)) = running.pop() {
        ends.push(end);
        client.end(call, Feedback::GivenUp);
        if left > 0 && client.quota.verdict(client.now, false) == Verdict::Admit {
            (left, sent) = (left - 1, sent + 1);
            bucket.begin(client.now.as_secs_f64());
            running.push((client.now + work, client.quota.start(client.now)));
        }
    }
    let (waited, _) = client.start(true);
    ends.sort();
    for end in ends.into_iter().filter(|end| *end <= client.now) {
        bucket.finish(end.as_secs_f64(), cost);
    }
    (waited, sent, !bucket.begin(client.now.as_secs_f64()))
}

#[test]
fn calls_that_were_given_up_hold_up_a_lone_call_for_as_long_as_the_server_takes() {
    for (work, cost) in [
        (5, 0.75),
        (20, 0.5),
        (100, 0.0),
        (100, 0.5),
        (100, 5.0),
        (300, 1.0),
        (700, 1.0),
    ] {
        let (waited, sent, is_refused) = give_up(MS * work, cost);
        let case = format!("{work} ms at {cost}: {sent} sent, waits {waited:?}");
        println!("{case}");
        assert!(waited <= (MS * work * 2).min(LONGEST), "{case}");
        assert!(!is_refused, "{case}");
    }
    // None was answered: nobody knows how long the server takes.
    let (waited, sent, is_refused) = give_up(SECOND * 3, 1.0);
    assert!(waited < LONGEST && sent <= 12 && !is_refused, "{waited:?}");
}

#[test]
fn calls_that_were_given_up_count_as_reserving_until_they_are_over() {
    let mut client = Client::new();
    client.calls(10, told(600.0));
    client.quota.caution = 0.0;
    for call in client.several(10) {
        client.end(call, Feedback::GivenUp);
    }
    // One reservation is left.
    let before = client.now;
    client.several(1);
    assert_eq!(client.now, before);
    client.start(true);
    assert_eq!(client.now, before + MS * 200);
    client.several(6);
}

#[test]
fn calls_the_server_never_saw_reserve_nothing() {
    let mut client = Client::new();
    client.calls(10, told(600.0));
    for _ in 0..100 {
        let call = client.several(1)[0];
        client.end(call, Feedback::Nothing);
    }
    assert_eq!(client.call(told(600.0)), Duration::ZERO);
}

#[test]
fn a_slow_call_in_flight_holds_up_no_other() {
    for low in LOW {
        let mut client = Client::new();
        client.call(told(low));
        client.start(true);
        let (waited, quick) = client.start(true);
        assert!(waited <= WITH_OTHERS, "{low}: {waited:?}");
        client.now += MS * 100;
        client.end(quick, told(550.0));
        client.now += LONGEST;
        assert_eq!(client.start(true).0, Duration::ZERO);
    }
}

#[test]
fn before_the_first_answer_slow_calls_hold_up_no_others_for_long() {
    let mut client = Client::new();
    client.several(4);
    for _ in 0..7 {
        let (waited, _) = client.start(true);
        assert_eq!(waited, WITH_OTHERS);
    }
    // More than these would fill the bucket by themselves.
    assert_eq!(client.quota.verdict(client.now, true), Verdict::Wait(None));
}

#[test]
fn a_probe_that_takes_long_has_been_let_in() {
    let mut client = Client::new();
    client.call(Feedback::Refused(Some(0.0), SECOND));
    let (waited, probe) = client.start(true);
    assert_eq!(waited, SECOND);
    let (waited, other) = client.start(true);
    assert_eq!(waited, WITH_OTHERS);
    client.end(other, told(550.0));
    assert_eq!(client.quota.paused_since(), None);
    client.end(probe, told(600.0));
    assert_eq!(client.call(told(600.0)), Duration::ZERO);
}

#[test]
fn caution_eases_while_a_call_waits() {
    let mut client = Client::new();
    client.call(told(600.0));
    client.now += LONGEST * 2;
    client.call(told(240.0));
    client.several(1);
    // 125 are needed beside another call, and as much as the caution. What is missing comes by
    // leaking and by trust.
    let missing = 125.0 + client.quota.caution - 240.0;
    let before = client.now;
    client.several(1);
    let waited = (client.now - before).as_secs_f64();
    assert!((waited - missing / 12.0).abs() < 0.01, "{waited}");
}

#[test]
fn a_server_that_tells_no_numbers_any_more_is_taken_to_keep_no_quota() {
    let mut client = Client::new();
    client.call(told(5.0));
    for _ in 0..8 {
        client.call(UNTOLD);
        client.now += LONGEST;
    }
    let before = client.now;
    client.several(12);
    assert_eq!(client.now, before);
}

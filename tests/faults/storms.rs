//! Many calls through a server that refuses or fails for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

use canvas_groups::{Canvas, Error, ErrorKind, RetryPolicy};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    calls::{SOON, VERBS, Verb},
    common::{
        client::builder,
        host::{Host, kept},
        play::{Play, answer},
        socket::Socket,
    },
};

/// What the server did with each write, by the name that the write gives itself.
#[derive(Debug, Default)]
struct Ledger {
    ran: HashMap<String, u32>,
    requests: usize,
    /// Requests that were refused or failed.
    faults: usize,
}

type Shared = Arc<Mutex<Ledger>>;

/// The body of a request, which holds the name of a write.
fn body(request: &str) -> String {
    let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    body.to_owned()
}

/// A server that is in trouble as long as `rages` says so, by the time since the
/// first request and the number of the request, and well from then on. In trouble it does what `trouble` says, which
/// also tells whether the request ran all the same.
async fn weathering(
    rages: impl Fn(Duration, usize) -> bool + Send + Sync + 'static,
    trouble: impl Fn(usize) -> (bool, Play) + Send + Sync + 'static,
) -> (Host, Shared) {
    let ledger = Shared::default();
    let shared = ledger.clone();
    let start = OnceLock::new();
    let host = Host::start(move |request| {
        let mut ledger = shared.lock().unwrap();
        ledger.requests += 1;
        let time = start.get_or_init(Instant::now).elapsed();
        let (runs, play) = if rages(time, ledger.requests) {
            ledger.faults += 1;
            trouble(ledger.requests)
        } else {
            (true, kept("200 OK", &[], "{\"id\":7}"))
        };
        if runs {
            *ledger.ran.entry(body(request)).or_default() += 1;
        }
        vec![play]
    })
    .await;
    (host, ledger)
}

/// Sends `each` calls of every method at once; gives back those that failed.
async fn rush(canvas: &Canvas, each: usize) -> Vec<(Verb, String, Error)> {
    let mut calls = JoinSet::new();
    for number in 0..each {
        for verb in VERBS {
            let canvas = canvas.clone();
            let name = format!("{verb:?}-{number}");
            calls.spawn(async move {
                let outcome = verb.send(&canvas, &name).await;
                outcome.err().map(|error| (verb, name, error))
            });
        }
    }
    let all = timeout(SOON, calls.join_all());
    all.await
        .expect("all calls end")
        .into_iter()
        .flatten()
        .collect()
}

fn patient() -> RetryPolicy {
    RetryPolicy::default()
        .base_delay(Duration::from_millis(5))
        .max_delay(Duration::from_millis(20))
        .max_attempts(100)
        .max_throttled_attempts(100)
}

fn refusal(number: usize) -> (bool, Play) {
    let play = match number % 3 {
        0 => kept(
            "403 Forbidden",
            &["content-type: text/plain"],
            "403 Forbidden (Rate Limit Exceeded)\n",
        ),
        1 => kept(
            "429 Too Many Requests",
            &["content-type: text/plain"],
            "429 Too Many Requests (Rate Limit Exceeded)\n",
        ),
        _ => kept("429 Too Many Requests", &[], "<html>slow down</html>"),
    };
    (false, play)
}

#[tokio::test]
async fn a_storm_of_refusals_is_waited_out_by_all_and_probed_by_one() {
    const EACH: usize = 16;
    let (host, ledger) = weathering(|time, _| time < Duration::from_millis(300), refusal).await;
    let canvas = builder(&host.address()).retry(patient()).build().unwrap();
    let failed = rush(&canvas, EACH).await;
    assert!(failed.is_empty(), "{failed:?}");
    let ledger = ledger.lock().unwrap();
    for verb in [Verb::Put, Verb::Post] {
        for number in 0..EACH {
            let body = format!("{{\"name\":\"{verb:?}-{number}\"}}");
            assert_eq!(ledger.ran.get(&body), Some(&1), "{body}");
        }
    }
    // Those without a body: as many as there were calls.
    assert_eq!(ledger.ran[""] as usize, 2 * EACH);
    assert_eq!(ledger.requests, 4 * EACH + ledger.faults);
    // A burst at first, then a probe for each pause of 2.5 ms at first and 10 ms later.
    assert!(
        (3..60).contains(&ledger.faults),
        "{} refusals",
        ledger.faults
    );
}

#[tokio::test]
async fn a_storm_without_end_is_given_up_with_nothing_carried_out() {
    let (host, ledger) = weathering(|_, _| true, refusal).await;
    let policy = patient().max_throttled_attempts(4);
    let canvas = builder(&host.address()).retry(policy).build().unwrap();
    let failed = rush(&canvas, 2).await;
    assert_eq!(failed.len(), 8);
    for (verb, _, error) in &failed {
        assert_eq!(error.kind(), ErrorKind::Throttled, "{verb:?}");
        assert_eq!(error.attempts(), 4, "{verb:?}");
        assert!(!error.outcome_unknown() && error.is_transient());
    }
    let ledger = ledger.lock().unwrap();
    assert!(ledger.ran.is_empty());
    assert_eq!(ledger.requests, 8 * 4);
}

#[tokio::test]
async fn a_burst_of_server_errors_loses_nothing_without_an_error_and_repeats_no_post() {
    const EACH: usize = 12;
    // Every second one of the failed requests ran all the same.
    let failure = |number: usize| {
        let line = ["500 Oops", "502 Bad Gateway", "503 Busy", "504 Late"][number % 4];
        (number % 8 < 4, kept(line, &[], "<html>"))
    };
    let (host, ledger) = weathering(|_, number| number <= 60, failure).await;
    let canvas = builder(&host.address()).retry(patient()).build().unwrap();
    let failed = rush(&canvas, EACH).await;
    let ledger = ledger.lock().unwrap();
    assert_eq!(ledger.faults, 60);
    for (verb, name, error) in &failed {
        assert_eq!((*verb, error.attempts()), (Verb::Post, 1), "{error}");
        assert_eq!(error.kind(), ErrorKind::Server, "{name}");
        assert!(error.outcome_unknown(), "{name}");
    }
    assert!(!failed.is_empty(), "some came before the end of the burst");
    let times = |verb: Verb, number| {
        let body = format!("{{\"name\":\"{verb:?}-{number}\"}}");
        ledger.ran.get(&body).copied().unwrap_or_default()
    };
    for number in 0..EACH {
        assert!(times(Verb::Put, number) >= 1);
        let name = format!("Post-{number}");
        let is_failed = failed.iter().any(|(_, failed, _)| *failed == name);
        let posted = times(Verb::Post, number);
        assert!(
            posted == 1 || (is_failed && posted == 0),
            "{name}: {posted}"
        );
    }
}

#[tokio::test]
async fn a_post_that_was_refused_and_then_lost_is_sent_no_more() {
    let ledger = Arc::new(Mutex::new(0));
    let count = ledger.clone();
    let host = Host::start(move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        vec![if *count < 4 {
            refusal(*count).1
        } else {
            Play::Reset
        }]
    })
    .await;
    let canvas = builder(&host.address()).retry(patient()).build().unwrap();
    let error = Verb::Post.send(&canvas, "x").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Interrupted, 4)
    );
    assert!(error.outcome_unknown());
    assert_eq!(*ledger.lock().unwrap(), 4);
}

#[tokio::test]
async fn a_write_that_was_lost_and_then_refused_may_still_have_run() {
    for (line, kind) in [
        ("401 Unauthorized", ErrorKind::Forbidden),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("409 Conflict", ErrorKind::Conflict),
        ("422 Unprocessable Content", ErrorKind::Invalid),
    ] {
        for verb in [Verb::Put, Verb::Delete] {
            let lost = vec![Play::Hear, Play::Reset];
            let refused = vec![Play::Hear, Play::Say(answer(line, &[], "{}"))];
            let socket = Socket::start(vec![lost, refused]).await;
            let error = verb.send(&socket.canvas(), "x").await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (kind, 2), "{verb:?}");
            assert!(error.outcome_unknown(), "{verb:?} {line}");
            assert_eq!(socket.heard().await.len(), 2);
        }
    }
}

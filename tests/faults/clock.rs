//! Storms, silences and jumps of the clock at their full length, with a clock that runs ahead.
//!
//! Left alone, tokio's paused clock jumps to the next timer whenever nothing else is to be done, so
//! also while bytes are on their way between two sockets. Here it does not: a blocking task keeps
//! it from that, and it moves only when told to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use canvas_groups::{Canvas, ErrorKind};
use futures::future::join_all;
use tokio::time::{Instant, advance};

use crate::{
    calls::{VERBS, Verb},
    common::{
        client::TOKEN,
        host::{Host, kept},
        play::Play,
    },
};

/// Holds the clock still.
pub(crate) struct Held {
    _release: mpsc::Sender<()>,
}

pub(crate) fn hold_the_clock() -> Held {
    let (release, held) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || held.recv());
    Held { _release: release }
}

/// Lets the sockets work for a moment that the clock does not see.
async fn breathe() {
    let moment = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(1)));
    moment.await.unwrap();
}

/// Runs it while a minute passes in about a second.
pub(crate) async fn hurried<T>(work: impl Future<Output = T>) -> T {
    hurried_by(Duration::from_millis(50), work).await
}

/// Runs it while the clock moves by this much at a time.
pub(crate) async fn hurried_by<T>(step: Duration, work: impl Future<Output = T>) -> T {
    let haste = async {
        loop {
            breathe().await;
            advance(step).await;
        }
    };
    tokio::select! {
        done = work => done,
        () = haste => unreachable!(),
    }
}

/// A client with nothing but default settings.
pub(crate) fn canvas(host: &Host) -> Canvas {
    Canvas::new(host.address(), TOKEN).unwrap()
}

/// Refuses everything until a time, and counts.
async fn refusing(storm: Duration) -> (Host, Arc<Mutex<(usize, usize)>>) {
    let start = Instant::now();
    let counts = Arc::<Mutex<(usize, usize)>>::default();
    let counted = counts.clone();
    let host = Host::start(move |_| {
        let mut counts = counted.lock().unwrap();
        vec![if start.elapsed() < storm {
            counts.0 += 1;
            let line = ["403 Forbidden", "429 Too Many Requests"][counts.0 % 2];
            let text = format!("{line} (Rate Limit Exceeded)\n");
            kept(line, &["x-rate-limit-remaining: 45.0"], &text)
        } else {
            counts.1 += 1;
            let headers = ["x-rate-limit-remaining: 600.0", "x-request-cost: 0.1"];
            kept("200 OK", &headers, "{\"id\":7}")
        }]
    })
    .await;
    (host, counts)
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_of_refusals_are_waited_out_with_default_settings() {
    let _held = hold_the_clock();
    let (host, counts) = refusing(Duration::from_secs(30)).await;
    let canvas = canvas(&host);
    let started = Instant::now();
    let calls = VERBS.map(|verb| verb.send(&canvas, "x"));
    for outcome in hurried(join_all(calls)).await {
        outcome.unwrap();
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(30), "{took:?}");
    // The last pause began before the end of the storm and is no longer than 30 s.
    assert!(took < Duration::from_secs(90), "{took:?}");
    let (refused, ran) = *counts.lock().unwrap();
    assert_eq!(ran, 4);
    assert!(refused <= 4 + 10, "{refused} refusals");
}

#[tokio::test(start_paused = true)]
async fn refusals_without_end_end_at_the_deadline() {
    let _held = hold_the_clock();
    let (host, counts) = refusing(Duration::MAX).await;
    let canvas = canvas(&host);
    let started = Instant::now();
    let calls = VERBS.map(|verb| verb.send(&canvas, "x"));
    for outcome in hurried(join_all(calls)).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        assert!(!error.outcome_unknown());
    }
    assert!(
        started.elapsed() <= Duration::from_secs(301),
        "{:?}",
        started.elapsed()
    );
    let (refused, ran) = *counts.lock().unwrap();
    assert_eq!(ran, 0);
    assert!(refused <= 4 * 12, "{refused} refusals");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_ends_every_attempt_and_the_call_at_its_deadline() {
    let _held = hold_the_clock();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    let host = Host::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        vec![Play::Stall]
    })
    .await;
    let canvas = canvas(&host);
    let calls = VERBS.map(async |verb| {
        let started = Instant::now();
        let error = verb.send(&canvas, "x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{verb:?}");
        // A read is given twice the time after each attempt that took too long: 75 and 150 s, and
        // what is left of the 300.
        let (attempts, seconds) = match verb {
            Verb::Post => (1, 75),
            Verb::Get => (3, 300),
            Verb::Put | Verb::Delete => (4, 300),
        };
        assert_eq!(error.attempts(), attempts, "{verb:?}");
        let setting = if verb == Verb::Post {
            "attempt_timeout"
        } else {
            "deadline"
        };
        assert!(
            error.to_string().contains(&format!("`{setting}`")),
            "{verb:?}: {error}"
        );
        assert_eq!(error.outcome_unknown(), verb.is_write(), "{verb:?}");
        let took = started.elapsed();
        let (least, most) = (
            Duration::from_secs(seconds),
            Duration::from_secs(seconds + 1),
        );
        assert!((least..most).contains(&took), "{verb:?}: {took:?}");
    });
    hurried(join_all(calls)).await;
    assert_eq!(heard.load(Ordering::SeqCst), 1 + 3 + 2 * 4);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ends_the_attempts_under_way_and_no_later_call() {
    let _held = hold_the_clock();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    let host = Host::start(move |_| {
        vec![match count.fetch_add(1, Ordering::SeqCst) {
            0 => Play::Stall,
            _ => kept("200 OK", &[], "{\"id\":7}"),
        }]
    })
    .await;
    let canvas = canvas(&host);
    let call = tokio::spawn({
        let canvas = canvas.clone();
        async move { Verb::Post.send(&canvas, "x").await }
    });
    while heard.load(Ordering::SeqCst) == 0 {
        breathe().await;
    }
    // As after a night in which the machine slept.
    advance(Duration::from_secs(8 * 60 * 60)).await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.outcome_unknown());
    for verb in VERBS {
        let started = Instant::now();
        verb.send(&canvas, "x").await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO, "{verb:?}");
        advance(Duration::from_secs(8 * 60 * 60)).await;
    }
    assert_eq!(heard.load(Ordering::SeqCst), 5);
}

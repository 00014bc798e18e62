//! Whatever a server told of the quota: no call waits long for a quota that is there.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use canvas_groups::{
    Canvas, GroupId,
    groups::{GetGroup, ListMyGroups},
};
use futures::future::join_all;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    clock::{canvas, hold_the_clock, hurried, hurried_by},
    common::{
        host::{Host, kept},
        play::Play,
    },
};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// The longest wait of a lone call where the quota is there.
const LONGEST: Duration = Duration::from_secs(2);

/// What passes in a call that waits for nothing: the clock moves by steps.
const AT_ONCE: Duration = Duration::from_millis(600);

/// Numbers that a Canvas tells when others have used the quota up.
const LOW: [&str; 6] = ["-200.0", "-0.5", "0.0", "5.0", "30", "48.5"];

/// An answer: its status, the header of the quota, and when it comes.
#[derive(Clone)]
struct Answer {
    status: &'static str,
    header: Option<String>,
    after: Duration,
}

fn told(remaining: &str) -> Answer {
    told_after(MS * 100, remaining)
}

fn told_after(after: Duration, remaining: &str) -> Answer {
    Answer {
        status: "200 OK",
        header: Some(format!("x-rate-limit-remaining: {remaining}")),
        after,
    }
}

fn refused(status: &'static str, remaining: Option<&str>) -> Answer {
    Answer {
        status,
        header: remaining.map(|remaining| format!("x-rate-limit-remaining: {remaining}")),
        after: Duration::ZERO,
    }
}

/// A server that gives these answers in the order in which the requests come, the last one for
/// ever, and notes when each request came.
struct Telling {
    host: Host,
    came: Arc<Mutex<Vec<Instant>>>,
}

impl Telling {
    async fn start(answers: Vec<Answer>) -> Self {
        let came = Arc::<Mutex<Vec<Instant>>>::default();
        let noted = came.clone();
        let host = Host::start(move |request| {
            let mut came = noted.lock().unwrap();
            let turn = came.len().min(answers.len() - 1);
            came.push(Instant::now());
            let Answer {
                status,
                header,
                after,
            } = &answers[turn];
            let is_list = request.starts_with("GET /api/v1/users/self/groups");
            let next = "link: </api/v1/users/self/groups?page=";
            let link = format!("{next}{}>; rel=\"next\"", came.len() + 1);
            let mut headers: Vec<&str> = header.iter().map(String::as_str).collect();
            let body = match *status {
                "200 OK" if is_list => {
                    headers.push(&link);
                    "[{\"id\":7}]"
                }
                "200 OK" => "{\"id\":7}",
                _ => "Rate Limit Exceeded",
            };
            vec![Play::Pause(*after), kept(status, &headers, body)]
        })
        .await;
        Self { host, came }
    }

    fn canvas(&self) -> Canvas {
        canvas(&self.host)
    }

    /// The time between the coming of a request and the one before.
    fn gaps(&self) -> Vec<Duration> {
        let came = self.came.lock().unwrap();
        came.windows(2).map(|two| two[1] - two[0]).collect()
    }
}

async fn call(canvas: &Canvas) {
    canvas.send(GetGroup::new(GroupId::new(7))).await.unwrap();
}

/// Makes a call; gives back how long it took.
async fn timed(canvas: &Canvas) -> Duration {
    let before = Instant::now();
    call(canvas).await;
    before.elapsed()
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_the_newest_counts_for_the_call_after_them() {
    let _held = hold_the_clock();
    for low in LOW {
        let answers = vec![
            told("595.0"),
            told_after(MS * 100, low),
            told_after(MS * 400, "595.0"),
            told("595.0"),
        ];
        let server = Telling::start(answers).await;
        let canvas = server.canvas();
        let took = hurried(async {
            call(&canvas).await;
            tokio::join!(call(&canvas), call(&canvas));
            timed(&canvas).await
        });
        let took = took.await;
        assert!(took < AT_ONCE, "{low}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_low_number_delays_the_next_call_by_less_than_two_seconds() {
    let _held = hold_the_clock();
    for low in LOW {
        let answers = vec![told("595.0"), told(low), told("595.0")];
        let server = Telling::start(answers).await;
        let canvas = server.canvas();
        hurried(async {
            for _ in 0..4 {
                call(&canvas).await;
            }
        })
        .await;
        let gaps = server.gaps();
        assert!(gaps[1] < LONGEST + MS * 100, "{low}: {gaps:?}");
        assert!(gaps[0] < AT_ONCE && gaps[2] < AT_ONCE, "{low}: {gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_that_no_canvas_tells_delay_no_call() {
    let _held = hold_the_clock();
    for odd in [
        "-1e308", "1e308", "-1e9", "-301", "1e7", "NaN", "inf", "-inf", "", "0x1", "-5 units",
    ] {
        for answers in [
            vec![told(odd), told("600")],
            vec![told("600"), told(odd), told("600")],
            vec![told(odd)],
        ] {
            let server = Telling::start(answers).await;
            let canvas = server.canvas();
            hurried(async {
                for _ in 0..4 {
                    call(&canvas).await;
                }
            })
            .await;
            let gaps = server.gaps();
            assert!(gaps.iter().all(|gap| *gap < AT_ONCE), "{odd}: {gaps:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_pages_after_a_refused_one_come_without_a_wait() {
    let _held = hold_the_clock();
    for status in ["403 Forbidden", "429 Too Many Requests"] {
        for remaining in [None, Some("-200.0"), Some("0.0"), Some("45.0")] {
            for refusals in 1..4 {
                let mut answers = vec![refused(status, remaining); refusals];
                answers.push(told("600.0"));
                let server = Telling::start(answers).await;
                let mut groups = server.canvas().stream(ListMyGroups::new());
                hurried(async {
                    for _ in 0..4 {
                        groups.try_next().await.unwrap();
                    }
                })
                .await;
                let gaps = server.gaps();
                let pages = &gaps[refusals..];
                let case = format!("{status}, {remaining:?}, {refusals} times: {gaps:?}");
                assert!(pages.len() >= 3, "{case}");
                assert!(pages.iter().all(|gap| *gap < AT_ONCE), "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_quota_never_seems_to_be_there_a_lone_call_asks() {
    let _held = hold_the_clock();
    for low in LOW {
        let server = Telling::start(vec![told(low)]).await;
        let canvas = server.canvas();
        hurried(async {
            for _ in 0..6 {
                call(&canvas).await;
            }
        })
        .await;
        let gaps = server.gaps();
        assert!(gaps.iter().all(|gap| *gap < LONGEST), "{low}: {gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_told_leaves_by_time() {
    let _held = hold_the_clock();
    for low in LOW {
        let server = Telling::start(vec![told(low), told("595.0")]).await;
        let canvas = server.canvas();
        hurried(async {
            call(&canvas).await;
            sleep(SECOND * 3).await;
            assert!(timed(&canvas).await < AT_ONCE, "{low}");
            let before = Instant::now();
            join_all((0..5).map(|_| call(&canvas))).await;
            assert!(before.elapsed() < AT_ONCE, "{low}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_under_way_holds_up_no_other_for_long() {
    let _held = hold_the_clock();
    for low in LOW {
        let slow = told_after(SECOND * 50, "595.0");
        let server = Telling::start(vec![told(low), slow, told("545.0")]).await;
        let canvas = server.canvas();
        hurried(async {
            call(&canvas).await;
            let slow = call(&canvas);
            let quick = async {
                sleep(SECOND * 2).await;
                let took = timed(&canvas).await;
                assert!(took < SECOND * 4, "{low}: {took:?}");
                // The low number is not the newest any more, and older than it may be.
                let took = timed(&canvas).await;
                assert!(took < AT_ONCE, "{low}: {took:?}");
            };
            tokio::join!(slow, quick);
        })
        .await;
    }
}

/// A server with a bucket, whose requests run to their end whoever waits for them.
#[derive(Default)]
struct Bucket {
    spent: f64,
    at: Option<Instant>,
    ends: Vec<Instant>,
    refusals: usize,
    requests: usize,
}

async fn with_bucket(work: Duration) -> (Host, Arc<Mutex<Bucket>>) {
    let bucket = Arc::<Mutex<Bucket>>::default();
    let shared = bucket.clone();
    let host = Host::start(move |_| {
        let mut bucket = shared.lock().unwrap();
        let now = Instant::now();
        let passed = bucket.at.replace(now).map_or(Duration::ZERO, |at| now - at);
        bucket.spent = (bucket.spent - 10.0 * passed.as_secs_f64()).max(0.0);
        bucket.ends.retain(|end| now < *end);
        bucket.requests += 1;
        let level = bucket.spent + 50.0 * bucket.ends.len() as f64;
        let header = format!("x-rate-limit-remaining: {}", 599.9 - level);
        if level + 50.0 >= 600.0 {
            bucket.refusals += 1;
            return vec![kept("429 Too Many Requests", &[&header], "refused")];
        }
        bucket.spent += 0.1;
        bucket.ends.push(now + work);
        let headers = [header.as_str(), "x-request-cost: 0.1"];
        vec![Play::Pause(work), kept("200 OK", &headers, "{\"id\":7}")]
    })
    .await;
    (host, bucket)
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_given_up_hold_up_no_later_one() {
    let _held = hold_the_clock();
    for (before, work, calls, patience) in [
        (0, MS * 100, 300, SECOND * 2),
        (300, MS * 100, 300, SECOND * 2),
        (300, MS * 100, 300, MS * 150),
        (100, MS * 300, 100, SECOND),
        (0, MS * 100, 12, MS * 50),
    ] {
        let (host, bucket) = with_bucket(work).await;
        let canvas = canvas(&host);
        let took = hurried_by(MS * 4, async {
            join_all((0..before).map(|_| call(&canvas))).await;
            let mut given_up = JoinSet::new();
            // One after the other, so that each makes room for one that is given up next.
            for number in 0..calls {
                let canvas = canvas.clone();
                given_up.spawn(async move {
                    let call = canvas.send(GetGroup::new(GroupId::new(7)));
                    timeout(patience + MS * number, call).await.is_err()
                });
            }
            let given_up = given_up.join_all().await;
            assert!(given_up.contains(&true), "some are given up");
            timed(&canvas).await
        });
        let took = took.await;
        let bucket = bucket.lock().unwrap();
        let case = format!(
            "{calls} calls of {work:?} given up after {patience:?}, {before} before: {took:?}"
        );
        // Before the first answer nobody knows how long the server takes.
        let longest = match before + calls {
            ..100 => LONGEST,
            _ => work * 3,
        };
        assert!(took <= longest, "{case}");
        assert_eq!(bucket.refusals, 0, "{case}, {} requests", bucket.requests);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_that_timed_out_count_as_under_way_for_a_while() {
    let _held = hold_the_clock();
    let (host, bucket) = with_bucket(SECOND * 3).await;
    let hasty = canvas(&host)
        .with_attempt_timeout(SECOND)
        .with_deadline(SECOND);
    let calls = (0..40).map(|_| hasty.send(GetGroup::new(GroupId::new(7))));
    let outcomes = hurried(join_all(calls)).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(bucket.lock().unwrap().refusals, 0);
}

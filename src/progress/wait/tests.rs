//! Waits with a clock that stands still unless there is nothing else to do.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde_json::json;

use super::*;

/// When a question was asked, in milliseconds since the start.
type Asked = Arc<Mutex<Vec<u128>>>;

fn job(state: &str) -> Progress {
    serde_json::from_value(json!({"id": 2, "tag": "import", "workflow_state": state})).unwrap()
}

/// A wait for a job that goes through these states; the last one stays.
fn wait(states: &[&str]) -> (Wait, Asked) {
    let asked = Asked::default();
    let (noted, start) = (asked.clone(), Instant::now());
    let mut states: VecDeque<Progress> = states.iter().map(|state| job(state)).collect();
    let first = states.pop_front().unwrap();
    let (last, states) = (states.back().cloned(), Mutex::new(states));
    let ask = move || {
        noted.lock().unwrap().push(start.elapsed().as_millis());
        let next = states.lock().unwrap().pop_front().or(last.clone());
        async move { Ok(next.unwrap()) }.boxed()
    };
    (Wait::new(first.into(), ask), asked)
}

/// A wait for a job of which nothing is known but its id, asked for one answer after the other.
fn wait_with(answers: Vec<Result<Progress>>) -> (Wait, Asked) {
    let asked = Asked::default();
    let (noted, start) = (asked.clone(), Instant::now());
    let answers = Mutex::new(VecDeque::from(answers));
    let ask = move || {
        noted.lock().unwrap().push(start.elapsed().as_millis());
        let next = answers.lock().unwrap().pop_front();
        async move { next.unwrap() }.boxed()
    };
    (Wait::new(ProgressId::new(2).into(), ask), asked)
}

fn broken(kind: ErrorKind) -> Result<Progress> {
    Err(Error::new(kind, "broken"))
}

async fn states(wait: &mut Wait) -> (Vec<String>, Option<Error>) {
    let mut seen = Vec::new();
    loop {
        match wait.try_next().await {
            Ok(Some(job)) => seen.push(job.workflow_state.unwrap().to_string()),
            Ok(None) => return (seen, None),
            Err(error) => return (seen, Some(error)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_states_come_one_by_one_and_end_with_the_last() {
    let (mut wait, asked) = wait(&[
        "queued",
        "running",
        "waiting_for_external_tool",
        "completed",
    ]);
    let (seen, error) = states(&mut wait).await;
    assert_eq!(
        seen,
        [
            "queued",
            "running",
            "waiting_for_external_tool",
            "completed"
        ]
    );
    assert!(error.is_none());
    assert_eq!(*asked.lock().unwrap(), [500, 1500, 3500]);
    assert!(wait.try_next().await.unwrap().is_none());
    assert!(wait.await.unwrap().is_completed());
}

#[tokio::test(start_paused = true)]
async fn the_intervals_grow_to_the_longest_and_are_settable() {
    let (defaults, asked) = wait(&["running", "running"]);
    defaults
        .deadline(Duration::from_secs(60))
        .await
        .unwrap_err();
    // The last one comes a second before the end, to be answered in time.
    let expected = [
        500, 1500, 3500, 7500, 15500, 25500, 35500, 45500, 55500, 59000,
    ];
    assert_eq!(*asked.lock().unwrap(), expected);

    let (own, asked) = wait(&["running", "running"]);
    let own = own
        .interval(Duration::ZERO)
        .max_interval(Duration::from_millis(25));
    own.deadline(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(*asked.lock().unwrap(), [10, 30, 55, 80, 90]);
}

#[tokio::test(start_paused = true)]
async fn trap_42_a_job_that_fails_later_is_an_error_with_the_servers_message() {
    for state in ["failed", "canceled"] {
        let (mut wait, _) = wait(&["queued", "running", state]);
        wait.job.seen.as_mut().unwrap().message = Some("ignored, of an earlier state".into());
        let (seen, error) = states(&mut wait).await;
        assert_eq!(seen, ["queued", "running"]);
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::JobFailed);
        assert_eq!(error.details()[0].code.as_deref(), Some(state));
        let expected = format!("the job 2 (import) {state}: the server gives no reason");
        assert_eq!(error.to_string(), expected);
        assert!(wait.try_next().await.unwrap().is_none());
    }

    let mut failed = job("failed");
    failed.message = Some("Malformed CSV".into());
    let unasked = Wait::new(failed.into(), || panic!("asked for a job that has ended"));
    let error = unasked.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the job 2 (import) failed: Malformed CSV"
    );
    assert_eq!(error.details()[0].message.as_deref(), Some("Malformed CSV"));
}

#[tokio::test(start_paused = true)]
async fn trap_43_a_state_that_nobody_knows_ends_with_the_default_deadline() {
    let (start, (wait, _)) = (Instant::now(), wait(&["running", "pondering"]));
    let error = wait.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        "the job 2 (import) was `pondering` when last asked, and the wait of 900s is over: the job \
         goes on, wait for it again"
    );
    assert_eq!(start.elapsed().as_secs(), 15 * 60 - 1);
}

#[tokio::test(start_paused = true)]
async fn trap_43_a_missing_state_and_a_silent_server_end_with_the_deadline() {
    let nameless: Progress = serde_json::from_value(json!({"id": 2})).unwrap();
    let silent = Wait::new(nameless.into(), || futures::future::pending().boxed());
    let start = Instant::now();
    let error = silent.deadline(Duration::from_secs(7)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error.to_string().contains("did not tell its state"),
        "{error}"
    );
    assert_eq!(start.elapsed().as_secs(), 7);

    let (endless, _) = wait(&["queued", "completed"]);
    assert!(endless.deadline(Duration::MAX).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_try_next_loses_neither_question_nor_time() {
    let (mut wait, asked) = wait(&["queued", "running", "completed"]);
    let mut seen = Vec::new();
    for _ in 0..400 {
        let patience = Duration::from_millis(7);
        if let Ok(state) = tokio::time::timeout(patience, wait.try_next()).await {
            match state.unwrap() {
                Some(state) => seen.push(state.workflow_state.unwrap().to_string()),
                None => break,
            }
        }
    }
    assert_eq!(seen, ["queued", "running", "completed"]);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0] == 500 && (1500..=1510).contains(&asked[1]),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_question_ends_the_wait() {
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::Forbidden,
        ErrorKind::Authentication,
    ] {
        let (mut wait, asked) = wait_with(vec![Ok(job("running")), broken(kind)]);
        let (seen, error) = states(&mut wait).await;
        assert_eq!((seen.len(), error.unwrap().kind()), (1, kind));
        assert_eq!(asked.lock().unwrap().len(), 2);
        assert!(wait.try_next().await.unwrap().is_none());
        let error = wait.await.unwrap_err();
        assert!(error.to_string().contains("make a new one"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_may_go_well_the_next_time_is_asked_again() {
    let (mut wait, asked) = wait_with(vec![
        broken(ErrorKind::Server),
        Ok(job("running")),
        broken(ErrorKind::Connect),
        broken(ErrorKind::Throttled),
        broken(ErrorKind::Timeout),
        broken(ErrorKind::Interrupted),
        Ok(job("completed")),
    ]);
    let (seen, error) = states(&mut wait).await;
    assert_eq!(seen, ["running", "completed"]);
    assert!(error.is_none());
    // At once, since there was nothing to show, and then at intervals.
    let expected = [0, 500, 1500, 3500, 7500, 15500, 25500];
    assert_eq!(*asked.lock().unwrap(), expected);
    assert!(wait.await.unwrap().is_completed());
}

#[tokio::test(start_paused = true)]
async fn what_answers_in_the_place_of_the_server_ends_the_wait_the_second_time_in_a_row() {
    for kind in [ErrorKind::Decode, ErrorKind::Redirect] {
        let (mut wait, asked) = wait_with(vec![
            broken(kind),
            Ok(job("running")),
            broken(kind),
            broken(ErrorKind::Server),
            broken(kind),
            Ok(job("running")),
            broken(kind),
            broken(kind),
        ]);
        let (seen, error) = states(&mut wait).await;
        assert_eq!((seen.len(), error.unwrap().kind()), (2, kind));
        assert_eq!(asked.lock().unwrap().len(), 8);
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_of_another_job_is_no_state_of_this_one() {
    let of = |id: u64, state: &str| {
        serde_json::from_value::<Progress>(json!({"id": id, "workflow_state": state})).unwrap()
    };
    for state in ["completed", "failed", "running"] {
        let answers = vec![
            Ok(of(6, state)),
            Ok(of(2, "running")),
            Ok(of(6, state)),
            Ok(of(20_000_000_000_003, state)),
        ];
        let (mut wait, asked) = wait_with(answers);
        let (seen, error) = states(&mut wait).await;
        // Once, it may be a mistake on the way.
        assert_eq!(seen, ["running"], "{state}");
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Decode, "{state}");
        assert!(error.to_string().contains("the job 2 "), "{error}");
        assert_eq!(asked.lock().unwrap().len(), 4);
    }
    // The same job by the number that it has on all shards.
    let (wait, _) = wait_with(vec![Ok(of(10_000_000_000_002, "completed"))]);
    assert!(wait.await.unwrap().is_completed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_broken_ends_the_wait_with_its_deadline_and_its_error() {
    let start = Instant::now();
    let ask = || async { broken(ErrorKind::Server) }.boxed();
    let cases = [
        (
            Wait::new(ProgressId::new(2).into(), ask),
            "the job 2 could not be asked,",
        ),
        (
            Wait::new(job("running").into(), ask),
            "the job 2 (import) was `running` when last asked,",
        ),
    ];
    for (wait, said) in cases {
        let error = wait.deadline(Duration::from_secs(20)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().starts_with(said), "{error}");
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains("broken"), "{source}");
    }
    assert_eq!(start.elapsed().as_secs(), 2 * 19);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_shorter_than_the_first_pause_leaves_time_for_a_question() {
    for (limit, at) in [(400, 200), (500, 250), (20, 10)] {
        let (wait, asked) = wait(&["running", "completed"]);
        let done = wait.deadline(Duration::from_millis(limit)).await.unwrap();
        assert!(done.is_completed());
        assert_eq!(*asked.lock().unwrap(), [at]);
    }
    let (wait, asked) = wait(&["running", "running"]);
    let wait = wait.deadline(Duration::from_millis(400));
    assert_eq!(wait.await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(*asked.lock().unwrap(), [200]);
    let never = wait_with(vec![]).0.deadline(Duration::ZERO).await;
    assert_eq!(never.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_job_is_known_by_its_id_alone() {
    let (wait, asked) = wait_with(vec![Ok(job("running")), Ok(job("completed"))]);
    assert!(wait.await.unwrap().is_completed());
    assert_eq!(*asked.lock().unwrap(), [0, 500]);
}

#[test]
fn outside_of_a_runtime_a_wait_is_an_error_and_no_panic() {
    let (wait, _) = wait(&["running"]);
    let error = futures::executor::block_on(wait.into_future()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

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
    (Wait::new(first, ask), asked)
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
    let expected = [500, 1500, 3500, 7500, 15500, 25500, 35500, 45500, 55500];
    assert_eq!(*asked.lock().unwrap(), expected);

    let (own, asked) = wait(&["running", "running"]);
    let own = own
        .interval(Duration::ZERO)
        .max_interval(Duration::from_millis(25));
    own.deadline(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(*asked.lock().unwrap(), [10, 30, 55, 80]);
}

#[tokio::test(start_paused = true)]
async fn trap_42_a_job_that_fails_later_is_an_error_with_the_servers_message() {
    for state in ["failed", "canceled"] {
        let (mut wait, _) = wait(&["queued", "running", state]);
        wait.last.message = Some("ignored, of an earlier state".into());
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
    let unasked = Wait::new(failed, || panic!("asked for a job that has ended"));
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
    assert!(error.to_string().contains("still pondering"), "{error}");
    assert_eq!(start.elapsed().as_secs(), 15 * 60);
}

#[tokio::test(start_paused = true)]
async fn trap_43_a_missing_state_and_a_silent_server_end_with_the_deadline() {
    let nameless: Progress = serde_json::from_value(json!({"id": 2})).unwrap();
    let silent = Wait::new(nameless, || futures::future::pending().boxed());
    let start = Instant::now();
    let error = silent.deadline(Duration::from_secs(7)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
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
    let broken = || async { Err(Error::new(ErrorKind::NotFound, "gone")) }.boxed();
    let mut wait = Wait::new(job("running"), broken);
    let (seen, error) = states(&mut wait).await;
    assert_eq!(
        (seen.len(), error.unwrap().kind()),
        (1, ErrorKind::NotFound)
    );
    assert!(wait.try_next().await.unwrap().is_none());
    assert!(
        wait.await
            .unwrap_err()
            .to_string()
            .contains("make a new one")
    );
}

#[test]
fn outside_of_a_runtime_a_wait_is_an_error_and_no_panic() {
    let (wait, _) = wait(&["running"]);
    let error = futures::executor::block_on(wait.into_future()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

//! Credentials written by a user of the crate.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, Result, RetryPolicy,
    auth::{Authorization, Credentials},
    groups::{CreateGroup, GetGroup},
};
use futures::future::BoxFuture;

use crate::school::School;

/// Counts its tokens up: `a0`, `a1` …
#[derive(Debug, Default)]
struct Dispenser(AtomicU64);

impl Credentials for Dispenser {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        let number = self.0.load(Ordering::SeqCst);
        Box::pin(async move { Authorization::bearer(format!("a{number}")) })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            if self.authorization().await?.is_same(used) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
            Ok(true)
        })
    }
}

#[tokio::test]
async fn credentials_of_ones_own_take_twenty_lines() {
    let school = School::open().await;
    school.books().access = "a1".into();
    let shared: Arc<dyn Credentials> = Arc::new(Dispenser::default());
    let canvas = Canvas::builder(school.url())
        .credentials(shared)
        .build()
        .unwrap();
    canvas.send(GetGroup::new(GroupId::new(1))).await.unwrap();
    assert_eq!(school.calls(), ["a0: 401", "a1: 200"]);
    // Always something new, and never good: one more attempt a call, no more.
    school.books().access = "none of these".into();
    let error = canvas
        .send(GetGroup::new(GroupId::new(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(school.calls().len(), 4);
}

/// As in the docs, with a vault that counts its tokens up.
#[derive(Debug)]
struct Vault {
    token: tokio::sync::Mutex<Authorization>,
    asked: AtomicU64,
}

impl Vault {
    async fn ask(&self) -> Result<Authorization> {
        tokio::task::yield_now().await;
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        Authorization::bearer(format!("a{number}"))
    }
}

impl Credentials for Vault {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async { Ok(self.token.lock().await.clone()) })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            let mut token = self.token.lock().await;
            if token.is_same(used) {
                *token = self.ask().await?;
            }
            Ok(!token.is_same(used))
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn credentials_as_in_the_docs_are_renewed_once_for_64_tasks() {
    let school = School::open().await;
    let vault = Arc::new(Vault {
        token: Authorization::bearer("a0").unwrap().into(),
        asked: AtomicU64::new(0),
    });
    let canvas = Canvas::builder(school.url()).credentials(vault.clone());
    let canvas = canvas.max_in_flight(64).build().unwrap();
    school.books().access = "a1".into();
    let calls = (1..=64).map(|id| tokio::spawn(canvas.send(GetGroup::new(GroupId::new(id)))));
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(vault.asked.load(Ordering::SeqCst), 1);
    assert_eq!(school.calls_with("a1"), 64);
}

/// Has nothing to give.
#[derive(Debug)]
struct Broke;

impl Credentials for Broke {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async { Err(Error::authentication("the vault is locked")) })
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_had_fail_the_call_before_it_is_sent() {
    let school = School::open().await;
    let canvas = Canvas::builder(school.url())
        .credentials(Broke)
        .build()
        .unwrap();
    let error = canvas
        .send(GetGroup::new(GroupId::new(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(error.to_string().contains("the vault is locked"), "{error}");
    assert_eq!(school.calls().len(), 0);
}

/// A vault that does not answer at first: nothing is there until it is asked often enough.
#[derive(Debug, Default)]
struct Sleepy {
    /// What is asked of it, in order.
    asked: Mutex<Vec<&'static str>>,
    /// So many answers to each question are none.
    yawns: usize,
    /// Has nothing to say but that it is broken.
    is_broken: bool,
}

impl Sleepy {
    fn ask(&self, question: &'static str) -> Result<bool> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(question);
        if asked.iter().filter(|it| **it == question).count() > self.yawns {
            return Ok(true);
        }
        Err(match self.is_broken {
            true => Error::authentication("the vault is broken"),
            false => Error::unavailable("the vault does not answer"),
        })
    }
}

impl Credentials for Sleepy {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async { Authorization::bearer(if self.ask("which")? { "a0" } else { "" }) })
    }
}

/// Has a dead token, and a new one once it was asked often enough.
#[derive(Debug, Default)]
struct Renewing(Sleepy);

impl Credentials for Renewing {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        let asked = self.0.asked.lock().unwrap().len();
        let is_new = asked > self.0.yawns;
        Box::pin(async move { Authorization::bearer(if is_new { "a0" } else { "dead" }) })
    }

    fn refused<'a>(&'a self, _: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { self.0.ask("another") })
    }
}

fn impatient(school: &School, credentials: impl Credentials, attempts: u32) -> Canvas {
    let policy = RetryPolicy::default().max_delay(Duration::ZERO);
    let canvas = Canvas::builder(school.url()).credentials(credentials);
    canvas.retry(policy.max_attempts(attempts)).build().unwrap()
}

#[tokio::test]
async fn credentials_that_are_unavailable_for_a_moment_cost_no_call_of_any_method() {
    for method in ["GET", "POST"] {
        for yawns in [0, 1, 2, 3] {
            let sleepy = Sleepy {
                yawns,
                ..Sleepy::default()
            };
            let renewing = Renewing(Sleepy {
                yawns,
                ..Sleepy::default()
            });
            let is_enough = yawns < 3;
            let school = School::open().await;
            for canvas in [
                impatient(&school, sleepy, 3),
                impatient(&school, renewing, 3),
            ] {
                let outcome = match method {
                    "GET" => canvas.send(GetGroup::new(GroupId::new(1))).await,
                    _ => canvas.send(CreateGroup::new().name("x")).await,
                };
                assert_eq!(outcome.is_ok(), is_enough, "{method} {yawns}");
                if let Err(error) = outcome {
                    assert_eq!(error.kind(), ErrorKind::Connect);
                    assert!(error.is_transient() && !error.outcome_unknown());
                    assert!(error.to_string().contains("does not answer"), "{error}");
                }
            }
            let calls = school.calls();
            let count = |call: &str| calls.iter().filter(|it| *it == call).count();
            assert_eq!(count("a0: 200"), if is_enough { 2 } else { 0 });
            assert_eq!(count("dead: 401"), (yawns + 1).min(3));
        }
    }
}

#[tokio::test]
async fn credentials_that_are_broken_are_not_asked_again() {
    let school = School::open().await;
    let broken = Sleepy {
        yawns: 1,
        is_broken: true,
        ..Sleepy::default()
    };
    let canvas = impatient(&school, Renewing(broken), 3);
    let error = canvas
        .send(GetGroup::new(GroupId::new(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(school.calls(), ["dead: 401"]);
}

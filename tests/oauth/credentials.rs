//! Credentials written by a user of the crate.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, Result,
    auth::{Authorization, Credentials},
    groups::GetGroup,
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

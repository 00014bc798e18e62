//! Lists without an end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use canvas_groups::{ErrorKind, groups::ListMyGroups};
use tokio::time::{sleep, timeout};

use crate::{
    calls::SOON,
    common::host::{Host, kept},
};

/// A list whose every page names a next one at a new address, by `page=…`. An item is the number
/// of its page.
async fn endless(next: fn(u64) -> String) -> (Host, Arc<AtomicU64>) {
    let served = Arc::new(AtomicU64::new(0));
    let count = served.clone();
    let react = move |own: &str| {
        let own = own.to_owned();
        move |_: &str| {
            let page = count.fetch_add(1, Ordering::SeqCst) + 1;
            let next = next(page + 1);
            let link = format!("link: <{own}/api/v1/users/self/groups?page={next}>; rel=\"next\"");
            vec![kept("200 OK", &[&link], &format!("[{{\"id\":{page}}}]"))]
        }
    };
    (Host::start_as(react, |_| false).await, served)
}

fn bookmark(page: u64) -> String {
    format!("bookmark:{page}")
}

#[tokio::test]
async fn a_list_without_end_goes_on_as_long_as_it_is_read_and_stops_when_dropped() {
    let (host, served) = endless(bookmark).await;
    let mut list = host.canvas().stream(ListMyGroups::new());
    for expected in 1..=500 {
        let group = list.try_next().await.unwrap().unwrap();
        assert_eq!(group.id.get(), expected);
        // No further ahead than one page.
        assert!(served.load(Ordering::SeqCst) <= expected + 1);
    }
    drop(list);
    sleep(Duration::from_millis(50)).await;
    let at_the_drop = served.load(Ordering::SeqCst);
    assert!(at_the_drop <= 501);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(served.load(Ordering::SeqCst), at_the_drop);
}

#[tokio::test]
async fn collecting_a_list_without_end_ends_by_the_callers_own_limit_alone() {
    let (host, served) = endless(bookmark).await;
    let all = host
        .canvas()
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>();
    assert!(timeout(Duration::from_millis(300), all).await.is_err());
    sleep(Duration::from_millis(50)).await;
    let at_the_drop = served.load(Ordering::SeqCst);
    assert!(at_the_drop > 10, "{at_the_drop} pages");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(served.load(Ordering::SeqCst), at_the_drop);
}

#[tokio::test]
async fn a_list_whose_addresses_grow_ends_when_no_server_takes_them_any_more() {
    // Each address is longer than the one before, up to what a client can send at all.
    let (host, served) = endless(|page| "x".repeat(1 << page.min(20))).await;
    let mut list = host.canvas().stream(ListMyGroups::new());
    let started = Instant::now();
    let mut items = 0;
    let error = loop {
        match list.try_next().await {
            Ok(Some(_)) => items += 1,
            Ok(None) => panic!("an end that nobody named"),
            Err(error) => break error,
        }
        assert!(started.elapsed() < SOON);
    };
    let kinds = [
        ErrorKind::Interrupted,
        ErrorKind::Pagination,
        ErrorKind::Request,
    ];
    assert!(kinds.contains(&error.kind()), "{error:?}");
    assert_eq!(
        items,
        served.load(Ordering::SeqCst),
        "items lost before the error"
    );
    assert!(error.to_string().len() < 1_000, "{error}");
    assert!(list.try_next().await.unwrap().is_none());
}

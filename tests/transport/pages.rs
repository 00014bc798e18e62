//! Lists: what is given out, in which order, and what is asked for meanwhile.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use canvas_groups::{
    ErrorKind, GroupId, Paginator,
    groups::{Group, ListMyGroups},
};
use futures::{FutureExt, Stream};
use tokio::time::{sleep, timeout};
use wiremock::ResponseTemplate;

use crate::support::{Play, Server, Socket, answer, builder, groups, head, line, ok, status};

pub(crate) const FIRST: &str = "GET /api/v1/users/self/groups?per_page=100";

pub(crate) fn page(number: u32) -> String {
    format!("users/self/groups?page={number}&per_page=100")
}

pub(crate) fn page_line(number: u32) -> String {
    format!("GET /api/v1/{}", page(number))
}

/// A page that names the one after it.
pub(crate) fn going_on(
    server: &Server,
    items: impl IntoIterator<Item = u64>,
    next: u32,
) -> ResponseTemplate {
    let link = format!("<{}>; rel=\"next\"", server.url(&page(next)));
    ok(groups(items)).insert_header("link", &*link)
}

pub(crate) fn ids(groups: &[Group]) -> Vec<u64> {
    groups.iter().map(|group| group.id.get()).collect()
}

/// Reads until the end or the first error, and checks that nothing comes after it.
pub(crate) async fn read(list: &mut Paginator<Group>) -> (Vec<u64>, Option<canvas_groups::Error>) {
    let mut read = Vec::new();
    let error = loop {
        match list.try_next().await {
            Ok(Some(group)) => read.push(group.id.get()),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    for _ in 0..3 {
        assert!(
            matches!(list.try_next().await, Ok(None)),
            "something came after the end"
        );
    }
    (read, error)
}

#[tokio::test]
async fn trap_2_an_empty_page_ends_nothing() {
    let server = Server::start().await;
    // Its pages are counted, or have no numbers.
    let counted = |items: &[u64], next| {
        let [next, last] = [next, 3].map(|number| server.url(&page(number)));
        let links = format!("<{next}>; rel=\"next\",<{last}>; rel=\"last\"");
        ok(groups(items.iter().copied())).insert_header("link", &*links)
    };
    server.on(FIRST, counted(&[1, 2], 2)).await;
    server.on(&page_line(2), counted(&[], 3)).await;
    server.on(&page_line(3), ok(groups([3]))).await;
    let bookmark = |items: &[u64], next| {
        let next = server.url(&format!("users/self/groups?page=bookmark:{next}"));
        let link = format!("<{next}>; rel=\"next\"");
        ok(groups(items.iter().copied())).insert_header("link", &*link)
    };
    server
        .on(
            "GET /api/v1/users/self/groups?per_page=9",
            bookmark(&[], "a"),
        )
        .await;
    server
        .on(
            "GET /api/v1/users/self/groups?page=bookmark:a",
            bookmark(&[], "b"),
        )
        .await;
    server
        .on(
            "GET /api/v1/users/self/groups?page=bookmark:b",
            ok(groups([4])),
        )
        .await;
    let marked = server.canvas().stream(ListMyGroups::new().per_page(9));
    assert_eq!(ids(&marked.try_collect::<Vec<_>>().await.unwrap()), [4]);
    let all = server
        .canvas()
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(ids(&all), [1, 2, 3]);
}

#[tokio::test]
async fn trap_2_a_short_page_ends_nothing_and_an_empty_list_is_none() {
    let server = Server::start().await;
    server.on(FIRST, going_on(&server, [], 2)).await;
    server.on(&page_line(2), ok("[]")).await;
    let all = server
        .canvas()
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(all, []);
}

#[tokio::test]
async fn trap_7_a_page_that_fails_comes_as_an_error_after_the_items_before_it() {
    for (broken, kind) in [
        (status(404, "{}"), ErrorKind::NotFound),
        (status(401, "{}"), ErrorKind::Forbidden),
        (ok("{\"message\":\"moved\"}"), ErrorKind::Decode),
        (ok("[{\"id\":5},{\"id\":\"x\"}]"), ErrorKind::Decode),
    ] {
        let server = Server::start().await;
        server
            .on_each(FIRST, vec![going_on(&server, [1, 2], 2); 2])
            .await;
        server
            .on_each(&page_line(2), vec![going_on(&server, [3], 3); 2])
            .await;
        server.on_each(&page_line(3), vec![broken; 2]).await;

        let (items, error) = read(&mut server.canvas().stream(ListMyGroups::new())).await;
        assert_eq!(items, [1, 2, 3]);
        assert_eq!(error.unwrap().kind(), kind);
        let error = server
            .canvas()
            .stream(ListMyGroups::new())
            .try_collect::<Vec<_>>()
            .await;
        assert_eq!(error.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn trap_7_a_first_page_that_fails_is_an_error_and_then_the_end() {
    let server = Server::start().await;
    server.on(FIRST, status(404, "{}")).await;
    let (items, error) = read(&mut server.canvas().stream(ListMyGroups::new())).await;
    assert_eq!(
        (items, error.unwrap().kind()),
        (vec![], ErrorKind::NotFound)
    );
}

#[tokio::test]
async fn trap_7_a_page_cut_off_for_good_is_an_error_after_the_items_before_it() {
    let cut = || [head("200 OK", &[], 100), b"[{\"id\":3}".to_vec()].concat();
    let next = "link: </api/v1/users/self/groups?page=2&per_page=100>; rel=\"next\"";
    let first = answer("200 OK", &[next], groups([1, 2]));
    let socket = Socket::answering([first, cut(), cut(), cut(), cut()]).await;
    let (items, error) = read(&mut socket.canvas().stream(ListMyGroups::new())).await;
    assert_eq!(items, [1, 2]);
    let error = error.unwrap();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Interrupted, 4)
    );
    assert_eq!(error.request(), Some("GET /api/v1/users/self/groups"));
    assert_eq!(socket.heard().await.len(), 5);
}

#[tokio::test]
async fn trap_8_a_dropped_future_loses_no_item_and_asks_for_no_page_twice() {
    let server = Server::start().await;
    let slow = |answer: ResponseTemplate| answer.set_delay(Duration::from_millis(60));
    server.on(FIRST, slow(going_on(&server, [1, 2], 2))).await;
    server
        .on(&page_line(2), slow(going_on(&server, [3, 4], 3)))
        .await;
    server.on(&page_line(3), slow(ok(groups([5, 6])))).await;

    let mut list = server.canvas().stream(ListMyGroups::new());
    let (mut read, mut dropped) = (Vec::new(), 0);
    // Hasty for the first two pages, then the rest in one go.
    while read.len() < 3 {
        match timeout(Duration::from_millis(7), list.try_next()).await {
            Ok(item) => read.push(item.unwrap().unwrap()),
            Err(_) => dropped += 1,
        }
    }
    assert!(dropped >= 6, "only {dropped} futures were dropped");
    read.extend(list.try_collect::<Vec<_>>().await.unwrap());
    assert_eq!(ids(&read), [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        server.lines().await,
        [FIRST.to_owned(), page_line(2), page_line(3)]
    );
}

#[tokio::test]
async fn trap_8_a_future_dropped_at_once_loses_nothing() {
    let server = Server::start().await;
    server.on(FIRST, ok(groups([1, 2]))).await;
    let mut list = server.canvas().stream(ListMyGroups::new());
    for _ in 0..3 {
        assert!(list.try_next().now_or_never().is_none());
    }
    drop(list.try_next());
    assert_eq!(ids(&list.try_collect::<Vec<_>>().await.unwrap()), [1, 2]);
}

#[tokio::test]
async fn trap_8_a_stream_polled_by_changing_tasks_wakes_the_last() {
    let server = Server::start().await;
    let answer = ok(groups([1])).set_delay(Duration::from_millis(50));
    server.on(FIRST, answer).await;
    let mut list = server.canvas().stream(ListMyGroups::new());
    // A task that polls and goes away, as `select!` does.
    let mut context = Context::from_waker(Waker::noop());
    let first = Pin::new(&mut list).poll_next(&mut context);
    assert!(matches!(first, Poll::Pending));
    let task = tokio::spawn(async move { list.try_next().await });
    let item = timeout(Duration::from_secs(5), task)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(item.unwrap().unwrap().id, GroupId::new(1));
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_item_is_asked_for() {
    let server = Server::start().await;
    let list = server.canvas().stream(ListMyGroups::new());
    sleep(Duration::from_millis(30)).await;
    assert_eq!(server.lines().await, [""; 0]);
    drop(list);
}

#[tokio::test]
async fn at_most_one_page_is_fetched_ahead() {
    let server = Server::start().await;
    server.on(FIRST, going_on(&server, [1, 2], 2)).await;
    server.on(&page_line(2), going_on(&server, [3, 4], 3)).await;
    server.on(&page_line(3), going_on(&server, [5], 4)).await;

    let mut list = server.canvas().stream(ListMyGroups::new());
    for (item, fetched) in [(1, 2), (2, 2), (3, 3), (4, 3)] {
        assert_eq!(
            list.try_next().await.unwrap().unwrap().id,
            GroupId::new(item)
        );
        let so_many = async {
            while server.lines().await.len() < fetched {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), so_many).await.unwrap();
        sleep(Duration::from_millis(40)).await;
        assert_eq!(
            server.lines().await.len(),
            fetched,
            "pages fetched at item {item}"
        );
    }
}

#[tokio::test]
async fn a_dropped_paginator_stops_what_it_fetches() {
    let next = "link: </api/v1/users/self/groups?page=2&per_page=100>; rel=\"next\"";
    let socket = Socket::start(vec![
        vec![
            Play::Hear,
            Play::Say(answer("200 OK", &[next], groups([1]))),
        ],
        vec![Play::Hear, Play::Stall],
    ])
    .await;
    let mut list = socket.canvas().stream(ListMyGroups::new());
    assert!(list.try_next().await.unwrap().is_some());
    while socket.so_far().len() < 2 {
        sleep(Duration::from_millis(5)).await;
    }
    drop(list);
    // The second script ends only when the client hangs up, long before its time limit.
    assert_eq!(socket.heard().await.len(), 2);
}

#[tokio::test]
async fn pages_come_whole_and_say_how_many_there_are() {
    let server = Server::start().await;
    let links = |next: u32| {
        let link =
            |number, relation| format!("<{}>; rel=\"{relation}\"", server.url(&page(number)));
        [link(next, "next"), link(1, "first"), link(2, "last")].join(",")
    };
    let first = ok(groups([1, 2])).insert_header("link", &*links(2));
    server.on_each(FIRST, vec![first; 2]).await;
    let last = format!("<{}>; rel=\"last\"", server.url(&page(2)));
    let second = ok(groups([3])).insert_header("link", &*last);
    server.on(&page_line(2), second).await;

    let page = server.canvas().send(ListMyGroups::new()).await.unwrap();
    assert_eq!((ids(&page.items), page.total_pages), (vec![1, 2], Some(2)));
    assert_eq!(
        page.next.unwrap().as_str(),
        server.url("users/self/groups?page=2&per_page=100")
    );

    let mut pages = server.canvas().stream(ListMyGroups::new()).pages();
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!(
        (ids(&first.items), first.total_pages),
        (vec![1, 2], Some(2))
    );
    let second = pages.try_next().await.unwrap().unwrap();
    assert_eq!(
        (ids(&second.items), second.total_pages, second.next),
        (vec![3], Some(2), None)
    );
    assert!(pages.try_next().await.unwrap().is_none());
    assert!(pages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_page_size_of_ones_own_is_sent_once() {
    let server = Server::start().await;
    server
        .on("GET /api/v1/users/self/groups?per_page=7", ok("[]"))
        .await;
    let page = server
        .canvas()
        .send(ListMyGroups::new().per_page(7))
        .await
        .unwrap();
    assert!(page.items.is_empty() && page.next.is_none() && page.total_pages.is_none());
}

#[tokio::test]
async fn a_page_that_failed_for_a_moment_is_asked_for_again_in_its_place() {
    let server = Server::start().await;
    server.on(FIRST, going_on(&server, [1], 2)).await;
    let second = going_on(&server, [2], 3);
    let throttled = status(403, "403 Forbidden (Rate Limit Exceeded)\n");
    server
        .on_each(
            &page_line(2),
            vec![status(502, "<html>"), throttled, second],
        )
        .await;
    server.on(&page_line(3), ok(groups([3]))).await;
    let all = server
        .canvas()
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(ids(&all), [1, 2, 3]);
}

#[tokio::test]
async fn many_pages_come_in_order() {
    let answers = (1..=30).map(|number| {
        let next = format!(
            "link: </api/v1/users/self/groups?page={}>; rel=next",
            number + 1
        );
        let last = "link: </api/v1/users/self/groups?page=30>; rel=current";
        let link = if number < 30 { &*next } else { last };
        answer("200 OK", &[link], groups([number]))
    });
    let socket = Socket::answering(answers.collect::<Vec<_>>()).await;
    let canvas = builder(&socket.address()).max_in_flight(1).build().unwrap();
    let all = canvas
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(ids(&all), (1..=30).collect::<Vec<_>>());
    let heard = socket.heard().await;
    assert_eq!(line(&heard[29]), "GET /api/v1/users/self/groups?page=30");
}

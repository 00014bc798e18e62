//! Pages in parallel: order, errors, bounds.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use canvas_groups::{
    Canvas, CourseId, ErrorKind, Paginator, RetryPolicy,
    groups::{Group, ListCourseGroups},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{header, method, path, query_param, query_param_is_missing},
};

/// A counted list of pages with two groups each, and what was asked for.
#[derive(Clone)]
struct List {
    url: String,
    /// What each page says to be the last.
    pages: Arc<dyn Fn(u32) -> u32 + Send + Sync>,
    fails: Option<u32>,
    asked: Arc<Mutex<Vec<u32>>>,
}

impl Respond for List {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let page = request.url.query_pairs().find(|(name, _)| name == "page");
        let page: u32 = page.map_or(1, |(_, number)| number.parse().unwrap());
        self.asked.lock().unwrap().push(page);
        if self.fails == Some(page) {
            return ResponseTemplate::new(500);
        }
        let last = (self.pages)(page);
        let link = |page, rel| {
            format!(
                "<{}/api/v1/courses/1/groups?page={page}&per_page=100>; rel=\"{rel}\"",
                self.url
            )
        };
        let mut links = vec![link(last, "last")];
        if page < last {
            links.push(link(page + 1, "next"));
        }
        let items = if page > last {
            json!([])
        } else {
            json!([{ "id": page * 10 }, { "id": page * 10 + 1 }])
        };
        ResponseTemplate::new(200)
            .set_body_json(items)
            .insert_header("link", links.join(","))
            // Later pages come sooner.
            .set_delay(Duration::from_millis(40 - u64::from(page.min(4)) * 10))
    }
}

async fn list(
    pages: impl Fn(u32) -> u32 + Send + Sync + 'static,
    fails: Option<u32>,
) -> (MockServer, List, Paginator<Group>) {
    let server = MockServer::start().await;
    let list = List {
        url: server.uri(),
        pages: Arc::new(pages),
        fails,
        asked: Arc::default(),
    };
    Mock::given(method("GET"))
        .and(path("/api/v1/courses/1/groups"))
        .and(header("authorization", "Bearer token"))
        .respond_with(list.clone())
        .mount(&server)
        .await;
    let canvas = Canvas::builder(server.uri())
        .token("token")
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let groups = canvas.stream(ListCourseGroups::new(CourseId::new(1)));
    (server, list, groups)
}

/// The ids that a list of so many pages has.
fn ids(pages: u32) -> Vec<u64> {
    (1..=u64::from(pages))
        .flat_map(|page| [page * 10, page * 10 + 1])
        .collect()
}

async fn read(groups: Paginator<Group>) -> Vec<u64> {
    groups
        .try_collect::<Vec<_>>()
        .await
        .unwrap()
        .iter()
        .map(|group| group.id.get())
        .collect()
}

#[tokio::test]
async fn pages_come_in_order_each_once() {
    for width in [1, 2, 8, 100] {
        let (_server, list, groups) = list(|_| 20, None).await;
        assert_eq!(read(groups.concurrency(width)).await, ids(20), "{width}");
        let mut asked = list.asked.lock().unwrap().clone();
        asked.sort_unstable();
        assert_eq!(asked, (1..=20).collect::<Vec<_>>(), "{width}");
    }
}

#[tokio::test]
async fn no_more_pages_are_fetched_ahead_than_the_width_and_none_after_a_drop() {
    for width in [1_usize, 3, 8] {
        let (_server, list, groups) = list(|_| 30, None).await;
        let mut groups = groups.concurrency(width);
        groups.try_next().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(list.asked.lock().unwrap().len(), 1 + width);
        drop(groups);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(list.asked.lock().unwrap().len(), 1 + width);
    }
}

#[tokio::test]
async fn trap_7_an_error_comes_after_the_items_before_it_and_ends_the_list() {
    let (_server, _list, mut groups) = list(|_| 12, Some(7)).await;
    let mut found = Vec::new();
    let error = loop {
        match groups.try_next().await {
            Ok(group) => found.push(group.expect("no silent end").id.get()),
            Err(error) => break error,
        }
    };
    assert_eq!(found, ids(6));
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(groups.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_list_that_grows_or_shrinks_is_read_to_its_real_end() {
    let (_server, _list, groups) = list(|page| if page < 3 { 4 } else { 9 }, None).await;
    assert_eq!(read(groups).await, ids(9));
    let (_server, _list, groups) = list(|page| if page < 3 { 9 } else { 5 }, None).await;
    assert_eq!(read(groups).await, ids(5));
}

#[tokio::test]
async fn pages_can_be_taken_one_by_one() {
    let (_server, _list, groups) = list(|_| 3, None).await;
    let mut pages = groups.pages();
    let mut sizes = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        sizes.push((page.items.len(), page.next.is_some(), page.total_pages));
    }
    assert_eq!(
        sizes,
        [(2, true, Some(3)), (2, true, Some(3)), (2, false, Some(3))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn trap_8_a_dropped_wait_loses_nothing() {
    let (_server, _list, mut groups) = list(|_| 15, None).await;
    let mut found = Vec::new();
    loop {
        // Give up again and again, at any moment.
        let wait = Duration::from_micros(fastrand::u64(..3_000));
        match tokio::time::timeout(wait, groups.try_next()).await {
            Ok(item) => match item.unwrap() {
                Some(group) => found.push(group.id.get()),
                None => break,
            },
            Err(_) => continue,
        }
    }
    assert_eq!(found, ids(15));
}

#[tokio::test]
async fn a_page_without_the_links_of_those_before_it_is_no_end() {
    let server = MockServer::start().await;
    let next = format!(
        "<{0}/api/v1/courses/1/groups?page=2>; rel=\"next\"",
        server.uri()
    );
    Mock::given(query_param_is_missing("page"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!([{ "id": 1 }]))
                .insert_header("link", &*next),
        )
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(query_param("page", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([{ "id": 2 }])))
        .expect(1)
        .mount(&server)
        .await;
    let canvas = Canvas::new(server.uri(), "token").unwrap();
    let mut groups = canvas.stream(ListCourseGroups::new(CourseId::new(1)));
    assert_eq!(groups.try_next().await.unwrap().unwrap().id.get(), 1);
    assert_eq!(groups.try_next().await.unwrap().unwrap().id.get(), 2);
    assert_eq!(
        groups.try_next().await.unwrap_err().kind(),
        ErrorKind::Pagination
    );
    assert!(groups.try_next().await.unwrap().is_none());
}

/// Links with a parameter that is another one on each page.
struct Changing(String, Arc<Mutex<u32>>);

impl Respond for Changing {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        *self.1.lock().unwrap() += 1;
        let page = request.url.query_pairs().find(|(name, _)| name == "page");
        let page: u32 = page.map_or(1, |(_, number)| number.parse().unwrap());
        let link = |number: u32, rel| {
            format!(
                "<{}/api/v1/courses/1/groups?page={number}&at={page}>; rel=\"{rel}\"",
                self.0
            )
        };
        let mut links = vec![link(20, "last")];
        if page < 20 {
            links.push(link(page + 1, "next"));
        }
        ResponseTemplate::new(200)
            .set_body_json(json!([{ "id": page }]))
            .insert_header("link", links.join(","))
    }
}

#[tokio::test]
async fn where_links_cannot_be_foreseen_pages_are_not_asked_for_in_vain_again_and_again() {
    let server = MockServer::start().await;
    let asked = Arc::new(Mutex::new(0));
    Mock::given(method("GET"))
        .respond_with(Changing(server.uri(), asked.clone()))
        .mount(&server)
        .await;
    let canvas = Canvas::new(server.uri(), "token").unwrap();
    let groups = canvas.stream(ListCourseGroups::new(CourseId::new(1)));
    assert_eq!(read(groups).await, (1..=20).collect::<Vec<_>>());
    assert!(*asked.lock().unwrap() <= 30);
}

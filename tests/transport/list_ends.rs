//! Where a list ends, and where it only seems to.

use canvas_groups::{ErrorKind, groups::ListMyGroups, users::User};

use crate::{
    page_links::{long, read, read_users, users},
    support::{Server, builder, groups, ok, status},
};

#[tokio::test]
async fn a_full_page_without_links_is_an_error_where_pages_always_have_them() {
    // How long the search is, how many were asked for, how many came, and whether that is a page
    // after which more may come.
    let cases = [
        (3, 2, 2, true),
        (3, 2, 1, false),
        (3, 2, 0, false),
        (2_000, 2, 2, true),
        (4_000, 2, 2, true),
        (6_000, 2, 2, true),
        (3, 100, 100, true),
        (3, 100, 99, false),
        (3, 250, 100, true),
        (3, 250, 99, false),
        (3, 1, 1, true),
        (3, 0, 1, true),
    ];
    for (length, asked, came, is_full) in cases {
        let term = "x".repeat(length);
        let line = format!("GET /api/v1/groups/1/users?per_page={asked}&search_term={term}");
        let list = || long(length).per_page(asked);
        // Those of a proxy are no links of a list.
        let others = "</style.css>; rel=preload; as=style";
        for answer in [
            status(200, users(came)),
            status(200, users(came)).insert_header("link", ""),
            status(200, users(came)).insert_header("link", others),
        ] {
            let server = Server::start().await;
            // Once as a stream, once as a single page.
            server.on_each(&line, vec![answer; 2]).await;
            let kind = is_full.then_some(ErrorKind::Pagination);
            let (read, error) = read_users(&server.canvas(), list()).await;
            let found = error.map(|error| error.kind());
            assert_eq!(
                (read as u64, found),
                (came, kind),
                "{length} {asked} {came}"
            );
            let page = server.canvas().send(list()).await;
            assert_eq!(page.err().map(|error| error.kind()), kind);
        }
        let server = Server::start().await;
        server.on(&line, ok(users(came))).await;
        let (read, error) = read_users(&server.canvas(), list()).await;
        assert_eq!((read as u64, error.map(|error| error.kind())), (came, None));
    }
}

/// A list of a user's own, of which nothing is known.
#[derive(serde::Serialize)]
struct Unlinked {
    per_page: u32,
}

impl canvas_groups::Endpoint for Unlinked {
    type Service = canvas_groups::service::Canvas;
    type Response = canvas_groups::Page<User>;
    const METHOD: http::Method = http::Method::GET;
    const ROUTE: &'static str = "courses/{course}/users";
    fn path(&self) -> String {
        "courses/1/users".to_owned()
    }
}

#[tokio::test]
async fn a_list_that_need_not_have_links_may_be_full_without_them() {
    let server = Server::start().await;
    let line = "GET /api/v1/courses/1/users?per_page=2";
    server.on(line, status(200, users(2))).await;
    let users = server.canvas().stream(Unlinked { per_page: 2 });
    let users = users.try_collect::<Vec<_>>().await;
    assert_eq!(users.unwrap().len(), 2);
}

/// Older servers answer every page beyond the end so, without end.
#[tokio::test]
async fn an_empty_numbered_page_without_last_ends_a_list_that_became_shorter() {
    let server = Server::start().await;
    let own = |page: u32| format!("users/self/groups?page={page}&per_page=100");
    let going_on = |items: std::ops::Range<u64>, next: u32, last: Option<u32>| {
        let mut link = format!("<{}>; rel=\"next\"", server.url(&own(next)));
        if let Some(last) = last {
            link += &format!(",<{}>; rel=\"last\"", server.url(&own(last)));
        }
        ok(groups(items)).insert_header("link", &*link)
    };
    let first = "GET /api/v1/users/self/groups?per_page=100";
    let second = format!("GET /api/v1/{}", own(2));
    server
        .on_each(first, vec![going_on(0..2, 2, None); 2])
        .await;
    server
        .on_each(&second, vec![going_on(0..0, 3, None); 2])
        .await;
    let (items, error) = read(server.canvas()).await;
    assert_eq!((items, error.map(|error| error.kind())), (vec![0, 1], None));
    // To who reads by the page too.
    let canvas = server.canvas();
    let page = canvas.send(ListMyGroups::new()).await.unwrap();
    let page = canvas.next_page(&page).await.unwrap().unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
}

#[tokio::test]
async fn a_thousand_empty_pages_in_a_row_are_an_error_and_fewer_are_none() {
    for empty in [999_u32, 5_000] {
        let server = wiremock::MockServer::start().await;
        let uri = server.uri();
        wiremock::Mock::given(wiremock::matchers::any())
            .respond_with(move |request: &wiremock::Request| {
                let page = request.url.query_pairs().find(|(name, _)| name == "page");
                let page: u32 = page.map_or(0, |(_, page)| page[9..].parse().unwrap());
                if page >= empty {
                    return ok(groups([7]));
                }
                let next = format!("{uri}/api/v1/users/self/groups?page=bookmark:{}", page + 1);
                ok("[]").insert_header("link", &*format!("<{next}>; rel=\"next\""))
            })
            .mount(&server)
            .await;
        let canvas = builder(&server.uri()).build().unwrap();
        let (items, error) = read(canvas.clone()).await;
        let mut page = canvas.send(ListMyGroups::new()).await.unwrap();
        let by_hand = loop {
            match canvas.next_page(&page).await {
                Ok(Some(next)) => page = next,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let requests = server.received_requests().await.unwrap().len();
        if empty < 1_000 {
            assert_eq!(
                (items, error.is_none(), by_hand.is_none()),
                (vec![7], true, true)
            );
            assert_eq!(requests, 2 * 1_000);
        } else {
            for error in [error.unwrap(), by_hand.unwrap()] {
                assert_eq!(error.kind(), ErrorKind::Pagination);
                assert!(error.to_string().contains("1,000"), "{error}");
            }
            assert!((2_000..=2_001).contains(&requests), "{requests}");
        }
    }
}

#[tokio::test]
async fn a_page_that_the_server_no_longer_knows_is_a_broken_list_and_no_bad_parameter() {
    let refusal = r#"{"status":"bad_request","errors":[{"page":"Invalid page; please restart iteration and follow `next` links"}]}"#;
    let other = r#"{"errors":[{"field":"search_term","code":"invalid","message":"too short"}]}"#;
    for (body, kind) in [
        (refusal, ErrorKind::Pagination),
        (other, ErrorKind::Invalid),
    ] {
        let server = Server::start().await;
        let first = "GET /api/v1/users/self/groups?per_page=100";
        let next = server.url("users/self/groups?page=bookmark:a");
        let going_on = ok(groups([1])).insert_header("link", &*format!("<{next}>; rel=\"next\""));
        server.on_each(first, vec![going_on; 2]).await;
        let second = "GET /api/v1/users/self/groups?page=bookmark:a";
        server.on_each(second, vec![status(400, body); 2]).await;
        let (items, error) = read(server.canvas()).await;
        let error = error.unwrap();
        assert_eq!((items, error.kind()), (vec![1], kind), "{error}");
        assert_eq!(error.status().unwrap(), 400);
        let page = server.canvas().send(ListMyGroups::new()).await.unwrap();
        let error = server.canvas().next_page(&page).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    // The first page is asked for with the parameters of the caller.
    let server = Server::start().await;
    let first = "GET /api/v1/users/self/groups?per_page=100";
    server.on(first, status(400, refusal)).await;
    let (_, error) = read(server.canvas()).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::Invalid);
}

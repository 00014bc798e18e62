//! Lists within objects.

use canvas_groups::{
    ErrorKind,
    lor::{ListGroups, ListMembers},
    studio::{GroupId, ListGroupUsers},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request,
    matchers::{any, method, path, query_param, query_param_is_missing},
};

use crate::{SESSION, commons, fixture, group_id, header, json as answer, received, studio_client};

async fn answering(body: Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(answer(200, body))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn trap_44_and_45_wrapped_lists_are_read_with_send_and_with_stream() {
    let server = answering(fixture("lor/groups/groups_odd.json")).await;
    let page = commons(&server).send(ListGroups::new()).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|group| group.id.as_str()).collect();
    assert_eq!(ids, ["1234", "asdf", "5678"]);
    assert_eq!((page.next, page.total_pages), (None, None));
    let managed: Vec<_> = page.items.iter().map(|group| group.is_manager).collect();
    assert_eq!(managed, [Some(false), None, None]);
    let streamed = commons(&server)
        .stream(ListGroups::new())
        .try_collect::<Vec<_>>()
        .await;
    assert_eq!(streamed.unwrap(), page.items);

    let server = answering(fixture("lor/members/members_odd.json")).await;
    let list = ListMembers::new(group_id());
    let members = commons(&server)
        .stream(list)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert!(
        members[0]
            .user_id
            .as_ref()
            .unwrap()
            .as_str()
            .contains(":canvas-lms")
    );
    assert_eq!(members[1].is_manager, None);

    let server = answering(fixture("studio/group_users/group_users_odd.json")).await;
    let list = ListGroupUsers::new(GroupId::new(12));
    let users = studio_client(&server)
        .stream(list)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(users.len(), 3);
    assert_eq!(users[0].id.get(), 9_007_199_254_740_993);
    assert_eq!((&users[0].email, &users[2].permission), (&None, &None));
}

#[tokio::test]
async fn trap_9_an_answer_of_another_shape_is_an_error_and_no_empty_list() {
    for (body, place) in [
        (json!({}), "missing field `items`"),
        (json!({ "groups": [] }), "missing field `items`"),
        (json!([]), "an object with `items`"),
        (json!({ "items": null }), "`items`"),
        (json!({ "items": {} }), "`items`"),
        (
            json!({ "items": [{ "id": "1" }, { "name": "x" }] }),
            "`items[1]`",
        ),
    ] {
        let server = answering(body.clone()).await;
        let sent = commons(&server).send(ListGroups::new()).await.unwrap_err();
        let streamed = commons(&server)
            .stream(ListGroups::new())
            .try_next()
            .await
            .unwrap_err();
        for error in [sent, streamed] {
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            let shown = format!("{error} {:?}", std::error::Error::source(&error));
            assert!(shown.contains(place), "{body}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_cursor_is_followed_to_the_end_with_the_session_on_each_page() {
    let server = MockServer::start().await;
    let page = |ids: &[&str], cursor: Value| {
        let items: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        answer(200, json!({ "items": items, "meta": { "cursor": cursor } }))
    };
    let route = || Mock::given(method("GET")).and(path("/api/groups"));
    route()
        .and(query_param_is_missing("cursor"))
        .respond_with(page(&["1", "2"], "a/b&=".into()))
        .expect(1)
        .mount(&server)
        .await;
    route()
        .and(query_param("cursor", "a/b&="))
        .respond_with(page(&[], 17.into()))
        .expect(1)
        .mount(&server)
        .await;
    route()
        .and(query_param("cursor", "17"))
        .respond_with(page(&["3"], "".into()))
        .expect(1)
        .mount(&server)
        .await;
    let groups = commons(&server)
        .stream(ListGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let ids: Vec<_> = groups.iter().map(|group| group.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    for request in received(&server).await {
        assert_eq!(header(&request, "x-session-id"), Some(SESSION));
    }
}

#[tokio::test]
async fn trap_6_a_cursor_that_leads_round_is_an_error_after_the_items() {
    let server = answering(json!({ "items": [{ "id": "1" }], "meta": { "cursor": "same" } })).await;
    let client = commons(&server);
    let mut groups = client.stream(ListGroups::new());
    assert_eq!(groups.try_next().await.unwrap().unwrap().id.as_str(), "1");
    assert_eq!(groups.try_next().await.unwrap().unwrap().id.as_str(), "1");
    let error = groups.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert_eq!(groups.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn a_cursor_that_cannot_be_followed_is_an_error_after_the_items() {
    let server = answering(json!({ "items": [{ "id": "1" }], "cursor": { "after": 1 } })).await;
    let client = commons(&server);
    let mut groups = client.stream(ListGroups::new());
    assert!(groups.try_next().await.unwrap().is_some());
    assert_eq!(
        groups.try_next().await.unwrap_err().kind(),
        ErrorKind::Pagination
    );
    let error = client.send(ListGroups::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
}

#[tokio::test]
async fn studio_pages_are_followed_to_the_last() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(|request: &Request| {
            let page = request.url.query_pairs().find(|(name, _)| name == "page");
            let page: u64 = page.map_or(1, |(_, page)| page.parse().unwrap());
            let meta = json!({ "current_page": page, "last_page": 3, "total_count": 3 });
            answer(
                200,
                json!({ "group_users": [{ "id": page }], "meta": meta }),
            )
        })
        .expect(3)
        .mount(&server)
        .await;
    let list = ListGroupUsers::new(GroupId::new(12));
    let users = studio_client(&server)
        .stream(list)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let ids: Vec<_> = users.iter().map(|user| user.id.get()).collect();
    assert_eq!(ids, [1, 2, 3]);
}

#[tokio::test]
async fn a_damaged_header_ends_no_list_whose_body_says_how_it_goes_on() {
    let damaged = "<https://[>; rel=next";
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(move |request: &Request| {
            let page = request.url.query_pairs().find(|(name, _)| name == "page");
            let page: u64 = page.map_or(1, |(_, page)| page.parse().unwrap());
            let meta = json!({ "current_page": page, "last_page": 2 });
            let body = json!({ "group_users": [{ "id": page }], "meta": meta });
            answer(200, body).insert_header("link", damaged)
        })
        .expect(2)
        .mount(&server)
        .await;
    let users = studio_client(&server).stream(ListGroupUsers::new(GroupId::new(12)));
    assert_eq!(users.try_collect::<Vec<_>>().await.unwrap().len(), 2);

    for (meta, goes_on) in [(json!({ "cursor": "c2" }), true), (json!({}), false)] {
        let server = MockServer::start().await;
        let body = json!({ "items": [{ "id": "1" }], "meta": meta });
        let page = answer(200, body).insert_header("link", damaged);
        Mock::given(any()).respond_with(page).mount(&server).await;
        match commons(&server).send(ListGroups::new()).await {
            Ok(page) => assert!(goes_on && page.next.is_some()),
            Err(error) => assert!(!goes_on && error.kind() == ErrorKind::Pagination, "{error}"),
        }
    }
}

//! What is made of answers that succeed.

use canvas_groups::{
    CategoryId, CourseId, Deleted, Endpoint, ErrorKind, GroupId, Page, RetryPolicy, UserId,
    groups::{
        CreateGroup, DeleteGroup, GetGroup, GetGroupPermissions, Group, JoinLevel, ListMyGroups,
    },
    http::Method,
    service,
    tags::GetUserTags,
};
use serde::Serialize;
use serde_json::Value;
use wiremock::ResponseTemplate;

use crate::support::{Server, Socket, answer, ok, status};

const GROUP: GroupId = GroupId::new(7);
const GET: &str = "GET /api/v1/groups/7";
const LIST: &str = "GET /api/v1/users/self/groups?per_page=100";

async fn get(answer: ResponseTemplate) -> canvas_groups::Result<Group> {
    let server = Server::start().await;
    server.on(GET, answer).await;
    let canvas = server.canvas().with_retry(RetryPolicy::never());
    canvas.send(GetGroup::new(GROUP)).await
}

async fn list(answer: ResponseTemplate) -> canvas_groups::Result<Page<Group>> {
    let server = Server::start().await;
    server.on(LIST, answer).await;
    let canvas = server.canvas().with_retry(RetryPolicy::never());
    canvas.send(ListMyGroups::new()).await
}

#[tokio::test]
async fn trap_9_an_object_where_a_list_should_be_is_no_empty_list() {
    for body in ["{}", "{\"groups\":[]}", "null", "\"\"", "0", ""] {
        let error = list(ok(body)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(error.body(), Some(body));
    }
}

#[tokio::test]
async fn trap_9_a_decode_error_names_the_place_in_the_json() {
    for (body, place) in [
        (r#"{"id":7,"leader":{"id":"x"}}"#, "`leader.id`"),
        (
            r#"{"id":7,"users":[{"id":1},{"id":2,"email":3}]}"#,
            "`users[1].email`",
        ),
        (r#"{"id":7,"permissions":{"join":1}}"#, "`permissions.join`"),
        (r#"{"id":7,"members_count":"many"}"#, "`members_count`"),
        (r#"{"id":-7}"#, "`id`"),
        (r#"{"name":"no id"}"#, "`.`"),
    ] {
        let error = get(ok(body)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(place), "{error}");
        assert_eq!(error.request(), Some(GET));
        assert_eq!(error.body(), Some(body));
    }
    let error = list(ok(r#"[{"id":1},{"id":2},{"id":3,"members_count":"x"}]"#))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`[2].members_count`"), "{error}");
}

#[tokio::test]
async fn a_web_page_or_half_an_answer_is_no_success() {
    for (body, words) in [
        (
            "<!DOCTYPE html><html><title>Log in</title></html>",
            "web page",
        ),
        ("", "empty"),
        ("{\"id\":7", "not as documented"),
        ("{\"id\":7} {\"id\":8}", "goes on after its end"),
        ("OK", "not as documented"),
    ] {
        let error = get(ok(body)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status().unwrap().as_u16()),
            (ErrorKind::Decode, 200)
        );
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[tokio::test]
async fn an_error_of_decoding_says_as_much_as_any_other() {
    let server = Server::start().await;
    let odd = || ok("{}").insert_header("x-request-context-id", "r-1");
    server.on_each(GET, vec![status(503, ""), odd()]).await;
    server.on("POST /api/v1/groups", odd()).await;
    let canvas = server.canvas();

    let read = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
    assert_eq!((read.kind(), read.attempts()), (ErrorKind::Decode, 2));
    assert_eq!(read.request_id(), Some("r-1"));
    assert!(!read.outcome_unknown());

    // The group may well be there: the server said that it worked.
    let written = canvas.send(CreateGroup::new()).await.unwrap_err();
    assert_eq!((written.kind(), written.attempts()), (ErrorKind::Decode, 1));
    assert_eq!(written.request_id(), Some("r-1"));
    assert!(written.outcome_unknown() && !written.is_transient());
}

#[tokio::test]
async fn a_record_is_read_from_200_and_201() {
    for code in [200, 201] {
        assert_eq!(get(status(code, "{\"id\":7}")).await.unwrap().id, GROUP);
    }
    assert_eq!(get(ok("\u{feff}{\"id\":7}")).await.unwrap().id, GROUP);
    assert_eq!(get(ok(" \n{\"id\":7}\n ")).await.unwrap().id, GROUP);
}

#[tokio::test]
async fn trap_22_large_ids_and_ids_as_text_are_exact() {
    let large = 9_007_199_254_740_993;
    for body in [
        r#"{"id":9007199254740993,"group_category_id":43460000000000001,"leader":{"id":9223372036854775807}}"#,
        r#"{"id":"9007199254740993","group_category_id":"43460000000000001","leader":{"id":"9223372036854775807"}}"#,
    ] {
        let group = get(ok(body)).await.unwrap();
        assert_eq!(group.id, GroupId::new(large));
        assert_eq!(
            group.group_category_id,
            Some(CategoryId::new(43_460_000_000_000_001))
        );
        assert_eq!(group.leader.unwrap().id, Some(UserId::new(i64::MAX as u64)));
    }
    let server = Server::start().await;
    server
        .on(
            "GET /api/v1/groups/9007199254740993",
            ok("{\"id\":\"9007199254740993\"}"),
        )
        .await;
    let group = server
        .canvas()
        .send(GetGroup::new(GroupId::new(large)))
        .await
        .unwrap();
    assert_eq!(group.id.get(), large);
}

#[tokio::test]
async fn trap_23_odd_records_and_new_values_do_not_spoil_a_page() {
    let page = list(ok(r#"[
        {"id":1,"name":"a","join_level":"invitation_only"},
        {"id":"2","name":null,"join_level":"by_lottery","context_type":"Planet","role":"","new":{"x":[1]}},
        {"id":3,"join_level":null,"users":[{"id":4,"name":null}],"tabs":[{"id":"t","type":"hologram"}]}
    ]"#))
    .await
    .unwrap();
    assert_eq!(page.items.len(), 3);
    assert_eq!(page.items[0].join_level, Some(JoinLevel::InvitationOnly));
    assert_eq!(
        page.items[1].join_level,
        Some(JoinLevel::Other("by_lottery".into()))
    );
    assert_eq!(page.items[1].name, "");
    assert_eq!(page.items[2].join_level, None);
}

/// A write whose answer does not matter.
#[derive(Serialize)]
struct Add;

impl Endpoint for Add {
    type Service = service::Canvas;
    type Response = ();
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "add";
    fn path(&self) -> String {
        "add".into()
    }
}

#[tokio::test]
async fn trap_24_a_success_without_a_body_is_a_success() {
    let bodies = ["", "{}", "null", "{\"ok\":true}", "<html>"];
    let mut answers: Vec<_> = bodies.iter().map(|body| ok(*body)).collect();
    answers.push(ResponseTemplate::new(204));
    let server = Server::start().await;
    let times = answers.len();
    server.on_each("POST /api/v1/add", answers).await;
    for _ in 0..times {
        server.canvas().send(Add).await.unwrap();
    }
}

#[tokio::test]
async fn a_deletion_answers_with_the_record() {
    let server = Server::start().await;
    server
        .on("DELETE /api/v1/groups/7", ok("{\"id\":7,\"name\":\"x\"}"))
        .await;
    let deleted = server.canvas().send(DeleteGroup::new(GROUP)).await.unwrap();
    assert!(matches!(&deleted, Deleted::Record(group) if group.name == "x"));
    assert_eq!(deleted.record().unwrap().id, GROUP);
}

#[tokio::test]
async fn trap_26_quota_headers_do_not_make_a_failure_of_a_success() {
    for header in [
        "x-rate-limit-remaining: -150.5",
        "X-Rate-Limit-Remaining: 0.0",
        "x-rate-limit-remaining: NaN\r\nx-request-cost: inf",
        "x-rate-limit-remaining: garbage\r\nx-request-cost: -1e999",
        "x-rate-limit-remaining:\r\nx-request-cost:",
        "x-rate-limit-remaining: 1\r\nx-rate-limit-remaining: 2",
        "retry-after: 3600",
        "x-request-context-id:\r\nx-canvas-meta: ;;=;=",
    ] {
        let bytes = answer("201 Created", &[header], "{\"id\":7}");
        let socket = Socket::answering([bytes]).await;
        let created = socket.canvas().send(CreateGroup::new()).await.unwrap();
        assert_eq!(created.id, GROUP, "{header}");
        assert_eq!(socket.heard().await.len(), 1);
    }
    // Bytes that are no text.
    let mut bytes = b"HTTP/1.1 200 OK\r\nx-rate-limit-remaining: \xff\xfe\r\n".to_vec();
    bytes.extend_from_slice(b"x-request-context-id: \xff\r\ncontent-length: 8\r\n\r\n{\"id\":7}");
    let socket = Socket::answering([bytes]).await;
    assert_eq!(
        socket.canvas().send(CreateGroup::new()).await.unwrap().id,
        GROUP
    );
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn trap_26_a_quota_nearly_used_up_delays_but_does_not_stop_the_calls_after_it() {
    let server = Server::start().await;
    let spent = |body: &str| ok(body).insert_header("x-rate-limit-remaining", "48.0");
    server
        .on_each("POST /api/v1/groups", vec![spent("{\"id\":7}"); 2])
        .await;
    let canvas = server.canvas();
    for _ in 0..2 {
        assert_eq!(canvas.send(CreateGroup::new()).await.unwrap().id, GROUP);
    }
}

#[tokio::test]
async fn trap_46_includes_that_were_not_sent_are_none_and_not_empty() {
    let without = get(ok("{\"id\":7}")).await.unwrap();
    assert_eq!(
        (without.users, without.permissions, without.tabs),
        (None, None, None)
    );
    assert_eq!((without.group_category, without.is_favorite), (None, None));
    let null = get(ok(
        r#"{"id":7,"users":null,"permissions":null,"tabs":null}"#,
    ))
    .await
    .unwrap();
    assert_eq!(
        (null.users, null.permissions, null.tabs),
        (None, None, None)
    );
    let empty = get(ok(r#"{"id":7,"users":[],"permissions":{},"tabs":[]}"#))
        .await
        .unwrap();
    assert_eq!((empty.users, empty.tabs), (Some(vec![]), Some(vec![])));
    assert!(empty.permissions.is_some());
}

#[tokio::test]
async fn an_answer_about_some_of_what_was_asked_for_is_none() {
    let users = "GET /api/v1/courses/1/bulk_user_tags?user_ids%5B%5D=35&user_ids%5B%5D=79";
    let names = "GET /api/v1/groups/7/permissions?permissions%5B%5D=join&permissions%5B%5D=read+it";
    let own = "GET /api/v1/own?keys%5B%5D=35&keys%5B%5D=a";
    let cases = [
        (users, r#"{"35":[1],"79":[]}"#, true),
        (users, r#"{"79":[],"35":[],"1":[2]}"#, true),
        (users, r#"{"10000000000035":[1],"10000000000079":[]}"#, true),
        (users, "{}", false),
        (users, r#"{"35":[1]}"#, false),
        (users, r#"{"35":[1],"7":[]}"#, false),
        (users, r#"{"35":[1],"10000000000078":[]}"#, false),
        (users, r#"{"status":[]}"#, false),
        (names, r#"{"join":true,"read it":false}"#, true),
        (
            names,
            r#"{"join":"true","read it":false,"manage":true}"#,
            true,
        ),
        (names, "{}", false),
        (names, r#"{"join":true}"#, false),
        (names, r#"{"join":true,"read+it":true}"#, false),
        (names, r#"{"ok":true}"#, false),
        (own, r#"{"35":1,"a":2}"#, true),
        (own, r#"{"35":1,"A":2}"#, false),
        (own, "[]", false),
    ];
    for (line, body, is_whole) in cases {
        let server = Server::start().await;
        server.on(line, ok(body)).await;
        let canvas = server.canvas();
        let tags = GetUserTags::new(CourseId::new(1), [UserId::new(35), UserId::new(79)]);
        let permissions = GetGroupPermissions::new(GroupId::new(7));
        let outcome = match line {
            _ if line == users => canvas.send(tags).await.map(drop),
            _ if line == names => {
                let permissions = permissions.permissions(["join", "read it"]);
                canvas.send(permissions).await.map(drop)
            }
            _ => canvas.send(OwnMap::default()).await.map(drop),
        };
        assert_eq!(outcome.is_ok(), is_whole, "{line} {body}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ErrorKind::Decode, "{line} {body}: {error}");
            assert!(error.request().is_some(), "{error:?}");
        }
    }
    // Who asks for nothing in particular gets what there is.
    let server = Server::start().await;
    let all = "GET /api/v1/groups/7/permissions";
    server.on(all, ok("{}")).await;
    let all = server
        .canvas()
        .send(GetGroupPermissions::new(GroupId::new(7)));
    assert_eq!(all.await.unwrap().iter().count(), 0);
}

/// A route of a user's own.
#[derive(Debug, Serialize)]
struct OwnMap {
    keys: [&'static str; 2],
}

impl Default for OwnMap {
    fn default() -> Self {
        Self { keys: ["35", "a"] }
    }
}

impl Endpoint for OwnMap {
    type Service = service::Canvas;
    type Response = Value;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "own";
    const KEYED_BY: Option<&'static str> = Some("keys");
    fn path(&self) -> String {
        "own".into()
    }
}

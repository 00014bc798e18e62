//! What goes out.

use canvas_groups::{
    AccountRef, CategoryRef, CourseId, Endpoint, Error, ErrorKind, GroupId, GroupRef, UserId,
    groups::{
        CreateCategoryGroup, CreateGroup, DeleteGroup, GetGroup, JoinLevel, ListAccountGroups,
        ListMyGroups, UpdateGroup,
    },
    http::Method,
    service,
    tags::GetUserTags,
};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{
    OWN_AGENT, Server, Socket, TOKEN, answer, builder, groups, header, line, ok, status,
};

#[tokio::test]
async fn trap_13_every_request_says_who_sends_it() {
    let next = "link: </api/v1/users/self/groups?page=2>; rel=\"next\"";
    for (product, agent) in [
        (None, OWN_AGENT.to_owned()),
        (Some("  "), OWN_AGENT.to_owned()),
        (
            Some("roster-sync/2.1 (it@school.edu)"),
            format!("roster-sync/2.1 (it@school.edu) {OWN_AGENT}"),
        ),
    ] {
        let socket = Socket::answering([
            answer("200 OK", &[next], groups([1])),
            answer("429 Too Many Requests", &[], ""),
            answer("503 Service Unavailable", &[], ""),
            answer("200 OK", &["link: </x>; rel=current"], groups([2])),
            answer("200 OK", &[], "{\"id\":7}"),
            answer("200 OK", &[], "{\"id\":7}"),
        ])
        .await;
        let mut builder = builder(&socket.address());
        if let Some(product) = product {
            builder = builder.user_agent(product);
        }
        let canvas = builder.build().unwrap();
        assert_eq!(
            canvas
                .stream(ListMyGroups::new())
                .try_collect::<Vec<_>>()
                .await
                .unwrap()
                .len(),
            2
        );
        canvas.send(CreateGroup::new()).await.unwrap();
        canvas
            .clone()
            .send(DeleteGroup::new(GroupId::new(7)))
            .await
            .unwrap();
        let heard = socket.heard().await;
        assert_eq!(heard.len(), 6);
        for request in heard {
            assert_eq!(header(&request, "user-agent"), [&*agent]);
        }
    }
}

#[test]
fn a_product_that_passes_for_a_service_of_instructure_is_refused() {
    let build = |product: &str| builder("https://school.edu").user_agent(product).build();
    assert_eq!(
        build("inst-sync/1").unwrap_err().kind(),
        ErrorKind::Configuration
    );
    build("institute/1").unwrap();
}

#[tokio::test]
async fn headers_are_as_few_as_they_can_be() {
    let bodies = ["{\"id\":7}"; 3].map(|body| answer("200 OK", &["set-cookie: session=1"], body));
    let socket = Socket::answering(bodies).await;
    let canvas = socket.canvas();
    canvas.send(GetGroup::new(GroupId::new(7))).await.unwrap();
    canvas
        .send(DeleteGroup::new(GroupId::new(7)))
        .await
        .unwrap();
    canvas.send(CreateGroup::new()).await.unwrap();
    let heard = socket.heard().await;
    for request in &heard {
        assert_eq!(
            header(request, "authorization"),
            [format!("Bearer {TOKEN}")]
        );
        assert_eq!(header(request, "accept"), ["application/json"]);
        assert_eq!(header(request, "accept-encoding"), ["gzip"]);
        for name in ["cookie", "referer", "x-request-context-id", "if-none-match"] {
            assert_eq!(header(request, name), [""; 0], "{name}");
        }
    }
    assert_eq!(header(&heard[0], "content-type"), [""; 0]);
    assert_eq!(header(&heard[1], "content-type"), [""; 0]);
    assert_eq!(header(&heard[2], "content-type"), ["application/json"]);
    assert!(heard[2].ends_with("\r\n\r\n{}"));
}

#[tokio::test]
async fn trap_28_a_key_of_any_text_is_one_segment_and_comes_back() {
    let keys = [
        "a/b",
        "a?b=c",
        "a#b",
        "100%",
        "%2F",
        "%2e%2e",
        "../../login",
        "..",
        ".",
        "two words",
        " edges ",
        "Gruppe Ü 数学 🎓",
        "a+b&c=d;e",
        "a\\b",
        "back\u{7}slash\tand\nline",
        "sis_group_id:nested",
        "[]{}|^`\"<>'",
        "a.b",
    ];
    let socket = Socket::answering(keys.map(|_| answer("200 OK", &[], "{\"id\":7}"))).await;
    let canvas = socket.canvas();
    for key in keys {
        canvas
            .send(GetGroup::new(GroupRef::sis(key)))
            .await
            .unwrap();
    }
    for (request, key) in socket.heard().await.iter().zip(keys) {
        let sent = line(request).strip_prefix("GET /api/v1/groups/").unwrap();
        assert!(
            !sent.contains(['/', '?', '#', ' ', '\\']) && sent.is_ascii(),
            "{sent}"
        );
        let decoded = percent_decode_str(sent).decode_utf8().unwrap();
        assert_eq!(decoded, format!("sis_group_id:{key}"));
    }
}

#[tokio::test]
async fn trap_28_a_key_in_the_middle_of_a_path_stays_there() {
    let socket =
        Socket::answering(["[]", "{\"id\":7}"].map(|body| answer("200 OK", &[], body))).await;
    let canvas = socket.canvas();
    let list = ListAccountGroups::new(AccountRef::sis("x/../../users?y#z")).filter("a&b=c#d%");
    canvas.send(list).await.unwrap();
    canvas
        .send(CreateCategoryGroup::new(CategoryRef::sis("ä/ö")))
        .await
        .unwrap();
    let heard = socket.heard().await;
    assert_eq!(
        line(&heard[0]),
        "GET /api/v1/accounts/sis_account_id:x%2F..%2F..%2Fusers%3Fy%23z/groups\
         ?filter=a%26b%3Dc%23d%25&per_page=100",
    );
    assert_eq!(
        line(&heard[1]),
        "POST /api/v1/group_categories/sis_group_category_id:%C3%A4%2F%C3%B6/groups",
    );
}

#[tokio::test]
async fn trap_28_a_key_that_ends_like_a_format_goes_in_hex() {
    let socket = Socket::answering([answer("200 OK", &[], "{\"id\":7}")]).await;
    socket
        .canvas()
        .send(GetGroup::new(GroupRef::sis("g1.json")))
        .await
        .unwrap();
    let heard = socket.heard().await;
    assert_eq!(
        line(&heard[0]),
        "GET /api/v1/groups/hex:sis_group_id:67312e6a736f6e"
    );
}

/// A request written by a user of the crate who forgot to escape.
#[derive(Serialize)]
struct Unescaped(#[serde(skip)] &'static str);

impl Endpoint for Unescaped {
    type Service = service::Canvas;
    type Response = ();
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "groups/{group}";
    fn path(&self) -> String {
        format!("groups/{}", self.0)
    }
    fn content(&self) -> Result<canvas_groups::Content, Error> {
        canvas_groups::Content::query(&())
    }
}

#[tokio::test]
async fn trap_28_a_path_that_leaves_its_place_is_not_sent() {
    let socket = Socket::start(vec![]).await;
    let canvas = socket.canvas();
    for path in [
        "..",
        "../../login",
        "a?b",
        "a#b",
        "",
        "a b",
        "a//b",
        "%2e%2e/x",
        "a\r\nb",
        "ü",
    ] {
        let error = canvas.send(Unescaped(path)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Request, 0),
            "{path}"
        );
    }
    assert_eq!(socket.heard().await, [""; 0]);
}

/// The JSON body of the only request.
async fn body_of<E>(line: &str, request: E) -> Value
where
    E: Endpoint<Service = service::Canvas>,
    E::Response: std::fmt::Debug,
{
    let server = Server::start().await;
    server.on(line, ok("{\"id\":7}")).await;
    server.canvas().send(request).await.unwrap();
    let sent = server.requests().await.remove(0);
    assert_eq!(sent.headers["content-type"], "application/json");
    sent.body_json().unwrap()
}

#[tokio::test]
async fn trap_30_keys_are_flat_on_the_wire() {
    let request = UpdateGroup::new(GroupId::new(7))
        .name("Algebra")
        .join_level(JoinLevel::ParentContextRequest)
        .replace_members([UserId::new(3), UserId::new(9_007_199_254_740_993)]);
    assert_eq!(
        body_of("PUT /api/v1/groups/7", request).await,
        json!({
            "name": "Algebra",
            "join_level": "parent_context_request",
            "members": [3, 9_007_199_254_740_993_u64],
        }),
    );
    let request = CreateGroup::new().name("Algebra").storage_quota_mb(50);
    assert_eq!(
        body_of("POST /api/v1/groups", request).await,
        json!({"name": "Algebra", "storage_quota_mb": 50}),
    );
    let request = CreateCategoryGroup::new(CategoryRef::sis("s")).name("1");
    assert_eq!(
        body_of(
            "POST /api/v1/group_categories/sis_group_category_id:s/groups",
            request
        )
        .await,
        json!({"name": "1"}),
    );
}

#[tokio::test]
async fn trap_32_false_zero_and_empty_are_sent_and_unset_is_not() {
    let group = GroupId::new(7);
    let line = "PUT /api/v1/groups/7";
    for (request, body) in [
        (UpdateGroup::new(group), json!({})),
        (
            UpdateGroup::new(group).is_public(false),
            json!({"is_public": false}),
        ),
        (
            UpdateGroup::new(group).storage_quota_mb(0),
            json!({"storage_quota_mb": 0}),
        ),
        (
            UpdateGroup::new(group).description(""),
            json!({"description": ""}),
        ),
        (
            UpdateGroup::new(group).clear_leader(),
            json!({"leader": null}),
        ),
        (
            UpdateGroup::new(group).replace_members(Vec::<UserId>::new()),
            json!({"members": []}),
        ),
    ] {
        assert_eq!(body_of(line, request).await, body);
    }
    let server = Server::start().await;
    let line = "GET /api/v1/accounts/self/groups?only_own_groups=false&per_page=100";
    server.on(line, ok("[]")).await;
    let request = ListAccountGroups::new(AccountRef::self_()).only_own_groups(false);
    server.canvas().send(request).await.unwrap();
}

#[tokio::test]
async fn lists_in_a_query_repeat_their_key_with_brackets() {
    let server = Server::start().await;
    let line = "GET /api/v1/courses/1/bulk_user_tags?user_ids%5B%5D=35&user_ids%5B%5D=79";
    server.on(line, ok("{\"35\":[1],\"79\":[]}")).await;
    let request = GetUserTags::new(CourseId::new(1), [UserId::new(35), UserId::new(79)]);
    let tags = server.canvas().send(request).await.unwrap();
    assert_eq!(tags[&UserId::new(35)], [GroupId::new(1)]);
    assert!(tags[&UserId::new(79)].is_empty());
}

#[tokio::test]
async fn a_request_can_be_sent_by_reference_and_again() {
    let server = Server::start().await;
    server
        .on_each(
            "GET /api/v1/groups/7",
            vec![status(404, "{}"), ok("{\"id\":7}")],
        )
        .await;
    let (canvas, request) = (server.canvas(), GetGroup::new(GroupId::new(7)));
    assert!(canvas.send(&request).await.is_err());
    assert!(canvas.send(&request).await.is_ok());
}

//! What counts as a success, and what only looks like one.

use canvas_groups::{
    Canvas, Done, Endpoint, Error, ErrorKind, GroupId, Lor, MembershipId, Result, UserId,
    activity::GetActivitySummary,
    groups::{CreateGroup, DeleteGroup, GetGroup, UpdateGroup},
    http::Method,
    lor,
    memberships::{AddMembers, DeleteMembership, RemoveUser, RemoveUsers},
    service,
    tags::ManageTags,
};
use serde::Serialize;
use wiremock::ResponseTemplate;

use crate::support::{Server, TOKEN, builder, ok, quick, status};

const GROUP: GroupId = GroupId::new(7);
const PORTAL: &str = "<!DOCTYPE html><html><title>Welcome</title></html>";

/// The routes that answer nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silent {
    DeleteMembership,
    RemoveUser,
    DeleteCommonsGroup,
    RemoveCommonsMember,
}

const SILENT: [Silent; 4] = [
    Silent::DeleteMembership,
    Silent::RemoveUser,
    Silent::DeleteCommonsGroup,
    Silent::RemoveCommonsMember,
];

impl Silent {
    /// Sends it to a server that answers so.
    async fn answered(self, answer: ResponseTemplate) -> Result<Done> {
        let server = Server::start().await;
        if self.is_of_canvas() {
            let line = match self {
                Self::DeleteMembership => "DELETE /api/v1/groups/7/memberships/42",
                _ => "DELETE /api/v1/groups/7/users/42",
            };
            server.on(line, answer).await;
            let canvas = server.canvas();
            return match self {
                Self::DeleteMembership => {
                    canvas
                        .send(DeleteMembership::new(GROUP, MembershipId::new(42)))
                        .await
                }
                _ => canvas.send(RemoveUser::new(GROUP, UserId::new(42))).await,
            };
        }
        let line = match self {
            Self::DeleteCommonsGroup => "DELETE /api/groups/42",
            _ => "DELETE /api/groups/7/members/42",
        };
        server.on(line, answer).await;
        let credentials = canvas_groups::auth::StaticToken::new(TOKEN).unwrap();
        let commons = Lor::builder(server.address()).credentials(credentials);
        let commons = commons.retry(quick()).build().unwrap();
        match self {
            Self::DeleteCommonsGroup => commons.send(lor::DeleteGroup::new("42")).await,
            _ => commons.send(lor::RemoveMember::new("7", "42")).await,
        }
    }

    fn is_of_canvas(self) -> bool {
        matches!(self, Self::DeleteMembership | Self::RemoveUser)
    }
}

fn is_unknown(error: &Error, case: &str) {
    assert_eq!(error.kind(), ErrorKind::Decode, "{case}: {error}");
    assert!(error.outcome_unknown(), "{case}: {error}");
    assert_eq!(error.attempts(), 1, "{case}: {error}");
    assert!(!error.is_transient(), "{case}: {error}");
}

#[tokio::test]
async fn what_answers_nothing_is_done_only_if_the_server_says_so_in_its_own_way() {
    // The body, and whether Canvas and Commons say by it that a deletion is done.
    let bodies = [
        ("", true, true),
        (" \r\n", true, true),
        ("\u{feff}", true, true),
        (r#"{"ok":true}"#, true, false),
        (" { \"ok\" : true }\n", true, false),
        (r#"{"ok":false}"#, false, false),
        (r#"{"ok":"true"}"#, false, false),
        (r#"{"ok":1}"#, false, false),
        (r#"{"ok":true,"status":"queued"}"#, false, false),
        (r#"{"status":"queued"}"#, false, false),
        (r#"{"id":"42"}"#, false, true),
        (r#"{"id":42,"userName":"Ada"}"#, false, true),
        (r#"{"id":"7"}"#, false, false),
        (r#"{"id":null}"#, false, false),
        (r#"[{"id":"42"}]"#, false, false),
        (r#"{"error":{"id":"42"}}"#, false, false),
        ("{}", false, false),
        ("[]", false, false),
        ("null", false, false),
        ("true", false, false),
        ("ok", false, false),
        (PORTAL, false, false),
        (r#"{"ok":true"#, false, false),
    ];
    for request in SILENT {
        for (body, on_canvas, on_commons) in bodies {
            let case = format!("{request:?} {body}");
            let is_done = if request.is_of_canvas() {
                on_canvas
            } else {
                on_commons
            };
            match request.answered(status(200, body)).await {
                Ok(Done) => assert!(is_done, "{case}"),
                Err(error) => {
                    assert!(!is_done, "{case}: {error}");
                    is_unknown(&error, &case);
                    assert_eq!(error.status().unwrap(), 200, "{case}");
                    assert_eq!(error.body().unwrap_or_default(), body, "{case}");
                }
            }
        }
        for code in [201, 204] {
            request.answered(status(code, "")).await.unwrap();
        }
        for code in [202, 203, 205, 206, 207, 226, 299] {
            for body in [
                "",
                r#"{"ok":true}"#,
                r#"{"id":"42"}"#,
                r#"{"status":"queued"}"#,
            ] {
                let error = request.answered(status(code, body)).await.unwrap_err();
                is_unknown(&error, &format!("{request:?} {code} {body}"));
                assert_eq!(error.status().unwrap().as_u16(), code);
            }
        }
    }
}

#[tokio::test]
async fn a_success_that_the_route_does_not_have_is_an_error_whatever_its_body() {
    for code in [202, 203, 205, 206, 207, 208, 226, 250, 299] {
        let server = Server::start().await;
        let answer = || status(code, "{\"id\":7}");
        server
            .on_each("GET /api/v1/groups/7", vec![answer(); 2])
            .await;
        server.on("PUT /api/v1/groups/7", answer()).await;
        server.on("DELETE /api/v1/groups/7", answer()).await;
        server.on("POST /api/v1/groups", answer()).await;
        let list = "GET /api/v1/users/self/groups?per_page=100";
        let page = status(code, "[{\"id\":7}]").insert_header("link", "</x>; rel=\"current\"");
        server.on_each(list, vec![page; 4]).await;
        let canvas = server.canvas();
        let mine = canvas_groups::groups::ListMyGroups::new;
        let errors = [
            canvas.send(UpdateGroup::new(GROUP)).await.unwrap_err(),
            canvas.send(DeleteGroup::new(GROUP)).await.unwrap_err(),
            canvas.send(CreateGroup::new()).await.unwrap_err(),
            canvas.send(GetGroup::new(GROUP)).await.unwrap_err(),
            canvas.send(mine()).await.unwrap_err(),
            canvas
                .stream(mine())
                .try_collect::<Vec<_>>()
                .await
                .unwrap_err(),
        ];
        for (at, error) in errors.iter().enumerate() {
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
            assert_eq!(error.status().unwrap().as_u16(), code, "{error}");
            // A write is not sent again, since it may have been carried out; a read is, once.
            let is_write = at < 3;
            assert_eq!(error.outcome_unknown(), is_write, "{error}");
            assert_eq!(error.attempts(), if is_write { 1 } else { 2 }, "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_all_of_whose_parts_may_be_missing_is_none_if_all_are() {
    for body in [
        r#"{"status":"queued"}"#,
        "{}",
        r#"{"ok":true}"#,
        r#"{"message":"Bulk delete queued"}"#,
        "[]",
        PORTAL,
    ] {
        let server = Server::start().await;
        server
            .on("DELETE /api/v1/groups/7/users?user_ids%5B%5D=1", ok(body))
            .await;
        server
            .on("POST /api/v1/groups/7/memberships", ok(body))
            .await;
        let tags = "POST /api/v1/courses/3/group_categories/bulk_manage_differentiation_tag";
        server.on(tags, ok(body)).await;
        let canvas = server.canvas();
        let users = || [UserId::new(1)];
        let manage = ManageTags::in_set(
            canvas_groups::CourseId::new(3),
            canvas_groups::CategoryId::new(4),
        );
        for error in [
            canvas
                .send(RemoveUsers::new(GROUP, users()))
                .await
                .unwrap_err(),
            canvas.send(manage.create("x")).await.unwrap_err(),
        ] {
            is_unknown(&error, body);
        }
        let added = canvas.send(AddMembers::new(GROUP, users())).await;
        is_unknown(&added.unwrap_err(), body);
    }
}

/// A call of a user's own.
#[derive(Serialize)]
struct Own<T, const POST: bool>(#[serde(skip)] std::marker::PhantomData<T>);

impl<T, const POST: bool> Own<T, POST> {
    fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T: canvas_groups::FromResponse, const POST: bool> Endpoint for Own<T, POST> {
    type Service = service::Canvas;
    type Response = T;
    const METHOD: Method = if POST { Method::POST } else { Method::GET };
    const ROUTE: &'static str = "own";
    fn path(&self) -> String {
        "own".into()
    }
}

async fn answered<T: canvas_groups::FromResponse, const POST: bool>(
    answer: ResponseTemplate,
) -> Result<T> {
    let server = Server::start().await;
    let method = if POST { "POST" } else { "GET" };
    server.on(&format!("{method} /api/v1/own"), answer).await;
    let canvas: Canvas = builder(&server.address())
        .retry(canvas_groups::RetryPolicy::never())
        .build()
        .unwrap();
    canvas.send(Own::<T, POST>::new()).await
}

#[tokio::test]
async fn where_the_body_does_not_matter_every_success_is_one() {
    for code in [200, 201, 202, 203, 204, 205, 206, 299] {
        for body in ["", PORTAL, "{\"ok\":false}", "{"] {
            let odd = status(code, body).insert_header("content-encoding", "br");
            for answer in [status(code, body), odd] {
                answered::<(), true>(answer.clone()).await.unwrap();
                answered::<(), false>(answer).await.unwrap();
            }
        }
    }
}

/// A call whose route answers that it was put off.
#[derive(Serialize)]
struct PutOff;

impl Endpoint for PutOff {
    type Service = service::Canvas;
    type Response = serde_json::Value;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "own";
    const SUCCESSES: &'static [u16] = &[202];
    fn path(&self) -> String {
        "own".into()
    }
}

#[tokio::test]
async fn an_endpoint_of_ones_own_says_what_its_successes_are() {
    let server = Server::start().await;
    let answers = vec![status(202, "{\"id\":1}"), status(200, "{\"id\":1}")];
    server.on_each("POST /api/v1/own", answers).await;
    let canvas = server.canvas();
    assert_eq!(canvas.send(&PutOff).await.unwrap()["id"], 1);
    let error = canvas.send(&PutOff).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("200 OK"), "{error}");
}

#[tokio::test]
async fn the_first_page_of_a_list_is_not_taken_for_all_of_it() {
    type Items = Vec<serde_json::Value>;
    let links = [
        "</api/v1/own?page=2>; rel=\"next\"",
        "<https://elsewhere.example/own?page=2>; rel=next",
        "</api/v1/own?page=1>; rel=\"current\",</api/v1/own?page=2>; rel=\"prev NEXT\"",
        "damaged,</api/v1/own?page=2>; rel=\"next\"",
    ];
    for link in links {
        let answer = |body| status(200, body).insert_header("link", link);
        let errors = [
            answered::<Items, false>(answer("[{\"id\":1}]"))
                .await
                .unwrap_err(),
            answered::<serde_json::Value, false>(answer(" [1]"))
                .await
                .unwrap_err(),
            answered::<Vec<u64>, false>(answer("[]")).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Pagination, "{link}: {error}");
            assert!(error.to_string().contains("`Page`"), "{error}");
        }
        // A write did what it did.
        let written = answered::<Items, true>(answer("[{\"id\":1}]")).await;
        assert_eq!(written.unwrap().len(), 1);
        // What is no array is no list.
        answered::<serde_json::Value, false>(answer("{\"id\":1}"))
            .await
            .unwrap();
        answered::<(), false>(answer("[1]")).await.unwrap();
    }
    for link in ["</x>; rel=\"last\"", "</x>; rel=\"current\"", "garbage", ""] {
        let answer = status(200, "[{\"id\":1}]").insert_header("link", link);
        assert_eq!(answered::<Items, false>(answer).await.unwrap().len(), 1);
    }
    // The same for the requests of this crate.
    let server = Server::start().await;
    let line = "GET /api/v1/groups/7/activity_stream/summary";
    let page = status(200, "[]").insert_header("link", "</api/v1/x?page=2>; rel=\"next\"");
    server.on(line, page).await;
    let error = server
        .canvas()
        .send(GetActivitySummary::new(GROUP))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
}

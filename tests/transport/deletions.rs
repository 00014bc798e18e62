//! Deletions whose answer was lost.

use canvas_groups::{
    Deleted, Endpoint, ErrorKind, GroupId, GroupRef, UserId, groups::DeleteGroup, http::Method,
    memberships::RemoveUser, service,
};
use serde::Serialize;

use crate::support::{Play, Server, Socket, answer, ok, status};

const GROUP: GroupId = GroupId::new(7);

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_and_that_then_finds_nothing_is_done() {
    let missing = status(
        404,
        "{\"errors\":[{\"message\":\"The specified resource does not exist.\"}]}",
    );
    let server = Server::start().await;
    let line = "DELETE /api/v1/groups/7";
    server
        .on_each(line, vec![status(504, ""), missing.clone()])
        .await;
    let deleted = server.canvas().send(DeleteGroup::new(GROUP)).await.unwrap();
    assert_eq!(deleted, Deleted::Gone);

    let gone = answer("404 Not Found", &[], "{}");
    let lost = vec![Play::Hear, Play::Reset];
    let socket = Socket::start(vec![lost, vec![Play::Hear, Play::Say(gone)]]).await;
    let deleted = socket.canvas().send(DeleteGroup::new(GROUP)).await.unwrap();
    assert_eq!(deleted.into_record(), None);
    assert_eq!(socket.heard().await.len(), 2);
}

#[tokio::test]
async fn a_deletion_that_finds_nothing_at_first_is_not_found() {
    let missing = status(404, "{}");
    let throttled = status(429, "");
    let server = Server::start().await;
    // The throttle ran nothing, so the 404 after it is the first answer.
    let answers = vec![missing.clone(), throttled, missing];
    server.on_each("DELETE /api/v1/groups/7", answers).await;
    for attempts in [1, 2] {
        let call = server.canvas().send(DeleteGroup::new(GROUP));
        let error = call.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::NotFound, attempts)
        );
        assert!(!error.outcome_unknown());
    }
}

#[tokio::test]
async fn only_the_server_itself_says_that_a_record_is_gone() {
    let canvas_says = [
        "{}",
        "\u{feff}{}",
        "{\"errors\":[{\"message\":\"The specified resource does not exist.\"}]}",
        "{\"status\":\"not found\"}",
        "{\"statusCode\":404,\"error\":\"Not Found\"}",
    ];
    let proxies_say = [
        "",
        " ",
        "<html><title>404 Not Found</title></html>",
        "404 page not found\n",
        "default backend - 404",
        "\"not found\"",
        "[]",
        "null",
        "{\"errors\": [{\"message\": \"cut",
    ];
    let line = |path: &str| format!("DELETE /api/v1/{path}");
    for (bodies, is_gone) in [(&canvas_says[..], true), (&proxies_say[..], false)] {
        for body in bodies {
            let server = Server::start().await;
            for path in ["groups/7", "groups/7/users/1", "touch"] {
                let answers = vec![status(503, ""), status(404, *body)];
                server.on_each(&line(path), answers).await;
            }
            let canvas = server.canvas();
            let outcomes = [
                canvas.send(DeleteGroup::new(GROUP)).await.map(drop),
                canvas
                    .send(RemoveUser::new(GROUP, UserId::new(1)))
                    .await
                    .map(drop),
                canvas.send(Touch::<false>).await,
            ];
            for outcome in outcomes {
                assert_eq!(outcome.is_ok(), is_gone, "{body:?}: {outcome:?}");
                let Err(error) = outcome else { continue };
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 2));
                assert!(error.outcome_unknown(), "{body:?}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn only_the_record_that_was_to_be_deleted_is_shown_as_deleted() {
    let cases = [
        (GroupRef::from(GROUP), "7", r#"{"id":7}"#, true),
        (GroupRef::from(GROUP), "7", r#"{"id":"7"}"#, true),
        (GroupRef::from(GROUP), "7", r#"{"id":10000000000007}"#, true),
        (GroupRef::from(GROUP), "7", r#"{"id":8}"#, false),
        (GroupRef::from(GROUP), "7", r#"{"id":"8"}"#, false),
        (
            GroupRef::from(GROUP),
            "7",
            r#"{"id":10000000000008}"#,
            false,
        ),
        (
            GroupId::new(10_000_000_000_007).into(),
            "10000000000007",
            r#"{"id":7}"#,
            true,
        ),
        (
            GroupId::new(10_000_000_000_007).into(),
            "10000000000007",
            r#"{"id":8}"#,
            false,
        ),
        // Nobody knows the number of a record that is named by another key.
        (GroupRef::sis("7"), "sis_group_id:7", r#"{"id":8}"#, true),
    ];
    for (group, key, body, is_shown) in cases {
        let server = Server::start().await;
        server
            .on(&format!("DELETE /api/v1/groups/{key}"), ok(body))
            .await;
        let outcome = server.canvas().send(DeleteGroup::new(group)).await;
        assert_eq!(outcome.is_ok(), is_shown, "{key} {body}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1));
            assert!(error.outcome_unknown(), "{body}: {error}");
        }
    }
}

/// A call of which only the success matters, by any method.
#[derive(Serialize)]
struct Touch<const PUT: bool>;

impl<const PUT: bool> Endpoint for Touch<PUT> {
    type Service = service::Canvas;
    type Response = ();
    const METHOD: Method = if PUT { Method::PUT } else { Method::DELETE };
    const ROUTE: &'static str = "touch";
    fn path(&self) -> String {
        "touch".into()
    }
}

#[tokio::test]
async fn only_a_deletion_is_done_by_finding_nothing() {
    let answers = || vec![status(503, ""), status(404, "{}")];
    let server = Server::start().await;
    server.on_each("DELETE /api/v1/touch", answers()).await;
    server.on_each("PUT /api/v1/touch", answers()).await;
    let canvas = server.canvas();
    canvas.send(Touch::<false>).await.unwrap();
    let error = canvas.send(Touch::<true>).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 2));
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_deletion_that_works_the_second_time_shows_its_record() {
    let server = Server::start().await;
    let answers = vec![status(502, "<html>"), ok("{\"id\":7}")];
    server.on_each("DELETE /api/v1/groups/7", answers).await;
    let deleted = server.canvas().send(DeleteGroup::new(GROUP)).await.unwrap();
    assert!(matches!(deleted, Deleted::Record(group) if group.id == GROUP));
}

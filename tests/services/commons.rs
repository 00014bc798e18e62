//! The Commons routes.

use canvas_groups::{ErrorKind, lor::*};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path},
};

use crate::{
    SESSION, assert_polite, commons, fixture, group_id, header as header_of, json as answer,
    member, received,
};

#[tokio::test]
async fn every_route_sends_what_is_documented_and_reads_the_documented_answer() {
    let server = MockServer::start().await;
    let group = fixture("lor/groups/group.json");
    let routes = [
        ("POST", "/api/groups", answer(201, &group)),
        (
            "GET",
            "/api/groups",
            answer(200, fixture("lor/groups/groups.json")),
        ),
        ("GET", "/api/groups/1234", answer(200, &group)),
        ("PUT", "/api/groups/1234", answer(200, &group)),
        ("DELETE", "/api/groups/1234", ResponseTemplate::new(204)),
        (
            "POST",
            "/api/groups/1234/members",
            answer(201, member(Some(true))),
        ),
        (
            "GET",
            "/api/groups/1234/members",
            answer(200, fixture("lor/members/members.json")),
        ),
        (
            "PUT",
            "/api/groups/1234/members/a:b%2Fc",
            answer(200, member(Some(false))),
        ),
        (
            "DELETE",
            "/api/groups/1234/members/56789",
            ResponseTemplate::new(204),
        ),
    ];
    for (verb, route, response) in routes {
        Mock::given(method(verb))
            .and(path(route))
            .and(header("x-session-id", SESSION))
            .respond_with(response)
            .expect(1)
            .mount(&server)
            .await;
    }
    let commons = commons(&server);
    let id = group_id();

    let created = commons
        .send(CreateGroup::new("The Group Name"))
        .await
        .unwrap();
    assert_eq!((created.id.as_str(), created.is_manager), ("text", None));
    let listed = commons.send(ListGroups::new()).await.unwrap().items;
    assert_eq!(listed[0].is_manager, Some(true));
    assert_eq!(commons.send(GetGroup::new(&id)).await.unwrap(), created);
    assert_eq!(
        commons.send(RenameGroup::new(&id, "x")).await.unwrap(),
        created
    );
    commons.send(DeleteGroup::new(&id)).await.unwrap();
    let add = AddMember::new(&id, "u:1").is_manager(true);
    let Added::AsAsked(added) = commons.send(add).await.unwrap() else {
        panic!("as asked");
    };
    assert_eq!(added.user_email.as_deref(), Some("text"));
    let members = commons
        .stream(ListMembers::new(&id))
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(members, [added]);
    let update = UpdateMember::new(&id, "a:b/c", false);
    assert_eq!(commons.send(update).await.unwrap().is_manager, Some(false));
    commons.send(RemoveMember::new(&id, "56789")).await.unwrap();

    for request in received(&server).await {
        assert_polite(&request);
        assert_eq!(
            header_of(&request, "authorization"),
            None,
            "{}",
            request.url
        );
        assert_eq!(header_of(&request, "cookie"), None);
        assert_eq!(request.url.query(), None);
    }
}

#[tokio::test]
async fn trap_44_a_member_of_old_is_told_whether_the_answer_is_200_or_201() {
    for status in [200, 201] {
        for (asked, is) in [(true, false), (false, true), (true, true), (false, false)] {
            let server = MockServer::start().await;
            Mock::given(method("POST"))
                .and(body_json(json!({ "userId": "u:1", "isManager": asked })))
                .respond_with(answer(status, member(Some(is))))
                .mount(&server)
                .await;
            let add = AddMember::new(group_id(), "u:1").is_manager(asked);
            let added = commons(&server).send(add).await.unwrap();
            let expected = match asked == is {
                true => matches!(added, Added::AsAsked(_)),
                false => matches!(added, Added::Kept(_)),
            };
            assert!(expected, "{status}, asked {asked}, is {is}: {added:?}");
            assert_eq!(added.member().is_manager, Some(is));
        }
    }
}

#[tokio::test]
async fn trap_44_a_missing_is_manager_is_neither_yes_nor_no() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(answer(201, member(None)))
        .mount(&server)
        .await;
    for asked in [true, false] {
        let add = AddMember::new(group_id(), "u:1").is_manager(asked);
        let added = commons(&server).send(add).await.unwrap();
        assert!(matches!(added, Added::Untold(_)), "{added:?}");
    }
    let add = AddMember::new(group_id(), "u:1");
    assert!(matches!(
        commons(&server).send(add).await.unwrap(),
        Added::AsAsked(_)
    ));
}

#[tokio::test]
async fn a_deletion_is_done_by_every_success_that_says_so() {
    for response in [
        ResponseTemplate::new(204),
        ResponseTemplate::new(200),
        answer(200, json!({ "id": "1234" })),
        answer(200, json!({ "id": 1234, "name": "x" })),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("DELETE"))
            .respond_with(response)
            .mount(&server)
            .await;
        commons(&server)
            .send(DeleteGroup::new("1234"))
            .await
            .unwrap();
        commons(&server)
            .send(RemoveMember::new("1", "1234"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn any_json_says_that_what_a_lost_deletion_was_for_is_gone() {
    let commons_says = [
        "{}",
        r#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#,
        r#""Group not found""#,
        r#"["Group not found"]"#,
        "[]",
        "null",
        "\u{feff}null",
    ];
    let others_say = [
        "",
        " ",
        "Not Found",
        "404 page not found\n",
        "<html><title>404 Not Found</title></html>",
        r#"["Group not fou"#,
    ];
    for (bodies, is_gone) in [(&commons_says[..], true), (&others_say[..], false)] {
        for body in bodies {
            let server = MockServer::start().await;
            Mock::given(method("DELETE"))
                .respond_with(ResponseTemplate::new(404).set_body_string(*body))
                .mount(&server)
                .await;
            let commons = commons(&server);
            let group = || DeleteGroup::new("1");
            let member = || RemoveMember::new("1", "2");
            // Without a lost answer it is what it is.
            for error in [
                commons.send(group()).await.unwrap_err(),
                commons.send(member()).await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{body:?}");
                assert!(!error.outcome_unknown(), "{body:?}: {error}");
            }
            for route in ["/api/groups/1", "/api/groups/1/members/2"] {
                Mock::given(path(route))
                    .respond_with(ResponseTemplate::new(503))
                    .up_to_n_times(1)
                    .with_priority(1)
                    .mount(&server)
                    .await;
            }
            for outcome in [commons.send(group()).await, commons.send(member()).await] {
                assert_eq!(outcome.is_ok(), is_gone, "{body:?}: {outcome:?}");
                let Err(error) = outcome else { continue };
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 2));
                assert!(error.outcome_unknown(), "{body:?}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_name_that_does_not_fit_is_not_sent() {
    let server = MockServer::start().await;
    let error = commons(&server)
        .send(CreateGroup::new("x".repeat(51)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn error_bodies_of_every_shape_keep_the_status_and_give_their_words() {
    let validation = fixture("lor/groups/error_validation.json").to_string();
    let cases = [
        (
            400,
            validation.as_str(),
            ErrorKind::Invalid,
            "\"name\" length must be",
        ),
        (
            403,
            r#"{"message":"admins only"}"#,
            ErrorKind::Forbidden,
            "admins only",
        ),
        (
            404,
            r#"{"error":"Not Found"}"#,
            ErrorKind::NotFound,
            "Not Found",
        ),
        (
            422,
            r#"{"errors":[{"message":"bad id"}]}"#,
            ErrorKind::Invalid,
            "bad id",
        ),
        (400, r#"["odd"]"#, ErrorKind::Invalid, "400 Bad Request"),
        (400, r#""odd""#, ErrorKind::Invalid, "odd"),
        (
            502,
            "<title>Bad gateway</title>",
            ErrorKind::Server,
            "Bad gateway",
        ),
        (409, "", ErrorKind::Conflict, "409 Conflict"),
    ];
    for (status, body, kind, words) in cases {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).set_body_string(body))
            .mount(&server)
            .await;
        let error = commons(&server)
            .send(CreateGroup::new("x"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.body().unwrap_or_default(), body);
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains('\n'));
    }
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .respond_with(answer(400, fixture("lor/groups/error_validation.json")))
        .mount(&server)
        .await;
    let error = commons(&server)
        .send(RenameGroup::new("1", "x"))
        .await
        .unwrap_err();
    assert_eq!(error.details()[0].field.as_deref(), Some("name"));
}

#[tokio::test]
async fn a_401_without_a_challenge_means_that_the_session_is_dead() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(answer(
            401,
            json!({ "statusCode": 401, "error": "Unauthorized" }),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let error = commons(&server).send(ListGroups::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(error.to_string().contains("session"), "{error}");
}

//! Refusals after which something may have happened, and refusals without a reason.

use canvas_groups::{
    Canvas, CategoryRef, CourseId, Endpoint, Error, ErrorKind, GroupId, RetryPolicy, UserId,
    categories::*,
    csv::{ExportTags, ImportGroups, ImportTags},
    groups::{CreateCategoryGroup, CreateGroup, UpdateGroup},
    http::Method,
    memberships::*,
};
use serde::Serialize;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{CATEGORY, GROUP, answer, server};

/// A server that refuses.
struct Refuser(MockServer, Canvas);

impl Refuser {
    async fn new() -> Self {
        let (server, canvas) = server().await;
        Self(server, canvas)
    }

    /// What a request comes to that is answered so. It must not be repeated.
    async fn refused<E>(&self, request: E, status: u16, challenge: bool, body: Value) -> Error
    where
        E: Endpoint<Service = canvas_groups::service::Canvas>,
        E::Response: std::fmt::Debug,
    {
        let Self(server, canvas) = self;
        server.reset().await;
        let mut answer = ResponseTemplate::new(status).set_body_json(body);
        if challenge {
            answer = answer.insert_header("www-authenticate", "Bearer realm=\"canvas-lms\"");
        }
        Mock::given(any()).respond_with(answer).mount(server).await;
        let error = canvas.send(request).await.unwrap_err();
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
        error
    }

    /// Which of the answers to a request leave open whether something was written.
    async fn open_outcomes<E>(&self, request: impl Fn() -> E) -> Vec<u16>
    where
        E: Endpoint<Service = canvas_groups::service::Canvas>,
        E::Response: std::fmt::Debug,
    {
        let mut open = Vec::new();
        for (status, body) in [
            (400, json!({"errors": {"name": [{"type": "taken"}]}})),
            (401, no_right()),
            (403, json!({"status": "unauthorized"})),
            (404, json!({})),
            (422, taken()),
        ] {
            let error = self.refused(request(), status, false, body).await;
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(!error.is_transient());
            let hint = error.to_string().contains("read the records again");
            assert_eq!(hint, error.outcome_unknown(), "{error}");
            if error.outcome_unknown() {
                open.push(status);
            }
        }
        // Without credentials nothing ran.
        let dead = json!({"errors": [{"message": "Invalid access token."}]});
        let error = self.refused(request(), 401, true, dead).await;
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(!error.outcome_unknown());
        open
    }
}

fn unchanged() -> UpdateCategory {
    let category: Category = serde_json::from_value(json!({"id": 20})).unwrap();
    UpdateCategory::of(&category)
}

fn no_right() -> Value {
    json!({"message": "You must have manage_sis permission to set sis attributes"})
}

fn taken() -> Value {
    json!({"errors": [{"field": "sis_source_id", "message": null, "error_code": "taken"}]})
}

#[tokio::test]
async fn the_refusal_of_an_sis_id_may_come_after_the_record_was_made() {
    let place = Refuser::new().await;
    let course = || CreateCourseCategory::new(CourseId::new(1), "a");
    let account = || CreateAccountCategory::new(canvas_groups::AccountRef::self_(), "a");
    let in_set = || CreateCategoryGroup::new(CATEGORY);
    let sis = [401, 422];
    assert_eq!(
        place
            .open_outcomes(|| course().sis_group_category_id("s"))
            .await,
        sis
    );
    assert_eq!(
        place
            .open_outcomes(|| account().sis_group_category_id("s"))
            .await,
        sis
    );
    assert_eq!(
        place
            .open_outcomes(|| unchanged().sis_group_category_id("s"))
            .await,
        sis
    );
    assert_eq!(
        place
            .open_outcomes(|| CreateGroup::new().sis_group_id("s"))
            .await,
        sis
    );
    assert_eq!(
        place.open_outcomes(|| in_set().sis_group_id("s")).await,
        sis
    );
    assert_eq!(
        place
            .open_outcomes(|| UpdateGroup::new(GROUP).sis_group_id("s"))
            .await,
        sis
    );

    let none: [u16; 0] = [];
    assert_eq!(place.open_outcomes(course).await, none);
    assert_eq!(place.open_outcomes(account).await, none);
    assert_eq!(place.open_outcomes(|| unchanged().name("b")).await, none);
    assert_eq!(place.open_outcomes(CreateGroup::new).await, none);
    assert_eq!(place.open_outcomes(in_set).await, none);
    assert_eq!(
        place
            .open_outcomes(|| UpdateGroup::new(GROUP).name("b"))
            .await,
        none
    );
    // By reference too.
    let request = course().sis_group_category_id("s");
    assert_eq!(place.open_outcomes(|| &request).await, sis);
}

#[tokio::test]
async fn a_refusal_may_come_after_the_members_were_replaced() {
    let place = Refuser::new().await;
    let replace = || UpdateGroup::new(GROUP).replace_members([UserId::new(1)]);
    assert_eq!(place.open_outcomes(replace).await, [400, 422]);
    let empty = || UpdateGroup::new(GROUP).replace_members([] as [UserId; 0]);
    assert_eq!(place.open_outcomes(empty).await, [400, 422]);
    // Without an SIS id, who lacks the right has changed nothing.
    let with_sis_id = || replace().sis_group_id("s");
    assert_eq!(place.open_outcomes(with_sis_id).await, [400, 401, 422]);
}

/// A route of a user's own, every refusal of which may come after a write.
#[derive(Debug, Serialize)]
struct Own;

impl Endpoint for Own {
    type Service = canvas_groups::service::Canvas;
    type Response = ();
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "own";
    fn path(&self) -> String {
        "own".into()
    }
    fn refused_after_write(&self) -> &'static [u16] {
        &[
            400, 401, 402, 403, 404, 405, 406, 409, 410, 412, 413, 415, 418, 422, 423, 429,
        ]
    }
    fn advice(&self) -> &'static [(u16, &'static str)] {
        &[
            (404, "look here"),
            (413, "look there"),
            (429, "look nowhere"),
        ]
    }
}

#[tokio::test]
async fn an_endpoint_of_ones_own_can_name_any_refusal() {
    let Refuser(server, canvas) = Refuser::new().await;
    let place = Refuser(server, canvas.with_retry(RetryPolicy::never()));
    for status in Own.refused_after_write() {
        let error = place.refused(Own, *status, false, json!({})).await;
        assert_eq!(error.outcome_unknown(), *status != 429, "{error}");
    }
    for (status, said) in [(404, "look here; "), (413, "look there; ")] {
        let error = place.refused(Own, status, false, json!({})).await;
        assert!(error.to_string().contains(said), "{error}");
    }
    let error = place.refused(Own, 429, false, json!({})).await;
    assert!(!error.to_string().contains("look nowhere"), "{error}");
    // What comes before the endpoint wrote nothing.
    let dead = json!({"errors": [{"message": "Invalid access token."}]});
    let scope = json!({"errors": [{"message": "Insufficient scopes on access token."}]});
    let masquerade = json!({"errors": "Cannot change masquerade"});
    let agent = json!({"message": "send a valid user agent"});
    let throttled = json!("403 Forbidden (Rate Limit Exceeded)");
    for (status, challenge, body, kind) in [
        (401, true, dead, ErrorKind::Authentication),
        (401, false, scope, ErrorKind::Scope),
        (401, false, masquerade, ErrorKind::Masquerade),
        (403, false, agent, ErrorKind::UserAgent),
        (403, false, throttled, ErrorKind::Throttled),
    ] {
        let error = place.refused(Own, status, challenge, body).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.outcome_unknown(), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_without_a_reason_says_what_to_check() {
    let place = Refuser::new().await;
    let leader = || UpdateGroup::new(GROUP).leader(UserId::new(9));
    let bodies = [json!({}), json!(null)];
    for body in bodies {
        let cases = [
            (
                place.refused(leader(), 400, false, body.clone()).await,
                "400 Bad Request (the leader must be a member of the group: add the user first)",
            ),
            (
                place
                    .refused(AssignUnassigned::new(CATEGORY), 400, false, body.clone())
                    .await,
                "students cannot be assigned to groups that they organise themselves",
            ),
            (
                place
                    .refused(AssignUnassignedNow::new(CATEGORY), 400, false, body.clone())
                    .await,
                "with restricted sign-up",
            ),
            (
                place
                    .refused(
                        AddMembers::new(GROUP, [UserId::new(1)]),
                        400,
                        false,
                        body.clone(),
                    )
                    .await,
                "must be a differentiation tag",
            ),
            (
                place
                    .refused(AddCourseMembers::new(GROUP), 400, false, body.clone())
                    .await,
                "must be a differentiation tag",
            ),
        ];
        for (error, said) in cases {
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.to_string().contains(said), "{error}");
            assert!(!error.outcome_unknown());
        }
        let course = CourseId::new(1);
        let groups = ImportGroups::from_csv(CATEGORY, "login_id,group_name\na,T\n");
        let tags = ImportTags::from_csv(course, "login_id,tag_name\na,T\n");
        let tags_off = "the account must allow differentiation tags";
        let unauthorized = || json!({"status": "unauthorized"});
        let cases = [
            (
                place
                    .refused(DeleteCategory::new(CATEGORY), 401, false, unauthorized())
                    .await,
                "cannot be deleted",
            ),
            (
                place.refused(groups, 401, false, unauthorized()).await,
                "category of communities",
            ),
            (
                place.refused(tags, 401, false, unauthorized()).await,
                tags_off,
            ),
            (
                place
                    .refused(ExportTags::new(course), 401, false, unauthorized())
                    .await,
                tags_off,
            ),
        ];
        for (error, said) in cases {
            assert_eq!(error.kind(), ErrorKind::Forbidden);
            assert!(error.to_string().contains(said), "{error}");
        }
        let both = leader().replace_members([UserId::new(1)]);
        let error = place.refused(both, 400, false, body).await.to_string();
        assert!(error.contains("the leader must be a member"), "{error}");
        assert!(
            error.contains("; the server may have carried it out"),
            "{error}"
        );
    }
    // Where the server gives a reason, or the request has no leader, nothing is added.
    let reason = json!({"errors": {"name": [{"message": "Name is required"}]}});
    let error = place
        .refused(leader(), 400, false, reason)
        .await
        .to_string();
    assert!(error.ends_with("name: Name is required"), "{error}");
    for request in [
        UpdateGroup::new(GROUP).name("a"),
        UpdateGroup::new(GROUP).clear_leader(),
    ] {
        let error = place
            .refused(request, 400, false, json!({}))
            .await
            .to_string();
        assert!(error.ends_with("400 Bad Request"), "{error}");
    }
    let forbidden = place
        .refused(leader(), 403, false, json!({}))
        .await
        .to_string();
    assert!(!forbidden.contains("leader"), "{forbidden}");
}

#[test]
fn what_adds_something_each_time_is_not_repeatable_and_all_else_is() {
    let date = "2026-03-04T15:06:07Z".parse().unwrap();
    let cases = [
        (unchanged(), true),
        (unchanged().name("a"), true),
        (unchanged().self_signup(SelfSignup::Enabled), true),
        (unchanged().auto_leader(AutoLeader::First), true),
        (unchanged().group_limit(3), true),
        (unchanged().sis_group_category_id("s"), true),
        (unchanged().self_signup_end_at(date), true),
        (unchanged().split_groups(SplitGroups::ByMemberCount), true),
        (unchanged().group_by_section(true), true),
        (unchanged().assign_async(true), true),
        (unchanged().include([CategoryInclude::Groups]), true),
        (unchanged().create_group_count(1), false),
        (unchanged().split_group_count(1), false),
        (unchanged().create_group_member_count(1), false),
    ];
    for (request, expected) in cases {
        assert_eq!(request.is_repeatable(), expected, "{request:?}");
        assert_eq!(Endpoint::is_repeatable(&&request), expected, "{request:?}");
    }
    let group = UpdateGroup::new(GroupId::new(1)).replace_members([UserId::new(1)]);
    assert!(group.is_repeatable());
}

#[tokio::test]
async fn groups_that_a_number_of_members_adds_are_not_added_twice() {
    let (server, canvas) = server().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(502))
        .expect(1)
        .mount(&server)
        .await;
    let add = unchanged().create_group_member_count(4);
    let error = canvas.send(add).await.unwrap_err();
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn an_sis_id_that_was_not_stored_shows_in_the_answer_alone() {
    let (server, canvas) = server().await;
    let old = json!({"id": 20, "name": "b", "sis_group_category_id": "old"});
    Mock::given(any())
        .respond_with(answer(old))
        .expect(1)
        .mount(&server)
        .await;
    let settings = CategorySettings {
        self_signup: None,
        auto_leader: None,
        group_limit: None,
    };
    let change = UpdateCategory::replace(CategoryRef::sis("old"), settings);
    let answer = canvas
        .send(change.sis_group_category_id("new"))
        .await
        .unwrap();
    assert_eq!(answer.sis_group_category_id.as_deref(), Some("old"));
}

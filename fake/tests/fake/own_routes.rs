//! Routes of one's own, under the rules that hold for all.

use canvas_groups::{
    AccountRef, Canvas, CourseId, CourseRef, Endpoint, ErrorKind, Page, RetryPolicy, TermId,
    groups::{GetGroup, ListCourseGroups},
    http::{Method, StatusCode},
    service,
};
use canvas_groups_fake::{FakeCanvas, Fault, RouteAnswer, RouteRequest, School, SmallSchool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Term {
    id: TermId,
}

#[derive(Debug, Clone, Serialize)]
struct ListTerms {
    #[serde(skip)]
    account: AccountRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    term_name: Option<String>,
    per_page: u32,
}

impl ListTerms {
    fn of(account: AccountRef) -> Self {
        Self {
            account,
            term_name: None,
            per_page: 2,
        }
    }
}

impl Endpoint for ListTerms {
    type Service = service::Canvas;
    type Response = Page<Term>;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "accounts/{account}/terms";
    const ITEMS: Option<&'static str> = Some("enrollment_terms");
    fn path(&self) -> String {
        format!("accounts/{}/terms", self.account.segment())
    }
}

/// Renames a course.
#[derive(Debug, Clone, Serialize)]
struct SetName {
    #[serde(skip)]
    course: CourseRef,
    name: String,
}

impl Endpoint for SetName {
    type Service = service::Canvas;
    type Response = Value;
    const METHOD: Method = Method::PUT;
    const ROUTE: &'static str = "courses/{course}/name";
    fn path(&self) -> String {
        format!("courses/{}/name", self.course.segment())
    }
}

const TERMS: &str = "accounts/:account_id/terms";

fn terms(request: &mut RouteRequest<'_, '_>) -> RouteAnswer {
    let Some(account) = request.account() else {
        return RouteAnswer::not_found();
    };
    if !request.is_admin_of(account) {
        return request.forbidden();
    }
    let wanted = request.param("term_name").unwrap_or_default();
    let all = ["Autumn 2026", "Autumn 2027", "Spring 2027", "Autumn 2028"];
    let terms = (1..).zip(all).filter(|(_, name)| name.contains(&wanted));
    let terms = terms.map(|(id, name)| json!({ "id": id, "name": name }));
    request.page_in("enrollment_terms", terms.collect())
}

async fn start() -> (FakeCanvas, SmallSchool) {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school)
        .route(Method::GET, TERMS, terms)
        .route(Method::PUT, "courses/:course_id/name", |request| {
            let name = request.param("name").unwrap_or_default();
            let Some(course) = request.course() else {
                return RouteAnswer::not_found();
            };
            let caller = request.caller();
            let group = request.school().add_category(course, &name);
            RouteAnswer::ok(json!({ "set": group, "by": caller, "body": request.params() }))
        });
    (fake.start().await.unwrap(), ids)
}

async fn ids_of(canvas: &Canvas, list: ListTerms) -> Vec<u64> {
    let terms = canvas.stream(list).try_collect::<Vec<_>>().await.unwrap();
    terms.iter().map(|term| term.id.get()).collect()
}

#[tokio::test]
async fn a_list_of_ones_own_comes_in_pages_with_rights_and_filters() {
    let (fake, ids) = start().await;
    let all = ids_of(&fake.client(), ListTerms::of(AccountRef::self_())).await;
    assert_eq!(all, [1, 2, 3, 4]);
    let requests = fake.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.route == Some(TERMS)));
    let autumn = ListTerms {
        term_name: Some("Autumn".to_owned()),
        ..ListTerms::of(AccountRef::self_())
    };
    assert_eq!(ids_of(&fake.client(), autumn).await, [1, 2, 4]);
    let teacher = fake.client_of(ids.teacher).unwrap();
    let kind = async |canvas: &Canvas, account: AccountRef| {
        let answer = canvas.send(ListTerms::of(account)).await;
        answer.unwrap_err().kind()
    };
    let own = AccountRef::self_();
    assert_eq!(kind(&teacher, own.clone()).await, ErrorKind::Forbidden);
    let unknown = AccountRef::sis("nowhere");
    assert_eq!(kind(&fake.client(), unknown).await, ErrorKind::NotFound);
    let stranger = Canvas::new(fake.url(), "nobody's").unwrap();
    assert_eq!(
        kind(&stranger, own.clone()).await,
        ErrorKind::Authentication
    );
    let scoped = |scope: &str| Canvas::new(fake.url(), fake.scoped_token_of(ids.admin, [scope]));
    let scope = "url:GET|/api/v1/accounts/:account_id/terms";
    let good = scoped(scope).unwrap();
    assert_eq!(ids_of(&good, ListTerms::of(own.clone())).await.len(), 4);
    let other = scoped("url:GET|/api/v1/groups/:group_id").unwrap();
    assert_eq!(kind(&other, own).await, ErrorKind::Scope);
}

#[tokio::test]
async fn faults_and_changes_by_others_come_on_routes_of_ones_own_too() {
    let (fake, _) = start().await;
    let route = "GET accounts/:account_id/terms";
    fake.fail(1, route, Fault::status(StatusCode::BAD_GATEWAY))
        .unwrap();
    fake.before(1, route, |school| {
        school.add_course("Later");
    })
    .unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let list = || ListTerms::of(AccountRef::self_());
    let error = canvas.send(list()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    canvas.send(list()).await.unwrap();
    fake.throttle(fake.token());
    let error = canvas.send(list()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
}

#[tokio::test]
async fn a_write_of_ones_own_reads_its_body_and_changes_the_school() {
    let (fake, ids) = start().await;
    let rename = SetName {
        course: CourseRef::sis("MATH-101"),
        name: "Made".to_owned(),
    };
    let acting = fake.client().as_user(ids.teacher).unwrap();
    let answer = acting.send(rename).await.unwrap();
    assert_eq!(answer["by"], json!(ids.teacher));
    assert_eq!(answer["body"]["name"], "Made");
    assert!(answer["set"].is_number());
    let nowhere = SetName {
        course: CourseId::new(999).into(),
        name: "Nowhere".to_owned(),
    };
    let error = fake.client().send(nowhere).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_route_of_ones_own_takes_the_place_of_the_fakes() {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school)
        .route(Method::GET, "courses/:course_id/groups", |request| {
            assert_eq!(
                request.key("course_id").parse().ok(),
                request.course().map(|id| id.get())
            );
            request.page(vec![json!({ "id": 7, "name": "Ours" })])
        })
        .start()
        .await
        .unwrap();
    let groups = fake.client().send(ListCourseGroups::new(ids.course)).await;
    let names: Vec<_> = groups
        .unwrap()
        .items
        .into_iter()
        .map(|group| group.name)
        .collect();
    assert_eq!(names, ["Ours"]);
}

#[tokio::test]
async fn a_path_that_is_none_is_refused_at_the_start() {
    for path in ["/accounts", "accounts//terms", "accounts/:", ""] {
        let never = |_: &mut RouteRequest<'_, '_>| RouteAnswer::status(StatusCode::OK);
        let builder = FakeCanvas::builder(School::new()).route(Method::GET, path, never);
        let error = builder.start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{path:?}");
    }
}

#[tokio::test]
async fn a_panic_in_the_code_of_a_test_is_answered_with_its_text() {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school).route(Method::GET, TERMS, |request| {
        let name = request.param("term_name");
        assert!(name.is_some(), "no name was asked for");
        RouteAnswer::ok(json!({ "enrollment_terms": [] }))
    });
    let fake = fake.start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let own = AccountRef::self_();
    let error = canvas.send(ListTerms::of(own.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let text = error.to_string();
    assert!(
        text.contains("panicked") && text.contains("no name was asked for"),
        "{text}"
    );

    let get = "GET groups/:group_id";
    fake.before(1, get, |_| panic!("before {}", 1)).unwrap();
    let group = GetGroup::new(ids.groups[0]);
    let error = canvas.send(&group).await.unwrap_err();
    assert!(error.to_string().contains("before 1"), "{error}");

    // The quota and everything else go on.
    canvas.send(&group).await.unwrap();
    assert_eq!(canvas.quota().in_flight, 0);
    let statuses = fake.requests();
    let statuses = statuses
        .iter()
        .map(|request| request.status.unwrap().as_u16());
    assert_eq!(statuses.collect::<Vec<_>>(), [500, 500, 200]);
    let named = ListTerms {
        term_name: Some("x".to_owned()),
        ..ListTerms::of(own)
    };
    assert!(ids_of(&canvas, named).await.is_empty());
}

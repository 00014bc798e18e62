//! Sessions of Commons: how they are opened, carried and ended.

use std::time::Duration;

use canvas_groups::{
    Canvas, ErrorKind, Lor, RetryPolicy,
    auth::{Carrier, LorSession},
    http::Method,
    lor::{CreateGroup, ListGroups},
};
use canvas_groups_fake::{FakeCanvas, FakeLor};
use serde_json::{Value, json};

use crate::{
    common::pass,
    lor::{kind, started},
};

fn signed_in(canvas: &Canvas, fake: &FakeLor, carrier: Carrier) -> Lor {
    let session = LorSession::from_canvas(canvas, Lor::builder(fake.url())).unwrap();
    let builder = Lor::builder(fake.url()).credentials(session.carrier(carrier));
    builder.retry(RetryPolicy::never()).build().unwrap()
}

#[tokio::test]
async fn a_session_is_opened_through_canvas_and_anew_when_it_ends() {
    let (canvas, ids, fake) = started().await;
    let teacher = canvas.client_of(ids.teacher).unwrap();
    let commons = signed_in(&teacher, &fake, Carrier::Header);
    // Whoever never opened Commons has no session there.
    let error = commons.send(ListGroups::new()).await.unwrap_err();
    assert!(error.to_string().contains("accepted its terms"), "{error}");
    fake.add_user(ids.teacher).unwrap();
    // The next try is made after a pause.
    pass(3.0).await;
    commons.send(ListGroups::new()).await.unwrap();
    pass(3.0).await;
    fake.end_sessions();
    commons.send(ListGroups::new()).await.unwrap();
    let opened = fake.requests().into_iter();
    let opened =
        opened.filter(|sent| (sent.route, &sent.method) == (Some("sessions"), &Method::POST));
    let statuses: Vec<_> = opened.map(|sent| sent.status.unwrap().as_u16()).collect();
    assert_eq!(statuses, [403, 201, 201]);
    let asked = canvas.requests().into_iter();
    let asked = asked.filter(|sent| sent.route == Some("/api/lti/accounts/:account_id/jwt_token"));
    assert_eq!(asked.count(), 3);
    // The token of Canvas stays with Canvas.
    let bodies = fake.requests().into_iter().map(|sent| sent.body);
    assert!(
        bodies
            .into_iter()
            .all(|body| !String::from_utf8_lossy(&body).contains("fake~"))
    );
}

#[tokio::test]
async fn a_session_is_found_in_all_five_places() {
    let (canvas, _, fake) = started().await;
    for carrier in [
        Carrier::Header,
        Carrier::Cookie,
        Carrier::Query,
        Carrier::State,
    ] {
        let commons = signed_in(&canvas.client(), &fake, carrier);
        commons.send(ListGroups::new()).await.unwrap();
    }
    let commons = signed_in(&canvas.client(), &fake, Carrier::Body);
    commons.send(CreateGroup::new("In the body")).await.unwrap();
    let sent = fake.requests();
    let by_query = sent.iter().filter_map(|sent| sent.query.as_deref());
    let by_query: Vec<_> = by_query
        .filter_map(|query| query.split('=').next())
        .collect();
    assert_eq!(by_query, ["session-id", "state"]);
    assert!(sent.last().unwrap().json()["sessionId"].is_string());
}

#[tokio::test]
async fn a_launch_token_is_good_for_this_commons_alone_and_not_for_long() {
    let (canvas, _, fake) = started().await;
    let http = reqwest::Client::builder().user_agent("t").build().unwrap();
    let launch = async |tool: &str| {
        let url = format!("{}/api/lti/accounts/self/jwt_token", canvas.url());
        let mut url = url::Url::parse(&url).unwrap();
        url.query_pairs_mut().append_pair("tool_launch_url", tool);
        http.get(url)
            .bearer_auth(canvas.token())
            .send()
            .await
            .unwrap()
    };
    assert_eq!(launch("https://unknown.example/lti").await.status(), 404);
    let other = FakeLor::start(&canvas).await.unwrap();
    let open = async |commons: &FakeLor, jwt: &Value| {
        let request = http.post(format!("{}/sessions", commons.url()));
        let answer = request
            .json(&json!({ "jwt_token": jwt }))
            .send()
            .await
            .unwrap();
        answer.status().as_u16()
    };
    let tool = format!("{}/lti", fake.url());
    let given: Value = launch(&tool).await.json().await.unwrap();
    assert_eq!(open(&other, &given["jwt_token"]).await, 401);
    assert_eq!(open(&fake, &given["jwt_token"]).await, 201);
    assert_eq!(open(&fake, &json!("a.b.c")).await, 401);
    assert_eq!(open(&fake, &Value::Null).await, 400);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    assert_eq!(open(&fake, &given["jwt_token"]).await, 401);
}

#[tokio::test]
async fn a_session_shows_itself_and_logs_out() {
    let (_canvas, ids, fake) = started().await;
    let http = reqwest::Client::new();
    let get = async |path: &str, session: &str| {
        let request = http.get(format!("{}/{path}", fake.url()));
        request
            .header("X-Session-ID", session)
            .send()
            .await
            .unwrap()
    };
    let teacher = fake.add_user(ids.teacher).unwrap();
    let session = fake.session_of(&teacher);
    let shown: Value = get(&format!("sessions/{session}"), &session)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(shown["userId"], teacher.as_str());
    assert_eq!(shown["canvasUserId"], ids.teacher.to_string());
    assert_eq!(
        (&shown["isAdmin"], &shown["userFullName"]),
        (&json!(false), &json!("Tom Teacher"))
    );
    let other = get(&format!("sessions/{}", fake.session()), &session).await;
    assert_eq!(other.status(), 403);
    assert_eq!(get("sessions/logout", &session).await.status(), 204);
    assert_eq!(get("groups", &session).await.status(), 401);
    assert_eq!(get("groups", fake.session()).await.status(), 200);
}

#[tokio::test]
async fn sessions_end_by_themselves() {
    let (canvas, _) = FakeCanvas::start().await.unwrap();
    let builder = FakeLor::builder().session_lifetime(Duration::ZERO);
    let fake = builder.start(&canvas).await.unwrap();
    let outcome = fake.client().send(ListGroups::new()).await;
    assert_eq!(kind(outcome), ErrorKind::Authentication);
}

//! The token endpoint of Canvas, asked by hand.

use canvas_groups::{ErrorKind, auth::OAuth, groups::GetGroup, http::StatusCode};
use canvas_groups_fake::{FakeCanvas, Fault, NewKey};
use serde_json::Value;

use crate::{
    browser,
    oauth::{CALLBACK, builder, client, come_back, log_in, started},
};

/// What the SDK never sends: a request by hand, its status, error and description.
async fn ask(fake: &FakeCanvas, form: &[(&str, &str)]) -> (u16, String, String) {
    let http = reqwest::Client::builder().user_agent("t").build().unwrap();
    let url = format!("{}/login/oauth2/token", fake.url());
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = http.post(&url).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let is_marked = answer.headers().get("www-authenticate");
    assert_eq!(
        is_marked.map(|value| value.to_str().unwrap()),
        (status == 401).then_some("Canvas OAuth 2.0")
    );
    let body: Value = answer.json().await.unwrap();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (status, text("error"), text("error_description"))
}

#[tokio::test]
async fn the_token_endpoint_says_what_is_missing() {
    let (fake, _) = FakeCanvas::start().await.unwrap();
    let key = fake.add_key(NewKey::new(CALLBACK));
    let secret = key.client_secret.as_deref().unwrap();
    let ours = [("client_id", &*key.client_id), ("client_secret", secret)];
    let with = |more: &[(&'static str, &'static str)]| {
        let mut form = ours.to_vec();
        form.extend(more);
        form
    };
    type Case = (
        &'static [(&'static str, &'static str)],
        u16,
        &'static str,
        &'static str,
    );
    let cases: &[Case] = &[
        (&[], 400, "unsupported_grant_type", "The grant_type"),
        (
            &[("grant_type", "password")],
            400,
            "unsupported_grant_type",
            "The grant_type",
        ),
        (
            &[("grant_type", "client_credentials")],
            400,
            "invalid_request",
            "assertion method",
        ),
        (
            &[("grant_type", "authorization_code")],
            400,
            "invalid_request",
            "You must provide the code",
        ),
        (
            &[("code", "x")],
            400,
            "invalid_grant",
            "authorization_code not found",
        ),
        (
            &[("grant_type", "refresh_token")],
            400,
            "invalid_request",
            "You must provide the refresh_token",
        ),
        (
            &[("grant_type", "refresh_token"), ("refresh_token", "x")],
            400,
            "invalid_grant",
            "refresh_token not found",
        ),
    ];
    for (form, status, error, start) in cases {
        let found = ask(&fake, &with(form)).await;
        assert_eq!((found.0, &*found.1), (*status, *error), "{form:?}");
        assert!(found.2.starts_with(start), "{found:?}");
    }
    let nobody = ask(&fake, &[("grant_type", "refresh_token")]).await;
    assert_eq!((nobody.0, &*nobody.2), (401, "unknown client"));
}

#[tokio::test]
async fn other_logins_of_a_person_can_be_replaced() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let key = fake.add_key(NewKey::new(CALLBACK));
    let app = builder(&fake, &key).build().unwrap();
    let first = log_in(&app).await;
    fake.log_in_as(ids.teacher);
    let teacher = log_in(&app).await;
    fake.log_in_as(ids.admin);
    let (url, pending) = app.login().pkce(false).start().unwrap();
    let callback = browser(url.as_str()).await;
    pending.code(&callback).unwrap();
    let callback = url::Url::parse(&callback).unwrap();
    let code = callback
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1;
    let secret = key.client_secret.as_deref().unwrap();
    let form = [
        ("client_id", &*key.client_id),
        ("client_secret", secret),
        ("code", &*code),
        ("replace_tokens", "1"),
    ];
    assert_eq!(ask(&fake, &form).await.0, 200);
    let dead = client(&fake, &OAuth::new(app.clone(), first).unwrap());
    let error = dead.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    let alive = client(&fake, &OAuth::new(app, teacher).unwrap());
    alive.send(GetGroup::new(ids.groups[0])).await.unwrap();
}

#[tokio::test]
async fn the_token_endpoint_fails_on_demand_and_is_in_the_journal() {
    let (fake, _, app) = started().await;
    let code = come_back(app.login()).await.unwrap();
    let route = "POST /login/oauth2/token";
    fake.fail(1, route, Fault::status(StatusCode::BAD_GATEWAY))
        .unwrap();
    let error = app.exchange(code).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let routes: Vec<_> = fake.requests().iter().map(|sent| sent.route).collect();
    assert_eq!(
        routes,
        [Some("/login/oauth2/auth"), Some("/login/oauth2/token")]
    );
}

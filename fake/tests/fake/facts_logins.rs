//! What Canvas fixes about logins: what applications may ask for, and what codes are good for.

use canvas_groups_fake::{DeveloperKey, NewKey};
use serde_json::{Value, json};

use crate::{common::TestSchool, oauth::CALLBACK};

/// The redirect URI of applications that have no server of their own.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// What a challenge of PKCE is made from, and the challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The parameters of a query or a form.
type Form<'a> = &'a [(&'a str, &'a str)];

impl TestSchool {
    /// Where a browser is sent that opens the login with these parameters: the status, and the
    /// parameters in the address, or the body.
    async fn open_login(&self, params: Form<'_>) -> (u16, Value) {
        let mut url = url::Url::parse(&self.fake.url()).unwrap();
        url.set_path("/login/oauth2/auth");
        url.query_pairs_mut().extend_pairs(params);
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let sent = http
            .build()
            .unwrap()
            .get(url)
            .header("user-agent", "browser");
        let answer = sent.send().await.unwrap();
        let status = answer.status().as_u16();
        let Some(target) = answer.headers().get("location") else {
            let body = answer.text().await.unwrap();
            return (status, serde_json::from_str(&body).unwrap_or(body.into()));
        };
        let target = url::Url::parse(target.to_str().unwrap()).unwrap();
        let mut found = json!({ "at": target[..url::Position::AfterPath] });
        for (name, value) in target.query_pairs() {
            found[&*name] = value.into();
        }
        (status, found)
    }

    /// The code of a login with these parameters more.
    async fn code_for(&self, key: &DeveloperKey, more: Form<'_>) -> String {
        let mut params = vec![
            ("client_id", &*key.client_id),
            ("response_type", "code"),
            ("redirect_uri", &*key.redirect_uri),
        ];
        params.extend(more);
        let (status, found) = self.open_login(&params).await;
        assert_eq!(status, 302, "{found}");
        found["code"].as_str().unwrap().to_owned()
    }

    /// What the token endpoint answers to a form.
    async fn exchange(&self, form: Form<'_>) -> (u16, Value) {
        let url = format!("{}/login/oauth2/token", self.fake.url());
        let sent = reqwest::Client::new()
            .post(url)
            .header("user-agent", "tests");
        let sent = sent.header("content-type", "application/x-www-form-urlencoded");
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        Self::answer(sent.body(body)).await
    }

    /// The same, for the code of a key with a secret, with these parameters more.
    async fn redeem(&self, key: &DeveloperKey, code: &str, more: Form<'_>) -> (u16, Value) {
        let secret = key.client_secret.as_deref().unwrap();
        let own = [
            ("client_id", &*key.client_id),
            ("client_secret", secret),
            ("code", code),
        ];
        self.exchange(&[&own, more].concat()).await
    }
}

#[tokio::test]
async fn a_login_takes_a_known_client_and_its_own_address() {
    let place = TestSchool::new().await;
    let key = place.fake.add_key(NewKey::new(CALLBACK));
    let id = ("client_id", &*key.client_id);
    let (kind, to) = (("response_type", "code"), ("redirect_uri", CALLBACK));
    let cases: [(Form<'_>, u16); 6] = [
        (&[id, kind, to], 302),
        (&[kind, to], 401),
        (&[("client_id", ""), kind, to], 401),
        (&[("client_id", "7"), kind, to], 401),
        (
            &[
                id,
                kind,
                ("redirect_uri", "https://elsewhere.example/back?app=1"),
            ],
            400,
        ),
        (&[id, kind], 400),
    ];
    for (params, expected) in cases {
        let (status, found) = place.open_login(params).await;
        assert_eq!(status, expected, "{params:?}: {found}");
        // What is wrong with these is told to the browser, and nothing comes back.
        assert_eq!(
            found.get("at").is_some(),
            status == 302,
            "{params:?}: {found}"
        );
    }
}

#[tokio::test]
async fn a_login_without_a_server_gives_a_token_and_tells_whose() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let key = place.fake.add_key(NewKey::new(CALLBACK));
        let user = place.ids.students[0];
        place.fake.log_in_as(user);
        let params = [
            ("client_id", &*key.client_id),
            ("response_type", "code"),
            ("redirect_uri", OUT_OF_BAND),
        ];
        let (_, found) = place.open_login(&params).await;
        assert_eq!(
            found["at"],
            format!("{}/login/oauth2/auth", place.fake.url())
        );
        let code = found["code"].as_str().unwrap();
        let (status, answer) = place.redeem(&key, code, &[]).await;
        assert_eq!(status, 200);
        let expected = json!({
            "id": user,
            "name": "Ada Moreno",
            "global_id": (10_000_000_000_000 + user.get()).to_string(),
            "effective_locale": "en",
        });
        assert_eq!(answer["user"], expected);
        assert_eq!(
            (&answer["token_type"], &answer["expires_in"]),
            (&json!("Bearer"), &json!(3600))
        );
        // The token is good in a query too.
        let token = answer["access_token"].as_str().unwrap();
        let path = format!("groups/{}?access_token={token}", place.ids.groups[0]);
        let url = format!("{}/api/v1/{path}", place.fake.url());
        let sent = reqwest::Client::new()
            .get(url)
            .header("user-agent", "tests");
        assert_eq!(TestSchool::answer(sent).await.0, 200);
    }
}

#[tokio::test]
async fn a_second_token_ends_the_first_on_demand_alone() {
    let place = TestSchool::new().await;
    let key = place.fake.add_key(NewKey::new(CALLBACK));
    let path = format!("groups/{}", place.ids.groups[0]);
    let mut tokens: Vec<String> = Vec::new();
    // What is sent with the code, and how many of the tokens are good after it.
    for (more, good) in [
        (&[][..], 1),
        (&[], 2),
        (&[("replace_tokens", "0")], 3),
        (&[("replace_tokens", "1")], 1),
    ] {
        let code = place.code_for(&key, &[]).await;
        let (_, answer) = place.redeem(&key, &code, more).await;
        tokens.push(answer["access_token"].as_str().unwrap().to_owned());
        let mut found = 0;
        for token in &tokens {
            let sent = place.raw_with(token, "GET", &path);
            found += usize::from(TestSchool::answer(sent).await.0 == 200);
        }
        assert_eq!(found, good, "{more:?}");
    }
}

#[tokio::test]
async fn a_code_is_used_up_by_a_success_alone() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let [key, other] = [CALLBACK; 2].map(|uri| place.fake.add_key(NewKey::new(uri)));
        let code = place.code_for(&key, &[]).await;
        let wrong = [
            ("client_id", &*key.client_id),
            ("client_secret", "wrong"),
            ("code", &*code),
        ];
        let (status, answer) = place.exchange(&wrong).await;
        assert_eq!((status, &answer["error"]), (401, &json!("invalid_client")));
        let (status, answer) = place.redeem(&other, &code, &[]).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
        // Where it was asked for does not matter here.
        let to = [("redirect_uri", "https://elsewhere.example/")];
        assert_eq!(place.redeem(&key, &code, &to).await.0, 200);
        let (status, answer) = place.redeem(&key, &code, &[]).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    }
}

#[tokio::test]
async fn a_verifier_counts_where_it_is_sent_and_not_on_servers_of_old() {
    let challenge = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let plain = [
        ("code_challenge", VERIFIER),
        ("code_challenge_method", "plain"),
    ];
    // How the login is challenged, the verifier, and the status today and on servers of old.
    let cases: [(Form<'_>, Option<&str>, [u16; 2]); 6] = [
        (&challenge, Some(VERIFIER), [200, 200]),
        (&challenge, Some("wrong"), [400, 200]),
        (&challenge, None, [200, 200]),
        (&plain, Some(VERIFIER), [400, 200]),
        (&[], Some(VERIFIER), [400, 200]),
        (&[], None, [200, 200]),
    ];
    for (old, at) in [(false, 0), (true, 1)] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let key = place.fake.add_key(NewKey::new(CALLBACK));
        for (challenge, verifier, expected) in &cases {
            let code = place.code_for(&key, challenge).await;
            let sent: Vec<_> = verifier
                .map(|it| ("code_verifier", it))
                .into_iter()
                .collect();
            let (status, answer) = place.redeem(&key, &code, &sent).await;
            let case = format!("{challenge:?}, {verifier:?}, old: {old}: {answer}");
            assert_eq!(status, expected[at], "{case}");
        }
        // Without a secret, one needs the verifier, and a server that knows of it.
        let public = place.fake.add_key(NewKey::new(CALLBACK).public());
        for (verifier, expected) in [(None, [401, 401]), (Some(VERIFIER), [200, 401])] {
            let code = place.code_for(&public, &challenge).await;
            let mut form = vec![("client_id", &*public.client_id), ("code", &*code)];
            form.extend(verifier.map(|it| ("code_verifier", it)));
            let (status, answer) = place.exchange(&form).await;
            assert_eq!(status, expected[at], "{verifier:?}, old: {old}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_key_with_scopes_wants_them_named() {
    let scope = "url:GET|/api/v1/groups/:group_id";
    let place = TestSchool::new().await;
    let keys = [
        (
            place.fake.add_key(NewKey::new(CALLBACK).scopes([scope])),
            true,
        ),
        (place.fake.add_key(NewKey::new(CALLBACK)), false),
    ];
    for (key, is_scoped) in keys {
        let more = "url:GET|/api/v1/users/self/groups";
        for (sent, is_known) in [
            (None, false),
            (Some(("scope", "")), false),
            (Some(("scope", scope)), true),
            (Some(("scopes", scope)), true),
            (Some(("scope", more)), false),
        ] {
            let mut params = vec![
                ("client_id", &*key.client_id),
                ("response_type", "code"),
                ("redirect_uri", CALLBACK),
                ("state", "s1"),
            ];
            params.extend(sent);
            let (status, found) = place.open_login(&params).await;
            assert_eq!((status, &found["state"]), (302, &json!("s1")));
            let error = (is_scoped && !is_known).then_some("invalid_scope");
            assert_eq!(found["error"].as_str(), error, "{sent:?}");
            assert_eq!(found["code"].is_string(), error.is_none(), "{sent:?}");
        }
    }
}

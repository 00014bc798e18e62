//! A stand-in for Canvas: a token endpoint and two API routes that know one login.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use canvas_groups::{
    Canvas, GroupId,
    auth::{OAuth, OAuthApp, OAuthAppBuilder, Tokens},
    groups::GetGroup,
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path, path_regex},
};

pub(crate) const CLIENT_ID: &str = "10000000000001";
pub(crate) const SECRET: &str = "s3cret/of+the~key";

/// What the server knows and what it saw.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// The access token that is good now.
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// Whether a renewal replaces the refresh token too.
    pub(crate) rotates: bool,
    /// Dies after this many calls of the API.
    pub(crate) dies_after: Option<usize>,
    pub(crate) token_delay: Duration,
    /// What the token endpoint answers instead of tokens.
    pub(crate) token_failure: Option<ResponseTemplate>,
    /// After this many calls it answers with tokens again.
    pub(crate) mends_after: Option<usize>,
    /// What it says about how long tokens live.
    pub(crate) expires_in: Option<u64>,
    /// The forms that came to the token endpoint.
    pub(crate) forms: Vec<Vec<(String, String)>>,
    /// `token: status` of each call of the API.
    pub(crate) calls: Vec<String>,
    pub(crate) created: usize,
    pub(crate) is_revoked: bool,
}

#[derive(Clone)]
pub(crate) struct School {
    server: Arc<MockServer>,
    books: Arc<Mutex<Books>>,
}

impl School {
    /// The access token `a0` and the refresh token `r0` are good.
    pub(crate) async fn open() -> Self {
        let server = MockServer::start().await;
        let books = Arc::new(Mutex::new(Books {
            access: "a0".into(),
            refresh: "r0".into(),
            expires_in: Some(3600),
            ..Books::default()
        }));
        let tokens = TokenEndpoint(books.clone());
        let token_path = "/login/oauth2/token";
        Mock::given(method("POST"))
            .and(path(token_path))
            .respond_with(tokens)
            .mount(&server)
            .await;
        let revocation = Revocation(books.clone());
        Mock::given(method("DELETE"))
            .and(path(token_path))
            .respond_with(revocation)
            .mount(&server)
            .await;
        let api = Api(books.clone());
        Mock::given(path_regex("^/api/v1/groups(/[0-9]+)?$"))
            .respond_with(api)
            .mount(&server)
            .await;
        let server = Arc::new(server);
        Self { server, books }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    pub(crate) fn app_builder(&self) -> OAuthAppBuilder {
        OAuthApp::canvas(self.url(), CLIENT_ID)
            .client_secret(SECRET)
            .redirect_uri("https://tool.example/back")
            .user_agent("roster-sync/2.1")
    }

    pub(crate) fn app(&self) -> OAuthApp {
        self.app_builder().build().unwrap()
    }

    /// The application of a school whose API is elsewhere.
    pub(crate) fn app_for(&self, api: &str) -> OAuthApp {
        self.app_builder().allow_origin(api).build().unwrap()
    }

    /// The first tokens, which the server takes for another hour.
    pub(crate) fn tokens() -> Tokens {
        Tokens::new("a0").with_refresh_token("r0")
    }

    /// The first tokens, which are over.
    pub(crate) fn old_tokens() -> Tokens {
        Self::tokens().with_expires_at(jiff::Timestamp::now())
    }

    pub(crate) fn canvas(&self, oauth: &OAuth) -> Canvas {
        Canvas::builder(self.url())
            .credentials(oauth.clone())
            .max_in_flight(64)
            .build()
            .unwrap()
    }

    /// Nobody's token is good from now on.
    pub(crate) fn kill_token(&self) {
        self.books().access = "nobody's".into();
    }

    pub(crate) fn token_calls(&self) -> usize {
        self.books().forms.len()
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.books().calls.clone()
    }

    pub(crate) fn calls_with(&self, token: &str) -> usize {
        let start = format!("{token}: ");
        self.books()
            .calls
            .iter()
            .filter(|call| call.starts_with(&start))
            .count()
    }
}

pub(crate) fn get(id: u64) -> GetGroup {
    GetGroup::new(GroupId::new(id))
}

/// A value of a form, if the form has it once.
pub(crate) fn value<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = form.iter().filter(|(key, _)| key == name);
    let value = values.next()?;
    values.next().is_none().then_some(&value.1)
}

struct TokenEndpoint(Arc<Mutex<Books>>);

impl Respond for TokenEndpoint {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut books = self.0.lock().unwrap();
        let form: Vec<_> = url::form_urlencoded::parse(&request.body)
            .into_owned()
            .collect();
        books.forms.push(form.clone());
        if books
            .mends_after
            .is_some_and(|calls| books.forms.len() > calls)
        {
            books.token_failure = None;
        }
        if let Some(failure) = &books.token_failure {
            return failure.clone().set_delay(books.token_delay);
        }
        let refused = |status, error: &str, description: &str| {
            let body = json!({"error": error, "error_description": description});
            ResponseTemplate::new(status).set_body_json(body)
        };
        if value(&form, "client_id") != Some(CLIENT_ID) {
            return refused(401, "invalid_client", "unknown client");
        }
        if value(&form, "client_secret") != Some(SECRET) {
            return refused(401, "invalid_client", "invalid client");
        }
        if value(&form, "grant_type") != Some("refresh_token") {
            return refused(400, "unsupported_grant_type", "not here");
        }
        if value(&form, "refresh_token") != Some(&books.refresh) {
            return refused(400, "invalid_request", "refresh_token not found");
        }
        let number = books.forms.len();
        books.access = format!("a{number}");
        let mut body = json!({
            "access_token": books.access,
            "token_type": "Bearer",
            "user": {"id": 42, "name": "Ada", "global_id": "10000000000042"},
            "canvas_region": "unknown",
        });
        if let Some(seconds) = books.expires_in {
            body["expires_in"] = seconds.into();
        }
        if books.rotates {
            books.refresh = format!("r{number}");
            body["refresh_token"] = books.refresh.clone().into();
        }
        ResponseTemplate::new(200)
            .set_body_json(body)
            .set_delay(books.token_delay)
    }
}

struct Revocation(Arc<Mutex<Books>>);

impl Respond for Revocation {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut books = self.0.lock().unwrap();
        if bearer(request) != Some(&books.access) {
            // Outside the API, Canvas shows a page for people, without a challenge.
            let page = "<!DOCTYPE html><html><body>Unauthorized</body></html>";
            return ResponseTemplate::new(401).set_body_raw(page, "text/html; charset=utf-8");
        }
        books.is_revoked = true;
        books.refresh = "nobody's".into();
        books.access = "nobody's".into();
        ResponseTemplate::new(200).set_body_json(json!({"forward_url": "https://idp.example/out"}))
    }
}

struct Api(Arc<Mutex<Books>>);

impl Respond for Api {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut books = self.0.lock().unwrap();
        let token = bearer(request).unwrap_or("none").to_owned();
        if books
            .dies_after
            .is_some_and(|calls| books.calls.len() == calls)
        {
            books.access = "nobody's".into();
        }
        let is_good = token == books.access;
        books
            .calls
            .push(format!("{token}: {}", if is_good { 200 } else { 401 }));
        if !is_good {
            return unauthenticated();
        }
        let id = request
            .url
            .path()
            .rsplit('/')
            .next()
            .unwrap()
            .parse()
            .unwrap_or(1);
        books.created += usize::from(request.method == "POST");
        ResponseTemplate::new(200).set_body_json(json!({"id": id as u64}))
    }
}

fn bearer(request: &Request) -> Option<&str> {
    request
        .headers
        .get("authorization")?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

pub(crate) fn unauthenticated() -> ResponseTemplate {
    ResponseTemplate::new(401)
        .insert_header("www-authenticate", "Bearer realm=\"canvas-lms\"")
        .set_body_json(json!({"errors": [{"message": "Invalid access token."}]}))
}

//! Trap 18: no secret in anything that people read.

use std::{
    error::Error as _,
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use canvas_groups::{
    Error, GroupId,
    auth::{ClientAuthentication, Credentials, MemoryStore, OAuth, Tokens},
    groups::GetGroup,
};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::school::{SECRET, School};

/// Everything that must not be seen.
const HIDDEN: [&str; 7] = [
    SECRET,
    "s3cret%2Fof%2Bthe%7Ekey",
    "s3cret",
    "c0de-0f-10",
    "acc3ss-t0ken",
    "r3fresh-t0ken",
    "MTAwMDAwMDAwMDAwMDE6",
];

fn assert_clean(text: &str) {
    for secret in HIDDEN {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

fn assert_clean_error(error: &Error) {
    assert_clean(&format!("{error} {error:?} {error:#?} {:?}", error.body()));
    let mut cause = error.source();
    while let Some(error) = cause {
        assert_clean(&format!("{error} {error:?}"));
        cause = error.source();
    }
}

/// Answers with all that it got, in each place that a client reads.
struct Echo {
    status: u16,
}

impl Respond for Echo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let raw = String::from_utf8_lossy(&request.body).into_owned();
        let form = url::form_urlencoded::parse(&request.body);
        let plain: Vec<_> = form
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let header = format!("{:?}", request.headers.get("authorization"));
        let words = format!("{raw} {} {header}", plain.join(" "));
        if self.status == 302 {
            let mut url = url::Url::parse("https://tool.example/back").unwrap();
            url.query_pairs_mut()
                .append_pair("error", &words)
                .append_pair("error_description", &words);
            return ResponseTemplate::new(302).insert_header("location", url.as_str());
        }
        ResponseTemplate::new(self.status).set_body_json(json!({"error": words, "message": words}))
    }
}

#[tokio::test]
async fn trap_18_a_token_endpoint_that_echoes_its_input_puts_no_secret_into_errors() {
    for status in [302, 400, 401, 403, 500, 200] {
        for how in [ClientAuthentication::Body, ClientAuthentication::Basic] {
            let server = MockServer::start().await;
            Mock::given(any())
                .respond_with(Echo { status })
                .mount(&server)
                .await;
            let app = School::open().await.app_builder();
            let app = app
                .token_url(server.uri())
                .client_authentication(how)
                .build()
                .unwrap();
            let (_, pending) = app.login().start().unwrap();
            let error = app
                .exchange(pending.code_by_hand("c0de-0f-10"))
                .await
                .unwrap_err();
            assert_clean_error(&error);
            let verifier = secrecy::ExposeSecret::expose_secret(pending.verifier().unwrap());
            assert!(!format!("{error} {error:?}").contains(verifier));
            let over = Tokens::new("acc3ss-t0ken").with_refresh_token("r3fresh-t0ken");
            let oauth = OAuth::new(app, over.with_expires_at(jiff::Timestamp::now())).unwrap();
            for _ in 0..2 {
                assert_clean_error(&oauth.authorization().await.unwrap_err());
            }
        }
    }
}

/// Secrets that only the server knows, and that it tells without being asked.
#[tokio::test]
async fn a_failed_answer_of_the_token_endpoint_is_quoted_without_anything_that_looks_like_a_token()
{
    let others = [
        "7~aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3r",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk",
        "sh0rt",
    ];
    let told = json!({"access_token": others[2], "refresh_token": others[0]}).to_string();
    let bodies = [
        json!({"error": "invalid_grant", "error_description": format!("seen: {told}")}),
        json!({"error": others[0], "message": others[1]}),
        json!({"errors": [{"message": format!("token {}", others[1])}], "secret": others[2]}),
        json!({"errors": {"base": [told]}}),
        json!(format!("<html>{told} {}</html>", others[1])),
    ];
    // The same with every letter escaped, for JSON or for a web page, and with tags between letters.
    let escaped = |text: &str| -> String {
        let units = text.encode_utf16();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    };
    let page =
        |text: &str| -> String { text.chars().map(|c| format!("&#{};", c as u32)).collect() };
    let tagged = |text: &str| -> String { text.chars().map(|c| format!("<b>{c}</b>")).collect() };
    let (told, long) = (&told, others[1]);
    let spelled = [
        format!(
            r#"{{"error":"invalid_grant","error_description":"{}"}}"#,
            escaped(others[0])
        ),
        format!(
            r#"{{"error":"invalid_grant","error_description":"seen: {}"}}"#,
            escaped(told)
        ),
        format!(r#"{{"errors":[{{"message":"{}"}}]}}"#, escaped(&page(told))),
        format!(
            r#"{{"{}":"{}","error":"x"}}"#,
            escaped("secret"),
            escaped(others[2])
        ),
        r#"{"error":"x","error_description":"secret: \u0073h0rt"}"#.to_owned(),
        format!("<p>{}</p><p>{}</p>", page(long), page(told)),
        format!("<p>{}</p>", tagged(long)),
    ];
    let bodies = bodies.iter().map(ToString::to_string).chain(spelled);
    let bodies: Vec<String> = bodies.collect();
    for status in [200, 302, 400, 401, 403, 404, 500] {
        for body in &bodies {
            let server = MockServer::start().await;
            let mut target = url::Url::parse("https://tool.example/back").unwrap();
            target
                .query_pairs_mut()
                .append_pair("error", others[0])
                .append_pair("error_description", body);
            let answer = ResponseTemplate::new(status)
                .insert_header("location", target.as_str())
                .set_body_raw(body.as_str(), "application/json");
            Mock::given(any()).respond_with(answer).mount(&server).await;
            let app = School::open().await.app_builder().token_url(server.uri());
            let app = app.revocation_url(server.uri()).build().unwrap();
            let code = app.login().start().unwrap().1.code_by_hand("c0de-0f-10");
            let over = Tokens::new("a").with_refresh_token("r");
            let over = over.with_expires_at(jiff::Timestamp::now());
            let oauth = OAuth::new(app.clone(), over).unwrap();
            let mut errors = vec![
                app.exchange(code).await.unwrap_err(),
                oauth.authorization().await.unwrap_err(),
            ];
            errors.extend(oauth.revoke().await.err());
            for error in errors {
                let shown = format!("{error} {error:?} {:?} {:?}", error.body(), error.details());
                for other in others {
                    assert!(!shown.contains(other), "{status}: {other} in {shown}");
                }
            }
        }
    }
}

/// Writes down every event and span, with all fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn note(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut dyn Visit)) {
        let mut visitor = Line(format!("{} {}", metadata.target(), metadata.name()));
        record(&mut visitor);
        writeln!(self.0.lock().unwrap(), "{}", visitor.0).unwrap();
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        self.note(attributes.metadata(), |visitor| attributes.record(visitor));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        self.note(event.metadata(), |visitor| event.record(visitor));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn trap_18_logs_and_debug_outputs_show_no_secret() {
    let log = Log::default();
    // With one subscriber alone, tests on other threads would switch its events off.
    let _second = tracing::Dispatch::new(Log::default());
    let _guard = tracing::subscriber::set_default(log.clone());
    let school = School::open().await;
    school.books().access = "acc3ss-t0ken".into();
    school.books().refresh = "r3fresh-t0ken".into();
    let tokens = Tokens::new("acc3ss-t0ken").with_refresh_token("r3fresh-t0ken");
    let oauth = OAuth::keep(school.app(), &tokens, MemoryStore::new())
        .await
        .unwrap();
    let canvas = school.canvas(&oauth);
    school.kill_token();
    canvas.send(GetGroup::new(GroupId::new(1))).await.unwrap();
    school.kill_token();
    school.books().refresh = "nobody's".into();
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    let error = canvas
        .send(GetGroup::new(GroupId::new(1)))
        .await
        .unwrap_err();
    assert_clean_error(&error);
    assert_clean(&format!(
        "{canvas:?} {oauth:?} {tokens:?} {:?}",
        school.app()
    ));
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("renewing the access token"), "{log}");
    assert!(log.contains("no new access token"), "{log}");
    assert_clean(&log);
}

//! Servers that tell back what they were sent.

use super::*;

/// In which form a body has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Errors,
    OAuth,
    Unicode,
    Text,
    Page,
    /// So long that the text breaks off within it.
    Long,
}

pub(crate) const FORMS: [Form; 6] = [
    Form::Errors,
    Form::OAuth,
    Form::Unicode,
    Form::Text,
    Form::Page,
    Form::Long,
];

pub(crate) const STATUSES: [u16; 8] = [200, 302, 400, 401, 403, 404, 429, 500];

/// All that was sent, raw and decoded.
pub(crate) fn words(request: &Request) -> Vec<String> {
    let mut words = vec![request.url.to_string()];
    let pairs = request.url.query_pairs();
    words.extend(pairs.map(|(name, value)| format!("{name} {value}")));
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        words.push(format!("{name} {value}"));
    }
    let body = String::from_utf8_lossy(&request.body).into_owned();
    if let Ok(Value::Object(members)) = serde_json::from_str(&body) {
        let texts = members.values().filter_map(Value::as_str);
        words.extend(texts.map(str::to_owned));
    } else {
        let pairs = url::form_urlencoded::parse(&request.body).into_owned();
        words.extend(pairs.map(|(name, value)| format!("{name} {value}")));
    }
    words.push(body);
    words
}

/// Answers with what it was sent, in the way that was said last.
#[derive(Clone)]
pub(crate) struct Echo(Arc<Mutex<(u16, Form)>>);

impl Echo {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((200, Form::Text))))
    }

    /// All ways, one after the other, each with its name.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (u16, String)> {
        let ways = STATUSES
            .iter()
            .flat_map(|status| FORMS.map(|form| (*status, form)));
        ways.map(|way| {
            *self.0.lock().unwrap() = way;
            (way.0, format!("{} {:?}", way.0, way.1))
        })
    }
}

impl Respond for Echo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (status, form) = *self.0.lock().unwrap();
        let words = words(request);
        let all = words.join(" ");
        let answer = ResponseTemplate::new(status);
        let answer = match form {
            Form::Errors => {
                let errors: Vec<_> = words
                    .iter()
                    .map(|word| json!({"field": word, "message": word, "error_code": word}))
                    .collect();
                answer.set_body_json(json!({"errors": errors, "status": all}))
            }
            Form::OAuth => answer.set_body_json(json!({
                "error": words.last(), "error_description": all, "access_token": [all],
                "items": [{"id": {"a": all}}], "group_users": [{"id": all}],
            })),
            Form::Unicode => {
                let all = unicode(&all);
                answer.set_body_raw(
                    format!(r#"{{"error":"{all}","message":"{all}"}}"#),
                    "application/json",
                )
            }
            Form::Text => answer.set_body_string(all),
            Form::Page => answer.set_body_string(format!("<html><title>{all}</title>{all}")),
            Form::Long => {
                let filler = "x".repeat(390);
                let all = words.join(&filler).repeat(100);
                answer.set_body_string(format!("{filler}{all}"))
            }
        };
        with_headers(answer, &words)
    }
}

/// Headers that clients read, with all that was sent in them.
pub(crate) fn with_headers(mut answer: ResponseTemplate, words: &[String]) -> ResponseTemplate {
    let all: String = words.join(" ");
    let all: String = all
        .chars()
        .filter(|c| c.is_ascii_graphic() || *c == ' ')
        .collect();
    for name in [
        "x-request-context-id",
        "x-session-id",
        "retry-after",
        "set-cookie",
        "etag",
        "x-rate-limit-remaining",
        "x-request-cost",
        "x-canvas-meta",
    ] {
        answer = answer.insert_header(name, &*all);
    }
    let bearer = format!("Bearer realm=\"canvas-lms\", error_description=\"{all}\"");
    let mut back = url::Url::parse("https://tool.example/back").unwrap();
    back.query_pairs_mut()
        .append_pair("code", &all)
        .append_pair("error", &all)
        .append_pair("error_description", &all);
    answer
        .insert_header("www-authenticate", &*bearer)
        .insert_header("location", back.as_str())
}

pub(crate) async fn echoing() -> (MockServer, Echo) {
    let (server, echo) = (MockServer::start().await, Echo::new());
    let mock = Mock::given(any()).respond_with(echo.clone());
    mock.mount(&server).await;
    (server, echo)
}

/// Takes connections, reads a little and hangs up.
pub(crate) fn rude() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut start = [0; 16];
            std::io::Read::read(&mut stream, &mut start).ok();
            // The head of an answer that never ends.
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").ok();
        }
    });
    url
}

/// Where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// One attempt, and no pause for others after a refusal by the throttle.
pub(crate) fn never() -> RetryPolicy {
    RetryPolicy::never()
        .base_delay(Duration::ZERO)
        .max_delay(Duration::ZERO)
}

pub(crate) fn bearer_of(request: &Request) -> Option<&str> {
    let value = request.headers.get("authorization")?.to_str().ok()?;
    value.strip_prefix("Bearer ")
}

pub(crate) fn unauthenticated(request: &Request) -> ResponseTemplate {
    let answer = ResponseTemplate::new(401).set_body_json(json!({
        "errors": [{"message": format!("Invalid access token. {}", words(request).join(" "))}]
    }));
    with_headers(answer, &words(request))
}

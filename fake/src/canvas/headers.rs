//! The headers that every answer of Canvas has, and how its JSON is written.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, Method, StatusCode, header};

use crate::{
    http_request::HttpRequest,
    reply::{JSON, Reply, ReplyBody},
    secret::random,
};

const CONTEXT_ID: HeaderName = HeaderName::from_static("x-request-context-id");
const META: HeaderName = HeaderName::from_static("x-canvas-meta");
const RUNTIME: HeaderName = HeaderName::from_static("x-runtime");
const USER: HeaderName = HeaderName::from_static("x-canvas-user-id");
const REAL_USER: HeaderName = HeaderName::from_static("x-canvas-real-user-id");

/// What the shard of the school adds to an id that is good everywhere.
pub(crate) const SHARD: u64 = 10_000_000_000_000;

/// Whose rights counted, and who was behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Callers {
    pub(crate) caller: u64,
    pub(crate) behind: u64,
}

impl Callers {
    /// An answer that tells them.
    pub(crate) fn mark(self, reply: Reply) -> Reply {
        let reply = reply.header(USER, &(SHARD + self.caller).to_string());
        match self.behind == self.caller {
            true => reply,
            false => reply.header(REAL_USER, &(SHARD + self.behind).to_string()),
        }
    }
}

/// An answer with the headers that all have. `route` is the method and path of its route.
pub(crate) fn complete(
    reply: Reply,
    request: &HttpRequest,
    route: Option<(&Method, &str)>,
    runtime: Duration,
) -> Reply {
    let mut reply = with_body_tag(escaped(reply), request);
    if let Some((method, path)) = route {
        let (controller, action) = action(method, path);
        let meta = format!("o={controller};n={action};u=0.01;y=0.00;d=0.00;");
        reply = reply.header(META, &meta);
    }
    reply
        .header(CONTEXT_ID, &uuid())
        .header(RUNTIME, &format!("{:.6}", runtime.as_secs_f64()))
        .header(
            header::SET_COOKIE,
            &format!("_csrf_token={}; path=/", random(64)),
        )
}

/// JSON as Rails writes it, so that it does no harm within a page.
fn escaped(mut reply: Reply) -> Reply {
    if let ReplyBody::Json(body) = &reply.body {
        let text = escape(body.to_string());
        reply.body = ReplyBody::Raw(JSON, Bytes::from(text));
    }
    reply
}

fn escape(json: String) -> String {
    let is_odd = |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    if !json.contains(is_odd) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        match is_odd(c) {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
    }
    out
}

/// Says how long the answer is good: not at all, or as long as its tag is the same.
fn with_body_tag(reply: Reply, request: &HttpRequest) -> Reply {
    let policy = match reply.status {
        StatusCode::OK | StatusCode::CREATED => "max-age=0, private, must-revalidate",
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "no-store",
        _ => "no-cache",
    };
    let reply = reply.header(header::CACHE_CONTROL, policy);
    let body = match (&reply.body, reply.status) {
        (
            ReplyBody::Raw(_, body) | ReplyBody::File(_, body),
            StatusCode::OK | StatusCode::CREATED,
        ) => body,
        _ => return reply,
    };
    let tag = tag(body);
    let is_known = *request.verb() == Method::GET
        && request
            .header(header::IF_NONE_MATCH)
            .is_some_and(|known| known == "*" || known.split(',').any(|it| it.trim() == tag));
    let mut reply = reply.header(header::ETAG, &tag);
    if is_known {
        reply.status = StatusCode::NOT_MODIFIED;
        reply.body = ReplyBody::Empty;
    }
    reply
}

fn tag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let one = hasher.finish();
    one.hash(&mut hasher);
    format!("W/\"{one:016x}{:016x}\"", hasher.finish())
}

/// The controller and action of a route, as far as its path tells.
fn action(method: &Method, path: &str) -> (String, &'static str) {
    let mut parts = path.rsplit('/');
    let is_member = path
        .rsplit('/')
        .next()
        .is_some_and(|part| part.starts_with(':'));
    let controller = parts
        .find(|part| !part.starts_with(':'))
        .unwrap_or_default();
    let action = match (method.as_str(), is_member) {
        ("GET", true) => "show",
        ("GET", false) => "index",
        ("PUT", _) => "update",
        ("DELETE", _) => "destroy",
        _ => "create",
    };
    (controller.to_owned(), action)
}

fn uuid() -> String {
    let bits = fastrand::u128(..);
    // Version 4 of the first variant.
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.map(|part| digits.get(part).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_script_is_written_in_numbers() {
        let json = r#"{"a":"<b>&amp;"}"#.to_owned();
        assert_eq!(escape(json), r#"{"a":"\u003cb\u003e\u0026amp;"}"#);
        assert_eq!(escape("\"é\u{2028}\"".to_owned()), "\"é\\u2028\"");
    }
}

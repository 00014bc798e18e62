//! Answers, before they are encoded.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// What a route answers; a refusal is an `Err`, so that it can be handed up with `?`.
pub(crate) type HandlerResult = Result<Reply, Reply>;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: ReplyBody,
}

#[derive(Debug, Clone)]
pub(crate) enum ReplyBody {
    Empty,
    Json(Value),
    /// Bytes of a content type.
    Raw(&'static str, Bytes),
    /// A file with a content type of its own.
    File(String, Bytes),
}

impl Reply {
    pub(crate) fn new(status: StatusCode, body: ReplyBody) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    /// A success with a JSON body.
    pub(crate) fn ok(body: impl Into<Value>) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn json(status: StatusCode, body: impl Into<Value>) -> Self {
        Self::new(status, ReplyBody::Json(body.into()))
    }

    pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Self {
        let text = Bytes::from(text.into());
        Self::new(status, ReplyBody::Raw("text/plain; charset=utf-8", text))
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, ReplyBody::Empty)
    }

    /// A page for browsers, as for all that is outside of the API.
    pub(crate) fn page(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{reason}</title></head>\
             <body><h1>{reason}</h1></body></html>\n"
        );
        Self::new(
            status,
            ReplyBody::Raw("text/html; charset=utf-8", page.into()),
        )
    }

    /// The refusal with one message in a list of errors.
    pub(crate) fn refusal(status: StatusCode, message: &str) -> Self {
        Self::json(status, json!({ "errors": [{ "message": message }] }))
    }

    /// No such record, a deleted one, or one that is hidden.
    pub(crate) fn not_found() -> Self {
        Self::refusal(
            StatusCode::NOT_FOUND,
            "The specified resource does not exist.",
        )
    }

    /// What the checks of a record find wrong with its attributes.
    pub(crate) fn invalid<'a>(faults: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut errors = serde_json::Map::new();
        for (attribute, message) in faults {
            let fault = json!({ "attribute": attribute, "type": message, "message": message });
            let all = errors
                .entry(attribute)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(all) = all {
                all.push(fault);
            }
        }
        Self::json(StatusCode::BAD_REQUEST, json!({ "errors": errors }))
    }

    /// A failure of the application itself.
    pub(crate) fn crash() -> Self {
        Self::json(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({
                "errors": [{
                    "message": "An error occurred.",
                    "error_code": "internal_server_error",
                }],
                "error_report_id": 1,
            }),
        )
    }

    /// The answer of a fault, as it was given: JSON if it is some, else a page of HTML.
    pub(crate) fn faked(status: StatusCode, body: &str) -> Self {
        let content_type = match serde_json::from_str::<IgnoredAny>(body) {
            _ if body.is_empty() => return Self::empty(status),
            Ok(_) => JSON,
            Err(_) => "text/html; charset=utf-8",
        };
        Self::new(status, ReplyBody::Raw(content_type, body.to_owned().into()))
    }

    /// With a header. Values that no header can carry are left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The body as it goes out, with its content type.
    pub(crate) fn bytes(self) -> (StatusCode, Vec<(HeaderName, HeaderValue)>, Bytes) {
        let mut headers = self.headers;
        let (content_type, body) = match self.body {
            ReplyBody::Empty => return (self.status, headers, Bytes::new()),
            ReplyBody::Json(body) => (JSON, body.to_string().into()),
            ReplyBody::Raw(content_type, body) => (content_type, body),
            ReplyBody::File(content_type, body) => {
                let content_type = HeaderValue::try_from(content_type);
                headers.extend(content_type.ok().map(|it| (header::CONTENT_TYPE, it)));
                return (self.status, headers, body);
            }
        };
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static(content_type)));
        (self.status, headers, body)
    }
}

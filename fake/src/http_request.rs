//! An HTTP request, with its body parsed.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::{percent_decode, percent_decode_str};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::params::{self, Params};

/// A request, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    /// As it was sent, escaped.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What the body's parts or pairs say, by its content type.
    pub(crate) parsed: ParsedBody,
    /// Whether the body does not match its content type, or the body or the query is not encoded
    /// as it should be, or a name in it is nested too deep.
    pub(crate) is_broken: bool,
}

/// A body, read by its content type.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParsedBody {
    pub(crate) params: Params,
    pub(crate) json: Option<Value>,
    pub(crate) files: Vec<FilePart>,
    /// Whether a file is the last of its parts.
    pub(crate) ends_with_file: bool,
    /// Whether it should be JSON and is none.
    pub(crate) is_unreadable_json: bool,
}

/// A file in a multipart body.
#[derive(Debug, Clone)]
pub(crate) struct FilePart {
    pub(crate) part: String,
    pub(crate) name: String,
    pub(crate) content_type: Option<String>,
    pub(crate) data: Bytes,
}

impl HttpRequest {
    pub(crate) async fn read(parts: http::request::Parts, body: Bytes) -> Self {
        let (parsed, is_broken) = ParsedBody::read(&parts.headers, &body).await;
        let query = parts.uri.query().unwrap_or_default();
        let is_broken = is_broken || is_broken_form(query.as_bytes());
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            body,
            parsed,
            is_broken,
        }
    }

    /// What a browser sends for an address.
    pub(crate) fn of_browser(url: &Url) -> Self {
        let agent = HeaderValue::from_static("a browser");
        Self {
            method: Method::GET,
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
            headers: HeaderMap::from_iter([(header::USER_AGENT, agent)]),
            body: Bytes::new(),
            parsed: ParsedBody::default(),
            is_broken: is_broken_form(url.query().unwrap_or_default().as_bytes()),
        }
    }

    /// The method that routes are found by. HEAD is served as GET, without the body.
    pub(crate) fn verb(&self) -> &Method {
        match self.method {
            Method::HEAD => &Method::GET,
            ref method => method,
        }
    }

    pub(crate) fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        self.headers.get(name.into())?.to_str().ok()
    }

    /// The path as routes see it: several slashes in a row are one, and one at the end is none.
    pub(crate) fn route_path(&self) -> Cow<'_, str> {
        if !self.path.contains("//") && !self.path.ends_with('/') {
            return Cow::Borrowed(&self.path);
        }
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        Cow::Owned(parts.flat_map(|part| ["/", part]).collect())
    }

    /// The unescaped segments below `root`; `None` if the path is elsewhere.
    pub(crate) fn segments(&self, root: &str) -> Option<Vec<String>> {
        let path = self.route_path();
        let segments = path.strip_prefix(root)?.split('/');
        let mut segments: Vec<String> = segments
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        if let Some(last) = segments.last_mut() {
            // The ending names a format, which is JSON in any case.
            *last = last.strip_suffix(".json").unwrap_or(last).to_owned();
        }
        Some(segments)
    }

    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).into_owned()
    }

    /// A parameter of the query; of several with one name, the last.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let named = self.query_pairs().filter(|(key, _)| key == name);
        named.last().map(|(_, value)| value)
    }

    /// Query and body in one set; the query wins.
    pub(crate) fn params(&self) -> Params {
        let mut params = self.parsed.params.clone();
        params.overlay(Params::of_pairs(self.query_pairs()));
        params
    }
}

impl ParsedBody {
    /// Reads a body, and says whether it is broken.
    async fn read(headers: &HeaderMap, body: &Bytes) -> (Self, bool) {
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        if content_type.starts_with("application/json") && !body.is_empty() {
            let json = serde_json::from_slice::<Value>(body).ok();
            let is_broken = json.is_none();
            let parsed = Self {
                params: json.clone().map(Params::of_json).unwrap_or_default(),
                json,
                is_unreadable_json: is_broken,
                ..Self::default()
            };
            return (parsed, is_broken);
        }
        // A body of no type is a form.
        if content_type.is_empty() || content_type.starts_with("application/x-www-form-urlencoded")
        {
            let parsed = Self {
                params: Params::of_pairs(form_urlencoded::parse(body).into_owned()),
                ..Self::default()
            };
            return (parsed, is_broken_form(body));
        }
        match multer::parse_boundary(&content_type) {
            Ok(boundary) => Self::multipart(body.clone(), boundary).await,
            Err(_) => (Self::default(), false),
        }
    }

    async fn multipart(body: Bytes, boundary: String) -> (Self, bool) {
        let whole = futures::stream::iter([Ok::<_, std::io::Error>(body)]);
        let mut parts = multer::Multipart::new(whole, boundary);
        let (mut pairs, mut files, mut is_broken) = (Vec::new(), Vec::new(), false);
        let mut ends_with_file = false;
        loop {
            let part = match parts.next_field().await {
                Ok(Some(part)) => part,
                Ok(None) => break,
                Err(_) => {
                    is_broken = true;
                    break;
                }
            };
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let content_type = part.content_type().map(ToString::to_string);
            ends_with_file = file_name.is_some();
            is_broken |= params::is_too_deep(&name);
            let Ok(data) = part.bytes().await else {
                is_broken = true;
                break;
            };
            match file_name {
                Some(file_name) => files.push(FilePart {
                    part: name,
                    name: file_name,
                    content_type,
                    data,
                }),
                None => {
                    is_broken |= std::str::from_utf8(&data).is_err();
                    pairs.push((name, String::from_utf8_lossy(&data).into_owned()));
                }
            }
        }
        let parsed = Self {
            params: Params::of_pairs(pairs),
            files,
            ends_with_file,
            ..Self::default()
        };
        (parsed, is_broken)
    }
}

/// Whether a query or form has an escape that is none, a text that is not UTF-8, or a name that is
/// nested too deep.
fn is_broken_form(form: &[u8]) -> bool {
    let mut parts = form.split(|byte| *byte == b'%').skip(1);
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    parts.any(|part| !is_digit(part.first()) || !is_digit(part.get(1)))
        || percent_decode(form).decode_utf8().is_err()
        || form_urlencoded::parse(form).any(|(name, _)| params::is_too_deep(&name))
}

//! One attempt: credentials, sending, reading, and what the answer means.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    Answer, CallOptions, Target, Transport, after, answer::request_id, is_safe,
    no_credentials_in_time, redact::Secrets, throttle::Meter,
};
use crate::{
    auth::{Authorization, Place},
    error::{Diagnosis, Error, ErrorKind, Result},
};

/// How much of a failed answer's body is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Why an attempt failed.
pub(super) struct Failure {
    pub(super) error: Error,
    /// The credentials that were sent.
    pub(super) used: Option<Authorization>,
    /// What the answer said of the quota.
    pub(super) meter: Meter,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            used: None,
            meter: Meter::default(),
        }
    }
}

impl Transport {
    /// Sends a request once. Ends by itself at the attempt's timeout or the call's deadline.
    pub(super) async fn attempt(
        &self,
        target: &Target,
        options: &CallOptions,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let end = deadline.min(after(Instant::now(), options.attempt_timeout));
        let used = timeout_at(end, self.credentials.authorization())
            .await
            .unwrap_or_else(|_| Err(no_credentials_in_time()))
            .map_err(Error::not_sent)?;
        let outcome = self.exchange(target, &used, end).await;
        outcome.map_err(|failure| Failure {
            used: Some(used),
            ..failure
        })
    }

    async fn exchange(
        &self,
        target: &Target,
        used: &Authorization,
        end: Instant,
    ) -> Result<Answer, Failure> {
        let secrets = Secrets::new(used.echoes());
        let sending = self.http.execute(request(target, used)?);
        let mut response = match timeout_at(end, sending).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                return Err(not_sent_or_lost(error, &target.url, &target.method).into());
            }
            Err(_) => return Err(timed_out(&target.method).into()),
        };
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        if status.is_success() {
            let body = match timeout_at(end, read_body(&mut response, self.max_body)).await {
                Ok(Ok(body)) => body,
                outcome => {
                    let error = match outcome {
                        Ok(Err(error)) => lost_body(error, &target.method),
                        _ => timed_out(&target.method),
                    };
                    let error = error.with_answer_headers(request_id(&headers), None);
                    return Err(error.with_status(status).into());
                }
            };
            return Ok(Answer {
                status,
                headers,
                body,
                url: target.url.clone(),
                root: self.root.clone(),
                route: target.route,
                request: target.line(),
                is_write: !is_safe(&target.method),
                attempts: 0,
                elapsed: Duration::ZERO,
                sent: target.body.as_ref().map(|(_, bytes)| bytes.clone()),
                secrets,
            });
        }
        let body = read_start(&mut response, end).await;
        let unknown = status.is_server_error() && !is_safe(&target.method);
        let error = classify(status, &headers, &secrets.scrub(&body), self.challenges)
            .with_outcome_unknown(unknown);
        Err(Failure {
            error: error.scrubbed(|text| secrets.cleaned(text)),
            used: None,
            meter: Meter::of(&headers),
        })
    }
}

/// The request with its credentials in it. From here on it is shown to nobody.
fn request(target: &Target, used: &Authorization) -> Result<reqwest::Request> {
    let mut request = reqwest::Request::new(target.method.clone(), target.url.clone());
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut body = None;
    if let Some((content_type, bytes)) = &target.body {
        if let Ok(content_type) = HeaderValue::from_str(content_type) {
            headers.insert(CONTENT_TYPE, content_type);
        }
        body = Some(bytes.clone());
    }
    let secret = used.secret().expose_secret();
    match used.place() {
        Place::Header(name, value) => {
            headers.insert(name, value.clone());
        }
        Place::Query(name) => {
            let mut pairs = request.url_mut().query_pairs_mut();
            pairs.append_pair(name, secret);
        }
        Place::Body(name) => body = Some(with_member(body.as_ref(), name, secret)?),
    }
    *request.body_mut() = body.map(Into::into);
    Ok(request)
}

/// A JSON object with one more member.
fn with_member(body: Option<&Bytes>, name: &str, secret: &str) -> Result<Bytes> {
    let no_room = || {
        Error::request_invalid(
            "the credentials go into the JSON body, and this request has none that is an object: \
             send them in a header, a cookie or the query",
        )
    };
    let body = body.ok_or_else(no_room)?;
    let mut members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| no_room())?;
    members.insert(name.to_owned(), secret.into());
    let whole = serde_json::to_vec(&members).map_err(|_| no_room())?;
    Ok(whole.into())
}

/// What kept a body from being read to its end.
pub(super) enum BodyError {
    TooLarge(usize),
    Broken(reqwest::Error),
}

/// Reads a body of at most `limit` bytes, counted after decompression.
pub(super) async fn read_body(
    response: &mut reqwest::Response,
    limit: usize,
) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    let mut whole = Bytes::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if whole.len() + body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        if whole.is_empty() && body.is_empty() {
            whole = chunk;
            continue;
        }
        body.extend_from_slice(&std::mem::take(&mut whole));
        body.extend_from_slice(&chunk);
    }
    Ok(if body.is_empty() {
        whole
    } else {
        body.freeze()
    })
}

/// Reads what can be had of a failed answer's body. The status counts, whatever the body does.
pub(super) async fn read_start(response: &mut reqwest::Response, end: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY {
        match timeout_at(end, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    body.truncate(MAX_ERROR_BODY);
    body
}

pub(super) fn timed_out(method: &Method) -> Error {
    Error::new(
        ErrorKind::Timeout,
        "no complete answer within the time limit",
    )
    .with_outcome_unknown(!is_safe(method))
    .with_may_have_run()
}

pub(super) fn not_sent_or_lost(error: reqwest::Error, url: &Url, method: &Method) -> Error {
    let error = error.without_url();
    if error.is_builder() {
        return Error::request_invalid("the address cannot be sent: it may be too long")
            .with_source(error);
    }
    if error.is_connect() {
        let server = url.origin().ascii_serialization();
        let message = format!("no connection to {server}");
        return Error::new(ErrorKind::Connect, message).with_source(error);
    }
    Error::new(
        ErrorKind::Interrupted,
        "the connection broke before the answer came",
    )
    .with_outcome_unknown(!is_safe(method))
    .with_may_have_run()
    .with_source(error)
}

pub(super) fn lost_body(error: BodyError, method: &Method) -> Error {
    match error {
        BodyError::TooLarge(limit) => Error::new(
            ErrorKind::TooLarge,
            format!("the answer has more than the {limit} bytes allowed"),
        ),
        BodyError::Broken(error) => Error::new(
            ErrorKind::Interrupted,
            "the connection broke within the answer",
        )
        .with_may_have_run()
        .with_source(error.without_url()),
    }
    .with_outcome_unknown(!is_safe(method))
}

/// What an answer without success means. Decided by status, headers and shape: texts may be
/// translated, but for those of the token check and the throttle.
pub(super) fn classify(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    challenges: bool,
) -> Error {
    let diagnosis = Diagnosis::of(body);
    let kind = match status.as_u16() {
        300..=399 if headers.contains_key(LOCATION) => return redirected(status, headers),
        401 if !challenges || is_challenged(headers) => ErrorKind::Authentication,
        401 if diagnosis.says("Insufficient scopes on access token.") => ErrorKind::Scope,
        401 if diagnosis.errors_is_text => ErrorKind::Masquerade,
        401 => ErrorKind::Forbidden,
        403 if diagnosis.mentions("rate limit exceeded") => ErrorKind::Throttled,
        403 if diagnosis.mentions("user agent") || diagnosis.mentions("user-agent") => {
            ErrorKind::UserAgent
        }
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        400 | 422 => ErrorKind::Invalid,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Status,
    };
    let error = Error::answered(kind, status, diagnosis)
        .with_answer_headers(request_id(headers), retry_after(headers, SystemTime::now()));
    match kind {
        ErrorKind::Server => error.with_may_have_run(),
        _ => error,
    }
}

/// Names where the answer points, but neither path nor query: they may hold secrets.
fn redirected(status: StatusCode, headers: &HeaderMap) -> Error {
    let origin = headers.get(LOCATION).and_then(|location| {
        let url = url::Url::parse(location.to_str().ok()?).ok()?;
        Some(url.origin().ascii_serialization())
    });
    let place = origin.as_deref().unwrap_or("another path of the same host");
    Error::new(ErrorKind::Redirect, format!("redirected to {place}"))
        .with_status(status)
        .with_answer_headers(request_id(headers), None)
}

/// Whether a 401 is about the token itself. Without a challenge it is about a permission.
fn is_challenged(headers: &HeaderMap) -> bool {
    let mut challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    challenges.any(|value| {
        let scheme = value.as_bytes().get(..6).unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer")
    })
}

/// The wait that the server asks for: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(
        SystemTime::from(date)
            .duration_since(now)
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers<'a> = &'a [(&'static str, &'a str)];

    fn kind(status: u16, headers: Headers<'_>, body: &str) -> ErrorKind {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        classify(status, &map, body.as_bytes(), true).kind()
    }

    #[test]
    fn what_an_answer_means_as_a_table() {
        let bearer = [("www-authenticate", "Bearer realm=\"canvas-lms\"")];
        let token = r#"{"errors":[{"message":"Invalid access token."}]}"#;
        let scope = r#"{"errors":[{"message":"Insufficient scopes on access token."}]}"#;
        let refused = r#"{"status":"unauthorized","errors":[{"message":"kein Zugriff"}]}"#;
        let masquerade = r#"{"errors":"Invalid as_user_id"}"#;
        let agent = r#"{"error":"Forbidden","message":"send a valid user agent."}"#;
        let to = [("location", "https://other.example/x?token=1")];
        let cases: &[(u16, Headers<'_>, &str, ErrorKind)] = &[
            (401, &bearer, token, ErrorKind::Authentication),
            (
                401,
                &[("www-authenticate", "Canvas OAuth 2.0")],
                token,
                ErrorKind::Forbidden,
            ),
            (401, &[], scope, ErrorKind::Scope),
            (401, &[], masquerade, ErrorKind::Masquerade),
            (401, &[], refused, ErrorKind::Forbidden),
            (403, &[], refused, ErrorKind::Forbidden),
            (
                403,
                &[],
                "403 Forbidden (Rate Limit Exceeded)\n",
                ErrorKind::Throttled,
            ),
            (403, &[], agent, ErrorKind::UserAgent),
            (429, &[], "<html>slow down</html>", ErrorKind::Throttled),
            (404, &[], "", ErrorKind::NotFound),
            (400, &[], "{}", ErrorKind::Invalid),
            (422, &[], "{}", ErrorKind::Invalid),
            (409, &[], "{}", ErrorKind::Conflict),
            (502, &[], "<html>", ErrorKind::Server),
            (302, &to, "", ErrorKind::Redirect),
            (304, &[], "", ErrorKind::Status),
            (418, &[], "", ErrorKind::Status),
        ];
        for (status, headers, body, expected) in cases {
            assert_eq!(kind(*status, headers, body), *expected, "{status} {body}");
        }
    }

    #[test]
    fn trap_20_no_meaning_is_read_from_texts_that_are_translated() {
        // The same words in another place, and other words in this place, change nothing.
        let moved = r#"{"errors":[{"message":"not found"}],"status":"unauthenticated"}"#;
        assert_eq!(kind(403, &[], moved), ErrorKind::Forbidden);
        assert_eq!(kind(401, &[], moved), ErrorKind::Forbidden);
        assert_eq!(
            kind(404, &[], r#"{"message":"nicht erlaubt"}"#),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn where_there_are_no_challenges_every_401_is_about_the_credentials() {
        let refused = br#"{"statusCode":401,"error":"Unauthorized","message":"no session"}"#;
        let kind = |body, challenges| {
            classify(
                StatusCode::UNAUTHORIZED,
                &HeaderMap::new(),
                body,
                challenges,
            )
            .kind()
        };
        assert_eq!(kind(refused, false), ErrorKind::Authentication);
        assert_eq!(kind(b"", false), ErrorKind::Authentication);
        assert_eq!(kind(refused, true), ErrorKind::Forbidden);
    }

    #[test]
    fn a_secret_is_added_to_a_json_object_alone() {
        let with = |body: Option<&'static [u8]>| {
            with_member(body.map(Bytes::from_static).as_ref(), "sessionId", "a\"b")
        };
        assert_eq!(with(Some(b"{}")).unwrap(), r#"{"sessionId":"a\"b"}"#);
        assert_eq!(
            with(Some(br#"{"name":"x"}"#)).unwrap(),
            r#"{"name":"x","sessionId":"a\"b"}"#
        );
        for body in [None, Some(&b"[1]"[..]), Some(b"name,id"), Some(b"")] {
            assert_eq!(with(body).unwrap_err().kind(), ErrorKind::Request);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_470);
        let wait = |value| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            retry_after(&headers, now)
        };
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            wait("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(wait("Wed, 21 Oct 2015 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
    }
}

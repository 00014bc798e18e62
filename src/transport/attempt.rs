//! One attempt: credentials, sending, reading, and what the answer means.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{
    HeaderValue,
    header::{ACCEPT, CONTENT_TYPE},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    Answer, CallOptions, Target, Transport, answer::request_id, classify::classify,
    no_credentials_in_time, redact::Secrets, saturating_add, throttle::QuotaHeaders,
};
use crate::{
    credentials::{Authorization, SecretSlot},
    error::{Error, ErrorKind, Result},
};

/// How much of a failed answer's body is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// Why an attempt failed.
pub(super) struct FailedAttempt {
    pub(super) error: Error,
    /// The credentials that were sent.
    pub(super) used: Option<Authorization>,
    /// What the answer said of the quota.
    pub(super) quota: QuotaHeaders,
}

impl From<Error> for FailedAttempt {
    fn from(error: Error) -> Self {
        Self {
            error,
            used: None,
            quota: QuotaHeaders::default(),
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
    ) -> Result<Answer, FailedAttempt> {
        let end = deadline.min(saturating_add(Instant::now(), options.attempt_timeout));
        let used = timeout_at(end, self.credentials.authorization())
            .await
            .unwrap_or_else(|_| Err(no_credentials_in_time()))
            .map_err(Error::not_sent)?;
        let outcome = self.exchange(target, &used, end).await;
        outcome.map_err(|failure| FailedAttempt {
            used: Some(used),
            ..failure
        })
    }

    async fn exchange(
        &self,
        target: &Target,
        used: &Authorization,
        end: Instant,
    ) -> Result<Answer, FailedAttempt> {
        let secrets = Secrets::new(vec![used.secret().clone()]);
        let mut request = request(target, used)?;
        request.headers_mut().extend((*self.headers).clone());
        let sending = self.http.execute(request);
        let mut response = match timeout_at(end, sending).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                return Err(not_sent_or_lost(error, &target.url).into());
            }
            Err(_) => return Err(timed_out().into()),
        };
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        if status.is_success() {
            let body = match timeout_at(end, read_body(&mut response, self.max_body)).await {
                Ok(Ok(body)) => body,
                outcome => {
                    let error = match outcome {
                        Ok(Err(error)) => lost_body(error),
                        _ => timed_out(),
                    };
                    let error = error.with_answer_headers(request_id(&headers), None);
                    return Err(FailedAttempt {
                        error: error.with_status(status),
                        used: None,
                        quota: QuotaHeaders::of(&headers),
                    });
                }
            };
            let answer = Answer {
                status,
                headers,
                body,
                url: target.url.clone(),
                root: self.root.clone(),
                route: target.route,
                request: target.line(),
                method: target.method.clone(),
                attempts: 0,
                elapsed: Duration::ZERO,
                sent: target.body.as_ref().map(|(_, bytes)| bytes.clone()),
                secrets,
            };
            if let Some(error) = answer.not_json() {
                return Err(FailedAttempt {
                    error,
                    used: None,
                    quota: QuotaHeaders::of(&answer.headers),
                });
            }
            return Ok(answer);
        }
        let body = read_start(&mut response, end).await;
        let error = classify(
            &target.url,
            status,
            &headers,
            &secrets.scrub(&body),
            self.challenges,
        );
        Err(FailedAttempt {
            error: error.scrubbed(|text| secrets.cleaned(text)),
            used: None,
            quota: QuotaHeaders::of(&headers),
        })
    }
}

/// The request with its credentials in it. From here on it must not be logged.
fn request(target: &Target, used: &Authorization) -> Result<reqwest::Request> {
    let mut request = reqwest::Request::new(target.method.clone(), target.url.clone());
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut body = None;
    if let Some((content_type, bytes)) = &target.body {
        let content_type = HeaderValue::from_str(content_type).map_err(|_| {
            Error::request_invalid("the content type of the request is not a valid one")
        })?;
        headers.insert(CONTENT_TYPE, content_type);
        body = Some(bytes.clone());
    }
    let secret = used.secret().expose_secret();
    match used.slot() {
        SecretSlot::Header(name, value) => {
            headers.insert(name, value.clone());
        }
        SecretSlot::Query(name) => {
            let mut pairs = request.url_mut().query_pairs_mut();
            pairs.append_pair(name, secret);
        }
        SecretSlot::Body(name) => body = Some(with_member(body.as_ref(), name, secret)?),
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

/// Why a body could not be read to its end.
pub(super) enum BodyError {
    TooLarge(usize),
    Broken(reqwest::Error),
}

/// Reads a body of at most `limit` bytes, counted saturating_add decompression.
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

/// Reads as much of a failed answer's body as there is. What counts is the status, even if the body
/// cannot be read.
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

pub(super) fn timed_out() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "no complete answer within the time limit",
    )
    .with_may_have_run(true)
}

pub(super) fn not_sent_or_lost(error: reqwest::Error, url: &Url) -> Error {
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
    .with_may_have_run(true)
    .with_source(error)
}

pub(super) fn lost_body(error: BodyError) -> Error {
    match error {
        BodyError::TooLarge(limit) => Error::new(
            ErrorKind::TooLarge,
            format!("the answer has more than the {limit} bytes allowed"),
        ),
        BodyError::Broken(error) => Error::new(
            ErrorKind::Interrupted,
            "the connection broke within the answer",
        )
        .with_source(error.without_url()),
    }
    .with_may_have_run(true)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

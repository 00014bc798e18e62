//! One attempt: credentials, sending, reading, and what the answer means.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tokio::time::timeout_at;

use super::{
    Answer, Target, Transport,
    answer::request_id,
    body::{Coding, read_body, read_start},
    classify::classify,
    connection::not_sent_or_lost,
    no_credentials_in_time,
    redact::Secrets,
    throttle::{Permit, QuotaHeaders},
    time_limit::TimeLimit,
};
use crate::{
    credentials::{Authorization, SecretSlot},
    error::{Error, Result},
};

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
        limit: TimeLimit,
        permit: &mut Permit<'_>,
    ) -> Result<Answer, FailedAttempt> {
        let used = match target.is_open {
            true => Authorization::none(),
            false => timeout_at(limit.end, self.credentials.authorization())
                .await
                .unwrap_or_else(|_| Err(no_credentials_in_time()))
                .map_err(Error::not_sent)?,
        };
        self.remember(&used);
        let outcome = self.exchange(target, &used, limit, permit).await;
        outcome.map_err(|failure| FailedAttempt {
            used: Some(used),
            ..failure
        })
    }

    async fn exchange(
        &self,
        target: &Target,
        used: &Authorization,
        limit: TimeLimit,
        permit: &mut Permit<'_>,
    ) -> Result<Answer, FailedAttempt> {
        let mut secrets = Secrets::new(vec![used.secret().clone()]);
        secrets.extend(&self.of_network, usize::MAX);
        let mut request = request(target, used)?;
        if !self.headers.is_empty() {
            request.headers_mut().extend((*self.headers).clone());
        }
        permit.sends();
        let sending = self.http.execute(request);
        let mut response = match timeout_at(limit.end, sending).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let server = target.url.origin().ascii_serialization();
                return Err(not_sent_or_lost(error, &server).into());
            }
            Err(_) => return Err(limit.exceeded().into()),
        };
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let coding = Coding::of(&headers);
        if status.is_success() {
            // Where the body does not matter, neither does how it is encoded.
            let coding = match target.route.successes {
                Some(_) => coding,
                None => Coding::Plain,
            };
            let reading = read_body(&mut response, &coding, self.max_body);
            let body = match timeout_at(limit.end, reading).await {
                Ok(Ok(body)) => body,
                outcome => {
                    let error = match outcome {
                        Ok(Err(error)) => Error::from(error),
                        _ => limit.exceeded(),
                    };
                    let error = error.with_answer_headers(request_id(&headers), None);
                    return Err(FailedAttempt {
                        error: secrets.hidden_in(error.with_status(status)),
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
            if let Some(error) = answer.unexpected_status().or_else(|| answer.not_json()) {
                return Err(FailedAttempt {
                    error,
                    used: None,
                    quota: QuotaHeaders::of(&answer.headers),
                });
            }
            return Ok(answer);
        }
        let body = read_start(&mut response, &coding, limit.end).await;
        let error = classify(
            &target.url,
            status,
            &headers,
            &secrets.scrub(&body),
            self.challenges,
        );
        Err(FailedAttempt {
            error: secrets.hidden_in(error),
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
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
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
        SecretSlot::Nowhere => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

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

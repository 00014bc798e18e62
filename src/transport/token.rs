//! Calls to the token endpoint of an authorization server: one attempt each, without the
//! credentials, the throttle gate and the retries of a client.

#[cfg(all(test, target_os = "linux"))]
mod memory;
mod token_like;

use std::{borrow::Cow, fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION},
};
use secrecy::zeroize::{Zeroize, Zeroizing};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::{Url, form_urlencoded};

use super::{
    HttpSettings,
    body::{BodyError, Coding, Gunzip, read_start},
    classify::classify,
    connection::not_sent_or_lost,
    redact::Secrets,
    runtime,
    time_limit::TimeLimit,
};
use crate::error::{Diagnosis, Error, ErrorKind, Result};

/// The answers have a few hundred bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The body of an answer with tokens in it, which is overwritten when it is dropped.
pub(crate) type SecretBody = Zeroizing<Vec<u8>>;

/// Sends requests to token endpoints. Keeps no cookies and follows no redirects.
pub(crate) struct TokenClient {
    http: reqwest::Client,
    headers: HeaderMap,
    /// The secrets among these, and those for the proxy.
    of_network: Secrets,
    timeout: Duration,
}

/// A request to a token endpoint.
pub(crate) struct TokenCall<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    /// The value of the `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) form: &'a [(&'a str, &'a str)],
    /// What must not appear in an error.
    pub(crate) secrets: Secrets,
}

/// Why there is no token: the error, and its code if it is one of OAuth's answers.
pub(crate) struct TokenError {
    pub(crate) error: Error,
    pub(crate) code: Option<String>,
}

impl TokenClient {
    pub(crate) fn new(settings: &HttpSettings, timeout: Duration, url: &Url) -> Result<Self> {
        Ok(Self {
            http: settings.client(url, 1)?,
            headers: settings.network.headers()?,
            of_network: settings.network.secrets(),
            timeout,
        })
    }

    /// Sends a request once and returns the status and the body of its success.
    pub(crate) async fn send(
        &self,
        call: &TokenCall<'_>,
    ) -> Result<(StatusCode, SecretBody), TokenError> {
        let started = Instant::now();
        let outcome = self.exchange(call).await;
        let mut secrets = call.secrets.clone();
        secrets.extend(&self.of_network, usize::MAX);
        outcome.map_err(|error| TokenError {
            error: secrets.hidden_in(
                error
                    .error
                    .of_call(&call.method, call.line())
                    .with_attempts(1, started.elapsed()),
            ),
            code: error.code,
        })
    }

    async fn exchange(&self, call: &TokenCall<'_>) -> Result<(StatusCode, SecretBody), TokenError> {
        runtime()?;
        let limit = TimeLimit::of_token_request(self.timeout);
        let mut request = call.request();
        request.headers_mut().extend(self.headers.clone());
        let mut response = match timeout_at(limit.end, self.http.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let server = call.url.origin().ascii_serialization();
                return Err(not_sent_or_lost(error, &server).into());
            }
            Err(_) => return Err(limit.exceeded().into()),
        };
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let coding = Coding::of(&headers);
        if status.is_success() {
            return match timeout_at(limit.end, read_secret(&mut response, coding)).await {
                Ok(Ok(body)) => Ok((status, body)),
                Ok(Err(error)) => Err(Error::from(error).with_status(status).into()),
                Err(_) => Err(limit.exceeded().with_status(status).into()),
            };
        }
        let body = read_start(&mut response, &coding, limit.end).await;
        Err(call.token_error(status, &headers, &body))
    }
}

impl fmt::Debug for TokenClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenClient")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl TokenCall<'_> {
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    fn request(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(value) = &self.authorization {
            let mut value = value.clone();
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        if self.method == Method::POST {
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            );
            *request.body_mut() = Some(self.body().into());
        }
        request
    }

    /// The form, which is overwritten once it was sent.
    fn body(&self) -> Bytes {
        // Room for all of it, with every character escaped: growing would leave copies behind.
        let room = |(name, value): &(&str, &str)| 3 * (name.len() + value.len()) + 2;
        let text = String::with_capacity(self.form.iter().map(room).sum());
        let mut form = form_urlencoded::Serializer::new(text);
        form.extend_pairs(self.form);
        Bytes::from_owner(Zeroizing::new(form.finish().into_bytes()))
    }

    fn token_error(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> TokenError {
        if let Some((code, description)) = self.error_in_location(status, headers) {
            let diagnosis = Diagnosis::coded(code.clone(), description);
            return TokenError {
                error: Error::answered(ErrorKind::Invalid, status, diagnosis),
                code: Some(code),
            };
        }
        let body = self.clean(body);
        // Outside of the API no challenge tells a dead token from a missing permission, and a
        // token needs no permission to be revoked.
        let error = classify(self.url, status, headers, &body, false);
        let error = match status {
            StatusCode::REQUEST_TIMEOUT => error.with_kind(ErrorKind::Timeout),
            _ => error,
        };
        // A page without its tags, or a text within a text, may say more than the body did.
        let error = error.said_without(token_like::cleaned);
        // The body of a redirect is the word of whatever stands on the way.
        let code = match status.is_redirection() {
            true => None,
            false => code_in_body(&body),
        };
        TokenError {
            error: self.secrets.hidden_in(error),
            code,
        }
    }

    /// What the server said, without the secrets that were sent and without anything that looks
    /// like a token: it may be one that only the server knew.
    fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        match self.secrets.scrub(text) {
            Cow::Borrowed(text) => token_like::without(text),
            Cow::Owned(text) => Cow::Owned(token_like::without(&text).into_owned()),
        }
    }

    /// Some versions of Canvas answer a failed exchange with a 302 to the `redirect_uri` of the form,
    /// with the error in its query. A redirect to anywhere else may be that of a portal, whose own
    /// login can have an `error` too.
    fn error_in_location(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<(String, Option<String>)> {
        let location = headers
            .get(LOCATION)
            .filter(|_| status == StatusCode::FOUND)?;
        let url = self.url.join(location.to_str().ok()?).ok()?;
        let mut form = self.form.iter();
        let (_, own) = form.find(|(name, _)| *name == "redirect_uri")?;
        if without_query(url.clone()) != without_query(Url::parse(own).ok()?) {
            return None;
        }
        let value = |name: &str| {
            let (_, value) = url.query_pairs().find(|(key, _)| key == name)?;
            let clean = self.clean(value.as_bytes());
            Some(String::from_utf8_lossy(&clean).into_owned())
        };
        Some((value("error")?, value("error_description")))
    }
}

fn without_query(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    url
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        Self { error, code: None }
    }
}

/// Reads a body with tokens in it. The library's own buffers are overwritten where it lets go of
/// them.
async fn read_secret(
    response: &mut reqwest::Response,
    coding: Coding,
) -> Result<SecretBody, BodyError> {
    let mut body = Zeroizing::new(Vec::with_capacity(4096));
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        let length = body.len() + chunk.len();
        if length > MAX_BODY {
            return Err(BodyError::TooLarge(MAX_BODY));
        }
        if length > body.capacity() {
            // A vector that grows by itself leaves a copy behind.
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * length));
            larger.extend_from_slice(&body);
            body = larger;
        }
        body.extend_from_slice(&chunk);
        if let Ok(mut chunk) = chunk.try_into_mut() {
            chunk.as_mut().zeroize();
        }
    }
    match coding {
        Coding::Plain => Ok(body),
        // Nobody asked for it, but it can be read.
        Coding::Gzip => {
            let mut gzip = Gunzip::new(MAX_BODY);
            gzip.add(&body)?;
            gzip.finish().map(Zeroizing::new)
        }
        Coding::Unknown(_) if body.is_empty() => Ok(body),
        Coding::Unknown(name) => Err(BodyError::Encoded(name)),
    }
}

fn code_in_body(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(value.get("error")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn call<'a>(url: &'a Url, form: &'a [(&'a str, &'a str)]) -> TokenCall<'a> {
        TokenCall {
            method: Method::POST,
            url,
            authorization: Some(HeaderValue::from_static("Basic s3cret")),
            form,
            secrets: Secrets::default(),
        }
    }

    #[test]
    fn the_login_of_an_application_is_marked_in_its_header() {
        let url = Url::parse("https://school.example/login/oauth2/token").unwrap();
        let request = call(&url, &[]).request();
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        assert!(!format!("{request:?}").contains("s3cret"));
    }
}

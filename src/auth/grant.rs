//! Requests to the token endpoint, and what its answers mean.

use std::time::Duration;

use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{
    Authorization, LoginCode, OAuthApp, Tokens, codes::kind_of_code, login::no_redirect_uri,
    renewal::run_detached, secret_value::SecretValue,
};
use crate::{
    error::{Error, ErrorKind, Result},
    ids::UserId,
    lenient::without_mark,
    transport::{Secrets, TokenCall, TokenError},
};

/// How often the exchange of a code is attempted while no connection can be made.
const CONNECTS: u32 = 3;

/// What is exchanged for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    Code,
    Refresh,
}

/// What a server answers to a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Revoked {
    /// The URL to send the browser to, to end the session at the institution's identity provider
    /// too.
    pub forward_url: Option<Url>,
}

impl OAuthApp {
    /// Exchanges the code of a login for tokens.
    ///
    /// This is attempted again only while no connection can be made, because a code can be used
    /// only once. Once begun it runs to completion, but if its future is dropped, the tokens are
    /// lost. [`OAuth::log_in`](super::OAuth::log_in) stores them even then.
    ///
    /// # Errors
    /// * [`ErrorKind::LoginRequired`]: the code is wrong, used, older than ten minutes or from
    ///   another login. Nothing is sent if a code with the same state was exchanged before, or if
    ///   the callback named another server as its issuer.
    /// * [`ErrorKind::Configuration`]: the server refused the application: its id, secret, redirect
    ///   URI or scopes.
    /// * [`ErrorKind::Scope`]: the login grants no access to the API, for example because it asked
    ///   for `/auth/userinfo` only.
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn exchange(&self, code: LoginCode) -> Result<Tokens> {
        self.admit(&code)?;
        let this = self.clone();
        run_detached(async move { this.spend(&code).await }).await
    }

    async fn spend(&self, code: &LoginCode) -> Result<Tokens> {
        let redirect_uri = self.redirect_uri().ok_or_else(no_redirect_uri)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect_uri),
            ("code", code.code.expose_secret()),
        ];
        if let Some(verifier) = &code.verifier {
            form.push(("code_verifier", verifier.expose_secret()));
        }
        let mut secrets = vec![code.code.clone()];
        secrets.extend(code.verifier.clone());
        let mut count = 1;
        loop {
            match self.ask(Grant::Code, &form, &secrets).await {
                Err(it)
                    if it.error.kind() == ErrorKind::Connect
                        && it.error.is_transient()
                        && count < CONNECTS =>
                {
                    tokio::time::sleep(Duration::from_millis(500) * count).await;
                    count += 1;
                }
                outcome => return self.bind(outcome.map_err(|unusable| unusable.error)?),
            }
        }
    }

    /// Exchanges a refresh token for new tokens, once.
    pub(super) async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens, Unusable> {
        let form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        self.ask(Grant::Refresh, &form, std::slice::from_ref(refresh_token))
            .await
    }

    /// Revokes an access token and everything else of the same login.
    pub(super) async fn revoke(&self, url: &Url, used: &Authorization) -> Result<Revoked> {
        let call = TokenCall {
            method: Method::DELETE,
            url,
            authorization: used.header_value(),
            form: &[],
            secrets: Secrets::new(vec![used.secret().clone()]),
        };
        let (status, body) = self.http().send(&call).await.map_err(|it| it.error)?;
        revoked(status, &body).ok_or_else(|| {
            let message = "the answer does not say that the login was revoked: check for a proxy \
                or portal on the way to the server, then revoke it again";
            Error::new(ErrorKind::Decode, message)
                .with_status(status)
                .of_call(&call.method, call.line())
                .with_may_have_run(true)
        })
    }

    async fn ask(
        &self,
        grant: Grant,
        form: &[(&str, &str)],
        sent: &[SecretString],
    ) -> Result<Tokens, Unusable> {
        let mut form = form.to_vec();
        let mut sent = sent.to_vec();
        let basic = self.basic();
        let secret = self.client_secret();
        sent.extend(secret.cloned());
        if basic.is_none() {
            form.push(("client_id", self.client_id()));
            form.extend(secret.map(|it| ("client_secret", it.expose_secret())));
        }
        sent.extend(basic.clone());
        let call = TokenCall {
            method: Method::POST,
            url: self.token_url(),
            authorization: basic.as_ref().and_then(Self::basic_header),
            form: &form,
            secrets: Secrets::new(sent),
        };
        let answer = self.http().send(&call).await;
        let (status, body) = answer.map_err(|refusal| explain(grant, refusal))?;
        let line = format!("POST {}", self.token_url().path());
        tokens(&body).map_err(|unusable| Unusable {
            error: unusable.error.with_status(status).with_request(line),
            ..unusable
        })
    }
}

/// Reads the answer to a revocation, if it is one: the page of a portal or the answer of a proxy
/// ends no login.
fn revoked(status: StatusCode, body: &[u8]) -> Option<Revoked> {
    if !matches!(status, StatusCode::OK | StatusCode::NO_CONTENT) {
        return None;
    }
    let body = without_mark(body).trim_ascii();
    if body.is_empty() {
        return Some(Revoked::default());
    }
    let answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let forward_url = answer.get("forward_url");
    if forward_url.is_none() && !answer.is_empty() {
        return None;
    }
    let forward_url = forward_url.and_then(Value::as_str);
    let forward_url = forward_url.and_then(|url| Url::parse(url).ok());
    Some(Revoked {
        // A browser is sent there: nothing else than a web page is opened by it.
        forward_url: forward_url.filter(|url| matches!(url.scheme(), "https" | "http")),
    })
}

fn explain(grant: Grant, refusal: TokenError) -> Error {
    let Some(status) = refusal.error.status() else {
        return refusal.error;
    };
    let kind = kind(grant, status, refusal.code.as_deref());
    let kind = kind.unwrap_or(match refusal.error.kind() {
        // A proxy on the way demands a login, which no other attempt brings about.
        ErrorKind::Connect => return refusal.error,
        told @ (ErrorKind::Throttled
        | ErrorKind::Server
        | ErrorKind::Timeout
        | ErrorKind::Interrupted
        | ErrorKind::TooLarge
        | ErrorKind::UserAgent
        | ErrorKind::Redirect) => told,
        // What such a status means for records of the API, it does not mean here.
        _ => ErrorKind::Status,
    });
    refusal.error.with_kind(kind)
}

/// What a refusal means, if it has one of OAuth's codes: nothing else says that a login or an
/// application is no longer valid, since anything on the way can answer with a status. Older
/// versions of Canvas answer `invalid_request` for a refresh token that they do not know, where the
/// standard has `invalid_grant`.
fn kind(grant: Grant, status: StatusCode, code: Option<&str>) -> Option<ErrorKind> {
    // A redirect has a code only if it leads back to the application.
    let is_refusal = matches!(status.as_u16(), 302 | 400 | 401 | 403);
    match (code?, grant) {
        _ if !is_refusal => None,
        ("invalid_request", Grant::Refresh) => Some(ErrorKind::LoginRequired),
        (code, _) => kind_of_code(code),
    }
}

/// Why there are no tokens, and the refresh token that came all the same: the one before it may
/// be dead by then.
pub(super) struct Unusable {
    pub(super) error: Error,
    pub(super) refresh_token: Option<SecretString>,
}

impl From<Error> for Unusable {
    fn from(error: Error) -> Self {
        let refresh_token = None;
        Self {
            error,
            refresh_token,
        }
    }
}

/// An answer with tokens, as far as it can be read.
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    access_token: SecretValue,
    #[serde(default)]
    refresh_token: SecretValue,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    user: Value,
}

/// Reads tokens. No part of the body gets into an error: it has secrets that only the server knew.
fn tokens(body: &[u8]) -> Result<Tokens, Unusable> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let answer = serde_json::from_slice(body).ok().filter(|_| is_object);
    let answer: TokenAnswer = answer.ok_or_else(|| undocumented("."))?;
    let refresh_token = match answer.refresh_token {
        SecretValue::Text(token) if !token.expose_secret().is_empty() => Some(token),
        SecretValue::Nested => return Err(undocumented("refresh_token").into()),
        _ => None,
    };
    let mut tokens = match access_token(answer.access_token) {
        Ok(token) => Tokens::new(token),
        Err(error) => {
            return Err(Unusable {
                error,
                refresh_token,
            });
        }
    };
    if let Some(token) = refresh_token {
        tokens = tokens.with_refresh_token(token);
    }
    if let Some(id) = user_id(&answer.user) {
        tokens = tokens.with_user_id(id);
    }
    Ok(match seconds(&answer.expires_in) {
        Some(life) => tokens.lasting(life),
        None => tokens,
    })
}

fn access_token(value: SecretValue) -> Result<SecretString> {
    match value {
        SecretValue::Text(token) => {
            Authorization::bearer(token.clone()).map_err(|it| it.with_kind(ErrorKind::Decode))?;
            Ok(token)
        }
        SecretValue::Null => Err(Error::new(
            ErrorKind::Scope,
            "the login grants no access to the API: the server issued no access token",
        )),
        _ => Err(undocumented("access_token")),
    }
}

fn undocumented(place: &str) -> Error {
    let message = format!("the token answer is not as documented at `{place}`");
    Error::new(ErrorKind::Decode, message)
}

fn user_id(user: &Value) -> Option<UserId> {
    UserId::deserialize(user.get("id")?).ok()
}

/// Seconds, as a number or as its text.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refusal_means_as_a_table() {
        use ErrorKind::{Configuration, LoginRequired, Server};
        let cases = [
            (Grant::Refresh, 400, "invalid_request", Some(LoginRequired)),
            (Grant::Refresh, 400, "invalid_grant", Some(LoginRequired)),
            (Grant::Refresh, 401, "invalid_grant", Some(LoginRequired)),
            (Grant::Refresh, 401, "invalid_client", Some(Configuration)),
            (Grant::Refresh, 400, "invalid_client", Some(Configuration)),
            (Grant::Refresh, 500, "invalid_grant", None),
            (Grant::Refresh, 429, "invalid_request", None),
            (Grant::Refresh, 400, "server_error", Some(Server)),
            (Grant::Refresh, 400, "refresh_token not found", None),
            (Grant::Code, 400, "invalid_grant", Some(LoginRequired)),
            (Grant::Code, 302, "invalid_grant", Some(LoginRequired)),
            (Grant::Code, 400, "invalid_request", Some(Configuration)),
            (Grant::Code, 302, "invalid_client", Some(Configuration)),
            (Grant::Code, 400, "invalid_target", Some(Configuration)),
            (Grant::Code, 307, "invalid_grant", None),
            (Grant::Code, 418, "invalid_grant", None),
        ];
        for (grant, status, code, expected) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                kind(grant, status, Some(code)),
                expected,
                "{grant:?} {status} {code}"
            );
        }
        assert_eq!(kind(Grant::Code, StatusCode::BAD_REQUEST, None), None);
    }

    #[test]
    fn token_answers_are_read_in_all_their_forms() {
        let read = |body: &str| tokens(body.as_bytes());
        let canvas = read(
            r#"{"access_token":"a","token_type":"Bearer","user":{"id":"9007199254740993","name":"Ada"},
                "refresh_token":"r","expires_in":3600,"canvas_region":"unknown"}"#,
        )
        .ok()
        .unwrap();
        assert_eq!(canvas.user_id(), Some(UserId::new(9_007_199_254_740_993)));
        assert_eq!(canvas.refresh_token().unwrap().expose_secret(), "r");
        let left = canvas
            .expires_at()
            .unwrap()
            .duration_since(jiff::Timestamp::now());
        assert!((3590..=3600).contains(&left.as_secs()), "{left:?}");
        let text = read(r#"{"access_token":"a","expires_in":"7200","refresh_token":""}"#)
            .ok()
            .unwrap();
        assert!(text.expires_at().is_some() && text.refresh_token().is_none());
        for endless in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","expires_in":null,"user":null}"#,
            r#"{"access_token":"a","expires_in":"soon","user":{"id":{}}}"#,
            r#"{"access_token":"a","expires_in":1e300}"#,
        ] {
            assert_eq!(read(endless).ok().unwrap().expires_at(), None, "{endless}");
        }
        let null = read(r#"{"access_token":null,"user":{"id":1}}"#)
            .err()
            .unwrap();
        assert_eq!(null.error.kind(), ErrorKind::Scope);
        assert!(null.refresh_token.is_none());
    }

    #[test]
    fn a_refresh_token_outlives_an_access_token_that_is_of_no_use() {
        for access in ["null", "\"\"", "\"a b\"", "7", "[\"s3cret\"]", "{}"] {
            let body = format!(r#"{{"access_token":{access},"refresh_token":"r1"}}"#);
            let unusable = tokens(body.as_bytes()).err().unwrap();
            let rescued = unusable.refresh_token.unwrap();
            assert_eq!(rescued.expose_secret(), "r1", "{access}");
        }
    }

    #[test]
    fn a_token_answer_of_another_shape_is_an_error_without_tokens_in_it() {
        for body in [
            r#"{"access_token":"s3cret","refresh_token":["s3cret"]}"#,
            r#"{"access_token":{"s3cret":1}}"#,
            r#"{"access_token":"s3cret\r\nx"}"#,
            r#"{"error":"s3cret"}"#,
            r#""s3cret""#,
            r#"["s3cret","s3cret"]"#,
            "<html>s3cret</html>",
            "",
        ] {
            let unusable = tokens(body.as_bytes()).err().unwrap();
            let error = unusable.error;
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert!(
                !format!("{error} {error:?}").contains("s3cret"),
                "{error:?}"
            );
        }
    }
}

//! Requests to the token endpoint, and what its answers mean.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Authorization, LoginCode, OAuthApp, Tokens, codes::kind_of_code, login::no_redirect_uri,
    renewal::run_detached,
};
use crate::{
    error::{Error, ErrorKind, Result},
    ids::UserId,
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
    ///   another login.
    /// * [`ErrorKind::Configuration`]: the server refused the application: its id, secret, redirect
    ///   URI or scopes.
    /// * [`ErrorKind::Scope`]: the login grants no access to the API, for example because it asked
    ///   for `/auth/userinfo` only.
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn exchange(&self, code: LoginCode) -> Result<Tokens> {
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
                Err(it) if it.error.kind() == ErrorKind::Connect && count < CONNECTS => {
                    tokio::time::sleep(Duration::from_millis(500) * count).await;
                    count += 1;
                }
                outcome => return outcome.map_err(|unusable| unusable.error),
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
        let body = self.http().send(&call).await.map_err(|it| it.error)?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let forward_url = answer.get("forward_url").and_then(Value::as_str);
        Ok(Revoked {
            forward_url: forward_url.and_then(|url| Url::parse(url).ok()),
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
        let body = answer.map_err(|refusal| explain(grant, refusal))?;
        let line = format!("POST {}", self.token_url().path());
        tokens(&body).map_err(|unusable| Unusable {
            error: unusable.error.with_request(line),
            ..unusable
        })
    }
}

fn explain(grant: Grant, refusal: TokenError) -> Error {
    let Some(status) = refusal.error.status() else {
        return refusal.error;
    };
    match kind(grant, status, refusal.code.as_deref()) {
        Some(kind) => refusal.error.with_kind(kind),
        None => refusal.error,
    }
}

/// What a refusal means, if it has one of OAuth's codes. Older versions of Canvas answer
/// `invalid_request` for a refresh token that they do not know, where the standard has
/// `invalid_grant`.
fn kind(grant: Grant, status: StatusCode, code: Option<&str>) -> Option<ErrorKind> {
    let is_refusal = status.is_redirection() || matches!(status.as_u16(), 400 | 401 | 403);
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

/// Reads tokens. No part of the body gets into an error: it has secrets that only the server knew.
fn tokens(body: &Bytes) -> Result<Tokens, Unusable> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let refresh_token = answer.get("refresh_token").and_then(Value::as_str);
    let refresh_token = refresh_token.filter(|token| !token.is_empty());
    let mut tokens = access_token(&answer).map_err(|error| Unusable {
        error,
        refresh_token: refresh_token.map(SecretString::from),
    })?;
    if let Some(token) = refresh_token {
        tokens = tokens.with_refresh_token(token);
    }
    if let Some(id) = answer.get("user").and_then(user_id) {
        tokens = tokens.with_user_id(id);
    }
    Ok(match answer.get("expires_in").and_then(seconds) {
        Some(life) => tokens.lasting(life),
        None => tokens,
    })
}

fn access_token(answer: &Value) -> Result<Tokens> {
    let unlike = |place: &str| {
        let message = format!("the token answer is not as documented at `{place}`");
        Error::new(ErrorKind::Decode, message)
    };
    let answer = answer.as_object().ok_or_else(|| unlike("."))?;
    if let Some(Value::Array(_) | Value::Object(_)) = answer.get("refresh_token") {
        return Err(unlike("refresh_token"));
    }
    match answer.get("access_token") {
        Some(Value::String(token)) => {
            Authorization::bearer(token.as_str()).map_err(|it| it.with_kind(ErrorKind::Decode))?;
            Ok(Tokens::new(token.as_str()))
        }
        Some(Value::Null) => Err(Error::new(
            ErrorKind::Scope,
            "the login grants no access to the API: the server issued no access token",
        )),
        _ => Err(unlike("access_token")),
    }
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
        let read = |body: &'static str| tokens(&Bytes::from_static(body.as_bytes()));
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
            let unusable = tokens(&Bytes::from(body)).err().unwrap();
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
            "<html>s3cret</html>",
            "",
        ] {
            let unusable = tokens(&Bytes::from_static(body.as_bytes())).err().unwrap();
            let error = unusable.error;
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert!(
                !format!("{error} {error:?}").contains("s3cret"),
                "{error:?}"
            );
        }
    }
}

//! What is asked of the token endpoint, and what its answers mean.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Authorization, LoginCode, OAuthApp, Tokens, login::no_redirect_uri};
use crate::{
    error::{Error, ErrorKind, Result},
    ids::UserId,
    transport::{Refusal, Secrets, TokenCall},
};

/// How often the exchange of a code is tried as long as no connection can be made.
const CONNECTS: u32 = 3;

/// What tokens are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    Code,
    Refresh,
}

/// What a server answers to a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Revoked {
    /// Where to send the browser to end the session at the institution's identity provider too.
    pub forward_url: Option<Url>,
}

impl OAuthApp {
    /// Exchanges the code of a login for tokens.
    ///
    /// It is tried again only while no connection can be made: a code is good once.
    ///
    /// # Errors
    /// * [`ErrorKind::LoginRequired`]: the code is wrong, used, older than ten minutes or of
    ///   another login.
    /// * [`ErrorKind::Configuration`]: the server refused the application: id, secret, redirect
    ///   URI or scopes.
    /// * [`ErrorKind::Scope`]: the login gives no access to the API, as when only
    ///   `/auth/userinfo` was asked for.
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn exchange(&self, code: LoginCode) -> Result<Tokens> {
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
                Err(error) if error.kind() == ErrorKind::Connect && count < CONNECTS => {
                    tokio::time::sleep(Duration::from_millis(500) * count).await;
                    count += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Exchanges a refresh token for new tokens, once.
    pub(super) async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens> {
        let form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        self.ask(Grant::Refresh, &form, std::slice::from_ref(refresh_token))
            .await
    }

    /// Revokes an access token with all that came of the same login.
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
    ) -> Result<Tokens> {
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
        tokens(&body).map_err(|error| error.with_request(line))
    }
}

fn explain(grant: Grant, refusal: Refusal) -> Error {
    let Some(status) = refusal.error.status() else {
        return refusal.error;
    };
    match kind(grant, status, refusal.code.as_deref()) {
        Some(kind) => refusal.error.with_kind(kind),
        None => refusal.error,
    }
}

/// What a refusal means, where OAuth's code or the status tells. Canvas says `invalid_request`
/// of a refresh token that it does not know, where the standard has `invalid_grant`.
fn kind(grant: Grant, status: StatusCode, code: Option<&str>) -> Option<ErrorKind> {
    let is_refusal = status.is_redirection() || matches!(status.as_u16(), 400 | 401 | 403);
    if !is_refusal {
        return None;
    }
    Some(match (code?, grant) {
        ("invalid_grant", _) | ("invalid_request", Grant::Refresh) => ErrorKind::LoginRequired,
        ("access_denied", _) => ErrorKind::LoginRequired,
        ("server_error" | "temporarily_unavailable", _) => ErrorKind::Server,
        (
            "invalid_request"
            | "invalid_client"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "invalid_scope"
            | "invalid_target",
            _,
        ) => ErrorKind::Configuration,
        _ => return None,
    })
}

/// The token endpoint's success, as far as it matters here.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<Value>,
    user: Option<Value>,
}

/// Reads tokens. No part of the body gets into an error: it has secrets that only the server knew.
fn tokens(body: &Bytes) -> Result<Tokens> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let answer: Answer = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        Error::new(
            ErrorKind::Decode,
            format!(
                "the token answer is not as documented at `{}`",
                error.path()
            ),
        )
    })?;
    let access_token = answer.access_token.ok_or_else(|| {
        Error::new(
            ErrorKind::Scope,
            "the login gives no access to the API: the server issued no access token",
        )
    })?;
    Authorization::bearer(access_token.clone())
        .map_err(|error| error.with_kind(ErrorKind::Decode))?;
    let mut tokens = Tokens::new(access_token);
    if let Some(token) = answer.refresh_token.filter(|token| !token.is_empty()) {
        tokens = tokens.with_refresh_token(token);
    }
    if let Some(id) = answer.user.as_ref().and_then(user_id) {
        tokens = tokens.with_user_id(id);
    }
    Ok(match answer.expires_in.as_ref().and_then(seconds) {
        Some(life) => tokens.lasting(life),
        None => tokens,
    })
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
        .unwrap();
        assert_eq!(canvas.user_id(), Some(UserId::new(9_007_199_254_740_993)));
        assert_eq!(canvas.refresh_token().unwrap().expose_secret(), "r");
        let left = canvas
            .expires_at()
            .unwrap()
            .duration_since(jiff::Timestamp::now());
        assert!((3590..=3600).contains(&left.as_secs()), "{left:?}");
        let text = read(r#"{"access_token":"a","expires_in":"7200","refresh_token":""}"#).unwrap();
        assert!(text.expires_at().is_some() && text.refresh_token().is_none());
        for endless in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","expires_in":null,"user":null}"#,
            r#"{"access_token":"a","expires_in":"soon","user":{"id":{}}}"#,
            r#"{"access_token":"a","expires_in":1e300}"#,
        ] {
            assert_eq!(read(endless).unwrap().expires_at(), None, "{endless}");
        }
        let null = read(r#"{"access_token":null,"user":{"id":1}}"#).unwrap_err();
        assert_eq!(null.kind(), ErrorKind::Scope);
    }

    #[test]
    fn a_token_answer_of_another_shape_is_an_error_without_tokens_in_it() {
        for body in [
            r#"{"access_token":"s3cret","refresh_token":["s3cret"]}"#,
            r#"{"access_token":{"s3cret":1}}"#,
            r#"{"access_token":"s3cret\r\nx"}"#,
            r#""s3cret""#,
            "<html>s3cret</html>",
            "",
        ] {
            let error = tokens(&Bytes::from_static(body.as_bytes())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert!(
                !format!("{error} {error:?}").contains("s3cret"),
                "{error:?}"
            );
        }
    }
}

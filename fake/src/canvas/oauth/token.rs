//! The token endpoint, and the logins that it renews.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::error::OAuthError;
use crate::{
    canvas::{
        headers::SHARD,
        logins::Grant,
        open_request::OpenRequest,
        tokens::{Token, TokenState, Tokens},
    },
    clock::saturating_add,
    oauth::{self, Code, Key},
    reply::{HandlerResult, Reply},
    secret::random,
};

/// How long the refresh token of a public application lives when it is not used.
const PUBLIC_WINDOW: Duration = Duration::from_secs(7200);

/// The one scope that opens nothing of the API.
const USERINFO: &str = "/auth/userinfo";

/// Where applications get tokens.
pub(super) fn token(request: &mut OpenRequest<'_>) -> HandlerResult {
    let grant_type = request.params.filled("grant_type");
    let outcome = match grant_type.as_deref() {
        Some("authorization_code") => exchange(request),
        None if request.params.has("code") => exchange(request),
        Some("refresh_token") => refresh(request),
        Some("client_credentials") => Err(OAuthError::bad(
            "invalid_request",
            "assertion method not supported for this grant_type",
        )),
        _ => Err(OAuthError::bad(
            "unsupported_grant_type",
            "The grant_type you requested is not currently supported",
        )),
    };
    outcome.map_err(OAuthError::reply)
}

/// The key of the application. Where `may_be_public`, a public one needs no secret.
fn key<'a>(request: &'a OpenRequest<'_>, may_be_public: bool) -> Result<&'a Key, OAuthError> {
    let (client_id, secret) = oauth::client(request.http, &request.params);
    let key = request.data.logins.keys.get(client_id.as_deref());
    let key = key.ok_or(OAuthError::UNKNOWN_CLIENT)?;
    let is_known = match &key.secret {
        Some(own) => secret.as_ref() == Some(own),
        None => may_be_public,
    };
    match is_known {
        true => Ok(key),
        false => Err(OAuthError::WRONG_SECRET),
    }
}

fn exchange(request: &mut OpenRequest<'_>) -> Result<Reply, OAuthError> {
    // Old servers do not know PKCE, and so no public applications either.
    let verifier = request.params.filled("code_verifier");
    let verifier = verifier.filter(|_| !request.settings.is_old);
    let key = key(request, verifier.is_some())?;
    let (client_id, is_public, is_scoped) =
        (key.client_id.clone(), key.is_public(), key.scopes.is_some());
    let text = request.params.filled("code").ok_or(OAuthError::bad(
        "invalid_request",
        "You must provide the code parameter when using the authorization_code grant type",
    ))?;
    let logins = &mut request.data.logins;
    let code = logins.codes.get_mut(&text).ok_or(OAuthError::bad(
        "invalid_grant",
        "authorization_code not found",
    ))?;
    if code.client_id != client_id {
        return Err(INCORRECT_CLIENT);
    }
    if let Some(verifier) = verifier {
        prove(code, &verifier)?;
    }
    let (user, scopes) = (code.user, std::mem::take(&mut code.scopes));
    logins.codes.remove(&text);

    if request.params.flag("replace_tokens") == Some(true) {
        replace(request, &client_id, user);
    }
    if scopes.iter().map(String::as_str).eq([USERINFO]) {
        return Ok(answer(request, user, Value::Null, None));
    }
    let id = request.data.logins.next_grant();
    let grant = Grant {
        client_id,
        user,
        scopes: is_scoped.then_some(scopes),
        access_token: String::new(),
        refresh_token: random(64),
        ends: is_public.then(|| Instant::now() + PUBLIC_WINDOW),
    };
    let refresh_token = grant.refresh_token.clone();
    let token = issue(request, id, grant);
    Ok(answer(request, user, token.into(), Some(refresh_token)))
}

/// Checks the verifier of PKCE. The challenge is used up, even if the verifier is wrong.
fn prove(code: &mut Code, verifier: &str) -> Result<(), OAuthError> {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    match code.challenge.take() {
        Some(challenge) if challenge == hash => Ok(()),
        _ => Err(OAuthError::bad(
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the \
             redirection URI used in the authorization request, or was issued to another client.",
        )),
    }
}

fn refresh(request: &mut OpenRequest<'_>) -> Result<Reply, OAuthError> {
    let key = key(request, true)?;
    let (client_id, is_public) = (key.client_id.clone(), key.is_public());
    let text = request
        .params
        .filled("refresh_token")
        .ok_or(OAuthError::bad(
            "invalid_request",
            "You must provide the refresh_token parameter when using the refresh_token grant type",
        ))?;
    let not_found = OAuthError::bad("invalid_grant", "refresh_token not found");
    let data = &mut *request.data;
    let (id, mut grant) = data.logins.find(&text).ok_or(not_found)?;
    if grant.client_id != client_id {
        return Err(INCORRECT_CLIENT);
    }
    let token = data.tokens.get_mut(&grant.access_token);
    let is_dead =
        token.is_none_or(|token| matches!(token.state, TokenState::Revoked | TokenState::Expired));
    if is_dead || grant.ends.is_some_and(|ends| ends <= Instant::now()) {
        return Err(not_found);
    }
    forget(&mut data.tokens, &grant.access_token, TokenState::Gone);
    let user = grant.user;
    let mut refresh_token = None;
    if is_public {
        data.logins.end(id);
        grant.refresh_token = random(64);
        grant.ends = Some(Instant::now() + PUBLIC_WINDOW);
        refresh_token = Some(grant.refresh_token.clone());
    }
    let token = issue(request, id, grant);
    Ok(answer(request, user, token.into(), refresh_token))
}

const INCORRECT_CLIENT: OAuthError = OAuthError::bad("invalid_grant", "incorrect client");

/// Ends what the user's other logins by this application gave.
fn replace(request: &mut OpenRequest<'_>, client_id: &str, user: u64) {
    let data = &mut *request.data;
    for other in data.logins.grants_of(client_id, user) {
        if let Some(token) = data.logins.end(other) {
            forget(&mut data.tokens, &token, TokenState::Revoked);
        }
    }
}

/// A new access token, which replaces the former one of the grant.
fn issue(request: &mut OpenRequest<'_>, id: u64, mut grant: Grant) -> String {
    let token = request.data.tokens.add(Token {
        user: grant.user,
        scopes: grant.scopes.clone(),
        state: TokenState::Good,
        ends: Some(saturating_add(
            Instant::now(),
            request.settings.token_lifetime,
        )),
        grant: Some(id),
    });
    grant.access_token.clone_from(&token);
    request.data.logins.keep(id, grant);
    token
}

fn forget(tokens: &mut Tokens, text: &str, state: TokenState) {
    if let Some(token) = tokens.get_mut(text) {
        token.state = state;
    }
}

fn answer(
    request: &OpenRequest<'_>,
    user: u64,
    access_token: Value,
    refresh_token: Option<String>,
) -> Reply {
    let record = request.data.school.users.get(&user);
    let mut body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "user": {
            "id": user,
            "name": record.map(|user| &user.name),
            "global_id": (SHARD + user).to_string(),
            "effective_locale": "en",
        },
        "expires_in": request.settings.token_lifetime.as_secs(),
        "canvas_region": "unknown",
    });
    if let (Some(token), Some(body)) = (refresh_token, body.as_object_mut()) {
        body.insert("refresh_token".to_owned(), token.into());
    }
    Reply::json(StatusCode::OK, body)
}

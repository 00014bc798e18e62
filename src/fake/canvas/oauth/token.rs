//! The token endpoint, and the logins that it renews.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::{
    fake::{
        canvas::{
            guest::Guest,
            logins::Grant,
            tokens::{Token, TokenState, Tokens},
        },
        oauth::{self, Code, Key, OUT_OF_BAND},
        reply::{Answer, Reply},
        secret::random,
    },
    transport::after,
};

/// How long the refresh token of a public application lives when it is not used.
const PUBLIC_WINDOW: Duration = Duration::from_secs(7200);

/// The one scope that opens nothing of the API.
const USERINFO: &str = "/auth/userinfo";

/// What the shard of the school adds to an id that is good everywhere.
const SHARD: u64 = 10_000_000_000_000;

/// Where applications get tokens.
pub(super) fn token(guest: &mut Guest<'_>) -> Answer {
    let grant_type = guest.params.filled("grant_type");
    let outcome = match grant_type.as_deref() {
        Some("authorization_code") => exchange(guest),
        None if guest.params.has("code") => exchange(guest),
        Some("refresh_token") => refresh(guest),
        Some("client_credentials") => Err(Refusal::bad(
            "invalid_request",
            "assertion method not supported for this grant_type",
        )),
        _ => Err(Refusal::bad(
            "unsupported_grant_type",
            "The grant_type you requested is not currently supported",
        )),
    };
    outcome.map_err(|refusal| {
        let uri = guest.params.filled("redirect_uri");
        match uri.filter(|uri| guest.settings.is_old && uri != OUT_OF_BAND) {
            Some(uri) => {
                let description = Some(refusal.description);
                let parts = [
                    ("error", Some(refusal.error)),
                    ("error_description", description),
                ];
                oauth::send_on(&uri, &parts)
            }
            None => refusal.reply(),
        }
    })
}

/// The key of the application. Where `may_be_public`, a public one needs no secret.
fn key<'a>(guest: &'a Guest<'_>, may_be_public: bool) -> Result<&'a Key, Refusal> {
    let (client_id, secret) = oauth::client(guest.call, &guest.params);
    let key = guest.state.logins.keys.get(client_id.as_deref());
    let key = key.ok_or(Refusal::UNKNOWN_CLIENT)?;
    let is_known = match &key.secret {
        Some(own) => secret.as_ref() == Some(own),
        None => may_be_public,
    };
    match is_known {
        true => Ok(key),
        false => Err(Refusal::WRONG_SECRET),
    }
}

fn exchange(guest: &mut Guest<'_>) -> Result<Reply, Refusal> {
    // Servers of old do not know PKCE, and so no public applications either.
    let verifier = guest.params.filled("code_verifier");
    let verifier = verifier.filter(|_| !guest.settings.is_old);
    let key = key(guest, verifier.is_some())?;
    let (client_id, is_public, is_scoped) =
        (key.client_id.clone(), key.is_public(), key.scopes.is_some());
    let redirect_uri = guest.params.filled("redirect_uri");
    if redirect_uri.is_some_and(|uri| !key.allows(&uri)) {
        return Err(Refusal::REDIRECT_URI);
    }
    let text = guest.params.filled("code").ok_or(Refusal::bad(
        "invalid_request",
        "You must provide the code parameter when using the authorization_code grant type",
    ))?;
    let logins = &mut guest.state.logins;
    let code = logins.codes.get_mut(&text).ok_or(Refusal::bad(
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

    if guest.params.flag("replace_tokens") == Some(true) {
        replace(guest, &client_id, user);
    }
    if scopes.iter().map(String::as_str).eq([USERINFO]) {
        return Ok(answer(guest, user, Value::Null, None));
    }
    let id = guest.state.logins.next_grant();
    let grant = Grant {
        client_id,
        user,
        scopes: is_scoped.then_some(scopes),
        access_token: String::new(),
        refresh_token: random(64),
        ends: is_public.then(|| Instant::now() + PUBLIC_WINDOW),
    };
    let refresh_token = grant.refresh_token.clone();
    let token = issue(guest, id, grant);
    Ok(answer(guest, user, token.into(), Some(refresh_token)))
}

/// Checks the verifier of PKCE. The challenge is gone afterwards, whatever comes of it.
fn prove(code: &mut Code, verifier: &str) -> Result<(), Refusal> {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    match code.challenge.take() {
        Some(challenge) if challenge == hash => Ok(()),
        _ => Err(Refusal::bad(
            "invalid_grant",
            "the code_verifier is not that of the login",
        )),
    }
}

fn refresh(guest: &mut Guest<'_>) -> Result<Reply, Refusal> {
    let key = key(guest, true)?;
    let (client_id, is_public) = (key.client_id.clone(), key.is_public());
    let text = guest.params.filled("refresh_token").ok_or(Refusal::bad(
        "invalid_request",
        "You must provide the refresh_token parameter when using the refresh_token grant type",
    ))?;
    let not_found = Refusal::bad("invalid_request", "refresh_token not found");
    let state = &mut *guest.state;
    let (id, mut grant) = state.logins.find(&text).ok_or(not_found)?;
    if grant.client_id != client_id {
        return Err(INCORRECT_CLIENT);
    }
    let token = state.tokens.get_mut(&grant.access_token);
    let is_dead =
        token.is_none_or(|token| matches!(token.state, TokenState::Revoked | TokenState::Expired));
    if is_dead || grant.ends.is_some_and(|ends| ends <= Instant::now()) {
        return Err(not_found);
    }
    forget(&mut state.tokens, &grant.access_token, TokenState::Gone);
    let user = grant.user;
    let mut refresh_token = None;
    if is_public {
        state.logins.end(id);
        grant.refresh_token = random(64);
        grant.ends = Some(Instant::now() + PUBLIC_WINDOW);
        refresh_token = Some(grant.refresh_token.clone());
    }
    let token = issue(guest, id, grant);
    Ok(answer(guest, user, token.into(), refresh_token))
}

const INCORRECT_CLIENT: Refusal = Refusal::bad("invalid_grant", "incorrect client");

/// Ends what the user's other logins by this application gave.
fn replace(guest: &mut Guest<'_>, client_id: &str, user: u64) {
    let state = &mut *guest.state;
    for other in state.logins.grants_of(client_id, user) {
        if let Some(token) = state.logins.end(other) {
            forget(&mut state.tokens, &token, TokenState::Revoked);
        }
    }
}

/// A new access token in the place of the grant's former one.
fn issue(guest: &mut Guest<'_>, id: u64, mut grant: Grant) -> String {
    let token = guest.state.tokens.add(Token {
        user: grant.user,
        scopes: grant.scopes.clone(),
        state: TokenState::Good,
        ends: Some(after(Instant::now(), guest.settings.token_lifetime)),
        grant: Some(id),
    });
    grant.access_token.clone_from(&token);
    guest.state.logins.keep(id, grant);
    token
}

fn forget(tokens: &mut Tokens, text: &str, state: TokenState) {
    if let Some(token) = tokens.get_mut(text) {
        token.state = state;
    }
}

fn answer(
    guest: &Guest<'_>,
    user: u64,
    access_token: Value,
    refresh_token: Option<String>,
) -> Reply {
    let record = guest.state.school.users.get(&user);
    let mut body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "user": {
            "id": user,
            "name": record.map(|user| &user.name),
            "global_id": (SHARD + user).to_string(),
            "effective_locale": "en",
        },
        "expires_in": guest.settings.token_lifetime.as_secs(),
        "canvas_region": "unknown",
    });
    if let (Some(token), Some(body)) = (refresh_token, body.as_object_mut()) {
        body.insert("refresh_token".to_owned(), token.into());
    }
    Reply::json(StatusCode::OK, body)
}

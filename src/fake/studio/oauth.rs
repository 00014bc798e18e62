//! Logins by OAuth2, with refresh tokens that rotate.

use std::{collections::HashMap, time::Duration};

use http::{StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::site::Login;
use crate::{
    fake::{
        oauth::{self, Code, Codes, Keys, Person},
        reply::{Answer, Reply},
        secret::random_hex,
    },
    transport::after,
};

#[derive(Debug)]
pub(crate) struct Logins {
    pub(crate) keys: Keys,
    pub(crate) person: Person,
    codes: Codes,
    tokens: HashMap<String, Token>,
    /// By refresh token.
    grants: HashMap<String, Grant>,
}

#[derive(Debug)]
struct Token {
    user: u64,
    /// When it ends, for tokens that do.
    ends: Option<Instant>,
}

/// A login whose tokens can be renewed.
#[derive(Debug)]
struct Grant {
    client_id: String,
    user: u64,
    access_token: String,
}

impl Logins {
    pub(crate) fn new(person: u64) -> Self {
        Self {
            keys: Keys::default(),
            person: Person {
                user: person,
                consents: true,
            },
            codes: Codes::default(),
            tokens: HashMap::new(),
            grants: HashMap::new(),
        }
    }

    /// A token of somebody, which does not end by itself.
    pub(crate) fn issue(&mut self, user: u64) -> String {
        self.add(Token { user, ends: None })
    }

    /// Whose token this is, if it is good.
    pub(crate) fn user_of(&self, token: &str) -> Option<u64> {
        let token = self.tokens.get(token)?;
        let is_good = token.ends.is_none_or(|ends| ends > Instant::now());
        is_good.then_some(token.user)
    }

    pub(crate) fn forget(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    fn add(&mut self, token: Token) -> String {
        let text = random_hex(64);
        self.tokens.insert(text.clone(), token);
        text
    }

    /// New tokens of a login; both of the former ones are dead.
    fn grant(&mut self, client_id: String, user: u64, lifetime: Duration) -> Reply {
        let access_token = self.add(Token {
            user,
            ends: Some(after(Instant::now(), lifetime)),
        });
        let refresh_token = random_hex(64);
        let grant = Grant {
            client_id,
            user,
            access_token: access_token.clone(),
        };
        self.grants.insert(refresh_token.clone(), grant);
        Reply::ok(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": lifetime.as_secs(),
            "refresh_token": refresh_token,
            "created_at": Timestamp::now().as_second(),
        }))
        .header(header::CACHE_CONTROL, "no-store")
    }
}

/// Where a browser is sent to, which comes back with a code.
pub(crate) fn authorize(login: &mut Login<'_>) -> Answer {
    let params = &login.params;
    let client_id = params.filled("client_id");
    let Some(key) = login.logins.keys.get(client_id.as_deref()) else {
        return Err(unknown_client());
    };
    let redirect_uri = params.text("redirect_uri").unwrap_or_default();
    if !key.allows(&redirect_uri) {
        let message = "the redirect URI is not that of the key";
        return Err(refusal("invalid_redirect_uri", message));
    }
    let state = params.text("state");
    let person = login.logins.person;
    let (code, error) = match params.text("response_type").as_deref() {
        Some("code") if person.consents => {
            let code = Code::new(key, person.user, params);
            (Some(login.logins.codes.add(code)), None)
        }
        Some("code") => (None, Some("access_denied")),
        _ => (None, Some("unsupported_response_type")),
    };
    if redirect_uri == oauth::OUT_OF_BAND {
        // The person reads it off the page.
        return Ok(Reply::text(
            StatusCode::OK,
            code.as_deref().or(error).unwrap_or_default(),
        ));
    }
    let answer = [
        ("code", code.as_deref()),
        ("error", error),
        ("state", state.as_deref()),
    ];
    Ok(oauth::send_on(&redirect_uri, &answer))
}

/// Where applications get tokens.
pub(crate) fn token(login: &mut Login<'_>) -> Answer {
    let params = &login.params;
    let logins = &mut *login.logins;
    let (client_id, secret) = oauth::client(login.call, params);
    let key = logins.keys.get(client_id.as_deref());
    let key = key.filter(|key| key.secret == secret);
    let Some(client_id) = key.map(|key| key.client_id.clone()) else {
        return Err(unknown_client());
    };
    match params.text("grant_type").as_deref() {
        Some("authorization_code") => {
            let text = params.text("code").unwrap_or_default();
            let redirect_uri = params.text("redirect_uri").unwrap_or_default();
            let code = logins.codes.get_mut(&text);
            let code = code
                .filter(|code| code.client_id == client_id && code.redirect_uri == redirect_uri);
            let user = code.map(|code| code.user).ok_or_else(dead_grant)?;
            logins.codes.remove(&text);
            Ok(logins.grant(client_id, user, login.token_lifetime))
        }
        Some("refresh_token") => {
            let text = params.text("refresh_token").unwrap_or_default();
            let grant = logins.grants.get(&text);
            let is_theirs = grant.is_some_and(|grant| grant.client_id == client_id);
            let grant = match is_theirs {
                true => logins.grants.remove(&text),
                false => None,
            };
            let grant = grant.ok_or_else(dead_grant)?;
            logins.forget(&grant.access_token);
            Ok(logins.grant(client_id, grant.user, login.token_lifetime))
        }
        _ => Err(refusal(
            "unsupported_grant_type",
            "this grant type is not one of ours",
        )),
    }
}

fn unknown_client() -> Reply {
    let body = json!({ "error": "invalid_client", "error_description": "the client is unknown" });
    Reply::json(StatusCode::UNAUTHORIZED, body)
}

fn dead_grant() -> Reply {
    refusal(
        "invalid_grant",
        "the grant is unknown, expired, used or of another client",
    )
}

fn refusal(error: &str, description: &str) -> Reply {
    let body = json!({ "error": error, "error_description": description });
    Reply::json(StatusCode::BAD_REQUEST, body)
}

//! Access tokens: whose they are, and what they may be used for.

use std::collections::HashMap;

use http::{StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::{
    finder::plain_id,
    json::time,
    rights::Right,
    school::{Context, ROOT, School},
};
use crate::{
    http_request::HttpRequest,
    reply::{Reply, ReplyBody},
    secret::random,
};

#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Token>);

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) user: u64,
    /// The scopes of a key that enforces them.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) state: TokenState,
    /// When it ends, for tokens that do.
    pub(crate) ends: Option<Instant>,
    /// The login that it came from, for tokens of one.
    pub(crate) grant: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenState {
    Good,
    /// Overwritten, or past the hour of a login's token: unknown to the server.
    Gone,
    /// Past the day that was set for it.
    Expired,
    Revoked,
}

impl Tokens {
    /// A token of a user, which does not expire by itself.
    pub(crate) fn issue(&mut self, user: u64, scopes: Option<Vec<String>>) -> String {
        self.add(Token {
            user,
            scopes,
            state: TokenState::Good,
            ends: None,
            grant: None,
        })
    }

    pub(crate) fn add(&mut self, token: Token) -> String {
        let text = format!("fake~{}", random(48));
        self.0.insert(text.clone(), token);
        text
    }

    pub(crate) fn get_mut(&mut self, text: &str) -> Option<&mut Token> {
        self.0.get_mut(text)
    }

    /// The token of a request, if it is good.
    pub(crate) fn check(&self, text: Option<&str>, is_old: bool) -> Result<&Token, Reply> {
        let text = text.ok_or_else(unauthenticated)?;
        let token = self.0.get(text).ok_or_else(invalid)?;
        match token.state {
            TokenState::Good if token.ends.is_some_and(|ends| ends <= Instant::now()) => {
                Err(invalid())
            }
            TokenState::Good => Ok(token),
            TokenState::Gone => Err(invalid()),
            TokenState::Revoked => Err(challenge(Reply::refusal(
                StatusCode::UNAUTHORIZED,
                "Revoked access token.",
            ))),
            TokenState::Expired => {
                let mut error = json!({ "message": "Expired access token." });
                if !is_old {
                    error["expired_at"] = time(Timestamp::now()).into();
                }
                let body = json!({ "errors": [error] });
                Err(challenge(Reply::json(StatusCode::UNAUTHORIZED, body)))
            }
        }
    }
}

/// The refusal of a token that the server does not know.
pub(crate) fn invalid() -> Reply {
    let message = "Invalid access token.";
    challenge(Reply::refusal(StatusCode::UNAUTHORIZED, message))
}

/// The refusal of those who have no token, or whose user is gone.
pub(crate) fn unauthenticated() -> Reply {
    let body = json!({
        "status": "unauthenticated",
        "errors": [{ "message": "user authorization required" }],
    });
    challenge(Reply::json(StatusCode::UNAUTHORIZED, body))
}

/// What marks a 401 as one about the token.
fn challenge(reply: Reply) -> Reply {
    reply.header(header::WWW_AUTHENTICATE, "Bearer realm=\"canvas-lms\"")
}

/// The token of a request, wherever it is. The header wins, even if there is none in it.
pub(crate) fn token(request: &HttpRequest) -> Option<String> {
    match in_header(request) {
        Some(token) => Some(token).filter(|token| !token.is_empty()),
        None => request
            .query("access_token")
            .or_else(|| request.parsed.params.text("access_token")),
    }
}

/// The token that the throttle sees: it reads no bodies.
pub(crate) fn header_or_query(request: &HttpRequest) -> Option<String> {
    in_header(request).or_else(|| request.query("access_token"))
}

/// What follows the scheme, which is compared exactly.
fn in_header(request: &HttpRequest) -> Option<String> {
    let token = request
        .header(header::AUTHORIZATION)?
        .strip_prefix("Bearer")?;
    let is_scheme = token.is_empty() || token.starts_with(char::is_whitespace);
    is_scheme.then(|| token.trim().to_owned())
}

pub(crate) fn insufficient_scopes() -> Reply {
    let error = json!({ "message": "Insufficient scopes on access token." });
    let body = json!({ "errors": [error], "error_report_id": 1 });
    Reply::json(StatusCode::UNAUTHORIZED, body)
}

/// The refusal of a masquerade.
pub(crate) fn invalid_as_user_id() -> Reply {
    Reply::json(
        StatusCode::UNAUTHORIZED,
        json!({ "errors": "Invalid as_user_id" }),
    )
}

/// The user whom the caller acts as.
pub(crate) fn masquerade(school: &School, caller: u64, text: &str) -> Result<u64, Reply> {
    let refused = |merged: Option<u64>| {
        let mut reply = invalid_as_user_id();
        if let (Some(merged), ReplyBody::Json(body)) = (merged, &mut reply.body) {
            body["merged_into_user_id"] = merged.into();
        }
        reply
    };
    let may = school.may(caller, Right::BecomeUser, Context::Account(ROOT));
    match school.find_user(text, caller) {
        Some(user) if user == caller || may => Ok(user),
        Some(_) => Err(refused(None)),
        None => {
            let known = plain_id(text).and_then(|id| school.users.get(&id));
            let merged = known.and_then(|user| user.merged_into);
            Err(refused(merged.filter(|_| may)))
        }
    }
}

//! Logins by OAuth2, with refresh tokens that rotate.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::saturating_add,
    oauth::{BrowserUser, Codes, Keys},
    secret::random_hex,
};

#[derive(Debug)]
pub(crate) struct Logins {
    pub(crate) keys: Keys,
    pub(crate) browser_user: BrowserUser,
    pub(crate) codes: Codes,
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
    pub(crate) fn new(browser_user: u64) -> Self {
        Self {
            keys: Keys::default(),
            browser_user: BrowserUser {
                user: browser_user,
                consents: true,
            },
            codes: Codes::default(),
            tokens: HashMap::new(),
            grants: HashMap::new(),
        }
    }

    /// A token of a user, which does not expire by itself.
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

    /// New tokens of a login: an access token and a refresh token.
    fn add_grant(&mut self, client_id: String, user: u64, lifetime: Duration) -> (String, String) {
        let access_token = self.add(Token {
            user,
            ends: Some(saturating_add(Instant::now(), lifetime)),
        });
        let refresh_token = random_hex(64);
        let grant = Grant {
            client_id,
            user,
            access_token: access_token.clone(),
        };
        self.grants.insert(refresh_token.clone(), grant);
        (access_token, refresh_token)
    }

    /// New tokens for a code, which is used up; `None` if it is not one of this application.
    pub(crate) fn exchange(
        &mut self,
        client_id: String,
        code: &str,
        redirect_uri: &str,
        lifetime: Duration,
    ) -> Option<(String, String)> {
        let found = self.codes.get_mut(code)?;
        if found.client_id != client_id || found.redirect_uri != redirect_uri {
            return None;
        }
        let user = found.user;
        self.codes.remove(code);
        Some(self.add_grant(client_id, user, lifetime))
    }

    /// New tokens for a refresh token; both of the former ones are dead. `None` if it is not one
    /// of this application.
    pub(crate) fn renew(
        &mut self,
        client_id: String,
        refresh_token: &str,
        lifetime: Duration,
    ) -> Option<(String, String)> {
        let grant = self.grants.get(refresh_token)?;
        if grant.client_id != client_id {
            return None;
        }
        let grant = self.grants.remove(refresh_token)?;
        self.forget(&grant.access_token);
        Some(self.add_grant(client_id, grant.user, lifetime))
    }
}

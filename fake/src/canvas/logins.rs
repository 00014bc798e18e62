//! Logins by OAuth2, and what renews their tokens.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

use crate::oauth::{BrowserUser, Codes, Keys};

#[derive(Debug)]
pub(crate) struct Logins {
    pub(crate) keys: Keys,
    pub(crate) codes: Codes,
    pub(crate) browser_user: BrowserUser,
    grants: BTreeMap<u64, Grant>,
    /// The grants by refresh token.
    refresh_tokens: HashMap<String, u64>,
    last_grant: u64,
}

/// A login whose access token can be renewed.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user: u64,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// When it can no longer be renewed, for public applications.
    pub(crate) ends: Option<Instant>,
}

impl Logins {
    pub(crate) fn new(browser_user: u64) -> Self {
        Self {
            keys: Keys::default(),
            codes: Codes::default(),
            browser_user: BrowserUser {
                user: browser_user,
                consents: true,
            },
            grants: BTreeMap::new(),
            refresh_tokens: HashMap::new(),
            last_grant: 0,
        }
    }

    /// Ends a grant: it can no longer be renewed.
    pub(crate) fn end(&mut self, grant: u64) -> Option<String> {
        let grant = self.grants.remove(&grant)?;
        self.refresh_tokens.remove(&grant.refresh_token);
        Some(grant.access_token)
    }

    /// A number for a new grant.
    pub(crate) fn next_grant(&mut self) -> u64 {
        self.last_grant += 1;
        self.last_grant
    }

    /// The grant that a refresh token renews.
    pub(crate) fn find(&self, refresh_token: &str) -> Option<(u64, Grant)> {
        let id = self.refresh_tokens.get(refresh_token)?;
        Some((*id, self.grants.get(id)?.clone()))
    }

    /// The grants that an application has for a user.
    pub(crate) fn grants_of(&self, client_id: &str, user: u64) -> Vec<u64> {
        let grants = self.grants.iter();
        grants
            .filter(|(_, grant)| grant.client_id == client_id && grant.user == user)
            .map(|(id, _)| *id)
            .collect()
    }

    pub(crate) fn keep(&mut self, id: u64, grant: Grant) {
        self.refresh_tokens.insert(grant.refresh_token.clone(), id);
        self.grants.insert(id, grant);
    }
}

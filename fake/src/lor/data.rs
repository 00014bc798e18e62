//! All that a fake Commons keeps.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    records::{Records, User},
    refusal::too_many,
};
use crate::{
    clock::saturating_add,
    reply::Reply,
    secret::{random, random_hex},
};

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(crate) struct LorData {
    pub(crate) records: Records,
    pub(crate) sessions: HashMap<String, Session>,
    /// The users by their ids in Canvas.
    pub(crate) by_canvas_id: HashMap<u64, String>,
    pub(crate) hours: Hours,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) ends: Instant,
    pub(crate) expires: Timestamp,
}

/// When the hour of a user began, and how many requests there were in it.
#[derive(Debug, Default)]
pub(crate) struct Hours(HashMap<String, (Instant, u32)>);

impl LorData {
    pub(crate) fn new() -> Self {
        Self {
            records: Records::new(random(12)),
            sessions: HashMap::new(),
            by_canvas_id: HashMap::new(),
            hours: Hours::default(),
        }
    }

    /// Adds a user of Canvas, unless that user is here already, and returns the id.
    pub(crate) fn add_user(&mut self, user: User) -> String {
        if let Some(id) = self.by_canvas_id.get(&user.canvas_id) {
            return id.clone();
        }
        let id = format!("{}:canvas-lms{}", random(40), random_hex(40));
        self.by_canvas_id.insert(user.canvas_id, id.clone());
        self.records.users.insert(id.clone(), user);
        id
    }

    pub(crate) fn open_session(&mut self, user: String, lifetime: Duration) -> String {
        let id = random(32);
        let session = Session {
            user,
            ends: saturating_add(Instant::now(), lifetime),
            expires: Timestamp::now()
                .saturating_add(lifetime)
                .unwrap_or_default(),
        };
        self.sessions.insert(id.clone(), session);
        id
    }
}

impl Hours {
    /// Counts a request of a user, or refuses it when there were too many within the hour.
    pub(crate) fn count(&mut self, user: &str, limit: Option<u32>) -> Result<(), Reply> {
        let now = Instant::now();
        let (began, count) = self.0.entry(user.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= HOUR {
            (*began, *count) = (now, 0);
        }
        if limit.is_some_and(|limit| *count >= limit) {
            let left = HOUR.saturating_sub(now.duration_since(*began));
            return Err(too_many(left));
        }
        *count += 1;
        Ok(())
    }
}

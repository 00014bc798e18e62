//! All that a fake Canvas keeps.

use super::{
    bucket::Buckets, launches::Launches, logins::Logins, moves::Moves, replica::Replica,
    school::School, tokens::Tokens,
};

#[derive(Debug)]
pub(crate) struct CanvasData {
    pub(crate) school: School,
    pub(crate) tokens: Tokens,
    pub(crate) buckets: Buckets,
    pub(crate) logins: Logins,
    pub(crate) launches: Launches,
    pub(crate) moves: Moves,
    pub(crate) replica: Replica,
}

impl CanvasData {
    /// `browser_user` is the user at the browser.
    pub(crate) fn new(school: School, browser_user: u64) -> Self {
        Self {
            school,
            tokens: Tokens::default(),
            buckets: Buckets::default(),
            logins: Logins::new(browser_user),
            launches: Launches::default(),
            moves: Moves::default(),
            replica: Replica::default(),
        }
    }
}

//! The tools that a Canvas knows, and the launch tokens that it has given for them.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

/// How long a launch token is good.
pub(crate) const LIFETIME: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(crate) struct Launches {
    tools: HashSet<String>,
    given: HashMap<String, Launch>,
}

#[derive(Debug)]
struct Launch {
    user: u64,
    tool: String,
    ends: Instant,
}

impl Launches {
    /// Makes a tool known that is launched at this address.
    pub(crate) fn add_tool(&mut self, tool: String) {
        self.tools.insert(tool);
    }

    pub(crate) fn has_tool(&self, tool: &str) -> bool {
        self.tools.contains(tool)
    }

    /// Keeps for whom and for which tool a token is.
    pub(crate) fn add(&mut self, jwt: String, user: u64, tool: String) {
        let ends = Instant::now() + LIFETIME;
        self.given.insert(jwt, Launch { user, tool, ends });
    }

    /// For whom this token was given to this tool, if it was and is still good.
    pub(crate) fn user(&self, jwt: &str, tool: &str) -> Option<u64> {
        let launch = self.given.get(jwt)?;
        let is_good = launch.tool == tool && launch.ends > Instant::now();
        is_good.then_some(launch.user)
    }
}

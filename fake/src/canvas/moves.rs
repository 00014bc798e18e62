//! Moves between groups that are in flight, and those that lock each other.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::{data::CanvasData, routes::ROUTER, school::School, tokens};
use crate::http_request::HttpRequest;

/// The moves in flight that wait for no other, by number: the old group and the new one.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    last: u64,
    all: BTreeMap<u64, (u64, u64)>,
}

/// A move in flight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moving {
    number: u64,
    /// Whether it closes a circle of moves, of which each waits for the next.
    pub(crate) is_locked: bool,
}

impl Moves {
    fn begin(&mut self, from: u64, to: u64) -> Moving {
        let is_locked = self.lead(to, from);
        self.last += 1;
        if !is_locked {
            self.all.insert(self.last, (from, to));
        }
        Moving {
            number: self.last,
            is_locked,
        }
    }

    pub(crate) fn end(&mut self, moving: Moving) {
        self.all.remove(&moving.number);
    }

    /// Whether moves in flight lead from one group to another.
    fn lead(&self, from: u64, to: u64) -> bool {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(group) = next.pop() {
            if group == to {
                return true;
            }
            if seen.insert(group) {
                let moves = self.all.values().filter(|(from, _)| *from == group);
                next.extend(moves.map(|(_, to)| *to));
            }
        }
        false
    }
}

impl CanvasData {
    /// Notes the beginning of a request, if it moves somebody from one group to another.
    pub(crate) fn begin_move(&mut self, request: &HttpRequest) -> Option<Moving> {
        let (route, path) = ROUTER.find(request)?;
        let is_placement =
            route.method == Method::POST && route.path == "groups/:group_id/memberships";
        if !is_placement {
            return None;
        }
        let text = tokens::token(request);
        let caller = self.tokens.check(text.as_deref()).ok()?.user;
        let user = request.params().filled("user_id")?;
        let user = self.school.find_user(&user, caller)?;
        let to = self.school.find_group(path.get("group_id"))?;
        let from = self.school.left_for(user, to)?;
        Some(self.moves.begin(from, to))
    }
}

impl School {
    /// The group that somebody leaves by joining another one.
    fn left_for(&self, user: u64, to: u64) -> Option<u64> {
        let group = self.group(to)?;
        let set = self.categories.get(&group.category)?;
        if Self::allows_several(set) || group.members.contains_key(&user) {
            return None;
        }
        self.groups_of(user, group.category).first().copied()
    }
}

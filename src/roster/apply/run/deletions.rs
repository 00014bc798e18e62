//! Whether teams may be deleted, by a look at the set when all else has ended.

use futures::FutureExt;

use super::{Ended, Run};
use crate::{
    Error, GroupId,
    roster::{Change, Outcome, apply::schedule::deletes, reading::see_groups},
};

impl Run {
    pub(super) fn count(&mut self) {
        let canvas = self.site.canvas.clone();
        let set = self.expected.made.set();
        self.flight.push(
            async move {
                let Some(set) = set else {
                    return Ended::Counted(Err(Error::request_invalid(
                        "the set was not made, so nothing shows whether its groups are empty: make \
                         a new plan",
                    )));
                };
                let seen = see_groups(&canvas, set.into()).await;
                let seen = seen.map_err(Error::without_body);
                Ended::Counted(seen.map(|(_, groups)| {
                    let groups = groups.into_iter();
                    groups.map(|group| (group.id, group)).collect()
                }))
            }
            .boxed(),
        );
    }

    /// Why a team is not deleted, if somebody is in it or it is gone already.
    pub(super) fn not_empty(&self, change: &Change) -> Option<Outcome> {
        if !deletes(change) {
            return None;
        }
        let groups = match &self.counted {
            Some(Ok(groups)) => groups,
            Some(Err(error)) => return Some(Outcome::failed(error)),
            None => return Some(Outcome::not_tried("nobody looked whether it is empty")),
        };
        let (ids, is_all): (Vec<GroupId>, bool) = match change {
            Change::Delete(delete) => (vec![delete.group], true),
            Change::Tags(tags) => (
                tags.delete.iter().map(|delete| delete.group).collect(),
                tags.create.is_empty() && tags.rename.is_empty(),
            ),
            _ => return None,
        };
        let there: Vec<_> = ids.iter().filter_map(|group| groups.get(group)).collect();
        let is_used = there
            .iter()
            .any(|group| group.members_count != Some(0) || group.has_submission != Some(false));
        match there.len() {
            0 if is_all => Some(Outcome::AlreadySo),
            // Tags are changed all together, which one that is gone makes impossible.
            left if is_used || left < ids.len() => Some(Outcome::stale([])),
            _ => None,
        }
    }
}

//! Whether changes of tags still hold.

use super::{Judge, NOTHING_FOUND, Verdict, all};
use crate::roster::{Change, ChangeTags, NewTeam, names};

impl Judge<'_> {
    /// Changes of tags are all or nothing: what is done in part is neither as before nor as after.
    pub(super) fn tags(&mut self, tags: &ChangeTags) -> Verdict {
        if tags.new_set.is_some() && self.sight.snapshot.set.is_some() {
            self.judged.set = self.sight.snapshot.set.as_ref().map(|set| set.id);
        }
        let mut found = Vec::new();
        let (mut done, mut open) = (0, 0);
        let mut note = |is_done| match is_done {
            true => done += 1,
            false => open += 1,
        };
        for name in &tags.create {
            let new = self.new_groups(self.taken.named(name));
            note(!new.is_empty());
            found.extend(
                new.into_iter()
                    .map(|tag| (NewTeam::Name(name.clone()), tag)),
            );
        }
        for rename in &tags.rename {
            match self.groups.get(&rename.group) {
                None => return NOTHING_FOUND,
                Some(tag) => note(names::exact(&tag.name) == names::exact(&rename.to)),
            }
        }
        for delete in &tags.delete {
            note(!self.groups.contains_key(&delete.group));
        }
        match (done, open) {
            (_, 0) if found.len() == tags.create.len() => {
                for (team, tag) in found {
                    self.note_made(team, tag);
                }
                Verdict::AlreadySo
            }
            (0, _) if self.are_free(tags) => all(&Change::Tags(tags.clone())),
            _ => NOTHING_FOUND,
        }
    }
    /// Whether the names that tags are to get are no other's.
    fn are_free(&self, tags: &ChangeTags) -> bool {
        let mut renames = tags.rename.iter();
        let mut create = tags.create.iter();
        create.all(|name| self.taken.is_free(name, None))
            && renames.all(|rename| self.taken.is_free(&rename.to, Some(rename.group)))
    }
}

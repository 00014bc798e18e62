//! Whether changes of tags still hold.

use super::{Judge, NOTHING_FOUND, Verdict, all};
use crate::roster::{Change, ChangeTags, NewTeam, SnapshotGroup, names};

impl Judge<'_> {
    /// Changes of tags are all or nothing: what is done in part is neither as before nor as after.
    pub(super) fn tags(&mut self, tags: &ChangeTags) -> Verdict {
        let set = self.sight.snapshot.set.as_ref().map(|set| set.id);
        let is_set_there = tags.new_set.is_some() && set.is_some();
        if is_set_there {
            self.judged.set = set;
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
        let is_named =
            |tag: &SnapshotGroup, name: &str| names::exact(&tag.name) == names::exact(name);
        // A name that somebody gave it since is not overwritten, nor is such a tag deleted.
        for rename in &tags.rename {
            match self.groups.get(&rename.group) {
                Some(tag) if is_named(tag, &rename.to) => note(true),
                Some(tag) if is_named(tag, &rename.from) => note(false),
                _ => return NOTHING_FOUND,
            }
        }
        for delete in &tags.delete {
            match self.groups.get(&delete.group) {
                None => note(true),
                Some(tag) if is_named(tag, &delete.name) => note(false),
                Some(_) => return NOTHING_FOUND,
            }
        }
        match (done, open) {
            (_, 0) if found.len() == tags.create.len() => {
                for (team, tag) in found {
                    self.note_made(team, tag);
                }
                Verdict::AlreadySo
            }
            (0, _) if self.are_free(tags) => {
                let mut tags = tags.clone();
                // A name stands for a new set, whether there is one of that name or not.
                if is_set_there {
                    tags.new_set = None;
                }
                all(&Change::Tags(tags))
            }
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

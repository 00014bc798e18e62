//! The import of a course's tags and who has them.

use super::{Crash, Row, Table};
use crate::canvas::{
    categories::checks::ValidationErrors,
    school::{Context, MembershipState, School},
};

impl School {
    /// Gives the students of a file its tags. What they have beside these stays.
    pub(super) fn import_tags(&mut self, course: u64, table: &Table) -> Result<(), Crash> {
        for row in table.rows() {
            let Some(tag) = self.tag_in(course, row)? else {
                continue;
            };
            let Some(user) = self.student_in(course, row) else {
                continue;
            };
            let has_it = self
                .group(tag)
                .is_some_and(|t| t.members.contains_key(&user));
            if !has_it {
                self.insert_member(user, tag, MembershipState::Accepted);
            }
        }
        Ok(())
    }

    /// The tag that a row names, moved to the set that it names, and made if there is none.
    fn tag_in(&mut self, course: u64, row: Row<'_>) -> Result<Option<u64>, Crash> {
        let name = row.text("tag_name");
        let found = self.tag_by_id(course, row);
        if found.is_none() && name.is_none() {
            return Ok(None);
        }
        let set = match self.set_by_id(course, row) {
            Some(set) => Some(set),
            None => match row.text("tag_set_name") {
                Some(name) => Some(self.tag_set(course, name)?),
                None => None,
            },
        };
        match (found, set, name) {
            (Some(tag), set, _) => {
                if let Some(set) = set {
                    self.move_tag(tag, set)?;
                }
                Ok(Some(tag))
            }
            (None, _, None) => Ok(None),
            (None, Some(set), Some(name)) => match self.tag_named(name, set) {
                Some(tag) => Ok(Some(tag)),
                None => self.make_tag(set, name).map(Some),
            },
            (None, None, Some(name)) => {
                let sets = self.tag_sets(course);
                let found = sets.into_iter().find_map(|set| self.tag_named(name, set));
                if found.is_some() {
                    return Ok(found);
                }
                // A tag of its own stands in a set of the same name.
                let set = self.tag_set(course, name)?;
                self.make_tag(set, name).map(Some)
            }
        }
    }

    fn tag_sets(&self, course: u64) -> Vec<u64> {
        let sets = self.categories_in(Context::Course(course));
        sets.filter(|(_, set)| set.is_tags)
            .map(|(id, _)| id)
            .collect()
    }

    fn tag_by_id(&self, course: u64, row: Row<'_>) -> Option<u64> {
        let is_here = |id: &u64| {
            let tag = self.group(*id);
            tag.is_some_and(|tag| tag.context == Context::Course(course) && self.is_tag(tag))
        };
        let by_id = row.id("canvas_tag_id").filter(is_here);
        by_id.or_else(|| {
            let sis_id = row.text("tag_id")?;
            let sets = self.tag_sets(course).into_iter();
            let mut tags = sets.flat_map(|set| self.tags_of(set));
            tags.find(|tag| self.group(*tag).and_then(|tag| tag.sis_id.as_deref()) == Some(sis_id))
        })
    }

    fn set_by_id(&self, course: u64, row: Row<'_>) -> Option<u64> {
        let sets = self.tag_sets(course);
        let by_id = row.id("canvas_tag_set_id").filter(|id| sets.contains(id));
        by_id.or_else(|| {
            let sis_id = row.text("tag_set_id")?;
            let has_it = |id: &u64| {
                let set = self.category(*id);
                set.and_then(|set| set.sis_id.as_deref()) == Some(sis_id)
            };
            sets.into_iter().find(has_it)
        })
    }

    fn tags_of(&self, set: u64) -> impl Iterator<Item = u64> {
        let tags = self.category(set).map(|set| set.groups.iter());
        tags.into_iter().flatten().copied()
    }

    fn tag_named(&self, name: &str, set: u64) -> Option<u64> {
        let mut named = self
            .tags_of(set)
            .filter(|tag| self.group(*tag).is_some_and(|tag| tag.name == name));
        named.next()
    }

    /// The set of tags with a name, made if there is none.
    fn tag_set(&mut self, course: u64, name: &str) -> Result<u64, Crash> {
        let context = Context::Course(course);
        let found = self
            .categories_in(context)
            .find(|(_, set)| set.is_tags && set.name == name);
        if let Some((set, _)) = found {
            return Ok(set);
        }
        let mut faults = ValidationErrors::default();
        self.check_category_name(name, context, None, 0, &mut faults);
        self.check_tag_sets(context, &mut faults);
        if faults.first().is_some() {
            return Err(Crash);
        }
        let set = self.make_category(context, name);
        if let Some(record) = self.categories.get_mut(&set) {
            record.is_tags = true;
        }
        Ok(set)
    }

    fn make_tag(&mut self, set: u64, name: &str) -> Result<u64, Crash> {
        self.leave_room(set)?;
        self.make_group(set, name).ok_or(Crash)
    }

    /// Puts a tag, with everybody who has it, into a set.
    fn move_tag(&mut self, tag: u64, set: u64) -> Result<(), Crash> {
        let old = self.group(tag).map(|tag| tag.category).ok_or(Crash)?;
        if old == set {
            return Ok(());
        }
        self.leave_room(set)?;
        if let Some(tag) = self.groups.get_mut(&tag) {
            tag.category = set;
            tag.updated_at = jiff::Timestamp::now();
        }
        if let Some(old) = self.categories.get_mut(&old) {
            old.groups.remove(&tag);
            old.order.take();
        }
        if let Some(set) = self.categories.get_mut(&set) {
            set.groups.insert(tag);
            set.order.take();
        }
        Ok(())
    }

    /// Fails where a set of tags takes no more.
    fn leave_room(&self, set: u64) -> Result<(), Crash> {
        let mut faults = ValidationErrors::default();
        let count = self.category(set).map_or(0, |set| set.groups.len());
        self.check_tags(count + 1, &mut faults);
        match faults.first() {
            Some(_) => Err(Crash),
            None => Ok(()),
        }
    }
}

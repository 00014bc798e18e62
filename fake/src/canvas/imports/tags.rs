//! The import of a course's tags and who has them.

use std::collections::HashSet;

use super::{Crash, Row, Table, Taken};
use crate::canvas::{
    categories::checks::{MOST_TAGS_IN_SET, ValidationErrors},
    school::{Category, Context, MembershipState, School},
};

impl School {
    /// Gives the students of a file its tags. What they have beside these stays.
    pub(super) fn import_tags(&mut self, course: u64, table: &Table) -> Result<Taken, Crash> {
        let mut taken = Taken::default();
        let mut seen = HashSet::new();
        let sets: HashSet<u64> = self.tag_sets(course).collect();
        let tags = self.groups.iter();
        let tags = tags.filter(|(_, tag)| sets.contains(&tag.category));
        let mut tags: Vec<u64> = tags.map(|(id, _)| *id).collect();
        for (number, row) in table.rows().enumerate() {
            let Some(tag) = self.tag_in(course, &mut tags, row)? else {
                continue;
            };
            let Some(user) = self.student_in(course, row) else {
                continue;
            };
            // Of several rows of one user and tag, the first counts.
            if seen.insert((user, tag)) {
                let present = self.group(tag).and_then(|tag| tag.members.get(&user));
                if let Some(membership) = present.copied() {
                    self.remove(membership);
                }
                if taken.note(number, user, tag) {
                    self.write_tagged(&mut taken);
                }
            }
        }
        self.write_tagged(&mut taken);
        Ok(taken)
    }

    fn write_tagged(&mut self, taken: &mut Taken) {
        for (user, tag) in taken.hand_over() {
            self.insert_member(user, tag, MembershipState::Accepted);
        }
    }

    /// The tag that a row names, put into the set that it names, and made if there is none.
    fn tag_in(
        &mut self,
        course: u64,
        tags: &mut Vec<u64>,
        row: Row<'_>,
    ) -> Result<Option<u64>, Crash> {
        let name = row.either("tag_name", "group_name");
        let found = self.find_tag(tags, row);
        if found.is_none() && name.is_none() {
            return Ok(None);
        }
        let by_id = self.find_set_by_id(course, row);
        let set_name = row.text("tag_set_name");
        let set = by_id.or_else(|| self.find_set_by_name(course, set_name?));
        if let Some(set) = set {
            self.restore_set(set);
            if let Some(name) = set_name {
                self.rename_set(set, name)?;
            }
        }
        match (found, set, name) {
            (Some(tag), set, _) => {
                self.bring_back(tag)?;
                match (set, set_name) {
                    (Some(set), _) => self.move_tag(tag, set)?,
                    // A name that no set has becomes that of the set in which the tag is.
                    (None, Some(name)) => {
                        let set = self.group(tag).map(|tag| tag.category).ok_or(Crash)?;
                        self.rename_set(set, name)?;
                    }
                    (None, None) => {}
                }
                Ok(Some(tag))
            }
            (None, Some(set), Some(name)) => {
                let tag = self.make_tag(set, name)?;
                tags.push(tag);
                Ok(Some(tag))
            }
            // Whatever the set should be called, it is called like the tag.
            (None, None, Some(name)) => {
                let set = self.make_tag_set(course, name)?;
                let tag = self.make_tag(set, name)?;
                tags.push(tag);
                Ok(Some(tag))
            }
            (None, _, None) => Ok(None),
        }
    }

    /// The sets of tags in a course, deleted ones too.
    fn tag_sets(&self, course: u64) -> impl Iterator<Item = u64> {
        let sets = self.categories.iter();
        sets.filter(move |(_, set)| set.is_tags && set.context == Context::Course(course))
            .map(|(id, _)| *id)
    }

    /// The tag that a row names by its id, its SIS id, or its name, among all of the course,
    /// deleted ones too.
    fn find_tag(&self, tags: &[u64], row: Row<'_>) -> Option<u64> {
        let find = |is_it: &dyn Fn(u64, &str, Option<&str>) -> bool| {
            let tags = tags
                .iter()
                .filter_map(|id| Some((id, self.groups.get(id)?)));
            let mut tags = tags.filter(|(id, tag)| is_it(**id, &tag.name, tag.sis_id.as_deref()));
            let first = tags.next()?;
            // One that is there comes before those that are not.
            let there = tags.find(|(_, tag)| !tag.is_deleted);
            let best = if first.1.is_deleted { there } else { None };
            Some(*best.unwrap_or(first).0)
        };
        let id = row.either("canvas_tag_id", "canvas_group_id");
        let id = id.and_then(|id| id.parse::<u64>().ok());
        let sis_id = row.either("tag_id", "group_id");
        let name = row.either("tag_name", "group_name");
        id.and_then(|id| find(&|other, _, _| other == id))
            .or_else(|| sis_id.and_then(|id| find(&|_, _, other| other == Some(id))))
            .or_else(|| name.and_then(|name| find(&|_, other, _| other == name)))
    }

    fn find_set_by_id(&self, course: u64, row: Row<'_>) -> Option<u64> {
        let id = row.id("canvas_tag_set_id");
        let by_id = id.and_then(|id| self.tag_sets(course).find(|set| *set == id));
        by_id.or_else(|| {
            let sis_id = row.text("tag_set_id")?;
            self.tag_sets(course).find(|id| {
                let set = self.categories.get(id);
                set.and_then(|set| set.sis_id.as_deref()) == Some(sis_id)
            })
        })
    }

    fn find_set_by_name(&self, course: u64, name: &str) -> Option<u64> {
        let named = self.tag_sets(course).filter_map(|id| {
            let set = self.categories.get(&id)?;
            (set.name == name).then_some((set.is_deleted, id))
        });
        named.min().map(|(_, id)| id)
    }

    fn restore_set(&mut self, set: u64) {
        if let Some(set) = self.categories.get_mut(&set) {
            set.is_deleted = false;
        }
    }

    /// Restores a tag that is deleted, and the set that it is in.
    fn bring_back(&mut self, tag: u64) -> Result<(), Crash> {
        let record = self.groups.get(&tag).ok_or(Crash)?;
        let (set, is_deleted) = (record.category, record.is_deleted);
        if is_deleted {
            self.restore_set(set);
            self.leave_room(set)?;
            self.restore_group(tag);
        }
        Ok(())
    }

    /// Makes a set of tags.
    fn make_tag_set(&mut self, course: u64, name: &str) -> Result<u64, Crash> {
        let context = Context::Course(course);
        let mut faults = ValidationErrors::default();
        let mut draft = Category::new(context, name);
        draft.is_tags = true;
        self.check_category_name(name, &draft, None, 0, &mut faults);
        self.check_new_tags(context, 0, 0, 0, &mut faults);
        if !faults.is_empty() {
            return Err(Crash);
        }
        let set = self.make_category(context, name);
        if let Some(record) = self.categories.get_mut(&set) {
            record.is_tags = true;
        }
        Ok(set)
    }

    fn make_tag(&mut self, set: u64, name: &str) -> Result<u64, Crash> {
        Self::check_group_name(name)?;
        self.leave_room(set)?;
        self.make_group(set, name).ok_or(Crash)
    }

    /// Puts a tag, with everybody who has it, into a set.
    fn move_tag(&mut self, tag: u64, set: u64) -> Result<(), Crash> {
        let old = self.group(tag).map(|tag| tag.category).ok_or(Crash)?;
        if old == set {
            return Ok(());
        }
        let count = self.category(set).map_or(0, |set| set.groups.len() as u64);
        if count >= MOST_TAGS_IN_SET {
            return Err(Crash);
        }
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

    /// Fails where a set of tags, or its course, takes no more.
    fn leave_room(&self, set: u64) -> Result<(), Crash> {
        let set = self.category(set).ok_or(Crash)?;
        let mut faults = ValidationErrors::default();
        let present = set.groups.len() as u64;
        self.check_new_tags(set.context, present, 0, 1, &mut faults);
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Crash),
        }
    }
}

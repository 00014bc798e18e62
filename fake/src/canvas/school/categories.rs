//! The users whom group sets are for, and the deletion of sets.

use super::{Category, Context, School};

impl School {
    /// The sets of a context that are not deleted.
    pub(crate) fn categories_in(&self, context: Context) -> impl Iterator<Item = (u64, &Category)> {
        let all = self.categories.iter().map(|(id, category)| (*id, category));
        all.filter(move |(_, category)| !category.is_deleted && category.context == context)
    }

    /// The users whom a set is for: the students of its course who are active or
    /// invited, all users of its account.
    pub(crate) fn candidates(&self, category: u64) -> impl Iterator<Item = u64> {
        let context = self.categories.get(&category).map(|set| set.context);
        let (course, account) = match context {
            Some(Context::Course(course)) => (Some(self.current_students(course)), None),
            Some(Context::Account(_)) => (None, Some(self.users.iter())),
            None => (None, None),
        };
        let users = account
            .into_iter()
            .flatten()
            .filter(|(_, user)| user.merged_into.is_none())
            .map(|(id, _)| *id);
        course.into_iter().flatten().chain(users)
    }

    /// The same, by sortable name.
    pub(crate) fn candidates_by_name(&self, category: u64) -> &[u64] {
        match self.categories.get(&category).map(|set| set.context) {
            Some(Context::Course(course)) => self.current_students_by_name(course),
            Some(Context::Account(_)) => self.users_by_name(),
            None => &[],
        }
    }

    /// Those of them who are in no group of the set.
    pub(crate) fn unassigned(&self, category: u64) -> impl Iterator<Item = u64> {
        self.candidates(category)
            .filter(move |user| self.groups_of(*user, category).is_empty())
    }

    /// How many of them count as unassigned: all, where a person may join several groups.
    pub(crate) fn count_unassigned(&self, category: u64) -> usize {
        let set = self.categories.get(&category);
        match set.is_some_and(Self::allows_several) {
            true => self.candidates(category).count(),
            false => self.unassigned(category).count(),
        }
    }

    /// Deletes a set, and with it its groups.
    pub(crate) fn delete_category(&mut self, id: u64) {
        let Some(category) = self.categories.get_mut(&id) else {
            return;
        };
        category.is_deleted = true;
        category.updated_at = jiff::Timestamp::now();
        for group in category.groups.clone() {
            self.drop_group(group);
        }
    }
}

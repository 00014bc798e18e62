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

    /// Those of them who are in no group of the set.
    pub(crate) fn unassigned(&self, category: u64) -> impl Iterator<Item = u64> {
        self.candidates(category)
            .filter(move |user| self.groups_of(*user, category).is_empty())
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

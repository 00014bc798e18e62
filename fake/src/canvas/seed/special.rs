//! Seeding the sets that are special.

use super::super::school::{Context, ROOT, School};
use canvas_groups::{CategoryId, CourseId};

impl School {
    /// The set of the groups that students organise themselves in a course, which is made if there
    /// is none.
    pub fn add_student_groups_category(&mut self, course: CourseId) -> CategoryId {
        let context = Context::Course(course.get());
        CategoryId::new(self.special_category(context, "student_organized", "Student Groups"))
    }

    /// The set of the communities, which are in the root account, which is made if there is none.
    pub fn add_communities_category(&mut self) -> CategoryId {
        let context = Context::Account(ROOT);
        CategoryId::new(self.special_category(context, "communities", "Communities"))
    }

    /// The set of this role in a context, made if there is none.
    pub(crate) fn special_category(
        &mut self,
        context: Context,
        role: &'static str,
        name: &str,
    ) -> u64 {
        let known = self.categories.iter().find(|(_, category)| {
            category.context == context && category.role == Some(role) && !category.is_deleted
        });
        if let Some((id, _)) = known {
            return *id;
        }
        let id = self.make_category(context, name);
        if let Some(category) = self.categories.get_mut(&id) {
            category.role = Some(role);
        }
        id
    }
}

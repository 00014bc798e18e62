//! Seeding what comes from a student information system.

use super::super::school::{Context, School, SisAccess};
use canvas_groups::{AccountId, CategoryId, CourseId, GroupId, SectionId, UserId};

impl School {
    /// The set of the groups that were imported into a course, which is made if there is none.
    pub fn add_imported_category(&mut self, course: CourseId) -> CategoryId {
        let context = Context::Course(course.get());
        CategoryId::new(self.special_category(context, "imported", "Imported Groups"))
    }

    /// Limits what a user may do with SIS data, whatever the role gives. By default, teachers read
    /// that of their courses in exports and lists of users, but not the SIS ids of groups and group
    /// sets; administrators read and write all of it.
    pub fn limit_sis_access(&mut self, user: UserId, most: SisAccess) {
        if let Some(user) = self.users.get_mut(&user.get()) {
            user.sis_access = most;
        }
    }

    /// Gives an account an SIS id.
    pub fn set_sis_account_id(&mut self, account: AccountId, id: impl Into<String>) {
        if let Some(account) = self.accounts.get_mut(&account.get()) {
            account.sis_id = Some(id.into());
        }
    }

    /// Gives a section an SIS id.
    pub fn set_sis_section_id(&mut self, section: SectionId, id: impl Into<String>) {
        if let Some(section) = self.sections.get_mut(&section.get()) {
            section.sis_id = Some(id.into());
        }
    }

    /// Gives a group, or a tag, an SIS id.
    pub fn set_sis_group_id(&mut self, group: GroupId, id: impl Into<String>) {
        if let Some(group) = self.groups.get_mut(&group.get()) {
            group.sis_id = Some(id.into());
        }
    }

    /// Gives a group set, or a set of tags, an SIS id.
    pub fn set_sis_group_category_id(&mut self, category: CategoryId, id: impl Into<String>) {
        if let Some(category) = self.categories.get_mut(&category.get()) {
            category.sis_id = Some(id.into());
        }
    }
}

//! The rules that a group set has to obey.

use crate::{
    canvas::school::{Category, Context, School},
    reply::Reply,
};

/// How long a name may be, in characters.
pub(crate) const LONGEST_NAME: usize = 255;
/// The most sets of tags in a course.
const MOST_TAG_SETS: usize = 40;
/// The most tags in a set of them.
pub(crate) const MOST_TAGS: usize = 10;
/// What is said of one more.
pub(crate) const TAGS_ARE_FULL: &str = "Variant limit reached for tag";

/// What is wrong with a record, by attribute.
#[derive(Debug, Default)]
pub(crate) struct ValidationErrors(Vec<(&'static str, String)>);

impl ValidationErrors {
    pub(crate) fn add(&mut self, attribute: &'static str, message: impl Into<String>) {
        self.0.push((attribute, message.into()));
    }

    pub(crate) fn first(&self) -> Option<&str> {
        self.0.first().map(|(_, message)| &**message)
    }

    /// The refusal, where there is anything wrong.
    pub(crate) fn refuse(&self) -> Result<(), Reply> {
        let errors = self.0.iter();
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Reply::invalid(
                errors.map(|(attribute, message)| (*attribute, &**message)),
            )),
        }
    }
}

impl School {
    /// Checks the name of a set, which is to have this many more groups. `own` is the set, if it
    /// is there already.
    pub(crate) fn check_category_name(
        &self,
        name: &str,
        context: Context,
        own: Option<u64>,
        new_groups: u64,
        errors: &mut ValidationErrors,
    ) {
        let reserved: &[&str] = match context {
            Context::Course(_) => &["Student Groups", "Imported Groups"],
            Context::Account(_) => &["Communities", "Imported Groups"],
        };
        let role = own.and_then(|own| self.categories.get(&own)?.role);
        let longest = match new_groups {
            0 => LONGEST_NAME,
            count => LONGEST_NAME - (count.to_string().len() + 1),
        };
        if name.trim().is_empty() {
            errors.add("name", "Name is required");
        } else if role.is_none() && reserved.contains(&name) {
            errors.add("name", format!("{name} is a reserved name."));
        } else if self
            .categories_in(context)
            .any(|(id, other)| Some(id) != own && other.name == name)
        {
            errors.add("name", format!("{name} is already in use."));
        } else if name.chars().count() > longest {
            errors.add("name", "Enter a shorter category name");
        }
    }

    /// Checks that a course may have one more set of tags.
    pub(crate) fn check_tag_sets(&self, context: Context, errors: &mut ValidationErrors) {
        let sets = self.categories_in(context);
        if sets.filter(|(_, set)| set.is_tags).count() >= MOST_TAG_SETS {
            errors.add("base", "You have reached the tag limit for this course");
        }
    }

    /// Checks that a set of tags may have this many of them.
    pub(crate) fn check_tags(&self, count: usize, errors: &mut ValidationErrors) {
        if count > MOST_TAGS {
            errors.add("base", TAGS_ARE_FULL);
        }
    }

    /// Whether some group of a set has members who share no section.
    pub(crate) fn mixes_sections(&self, category: &Category) -> bool {
        let mut groups = category.groups.iter().filter_map(|id| self.group(*id));
        groups.any(|group| {
            let first = group.members.keys().next();
            group.members.len() > 1 && first.is_some_and(|user| !self.shares_section(*user, group))
        })
    }
}

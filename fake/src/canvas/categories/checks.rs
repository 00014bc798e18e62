//! The rules that a group set has to obey.

use crate::{
    canvas::school::{Category, Context, School},
    reply::Reply,
};

/// How long a name may be, in characters.
pub(crate) const LONGEST_NAME: usize = 255;
/// The most tags in a course, in all its sets of them.
const MOST_TAGS_IN_COURSE: u64 = 40;
/// The most tags in a set of them.
pub(crate) const MOST_TAGS_IN_SET: u64 = 10;

/// What is wrong with a record, by attribute.
#[derive(Debug, Default)]
pub(crate) struct ValidationErrors(Vec<(&'static str, String)>);

impl ValidationErrors {
    pub(crate) fn add(&mut self, attribute: &'static str, message: impl Into<String>) {
        self.0.push((attribute, message.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors in sentences that begin with the attribute, but for those of the whole record.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(attribute, message)| {
            let name = attribute.replace('_', " ");
            let mut letters = name.chars();
            match letters.next() {
                Some(first) if *attribute != "base" => {
                    format!("{}{} {message}", first.to_uppercase(), letters.as_str())
                }
                _ => message.clone(),
            }
        })
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
    /// Checks a name for a set, which is to have this many more groups. `own` is the id of the set,
    /// if it is there already. Sets of tags may have any name, but not on old servers.
    pub(crate) fn check_category_name(
        &self,
        name: &str,
        category: &Category,
        own: Option<u64>,
        new_groups: u64,
        errors: &mut ValidationErrors,
    ) {
        let context = category.context;
        let is_free = category.is_tags && !self.is_old;
        let is_other = own.is_none() || name != category.name;
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
        } else if !is_free && is_other && role.is_none() && reserved.contains(&name) {
            errors.add("name", format!("{name} is a reserved name."));
        } else if !is_free
            && self
                .categories_in(context)
                .any(|(id, other)| Some(id) != own && other.name == name)
        {
            errors.add("name", format!("{name} is already in use."));
        } else if name.chars().count() > longest {
            errors.add("name", "Enter a shorter category name");
        }
    }

    /// Checks that a set of tags may have more of them: it has `present`, of which `deleted` go
    /// first, and `new` are to come. None to come asks whether the course may have a set more.
    pub(crate) fn check_new_tags(
        &self,
        context: Context,
        present: u64,
        deleted: u64,
        new: u64,
        errors: &mut ValidationErrors,
    ) {
        let sets = self.categories_in(context).filter(|(_, set)| set.is_tags);
        let in_course: u64 = sets.map(|(_, set)| set.groups.len() as u64).sum();
        if present.saturating_sub(deleted) + new > MOST_TAGS_IN_SET {
            errors.add("base", "Variant limit reached for tag");
        }
        if in_course.saturating_sub(deleted) + new.max(1) > MOST_TAGS_IN_COURSE {
            errors.add("base", "You have reached the tag limit for this course");
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

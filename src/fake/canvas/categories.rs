//! Group sets.

mod assign;
pub(crate) mod checks;
mod groups;
mod save;
mod settings;
mod users;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    groups::Includes as GroupIncludes,
    rights::Deed,
    routes::{Route, delete, get, post, put},
    school::{Context, School},
    visit::Visit,
};
use crate::fake::reply::{Answer, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("accounts/:account_id/group_categories", list),
    get("courses/:course_id/group_categories", list),
    get("group_categories/:group_category_id", show),
    post("accounts/:account_id/group_categories", save::create),
    post("courses/:course_id/group_categories", save::create),
    put("group_categories/:group_category_id", save::update),
    delete("group_categories/:group_category_id", delete_one),
    get("group_categories/:group_category_id/groups", list_groups),
    get("group_categories/:group_category_id/users", users::list),
    post("group_categories/:group_category_id/assign_unassigned_members", assign::assign),
];

pub(crate) fn list(visit: &mut Visit<'_>) -> Answer {
    let context = visit.context()?;
    let [groups, tags] =
        [false, true].map(|tags| visit.school.may_do_any(visit.caller, tags, context));
    visit.permit(groups || tags)?;
    let refused = |status, message| Err(Reply::json(status, json!({ "error": message })));
    let state = visit.params.filled("collaboration_state");
    let (groups, tags) = match state.map(|state| state.to_lowercase()).as_deref() {
        None | Some("collaborative") if !groups => {
            let message = "user not authorized to perform that action";
            return refused(StatusCode::FORBIDDEN, message);
        }
        None | Some("collaborative") => (true, false),
        Some("non_collaborative") if !tags => {
            let message = "Unauthorized to view non-collaborative group categories";
            return refused(StatusCode::FORBIDDEN, message);
        }
        Some("non_collaborative") => (false, true),
        Some("all") => (groups, tags),
        Some(_) => {
            let message = "Invalid collaboration_state parameter";
            return refused(StatusCode::BAD_REQUEST, message);
        }
    };
    let includes = Includes::of(visit)?;
    let wanted: Vec<u64> = visit
        .school
        .categories_in(context)
        .filter(|(_, category)| match category.is_tags {
            true => tags,
            false => groups,
        })
        .map(|(id, _)| id)
        .collect();
    visit.numbered(&wanted, |id| includes.show(visit, id).into())
}

pub(crate) fn show(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    permit_to_see(visit, id)?;
    let includes = Includes::of(visit)?;
    Ok(Reply::ok(includes.show(visit, id)))
}

pub(crate) fn delete_one(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    permit(visit, Deed::Delete, id)?;
    let category = visit.category_record(id)?;
    if category.role.is_some_and(|role| role != "imported") {
        return Err(unauthorized());
    }
    visit.school.delete_category(id);
    Ok(Reply::ok(visit.show_category(id)))
}

pub(crate) fn list_groups(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    permit_to_see(visit, id)?;
    let groups = visit.school.groups_by_name(id);
    visit.numbered(groups, |group| {
        visit.show_group(group, &GroupIncludes::default())
    })
}

impl Visit<'_> {
    /// A group set without what has to be asked for.
    fn show_category(&self, id: u64) -> Map<String, Value> {
        let mut shown = self.school.show_category(id, self.caller);
        if self.settings.is_old {
            shown.retain(|key, _| !NEW_KEYS.contains(&&**key));
        }
        shown
    }
}

/// What older servers do not know of a group set.
const NEW_KEYS: [&str; 2] = ["non_collaborative", "self_signup_end_at"];

/// The refusal that gives no reason.
pub(crate) fn unauthorized() -> Reply {
    let body = json!({ "status": "unauthorized" });
    Reply::json(StatusCode::UNAUTHORIZED, body)
}

/// Refuses what the caller may not do with the groups of a set.
pub(crate) fn permit(visit: &Visit<'_>, deed: Deed, category: u64) -> Result<(), Reply> {
    let category = visit.category_record(category)?;
    visit.permit(visit.may_do(deed, category.is_tags, category.context))
}

fn permit_to_see(visit: &Visit<'_>, category: u64) -> Result<(), Reply> {
    let category = visit.category_record(category)?;
    let school = &visit.school;
    visit.permit(school.may_do_any(visit.caller, category.is_tags, category.context))
}

/// What is to be shown of a set beside the set itself.
#[derive(Debug, Clone, Copy, Default)]
struct Includes {
    groups_count: bool,
    unassigned_users_count: bool,
    groups: bool,
}

impl Includes {
    /// What the call asks for; a failure where that is no list.
    fn of(visit: &Visit<'_>) -> Result<Self, Reply> {
        let asks = |what| visit.params.asks_for("includes", what);
        match visit.params.get("includes") {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::Array(_)) => Ok(Self {
                groups_count: asks("groups_count"),
                unassigned_users_count: asks("unassigned_users_count"),
                groups: asks("groups"),
            }),
            Some(_) => Err(Reply::crash()),
        }
    }

    fn with_counts(self) -> Self {
        Self {
            groups_count: true,
            unassigned_users_count: true,
            ..self
        }
    }

    /// A set with these, and with its job while that is not over.
    fn show(self, visit: &Visit<'_>, id: u64) -> Map<String, Value> {
        let mut shown = self.show_without_job(visit, id);
        if let Some(job) = visit.school.pending_job(id) {
            let progress = visit.school.show_progress(job, visit.url);
            shown.insert("progress".to_owned(), progress);
        }
        shown
    }

    fn show_without_job(self, visit: &Visit<'_>, id: u64) -> Map<String, Value> {
        let school = &visit.school;
        let mut shown = visit.show_category(id);
        let groups = school.category(id).map_or(0, |set| set.groups.len());
        if self.groups_count {
            shown.insert("groups_count".to_owned(), groups.into());
        }
        if self.unassigned_users_count {
            let count = school.unassigned(id).count();
            shown.insert("unassigned_users_count".to_owned(), count.into());
        }
        if self.groups {
            let groups = school.groups_by_name(id).iter().copied();
            let groups = groups.map(|group| visit.show_group(group, &GroupIncludes::default()));
            shown.insert("groups".to_owned(), groups.collect());
        }
        shown
    }
}

impl School {
    /// The sets of a context that are not deleted.
    pub(crate) fn categories_in(
        &self,
        context: Context,
    ) -> impl Iterator<Item = (u64, &super::school::Category)> {
        let all = self.categories.iter().map(|(id, category)| (*id, category));
        all.filter(move |(_, category)| !category.is_deleted && category.context == context)
    }

    /// Whom a set is for: the active students of its course, all users of its account.
    pub(crate) fn candidates(&self, category: u64) -> impl Iterator<Item = u64> {
        let context = self.categories.get(&category).map(|set| set.context);
        let (course, account) = match context {
            Some(Context::Course(course)) => (Some(self.students(course)), None),
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
    fn delete_category(&mut self, id: u64) {
        let Some(category) = self.categories.get_mut(&id) else {
            return;
        };
        category.is_deleted = true;
        category.updated_at = jiff::Timestamp::now();
        for group in category.groups.clone() {
            self.delete_group(group);
        }
    }
}

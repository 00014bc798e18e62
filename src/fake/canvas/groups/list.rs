//! Lists of groups.

use serde_json::{Map, Value};

use super::Includes;
use crate::fake::{
    canvas::{
        rights::Right,
        school::{Context, Group, Role, State},
        visit::Visit,
    },
    reply::{Answer, Reply},
};

/// The groups in which the caller is, by name and id, page after page by bookmark.
pub(super) fn list_mine(visit: &mut Visit<'_>) -> Answer {
    let school = &visit.school;
    let wanted = visit.params.filled("context_type");
    let user = school.users.get(&visit.caller);
    let ids = user.map(|user| user.groups.iter()).into_iter().flatten();
    let mut mine: Vec<_> = ids
        .filter_map(|id| {
            let group = school.group(*id)?;
            let kind = match group.context {
                Context::Account(_) => "Account",
                Context::Course(_) => "Course",
            };
            let is_wanted = wanted.as_deref().is_none_or(|wanted| wanted == kind);
            let is_mine = is_in(visit, visit.caller, group) && !school.is_tag(group);
            (is_mine && is_wanted).then_some((&*group.name, *id))
        })
        .collect();
    mine.sort();
    let includes = Includes::asked(&visit.params);
    visit
        .listing()
        .bookmarked(&mine, |id| visit.show_group(id, &includes))
}

/// The groups of a course or account, by set and name.
pub(super) fn list_of_context(visit: &mut Visit<'_>) -> Answer {
    let context = visit.context()?;
    visit.permit(visit.may(Right::ReadRoster, context))?;
    let state = visit.params.filled("collaboration_state");
    let sees_tags = visit.school.may_do_any(visit.caller, true, context);
    let (groups, tags) = match state.as_deref() {
        None | Some("collaborative") => (true, false),
        Some("non_collaborative") => {
            visit.permit(sees_tags)?;
            (false, true)
        }
        Some("all") => (true, sees_tags),
        Some(_) => (true, true),
    };
    let filter = Filter::of(visit, context);
    let mut sets: Vec<_> = visit
        .school
        .categories
        .iter()
        .filter(|(_, set)| set.context == context && !set.is_deleted)
        .filter(|(_, set)| if set.is_tags { tags } else { groups })
        .collect();
    sets.sort_by_key(|(id, set)| (&set.name, **id));
    let ids: Vec<_> = sets
        .into_iter()
        .flat_map(|(id, _)| visit.school.groups_by_name(*id).iter().copied())
        .filter(|id| {
            let group = visit.school.group(*id);
            group.is_some_and(|group| filter.takes(visit, group))
        })
        .collect();
    let tells_sets = state.as_deref() == Some("non_collaborative") && filter.user.is_some();
    let includes = Includes::asked_of_context(&visit.params);
    visit.numbered(&ids, |id| {
        let mut shown = visit.show_group(id, &includes);
        if let (true, Some(shown)) = (tells_sets, shown.as_object_mut()) {
            tell_set(visit, id, shown);
        }
        shown
    })
}

/// What the list of somebody's tags says of their sets.
fn tell_set(visit: &Visit<'_>, id: u64, shown: &mut Map<String, Value>) {
    let group = visit.school.group(id);
    if let Some(set) = group.and_then(|group| visit.school.category(group.category)) {
        shown.insert("group_category_name".to_owned(), set.name.clone().into());
        shown.insert("is_single_tag".to_owned(), (set.groups.len() == 1).into());
    }
}

/// Which groups of a context are wanted.
struct Filter {
    only_own: bool,
    user: Option<u64>,
    text: Option<String>,
    /// A student who does not see the groups of sections that are not theirs.
    of_sections: bool,
}

impl Filter {
    fn of(visit: &Visit<'_>, context: Context) -> Self {
        let student_in = match context {
            Context::Course(course) => visit.school.courses.get(&course).filter(|_| {
                let is_student = visit.school.role(visit.caller, course) == Some(Role::Student);
                is_student && !visit.may(Right::ManageGroupsManage, context)
            }),
            Context::Account(_) => None,
        };
        let params = &visit.params;
        let enrollment = student_in.and_then(|course| course.roster.get(&visit.caller));
        Self {
            only_own: params.flag("only_own_groups") == Some(true)
                || student_in.is_some_and(|course| course.hides_people),
            user: params
                .filled("user_id")
                .map(|id| id.trim().parse().unwrap_or(0)),
            text: params.filled("filter").map(|text| text.to_lowercase()),
            of_sections: params.filled("section_restricted").is_some()
                && enrollment.is_some_and(|enrollment| enrollment.is_limited),
        }
    }

    fn takes(&self, visit: &Visit<'_>, group: &Group) -> bool {
        (!self.only_own || is_in(visit, visit.caller, group))
            && self.user.is_none_or(|user| is_in(visit, user, group))
            && (!self.of_sections || is_of_sections(visit, group))
            && self.text.as_deref().is_none_or(|text| {
                let has = |name: &str| name.to_lowercase().contains(text);
                let mut members = visit.school.accepted(group);
                has(&group.name)
                    || members.any(|id| visit.school.users.get(&id).is_some_and(|u| has(&u.name)))
            })
    }
}

/// Whether a group is empty, or somebody in it is of a section of the caller.
fn is_of_sections(visit: &Visit<'_>, group: &Group) -> bool {
    let mut seen = visit.school.seen_members(visit.caller, group);
    seen.next().is_some() || visit.school.accepted(group).next().is_none()
}

fn is_in(visit: &Visit<'_>, user: u64, group: &Group) -> bool {
    let membership = visit.school.membership_in(group, user);
    membership.is_some_and(|membership| membership.state == State::Accepted)
}

/// The tags that users of a course carry.
pub(super) fn bulk_user_tags(visit: &mut Visit<'_>) -> Answer {
    let context = visit.context()?;
    visit.permit(visit.school.may_do_any(visit.caller, true, context))?;
    // The tags are looked for in the course of this number, whatever the key was that found it.
    let course = visit.path.get("course_id").parse().unwrap_or(0);
    let users = visit.params.ids("user_ids").into_iter();
    let tags = users.map(|id| {
        let user = visit.school.users.get(&id);
        let groups = user.map(|user| user.groups.iter()).into_iter().flatten();
        let tags = groups.filter(|group| {
            let group = visit.school.group(**group);
            group.is_some_and(|group| {
                group.context == Context::Course(course)
                    && visit.school.is_tag(group)
                    && is_in(visit, id, group)
            })
        });
        (id.to_string(), tags.copied().collect::<Value>())
    });
    Ok(Reply::ok(tags.collect::<Map<_, _>>()))
}

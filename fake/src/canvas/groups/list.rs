//! Lists of groups.

use serde_json::{Map, Value};

use super::GroupIncludes;
use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::Right,
        school::{Context, Group, MembershipState, Role},
    },
    reply::{HandlerResult, Reply},
};

/// The groups in which the caller is, by name and id, page after page by bookmark.
pub(super) fn list_mine(request: &mut ApiRequest<'_>) -> HandlerResult {
    let school = &request.school;
    let wanted = request.params.filled("context_type");
    let user = school.users.get(&request.caller);
    let ids = user.map(|user| user.groups.iter()).into_iter().flatten();
    let mut mine: Vec<_> = ids
        .filter_map(|id| {
            let group = school.group(*id)?;
            let kind = match group.context {
                Context::Account(_) => "Account",
                Context::Course(_) => "Course",
            };
            let is_wanted = wanted.as_deref().is_none_or(|wanted| wanted == kind);
            let is_mine = is_in(request, request.caller, group) && !school.is_tag(group);
            (is_mine && is_wanted).then_some((&*group.name, *id))
        })
        .collect();
    mine.sort();
    let includes = GroupIncludes::asked(&request.params);
    request
        .listing()
        .bookmarked(&mine, |at| request.show_group(mine[at].1, &includes))
}

/// The groups of a course or account, by set and name.
pub(super) fn list_of_context(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    request.permit(request.may(Right::ReadRoster, context))?;
    let state = request.params.filled("collaboration_state");
    let sees_tags = request.school.may_do_any(request.caller, true, context);
    let (groups, tags) = match state.as_deref() {
        None | Some("collaborative") => (true, false),
        Some("non_collaborative") => {
            request.permit(sees_tags)?;
            (false, true)
        }
        Some("all") => (true, sees_tags),
        Some(_) => (true, true),
    };
    let filter = Filter::of(request, context);
    let mut sets: Vec<_> = request
        .school
        .categories
        .iter()
        .filter(|(_, set)| set.context == context && !set.is_deleted)
        .filter(|(_, set)| if set.is_tags { tags } else { groups })
        .collect();
    sets.sort_by_key(|(id, set)| (&set.name, **id));
    let ids: Vec<_> = sets
        .into_iter()
        .flat_map(|(id, _)| request.school.groups_by_name(*id).iter().copied())
        .filter(|id| {
            let group = request.school.group(*id);
            group.is_some_and(|group| filter.takes(request, group))
        })
        .collect();
    let tells_sets = state.as_deref() == Some("non_collaborative") && filter.user.is_some();
    let includes = GroupIncludes::asked_of_context(&request.params);
    request.numbered(&ids, |id| {
        let mut shown = request.show_group(id, &includes);
        if let (true, Some(shown)) = (tells_sets, shown.as_object_mut()) {
            tell_set(request, id, shown);
        }
        shown
    })
}

/// What the list of somebody's tags says of their sets.
fn tell_set(request: &ApiRequest<'_>, id: u64, shown: &mut Map<String, Value>) {
    let group = request.school.group(id);
    if let Some(set) = group.and_then(|group| request.school.category(group.category)) {
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
    fn of(request: &ApiRequest<'_>, context: Context) -> Self {
        let student_in = match context {
            Context::Course(course) => request.school.courses.get(&course).filter(|_| {
                let is_student = request.school.role(request.caller, course) == Some(Role::Student);
                is_student && !request.may(Right::ManageGroupsManage, context)
            }),
            Context::Account(_) => None,
        };
        let params = &request.params;
        let enrollment = student_in.and_then(|course| course.roster.get(&request.caller));
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

    fn takes(&self, request: &ApiRequest<'_>, group: &Group) -> bool {
        (!self.only_own || is_in(request, request.caller, group))
            && self.user.is_none_or(|user| is_in(request, user, group))
            && (!self.of_sections || is_of_sections(request, group))
            && self.text.as_deref().is_none_or(|text| {
                let has = |name: &str| name.to_lowercase().contains(text);
                let mut members = request.school.accepted(group);
                has(&group.name)
                    || members.any(|id| request.school.users.get(&id).is_some_and(|u| has(&u.name)))
            })
    }
}

/// Whether a group is empty, or somebody in it is of a section of the caller.
fn is_of_sections(request: &ApiRequest<'_>, group: &Group) -> bool {
    let mut seen = request.school.seen_members(request.caller, group);
    seen.next().is_some() || request.school.accepted(group).next().is_none()
}

fn is_in(request: &ApiRequest<'_>, user: u64, group: &Group) -> bool {
    let membership = request.school.membership_in(group, user);
    membership.is_some_and(|membership| membership.state == MembershipState::Accepted)
}

/// The tags that users of a course carry.
pub(super) fn bulk_user_tags(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    request.permit(request.school.may_do_any(request.caller, true, context))?;
    // The tags are looked for in the course of this number, whatever the key was that found it.
    let course = request.path.get("course_id").parse().unwrap_or(0);
    let users = request.params.ids("user_ids").into_iter();
    let tags = users.map(|id| {
        let user = request.school.users.get(&id);
        let groups = user.map(|user| user.groups.iter()).into_iter().flatten();
        let tags = groups.filter(|group| {
            let group = request.school.group(**group);
            group.is_some_and(|group| {
                group.context == Context::Course(course)
                    && request.school.is_tag(group)
                    && is_in(request, id, group)
            })
        });
        (id.to_string(), tags.copied().collect::<Value>())
    });
    Ok(Reply::ok(tags.collect::<Map<_, _>>()))
}

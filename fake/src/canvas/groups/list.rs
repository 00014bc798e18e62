//! Lists of groups.

use serde_json::{Map, Value};

use super::GroupIncludes;
use crate::{
    canvas::{
        api_request::ApiRequest,
        collation,
        rights::Right,
        school::{Context, Group, MembershipState, Role},
    },
    reply::{HandlerResult, Reply},
};

/// The groups in which the caller is, by name and id.
pub(super) fn list_mine(request: &mut ApiRequest<'_>) -> HandlerResult {
    let school = &request.school;
    let wanted = request.params.filled("context_type");
    let user = school.users.get(&request.caller);
    let ids = user.map(|user| user.groups.iter()).into_iter().flatten();
    let tells_tags = request.settings.is_old;
    let mine = ids.filter_map(|id| {
        let group = school.group(*id)?;
        let kind = match group.context {
            Context::Account(_) => "Account",
            Context::Course(_) => "Course",
        };
        let is_wanted = wanted.as_deref().is_none_or(|wanted| wanted == kind);
        let is_mine =
            is_in(request, request.caller, group) && (tells_tags || !school.is_tag(group));
        (is_mine && is_wanted).then_some((&*group.name, *id))
    });
    let mine = collation::sorted(mine);
    let includes = GroupIncludes::asked(&request.params);
    let show = |id| request.show_group(id, &includes);
    match request.settings.has_several_shards {
        false => request.numbered(&mine, show),
        true => {
            let name = |id| school.group(id).map_or("", |group| &*group.name);
            let rows: Vec<_> = mine.iter().map(|id| (name(*id), *id)).collect();
            request.listing().bookmarked(&rows, |at| show(rows[at].1))
        }
    }
}

/// The groups of a course or account, by set and name.
pub(super) fn list_of_context(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    request.permit(request.may(Right::ReadRoster, context))?;
    // Old servers do not know this, nor the filter by user.
    let is_old = request.settings.is_old;
    let state = request.params.filled("collaboration_state");
    let state = match is_old {
        true => Some("all".to_owned()),
        false => state,
    };
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
    let sets = request.school.categories_in(context);
    let sets = sets.filter(|(_, set)| if set.is_tags { tags } else { groups });
    let sets = collation::sorted(sets.map(|(id, set)| (&*set.name, id)));
    let ids: Vec<_> = sets
        .into_iter()
        .flat_map(|id| request.school.groups_by_name(id).iter().copied())
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
    let found = group.and_then(|it| Some((it, request.school.category(it.category)?)));
    if let Some((group, set)) = found {
        shown.insert("group_category_name".to_owned(), set.name.clone().into());
        let mut ever = request.school.groups_ever_in(group.category);
        let is_single =
            matches!((ever.next(), ever.next()), (Some((_, tag)), None) if tag.name == set.name);
        shown.insert("is_single_tag".to_owned(), is_single.into());
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
                .filter(|_| !request.settings.is_old)
                .map(|id| id.trim().parse().unwrap_or(0)),
            text: params.filled("filter").map(|text| text.to_lowercase()),
            of_sections: params.filled("section_restricted").is_some()
                && enrollment.is_some_and(|enrollment| enrollment.is_limited),
        }
    }

    fn takes(&self, request: &ApiRequest<'_>, group: &Group) -> bool {
        (!self.only_own || is_in(request, request.caller, group))
            && self
                .user
                .is_none_or(|user| group.members.contains_key(&user))
            && (!self.of_sections || is_of_sections(request, group))
            && self.text.as_deref().is_none_or(|text| {
                let has = |name: &str| name.to_lowercase().contains(text);
                let mut members = group.members.keys();
                has(&group.name)
                    || members.any(|id| request.school.users.get(id).is_some_and(|u| has(&u.name)))
            })
    }
}

/// Whether anybody may choose a group, or it is empty, or the caller is in it or shares a section
/// with all who are.
fn is_of_sections(request: &ApiRequest<'_>, group: &Group) -> bool {
    let set = request.school.category(group.category);
    set.is_some_and(|set| set.self_signup == Some("enabled"))
        || group.members.is_empty()
        || group.members.contains_key(&request.caller)
        || request.school.shares_section(request.caller, group)
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
            // Tags that are deleted keep those who carry them.
            let group = request.school.groups.get(*group);
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

//! Making and changing groups.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::{GroupIncludes, attributes};
use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::Action,
        school::{Context, Group, MembershipState, ROOT},
    },
    params::number_of,
    reply::{HandlerResult, Reply},
};

pub(super) fn create_community(request: &mut ApiRequest<'_>) -> HandlerResult {
    let root = Context::Account(ROOT);
    let category = request
        .school
        .special_category(root, "communities", "Communities");
    create(request, category)
}

pub(super) fn create_in_category(request: &mut ApiRequest<'_>) -> HandlerResult {
    // Unlike the routes of group sets, this one words a missing set as every other record.
    let category = request.category().map_err(|_| Reply::not_found())?;
    let set = request.category_record(category)?;
    request.permit(request.may_do(Action::Add, set.is_tags, set.context))?;
    create(request, category)
}

fn create(request: &mut ApiRequest<'_>, category: u64) -> HandlerResult {
    let draft = request
        .school
        .draft_group(category, &attributes::random_name());
    let mut draft = draft.ok_or_else(Reply::not_found)?;
    attributes::apply(request, &mut draft, None)?;
    let (context, is_community) = (draft.context, request.school.is_community(&draft));
    let id = request.school.insert_group(draft);
    if is_community {
        let place = request
            .school
            .add_if_room(request.caller, id, MembershipState::Accepted);
        if let Some(founder) = place
            .ok()
            .and_then(|(id, _)| request.school.memberships.get_mut(&id))
        {
            founder.is_moderator = true;
        }
    }
    for user in invitees(request, context) {
        // That the group is full is no error of the request.
        let place = request
            .school
            .add_checked(user, id, MembershipState::Invited);
        if let Ok((membership, true)) = place {
            request.school.tell(membership);
        }
    }
    Ok(Reply::ok(
        request.show_group(id, &GroupIncludes::after_change()),
    ))
}

/// The users whom a new group invites: those of a list, or all whose value is not the text 0. Who
/// is not in the course or account is left out.
fn invitees(request: &ApiRequest<'_>, context: Context) -> Vec<u64> {
    let ids: Vec<u64> = match request.params.get("invitees") {
        Some(Value::Object(flags)) => {
            let invited = flags.iter().filter(|(_, flag)| flag.as_str() != Some("0"));
            invited.filter_map(|(id, _)| id.parse().ok()).collect()
        }
        Some(Value::Array(_)) => request.params.ids("invitees"),
        _ => return Vec::new(),
    };
    let ids = ids.into_iter();
    ids.filter(|id| request.school.belongs_to(context, *id))
        .collect()
}

pub(super) fn update(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    let mut draft = request.group_record(id)?.clone();
    if request.params.has("leader") {
        // This comes before the question whether the caller may change anything.
        draft.leader = leader(request, &draft)?;
    }
    request.permit(request.group_rights(id)?.updates())?;
    let refusal = attributes::apply(request, &mut draft, Some(id)).err();
    if let Some(refusal) = refusal {
        if refusal.status == StatusCode::BAD_REQUEST {
            // That attributes are wrong does not keep the members from being replaced.
            replace_members(request, id)?;
        }
        return Err(refusal);
    }
    // An empty text takes the picture away, and null does not.
    if let Some(avatar) = request.params.text("avatar_id") {
        let image = avatar.parse().ok();
        draft.avatar = image.filter(|image| draft.images.contains(image));
    }
    draft.updated_at = jiff::Timestamp::now();
    let category = request.school.categories.get_mut(&draft.category);
    if let Some(category) = category {
        category.order.take();
    }
    request.school.groups.insert(id, draft);
    replace_members(request, id)?;
    Ok(Reply::ok(
        request.show_group(id, &GroupIncludes::after_change()),
    ))
}

/// The leader that a request names, who has to be a member; `None` if the value is blank.
fn leader(request: &ApiRequest<'_>, group: &Group) -> Result<Option<u64>, Reply> {
    let refusal = || Reply::json(StatusCode::BAD_REQUEST, json!({}));
    match request.params.get("leader") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::Object(leader)) if leader.is_empty() => Ok(None),
        Some(Value::Object(leader)) => {
            let id = leader.get("id").and_then(number_of);
            let id = id.and_then(|id| u64::try_from(id).ok());
            let member = id.filter(|id| group.members.contains_key(id));
            member.map(Some).ok_or_else(refusal)
        }
        // The server reckons with an object.
        Some(_) => Err(Reply::crash()),
    }
}

/// Makes the users that a request names, if it names any, the members of a group. Others are
/// removed, those who are in stay as they are, and new ones are invited. Users who do not belong to
/// the course or account are not kept either.
fn replace_members(request: &mut ApiRequest<'_>, id: u64) -> Result<(), Reply> {
    if matches!(request.params.get("members"), None | Some(Value::Null)) {
        return Ok(());
    }
    let group = request.group_record(id)?;
    let named = request.params.split_ids("members").into_iter();
    let wanted: BTreeSet<u64> = named
        .filter(|user| request.school.belongs_to(group.context, *user))
        .collect();
    let present = group.members.clone();
    let others = group.members.iter();
    let others: Vec<u64> = others
        .filter(|(user, _)| !wanted.contains(user))
        .map(|(_, membership)| *membership)
        .collect();
    for membership in others {
        request.school.remove(membership);
    }
    for user in wanted
        .into_iter()
        .filter(|user| !present.contains_key(user))
    {
        // Users who do not fit in are silently left out.
        let place = request
            .school
            .add_checked(user, id, MembershipState::Invited);
        if let Ok((membership, true)) = place {
            request.school.tell(membership);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::FakeCanvas;
    use canvas_groups::{FileId, groups::UpdateGroup};

    #[tokio::test]
    async fn the_picture_is_an_image_of_the_group_or_goes() {
        let (fake, ids) = FakeCanvas::start().await.unwrap();
        fake.school(|school| {
            let group = school.groups.get_mut(&ids.groups[0].get()).unwrap();
            group.images.insert(4);
        });
        let picture = async |file: u64| {
            let change = UpdateGroup::new(ids.groups[0]).avatar_id(FileId::new(file));
            fake.client().send(change).await.unwrap().avatar_url
        };
        assert_eq!(picture(5).await, None);
        assert!(picture(4).await.is_some());
        assert_eq!(picture(5).await, None);
    }
}

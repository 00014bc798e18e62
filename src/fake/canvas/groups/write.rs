//! Making and changing groups.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::{Includes, attributes};
use crate::fake::{
    canvas::{
        rights::Deed,
        school::{Context, Group, ROOT, State},
        visit::Visit,
    },
    params::number_of,
    reply::{Answer, Reply},
};

pub(super) fn create_community(visit: &mut Visit<'_>) -> Answer {
    let root = Context::Account(ROOT);
    let category = visit
        .school
        .special_category(root, "communities", "Communities");
    create(visit, category)
}

pub(super) fn create_in_category(visit: &mut Visit<'_>) -> Answer {
    // Unlike the routes of group sets, this one words a missing set as every other record.
    let category = visit.category().map_err(|_| Reply::not_found())?;
    let set = visit.category_record(category)?;
    visit.permit(visit.may_do(Deed::Add, set.is_tags, set.context))?;
    create(visit, category)
}

fn create(visit: &mut Visit<'_>, category: u64) -> Answer {
    let draft = visit
        .school
        .draft_group(category, &attributes::random_name());
    let mut draft = draft.ok_or_else(Reply::not_found)?;
    attributes::apply(visit, &mut draft, None)?;
    let (context, is_community) = (draft.context, visit.school.is_community(&draft));
    let id = visit.school.insert_group(draft);
    if is_community {
        let place = visit.school.place(visit.caller, id, State::Accepted);
        if let Some(founder) = place
            .ok()
            .and_then(|(id, _)| visit.school.memberships.get_mut(&id))
        {
            founder.is_moderator = true;
        }
    }
    for user in invitees(visit, context) {
        // A group that is full takes nobody more, which is no fault of the group.
        let _ = visit.school.admit(user, id, State::Invited);
    }
    Ok(Reply::ok(visit.show_group(id, &Includes::after_change())))
}

/// Whom a new group invites: every user whose value is not the text 0.
fn invitees(visit: &Visit<'_>, context: Context) -> Vec<u64> {
    let Some(Value::Object(flags)) = visit.params.get("invitees") else {
        return Vec::new();
    };
    let invited = flags.iter().filter(|(_, flag)| flag.as_str() != Some("0"));
    let ids = invited.filter_map(|(id, _)| id.parse().ok());
    ids.filter(|id| visit.school.has(context, *id)).collect()
}

pub(super) fn update(visit: &mut Visit<'_>) -> Answer {
    let id = visit.group()?;
    let mut draft = visit.group_record(id)?.clone();
    if visit.params.has("leader") {
        // This comes before the question whether the caller may change anything.
        draft.leader = leader(visit, &draft)?;
    }
    visit.permit(visit.standing(id)?.updates())?;
    attributes::apply(visit, &mut draft, Some(id))?;
    if let Some(avatar) = visit.params.filled("avatar_id") {
        let image = avatar.parse().ok();
        draft.avatar = image.filter(|image| draft.images.contains(image));
    }
    draft.updated_at = jiff::Timestamp::now();
    let category = visit.school.categories.get_mut(&draft.category);
    if let Some(category) = category {
        category.order.take();
    }
    visit.school.groups.insert(id, draft);
    if visit.params.has("members") {
        replace_members(visit, id)?;
    }
    Ok(Reply::ok(visit.show_group(id, &Includes::after_change())))
}

/// The leader that a call names, who has to be a member; nobody, if what it says is blank.
fn leader(visit: &Visit<'_>, group: &Group) -> Result<Option<u64>, Reply> {
    let refusal = || Reply::json(StatusCode::BAD_REQUEST, json!({}));
    match visit.params.get("leader") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(leader) => {
            let id = leader.get("id").and_then(number_of);
            let id = id.and_then(|id| u64::try_from(id).ok());
            let member = id.filter(|id| {
                let membership = visit.school.membership_in(group, *id);
                membership.is_some_and(|membership| membership.state == State::Accepted)
            });
            member.map(Some).ok_or_else(refusal)
        }
    }
}

/// Makes the users that a call names the members of a group: others go, new ones are invited, and
/// those who are not of the course or account do not count.
fn replace_members(visit: &mut Visit<'_>, id: u64) -> Result<(), Reply> {
    let group = visit.group_record(id)?;
    let named = visit.params.ids("members").into_iter();
    let wanted: BTreeSet<u64> = named
        .filter(|user| visit.school.has(group.context, *user))
        .collect();
    let others = group.members.iter();
    let others: Vec<u64> = others
        .filter(|(user, _)| !wanted.contains(user))
        .map(|(_, membership)| *membership)
        .collect();
    for membership in others {
        visit.school.remove(membership);
    }
    for user in wanted {
        // Who does not fit in is left out without a word.
        let _ = visit.school.admit(user, id, State::Invited);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{FileId, fake::FakeCanvas, groups::UpdateGroup};

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
        assert!(picture(4).await.is_some());
        assert_eq!(picture(5).await, None);
    }
}

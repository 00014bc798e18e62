//! The activity of a group.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    handler::{Route, get},
    json::time,
    streams::Item,
    visit::Visit,
};
use crate::fake::{
    paging::Listing,
    reply::{Answer, Reply},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("groups/:group_id/activity_stream", list),
    get("groups/:group_id/activity_stream/summary", summarize),
];

const PER_PAGE: usize = 21;

fn list(visit: &mut Visit<'_>) -> Answer {
    let group = permitted(visit)?;
    let items = items(visit, group)?;
    let listing = Listing {
        per_page: PER_PAGE,
        ..visit.listing()
    };
    listing.numbered(items.len(), items.into_iter(), |item| {
        show(item, visit, group)
    })
}

fn summarize(visit: &mut Visit<'_>) -> Answer {
    let group = permitted(visit)?;
    let mut counts = BTreeMap::<_, (u64, u64)>::new();
    for item in items(visit, group)? {
        let (count, unread) = counts.entry(item.kind.name()).or_default();
        *count += 1;
        *unread += u64::from(!item.read_by.contains(&visit.caller));
    }
    let counts = counts.into_iter().map(|(kind, (count, unread))| {
        json!({
            "type": kind,
            "notification_category": null,
            "count": count,
            "unread_count": unread,
        })
    });
    Ok(Reply::ok(counts.collect::<Value>()))
}

/// The group, if the caller may see what happens in it.
fn permitted(visit: &Visit<'_>) -> Result<u64, Reply> {
    let id = visit.group()?;
    let group = visit.group_record(id)?;
    if visit.school.is_tag(group) && !visit.school.may_do_any(visit.caller, true, group.context) {
        let message = "Not authorized to manage differentiation tag.";
        return Err(Reply::json(
            StatusCode::UNAUTHORIZED,
            json!({ "message": message }),
        ));
    }
    visit.permit(visit.school.standing(visit.caller, group).reads())?;
    Ok(id)
}

/// What the caller sees of the activity: members see all of it, and nobody else has a stream.
fn items<'a>(visit: &'a Visit<'_>, id: u64) -> Result<Vec<&'a Item>, Reply> {
    let group = visit.group_record(id)?;
    let standing = visit.school.standing(visit.caller, group);
    Ok(match standing.is_member {
        true => visit.school.streams.of(id).collect(),
        false => Vec::new(),
    })
}

fn show(item: &Item, visit: &Visit<'_>, group: u64) -> Value {
    let url = visit.url;
    let mut shown = json!({
        "id": item.id,
        "created_at": time(item.created_at),
        "updated_at": time(item.created_at),
        "title": item.title,
        "message": item.message,
        "type": item.kind.name(),
        "read_state": item.read_by.contains(&visit.caller),
        "context_type": "Group",
        "group_id": group,
        "html_url": format!("{url}/groups/{group}/discussion_topics/{}", item.topic),
        "total_root_discussion_entries": 0,
        "require_initial_post": false,
        "user_has_posted": null,
        "root_discussion_entries": [],
    });
    if let Some(members) = shown.as_object_mut() {
        members.insert(item.kind.topic_key().to_owned(), item.topic.into());
    }
    shown
}

//! The activity of a group.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    json::time,
    streams::Item,
};
use crate::{
    paging::Listing,
    reply::{HandlerResult, Reply},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("groups/:group_id/activity_stream", list),
    get("groups/:group_id/activity_stream/summary", summarize),
];

const PER_PAGE: usize = 21;

fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let group = permitted(request)?;
    let items = items(request, group)?;
    let listing = Listing {
        per_page: PER_PAGE,
        ..request.listing()
    };
    listing.numbered(items.len(), items.into_iter(), |item| {
        show(item, request, group)
    })
}

fn summarize(request: &mut ApiRequest<'_>) -> HandlerResult {
    let group = permitted(request)?;
    let mut counts = BTreeMap::<_, (u64, u64)>::new();
    for item in items(request, group)? {
        let (count, unread) = counts.entry(item.kind.name()).or_default();
        *count += 1;
        *unread += u64::from(!item.read_by.contains(&request.caller));
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
fn permitted(request: &ApiRequest<'_>) -> Result<u64, Reply> {
    let id = request.group()?;
    let group = request.group_record(id)?;
    if request.school.is_tag(group)
        && !request
            .school
            .may_do_any(request.caller, true, group.context)
    {
        let message = "Not authorized to manage differentiation tag.";
        return Err(Reply::json(
            StatusCode::UNAUTHORIZED,
            json!({ "message": message }),
        ));
    }
    request.permit(request.school.group_rights(request.caller, group).reads())?;
    Ok(id)
}

/// What the caller sees of the activity: members see all of it, and nobody else has a stream.
fn items<'a>(request: &'a ApiRequest<'_>, id: u64) -> Result<Vec<&'a Item>, Reply> {
    let group = request.group_record(id)?;
    let rights = request.school.group_rights(request.caller, group);
    Ok(match rights.is_member {
        true => request.school.streams.of(id).collect(),
        false => Vec::new(),
    })
}

fn show(item: &Item, request: &ApiRequest<'_>, group: u64) -> Value {
    let url = request.url;
    let mut shown = json!({
        "id": item.id,
        "created_at": time(item.created_at),
        "updated_at": time(item.created_at),
        "title": item.title,
        "message": item.message,
        "type": item.kind.name(),
        "read_state": item.read_by.contains(&request.caller),
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

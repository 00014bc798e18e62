//! Inviting people by mail address or login.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    canvas::{
        School,
        api_request::ApiRequest,
        school::{MembershipState, SisAccess, User},
    },
    params::text_of,
    reply::{HandlerResult, Reply},
};

pub(super) fn invite(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    request.permit(request.group_rights(id)?.manages())?;
    let entries = match request.params.get("invitees") {
        Some(Value::Array(entries)) => entries.iter().filter_map(text_of).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        // The server reckons with a list and fails without one.
        _ => return Err(Reply::crash()),
    };
    let mut users = Vec::new();
    for entry in entries.iter().flat_map(|entry| split(entry)) {
        let (name, address) = parse(entry);
        let user = request.school.invitee(name, address);
        users.extend(user.filter(|user| !users.contains(user)));
    }
    let mut memberships = Vec::new();
    for user in users {
        if let Ok((membership, is_new)) =
            request
                .school
                .add_checked(user, id, MembershipState::Invited)
        {
            if is_new {
                request.school.tell(membership);
            }
            let shown = request.school.show_membership(membership, request.caller);
            memberships.push(Value::from(shown));
        }
    }
    Ok(Reply::ok(memberships))
}

/// The entries of a list of people, parted by commas, semicolons or lines outside of quotes.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        !is_quoted && matches!(c, ',' | ';' | '\n')
    })
    .map(str::trim)
    .filter(|entry| !entry.is_empty())
}

/// The name, if there is one, and the address or login.
fn parse(entry: &str) -> (Option<&str>, &str) {
    let parts = entry.strip_suffix('>').and_then(|e| e.rsplit_once('<'));
    let Some((name, address)) = parts else {
        return (None, entry);
    };
    let name = name.trim().trim_matches('"').trim();
    (Some(name).filter(|name| !name.is_empty()), address.trim())
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        let plain = |part: &str| !part.contains(|c: char| c.is_whitespace() || c == '@');
        !local.is_empty() && host.contains('.') && plain(local) && plain(host)
    })
}

impl School {
    /// The user with an address or login. An unknown address makes a new user.
    fn invitee(&mut self, name: Option<&str>, address: &str) -> Option<u64> {
        let key = address.to_lowercase();
        let known = self.logins.get(&key).or_else(|| self.emails.get(&key));
        if known.is_some() {
            return known.copied();
        }
        if !is_address(address) {
            return None;
        }
        let name = name.unwrap_or(address).to_owned();
        let id = self.next_id();
        let user = User {
            sortable_name: name.clone(),
            short_name: name.clone(),
            name,
            login: String::new(),
            email: Some(address.to_owned()),
            sis_id: None,
            integration_id: None,
            created_at: Timestamp::now(),
            sis_access: SisAccess::default(),
            merged_into: None,
            groups: BTreeSet::new(),
        };
        self.users.insert(id, user);
        self.emails.insert(key, id);
        Some(id)
    }
}

//! Inviting people by mail address or login.

use std::{collections::BTreeSet, sync::OnceLock};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    canvas::{
        School,
        api_request::ApiRequest,
        school::{MembershipState, SisAccess, User},
    },
    reply::{HandlerResult, Reply},
};

pub(super) fn invite(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    request.permit(request.group_rights(id)?.manages())?;
    // In a list, each element is one person.
    let entries: Vec<&str> = match request.params.get("invitees") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => {
            let texts = entries.iter().map(Value::as_str);
            texts.collect::<Option<_>>().ok_or_else(Reply::crash)?
        }
        Some(Value::String(text)) => split(text).collect(),
        Some(_) => return Err(Reply::crash()),
    };
    let (mut users, mut addresses) = (Vec::new(), Vec::new());
    for entry in entries {
        let (name, address) = parse(entry);
        match request.school.person(address) {
            Some(user) if users.contains(&user) => {}
            Some(user) => users.push(user),
            None if is_address(address) => addresses.push((name, address)),
            None => {}
        }
    }
    let mut made = Vec::new();
    let newcomers: Vec<_> = addresses
        .into_iter()
        .filter(|(_, address)| {
            let is_new = !made.contains(&address.to_lowercase());
            made.push(address.to_lowercase());
            is_new
        })
        .map(|(name, address)| (name.unwrap_or(address).to_owned(), address.to_owned()))
        .collect();
    for (name, address) in newcomers {
        users.push(request.school.add_placeholder(name, address));
    }
    let memberships = users.into_iter().map(|user| place(request, user, id));
    Ok(Reply::ok(memberships.collect::<Vec<_>>()))
}

/// Invites somebody, and shows the membership. Where none comes of it, that is one which was never
/// saved.
fn place(request: &mut ApiRequest<'_>, user: u64, group: u64) -> Value {
    let school = &mut *request.school;
    match school.add_checked(user, group, MembershipState::Invited) {
        Ok((membership, is_new)) => {
            if is_new {
                school.tell(membership);
            }
            school.show_membership(membership, request.caller).into()
        }
        Err(_) => school.show_unsaved(user, group, request.caller).into(),
    }
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
    /// The user with a login, an SIS id, or an address that nobody else has.
    fn person(&self, text: &str) -> Option<u64> {
        let key = text.to_lowercase();
        let known = self.logins.get(&key).or_else(|| self.sis_users.get(text));
        if known.is_some() {
            return known.copied();
        }
        let owner = self.emails.get(&key)?;
        let mut others = self.users.iter().filter(|(id, _)| *id != owner);
        let is_shared = others.any(|(_, user)| {
            let email = user.email.as_deref().filter(|_| user.merged_into.is_none());
            email.is_some_and(|email| email.to_lowercase() == key)
        });
        (!is_shared).then_some(*owner)
    }

    /// Makes a user of whom no more is known than an address.
    fn add_placeholder(&mut self, name: String, address: String) -> u64 {
        let key = address.to_lowercase();
        let id = self.next_id();
        let user = User {
            sortable_name: name.clone(),
            short_name: name.clone(),
            name,
            login: String::new(),
            email: Some(address),
            sis_id: None,
            integration_id: None,
            created_at: Timestamp::now(),
            sis_access: SisAccess::default(),
            merged_into: None,
            groups: BTreeSet::new(),
            sort_key: OnceLock::new(),
        };
        self.users.insert(id, user);
        self.user_order.take();
        self.emails.entry(key).or_insert(id);
        id
    }
}

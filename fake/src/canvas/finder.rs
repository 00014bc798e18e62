//! Finding records by what stands in a path: an id, an SIS id, or a word.

use percent_encoding::percent_decode_str;

use super::school::{Context, ROOT, School};

/// The kind and value of a key such as `sis_group_id:G1`, or of its hex form.
fn key(text: &str) -> Option<(String, String)> {
    let in_hex = text.strip_prefix("hex:");
    let (kind, value) = in_hex.unwrap_or(text).split_once(':')?;
    let value = match in_hex {
        Some(_) => unhex(value)?,
        None => value.trim().to_owned(),
    };
    Some((kind.to_owned(), value))
}

fn unhex(digits: &str) -> Option<String> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut escaped = String::with_capacity(digits.len() * 3 / 2);
    for (at, digit) in digits.chars().enumerate() {
        if at % 2 == 0 {
            escaped.push('%');
        }
        escaped.push(digit);
    }
    let text = percent_decode_str(&escaped).decode_utf8().ok()?;
    Some(text.into_owned())
}

impl School {
    /// A user who was not merged into another one.
    pub(crate) fn find_user(&self, text: &str, caller: u64) -> Option<u64> {
        let id = match (text, key(text)) {
            ("self", _) => Some(caller),
            (_, None) => text.parse().ok(),
            (_, Some((kind, value))) => match &*kind {
                "sis_user_id" => self.sis_users.get(&value).copied(),
                "sis_login_id" => self.logins.get(&value.to_lowercase()).copied(),
                "sis_integration_id" => self
                    .users
                    .iter()
                    .find(|(_, user)| user.integration_id.as_ref() == Some(&value))
                    .map(|(id, _)| *id),
                _ => None,
            },
        }?;
        let user = self.users.get(&id)?;
        user.merged_into.is_none().then_some(id)
    }

    pub(crate) fn find_course(&self, text: &str) -> Option<u64> {
        match key(text) {
            None => text.parse().ok().filter(|id| self.courses.contains_key(id)),
            Some((kind, value)) if kind == "sis_course_id" => self
                .courses
                .iter()
                .find(|(_, course)| course.sis_id.as_ref() == Some(&value))
                .map(|(id, _)| *id),
            Some(_) => None,
        }
    }

    /// The course of a section, and the section: that which every course has has the number of the
    /// course.
    pub(crate) fn find_section(&self, text: &str) -> Option<(u64, u64)> {
        let id = match key(text) {
            None => text.parse().ok(),
            Some((kind, value)) if kind == "sis_section_id" => self
                .sections
                .iter()
                .find(|(_, section)| section.sis_id.as_ref() == Some(&value))
                .map(|(id, _)| *id),
            Some(_) => None,
        }?;
        match self.sections.get(&id) {
            Some(section) => Some((section.course, id)),
            None => self.courses.contains_key(&id).then_some((id, id)),
        }
    }

    pub(crate) fn find_account(&self, text: &str) -> Option<u64> {
        match (text, key(text)) {
            ("self" | "default", _) => Some(ROOT),
            (_, None) => text
                .parse()
                .ok()
                .filter(|id| self.accounts.contains_key(id)),
            (_, Some((kind, value))) if kind == "sis_account_id" => self
                .accounts
                .iter()
                .find(|(_, account)| account.sis_id.as_ref() == Some(&value))
                .map(|(id, _)| *id),
            _ => None,
        }
    }

    /// A group that is not deleted.
    pub(crate) fn find_group(&self, text: &str) -> Option<u64> {
        let id = match key(text) {
            None => text.parse().ok(),
            Some((kind, value)) if kind == "sis_group_id" => self
                .groups
                .iter()
                .find(|(_, group)| !group.is_deleted && group.sis_id.as_ref() == Some(&value))
                .map(|(id, _)| *id),
            Some(_) => None,
        }?;
        self.group(id).map(|_| id)
    }

    /// A group set that is not deleted.
    pub(crate) fn find_category(&self, text: &str) -> Option<u64> {
        let id = match key(text) {
            None => text.parse().ok(),
            Some((kind, value)) if kind == "sis_group_category_id" => self
                .categories
                .iter()
                .find(|(_, set)| !set.is_deleted && set.sis_id.as_ref() == Some(&value))
                .map(|(id, _)| *id),
            Some(_) => None,
        }?;
        self.category(id).map(|_| id)
    }

    /// The context that a path of `accounts/…` or `courses/…` names.
    pub(crate) fn find_context(&self, kind: &str, text: &str) -> Option<Context> {
        match kind {
            "course_id" => self.find_course(text).map(Context::Course),
            _ => self.find_account(text).map(Context::Account),
        }
    }
}

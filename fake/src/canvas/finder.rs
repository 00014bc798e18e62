//! Finding records by what stands in a path: an id, an SIS id, or a word.

use percent_encoding::percent_decode_str;

use super::school::{Context, ROOT, SITE_ADMIN, School};

/// The kind and value of a key such as `sis_group_id:G1`, or of its hex form.
fn key(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let in_hex = text.strip_prefix("hex:");
    let (kind, value) = in_hex.unwrap_or(text).split_once(':')?;
    let value = match in_hex {
        Some(_) => unhex(value)?,
        None => value.to_owned(),
    };
    Some((kind.to_owned(), value))
}

/// A plain id, with blanks around it or none.
pub(crate) fn plain_id(text: &str) -> Option<u64> {
    // As many as an i64 has, which is Canvas's type of ids.
    const MOST_DIGITS: usize = 19;
    let digits = text.trim();
    let is_id = digits.len() <= MOST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_id)
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
    /// The user into whom somebody was merged, or that user.
    pub(crate) fn survivor(&self, user: u64) -> u64 {
        let mut user = user;
        // This ends: a user is only merged into one who has not been merged.
        while let Some(into) = self.users.get(&user).and_then(|user| user.merged_into) {
            user = into;
        }
        user
    }

    /// Whether somebody can log in. Whoever was invited by mail cannot before they register.
    pub(crate) fn has_login(&self, user: u64) -> bool {
        let user = self.users.get(&user);
        user.is_some_and(|user| !user.login.is_empty())
    }

    /// A user who was not merged into another one.
    pub(crate) fn find_user(&self, text: &str, caller: u64) -> Option<u64> {
        let id = match (text.trim(), key(text)) {
            ("self", _) => Some(caller),
            (_, None) => plain_id(text),
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
            None => plain_id(text).filter(|id| self.courses.contains_key(id)),
            Some((kind, value)) if kind == "sis_course_id" => self
                .courses
                .iter()
                .find(|(_, course)| course.sis_id.as_ref() == Some(&value))
                .map(|(id, _)| *id),
            Some(_) => None,
        }
    }

    /// The course of a section, and the section. A course's default section has the course's own
    /// number.
    pub(crate) fn find_section(&self, text: &str) -> Option<(u64, u64)> {
        let id = match key(text) {
            None => plain_id(text),
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
        match (text.trim(), key(text)) {
            ("self" | "default", _) => Some(ROOT),
            ("site_admin", _) => Some(SITE_ADMIN),
            (_, None) => {
                plain_id(text).filter(|id| *id == SITE_ADMIN || self.accounts.contains_key(id))
            }
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
            None => plain_id(text),
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
            None => plain_id(text),
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

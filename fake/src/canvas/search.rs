//! Searching for users.

use http::StatusCode;
use serde_json::json;

use super::{
    api_request::ApiRequest,
    rights::Right,
    school::{Context, ROOT, School},
};
use crate::reply::Reply;

/// How long a term has to be, in characters.
const SHORTEST: usize = 2;

/// What somebody searches for, and where they may.
#[derive(Debug)]
pub(crate) struct Search {
    /// In lower case.
    term: String,
    in_logins: bool,
    in_sis_ids: bool,
    in_emails: bool,
}

impl ApiRequest<'_> {
    /// What is searched for among the users of a course or account; nothing, if no term is sent or
    /// an empty one.
    pub(crate) fn search(&self, context: Context) -> Result<Option<Search>, Reply> {
        Ok(self.search_term()?.map(|term| Search {
            term,
            in_logins: self.may(Right::ViewLogins, context),
            in_sis_ids: self.may(Right::ReadSis, context)
                || self.may(Right::ManageSis, Context::Account(ROOT)),
            in_emails: self.may(Right::ReadEmail, context),
        }))
    }

    /// The term to search for, in lower case; nothing, if none is sent or an empty one.
    pub(crate) fn search_term(&self) -> Result<Option<String>, Reply> {
        let Some(term) = self.params.filled("search_term") else {
            return Ok(None);
        };
        let term = term.trim().to_lowercase();
        if term.chars().count() < SHORTEST {
            let message = format!("{SHORTEST} or more characters is required");
            let error = json!({ "field": "search_term", "code": "invalid", "message": message });
            let body = json!({ "errors": [error] });
            return Err(Reply::json(StatusCode::BAD_REQUEST, body));
        }
        Ok(Some(term))
    }
}

impl Search {
    /// Whether a user has the term as id, or as a part of a name, or of what else may be searched.
    pub(crate) fn finds(&self, school: &School, id: u64) -> bool {
        let Some(user) = school.users.get(&id) else {
            return false;
        };
        let has = |text: &str| text.to_lowercase().contains(&self.term);
        let may_have = |may, text: &Option<String>| may && text.as_deref().is_some_and(has);
        id.to_string() == self.term
            || [&user.name, &user.sortable_name, &user.short_name]
                .iter()
                .any(|name| has(name))
            || (self.in_logins && has(&user.login))
            || may_have(self.in_sis_ids, &user.sis_id)
            || may_have(self.in_emails, &user.email)
    }
}

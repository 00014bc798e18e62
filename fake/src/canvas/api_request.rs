//! A request with a good token, and all that its handler needs.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    rights::{Action, Right, group::GroupRights},
    school::{Category, Context, Group, School},
    settings::Settings,
};
use crate::{
    http_request::HttpRequest,
    paging::Listing,
    params::Params,
    reply::{HandlerResult, Reply},
    route::PathKeys,
};

pub(crate) struct ApiRequest<'a> {
    pub(crate) http: &'a HttpRequest,
    pub(crate) params: Params,
    pub(crate) path: PathKeys,
    pub(crate) school: &'a mut School,
    /// What the replica of the database shows while it lags.
    pub(crate) replica: Option<&'a School>,
    /// Whose rights count.
    pub(crate) caller: u64,
    pub(crate) settings: &'a Settings,
    pub(crate) url: &'a str,
}

impl ApiRequest<'_> {
    /// The school as the replica of the database shows it.
    pub(crate) fn replica(&self) -> &School {
        self.replica.unwrap_or(&*self.school)
    }

    /// The group in the path.
    pub(crate) fn group(&self) -> Result<u64, Reply> {
        let found = self.school.find_group(self.path.get("group_id"));
        found.ok_or_else(Reply::not_found)
    }

    /// The group set in the path.
    pub(crate) fn category(&self) -> Result<u64, Reply> {
        let found = self
            .school
            .find_category(self.path.get("group_category_id"));
        found.ok_or_else(|| Reply::json(StatusCode::NOT_FOUND, json!({ "status": "not found" })))
    }

    /// The course or account in the path.
    pub(crate) fn context(&self) -> Result<Context, Reply> {
        let key = self.path.first_of(&["course_id", "account_id"]);
        let found = key.and_then(|(kind, text)| self.school.find_context(kind, text));
        found.ok_or_else(Reply::not_found)
    }

    /// The record of a group that was found before.
    pub(crate) fn group_record(&self, id: u64) -> Result<&Group, Reply> {
        self.school.group(id).ok_or_else(Reply::not_found)
    }

    /// The record of a group set that was found before.
    pub(crate) fn category_record(&self, id: u64) -> Result<&Category, Reply> {
        self.school.category(id).ok_or_else(Reply::not_found)
    }

    /// Refuses the request where `allowed` is false.
    pub(crate) fn permit(&self, allowed: bool) -> Result<(), Reply> {
        match allowed {
            true => Ok(()),
            false => Err(self.forbidden()),
        }
    }

    pub(crate) fn may(&self, right: Right, context: Context) -> bool {
        self.school.may(self.caller, right, context)
    }

    pub(crate) fn may_do(&self, action: Action, on_tags: bool, context: Context) -> bool {
        self.school.may_do(self.caller, action, on_tags, context)
    }

    /// The refusal for a missing right: 403, on old servers 401.
    pub(crate) fn forbidden(&self) -> Reply {
        let status = match self.settings.is_old {
            true => StatusCode::UNAUTHORIZED,
            false => StatusCode::FORBIDDEN,
        };
        let message = "user not authorized to perform that action";
        let body = json!({ "status": "unauthorized", "errors": [{ "message": message }] });
        Reply::json(status, body)
    }

    /// Refuses what the caller may not do with the groups of a set.
    pub(crate) fn permit_in_category(&self, action: Action, category: u64) -> Result<(), Reply> {
        let category = self.category_record(category)?;
        self.permit(self.may_do(action, category.is_tags, category.context))
    }

    /// The refusal that gives no reason.
    pub(crate) fn unauthorized(&self) -> Reply {
        Reply::json(
            StatusCode::UNAUTHORIZED,
            json!({ "status": "unauthorized" }),
        )
    }

    /// What the caller is to a group that was found before.
    pub(crate) fn group_rights(&self, group: u64) -> Result<GroupRights, Reply> {
        let group = self.group_record(group)?;
        Ok(self.school.group_rights(self.caller, group))
    }

    /// The group in the path, if the caller may read it.
    pub(crate) fn readable_group(&self) -> Result<u64, Reply> {
        let id = self.group()?;
        self.permit(self.group_rights(id)?.reads())?;
        Ok(id)
    }

    /// Whether the caller may end the membership of a user.
    pub(crate) fn may_remove(&self, user: u64, group: &Group) -> bool {
        let rights = self.school.group_rights(self.caller, group);
        rights.manages() || (user == self.caller && rights.leaves)
    }

    /// A page of records, by the numbers that they have in the list.
    pub(crate) fn numbered(&self, ids: &[u64], show: impl FnMut(u64) -> Value) -> HandlerResult {
        self.listing()
            .numbered(ids.len(), ids.iter().copied(), show)
    }

    pub(crate) fn listing(&self) -> Listing<'_> {
        Listing {
            url: self.url,
            http: self.http,
            path: Cow::Borrowed(&self.http.path),
            per_page: 10,
        }
    }
}

//! Requests, with all that their handlers need.

use jiff::Timestamp;
use serde_json::Value;

use http::StatusCode;

use super::{
    data::LorData,
    records::Records,
    refusal::{invalid, not_found, refusal},
    settings::Settings,
};
use crate::{http_request::HttpRequest, reply::Reply, route::PathKeys};

/// A request with a session that has not ended.
pub(crate) struct ApiRequest<'a> {
    pub(crate) http: &'a HttpRequest,
    pub(crate) path: PathKeys,
    pub(crate) records: &'a mut Records,
    pub(crate) session: &'a str,
    pub(crate) expires: Timestamp,
    pub(crate) caller: String,
    pub(crate) is_admin: bool,
    /// Whether the session is to end with this request.
    pub(crate) ends_session: bool,
}

/// A request that needs no session.
pub(crate) struct OpenRequest<'a> {
    pub(crate) http: &'a HttpRequest,
    pub(crate) data: &'a mut LorData,
    pub(crate) settings: &'a Settings,
}

impl ApiRequest<'_> {
    /// The group in the path.
    pub(crate) fn group(&self) -> Result<String, Reply> {
        let id = self.path.get("id");
        match self.records.groups.contains_key(id) {
            true => Ok(id.to_owned()),
            false => Err(not_found()),
        }
    }

    /// The group in the path, which the caller manages or administers.
    pub(crate) fn managed_group(&self) -> Result<String, Reply> {
        let id = self.group()?;
        let group = self.records.groups.get(&id);
        let is_manager = group.is_some_and(|group| group.is_managed_by(&self.caller));
        self.permit(self.is_admin || is_manager)?;
        Ok(id)
    }

    /// Refuses the request where `allowed` is false.
    pub(crate) fn permit(&self, allowed: bool) -> Result<(), Reply> {
        match allowed {
            true => Ok(()),
            false => Err(refusal(StatusCode::FORBIDDEN, "the user may not do this")),
        }
    }

    /// A member of the body, which has to be a JSON object.
    pub(crate) fn member(&self, name: &str) -> Result<Option<&Value>, Reply> {
        match &self.http.parsed.json {
            Some(Value::Object(members)) => Ok(members.get(name)),
            _ => Err(invalid("value", "must be an object")),
        }
    }
}

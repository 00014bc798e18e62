//! Group sets as Canvas shows them.

use serde_json::{Map, Value};

use crate::{
    canvas::{api_request::ApiRequest, groups::GroupIncludes},
    reply::Reply,
};

/// What is to be shown of a set beside the set itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CategoryIncludes {
    groups_count: bool,
    unassigned_users_count: bool,
    groups: bool,
}

impl CategoryIncludes {
    /// What the request asks for; a failure where that is no list.
    pub(super) fn of(request: &ApiRequest<'_>) -> Result<Self, Reply> {
        let asks = |what| request.params.asks_for("includes", what);
        match request.params.get("includes") {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::Array(_)) => Ok(Self {
                groups_count: asks("groups_count"),
                unassigned_users_count: asks("unassigned_users_count"),
                groups: asks("groups"),
            }),
            Some(_) => Err(Reply::crash()),
        }
    }

    pub(super) fn with_counts(self) -> Self {
        Self {
            groups_count: true,
            unassigned_users_count: true,
            ..self
        }
    }

    /// A set with these, and with its job while that is not over.
    pub(super) fn show(self, request: &ApiRequest<'_>, id: u64) -> Map<String, Value> {
        let mut shown = self.show_without_job(request, id);
        if let Some(job) = request.school.pending_job(id) {
            let progress = request.school.show_progress(job, request.url);
            shown.insert("progress".to_owned(), progress);
        }
        shown
    }

    pub(super) fn show_without_job(self, request: &ApiRequest<'_>, id: u64) -> Map<String, Value> {
        let school = &request.school;
        let mut shown = request.show_category(id);
        let groups = school.category(id).map_or(0, |set| set.groups.len());
        if self.groups_count {
            shown.insert("groups_count".to_owned(), groups.into());
        }
        if self.unassigned_users_count {
            let count = school.count_unassigned(id);
            shown.insert("unassigned_users_count".to_owned(), count.into());
        }
        if self.groups {
            let groups = school.groups_by_name(id).iter().copied();
            let groups = groups.map(|group| request.show_group(group, &GroupIncludes::default()));
            shown.insert("groups".to_owned(), groups.collect());
        }
        shown
    }
}

impl ApiRequest<'_> {
    /// A group set without what has to be asked for.
    pub(crate) fn show_category(&self, id: u64) -> Map<String, Value> {
        let mut shown = self.school.show_category(id, self.caller);
        if self.settings.is_old {
            shown.retain(|key, _| !NEW_KEYS.contains(&&**key));
        }
        shown
    }
}

/// What older servers do not know of a group set.
const NEW_KEYS: [&str; 1] = ["self_signup_end_at"];

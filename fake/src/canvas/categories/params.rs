//! The parameters of a group set, as the server reads them.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    canvas::json::time,
    params::{Params, number_of},
    reply::Reply,
};

/// The most groups that one request makes.
pub(super) const MOST_GROUPS: u64 = 200;

/// What a request says a set should be. The first three count as said in any case: what is not
/// named is cleared.
#[derive(Debug)]
pub(super) struct CategoryParams {
    pub(super) self_signup: Option<&'static str>,
    pub(super) auto_leader: Option<&'static str>,
    /// As it was sent, valid or not.
    pub(super) group_limit: Option<i64>,
    /// `None` to keep the name.
    pub(super) name: Option<String>,
    /// `None` to keep the end of the self sign-up.
    pub(super) self_signup_end_at: Option<Option<String>>,
    pub(super) new_groups: NewGroups,
}

/// The groups that a request makes in a set of a course.
#[derive(Debug)]
pub(super) struct NewGroups {
    pub(super) count: u64,
    /// How many students a group should have, which counts in the place of a count of groups.
    pub(super) members: Option<u64>,
    /// Whether students are put into groups, too.
    pub(super) assigns: bool,
    pub(super) by_section: bool,
}

impl CategoryParams {
    /// # Errors
    /// A failure of the server, for a way to choose leaders that it does not know.
    pub(super) fn of(params: &Params) -> Result<Self, Reply> {
        let self_signup = self_signup(params);
        let is_on = self_signup.is_some();
        Ok(Self {
            self_signup,
            auto_leader: auto_leader(params)?,
            group_limit: group_limit(params.get("group_limit")),
            name: params.text("name"),
            self_signup_end_at: match is_on {
                true if params.has("self_signup_end_at") => Some(end(params)),
                true => None,
                false => Some(None),
            },
            new_groups: NewGroups::of(params, is_on),
        })
    }
}

impl NewGroups {
    fn of(params: &Params, self_signup: bool) -> Self {
        let count = |key| {
            let number = params.number(key).and_then(|n| u64::try_from(n).ok());
            number.map(|n| n.min(MOST_GROUPS)).filter(|n| *n > 0)
        };
        // Only texts count here, not the numbers that JSON can have.
        let way = params.get("split_groups").and_then(Value::as_str);
        let is_off = way == Some("0");
        let created = count("create_group_count");
        let has_split = !matches!(params.get("split_group_count"), None | Some(Value::Null));
        let wanted = match (self_signup, has_split) {
            (true, _) => created,
            (false, _) if is_off => None,
            (false, true) => count("split_group_count"),
            (false, false) => created,
        };
        let members = params.number("create_group_member_count");
        let members = members.and_then(|members| u64::try_from(members).ok());
        let by_members = !self_signup && !matches!(way, Some("0" | "1"));
        let is_later = params.flag("assign_async") == Some(true);
        let is_split = wanted.is_some() || way == Some("2");
        Self {
            count: wanted.unwrap_or(0),
            members: members.filter(|n| *n > 0 && by_members),
            assigns: !self_signup && is_split && !is_later,
            by_section: params.flag("group_by_section") == Some(true),
        }
    }
}

fn self_signup(params: &Params) -> Option<&'static str> {
    let known = known(params, "self_signup", &["enabled", "restricted"]);
    known.or_else(|| {
        let is_set = |key| params.flag(key) == Some(true);
        is_set("enable_self_signup").then(|| match is_set("restrict_self_signup") {
            true => "restricted",
            false => "enabled",
        })
    })
}

fn auto_leader(params: &Params) -> Result<Option<&'static str>, Reply> {
    const WAYS: &[&str] = &["first", "random"];
    match params.flag("enable_auto_leader") {
        Some(false) => Ok(None),
        Some(true) => match known(params, "auto_leader_type", WAYS) {
            None => Err(Reply::crash()),
            way => Ok(way),
        },
        None => Ok(known(params, "auto_leader", WAYS)),
    }
}

/// The value of a parameter that knows only these, in any letter case.
fn known(params: &Params, key: &str, values: &[&'static str]) -> Option<&'static str> {
    let sent = params.text(key)?.to_lowercase();
    values.iter().copied().find(|value| *value == sent)
}

fn group_limit(sent: Option<&Value>) -> Option<i64> {
    match sent? {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        sent => Some(number_of(sent).unwrap_or(0)),
    }
}

/// When self sign-up ends; what is no date counts as none.
fn end(params: &Params) -> Option<String> {
    let end = params.filled("self_signup_end_at")?;
    end.parse::<Timestamp>().ok().map(time)
}

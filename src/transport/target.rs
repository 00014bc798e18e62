//! Where a request goes: its full address, checked.

use bytes::Bytes;
use http::Method;
use url::{Url, form_urlencoded};

use super::address::MAX_URL;
use crate::{
    error::{Error, Result},
    ids::is_seen,
    outgoing::{Outgoing, Route},
};

/// The parameter that names the user to act as.
pub(crate) const AS_USER: &str = "as_user_id";

/// A request with its full address.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) route: Route,
    pub(crate) body: Option<(String, Bytes)>,
    /// Whether it is sent without credentials.
    pub(crate) is_open: bool,
}

impl Target {
    /// Places a request below `root`.
    ///
    /// # Errors
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) if the path would leave the API, or the
    /// address is longer than a server accepts.
    pub(crate) fn new(root: &Url, outgoing: Outgoing) -> Result<Self> {
        let expected = format!("{}{}", root.path(), outgoing.path);
        let mut url = root.clone();
        url.set_path(&expected);
        let lost_key = expected.contains("//") || outgoing.path.ends_with('/');
        if url.path() != expected || lost_key {
            return Err(Error::request_invalid(format!(
                "the path `{}` is not escaped, or a key in it is empty, `.` or `..`",
                outgoing.path
            )));
        }
        if !outgoing.query.is_empty() {
            url.set_query(Some(&outgoing.query));
        }
        let length = url.as_str().len();
        if length > MAX_URL {
            return Err(Error::request_invalid(format!(
                "the address of {} {} has {length} characters, more than the {MAX_URL} that a \
                 server accepts: split the list in it over several requests",
                outgoing.method, outgoing.path
            )));
        }
        Ok(Self {
            method: outgoing.method,
            url,
            route: outgoing.route,
            body: outgoing.body,
            is_open: false,
        })
    }

    /// The page at an address that the server gave.
    ///
    /// Canvas keeps the user to act as in its links. If one lacked it, the page would be the
    /// caller's.
    pub(crate) fn page(mut url: Url, route: Route, as_user: Option<&str>) -> Self {
        if let Some(user) = as_user
            && !url.query_pairs().any(|(name, _)| name == AS_USER)
        {
            url.query_pairs_mut().append_pair(AS_USER, user);
        }
        Self {
            method: Method::GET,
            url,
            route,
            body: None,
            is_open: false,
        }
    }

    /// Method and path, for messages. Never the query, which may hold names or keys.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }
}

/// The parameters of an address that name a user to act as, in every spelling that a server reads
/// as one: former versions of Rack take `;` for `&`.
pub(crate) fn users_to_act_as(url: &Url) -> Vec<(String, String)> {
    let parts = url.query().unwrap_or_default().split(['&', ';']);
    parts
        .flat_map(|part| form_urlencoded::parse(part.as_bytes()))
        .filter(|(name, _)| names_a_user_to_act_as(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Whether a parameter names a user to act as: Rack takes `[as_user_id]` for `as_user_id`, and what
/// does not show before a name is ignored too.
pub(crate) fn names_a_user_to_act_as(name: &str) -> bool {
    let is_bracket = |c: char| matches!(c, '[' | ']');
    let name = name.trim_start_matches(|c| is_bracket(c) || !is_seen(c));
    let key = name.split(is_bracket).next().unwrap_or_default();
    let key = key.trim_end_matches(|c| !is_seen(c));
    let is = |own: &str| key.eq_ignore_ascii_case(own);
    is(AS_USER) || is("become_user_id")
}

/// Whether an address has a `;` in its query, where former versions of Rack part parameters as at
/// `&`. One that belongs to a value is escaped.
pub(crate) fn has_other_separators(url: &Url) -> bool {
    url.query().is_some_and(|query| query.contains(';'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        GroupRef,
        groups::GetGroup,
        ids::{Segment, is_blank},
    };

    fn root() -> Url {
        Url::parse("https://canvas.example.edu/prefix/api/v1/").unwrap()
    }

    fn target(path: String) -> Result<Target> {
        let mut outgoing = Outgoing::of(&GetGroup::new(crate::GroupId::new(1)))?;
        outgoing.path = path;
        Target::new(&root(), outgoing)
    }

    #[test]
    fn trap_28_a_path_that_leaves_the_api_is_not_sent() {
        for path in [
            "groups/..",
            "../../login",
            "groups/%2e%2E/x",
            "groups/a?b",
            "groups/a#b",
            "groups//users",
            "groups/",
            "groups/a b",
            "/groups",
            "groups\\..\\x",
        ] {
            assert_eq!(
                target(path.into()).unwrap_err().kind(),
                crate::ErrorKind::Request,
                "{path}"
            );
        }
    }

    #[test]
    fn an_address_longer_than_a_server_takes_is_not_sent() {
        let error = target("x".repeat(7_000)).unwrap_err();
        assert!(error.to_string().contains("split the list"));
    }

    #[test]
    fn a_user_to_act_as_is_found_in_every_spelling() {
        let found = |query: &str| {
            let mut url = root();
            url.set_query(Some(query));
            users_to_act_as(&url)
        };
        for name in ["as_user_id", "become_user_id", "As_User_ID", "as%5Fuser_id"] {
            for before in [
                "",
                "[",
                "]",
                "[[",
                "+",
                "%20[",
                "[%20",
                "%00",
                "%09",
                "%E2%80%8B",
                "[%EF%BB%BF[",
            ] {
                for after in ["", "]", "[]", "[id]", "[0][id]", "+", "%00", "%E2%80%8B[]"] {
                    for parted in ["", "page=2&", "page=2;", ";", "&;"] {
                        let query = format!("{parted}{before}{name}{after}=5&x=6");
                        let users = found(&query);
                        let [(_, user)] = &users[..] else {
                            panic!("{query}: {users:?}")
                        };
                        assert_eq!(user, "5", "{query}");
                    }
                }
            }
        }
        for query in [
            "my_as_user_id=5",
            "as_user_ids[]=5",
            "filter[as_user_id]=5",
            "search_term=as_user_id",
            "search_term=a%3Bas_user_id%3D5",
            "user_id=5",
            "",
        ] {
            assert!(found(query).is_empty(), "{query}");
        }
        let both = found("as_user_id=5;x=1&[AS_USER_ID]=6");
        let pair = |name: &str, user: &str| (name.to_owned(), user.to_owned());
        assert_eq!(both, [pair("as_user_id", "5"), pair("[AS_USER_ID]", "6")]);
    }

    proptest! {
        #[test]
        fn trap_28_any_key_stays_one_segment_and_comes_back(key in "\\PC{1,40}") {
            let reference = GroupRef::sis(&key);
            let sent = target(format!("groups/{}/users", reference.segment()));
            if is_blank(&key) {
                prop_assert!(sent.is_err());
                return Ok(());
            }
            let sent = sent.unwrap();
            let segments: Vec<_> = sent.url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 6);
            prop_assert_eq!(sent.url.query(), None);
            let decoded = percent_encoding::percent_decode_str(segments[4]).decode_utf8().unwrap();
            prop_assert_eq!(decoded, reference.to_string());
        }

        #[test]
        fn a_text_that_cannot_be_one_segment_is_refused(key in "[./%a]{0,4}") {
            let sent = target(format!("groups/{}/users", Segment::new(&key)));
            prop_assert_eq!(sent.is_err(), matches!(key.as_str(), "" | "." | ".."));
        }
    }
}

//! Where a list continues, as text and back.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use super::{EmptyPages, ListRoute, NextPage, visited::Visited};
use crate::{
    error::{Error, Result},
    transport::{
        Target, has_other_separators, is_same_list, names_a_user_to_act_as, users_to_act_as,
    },
};

/// What the text holds, as JSON in base64 for addresses.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    #[serde(borrow)]
    root: Cow<'a, str>,
    url: Cow<'a, str>,
    route: Cow<'a, str>,
    linked: bool,
    seen: Vec<u64>,
    #[serde(default)]
    empty: EmptyPages,
}

/// Before it, so that a later form can be told from this one.
const FORM: &str = "1.";
/// How long a text may be: an address and the marks of some pages, in base64.
const LONGEST: usize = 16 * 1024;

/// An opaque text for addresses, forms and files, which [`FromStr`] reads. It holds no credentials,
/// but the parameters of the list, and it is not signed:
/// [`Client::page`](crate::Client::page) checks it.
impl fmt::Display for NextPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = Kept {
            root: self.root.as_str().into(),
            url: self.url.as_str().into(),
            route: self.route.template().into(),
            linked: self.is_linked,
            seen: self.visited.some(),
            empty: self.empty,
        };
        let json = serde_json::to_vec(&kept).map_err(|_| fmt::Error)?;
        write!(f, "{FORM}{}", BASE64_URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for NextPage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        read(text).ok_or_else(|| {
            Error::request_invalid(
                "the text is not that of a next page: pass it on unchanged, or begin the list anew",
            )
        })
    }
}

fn read(text: &str) -> Option<NextPage> {
    let encoded = text.trim().strip_prefix(FORM)?;
    if encoded.len() > LONGEST {
        return None;
    }
    let json = BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let kept: Kept<'_> = serde_json::from_slice(&json).ok()?;
    Some(NextPage {
        url: Url::parse(&kept.url).ok()?,
        root: Url::parse(&kept.root).ok()?,
        route: ListRoute::Named(kept.route.into_owned()),
        is_linked: kept.linked,
        visited: Visited::from_some(kept.seen),
        empty: kept.empty,
    })
}

impl Serialize for NextPage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NextPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl NextPage {
    /// The page as one of the list that `request` begins, if it is one.
    pub(crate) fn of_request(&self, root: &Url, request: &Target) -> Result<Self> {
        let refuse = |what: &str| Error::request_invalid(format!("the next page is {what}"));
        // The text may come from anywhere, so what it says of its server proves nothing.
        let has_login = !self.url.username().is_empty() || self.url.password().is_some();
        if self.root != *root || self.url.origin() != root.origin() || has_login {
            return Err(refuse("of another server: pass it to a client of that one"));
        }
        let below = |url: &Url| url.path().strip_prefix(root.path()).map(str::to_owned);
        let is_same = below(&request.url)
            .zip(below(&self.url))
            .is_some_and(|(from, to)| is_same_list(&from, &to, request.route.template));
        if self.route.template() != request.route.template || !is_same {
            return Err(refuse(
                "of another list: pass the request that the list began with",
            ));
        }
        let (own, asked) = (Parameters::of(&self.url), Parameters::of(&request.url));
        if has_other_separators(&self.url) {
            return Err(refuse(
                "of a list with other parameters: pass on the text unchanged, or begin the list anew",
            ));
        }
        if own.users != asked.users {
            return Err(refuse(
                "of another user: pass it to a client that acts as the same one",
            ));
        }
        if own.others != asked.others {
            return Err(refuse(
                "of a list with other parameters: pass the request that the list began with",
            ));
        }
        let mut this = self.clone();
        this.route = ListRoute::Known(request.route);
        // Servers name a record by its number in links, whatever it was named by before. A text may
        // name any number, so only the place in the list is taken from it.
        this.url = request.url.clone();
        this.url.set_query(self.url.query());
        Ok(this)
    }
}

/// The parameters of a list, without those that say which page of it.
#[derive(Default)]
struct Parameters {
    users: Vec<(String, String)>,
    others: BTreeMap<String, Vec<String>>,
}

impl Parameters {
    fn of(url: &Url) -> Self {
        let mut this = Self {
            users: users_to_act_as(url),
            ..Self::default()
        };
        for (name, value) in url.query_pairs() {
            match &*name {
                name if names_a_user_to_act_as(name) => {}
                // A server may give out smaller pages than were asked for.
                "page" | "per_page" | "cursor" => {}
                _ => {
                    let values = this.others.entry(name.into_owned()).or_default();
                    values.push(value.into_owned());
                }
            }
        }
        this.others.values_mut().for_each(|values| values.sort());
        this
    }
}

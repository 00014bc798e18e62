//! What a server answered: a status, headers and a bounded body.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny},
};
use serde_json::{Value, json};
use serde_path_to_error::Track;
use url::{Url, form_urlencoded};

use super::{
    envelope,
    link::{Links, page_number},
    redact::Secrets,
};
use crate::{
    error::{BODY_LIMIT, Error, ErrorKind, Result, one_line},
    ids::{is_same_number, number_in, without_shard},
    lenient::without_mark,
    outgoing::Route,
};

/// A successful answer, not yet decoded.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) url: Url,
    pub(crate) root: Url,
    pub(crate) route: Route,
    pub(crate) method: Method,
    pub(crate) request: String,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// The body that was sent, without credentials.
    pub(crate) sent: Option<Bytes>,
    pub(crate) secrets: Secrets,
}

impl Answer {
    /// Decodes the body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.decode(PhantomData)
    }

    /// Decodes the body of a read that is no list.
    ///
    /// # Errors
    /// [`ErrorKind::Pagination`] for one that is a list with more pages: the first would be taken
    /// for all of it. [`ErrorKind::Decode`] also for one that lacks a key which was asked for.
    pub(crate) fn whole<T: DeserializeOwned>(&self) -> Result<T> {
        let is_list = self.text().trim_ascii_start().starts_with(b"[");
        if self.method == Method::GET && is_list && Links::name_a_next(&self.headers) {
            return Err(self.described(Error::new(
                ErrorKind::Pagination,
                "this is one page of a list: use `Page` as the answer of the request",
            )));
        }
        let whole = self.json()?;
        match self.route.keyed_by {
            Some(parameter) if !self.has_keys_of(parameter) => {
                Err(self.not_as_documented(&format!(
                    "the answer says nothing about some of the `{parameter}` that were asked for"
                )))
            }
            _ => Ok(whole),
        }
    }

    /// Whether the answer has a key for every value of a list parameter.
    fn has_keys_of(&self, parameter: &str) -> bool {
        let keys = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(self.text());
        let keys = keys.unwrap_or_default();
        let keys: BTreeSet<_> = keys.keys().map(|key| without_shard(key)).collect();
        let pairs = self.url.query_pairs();
        let mut asked = pairs.filter(|(name, _)| name.strip_suffix("[]") == Some(parameter));
        asked.all(|(_, value)| keys.contains(&without_shard(&value)))
    }

    /// Decodes the body of a call to one record.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] also for a record with another number than that at the end of the
    /// address. Of another key, such as an SIS id, nobody knows the number.
    pub(crate) fn own_record<T: DeserializeOwned>(&self) -> Result<T> {
        #[derive(Deserialize)]
        struct Record {
            id: Option<Value>,
        }
        let record = self.json()?;
        let told = serde_json::from_slice::<Record>(self.text());
        let told = told.ok().and_then(|it| match it.id? {
            Value::Number(id) => id.as_u64(),
            Value::String(id) => number_in(&id),
            _ => None,
        });
        let own = self.last_key().and_then(|key| number_in(&key));
        match told.zip(own) {
            Some((told, own)) if !is_same_number(told, own) => Err(self.not_as_documented(
                "the answer is about a different record than the call: check for a proxy or \
                 portal on the way to the server",
            )),
            _ => Ok(record),
        }
    }

    /// Checks that the answer says that the request is carried out, and nothing else.
    pub(crate) fn is_done(&self) -> Result<()> {
        let body = self.text().trim_ascii();
        if body.is_empty() {
            return Ok(());
        }
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let is_done = match json {
            Some(Value::Object(record)) if self.route.shows_deleted => {
                record.get("id").is_some_and(|id| self.is_of(id))
            }
            Some(json) => json == json!({"ok": true}),
            None => false,
        };
        if is_done {
            return Ok(());
        }
        let message = match looks_like_a_page(body) {
            true => "the answer is a web page, not that the request was carried out",
            false => "the answer does not say that the request was carried out",
        };
        Err(self.not_as_documented(message))
    }

    /// Whether this is the id with which the address ends.
    fn is_of(&self, id: &Value) -> bool {
        self.last_key().is_some_and(|key| match id {
            Value::String(id) => *id == key,
            Value::Number(id) => id.to_string() == key,
            _ => false,
        })
    }

    /// What the path of the address ends with.
    fn last_key(&self) -> Option<Cow<'_, str>> {
        let key = self.url.path_segments()?.next_back()?;
        Some(percent_decode_str(key).decode_utf8_lossy())
    }

    /// The error of a success that the route does not have, such as a part of a list or a request
    /// that was put off.
    pub(super) fn unexpected_status(&self) -> Option<Error> {
        let successes = self.route.successes?;
        (!successes.contains(&self.status.as_u16())).then(|| {
            self.not_as_documented(
                "this is not how the route answers a success, so it was not read: check for a proxy \
                 or portal on the way to the server",
            )
        })
    }

    /// The error of an answer that is none of those that the route has.
    pub(crate) fn not_as_documented(&self, message: &str) -> Error {
        let error = Error::new(ErrorKind::Decode, message)
            .with_body(&self.secrets.scrub_start(&self.body, BODY_LIMIT))
            .with_may_have_run(true);
        self.described(error)
    }

    /// The error of a read whose body is not JSON at all, judged by its ends: those of web pages,
    /// and of bodies that a server or proxy cut off, are not those of an object or a list. A write
    /// is done, whatever its body looks like.
    pub(super) fn not_json(&self) -> Option<Error> {
        if self.method != Method::GET {
            return None;
        }
        let text = self.text().trim_ascii();
        match (text.first(), text.last()) {
            (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => None,
            _ if !self.route.is_json => None,
            _ => self.json::<IgnoredAny>().err(),
        }
    }

    /// Decodes the items of a list.
    pub(crate) fn items<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        match self.route.items {
            Some(member) => self.decode(envelope::EnvelopeMember::new(member)),
            None => self.json(),
        }
    }

    fn decode<'a, S: DeserializeSeed<'a> + Copy>(&'a self, seed: S) -> Result<S::Value> {
        let body = self.text();
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let decoded = seed.deserialize(&mut deserializer);
        decoded
            .and_then(|value| deserializer.end().map(|()| value))
            .map_err(|_| self.undecodable(seed, body))
    }

    /// The body without a byte order mark.
    fn text(&self) -> &[u8] {
        without_mark(&self.body)
    }

    /// Decodes once more, slowly, to say where it fails.
    fn undecodable<'a, S: DeserializeSeed<'a>>(&self, seed: S, body: &'a [u8]) -> Error {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let mut track = Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
        let (message, source) = match seed.deserialize(tracked) {
            _ if body.is_empty() => ("the answer is empty".to_owned(), None),
            _ if looks_like_a_page(body) => ("the answer is a web page, not JSON".to_owned(), None),
            Ok(_) => ("the answer goes on after its end".to_owned(), None),
            Err(error) => (
                format!(
                    "the answer is not as documented at `{}`",
                    one_line(&track.path().to_string())
                ),
                Some(error),
            ),
        };
        let error = Error::new(ErrorKind::Decode, message)
            .with_body(&self.secrets.scrub_start(body, BODY_LIMIT))
            .with_may_have_run(true);
        self.described(match source {
            // It quotes what it cannot read.
            Some(source) => error.with_source(source),
            None => error,
        })
    }

    /// Where the list continues.
    pub(crate) fn links(&self) -> Result<Links> {
        let links = self.links_of_list();
        let mut links = links.map_err(|error| self.described(error))?;
        // Older servers answer so beyond the end of a list, which may have become shorter while it
        // was read, and would do so for every page after it.
        let is_counted = links.names_last || links.last_page.is_some();
        if !is_counted && self.url.query().and_then(page_number).is_some() && self.has_no_items() {
            links.next = None;
        }
        links.next = match links.next {
            Some(next) => Some(self.without_secrets(next)?),
            None => None,
        };
        Ok(links)
    }

    /// Where the list continues, as the headers and, in an envelope, the body say.
    fn links_of_list(&self) -> Result<Links> {
        let (mut links, is_damaged) =
            Links::read(&self.headers, &self.url, &self.root, self.route.template)?;
        let mut is_told = links.next.is_some();
        if self.route.items.is_some() {
            let counted = links.last_page.take();
            links = envelope::links_in_body(links, self.text(), &self.url)?;
            is_told = links.next.is_some() || links.last_page.is_some();
            links.last_page = links.last_page.or(counted);
        }
        match is_damaged && !is_told {
            true => Err(Links::damaged()),
            false => Ok(links),
        }
    }

    /// Whether the answer is a page without items.
    pub(crate) fn has_no_items(&self) -> bool {
        match self.route.items {
            Some(_) => self
                .items::<IgnoredAny>()
                .is_ok_and(|items| items.is_empty()),
            None => {
                let text = self.text().trim_ascii();
                let inside = text.strip_prefix(b"[").and_then(|it| it.strip_suffix(b"]"));
                inside.is_some_and(|inside| inside.trim_ascii().is_empty())
            }
        }
    }

    /// Removes the credentials that a server copied from the request into the query of an address.
    /// They are attached to each request anew, and may have changed by then. An address with
    /// credentials in its path is refused.
    fn without_secrets(&self, mut url: Url) -> Result<Url> {
        url.set_fragment(None);
        if !self.secrets.are_in(url.as_str()) {
            return Ok(url);
        }
        let is_clean = |text: &str| !self.secrets.are_in(text);
        let pairs = url.query_pairs();
        let pairs = pairs.filter(|(name, value)| is_clean(name) && is_clean(value));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        match is_clean(url.as_str()) {
            true => Ok(url),
            false => Err(self.described(Error::new(
                ErrorKind::Pagination,
                "the address of the next page has the credentials in it, so it is not asked for",
            ))),
        }
    }

    /// Refuses a page if it cannot be known whether more follow.
    pub(crate) fn check_end(&self, links: &Links, items: usize) -> Result<()> {
        let is_full = || {
            let per_page = self.url.query_pairs().find(|(name, _)| name == "per_page");
            let per_page = per_page
                .and_then(|(_, value)| value.parse().ok())
                .unwrap_or(10);
            items >= per_page.clamp(1, 100)
        };
        if links.present || !self.route.is_linked || !is_full() {
            return Ok(());
        }
        Err(self.described(Error::new(
            ErrorKind::Pagination,
            "a full page came without links, so the rest of the list may be missing: send fewer or \
             shorter parameters, or check whether a proxy on the way removes the Link header",
        )))
    }

    /// An error about this answer, with what is known of its call.
    pub(crate) fn described(&self, error: Error) -> Error {
        error
            .with_status(self.status)
            .of_call(&self.method, &self.request)
            .with_attempts(self.attempts, self.elapsed)
            .with_answer_headers(request_id(&self.headers), None)
            .scrubbed(|text| self.secrets.cleaned(text))
    }
}

/// The id under which the server logged the request.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-context-id")?.to_str().ok()?;
    (!id.is_empty()).then(|| id.to_owned())
}

fn looks_like_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

//! What a server answered: a status, headers and a bounded body.

use std::{marker::PhantomData, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny};
use serde_path_to_error::Track;
use url::{Url, form_urlencoded};

use super::{envelope, link::Links, redact::Secrets};
use crate::{
    error::{Error, ErrorKind, Result},
    lenient::without_mark,
    outgoing::Route,
};

/// If the URL of a list is longer than this, Canvas can no longer name the next page: it limits the
/// links of an answer to 6 KiB, and leaves them all out beyond that.
const LONG_URL: usize = 5_500;

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
                format!("the answer is not as documented at `{}`", track.path()),
                Some(error),
            ),
        };
        let error = self
            .described(Error::new(ErrorKind::Decode, message))
            .with_body(&self.secrets.scrub(body))
            .with_may_have_run(true);
        // The decoder quotes what it cannot read.
        match source.map(|source| (self.secrets.cleaned(&source.to_string()), source)) {
            Some((Some(cleaned), _)) => error.with_source(cleaned),
            Some((None, source)) => error.with_source(source),
            None => error,
        }
    }

    /// Where the list continues.
    pub(crate) fn links(&self) -> Result<Links> {
        let links = Links::of(&self.headers, &self.url, &self.root);
        let links = match self.route.items {
            Some(_) => {
                links.and_then(|links| envelope::links_in_body(links, self.text(), &self.url))
            }
            None => links,
        };
        let mut links = links.map_err(|error| self.described(error))?;
        links.next = links.next.map(|next| self.without_secrets(next));
        Ok(links)
    }

    /// Removes the credentials that a server copied from the request into an address. They are
    /// attached to each request anew, and may have changed by then.
    fn without_secrets(&self, mut url: Url) -> Url {
        let is_clean = |text: &str| self.secrets.cleaned(text).is_none();
        if is_clean(url.as_str()) {
            return url;
        }
        let pairs = url.query_pairs().filter(|(_, value)| is_clean(value));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        url
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
        if links.present || self.url.as_str().len() < LONG_URL || !is_full() {
            return Ok(());
        }
        Err(self.described(Error::new(
            ErrorKind::Pagination,
            "the server cannot name the next page of so long a request: send fewer or shorter \
             parameters",
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

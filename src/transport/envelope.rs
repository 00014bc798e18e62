//! Lists whose items are a member of an object, and how that object says where the list continues.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;
use url::Url;

use super::link::{Links, page_number};
use crate::error::{Error, ErrorKind, Result};

/// Reads one member of an object and skips the others.
pub(super) struct EnvelopeMember<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> EnvelopeMember<T> {
    pub(super) fn new(name: &'static str) -> Self {
        let value = PhantomData;
        Self { name, value }
    }
}

impl<T> Clone for EnvelopeMember<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for EnvelopeMember<T> {}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for EnvelopeMember<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for EnvelopeMember<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != self.name {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value()?).is_some() {
                return Err(A::Error::duplicate_field(self.name));
            }
        }
        found.ok_or_else(|| A::Error::missing_field(self.name))
    }
}

/// What may stand beside the items.
#[derive(Deserialize)]
struct EnvelopeLinks {
    cursor: Option<Value>,
    meta: Option<Value>,
}

/// Adds where the list continues, if the body says so and the headers do not: by a cursor, which
/// the next request repeats, or by the number of the last page.
///
/// # Errors
/// [`ErrorKind::Pagination`] for a cursor that cannot be repeated, since the list does not end
/// there.
pub(super) fn links_in_body(mut links: Links, body: &[u8], url: &Url) -> Result<Links> {
    // A body that cannot be read has no items either, and fails there.
    let Ok(links_beside) = serde_json::from_slice::<EnvelopeLinks>(body) else {
        return Ok(links);
    };
    if links.next.is_some() {
        return Ok(links);
    }
    let meta = |name| links_beside.meta.as_ref().and_then(|meta| meta.get(name));
    let cursor = links_beside
        .cursor
        .as_ref()
        .filter(|cursor| !cursor.is_null());
    if let Some(cursor) = cursor_text(cursor.or_else(|| meta("cursor")))? {
        links.next = Some(with_pair(url, "cursor", &cursor));
        return Ok(links);
    }
    let number = |name| meta(name).and_then(Value::as_u64);
    if let Some(last) = number("last_page") {
        let current = number("current_page").or_else(|| url.query().and_then(page_number));
        let current = current.unwrap_or(1);
        links.last_page = u32::try_from(last).ok();
        links.next = (current < last).then(|| with_pair(url, "page", &(current + 1).to_string()));
    }
    Ok(links)
}

/// The text of a cursor; `None` at the end of the list.
fn cursor_text(cursor: Option<&Value>) -> Result<Option<String>> {
    match cursor {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Error::new(
            ErrorKind::Pagination,
            "the cursor of the next page is neither a string nor a number, so the rest of the \
             list cannot be read",
        )),
    }
}

/// An address with one query parameter set; it replaces all others of the same name.
fn with_pair(url: &Url, name: &str, value: &str) -> Url {
    let kept: Vec<_> = url.query_pairs().filter(|(key, _)| key != name).collect();
    let mut next = url.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair(name, value);
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the list at `?q=a+b&cursor=old` goes on, as its query.
    fn next(body: &str) -> Result<Option<String>> {
        let url = Url::parse("https://lor.example/api/groups?q=a+b&cursor=old").unwrap();
        let links = links_in_body(Links::default(), body.as_bytes(), &url)?;
        Ok(links.next.map(|next| next.query().unwrap().to_owned()))
    }

    #[test]
    fn a_cursor_is_followed_wherever_it_stands() {
        let cases = [
            (r#"{"items":[]}"#, None),
            (r#"{"items":[],"meta":null,"cursor":null}"#, None),
            (r#"{"items":[],"meta":{"cursor":""}}"#, None),
            (r#"{"items":[],"meta":[1]}"#, None),
            ("[]", None),
            ("<html>", None),
            (
                r#"{"items":[],"meta":{"cursor":"a/b=&"}}"#,
                Some("q=a+b&cursor=a%2Fb%3D%26"),
            ),
            (r#"{"cursor":"c2","items":[]}"#, Some("q=a+b&cursor=c2")),
            (
                r#"{"cursor":null,"meta":{"cursor":17}}"#,
                Some("q=a+b&cursor=17"),
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(next(body).unwrap().as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_cursor_that_cannot_be_repeated_is_an_error_and_no_silent_end() {
        for cursor in ["{\"after\":1}", "[1]", "true"] {
            let error = next(&format!(r#"{{"meta":{{"cursor":{cursor}}}}}"#)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pagination, "{cursor}");
        }
    }

    #[test]
    fn numbered_pages_are_followed_up_to_the_last() {
        let at = |current: u32, last: u32| {
            next(&format!(
                r#"{{"meta":{{"current_page":{current},"last_page":{last},"total_count":1}}}}"#
            ))
            .unwrap()
        };
        assert_eq!(at(1, 1), None);
        assert_eq!(at(1, 3).unwrap(), "q=a+b&cursor=old&page=2");
        assert_eq!(at(2, 3).unwrap(), "q=a+b&cursor=old&page=3");
        assert_eq!(at(3, 3), None);
        assert_eq!(at(1, 0), None);
    }
}

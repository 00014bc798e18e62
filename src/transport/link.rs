//! The `Link` header, which says where a list continues.

use http::{HeaderMap, header::LINK};
use url::{Url, form_urlencoded};

use super::{plain_path::stays_below, same_list::is_same_list, target::users_to_act_as};
use crate::error::{Error, ErrorKind, Result};

/// What the `Link` headers of a page say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The next page. A list ends exactly where there is none.
    pub(crate) next: Option<Url>,
    /// Whether the last page is named.
    pub(crate) names_last: bool,
    /// Its number, where pages are numbered and counted.
    pub(crate) last_page: Option<u32>,
    /// Whether any link is one of a list. Proxies add others.
    pub(crate) present: bool,
}

/// The relations that lists use.
const OF_LISTS: [&str; 7] = [
    "next", "last", "prev", "previous", "current", "first", "self",
];

impl Links {
    /// Reads the headers of the answer from `url`; `root` bounds where `next` may lead, and so does
    /// the template of the route. Beside the links stands whether an entry cannot be read: without a
    /// `next` it is not known then whether the list goes on, unless the body says so.
    ///
    /// # Errors
    /// [`ErrorKind::Pagination`] for a `next` outside of `root`, on another route or as another user:
    /// the token must not be sent elsewhere, and the items of another record, or those that another
    /// user sees, are no part of the list.
    pub(super) fn read(
        headers: &HeaderMap,
        url: &Url,
        root: &Url,
        template: &str,
    ) -> Result<(Self, bool)> {
        let mut links = Self::default();
        let mut is_damaged = false;
        for header in headers.get_all(LINK) {
            let text = String::from_utf8_lossy(header.as_bytes());
            for entry in Entries(&text) {
                let Ok((target, relations)) = entry else {
                    is_damaged = true;
                    continue;
                };
                for relation in relations.split_ascii_whitespace() {
                    let is = |name: &&str| relation.eq_ignore_ascii_case(name);
                    links.present |= OF_LISTS.iter().any(&is);
                    if is(&"next") && links.next.is_none() {
                        // A relation is good for nothing without its address.
                        let Ok(target) = url.join(target) else {
                            is_damaged = true;
                            continue;
                        };
                        check_next(&target, url, root, template)?;
                        links.next = Some(target);
                    } else if is(&"last") && !links.names_last {
                        links.names_last = true;
                        let last = query(target).and_then(page_number);
                        links.last_page = last.and_then(|last| last.try_into().ok());
                    }
                }
            }
        }
        Ok((links, is_damaged))
    }

    /// The error of a page with an entry that cannot be read and without `next`.
    pub(super) fn damaged() -> Error {
        pagination(
            "a part of the Link header of this page cannot be read, so it cannot be known whether \
             the list goes on",
        )
    }

    /// Whether the headers name a next page, wherever it is and even if the rest cannot be read.
    pub(super) fn name_a_next(headers: &HeaderMap) -> bool {
        headers.get_all(LINK).iter().any(|header| {
            let text = String::from_utf8_lossy(header.as_bytes());
            Entries(&text).any(|entry| match entry {
                Ok((_, relations)) => {
                    let mut relations = relations.split_ascii_whitespace();
                    relations.any(|relation| relation.eq_ignore_ascii_case("next"))
                }
                Err(damaged) => damaged.to_ascii_lowercase().contains("next"),
            })
        })
    }
}

fn pagination(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Pagination, message)
}

/// Checks that the credentials may be sent to the next page, and that it belongs to the same list.
fn check_next(next: &Url, url: &Url, root: &Url, template: &str) -> Result<()> {
    if next.origin() != root.origin() {
        return Err(pagination(format!(
            "the next page is at {}, but the credentials belong to {}: use the server's own \
             address as the base URL",
            next.origin().ascii_serialization(),
            root.origin().ascii_serialization(),
        )));
    }
    let has_credentials = !next.username().is_empty() || next.password().is_some();
    if has_credentials || !next.path().starts_with(root.path()) {
        return Err(pagination("the next page is outside of the API"));
    }
    // The root is the caller's own, and escapes in it were meant.
    let is_plain = next
        .path()
        .strip_prefix(root.path())
        .is_some_and(|rest| stays_below(rest, ""));
    if !is_plain {
        return Err(pagination(
            "the address of the next page has escapes in it that lead out of the API where they \
             are undone, so it is not asked for",
        ));
    }
    let own = users_to_act_as(url);
    if !users_to_act_as(next).iter().all(|user| own.contains(user)) {
        return Err(pagination(
            "the next page asks to act as another user than this call does, so it is not asked for",
        ));
    }
    let from = url.path().strip_prefix(root.path());
    let to = next.path().strip_prefix(root.path());
    match from.zip(to) {
        Some((from, to)) if !is_same_list(from, to, template) => Err(pagination(
            "the next page is one of another list, whose items are not mixed with those of this one",
        )),
        _ => Ok(()),
    }
}

/// The query of an address that is not needed otherwise.
fn query(address: &str) -> Option<&str> {
    let (address, _) = address.split_once('#').unwrap_or((address, ""));
    Some(address.split_once('?')?.1)
}

/// The number of a page in the query of its address.
pub(super) fn page_number(query: &str) -> Option<u64> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(name, _)| name == "page")?;
    value.parse().ok()
}

/// The entries of a header by RFC 8288: targets with their relations, and the text of each part
/// that cannot be read. After one of these, reading goes on where the next entry seems to begin.
struct Entries<'a>(&'a str);

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(&'a str, String), &'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start_matches([' ', '\t', ',']);
        if text.is_empty() {
            return None;
        }
        Some(match entry(text) {
            Some((target, relations, rest)) => {
                self.0 = rest;
                Ok((target, relations))
            }
            None => {
                self.0 = next_beginning(text);
                Err(&text[..text.len() - self.0.len()])
            }
        })
    }
}

/// What follows a comma and opens a target, after the first character.
fn next_beginning(text: &str) -> &str {
    let commas = text
        .match_indices(',')
        .map(|(at, comma)| &text[at + comma.len()..]);
    let mut beginnings = commas.map(|rest| rest.trim_start_matches([' ', '\t']));
    beginnings.find(|rest| rest.starts_with('<')).unwrap_or("")
}

/// The entry that a text begins with: its target, its relations, and what follows it.
fn entry(text: &str) -> Option<(&str, String, &str)> {
    let (target, tail) = text.strip_prefix('<')?.split_once('>')?;
    let (relations, rest) = parameters(tail)?;
    // Without a relation nobody knows what it is: it may be the next page.
    let relations = relations?;
    let mut names = relations.split_ascii_whitespace().peekable();
    names.peek()?;
    let is_readable = !target.contains(['<', '\u{fffd}']) && names.all(is_relation);
    is_readable.then(|| (target.trim(), relations.clone(), rest))
}

/// A name, registered or not, or an address that stands for one. With a quotation mark or a bracket
/// in it, it may be the rest of something else.
fn is_relation(name: &str) -> bool {
    !name.contains(['"', '\'', '<', '>', '\u{fffd}'])
}

/// The characters of tokens, which names and bare values are.
fn is_token(text: &str) -> bool {
    let is_mark = |byte: u8| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

/// Reads the parameters of an entry up to the comma that ends it; returns the first `rel`.
fn parameters(mut rest: &str) -> Option<(Option<String>, &str)> {
    let mut relations = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(tail) = rest.strip_prefix(';') else {
            return (rest.is_empty() || rest.starts_with(',')).then_some((relations, rest));
        };
        rest = tail.trim_start_matches([' ', '\t']);
        // Some servers end an entry with a semicolon.
        if rest.is_empty() || rest.starts_with([';', ',']) {
            continue;
        }
        let end = rest.find(['=', ';', ',', ' ', '\t']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        if !is_token(name) {
            return None;
        }
        rest = tail.trim_start_matches([' ', '\t']);
        let mut value = String::new();
        if let Some(tail) = rest.strip_prefix('=') {
            (value, rest) = parameter_value(tail.trim_start_matches([' ', '\t']))?;
        }
        if name.eq_ignore_ascii_case("rel") {
            relations.get_or_insert(value);
        }
    }
}

/// A bare value or a quoted string, and what follows it.
fn parameter_value(rest: &str) -> Option<(String, &str)> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([';', ',', ' ', '\t']).unwrap_or(rest.len());
        let (value, tail) = rest.split_at(end);
        // A bare address is not allowed, but is no riddle.
        let is_readable = !value.is_empty() && !value.contains(['"', '<', '>']);
        return is_readable.then(|| (value.to_owned(), tail));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests;

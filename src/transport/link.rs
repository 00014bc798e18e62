//! The `Link` header, which says where a list continues.

use http::{HeaderMap, header::LINK};
use url::Url;

use crate::error::{Error, ErrorKind, Result};

/// What the `Link` headers of a page say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The next page. A list ends exactly where there is none.
    pub(crate) next: Option<Url>,
    /// The number of the last page, where pages are numbered and counted.
    pub(crate) last_page: Option<u32>,
    /// Whether there was any `Link` header.
    pub(crate) present: bool,
}

impl Links {
    /// Reads the headers of the answer from `url`; `root` bounds where `next` may lead.
    ///
    /// # Errors
    /// [`ErrorKind::Pagination`] for a header that cannot be read and for a `next` outside of
    /// `root`: a list must not end silently, and the token must not be sent elsewhere.
    pub(crate) fn of(headers: &HeaderMap, url: &Url, root: &Url) -> Result<Self> {
        let mut links = Self::default();
        let mut last = None;
        for header in headers.get_all(LINK) {
            links.present = true;
            let text = std::str::from_utf8(header.as_bytes()).map_err(|_| malformed())?;
            for (target, relations) in parse(text).ok_or_else(malformed)? {
                for relation in relations.split_ascii_whitespace() {
                    if relation.eq_ignore_ascii_case("next") && links.next.is_none() {
                        links.next = Some(follow(target, url, root)?);
                    } else if relation.eq_ignore_ascii_case("last") && last.is_none() {
                        last = Some(target);
                    }
                }
            }
        }
        let last = last.and_then(|target| page_number(&url.join(target).ok()?));
        links.last_page = last.and_then(|last| last.try_into().ok());
        Ok(links)
    }
}

fn malformed() -> Error {
    pagination("the Link header of this page is malformed, so the rest of the list cannot be read")
}

fn pagination(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Pagination, message)
}

/// The URL of the next page, if the credentials may be sent there.
fn follow(target: &str, url: &Url, root: &Url) -> Result<Url> {
    let next = url.join(target).map_err(|error| {
        pagination("the address of the next page is not a URL").with_source(error)
    })?;
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
    Ok(next)
}

/// The number of a page in its address.
pub(super) fn page_number(url: &Url) -> Option<u64> {
    let (_, value) = url.query_pairs().find(|(name, _)| name == "page")?;
    value.parse().ok()
}

/// Splits a header into targets and relations, by RFC 8288. `None` if it is malformed.
fn parse(header: &str) -> Option<Vec<(&str, String)>> {
    let mut entries = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(entries);
        }
        let (target, tail) = rest.strip_prefix('<')?.split_once('>')?;
        let (relations, tail) = parameters(tail)?;
        entries.push((target.trim(), relations.unwrap_or_default()));
        rest = tail;
    }
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
        let end = rest.find(['=', ';', ',', ' ', '\t']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
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

/// A token or a quoted string, and what follows it.
fn parameter_value(rest: &str) -> Option<(String, &str)> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([';', ',', ' ', '\t']).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(end);
        let is_token = !token.is_empty() && !token.contains(['"', '<', '>']);
        return is_token.then(|| (token.to_owned(), tail));
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
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const ROOT: &str = "https://canvas.example.edu/api/v1/";

    fn links(headers: &[&str]) -> Result<Links> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(LINK, HeaderValue::from_bytes(header.as_bytes()).unwrap());
        }
        let url =
            Url::parse("https://canvas.example.edu/api/v1/groups/1/users?per_page=2").unwrap();
        Links::of(&map, &url, &Url::parse(ROOT).unwrap())
    }

    fn next(headers: &[&str]) -> Option<String> {
        links(headers).unwrap().next.map(String::from)
    }

    #[test]
    fn a_numeric_list_names_the_next_and_the_last_page() {
        let found = links(&["<https://canvas.example.edu/api/v1/groups/42/users?include%5B%5D=avatar_url&page=2&per_page=50>; rel=\"current\",<https://canvas.example.edu/api/v1/groups/42/users?include%5B%5D=avatar_url&page=3&per_page=50>; rel=\"next\",<https://canvas.example.edu/api/v1/groups/42/users?page=9&per_page=50>; rel=\"last\""]).unwrap();
        assert_eq!(
            found.next.unwrap().as_str(),
            "https://canvas.example.edu/api/v1/groups/42/users?include%5B%5D=avatar_url&page=3&per_page=50",
        );
        assert_eq!(found.last_page, Some(9));
    }

    #[test]
    fn a_bookmark_is_opaque_and_no_number() {
        let header = "<https://canvas.example.edu/api/v1/users/self/groups?page=bookmark:WyJQLCIsMTBd&per_page=2>; rel=\"next\",<https://canvas.example.edu/api/v1/users/self/groups?page=first&per_page=2>; rel=\"last\"";
        let found = links(&[header]).unwrap();
        assert!(
            found
                .next
                .unwrap()
                .as_str()
                .contains("page=bookmark:WyJQLCIsMTBd&")
        );
        assert_eq!(found.last_page, None);
    }

    #[test]
    fn trap_3_commas_and_semicolons_in_a_url_end_nothing() {
        let target = "https://canvas.example.edu/api/v1/x?a=1,2;3&page=2";
        for header in [
            format!("<{target}>; rel=\"next\""),
            format!("<{ROOT}y?a=,b>; rel=\"current\",<{target}>; rel=next"),
            format!(
                " , <{ROOT}y>;rel=\"first\" , <{target}> ; title=\"a, <b>; c \\\" d\" ; REL=\"Prev NEXT\" ,"
            ),
            format!("<{target}>;rel=\"next\";rel=\"prev\",<{ROOT}z>;rel=next"),
        ] {
            assert_eq!(next(&[&header]).as_deref(), Some(target), "{header}");
        }
        assert_eq!(
            next(&[
                &format!("<{ROOT}y>; rel=prev"),
                &format!("<{target}>; rel=next")
            ])
            .as_deref(),
            Some(target)
        );
    }

    #[test]
    fn trap_3_a_broken_header_is_an_error() {
        for header in [
            "https://canvas.example.edu/api/v1/x; rel=next",
            "<https://canvas.example.edu/api/v1/x; rel=\"next\"",
            "<https://canvas.example.edu/api/v1/x>; rel=\"next",
            "<https://canvas.example.edu/api/v1/x>; rel=",
            "<https://canvas.example.edu/api/v1/x> rel=next",
            "<https://canvas.example.edu/api/v1/x>; rel=prev,garbage",
            "<https://[>; rel=next",
        ] {
            assert_eq!(
                links(&[header]).unwrap_err().kind(),
                ErrorKind::Pagination,
                "{header}"
            );
        }
    }

    #[test]
    fn trap_4_next_on_another_host_port_scheme_or_path_is_refused() {
        for target in [
            "https://evil.example/api/v1/groups",
            "https://canvas.example.edu:8443/api/v1/groups",
            "http://canvas.example.edu/api/v1/groups",
            "//evil.example/api/v1/groups",
            "https://canvas.example.edu/login",
            "https://canvas.example.edu/api/v1/../../login",
            "https://user:pw@canvas.example.edu/api/v1/groups",
            "https://canvas.example.edu@evil.example/api/v1/groups",
        ] {
            let error = links(&[&format!("<{target}>; rel=\"next\"")]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pagination, "{target}");
        }
        assert_eq!(
            next(&["</api/v1/groups?page=2>; rel=next"]).unwrap(),
            format!("{ROOT}groups?page=2")
        );
    }

    #[test]
    fn no_header_and_no_next_end_the_list() {
        assert_eq!(links(&[]).unwrap(), Links::default());
        assert_eq!(next(&[&format!("<{ROOT}x?page=1>; rel=\"current\"")]), None);
    }

    proptest! {
        #[test]
        fn the_parser_never_panics(header in "\\PC{0,80}|[<>;,=\" a-z\\\\]{0,60}") {
            let _ = parse(&header);
        }

        #[test]
        fn what_is_written_is_read(
            path in "[a-z0-9/?&=,;:%\\[\\]]{0,40}",
            title in "[a-z ,;<>=]{0,20}",
            before in 0_usize..3,
        ) {
            let target = format!("{ROOT}{path}");
            let mut header = format!("<{ROOT}other>; rel=prev;title=\"{title}\", ").repeat(before);
            header.push_str(&format!("<{target}>; title=\"{title}\"; rel=\"next\""));
            let entries = parse(&header).unwrap();
            prop_assert_eq!(entries.len(), before + 1);
            prop_assert_eq!(entries.last().unwrap(), &(target.as_str(), "next".to_owned()));
        }
    }
}

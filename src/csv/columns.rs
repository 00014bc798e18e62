//! The header of a file: which separator it shows and which column is which.

use super::rows::sealed::Row;

/// The columns that name a user, in their order of precedence.
pub(super) const USERS: std::ops::Range<usize> = 0..3;
/// The columns that name what the user gets, in their order of precedence.
pub(super) const TARGETS: std::ops::Range<usize> = 3..6;

/// The separator that the header line shows: which one depends on settings of the caller.
pub(super) fn separator(file: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in file {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\r' | b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            byte => {
                let found = counts.iter_mut().find(|(separator, _)| separator == byte);
                if let Some((_, count)) = found {
                    *count += 1;
                }
            }
        }
    }
    // The first of equals: a header of one column has no separator and is read as with commas.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(separator, _)| *separator)
}

/// The name of each column, `None` for those that a row has no field for.
///
/// The headings of names and sections are in the caller's language: they are known by their place.
pub(super) fn names<T: Row>(headings: &[&str]) -> Vec<Option<&'static str>> {
    let known = || {
        T::COLUMNS
            .iter()
            .copied()
            .chain(["name"])
            .chain(T::HAS_SECTIONS.then_some("sections"))
    };
    let mut names: Vec<Option<&'static str>> = Vec::with_capacity(headings.len());
    for heading in headings {
        let name = known().find(|name| heading.trim().eq_ignore_ascii_case(name));
        let is_new = !names.contains(&name);
        names.push(name.filter(|_| is_new));
    }
    let has = |names: &[Option<&str>], name| names.contains(&Some(name));
    if !has(&names, "name")
        && names.first() == Some(&None)
        && names.get(1) == Some(&Some("canvas_user_id"))
    {
        names[0] = Some("name");
    }
    if T::HAS_SECTIONS && !has(&names, "sections") {
        let place = names
            .windows(3)
            .position(|around| around == [Some("login_id"), None, Some("group_name")]);
        if let Some(place) = place {
            names[place + 1] = Some("sections");
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::{GroupRow, TagRow};

    #[test]
    fn the_separator_is_read_from_the_header() {
        let cases = [
            ("a,b,c\n1;2;3;4;5", b','),
            ("a;b;c\n1,2,3,4,5", b';'),
            ("a\tb\n", b'\t'),
            ("\"a;;;\nb\",c,d\r\n", b','),
            ("\"a,b\";c\r;", b';'),
            ("login_id", b','),
            ("", b','),
        ];
        for (file, expected) in cases {
            assert_eq!(separator(file.as_bytes()), expected, "{file:?}");
        }
    }

    #[test]
    fn trap_41_columns_with_localized_headings_are_known_by_their_place() {
        let name = |headings: &str| names::<GroupRow>(&headings.split(',').collect::<Vec<_>>());
        assert_eq!(
            name("Nom,canvas_user_id,login_id,Cours,group_name"),
            [
                Some("name"),
                Some("canvas_user_id"),
                Some("login_id"),
                Some("sections"),
                Some("group_name")
            ]
        );
        assert_eq!(
            name("klasse,login_id,group_name,kommentar"),
            [None, Some("login_id"), Some("group_name"), None]
        );
        assert_eq!(
            name("Name, LOGIN_ID ,login_id,sections"),
            [Some("name"), Some("login_id"), None, Some("sections")]
        );
        let tags = names::<TagRow>(&["Nom", "canvas_user_id", "login_id", "sections", "tag_name"]);
        assert_eq!(tags[0], Some("name"));
        assert_eq!(tags[3], None);
    }
}

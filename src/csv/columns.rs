//! The start of a file: where it begins, which separator it shows and which column is which.

use super::rows::sealed::Row;
use crate::{
    ids::{is_blank, is_invisible},
    lenient::without_mark,
};

/// The columns that name a user, in their order of precedence.
pub(super) const USERS: std::ops::Range<usize> = 0..3;
/// The columns that name what the user gets, in their order of precedence.
pub(super) const TARGETS: std::ops::Range<usize> = 3..6;
/// The columns that name a set of tags, in their order of precedence; its name comes last.
pub(super) const SETS: std::ops::Range<usize> = 6..9;

/// The file from its header line on, and how many lines stand before that: spreadsheets write and
/// read a line such as `sep=;` there.
pub(crate) fn opened(file: &[u8]) -> Opened<'_> {
    let file = without_mark(file);
    match told_separator(file) {
        Some((separator, length)) => Opened {
            text: &file[length..],
            separator,
            lines_before: 1,
        },
        None => Opened {
            text: file,
            separator: separator(file),
            lines_before: 0,
        },
    }
}

/// A file from its header line on.
pub(crate) struct Opened<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) separator: u8,
    pub(crate) lines_before: usize,
}

/// The separator that a first line names, and how long that line is.
fn told_separator(file: &[u8]) -> Option<(u8, usize)> {
    let end = file.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let line = &file[..end.unwrap_or(file.len())];
    let length = match file.get(line.len()..) {
        Some([b'\r', b'\n', ..]) => line.len() + 2,
        Some([_, ..]) => line.len() + 1,
        _ => line.len(),
    };
    // Programs that take it for a cell put it into quotes, or fill the line up with separators.
    let text = line.strip_prefix(b"\"").unwrap_or(line);
    let (name, rest) = text.split_at_checked(4)?;
    let (separator, rest) = rest.split_first()?;
    let is_rest_empty = || {
        let mut rest = rest.iter();
        rest.all(|byte| matches!(byte, b'"' | b' ' | b',' | b';' | b'\t') || byte == separator)
    };
    let is_told = name.eq_ignore_ascii_case(b"sep=")
        && separator.is_ascii()
        && !separator.is_ascii_alphanumeric()
        && *separator != b'"'
        && is_rest_empty();
    is_told.then_some((*separator, length))
}

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

/// Whether nothing stands in any cell of a row: it is no row then.
pub(crate) fn is_empty_row(row: &csv::ByteRecord) -> bool {
    row.iter()
        .all(|cell| std::str::from_utf8(cell).is_ok_and(is_blank))
}

/// The name of each column, `None` for those that a row has no field for.
///
/// The headings of names and sections are in the caller's language: they are known by their place.
pub(crate) fn names<T: Row>(headings: &[&str]) -> Vec<Option<&'static str>> {
    let known = || {
        T::COLUMNS
            .iter()
            .copied()
            .chain(["name"])
            .chain(T::HAS_SECTIONS.then_some("sections"))
    };
    let mut names: Vec<Option<&'static str>> = Vec::with_capacity(headings.len());
    for heading in headings {
        let name = known().find(|name| shown(heading).eq_ignore_ascii_case(name));
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
        if let Some(place) = place.filter(|place| !is_state(headings[place + 1])) {
            names[place + 1] = Some("sections");
        }
    }
    names
}

/// Whether a column may tell the state of a membership, as in the files of SIS imports.
pub(super) fn is_state(heading: &str) -> bool {
    let heading = shown(heading);
    let mut names = ["status", "state", "workflow_state"].iter();
    names.any(|name| heading.eq_ignore_ascii_case(name))
}

/// Whether it tells nothing else: a column `state` may be that of an address.
pub(super) fn is_surely_state(heading: &str) -> bool {
    !shown(heading).eq_ignore_ascii_case("state")
}

/// Whether a state makes somebody a member.
pub(super) fn is_member(state: &str) -> bool {
    is_one_of(state, &["accepted", "active"])
}

/// Whether it is a word for the state of a membership, an enrollment or a user.
pub(super) fn is_state_word(state: &str) -> bool {
    is_member(state)
        || is_one_of(
            state,
            &[
                "completed",
                "concluded",
                "creation_pending",
                "deleted",
                "dropped",
                "inactive",
                "invited",
                "left",
                "pending",
                "registered",
                "rejected",
                "removed",
                "requested",
                "suspended",
            ],
        )
}

fn is_one_of(state: &str, words: &[&str]) -> bool {
    let state = shown(state);
    words.iter().any(|word| state.eq_ignore_ascii_case(word))
}

/// Describes what is wrong with a heading that is almost the name of a column; `None` if there is no
/// such heading.
///
/// With `hidden`, only headings that look right in a spreadsheet count: those with space at an end,
/// or with invisible characters.
pub(crate) fn near_miss(headings: &[&str], columns: &[&str], hidden: bool) -> Option<String> {
    let is_there = |name: &str| {
        headings
            .iter()
            .any(|found| found.eq_ignore_ascii_case(name))
    };
    let missing = || columns.iter().filter(|name| !is_there(name));
    let is_known = |heading: &str| {
        columns
            .iter()
            .any(|name| heading.eq_ignore_ascii_case(name))
    };
    let is_close = |heading: &str, name: &str| match hidden {
        true => shown(heading).eq_ignore_ascii_case(name),
        false => is_alike(&folded(heading), &folded(name)),
    };
    let (heading, name) = headings
        .iter()
        .filter(|heading| !is_known(heading))
        .find_map(|heading| Some((heading, missing().find(|name| is_close(heading, name))?)))?;
    let odd: Vec<String> = heading.chars().filter_map(in_words).collect();
    let trifle = match &odd[..] {
        [] => "is spelled differently".to_owned(),
        odd => format!("has {} in it", odd.join(", ")),
    };
    Some(format!(
        "the heading {heading:?} {trifle}: write it as `{name}`"
    ))
}

/// A heading as it looks.
fn shown(heading: &str) -> String {
    let visible = heading
        .chars()
        .filter(|c| !is_invisible(*c) && !c.is_control());
    visible.collect::<String>().trim().to_owned()
}

/// A heading without what is easily mistaken: case, spaces and marks.
fn folded(heading: &str) -> Vec<char> {
    let letters = heading.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether two texts differ by one letter at most, which may be another, missing or too much.
fn is_alike(one: &[char], other: &[char]) -> bool {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match (one, other) {
        ([], []) | ([_], []) | ([], [_]) => true,
        ([_, one @ ..], [_, other @ ..]) if one == other => true,
        ([_, one @ ..], other) if one == other => true,
        (one, [_, other @ ..]) => one == other,
        _ => false,
    }
}

/// A character that no heading has.
fn in_words(c: char) -> Option<String> {
    match c {
        ' ' => Some("a space".to_owned()),
        '\t' => Some("a tab".to_owned()),
        '\r' | '\n' => Some("a line break".to_owned()),
        c if c.is_ascii_graphic() => None,
        c => Some(format!("the character U+{:04X}", u32::from(c))),
    }
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

//! Text of others on a terminal.

use std::{
    borrow::Cow,
    io::{IsTerminal, stdout},
};

/// A text in one line, without what a terminal obeys and nobody sees: control characters and
/// escapes, marks that turn the order of what is read, and marks without width. Names come from
/// people, and they may be chosen to look like something else.
pub(crate) fn plain(text: &str) -> String {
    let seen = text.chars().filter(|character| !is_mark(*character));
    seen.map(|character| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    })
    .collect()
}

/// The same for a text of several lines, which stay apart.
#[allow(dead_code, reason = "only some examples print such texts")]
pub(crate) fn plain_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        plain(line) + end
    });
    lines.collect()
}

/// A file as it goes to stdout: unchanged for a program or a file, and plain where people read it.
#[allow(dead_code, reason = "only some examples write files")]
pub(crate) fn file_on_stdout(file: &str) -> Cow<'_, str> {
    file_for(file, stdout().is_terminal())
}

pub(crate) fn file_for(file: &str, is_terminal: bool) -> Cow<'_, str> {
    match is_terminal {
        true => plain_lines(file).into(),
        false => file.into(),
    }
}

fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

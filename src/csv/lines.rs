//! The lines of a file, as an editor counts them, and quotes that are in the wrong place.

/// How many lines end in a part of a file. Each form of line end counts once.
pub(crate) fn line_ends(part: &[u8]) -> usize {
    let is_end = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => part.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    part.iter().enumerate().filter(|each| is_end(*each)).count()
}

/// Counts the lines before places that come one after the other, each part of the file once.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    at: usize,
    ended: usize,
}

impl Lines {
    /// For a part of a file that begins after this number of lines.
    pub(crate) fn after(lines: usize) -> Self {
        Self {
            at: 0,
            ended: lines,
        }
    }

    /// The line of the record that is looked for from a place on: empty lines are no records.
    pub(crate) fn of_record(&mut self, file: &[u8], place: usize) -> usize {
        let is_blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let rest = file.get(place..).unwrap_or_default();
        let start = place + rest.iter().take_while(is_blank).count();
        self.ended += line_ends(file.get(self.at..start).unwrap_or_default());
        self.at = self.at.max(start);
        self.ended + 1
    }
}

/// What is wrong with a quote.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadQuote {
    /// It stands within a cell that does not begin with one, or a cell goes on after it.
    Stray { line: usize },
    /// It begins a cell that never ends.
    Unclosed { line: usize },
}

/// The first quote that the server would fail on: most readers take it for a part of the text,
/// and the server's own ends with an error.
pub(crate) fn bad_quote(file: &[u8], separator: u8) -> Option<BadQuote> {
    enum State {
        CellStart,
        Plain,
        Quoted { since: usize },
        Closed { since: usize },
    }
    let line = |at: usize| line_ends(&file[..at]) + 1;
    let mut state = State::CellStart;
    for (at, byte) in file.iter().enumerate() {
        let is_end = *byte == separator || matches!(byte, b'\r' | b'\n');
        state = match (state, byte) {
            (State::CellStart | State::Plain | State::Closed { .. }, _) if is_end => {
                State::CellStart
            }
            (State::CellStart, b'"') => State::Quoted { since: at },
            (State::CellStart, _) => State::Plain,
            (State::Plain, b'"') => return Some(BadQuote::Stray { line: line(at) }),
            (State::Plain, _) => State::Plain,
            (State::Quoted { since }, b'"') => State::Closed { since },
            (quoted @ State::Quoted { .. }, _) => quoted,
            // Two quotes are one in the text of the cell, which goes on.
            (State::Closed { since }, b'"') => State::Quoted { since },
            (State::Closed { .. }, _) => return Some(BadQuote::Stray { line: line(at) }),
        };
    }
    match state {
        State::Quoted { since } => Some(BadQuote::Unclosed { line: line(since) }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_line_end_counts_once() {
        for (text, count) in [("", 0), ("a\nb\r\nc\rd", 3), ("\r\r\n\n", 3), ("\r", 1)] {
            assert_eq!(line_ends(text.as_bytes()), count, "{text:?}");
        }
    }

    #[test]
    fn the_line_of_a_record_is_that_of_its_first_cell() {
        let (file, mut lines) = (b"a\r\n\r\n\nb\r\rc", Lines::default());
        let of = [0, 2, 8, 8].map(|place| lines.of_record(file, place));
        assert_eq!(of, [1, 4, 6, 6]);
    }

    #[test]
    fn quotes_that_the_server_fails_on_are_found() {
        let stray = |line| Some(BadQuote::Stray { line });
        let unclosed = |line| Some(BadQuote::Unclosed { line });
        let cases = [
            ("a,b\n\"x\ny\",\"\"\r\n\"\",\"say \"\"hi\"\"\"", None),
            ("", None),
            ("a\nx\"y,Team", stray(2)),
            ("a\r\n\r\n \"x\"", stray(3)),
            ("a\n\"x\ny\"z", stray(3)),
            ("\"a\" ,b", stray(1)),
            ("a,b\nx,\"Team\ny,Team\n", unclosed(2)),
            ("a\n\"", unclosed(2)),
            ("a\n\"b\n\"\"\nc", unclosed(2)),
        ];
        for (file, expected) in cases {
            assert_eq!(bad_quote(file.as_bytes(), b','), expected, "{file:?}");
        }
    }
}

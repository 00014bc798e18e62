//! Files for people, whose spreadsheets run what looks like a formula.

use std::{borrow::Cow, iter};

use csv::{QuoteStyle, ReaderBuilder, WriterBuilder};

use super::{Csv, CsvRow, columns};
use crate::{
    error::{Error, ErrorKind, Result},
    ids::is_seen,
};

/// A cell that no spreadsheet takes for a formula.
///
/// Students choose some of the names in an export. A cell that begins with `=`, `+`, `-` or `@`,
/// which a spreadsheet would calculate, gets an apostrophe in front, and so does one that begins
/// with a tab or a line break. Where the system's list separator is `;`, a spreadsheet may split a
/// cell, so what follows a `;`, a tab or a line break within the cell is treated in the same way. A
/// cell that is a number stays as it is. Write every cell in quotes as well, as
/// [`Csv::for_spreadsheets`] does. A file that is imported again, or read by a program, should be
/// written without this.
///
/// ```
/// use canvas_groups::csv::spreadsheet_cell;
///
/// assert_eq!(spreadsheet_cell("=HYPERLINK(\"https://evil.example\")"),
///     "'=HYPERLINK(\"https://evil.example\")");
/// assert_eq!(spreadsheet_cell("Team 1"), "Team 1");
/// assert_eq!(spreadsheet_cell("-1.5"), "-1.5");
/// ```
pub fn spreadsheet_cell(cell: &str) -> Cow<'_, str> {
    // A part of a cell is not a number of its own: what stands behind it may belong to it.
    let is_run = |start, text| is_formula(text) && !(start == 0 && is_number(text));
    let mut safe = String::new();
    let mut copied = 0;
    for (start, text) in parts(cell) {
        if is_run(start, text) {
            safe += &cell[copied..start];
            safe.push('\'');
            copied = start;
        }
    }
    match copied == 0 && safe.is_empty() {
        true => Cow::Borrowed(cell),
        false => Cow::Owned(safe + &cell[copied..]),
    }
}

/// The whole cell, and the cells that it becomes if it is split, with the places where they begin.
fn parts(cell: &str) -> impl Iterator<Item = (usize, &str)> {
    let splits = cell.match_indices([';', '\t', '\r', '\n']);
    let behind = splits.map(|(at, split)| {
        let rest = &cell[at + split.len()..];
        let end = rest.find([';', '\t', '\r', '\n']).unwrap_or(rest.len());
        (at + split.len(), &rest[..end])
    });
    iter::once((0, cell)).chain(behind)
}

/// Whether a spreadsheet would take a text for a formula. Apostrophes before one do not count, so a
/// reader that removes the first apostrophe before what this recognises gets every text back.
pub(crate) fn is_formula(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    // The last four are the wide forms, which some spreadsheets take for the same signs.
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start_matches(|c| !is_seen(c)).starts_with(signs)
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let are_digits = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    are_digits && text.parse::<f64>().is_ok()
}

impl<T: CsvRow> Csv<T> {
    /// The file with each cell as [`spreadsheet_cell`] has it, in quotes and separated by commas:
    /// to be opened in a spreadsheet. [`bytes`](Self::bytes) has it as it came.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for a file that is not UTF-8.
    pub fn for_spreadsheets(&self) -> Result<Vec<u8>> {
        let failed = |error: csv::Error| {
            Error::new(ErrorKind::Decode, "the file cannot be read as CSV").with_source(error)
        };
        let opened = columns::opened(self.bytes());
        let mut reader = ReaderBuilder::new()
            .delimiter(opened.separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(opened.text);
        let mut writer = WriterBuilder::new()
            // A spreadsheet may take another separator for its own, which could be within a cell.
            .quote_style(QuoteStyle::Always)
            .from_writer(Vec::new());
        for record in reader.records() {
            let record = record.map_err(failed)?;
            let cells = record.iter().map(spreadsheet_cell);
            for cell in cells {
                writer.write_field(&*cell).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
        writer.into_inner().map_err(|error| {
            Error::new(
                ErrorKind::Decode,
                format!("the file cannot be written: {error}"),
            )
        })
    }
}

//! Files for people, whose spreadsheets run what looks like a formula.

use std::borrow::Cow;

use csv::{ReaderBuilder, Writer};

use super::{Csv, CsvRow, columns};
use crate::error::{Error, ErrorKind, Result};

/// A cell that no spreadsheet takes for a formula.
///
/// Students choose some of the names in an export. A cell that begins with `=`, `+`, `-` or `@`,
/// which a spreadsheet would calculate, gets an apostrophe in front, and so does one that begins
/// with a tab or a line break. Numbers stay as they are. A file that is imported
/// again, or read by a program, should be written without this.
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
    let begins_badly = |text: &str| {
        // The last four are the wide forms, which some spreadsheets take for the same signs.
        let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
        text.starts_with(signs)
    };
    let is_seen =
        |c: char| !c.is_whitespace() && !c.is_control() && !crate::lenient::is_invisible(c);
    let text = cell.trim_start_matches(|c| !is_seen(c));
    let is_number = cell
        .trim_start_matches(['+', '-'])
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && cell.parse::<f64>().is_ok();
    match begins_badly(text) && !is_number || cell.starts_with(['\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

impl<T: CsvRow> Csv<T> {
    /// The file with each cell as [`spreadsheet_cell`] has it, separated by commas: to be opened in
    /// a spreadsheet. [`bytes`](Self::bytes) has it as it came.
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
        let mut writer = Writer::from_writer(Vec::new());
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

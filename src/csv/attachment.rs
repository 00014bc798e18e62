//! What an import sends: rows or a ready file, checked.

use std::collections::HashMap;

use bytes::Bytes;
use serde::{Serialize, Serializer, ser};

use super::{
    CsvRow,
    columns::{self, TARGETS, USERS},
    lines::{BadQuote, bad_quote, line_ends},
    reader::without_mark,
};
use crate::{
    endpoint::Content,
    error::{Error, Result},
    multipart::{MultipartForm, boundary_for},
};

/// The file of an import: rows, or bytes that are CSV already.
///
/// It serialises as the text of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attachment<T> {
    data: Data<T>,
    is_checked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Data<T> {
    Rows(Vec<T>),
    File(Bytes),
}

impl<T: CsvRow> Attachment<T> {
    pub(super) fn rows(rows: impl IntoIterator<Item = T>) -> Self {
        Self {
            data: Data::Rows(rows.into_iter().collect()),
            is_checked: true,
        }
    }

    pub(super) fn file(bytes: impl Into<Bytes>) -> Self {
        Self {
            data: Data::File(bytes.into()),
            is_checked: true,
        }
    }

    /// The same without the check of a ready file, or for rows that say the same again.
    pub(super) fn unchecked(mut self) -> Self {
        self.is_checked = false;
        self
    }

    /// The file as it is sent.
    fn csv(&self) -> Result<Bytes> {
        match &self.data {
            Data::Rows(rows) => {
                check_rows(rows, self.is_checked)?;
                written(rows).map(Bytes::from)
            }
            Data::File(bytes) if self.is_checked => {
                let bytes = without_mark(bytes);
                check_file::<T>(&bytes)?;
                Ok(bytes)
            }
            Data::File(bytes) => Ok(bytes.clone()),
        }
    }

    /// A form with the file in it.
    pub(super) fn content(&self) -> Result<Content> {
        let csv = self.csv()?;
        let mut form = MultipartForm::new(boundary_for(&csv));
        form.begin_file("attachment", "import.csv", "text/csv");
        let content_type = form.content_type();
        let (head, tail) = form.around_file();
        Ok(Content::bytes(content_type, [&head, &*csv, &tail].concat()))
    }
}

impl<T: CsvRow> Serialize for Attachment<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let csv = self.csv().map_err(ser::Error::custom)?;
        serializer.serialize_str(&String::from_utf8_lossy(&csv))
    }
}

/// What stands in a row, as the server reads it: without space around it, and blank cells taken for
/// empty ones.
fn cells<T: CsvRow>(row: &T) -> Vec<Option<String>> {
    let cells = row.cells().into_iter();
    let trimmed = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    cells.map(|cell| cell.and_then(trimmed)).collect()
}

fn check_rows<T: CsvRow>(rows: &[T], once_each: bool) -> Result<()> {
    if rows.is_empty() {
        return Err(Error::request_invalid("there are no rows to import"));
    }
    let mut seen = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let (number, cells) = (index + 1, cells(row));
        let first = |range: std::ops::Range<usize>| {
            range
                .clone()
                .find_map(|column| Some((column, cells[column].clone()?)))
        };
        let Some(user) = first(USERS) else {
            return Err(missing::<T>(number, USERS, "user"));
        };
        let Some(target) = first(TARGETS) else {
            return Err(missing::<T>(number, TARGETS, "group or tag"));
        };
        let column = T::COLUMNS[user.0];
        // Tags of the same name may stand in several sets; an id is that of one tag, wherever.
        let is_named = target.0 + 1 == TARGETS.end;
        let set = is_named.then(|| cells[TARGETS.end..].to_vec());
        let target = (!T::ONE_PER_USER).then_some((target, set));
        let earlier = seen.insert((folded(column, user), target), number);
        if let Some(earlier) = earlier.filter(|_| once_each) {
            return Err(Error::request_invalid(format!(
                "row {number}, column `{column}`: row {earlier} has the same, and only one of them \
                 would count: leave one out, or say `unchecked()`"
            )));
        }
    }
    Ok(())
}

/// A key by which rows about the same user meet: case does not count in logins.
fn folded(column: &str, (index, text): (usize, String)) -> (usize, String) {
    match column {
        "login_id" => (index, text.to_lowercase()),
        _ => (index, text),
    }
}

fn missing<T: CsvRow>(number: usize, columns: std::ops::Range<usize>, what: &str) -> Error {
    let names = &T::COLUMNS[columns];
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    Error::request_invalid(format!(
        "row {number}, column `{last}`: no {what} is named: fill it, or `{}`",
        others.join("` or `")
    ))
}

/// Writes the columns that are used.
fn written<T: CsvRow>(rows: &[T]) -> Result<Vec<u8>> {
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let is_used = |column: &usize| cells.iter().any(|row| row[*column].is_some());
    let used: Vec<usize> = (0..T::COLUMNS.len()).filter(is_used).collect();
    let unwritable = |error: csv::Error| {
        Error::request_invalid("the rows cannot be written as CSV").with_source(error)
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(used.iter().map(|column| T::COLUMNS[*column]))
        .map_err(unwritable)?;
    for row in &cells {
        let row = used
            .iter()
            .map(|column| row[*column].as_deref().unwrap_or_default());
        writer.write_record(row).map_err(unwritable)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::request_invalid(format!("the rows cannot be written: {error}")))
}

/// Refuses what the server would take and then fail on, or read as if it said nothing.
fn check_file<T: CsvRow>(bytes: &Bytes) -> Result<()> {
    let refuse = |problem: String| Err(Error::request_invalid(problem));
    if let Err(error) = std::str::from_utf8(bytes) {
        let line = line_ends(&bytes[..error.valid_up_to()]) + 1;
        return refuse(format!(
            "line {line}: the file is not UTF-8: save it as CSV in UTF-8"
        ));
    }
    let separator = columns::separator(bytes);
    if separator != b',' {
        return refuse(format!(
            "line 1: the columns are separated by {:?}, and the server reads commas: import the \
             rows of `Csv::new(bytes)` instead",
            char::from(separator)
        ));
    }
    match bad_quote(bytes) {
        Some(BadQuote::Stray { line }) => {
            return refuse(format!(
                "line {line}: a quote stands within a cell: put the whole cell in quotes and \
                 double those in it"
            ));
        }
        Some(BadQuote::Unclosed { line }) => {
            return refuse(format!(
                "line {line}: a quote begins a cell that does not end: close it"
            ));
        }
        None => {}
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(&bytes[..]);
    let header = reader.headers();
    let header = header.map_err(|error| {
        Error::request_invalid("the header line cannot be read").with_source(error)
    })?;
    // The server overlooks case in headings, but not space around them.
    let is = |heading: &str, name: &&str| heading.eq_ignore_ascii_case(name);
    let has = |names: &[&str]| {
        let mut headings = header.iter();
        headings.any(|heading| names.iter().any(|name| is(heading, name)))
    };
    for (columns, what) in [(USERS, "user"), (TARGETS, "group or tag")] {
        let names = &T::COLUMNS[columns];
        if !has(names) {
            return refuse(format!(
                "line 1: no column names the {what}: there must be `{}`",
                names.join("` or `")
            ));
        }
    }
    if reader.records().next().is_none() {
        return refuse("the file has no rows below its header".to_owned());
    }
    Ok(())
}

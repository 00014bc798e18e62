//! Reading files of every form that the server and spreadsheets write.

use std::{fmt, io::Cursor, marker::PhantomData};

use bytes::Bytes;
use csv::{ByteRecord, StringRecord};
use http::header::CONTENT_TYPE;

use super::{
    columns::{self, USERS},
    lines::Lines,
    rows::CsvRow,
};
use crate::{
    endpoint::{FromResponse, sealed},
    error::{Error, ErrorKind, Result},
    lenient::without_mark,
    transport::Answer,
};

/// A CSV file, as bytes and as rows: what an export answers with.
///
/// The same export differs by settings and rights of the caller, and [`rows`](Self::rows) reads all
/// its forms: with or without a byte order mark, separated by commas, semicolons or tabs, with
/// quotes and line breaks in cells, headings in any language, columns missing or added, rows that
/// end early, and a first line such as `sep=;`, which some spreadsheets write. Space around a cell
/// does not count, neither here nor for the server.
///
/// It reads files from elsewhere too:
///
/// ```
/// use canvas_groups::csv::{Csv, GroupRow};
///
/// let file = Csv::<GroupRow>::new("login_id;group_name\nlcooper;\"Team; 1\"\n");
/// let rows: Vec<_> = file.rows().collect::<Result<_, _>>()?;
/// assert_eq!(rows[0].group_name.as_deref(), Some("Team; 1"));
/// # Ok::<(), canvas_groups::Error>(())
/// ```
pub struct Csv<T> {
    bytes: Bytes,
    rows: PhantomData<fn() -> T>,
}

impl<T: CsvRow> Csv<T> {
    /// A file. It is read when its rows are asked for.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            rows: PhantomData,
        }
    }

    /// The file as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The rows, without empty lines.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], with line and column: for a row with an id that is not a number or a
    /// text that is not UTF-8, after which the next rows follow; and once, before all rows, for a
    /// file without a header or without a column that names a user.
    pub fn rows(&self) -> Rows<T> {
        Rows::new(&self.bytes)
    }
}

impl<T> Clone for Csv<T> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            rows: PhantomData,
        }
    }
}

impl<T> PartialEq for Csv<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> fmt::Debug for Csv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Csv({} bytes)", self.bytes.len())
    }
}

impl<T> sealed::FromResponse for Csv<T> {}
impl<T: CsvRow> FromResponse for Csv<T> {
    fn is_json() -> bool {
        false
    }
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        let answer = outcome?;
        let content_type = answer.headers.get(CONTENT_TYPE);
        let content_type = content_type.map(|value| value.as_bytes().to_ascii_lowercase());
        let is = |kind: &[u8]| {
            content_type
                .as_ref()
                .is_some_and(|found| found.starts_with(kind))
        };
        let start = without_mark(&answer.body).trim_ascii_start().first();
        let is_other = matches!(start, None | Some(b'<' | b'{' | b'['));
        if is_other || is(b"text/html") || is(b"application/json") {
            let message = "the answer is empty, a web page or JSON, not CSV";
            return Err(answer.not_as_documented(message));
        }
        let file = Self::new(answer.body.clone());
        // Every export has a column that names users, whatever else may be missing.
        match file.rows().failure {
            Some(error) => {
                Err(answer.not_as_documented(&format!("the answer is not an export: {error}")))
            }
            None => Ok(file),
        }
    }
}

/// The rows of a file: what [`Csv::rows`] returns.
pub struct Rows<T> {
    reader: csv::Reader<Cursor<Bytes>>,
    header: Option<Header>,
    lines: Lines,
    failure: Option<Error>,
    rows: PhantomData<fn() -> T>,
}

/// The columns, by the names of the fields and as they stand in the file.
struct Header {
    names: StringRecord,
    headings: Vec<String>,
}

impl<T: CsvRow> Rows<T> {
    fn new(file: &Bytes) -> Self {
        let opened = columns::opened(file);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .delimiter(opened.separator)
            .from_reader(Cursor::new(file.slice_ref(opened.text)));
        let (header, failure) = match header::<T>(&mut reader) {
            Ok(header) => (Some(header), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            reader,
            header,
            lines: Lines::after(opened.lines_before),
            failure,
            rows: PhantomData,
        }
    }
}

impl<T: CsvRow> Iterator for Rows<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        if let Some(error) = self.failure.take() {
            return Some(Err(error));
        }
        let header = self.header.as_ref()?;
        let mut record = ByteRecord::new();
        loop {
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => return None,
                Ok(true) if columns::is_empty_row(&record) => {}
                Ok(true) => {
                    let place = record.position().map_or(0, csv::Position::byte);
                    let place = usize::try_from(place).unwrap_or(usize::MAX);
                    let (file, lines) = (self.reader.get_ref().get_ref(), &mut self.lines);
                    return Some(header.row(record, || lines.of_record(file, place)));
                }
                Err(error) => {
                    self.header = None;
                    return Some(Err(decode("the file cannot be read on").with_source(error)));
                }
            }
        }
    }
}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("position", self.reader.position())
            .finish_non_exhaustive()
    }
}

fn header<T: CsvRow>(reader: &mut csv::Reader<Cursor<Bytes>>) -> Result<Header> {
    let mut record = StringRecord::new();
    let has_header = reader
        .read_record(&mut record)
        .map_err(|error| decode("the header line is not UTF-8").with_source(error))?;
    if !has_header {
        return Err(decode("the file is empty: not even a header line is there"));
    }
    let headings: Vec<&str> = record.iter().collect();
    let names = columns::names::<T>(&headings);
    let users = &T::COLUMNS[USERS];
    if !names.iter().flatten().any(|name| users.contains(name)) {
        let why = columns::near_miss(&headings, users, false);
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        return Err(decode(format!(
            "the header line has none of the columns {}{why}",
            users.join(", ")
        )));
    }
    Ok(Header {
        names: names.iter().map(|name| name.unwrap_or_default()).collect(),
        headings: headings
            .into_iter()
            .map(|heading| heading.trim().to_owned())
            .collect(),
    })
}

impl Header {
    /// Reads a row; where it stands is only asked for when it cannot be read.
    fn row<T: CsvRow>(&self, record: ByteRecord, line: impl FnOnce() -> usize) -> Result<T> {
        let record = match StringRecord::from_byte_record(record) {
            Ok(record) => record,
            Err(error) => {
                let place = self.place(line(), error.utf8_error().field());
                return Err(decode(format!("{place} is not UTF-8")).with_source(error));
            }
        };
        let mut row: T = record.deserialize(Some(&self.names)).map_err(|error| {
            // Ids are the only cells that cannot be just anything; the error does not say which.
            let mut cells = self.names.iter().zip(&record);
            let is_none = |(name, cell): (&str, &str)| {
                name.starts_with("canvas_") && !cell.is_empty() && cell.parse::<u64>().is_err()
            };
            let column = cells.position(is_none);
            let place = self.place(line(), column.unwrap_or(usize::MAX));
            decode(format!("{place} is not an id")).with_source(error)
        })?;
        for (column, cell) in record.iter().enumerate() {
            if self.names.get(column).is_none_or(str::is_empty) {
                let heading = self.headings.get(column).cloned().unwrap_or_default();
                row.other_mut().push((heading, cell.to_owned()));
            }
        }
        Ok(row)
    }

    /// Where something is, for people.
    fn place(&self, line: usize, column: usize) -> String {
        match self.headings.get(column) {
            Some(heading) => format!("line {line}, column `{heading}`:"),
            None => format!("line {line}:"),
        }
    }
}

fn decode(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Decode, message)
}

//! What an import sends: rows or a ready file, checked.

use std::collections::HashSet;

use bytes::Bytes;
use serde::{Serialize, Serializer, ser};

use super::{
    Csv, CsvRow,
    check::{self, Record, Vouched},
    columns,
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
    vouched: Vouched,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Data<T> {
    /// The rows, and how many were left out, since they are about students without a group or tag.
    Rows(Vec<T>, usize),
    File(Bytes),
}

impl<T: CsvRow> Attachment<T> {
    pub(super) fn rows(rows: impl IntoIterator<Item = T>) -> Self {
        let (left_out, rows): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(check::is_without_target);
        Self::with(Data::Rows(rows, left_out.len()))
    }

    pub(super) fn file(bytes: impl Into<Bytes>) -> Self {
        Self::with(Data::File(bytes.into()))
    }

    fn with(data: Data<T>) -> Self {
        Self {
            data,
            vouched: Vouched::default(),
        }
    }

    /// The same without the check of a ready file, or for rows that say the same again.
    pub(super) fn unchecked(mut self) -> Self {
        self.vouched.unchecked = true;
        self
    }

    /// The same for sets that are named, all of which exist.
    pub(super) fn sets_exist(mut self) -> Self {
        self.vouched.sets_exist = true;
        self
    }

    pub(super) fn left_out(&self) -> usize {
        match &self.data {
            Data::Rows(_, left_out) => *left_out,
            Data::File(_) => 0,
        }
    }

    /// How many different users are named beside a group or tag.
    pub(super) fn user_count(&self) -> usize {
        let count = |rows: &[T]| {
            let records = check::records(rows).unwrap_or_default();
            let users = records.iter().filter_map(Record::user::<T>);
            users.collect::<HashSet<_>>().len()
        };
        match &self.data {
            Data::Rows(rows, _) => count(rows),
            Data::File(bytes) => {
                let rows = Csv::<T>::new(bytes.clone()).rows().filter_map(Result::ok);
                let rows = rows.filter(|row| !check::is_without_target(row));
                count(&rows.collect::<Vec<_>>())
            }
        }
    }

    /// The file as it is sent.
    fn csv(&self) -> Result<Bytes> {
        match &self.data {
            Data::Rows(rows, left_out) => {
                if rows.is_empty() && *left_out > 0 {
                    return Err(Error::request_invalid(
                        "there are no rows to import: none of them names a group or tag",
                    ));
                }
                let records = check::records(rows)?;
                check::check_rows::<T>(&records, self.vouched)?;
                written::<T>(&records).map(Bytes::from)
            }
            Data::File(bytes) if self.vouched.unchecked => Ok(bytes.clone()),
            Data::File(bytes) => {
                check::check_file::<T>(bytes, self.vouched)?;
                Ok(bytes.slice_ref(columns::opened(bytes).text))
            }
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

/// Writes the columns that are used.
fn written<T: CsvRow>(records: &[Record]) -> Result<Vec<u8>> {
    let is_used = |column: &usize| records.iter().any(|row| row.cells[*column].is_some());
    let used: Vec<usize> = (0..T::COLUMNS.len()).filter(is_used).collect();
    let unwritable = |error: csv::Error| {
        Error::request_invalid("the rows cannot be written as CSV").with_source(error)
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(used.iter().map(|column| T::COLUMNS[*column]))
        .map_err(unwritable)?;
    for record in records {
        let cells = used
            .iter()
            .map(|column| record.cells[*column].as_deref().unwrap_or_default());
        writer.write_record(cells).map_err(unwritable)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::request_invalid(format!("the rows cannot be written: {error}")))
}

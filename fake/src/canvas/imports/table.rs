//! CSV files as the server reads them.

use std::collections::HashMap;

use super::file::ImportFile;

/// The rows of a file by the names of its columns.
#[derive(Debug)]
pub(super) struct Table {
    columns: HashMap<String, usize>,
    rows: Vec<csv::StringRecord>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    cells: &'a csv::StringRecord,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    Known(&'static str),
    /// The server's reader crashes, and the job with it.
    Crash,
}

impl Table {
    pub(super) fn of(file: &ImportFile) -> Result<Self, Unreadable> {
        if !file.is_csv {
            return Err(Unreadable::Known("Only CSV files are supported."));
        }
        if file.data.is_empty() {
            return Err(Unreadable::Known("Unable to read file"));
        }
        let text =
            std::str::from_utf8(&file.data).map_err(|_| Unreadable::Known("Invalid UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !is_well_quoted(text) {
            return Err(Unreadable::Crash);
        }
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|_| Unreadable::Crash)?;
        let mut columns = HashMap::new();
        for (at, heading) in headers.iter().enumerate() {
            columns.entry(heading.to_lowercase()).or_insert(at);
        }
        let rows = reader.records().collect::<Result<_, _>>();
        let rows = rows.map_err(|_| Unreadable::Crash)?;
        Ok(Self { columns, rows })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let rows = self.rows.iter();
        rows.map(|cells| Row { table: self, cells })
    }
}

impl<'a> Row<'a> {
    /// What stands in a column, if anything does.
    pub(super) fn text(self, column: &str) -> Option<&'a str> {
        let at = self.table.columns.get(column)?;
        let cell = self.cells.get(*at)?.trim();
        (!cell.is_empty()).then_some(cell)
    }

    pub(super) fn id(self, column: &str) -> Option<u64> {
        self.text(column)?.parse().ok()
    }

    /// The first of two columns that have anything in them.
    pub(super) fn either(self, column: &str, other: &str) -> Option<&'a str> {
        self.text(column).or_else(|| self.text(other))
    }
}

/// Whether each quote begins or ends a cell, or is one of two within a quoted one.
fn is_well_quoted(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = match rest.strip_prefix('"') {
            None => {
                let end = rest.find([',', '\n', '\r']).unwrap_or(rest.len());
                let (cell, rest) = rest.split_at(end);
                match cell.contains('"') {
                    true => return false,
                    false => rest,
                }
            }
            Some(mut quoted) => loop {
                let Some((_, after)) = quoted.split_once('"') else {
                    return false;
                };
                match after.strip_prefix('"') {
                    Some(more) => quoted = more,
                    None => break after,
                }
            },
        };
        let mut next = rest.chars();
        match next.next() {
            None => return true,
            Some(',' | '\n' | '\r') => rest = next.as_str(),
            Some(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_well_quoted;

    #[test]
    fn quotes_that_end_nowhere_are_seen() {
        let good = ["", "a,b\r\n\"x, \"\"y\"\"\n\",\"\"\n", "\"\"", ",\n"];
        let bad = ["a\"b", "\"a\"b", "a,\"b\n", "\"a\" ,b", "\"\"\""];
        for text in good {
            assert!(is_well_quoted(text), "{text:?}");
        }
        for text in bad {
            assert!(!is_well_quoted(text), "{text:?}");
        }
    }
}

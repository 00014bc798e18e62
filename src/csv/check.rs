//! What an import must not send: rows that the server would skip, overlook or take otherwise than
//! they are meant.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use serde_json::Value;

use super::{
    CsvRow,
    columns::{self, SETS, TARGETS, USERS, is_member, is_state, is_state_word, is_surely_state},
    lines::{BadQuote, Lines, bad_quote, line_ends},
};
use crate::{
    error::{Error, Result},
    ids::is_blank,
};

/// What the caller vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Vouched {
    /// That the file is right, or that rows may say the same again.
    pub(super) unchecked: bool,
    /// That there is a set for each name of one.
    pub(super) sets_exist: bool,
}

/// A row as the server reads it: without space around its cells, and blank cells taken for empty
/// ones.
pub(super) struct Record {
    /// The number of the row, from 1, or of its line in a file.
    number: usize,
    /// What stands in the columns of the kind of row.
    pub(super) cells: Vec<Option<String>>,
    /// The columns that tell the state of a membership, with what they say.
    states: Vec<(String, String)>,
}

impl Record {
    /// The first filled cell of some columns, with its column.
    fn first(&self, columns: Range<usize>) -> Option<(usize, &str)> {
        let mut columns = columns;
        columns.find_map(|column| Some((column, self.cells.get(column)?.as_deref()?)))
    }

    /// A key by which rows about the same user meet: case does not count in logins.
    pub(super) fn user<T: CsvRow>(&self) -> Option<(usize, String)> {
        let (column, text) = self.first(USERS)?;
        Some(match T::COLUMNS[column] {
            "login_id" => (column, text.to_lowercase()),
            _ => (column, text.to_owned()),
        })
    }

    /// Whether the row puts a user into something. The server skips it otherwise.
    fn counts(&self) -> bool {
        self.first(USERS).is_some() && self.first(TARGETS).is_some()
    }
}

/// Rows as the server reads them.
pub(super) fn records<T: CsvRow>(rows: &[T]) -> Result<Vec<Record>> {
    let unwritable = |error| Error::request_invalid("a row cannot be written").with_source(error);
    let numbered = rows.iter().enumerate();
    let records = numbered.map(|(index, row)| {
        let fields = serde_json::to_value(row).map_err(unwritable)?;
        let cell = |column: &&str| match fields.get(column)? {
            Value::String(text) => filled(text),
            value => Some(value.to_string()),
        };
        let states = row.other().iter();
        let states = states.filter(|(heading, _)| is_state(heading)).cloned();
        Ok(Record {
            number: index + 1,
            cells: T::COLUMNS.iter().map(cell).collect(),
            states: states.collect(),
        })
    });
    records.collect()
}

fn filled(text: &str) -> Option<String> {
    (!is_blank(text)).then(|| text.trim().to_owned())
}

/// Whether a row is that of a student without a group or tag, as exports have them: nothing stands
/// in any column but those about the student.
pub(super) fn is_without_target<T: CsvRow>(row: &T) -> bool {
    let Ok(Value::Object(fields)) = serde_json::to_value(row) else {
        return false;
    };
    let has = |columns: &[&str]| columns.iter().any(|name| fields.contains_key(*name));
    has(&T::COLUMNS[USERS]) && !has(&T::COLUMNS[TARGETS.start..])
}

/// Refuses rows that would not do what they say.
pub(super) fn check_rows<T: CsvRow>(records: &[Record], vouched: Vouched) -> Result<()> {
    if records.is_empty() {
        return refuse("there are no rows to import");
    }
    let mut seen = HashMap::new();
    for record in records {
        let number = record.number;
        let Some(user) = record.user::<T>() else {
            return missing::<T>(number, USERS, "user");
        };
        let Some((column, target)) = record.first(TARGETS) else {
            return missing::<T>(number, TARGETS, "group or tag");
        };
        let user_column = T::COLUMNS[user.0];
        let target = (!T::ONE_PER_USER).then_some((column, target));
        let earlier = seen.insert((user, target), number);
        if let Some(earlier) = earlier.filter(|_| !vouched.unchecked) {
            return refuse(format!(
                "row {number}, column `{user_column}`: row {earlier} has the same, and only one of \
                 them would count: leave one out, or say `unchecked()`"
            ));
        }
    }
    check_meaning::<T>(records, "row", vouched)
}

fn missing<T: CsvRow>(number: usize, columns: Range<usize>, what: &str) -> Result<()> {
    let names = &T::COLUMNS[columns];
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    refuse(format!(
        "row {number}, column `{last}`: no {what} is named: fill it, or `{}`",
        others.join("` or `")
    ))
}

/// Refuses a file that the server would take and then fail on, or read as if it said nothing or
/// something else.
pub(super) fn check_file<T: CsvRow>(file: &[u8], vouched: Vouched) -> Result<()> {
    let opened = columns::opened(file);
    let line = |at: usize| opened.lines_before + at;
    if let Err(error) = std::str::from_utf8(opened.text) {
        let line = line(line_ends(&opened.text[..error.valid_up_to()]) + 1);
        return refuse(format!(
            "line {line}: the file is not UTF-8: save it as CSV in UTF-8"
        ));
    }
    if opened.separator != b',' {
        return refuse(format!(
            "line {}: the columns are separated by {:?}, and the server reads commas: import the \
             rows of `Csv::new(bytes)` instead",
            line(1),
            char::from(opened.separator)
        ));
    }
    match bad_quote(opened.text, b',') {
        Some(BadQuote::Stray { line: at }) => {
            return refuse(format!(
                "line {}: a quote stands within a cell: put the whole cell in quotes and double \
                 those in it",
                line(at)
            ));
        }
        Some(BadQuote::Unclosed { line: at }) => {
            return refuse(format!(
                "line {}: a quote begins a cell that does not end: close it",
                line(at)
            ));
        }
        None => {}
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(opened.text);
    let unreadable = |error: csv::Error| {
        Error::request_invalid("the file cannot be read as CSV").with_source(error)
    };
    let header = reader.headers().map_err(unreadable)?.clone();
    let headings: Vec<&str> = header.iter().collect();
    check_headings::<T>(&headings, line(1))?;

    let mut lines = Lines::after(opened.lines_before);
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if columns::is_empty_row(record.as_byte_record()) {
            continue;
        }
        let place = record.position().map_or(0, csv::Position::byte);
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let number = lines.of_record(opened.text, place);
        records.push(read_record::<T>(&headings, &record, number));
    }
    if records.is_empty() {
        return refuse("the file has no rows below its header");
    }
    if !records.iter().any(Record::counts) {
        return refuse("no row of the file names both a user and a group or tag");
    }
    check_meaning::<T>(&records, "line", vouched)
}

/// A record of a file as the server reads it: it overlooks case in headings, but not space around
/// them.
fn read_record<T: CsvRow>(headings: &[&str], record: &csv::StringRecord, number: usize) -> Record {
    let cell = |column: &&str| {
        let mut headings = headings.iter();
        let at = headings.position(|heading| heading.eq_ignore_ascii_case(column))?;
        filled(record.get(at)?)
    };
    let states = headings.iter().enumerate();
    let states = states.filter(|(_, heading)| is_state(heading));
    Record {
        number,
        cells: T::COLUMNS.iter().map(cell).collect(),
        states: states
            .map(|(at, heading)| {
                let state = record.get(at).unwrap_or_default();
                ((*heading).to_owned(), state.to_owned())
            })
            .collect(),
    }
}

fn check_headings<T: CsvRow>(headings: &[&str], line: usize) -> Result<()> {
    let has = |names: &[&str]| {
        let mut headings = headings.iter();
        headings.any(|heading| names.iter().any(|name| heading.eq_ignore_ascii_case(name)))
    };
    for (columns, what) in [(USERS, "user"), (TARGETS, "group or tag")] {
        let names = &T::COLUMNS[columns];
        if has(names) {
            continue;
        }
        return match columns::near_miss(headings, names, false) {
            Some(why) => refuse(format!("line {line}: no column names the {what}: {why}")),
            None => refuse(format!(
                "line {line}: no column names the {what}: there must be `{}`",
                names.join("` or `")
            )),
        };
    }
    if let Some(why) = columns::near_miss(headings, T::COLUMNS, true) {
        return refuse(format!("line {line}: a column would be overlooked: {why}"));
    }
    // The server takes columns of tags for those of groups, and gives the category this name.
    if T::ONE_PER_USER && has(&["tag_set_name"]) {
        return refuse(format!(
            "line {line}: the column `tag_set_name` would rename the group category: take it out, \
             or import tags by `ImportTags`"
        ));
    }
    Ok(())
}

/// Refuses rows that the server would take otherwise than they are meant.
fn check_meaning<T: CsvRow>(records: &[Record], unit: &str, vouched: Vouched) -> Result<()> {
    check_states(records, unit)?;
    if T::ONE_PER_USER {
        return Ok(());
    }
    check_sets(records, unit, vouched)
}

/// The import does not read the state: it would add those who left.
fn check_states(records: &[Record], unit: &str) -> Result<()> {
    let counting = || records.iter().filter(|record| record.counts());
    let all_states = counting().flat_map(|record| &record.states);
    let columns: HashSet<&str> = all_states
        .filter(|(heading, state)| is_surely_state(heading) || is_state_word(state))
        .map(|(heading, _)| heading.as_str())
        .collect();
    for record in counting() {
        let mut states = record.states.iter();
        let odd =
            states.find(|(heading, state)| !is_member(state) && columns.contains(heading.as_str()));
        if let Some((heading, state)) = odd {
            return refuse(format!(
                "{unit} {}, column `{}`: the state is {:?}, and the import would add the user all \
                 the same: leave out every row that is not `accepted` or `active`",
                record.number,
                heading.trim(),
                state.trim()
            ));
        }
    }
    Ok(())
}

/// For the server, tags of one name in a course are one tag, wherever the rows say it is; and a
/// name of a set that it does not know becomes the name of the set that the tag is in.
fn check_sets(records: &[Record], unit: &str, vouched: Vouched) -> Result<()> {
    let mut sets_of_tags = HashMap::new();
    let mut names_of_sets = HashMap::new();
    for record in records.iter().filter(|record| record.counts()) {
        let number = record.number;
        let Some((by, set)) = record.first(SETS) else {
            continue;
        };
        let name = record.cells.get(SETS.end - 1).and_then(Option::as_deref);
        let is_named_alone = by + 1 == SETS.end;
        if is_named_alone && !vouched.sets_exist {
            return refuse(format!(
                "{unit} {number}, column `tag_set_name`: if no set has the name {set:?}, the server \
                 renames the set that the tag is in: fill `canvas_tag_set_id` or `tag_set_id`, or \
                 say `sets_exist()`"
            ));
        }
        if let Some(tag) = record.first(TARGETS) {
            let (earlier, other) = *sets_of_tags.entry(tag).or_insert((number, (by, set)));
            if other != (by, set) {
                return refuse(format!(
                    "{unit} {number}: {unit} {earlier} names the tag {:?} too, with another set, \
                     and for the server both are one tag: give the tags different names, or name \
                     the set in the same way",
                    tag.1
                ));
            }
        }
        if let (Some(name), false) = (name, is_named_alone) {
            let (earlier, other) = *names_of_sets.entry((by, set)).or_insert((number, name));
            if other != name {
                return refuse(format!(
                    "{unit} {number}, column `tag_set_name`: {unit} {earlier} has another name for \
                     the same set, and the server would rename it: use one name, or none"
                ));
            }
        }
    }
    Ok(())
}

fn refuse<T>(problem: impl Into<String>) -> Result<T> {
    Err(Error::request_invalid(problem))
}

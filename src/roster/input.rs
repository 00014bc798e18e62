//! Rosters from CSV, as people and Canvas write it.

mod cells;
mod columns;
mod end;
mod teams;

use std::collections::{BTreeMap, HashMap};

use csv::ByteRecord;

pub use self::columns::{Column, Columns, TeamBy};
use self::{
    cells::Problem,
    columns::{Layout, decode},
    teams::Rows,
};
use super::{Finding, FindingKind, Member, Roster, Team, finding::Findings};
use crate::{
    csv::{
        GroupKey, UserKey, columns as files,
        lines::{BadQuote, Lines, bad_quote},
    },
    error::Result,
};

impl Roster {
    /// Adds the teams of a CSV file: one row for each student, with the team that the student
    /// should be in.
    ///
    /// It reads what [`ExportGroups`](crate::csv::ExportGroups) answers, what spreadsheets save, and
    /// what SIS imports take: separated by commas, semicolons or tabs, with or without a byte order
    /// mark, columns in any order. [`Column`] lists the headings that are known; further columns are
    /// not read, and a note names them. The members of a team are exactly those whom its rows name.
    ///
    /// * **All keys of a row count.** If a row has the SIS id and the login of a student, both have
    ///   to be those of one student of the course; the same for teams. Otherwise the plan has an
    ///   error. No key steps in for another that finds nobody.
    /// * A row that names a team and nobody lists the team, and leaves its members alone if no other
    ///   row names any.
    /// * A row that names a student and no team says nothing, and a note tells how many there are.
    ///   [`Columns::without_team_is_out`] takes those students out of their teams.
    /// * If all rows of a team take students out ([`Column::Status`]) and the set has no such team,
    ///   nothing is done for it: a note says so, or a warning where the rows have a Canvas id, which
    ///   may be mistyped.
    /// * A cell that cannot be meant, such as `1E+13` for an id, is an error of the plan, which tells
    ///   all such cells at once.
    /// * An apostrophe before `=`, `+`, `-` or `@` at the start of a cell does not count.
    ///
    /// What Canvas exports is, unchanged, a roster that plans to nothing:
    ///
    /// ```
    /// use canvas_groups::{
    ///     CategoryId,
    ///     roster::{Columns, Plan, Policy, Roster, Snapshot},
    ///     serde_json,
    /// };
    ///
    /// # let snapshot: Snapshot = serde_json::from_str(r#"{
    /// #     "format": 1, "host": "school.instructure.com", "taken_at": "2026-03-02T02:00:00Z",
    /// #     "course": {"id": 7}, "set": {"id": 4, "name": "Projects"},
    /// #     "groups": [{"id": 12, "name": "Team 1", "members": [35]}],
    /// #     "students": [{"id": 35, "name": "Ada Moreno", "sis_id": "S001", "login": "amoreno"}]
    /// # }"#)?;
    /// let export = "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n\
    ///               \"Moreno, Ada\",35,S001,amoreno,Section A,Team 1,12,\n";
    /// let roster = Roster::of(CategoryId::new(4)).with_csv(export, &Columns::new())?;
    /// let plan = Plan::new(&roster, &snapshot, &Policy::default());
    /// assert!(plan.is_empty() && plan.findings.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the line, if the file cannot be read as
    /// a whole: it is empty or not CSV, quotes are in the wrong place, or no column names the
    /// students or the teams.
    pub fn with_csv(mut self, file: impl AsRef<[u8]>, columns: &Columns) -> Result<Self> {
        let read = Reader::read(file.as_ref(), columns)?;
        self.teams.extend(read.teams);
        self.in_no_team.extend(read.in_no_team);
        self.findings.extend(read.findings);
        Ok(self)
    }
}

/// What a file says.
struct Read {
    teams: Vec<Team>,
    in_no_team: Vec<Member>,
    findings: Vec<Finding>,
}

struct Reader<'a> {
    columns: &'a Columns,
    layout: Layout,
    findings: Findings,
    has_unreadable: bool,
    places: HashMap<Vec<GroupKey>, usize>,
    teams: Vec<(Vec<GroupKey>, Rows)>,
    without_team: Vec<Member>,
    without_anybody: Vec<u64>,
    sets: BTreeMap<usize, String>,
}

impl<'a> Reader<'a> {
    fn read(file: &[u8], columns: &'a Columns) -> Result<Read> {
        check_kind(file)?;
        let opened = files::opened(file);
        let first_line = opened.lines_before + 1;
        match bad_quote(opened.text, opened.separator) {
            Some(BadQuote::Stray { line }) => {
                return Err(decode(format!(
                    "line {}: a quote stands within a cell: put the whole cell in quotes and double \
                     those in it",
                    opened.lines_before + line
                )));
            }
            Some(BadQuote::Unclosed { line }) => {
                return Err(decode(format!(
                    "line {}: a quote begins a cell that does not end: close it",
                    opened.lines_before + line
                )));
            }
            None => {}
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(opened.separator)
            .from_reader(opened.text);
        let unreadable =
            |error: csv::Error| decode("the file cannot be read as CSV").with_source(error);
        let mut record = ByteRecord::new();
        let mut lines = Lines::after(opened.lines_before);
        let mut is_header = columns.has_header();
        let mut this = Self {
            columns,
            layout: match is_header {
                true => Columns::default().layout(&["user_id", "group_name"], 0)?,
                false => columns.layout(&[], first_line)?,
            },
            findings: Findings::default(),
            has_unreadable: false,
            places: HashMap::new(),
            teams: Vec::new(),
            without_team: Vec::new(),
            without_anybody: Vec::new(),
            sets: BTreeMap::new(),
        };
        while reader.read_byte_record(&mut record).map_err(unreadable)? {
            if files::is_empty_row(&record) {
                continue;
            }
            let place = record.position().map_or(0, csv::Position::byte);
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            let line = lines.of_record(opened.text, place);
            match std::mem::take(&mut is_header) {
                true => {
                    let headings = record.iter().map(String::from_utf8_lossy);
                    let headings: Vec<_> = headings.collect();
                    let headings: Vec<&str> = headings.iter().map(|text| &**text).collect();
                    this.layout = columns.layout(&headings, line)?;
                }
                false => this.row(&record, line as u64),
            }
        }
        if is_header {
            return Err(decode("the file is empty: not even a header line is there"));
        }
        Ok(this.end())
    }

    /// What stands in a column of a row.
    fn cell<'r>(&self, row: &'r ByteRecord, column: Column) -> Option<(usize, &'r [u8])> {
        let at = self.layout.place(column)?;
        Some((at, row.get(at).unwrap_or_default()))
    }

    /// Reads a cell. One that cannot be read is told, and nothing stands in it.
    fn value<T>(
        &mut self,
        row: &ByteRecord,
        line: u64,
        column: Column,
        read: impl FnOnce(Option<&str>) -> Result<T, Problem>,
    ) -> Option<T> {
        let (at, cell) = self.cell(row, column)?;
        match cells::text(cell).and_then(read) {
            Ok(value) => Some(value),
            Err(problem) => {
                let text = format!("{}: {problem}", self.layout.name(at));
                self.findings.error(FindingKind::CellInvalid, &[line], text);
                self.has_unreadable = true;
                None
            }
        }
    }

    fn row(&mut self, row: &ByteRecord, line: u64) {
        let cells = self.layout.len();
        if row.iter().skip(cells).any(|cell| !is_blank(cell)) {
            let text = format!(
                "the row has {} cells and there are {cells} columns: put cells that have a \
                 separator in them in quotes",
                row.len()
            );
            self.findings.error(FindingKind::RowInvalid, &[line], text);
            self.has_unreadable = true;
            return;
        }
        let problems = self.has_unreadable;
        self.has_unreadable = false;
        let user = self.user(row, line);
        let team = self.team(row, line);
        let is_in = match self.layout.has(Column::Status) {
            true => self.value(row, line, Column::Status, cells::is_member),
            false => Some(true),
        };
        let leads = match self.layout.has(Column::Leader) {
            true => self.value(row, line, Column::Leader, cells::is_yes),
            false => Some(false),
        };
        let is_readable = !self.has_unreadable;
        self.has_unreadable |= problems;
        let (true, Some(is_in), Some(leads)) = (is_readable, is_in, leads) else {
            return;
        };
        self.check_set(row, line);
        let mut member = Member {
            keys: user,
            lines: Vec::new(),
        };
        if team.is_empty() {
            match member.keys.is_empty() {
                true => self.without_anybody.push(line),
                // Out of a team that is not named is in none, as the rows without a state are.
                false => self.without_team.push(member.line(line)),
            }
            return;
        }
        member.lines.push(line);
        let place = *self.places.entry(team).or_insert_with_key(|keys| {
            self.teams.push((keys.clone(), Rows::default()));
            self.teams.len() - 1
        });
        let says_more = || {
            let mut cells = row.iter().enumerate();
            let is_team = |at: usize| {
                let columns = [
                    Column::GroupName,
                    Column::CanvasGroupId,
                    Column::GroupId,
                    Column::GroupNumber,
                ];
                columns
                    .iter()
                    .any(|column| self.layout.place(*column) == Some(at))
                    || self.layout.sets.contains(&at)
            };
            cells.any(|(at, cell)| !is_team(at) && !is_blank(cell))
        };
        let says_more = member.keys.is_empty() && says_more();
        let rows = &mut self.teams[place].1;
        rows.lines.push(line);
        if member.keys.is_empty() {
            rows.nobody.push((line, says_more));
            return;
        }
        if leads && is_in {
            rows.leaders.push(member.clone());
        }
        match is_in {
            true => rows.members.push(member),
            false => rows.without.push(member),
        }
    }

    fn user(&mut self, row: &ByteRecord, line: u64) -> Vec<UserKey> {
        let key = |text: &str| cells::key(text).map(str::to_owned);
        let keys = [
            self.value(row, line, Column::CanvasUserId, |text| {
                Ok(text.map(cells::user_id).transpose()?.map(UserKey::Canvas))
            }),
            self.value(row, line, Column::UserId, |text| {
                Ok(text.map(key).transpose()?.map(UserKey::Sis))
            }),
            self.value(row, line, Column::LoginId, |text| {
                Ok(text.map(key).transpose()?.map(UserKey::Login))
            }),
        ];
        keys.into_iter().flatten().flatten().collect()
    }

    fn team(&mut self, row: &ByteRecord, line: u64) -> Vec<GroupKey> {
        let numbers = self.columns.numbers.as_deref().unwrap_or_default();
        let keys = [
            self.value(row, line, Column::CanvasGroupId, |text| {
                Ok(text.map(cells::group_id).transpose()?.map(GroupKey::Canvas))
            }),
            self.value(row, line, Column::GroupId, |text| {
                let key = |text| cells::key(text).map(str::to_owned);
                Ok(text.map(key).transpose()?.map(GroupKey::Sis))
            }),
            self.value(row, line, Column::GroupName, |text| {
                let name = |text| cells::name(text).map(str::to_owned);
                Ok(text.map(name).transpose()?.map(GroupKey::Name))
            }),
            self.value(row, line, Column::GroupNumber, |text| {
                let name = |text| cells::numbered(text, numbers);
                Ok(text.map(name).transpose()?.map(GroupKey::Name))
            }),
        ];
        let mut keys: Vec<_> = keys.into_iter().flatten().flatten().collect();
        keys.dedup();
        keys
    }

    /// A roster is of one set.
    fn check_set(&mut self, row: &ByteRecord, line: u64) {
        for at in self.layout.sets.clone() {
            let set = String::from_utf8_lossy(row.get(at).unwrap_or_default());
            let set = set.trim();
            if set.is_empty() {
                continue;
            }
            let first = self.sets.entry(at).or_insert_with(|| set.to_owned());
            if first != set {
                let text = format!(
                    "{}: the row is of the set {set:?}, and rows before it of {first:?}: leave in \
                     the rows of one set",
                    self.layout.name(at)
                );
                self.findings.error(FindingKind::RowInvalid, &[line], text);
            }
        }
    }
}

fn is_blank(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(crate::ids::is_blank)
}

/// Refuses files that are something else than CSV.
fn check_kind(file: &[u8]) -> Result<()> {
    let what = if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
        "the file is UTF-16"
    } else if file.starts_with(b"PK\x03\x04") || file.starts_with(b"\xd0\xcf\x11\xe0") {
        "the file is a workbook of a spreadsheet"
    } else if file.trim_ascii_start().starts_with(b"<") {
        "the file is a web page or XML"
    } else if file.contains(&0) {
        "the file is not text"
    } else {
        return Ok(());
    };
    Err(decode(format!("{what}: save it as CSV in UTF-8")))
}

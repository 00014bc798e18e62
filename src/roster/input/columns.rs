//! Which column of a file is what.

use std::fmt;

use crate::{
    csv::{GroupRow, TagRow, columns},
    error::{Error, ErrorKind, Result},
};

/// What a column of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Column {
    /// The id of the student: `canvas_user_id`.
    CanvasUserId,
    /// The SIS id of the student: `user_id`, `sis_user_id`, `sis_id`, `student_number`,
    /// `student_id`.
    UserId,
    /// The login of the student: `login_id`, `sis_login_id`, `login`, `username`, `netid`; and
    /// `email`, if no other column names the student.
    LoginId,
    /// The name of the team: `group_name`, `group`, `team_name`, `team`, `tag_name`, `tag`.
    GroupName,
    /// The id of the team: `canvas_group_id`, `canvas_tag_id`.
    CanvasGroupId,
    /// The SIS id of the team: `group_id`, `sis_group_id`, `tag_id`.
    GroupId,
    /// The number of the team: `group_number`, `team_number`. It needs
    /// [`Columns::group_numbers`].
    GroupNumber,
    /// Whether the student leads the team, as yes or no: `leader`.
    Leader,
    /// Whether the student is in the team, as in files of SIS imports: `status`. `accepted` and
    /// `active` say so, and `deleted` takes the student out.
    Status,
    /// Something else, which is not read.
    Ignored,
}

const KNOWN: &[(&str, Column)] = &[
    ("canvas_user_id", Column::CanvasUserId),
    ("user_id", Column::UserId),
    ("sis_user_id", Column::UserId),
    ("sis_id", Column::UserId),
    ("student_number", Column::UserId),
    ("student_id", Column::UserId),
    ("login_id", Column::LoginId),
    ("sis_login_id", Column::LoginId),
    ("login", Column::LoginId),
    ("username", Column::LoginId),
    ("netid", Column::LoginId),
    ("group_name", Column::GroupName),
    ("group", Column::GroupName),
    ("team_name", Column::GroupName),
    ("team", Column::GroupName),
    ("tag_name", Column::GroupName),
    ("tag", Column::GroupName),
    ("canvas_group_id", Column::CanvasGroupId),
    ("canvas_tag_id", Column::CanvasGroupId),
    ("group_id", Column::GroupId),
    ("sis_group_id", Column::GroupId),
    ("tag_id", Column::GroupId),
    ("group_number", Column::GroupNumber),
    ("team_number", Column::GroupNumber),
    ("leader", Column::Leader),
    ("status", Column::Status),
];

/// Columns that tell which set of tags a row is about.
const SETS: &[&str] = &["canvas_tag_set_id", "tag_set_id", "tag_set_name"];

impl Column {
    pub(super) fn is_user(self) -> bool {
        matches!(self, Self::CanvasUserId | Self::UserId | Self::LoginId)
    }

    pub(super) fn is_team(self) -> bool {
        matches!(
            self,
            Self::GroupName | Self::CanvasGroupId | Self::GroupId | Self::GroupNumber
        )
    }
}

/// What the teams of a file go by, if not by all that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TeamBy {
    /// By [`Column::GroupName`].
    Name,
    /// By [`Column::CanvasGroupId`].
    CanvasId,
    /// By [`Column::GroupId`].
    SisId,
    /// By [`Column::GroupNumber`].
    Number,
}

impl TeamBy {
    fn column(self) -> Column {
        match self {
            Self::Name => Column::GroupName,
            Self::CanvasId => Column::CanvasGroupId,
            Self::SisId => Column::GroupId,
            Self::Number => Column::GroupNumber,
        }
    }
}

/// How a file is read by [`Roster::with_csv`](super::super::Roster::with_csv).
///
/// By default columns are known by their headings, which [`Column`] lists. Case, spaces, hyphens
/// and underscores in them do not count: `Group-Name` is `group_name`.
///
/// ```
/// use canvas_groups::roster::{Column, Columns, TeamBy};
///
/// let columns = Columns::new()
///     .named("Matrikelnummer", Column::UserId)
///     .named("Gruppe", Column::GroupName)
///     .team_by(TeamBy::Name);
/// # let _ = columns;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    named: Vec<(String, Column)>,
    in_order: Option<Vec<Column>>,
    team_by: Option<TeamBy>,
    pub(super) numbers: Option<String>,
    pub(super) without_team_is_out: bool,
}

impl Columns {
    /// Columns that are known by their headings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the column with this heading holds.
    ///
    /// [`Column::Ignored`] keeps a column from being read that would be known by its heading.
    #[must_use]
    pub fn named(mut self, heading: impl Into<String>, column: Column) -> Self {
        self.named.push((heading.into(), column));
        self
    }

    /// Says what the columns of a file without a header hold, from the first on.
    ///
    /// ```
    /// use canvas_groups::{CategoryId, csv::UserKey, roster::{Column, Columns, Roster, Team}};
    ///
    /// let columns = Columns::new().without_header([Column::UserId, Column::GroupName]);
    /// let roster = Roster::of(CategoryId::new(4)).with_csv("S001,Team 1\n", &columns)?;
    /// assert_eq!(roster.teams[0].members.named()[0].keys, [UserKey::sis("S001")]);
    /// # Ok::<(), canvas_groups::Error>(())
    /// ```
    #[must_use]
    pub fn without_header(mut self, columns: impl IntoIterator<Item = Column>) -> Self {
        self.in_order = Some(columns.into_iter().collect());
        self
    }

    /// Reads only one of the columns that name the team.
    ///
    /// By default all have to name the same one, so that an export in which somebody has changed
    /// the names of teams, and not their ids, is an error.
    #[must_use]
    pub fn team_by(mut self, by: TeamBy) -> Self {
        self.team_by = Some(by);
        self
    }

    /// Makes names of teams from their numbers: with `Team {}` the number 3 is `Team 3`.
    ///
    /// A pattern without `{}` gets the number at its end.
    #[must_use]
    pub fn group_numbers(mut self, pattern: impl Into<String>) -> Self {
        self.numbers = Some(pattern.into());
        self
    }

    /// Takes students whose row names no team out of the teams of the set.
    ///
    /// By default such rows say nothing, and a note tells how many there are.
    #[must_use]
    pub fn without_team_is_out(mut self) -> Self {
        self.without_team_is_out = true;
        self
    }

    pub(super) fn has_header(&self) -> bool {
        self.in_order.is_none()
    }

    /// What each column of a file holds.
    pub(super) fn layout(&self, headings: &[&str], line: usize) -> Result<Layout> {
        let mut layout = match &self.in_order {
            Some(columns) => Layout {
                columns: columns.clone(),
                headings: Vec::new(),
                sets: Vec::new(),
                unread: Vec::new(),
            },
            None => self.by_headings(headings),
        };
        if let Some(by) = self.team_by {
            for column in &mut layout.columns {
                if column.is_team() && *column != by.column() {
                    *column = Column::Ignored;
                }
            }
        }
        layout.without_spare(Column::GroupNumber, self.numbers.is_none());
        layout.check(headings, line)?;
        if layout.has(Column::GroupNumber) && self.numbers.is_none() {
            return Err(decode(format!(
                "line {line}: teams go by numbers alone: say what they are named with \
                 `Columns::group_numbers(\"Team {{}}\")`"
            )));
        }
        Ok(layout)
    }

    fn by_headings(&self, headings: &[&str]) -> Layout {
        // Columns of exports, some of which are known by their place alone.
        let groups = columns::names::<GroupRow>(headings);
        let tags = columns::names::<TagRow>(headings);
        let has_sets = |heading: &str| SETS.iter().any(|set| folded(set) == folded(heading));
        let mut layout = Layout {
            columns: Vec::new(),
            headings: headings.iter().map(|text| shown(text)).collect(),
            sets: Vec::new(),
            unread: Vec::new(),
        };
        for (at, heading) in headings.iter().enumerate() {
            let folded = folded(heading);
            let said = self.named.iter().rev();
            let said = said.clone().find(|(name, _)| self::folded(name) == folded);
            let known = KNOWN.iter().find(|(name, _)| self::folded(name) == folded);
            let column = match (said, known) {
                (Some((_, column)), _) | (None, Some((_, column))) => *column,
                (None, None) => Column::Ignored,
            };
            let is_of_export = |names: &[Option<&str>]| matches!(names.get(at), Some(Some(_)));
            if has_sets(heading) && said.is_none() {
                layout.sets.push(at);
            } else if said.is_none()
                && column == Column::Ignored
                && !is_of_export(&groups)
                && !is_of_export(&tags)
                && !folded.is_empty()
            {
                layout.unread.push(at);
            }
            layout.columns.push(column);
        }
        let email = layout.unread.iter().copied();
        let mut email =
            email.filter(|at| ["email", "emailaddress"].contains(&&*folded(headings[*at])));
        if let (Some(at), None) = (email.next(), email.next())
            && !layout.columns.iter().any(|column| column.is_user())
        {
            layout.columns[at] = Column::LoginId;
            layout.unread.retain(|unread| *unread != at);
        }
        layout
    }
}

/// What each column of a file holds.
#[derive(Debug)]
pub(super) struct Layout {
    columns: Vec<Column>,
    headings: Vec<String>,
    /// Columns that tell which set of tags a row is about.
    pub(super) sets: Vec<usize>,
    /// Columns that nobody knows.
    unread: Vec<usize>,
}

impl Layout {
    pub(super) fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|found| *found == column)
    }

    /// A column as people know it.
    pub(super) fn name(&self, at: usize) -> String {
        match self.headings.get(at) {
            Some(heading) => format!("column `{heading}`"),
            None => format!("column {}", at + 1),
        }
    }

    /// The headings of columns that are not read.
    pub(super) fn unread(&self) -> Vec<&str> {
        let unread = self.unread.iter();
        unread.map(|at| &*self.headings[*at]).collect()
    }

    /// Leaves a column unread that cannot be read, if another one names the team.
    fn without_spare(&mut self, column: Column, cannot_be_read: bool) {
        let mut others = self.columns.iter();
        let has_other = others.any(|found| found.is_team() && *found != column);
        if let (Some(at), true, true) = (self.place(column), cannot_be_read, has_other) {
            self.columns[at] = Column::Ignored;
            if at < self.headings.len() {
                self.unread.push(at);
                self.unread.sort_unstable();
            }
        }
    }

    fn check(&self, headings: &[&str], line: usize) -> Result<()> {
        for (at, column) in self.columns.iter().enumerate() {
            let first = self.place(*column).filter(|first| *first < at);
            if let (Some(first), false) = (first, *column == Column::Ignored) {
                return Err(decode(format!(
                    "line {line}: {} and {} hold the same: say which one is not read with \
                     `Columns::named(heading, Column::Ignored)`",
                    self.name(first),
                    self.name(at)
                )));
            }
        }
        let lacks = |is: fn(Column) -> bool| !self.columns.iter().any(|column| is(*column));
        for (what, is) in [
            ("student", Column::is_user as fn(Column) -> bool),
            ("team", Column::is_team),
        ] {
            if !lacks(is) {
                continue;
            }
            let known = KNOWN.iter().filter(|(_, column)| is(*column));
            let names: Vec<&str> = known.map(|(name, _)| *name).collect();
            if self.headings.is_empty() {
                return Err(decode(format!(
                    "`Columns::without_header` says of no column that it names the {what}: name one"
                )));
            }
            let near = columns::near_miss(headings, &names, false);
            let near = near.map_or(String::new(), |near| format!("; {near}"));
            return Err(decode(format!(
                "line {line}: no heading names the {what}{near}: use one of {}, or say which column \
                 it is with `Columns::named`, or with `Columns::without_header` if the file has no \
                 header",
                names.join(", ")
            )));
        }
        Ok(())
    }
}

/// A heading without what does not count.
fn folded(heading: &str) -> String {
    let letters = heading.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// A heading for a message.
fn shown(heading: &str) -> String {
    super::super::finding::one_line(heading.trim())
}

pub(super) fn decode(message: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Decode, message.to_string())
}

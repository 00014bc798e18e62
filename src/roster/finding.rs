//! What a plan has to tell beside its steps.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::ids::is_invisible;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// The plan cannot be applied.
    Error,
    /// Something that a person should look at.
    Warning,
    /// Something to know.
    Note,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $many:literal,)+) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum FindingKind {
            $($(#[$meta])* $kind,)+
        }

        impl FindingKind {
            /// What is said of many, after their number.
            fn many(self) -> &'static str {
                match self {
                    $(Self::$kind => $many,)+
                }
            }
        }
    };
}

kinds! {
    /// The snapshot is not of the roster's set.
    OtherSet = "snapshots are of another set",
    /// The set is not in the course that the roster names.
    OtherCourse = "sets are in another course",
    /// The course has no such set.
    SetMissing = "sets are missing",
    /// The set is one of communities, or of the groups that students organise.
    ProtectedSet = "sets are not for rosters",
    /// Students sign up by themselves.
    SelfSignup = "sets have self sign-up",
    /// SIS imports write the set too.
    SisFed = "sets are fed by SIS imports",
    /// A job is running on the set.
    JobRunning = "jobs are running",
    /// The course has ended or was deleted.
    CourseConcluded = "courses are concluded",
    /// A team goes by an id that the set does not have.
    TeamUnknown = "teams are not in the set",
    /// A team that the set does not have, and that the policy does not make.
    TeamMissing = "teams are missing",
    /// The keys of a team name several teams, or one of them none.
    TeamKeysDisagree = "teams have keys that disagree",
    /// A team is listed twice, with wishes that differ.
    TeamListedTwice = "teams are listed twice with different wishes",
    /// A name is nearly that of another team.
    NearMiss = "names nearly match another team",
    /// Two groups of the set have the name.
    NameAmbiguous = "names stand for several groups",
    /// Two teams would have one name.
    NameTaken = "names would be used twice",
    /// A name that Canvas does not take.
    NameInvalid = "names are not possible",
    /// A new team looks like one that was renamed.
    Renamed = "teams look renamed",
    /// The SIS ids of groups cannot be seen or written.
    SisIdsHidden = "teams go by SIS ids that cannot be seen or written",
    /// A team is found by name, and its group has no SIS id or another.
    SisIdDiffers = "teams have another SIS id, or none",
    /// A limit that Canvas does not take.
    LimitInvalid = "limits are not possible",
    /// A team would have more members than its limit allows.
    OverLimit = "teams would be over their limit",
    /// More tags than Canvas allows in a set or course.
    TooManyTags = "limits of tags would be passed",
    /// What tags have no such thing as.
    NotForTags = "wishes have no meaning for tags",
    /// A key of nobody who is a student of the course.
    PersonUnknown = "people are not active students of the course",
    /// A row was left out, because nobody goes by its key.
    PersonSkipped = "people are not active students of the course and were skipped",
    /// Keys of a kind that the caller may not see.
    KeysHidden = "keys are of a kind that the caller may not see",
    /// A key that several students go by.
    PersonAmbiguous = "keys stand for several students",
    /// The keys of a person name several people, or one of them nobody.
    PersonKeysDisagree = "people have keys that disagree",
    /// A person is wanted in two teams, or both in and out of one.
    PersonInTwo = "people are wanted in two places",
    /// A person is named twice for one team.
    PersonTwice = "people are named twice for one team",
    /// A student is in several teams of a set where one is meant.
    InSeveral = "students are in several teams",
    /// A student is in another team, and is not moved.
    NotMoved = "students are in another team",
    /// A student is not removed.
    NotRemoved = "students are not removed",
    /// A team with a skipped row, which loses nobody.
    KeptForSkipped = "teams with skipped rows lose nobody",
    /// A skipped row may be of somebody who is in a team under another key, and who may lose it.
    SkippedMayLose = "skipped people may lose a team under another key",
    /// Others than students are in a team.
    Others = "teams have members who are not active students",
    /// A leader who is not going to be a member.
    LeaderOutside = "leaders would not be members",
    /// A leader leaves the team.
    LeaderLeaves = "leaders leave their teams",
    /// A group that has handed something in loses or gets members.
    Submission = "changes touch groups that handed something in",
    /// An unlisted group is not deleted.
    NotDeleted = "groups are not deleted",
    /// Teams that are all full change members.
    Ring = "students change places between full teams",
    /// Changes that no order allows.
    NoOrder = "changes have no possible order",
    /// Teams that are made by name alone.
    MadeByName = "teams are made without an SIS id",
    /// Tags that are taken, and with them due dates.
    DueDates = "changes may change due dates",
    /// A cell of the input that cannot be read, or cannot be meant.
    CellInvalid = "cells cannot be read",
    /// Two rows of the input that contradict each other, or a row that says too much.
    RowInvalid = "rows cannot be right",
    /// A team for which the input names nobody.
    NobodyNamed = "teams have nobody in the file: their members are left alone",
    /// Something about the input that a reader of files tells.
    Input = "things were noticed in the input",
}

impl FindingKind {
    /// What is said of so many, without naming anybody.
    pub(super) fn said_of(self, count: u64) -> String {
        format!("{} ({count})", self.many())
    }

    /// Whether its texts name teams and sets only.
    pub(super) fn is_about_teams(self) -> bool {
        !matches!(
            self,
            Self::PersonUnknown
                | Self::PersonSkipped
                | Self::KeysHidden
                | Self::PersonAmbiguous
                | Self::PersonKeysDisagree
                | Self::PersonInTwo
                | Self::PersonTwice
                | Self::InSeveral
                | Self::NotMoved
                | Self::NotRemoved
                | Self::LeaderOutside
                | Self::LeaderLeaves
                | Self::NoOrder
                | Self::CellInvalid
                | Self::RowInvalid
                | Self::Input
        )
    }
}

/// Something that a plan has to tell: what is wrong, or what a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub kind: FindingKind,
    /// How many there are of it.
    pub count: u64,
    /// The first lines of the input that it is about.
    pub lines: Vec<u64>,
    /// What it says, in one line.
    pub text: String,
}

impl Finding {
    /// Something that a reader of input noticed.
    pub fn new(severity: Severity, kind: FindingKind, text: impl Into<String>) -> Self {
        Self {
            severity,
            kind,
            count: 1,
            lines: Vec::new(),
            text: one_line(&text.into()),
        }
    }

    /// Adds a line of the input.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.lines.push(line);
        self
    }
}

/// `row 12: S077 is not an active student of the course`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.lines {
            [] => {}
            [line] => write!(f, "row {line}: ")?,
            lines => {
                let lines: Vec<_> = lines.iter().map(u64::to_string).collect();
                write!(f, "rows {}: ", lines.join(", "))?;
            }
        }
        f.write_str(&self.text)
    }
}

/// Findings as they come up, before those of one kind are put together.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<(Severity, FindingKind), Vec<Detail>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Detail {
    lines: Vec<u64>,
    text: String,
}

/// The text without line breaks and other control characters, and without what nobody sees: names
/// come from others, and must not look like lines of a plan or like other names, or move the cursor
/// of a terminal.
pub(super) fn one_line(text: &str) -> String {
    let is_break = |letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter);
    let seen = text.chars().filter(|letter| !is_invisible(*letter));
    seen.map(|letter| if is_break(letter) { ' ' } else { letter })
        .collect()
}

/// A number with the word for what it counts.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// More findings of one kind than this are one finding.
const APART: usize = 5;
/// How many lines and examples a finding of many has.
const EXAMPLES: usize = 5;

impl Findings {
    pub(super) fn error(&mut self, kind: FindingKind, lines: &[u64], text: impl Into<String>) {
        self.add(Severity::Error, kind, lines, text);
    }

    pub(super) fn warn(&mut self, kind: FindingKind, lines: &[u64], text: impl Into<String>) {
        self.add(Severity::Warning, kind, lines, text);
    }

    pub(super) fn note(&mut self, kind: FindingKind, lines: &[u64], text: impl Into<String>) {
        self.add(Severity::Note, kind, lines, text);
    }

    pub(super) fn add(
        &mut self,
        severity: Severity,
        kind: FindingKind,
        lines: &[u64],
        text: impl Into<String>,
    ) {
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        lines.dedup();
        let text = one_line(&text.into());
        let details = self.0.entry((severity, kind)).or_default();
        let detail = Detail { lines, text };
        // What holds for all rows is said again with each of them.
        if details.last() != Some(&detail) {
            details.push(detail);
        }
    }

    /// All of them, those of a kind of many as one.
    pub(super) fn into_vec(self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((severity, kind), mut details) in self.0 {
            details.sort_unstable();
            details.dedup();
            let finding = |count, lines, text| Finding {
                severity,
                kind,
                count,
                lines,
                text,
            };
            if details.len() <= APART {
                let each = details.into_iter();
                findings.extend(each.map(|detail| finding(1, detail.lines, detail.text)));
                continue;
            }
            let count = details.len() as u64;
            let lines = details.iter().flat_map(|detail| &detail.lines).copied();
            let lines = lines.take(EXAMPLES).collect();
            let text = format!("{count} {}, first: {}", kind.many(), details[0].text);
            findings.push(finding(count, lines, text));
        }
        findings
    }
}

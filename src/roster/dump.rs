//! Snapshots as CSV.

use std::collections::{HashMap, HashSet};

use super::{Snapshot, SnapshotGroup, Student};
use crate::{UserId, csv::is_formula};

const HEADINGS: &str =
    "name,canvas_user_id,user_id,login_id,group_name,canvas_group_id,group_id,leader\n";

impl Snapshot {
    /// Who is in which team, as CSV that [`Roster::with_csv`](super::Roster::with_csv) reads: a file
    /// to start with.
    ///
    /// Read back, it plans to nothing. It has a row for each student, with or without a team, and one
    /// for each team that has no students. Who is in two teams of a set where one is meant is listed
    /// in the first. A cell that a spreadsheet would take for a formula begins with an apostrophe.
    ///
    /// To use it for another set, read it with
    /// [`Columns::team_by(TeamBy::Name)`](super::Columns::team_by): the ids of its teams are those of
    /// this set.
    pub fn to_csv(&self) -> String {
        let students: HashMap<UserId, &Student> = self
            .students
            .iter()
            .map(|student| (student.id, student))
            .collect();
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|group| group.id);
        let mut text = HEADINGS.to_owned();
        let mut listed = HashSet::new();
        for group in groups {
            let mut members = group.members.clone();
            members.sort_unstable();
            members.dedup();
            members.retain(|member| students.contains_key(member));
            members.retain(|member| listed.insert(*member) || self.is_tags);
            for member in &members {
                text += &row(students.get(member).copied(), Some(group));
            }
            if members.is_empty() {
                text += &row(None, Some(group));
            }
        }
        let mut rest: Vec<_> = students.into_values().collect();
        rest.retain(|student| !listed.contains(&student.id));
        rest.sort_by_key(|student| student.id);
        for student in rest {
            text += &row(Some(student), None);
        }
        text
    }
}

fn row(student: Option<&Student>, group: Option<&SnapshotGroup>) -> String {
    let id = student.map(|student| student.id.to_string());
    let leads =
        student.is_some_and(|student| group.is_some_and(|group| group.leader == Some(student.id)));
    let cells = [
        student.map(|student| &*student.name),
        id.as_deref(),
        student.and_then(|student| student.sis_id.as_deref()),
        student.and_then(|student| student.login.as_deref()),
        group.map(|group| &*group.name),
        None,
        group.and_then(|group| group.sis_id.as_deref()),
        leads.then_some("yes"),
    ];
    let mut cells = cells.map(|text| cell(text.unwrap_or_default()));
    cells[5] = group.map_or(String::new(), |group| group.id.to_string());
    cells.join(",") + "\n"
}

/// A cell as CSV has it. A cell that a spreadsheet would take for a formula begins with an
/// apostrophe.
pub(super) fn cell(text: &str) -> String {
    // Space before a formula does not keep a spreadsheet from seeing it.
    let text = match is_formula(text.trim()) {
        true => format!("'{}", text.trim()),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r', ';', '\t']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

//! The students of a course and their groups, from the exports.

use std::collections::{BTreeMap, HashMap};

use crate::{
    Canvas, CategoryId, CourseId, Error, ErrorKind, GroupId, Result, UserId,
    csv::{Csv, CsvRow, ExportGroups, ExportTags},
    roster::Student,
};

/// What an export tells.
#[derive(Debug, Default)]
pub(super) struct Exported {
    /// The active students, by id.
    pub(super) students: BTreeMap<UserId, Student>,
    /// Who is in which group, as far as it is told.
    pub(super) places: Vec<(UserId, GroupId)>,
    /// SIS ids of groups that have students.
    pub(super) group_sis_ids: HashMap<GroupId, String>,
    pub(super) user_sis_ids_shown: bool,
    pub(super) group_sis_ids_shown: bool,
}

impl Exported {
    /// The export of a set: a row for each active student, with one group.
    pub(super) async fn groups(canvas: &Canvas, set: CategoryId) -> Result<Self> {
        let file = canvas.send(ExportGroups::new(set)).await?;
        let mut exported = Self::headed(&file, "group_id");
        for row in file.rows() {
            let row = row.map_err(nameless)?;
            let user = row.canvas_user_id.ok_or_else(no_id)?;
            exported.student(user, row.name, row.user_id, row.login_id);
            if let Some(group) = row.canvas_group_id {
                exported.place(user, group, row.group_id);
            }
        }
        Ok(exported)
    }

    /// The export of all tags of a course: a row for each active student and tag. Tags of other
    /// sets are left out; deleted ones are among them.
    pub(super) async fn tags(canvas: &Canvas, course: CourseId, set: CategoryId) -> Result<Self> {
        let file = canvas.send(ExportTags::new(course)).await?;
        let mut exported = Self::headed(&file, "tag_id");
        for row in file.rows() {
            let row = row.map_err(nameless)?;
            let user = row.canvas_user_id.ok_or_else(no_id)?;
            exported.student(user, row.name, row.user_id, row.login_id);
            if let (Some(tag), Some(of)) = (row.canvas_tag_id, row.canvas_tag_set_id)
                && of == set
            {
                exported.place(user, tag, row.tag_id);
            }
        }
        Ok(exported)
    }

    fn headed<T: CsvRow>(file: &Csv<T>, group_sis_id: &str) -> Self {
        let bytes = file.bytes();
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let header = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
        // The headings that count are the same in all languages, and plain words.
        let has = |name: &str| {
            let mut headings = header.split([',', ';', '\t']);
            headings.any(|heading| heading.trim_matches(['"', ' ', '\u{feff}']) == name)
        };
        Self {
            user_sis_ids_shown: has("user_id"),
            group_sis_ids_shown: has(group_sis_id),
            ..Self::default()
        }
    }

    fn student(
        &mut self,
        id: UserId,
        name: Option<String>,
        sis_id: Option<String>,
        login: Option<String>,
    ) {
        self.students.entry(id).or_insert_with(|| Student {
            id,
            name: name.unwrap_or_default(),
            sis_id,
            login,
            is_invited: false,
        });
    }

    fn place(&mut self, user: UserId, group: GroupId, sis_id: Option<String>) {
        self.places.push((user, group));
        if let Some(sis_id) = sis_id {
            self.group_sis_ids.insert(group, sis_id);
        }
    }
}

/// What cannot be read in a row may be somebody's name, so only the place of it is told.
fn nameless(error: Error) -> Error {
    let text = error.to_string();
    let place = text.split_once(':').map_or("a row", |(place, _)| place);
    let text = format!("{place} of the export cannot be read: export the set to look at it");
    Error::new(ErrorKind::Decode, text)
}

fn no_id() -> Error {
    Error::new(
        ErrorKind::Decode,
        "a row of the export has no `canvas_user_id`: students cannot be told apart without it",
    )
}

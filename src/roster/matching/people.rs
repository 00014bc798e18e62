//! Which student is meant.

use std::{cell::OnceCell, collections::HashMap};

use super::super::{
    Member, Policy, Student, UnknownKeys,
    finding::{FindingKind, Findings},
    names,
};
use crate::{UserId, csv::UserKey, roster::Snapshot};

/// The students of a snapshot, sorted by id, by all that they go by.
#[derive(Debug)]
pub(in crate::roster) struct People<'a> {
    snapshot: &'a Snapshot,
    students: Vec<&'a Student>,
    by_id: HashMap<UserId, usize>,
    by_sis: HashMap<String, Vec<usize>>,
    by_login: HashMap<String, Vec<usize>>,
    by_folded_sis: OnceCell<HashMap<String, usize>>,
}

enum Found {
    One(usize),
    Several,
    Nobody,
    Hidden,
}

/// What a person's key is called in findings.
pub(in crate::roster) fn key_text(key: &UserKey) -> String {
    match key {
        UserKey::Canvas(id) => format!("user {id}"),
        UserKey::Sis(id) => id.clone(),
        UserKey::Login(login) => login.clone(),
    }
}

/// What keys of a kind are called, and the right that shows them.
fn right_to(key: &UserKey) -> (&'static str, &'static str) {
    match key {
        UserKey::Login(_) => ("logins", "to view login ids"),
        _ => ("SIS ids of people", "to read SIS data"),
    }
}

impl<'a> People<'a> {
    pub(in crate::roster) fn of(snapshot: &'a Snapshot) -> Self {
        let mut students: Vec<_> = snapshot.students.iter().collect();
        students.sort_by_key(|student| student.id);
        students.dedup_by_key(|student| student.id);
        let each = || students.iter().enumerate();
        let by_id = each().map(|(index, student)| (student.id, index)).collect();
        let mut by_sis: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_login: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, student) in each() {
            if let Some(id) = &student.sis_id {
                let id = names::exact(id).into_owned();
                by_sis.entry(id).or_default().push(index);
            }
            if let Some(login) = &student.login {
                by_login.entry(names::login(login)).or_default().push(index);
            }
        }
        Self {
            snapshot,
            students,
            by_id,
            by_sis,
            by_login,
            by_folded_sis: OnceCell::new(),
        }
    }

    pub(in crate::roster) fn len(&self) -> usize {
        self.students.len()
    }

    pub(in crate::roster) fn get(&self, index: usize) -> &'a Student {
        self.students[index]
    }

    pub(in crate::roster) fn index(&self, id: UserId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The student who is meant. If nobody is for certain, a finding says why.
    pub(in crate::roster) fn find(
        &self,
        member: &Member,
        policy: &Policy,
        findings: &mut Findings,
    ) -> Option<usize> {
        let mut found: Option<(usize, &UserKey)> = None;
        let (mut nobody, mut hidden): (Option<&UserKey>, Option<&UserKey>) = (None, None);
        let lines = &member.lines;
        for key in &member.keys {
            match self.look_up(key) {
                Found::One(index) => match found {
                    Some((other, first)) if other != index => {
                        let text = format!(
                            "{} and {} are two people: correct the row, or leave out the column \
                             that is wrong",
                            key_text(first),
                            key_text(key)
                        );
                        findings.error(FindingKind::PersonKeysDisagree, lines, text);
                        return None;
                    }
                    _ => found = found.or(Some((index, key))),
                },
                Found::Several => {
                    let text = format!(
                        "{} stands for several students: name the student by another key",
                        key_text(key)
                    );
                    findings.error(FindingKind::PersonAmbiguous, lines, text);
                    return None;
                }
                Found::Nobody => nobody = nobody.or(Some(key)),
                Found::Hidden => hidden = hidden.or(Some(key)),
            }
        }
        match (found, nobody, hidden) {
            (Some((index, first)), None, hidden) => {
                if let Some(hidden) = hidden {
                    let kinds = |key: &UserKey| match key {
                        UserKey::Canvas(_) => "Canvas ids",
                        UserKey::Sis(_) => "SIS ids",
                        UserKey::Login(_) => "logins",
                    };
                    let text = format!(
                        "the {} beside the {} cannot be checked, because they are not shown: look \
                         at the plan, or use a token with the right {}",
                        kinds(hidden),
                        kinds(first),
                        right_to(hidden).1
                    );
                    findings.warn(FindingKind::KeysHidden, &[], text);
                }
                Some(index)
            }
            (Some((_, first)), Some(key), _) => {
                let text = format!(
                    "{} is a student, and nobody goes by {}: correct the row, or leave out the \
                     column that is wrong",
                    key_text(first),
                    key_text(key)
                );
                findings.error(FindingKind::PersonKeysDisagree, lines, text);
                None
            }
            (None, Some(key), _) => {
                let text = format!(
                    "{} is not an active student of the course{}",
                    key_text(key),
                    self.suggestion(key)
                );
                match policy.unknown_keys {
                    UnknownKeys::Refuse => {
                        findings.error(FindingKind::PersonUnknown, lines, text);
                    }
                    UnknownKeys::Skip => {
                        findings.warn(FindingKind::PersonSkipped, lines, text + ": skipped");
                    }
                }
                None
            }
            (None, None, Some(key)) => {
                let (what, right) = right_to(key);
                let text = format!(
                    "{} cannot be looked up, because {what} are not shown: use another key, or a \
                     token with the right {right}",
                    key_text(key)
                );
                findings.error(FindingKind::KeysHidden, lines, text);
                None
            }
            (None, None, None) => {
                let text = "the row names nobody: fill in a key, or leave out the row";
                findings.error(FindingKind::PersonUnknown, lines, text);
                None
            }
        }
    }

    fn look_up(&self, key: &UserKey) -> Found {
        let rights = &self.snapshot.rights;
        let one = |indices: Option<&Vec<usize>>| match indices.map(Vec::as_slice) {
            None | Some([]) => Found::Nobody,
            Some([index]) => Found::One(*index),
            Some(_) => Found::Several,
        };
        match key {
            UserKey::Canvas(id) => self.index(*id).map_or(Found::Nobody, Found::One),
            UserKey::Sis(_) if !rights.user_sis_ids_shown => Found::Hidden,
            UserKey::Sis(id) => one(self.by_sis.get(&*names::exact(id))),
            UserKey::Login(_) if !rights.logins_shown => Found::Hidden,
            UserKey::Login(login) => one(self.by_login.get(&names::login(login))),
        }
    }

    /// Who may have been meant. Never taken, only told: ids that differ in a zero may be of two
    /// people.
    fn suggestion(&self, key: &UserKey) -> String {
        let UserKey::Sis(id) = key else {
            return String::new();
        };
        let folded = self.by_folded_sis.get_or_init(|| {
            let with_id = self.students.iter().enumerate().rev();
            with_id
                .filter_map(|(index, student)| {
                    Some((names::folded_id(student.sis_id.as_deref()?), index))
                })
                .collect()
        });
        let near = folded.get(&names::folded_id(id));
        let near = near.and_then(|index| self.students[*index].sis_id.as_deref());
        near.map_or(String::new(), |near| {
            format!(
                "; there is {near}, which differs in case or zeros: correct the row if it is meant"
            )
        })
    }
}

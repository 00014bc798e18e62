//! Jobs in the background: each look at one finds it a step further.

use std::collections::VecDeque;

use serde_json::Value;

use super::{file::Row, school::School};

/// After how many looks at a running job its work is done.
const LOOKS: usize = 3;

pub(super) struct Job {
    pub(super) category: u64,
    pub(super) tag: &'static str,
    pub(super) state: &'static str,
    /// Why it failed.
    pub(super) message: Option<String>,
    work: Result<VecDeque<Step>, String>,
    total: usize,
    /// The students whom an import has placed: later rows about them do not count.
    placed: Vec<u64>,
}

enum Step {
    Assign(u64),
    Row(Row),
}

impl Job {
    /// How much is done, in percent.
    pub(super) fn completion(&self) -> f64 {
        let left = self.work.as_ref().map_or(self.total, VecDeque::len);
        match self.total {
            0 if self.state == "completed" => 100.0,
            0 => 0.0,
            total => 100.0 * (total - left) as f64 / total as f64,
        }
    }
}

impl School {
    pub(super) fn begin_assignment(&mut self, category: u64) -> Value {
        let students = self.unassigned(category).into_iter();
        let work = students.map(Step::Assign).collect();
        self.begin(category, "assign_unassigned_members", "running", Ok(work))
    }

    /// Takes any file: what is wrong with it shows later.
    pub(super) fn begin_import(&mut self, category: u64, rows: Result<Vec<Row>, String>) -> Value {
        let work = rows.map(|rows| rows.into_iter().map(Step::Row).collect());
        self.begin(category, "course_group_import", "queued", work)
    }

    fn begin(
        &mut self,
        category: u64,
        tag: &'static str,
        state: &'static str,
        work: Result<VecDeque<Step>, String>,
    ) -> Value {
        let id = self.next_id();
        let job = Job {
            category,
            tag,
            state,
            message: None,
            total: work.as_ref().map_or(0, VecDeque::len),
            work,
            placed: Vec::new(),
        };
        let shown = self.show_job(id, &job);
        self.jobs.insert(id, job);
        shown
    }

    /// Takes a job a step further and shows it.
    pub(super) fn look_at(&mut self, id: u64) -> Option<Value> {
        // Taken out, since its work changes the school.
        let mut job = self.jobs.remove(&id)?;
        match job.state {
            "queued" => job.state = "running",
            "running" => self.work_on(&mut job),
            _ => {}
        }
        let shown = self.show_job(id, &job);
        self.jobs.insert(id, job);
        Some(shown)
    }

    fn work_on(&mut self, job: &mut Job) {
        let steps = match &mut job.work {
            Err(message) => {
                job.state = "failed";
                job.message = Some(message.clone());
                return;
            }
            Ok(work) => {
                let count = job.total.div_ceil(LOOKS).min(work.len());
                work.drain(..count).collect::<Vec<_>>()
            }
        };
        for step in steps {
            match step {
                Step::Assign(student) => {
                    self.assign(student, job.category);
                }
                Step::Row(row) => self.import(job.category, &row, &mut job.placed),
            }
        }
        if job.work.as_ref().is_ok_and(VecDeque::is_empty) {
            job.state = "completed";
        }
    }

    /// Finds or makes the group first, then the student, as Canvas does.
    fn import(&mut self, category: u64, row: &Row, placed: &mut Vec<u64>) {
        let cell = |name: &str| row.get(name).map(String::as_str);
        let number = |name: &str| cell(name).and_then(|text| text.parse::<u64>().ok());
        let groups = self.groups_in(category);
        let by_id = number("canvas_group_id").filter(|id| groups.contains(id));
        let named = cell("group_name");
        let by_name = || {
            let mut groups = groups.iter().copied();
            groups.find(|id| self.groups.get(id).map(|group| group.name.as_str()) == named)
        };
        let group = match (by_id.or_else(by_name), named) {
            (Some(group), _) => group,
            (None, Some(name)) => self.add_group(category, name),
            (None, None) => return,
        };
        let mut students = self.students.iter();
        let by_id = number("canvas_user_id").filter(|id| self.has(*id));
        let student = by_id.or_else(|| {
            let found = students.find(|student| {
                cell("user_id") == Some(&student.sis_id())
                    || cell("login_id").map(str::to_lowercase) == Some(student.login())
            });
            found.map(|student| student.id)
        });
        if let Some(student) = student.filter(|student| !placed.contains(student)) {
            placed.push(student);
            self.join(student, group);
        }
    }
}

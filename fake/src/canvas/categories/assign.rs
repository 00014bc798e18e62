//! The assignment of those who are in no group, at once or as a job.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    canvas::{
        api_request::ApiRequest,
        jobs::{Done, NewJob, Subject},
        rights::Action,
        school::{Context, School},
    },
    reply::{HandlerResult, Reply},
};

pub(super) fn assign(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    request.permit_in_category(Action::Manage, id)?;
    let category = request.category_record(id)?;
    let is_restricted = matches!(category.context, Context::Course(_))
        && category.self_signup == Some("restricted");
    if category.role == Some("student_organized") || is_restricted {
        return Err(Reply::json(StatusCode::BAD_REQUEST, json!({})));
    }
    let by_section = request.params.flag("group_by_section") == Some(true);
    let is_now = request.params.flag("sync") == Some(true);
    if is_now && by_section {
        // The split is made, but makes no list that could be shown.
        if request.school.section_faults(id).is_empty() {
            request.school.assign_by_section(id);
        }
        return Err(Reply::crash());
    }
    if is_now {
        let school = &mut *request.school;
        let assigned = school.assign(id).into_iter();
        let assigned = assigned.map(|(group, users)| {
            let members = users.into_iter().map(|user| school.show_new(user, id));
            json!({ "id": group, "new_members": members.collect::<Value>() })
        });
        return Ok(Reply::ok(assigned.collect::<Value>()));
    }
    if let Some(job) = request.school.pending_job(id) {
        return Ok(Reply::ok(request.school.show_progress(job, request.url)));
    }
    let job = request.school.start(NewJob {
        tag: "assign_unassigned_members",
        subject: Subject::Category(id),
        user: None,
        queued: Duration::ZERO,
        running: request.settings.job_duration,
        work: Arc::new(move |school| school.assign_later(id, by_section)),
    });
    Ok(Reply::ok(request.school.show_progress(job, request.url)))
}

impl School {
    fn assign_later(&mut self, id: u64, by_section: bool) -> Result<Done, String> {
        if !by_section {
            self.assign(id);
            return Ok(Done::default());
        }
        let faults: Vec<String> = self.section_faults(id).sentences().collect();
        if !faults.is_empty() {
            // The list of errors, as it is printed.
            return Err(format!("{faults:?}"));
        }
        self.assign_by_section(id);
        Ok(Done::default())
    }

    /// Somebody who was put into a group of a set.
    fn show_new(&self, id: u64, category: u64) -> Value {
        let user = self.users.get(&id);
        let mut shown = json!({
            "user_id": id,
            "name": user.map(|user| &user.sortable_name),
            "display_name": user.map(|user| &user.short_name),
        });
        let context = self.categories.get(&category).map(|set| set.context);
        if let Some(Context::Course(course)) = context {
            let course = self.courses.get(&course);
            let enrollment = course.and_then(|course| course.roster.get(&id));
            let sections = enrollment.map(|enrollment| enrollment.sections.iter());
            let sections = sections.into_iter().flatten().map(|section| {
                let name = self.sections.get(section).map(|section| &section.name);
                json!({ "section_id": section, "section_code": name })
            });
            shown["sections"] = sections.collect();
        }
        shown
    }
}

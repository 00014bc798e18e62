//! Courses as Canvas shows them.

use serde_json::{Map, Value, json};

use crate::{
    canvas::{
        api_request::ApiRequest,
        json::{members, time},
        rights::{Action, Right},
        school::{Context, Course, ROOT, Role},
    },
    params::Params,
};

/// The term that every course is in.
pub(super) const TERM: u64 = 1;

/// What a course brings along.
#[derive(Debug, Clone, Default)]
pub(super) struct CourseIncludes {
    names: Vec<String>,
    teacher_limit: Option<usize>,
    /// Whether it is shown alone, which it can be asked more for.
    is_alone: bool,
}

impl CourseIncludes {
    pub(super) fn asked(params: &Params) -> Self {
        Self {
            names: params.list("include"),
            ..Self::default()
        }
    }

    pub(super) fn of_one(params: &Params) -> Self {
        let limit = params.number("teacher_limit");
        Self {
            teacher_limit: limit.and_then(|limit| usize::try_from(limit).ok()),
            is_alone: true,
            ..Self::asked(params)
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|other| other == name)
    }

    /// A course, with how `user` is enrolled in it.
    pub(super) fn show(
        &self,
        request: &ApiRequest<'_>,
        id: u64,
        user: Option<u64>,
    ) -> Map<String, Value> {
        let Some(course) = request.school.courses.get(&id) else {
            return Map::new();
        };
        let mut shown = show_course(request, id, course);
        if let Some(user) = user {
            let enrollments = enrollments(course, user);
            shown.insert("enrollments".to_owned(), enrollments);
        }
        let mut include = |name: &str, value: &dyn Fn() -> Value| {
            if self.has(name) {
                shown.insert(name.to_owned(), value());
            }
        };
        let school = &request.school;
        include("term", &|| {
            json!({
                "id": TERM,
                "name": "Default Term",
                "start_at": null,
                "end_at": null,
                "workflow_state": "active",
            })
        });
        include("concluded", &|| course.is_concluded.into());
        include("is_favorite", &|| false.into());
        include("public_description", &|| Value::Null);
        include("storage_quota_used_mb", &|| json!(0.0));
        include("total_students", &|| {
            school.current_students(id).count().into()
        });
        if user.is_none() {
            include("account_name", &|| {
                school.context_name(Context::Account(course.account)).into()
            });
        } else {
            include("sections", &|| own_sections(request, id, course));
        }
        if self.is_alone {
            include("lti_context_id", &|| format!("lti-course-{id}").into());
            include("permissions", &|| permissions(request, id));
        }
        if self.has("favorites") {
            shown.insert("is_favorite".to_owned(), false.into());
        }
        if self.has("teachers") {
            self.tell_teachers(request, course, &mut shown);
        }
        shown
    }

    fn tell_teachers(
        &self,
        request: &ApiRequest<'_>,
        course: &Course,
        shown: &mut Map<String, Value>,
    ) {
        let teachers = course.roster.iter();
        let teachers: Vec<u64> = teachers
            .filter(|(_, it)| it.role == Role::Teacher && it.state.is_current())
            .map(|(user, _)| *user)
            .collect();
        if self
            .teacher_limit
            .is_some_and(|limit| teachers.len() > limit)
        {
            shown.insert("teacher_count".to_owned(), teachers.len().into());
            return;
        }
        let teachers = teachers.into_iter();
        let teachers = teachers.map(|user| request.school.show_display(user, request.url));
        shown.insert("teachers".to_owned(), teachers.collect());
    }
}

fn show_course(request: &ApiRequest<'_>, id: u64, course: &Course) -> Map<String, Value> {
    let mut shown = members(json!({
        "id": id,
        "name": course.name,
        "course_code": course.code,
        "workflow_state": state(course),
        "account_id": course.account,
        "root_account_id": ROOT,
        "enrollment_term_id": TERM,
        "uuid": format!("course-{id}"),
        "created_at": time(course.created_at),
        "start_at": null,
        "end_at": null,
        "restrict_enrollments_to_course_dates": false,
        "time_zone": "Etc/UTC",
        "default_view": "modules",
        "is_public": false,
        "is_public_to_auth_users": false,
        "license": null,
        "blueprint": false,
        "template": false,
        "storage_quota_mb": 500,
    }));
    let context = Context::Course(id);
    if request.may(Right::ReadSis, context) {
        shown.insert("sis_course_id".to_owned(), course.sis_id.clone().into());
        shown.insert("integration_id".to_owned(), Value::Null);
    }
    if request.may(Right::ManageSis, context) {
        shown.insert("sis_import_id".to_owned(), Value::Null);
    }
    shown
}

/// How far a course has come.
pub(super) fn state(course: &Course) -> &'static str {
    match (course.is_concluded, course.is_published) {
        (true, _) => "completed",
        (false, true) => "available",
        (false, false) => "unpublished",
    }
}

fn enrollments(course: &Course, user: u64) -> Value {
    let Some(enrollment) = course.roster.get(&user) else {
        return json!([]);
    };
    let each = enrollment.in_sections().map(|_| {
        json!({
            "type": enrollment.role.word(),
            "role": enrollment.role.kind(),
            "role_id": enrollment.role.id(),
            "user_id": user,
            "enrollment_state": enrollment.state.name(),
            "limit_privileges_to_course_section": enrollment.is_limited,
        })
    });
    each.collect()
}

/// The sections in which the caller is.
fn own_sections(request: &ApiRequest<'_>, id: u64, course: &Course) -> Value {
    let enrollment = course.roster.get(&request.caller);
    let sections = enrollment.into_iter().flat_map(|enrollment| {
        let kind = enrollment.role.kind();
        enrollment
            .in_sections()
            .map(move |(section, _)| (section, kind))
    });
    let sections = sections.map(|(section, kind)| {
        json!({
            "id": section,
            "name": request.school.section_name(id, section),
            "start_at": null,
            "end_at": null,
            "enrollment_role": kind,
        })
    });
    sections.collect()
}

fn permissions(request: &ApiRequest<'_>, id: u64) -> Value {
    let context = Context::Course(id);
    let manages = request.may_do(Action::Manage, false, context);
    json!({ "create_discussion_topic": true, "create_announcement": manages })
}

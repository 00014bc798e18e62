//! Records as Canvas shows them.

use serde_json::{Value, json};

use super::{
    jobs::Job,
    routes::COURSE,
    school::{School, Student},
};

const CREATED: &str = "2026-03-04T15:06:07Z";

impl School {
    pub(super) fn show_group(&self, id: u64) -> Value {
        let Some(group) = self.groups.get(&id) else {
            return Value::Null;
        };
        let category = self.categories.get(&group.category);
        let limit = category.and_then(|category| category.limit);
        json!({
            "id": id,
            "name": group.name,
            "description": null,
            "is_public": false,
            "join_level": "invitation_only",
            "members_count": group.members.len(),
            "max_membership": limit,
            "context_type": "Course",
            "context_name": "Mathematics 101",
            "course_id": COURSE,
            "role": null,
            "group_category_id": group.category,
            "storage_quota_mb": 50,
            "created_at": CREATED,
            "concluded": false,
            "non_collaborative": category.is_some_and(|category| category.are_tags),
        })
    }

    pub(super) fn show_groups(&self, ids: impl IntoIterator<Item = u64>) -> Vec<Value> {
        ids.into_iter().map(|id| self.show_group(id)).collect()
    }

    pub(super) fn show_category(&self, id: u64) -> Value {
        let Some(category) = self.categories.get(&id) else {
            return Value::Null;
        };
        json!({
            "id": id,
            "name": category.name,
            "role": null,
            "self_signup": category.self_signup,
            "auto_leader": null,
            "group_limit": category.limit,
            "created_at": CREATED,
            "context_type": "Course",
            "course_id": COURSE,
            "protected": false,
            "allows_multiple_memberships": false,
            "is_member": false,
            "non_collaborative": category.are_tags,
        })
    }

    /// A category or tag as it is stored, for the route that changes many tags.
    pub(super) fn show_stored(&self, id: u64, name: &str, category: Option<u64>) -> Value {
        json!({
            "id": id,
            "name": name,
            "group_category_id": category,
            "context_id": COURSE,
            "context_type": "Course",
            "workflow_state": category.map(|_| match self.groups.contains_key(&id) {
                true => "available",
                false => "deleted",
            }),
            "non_collaborative": true,
            "created_at": CREATED,
            "updated_at": CREATED,
        })
    }

    pub(super) fn show_users(&self, ids: impl IntoIterator<Item = u64>) -> Vec<Value> {
        let ids = ids.into_iter();
        let students = ids.filter_map(|id| self.students.iter().find(|student| student.id == id));
        students.map(show_user).collect()
    }

    pub(super) fn show_job(&self, id: u64, job: &Job) -> Value {
        json!({
            "id": id,
            "context_id": job.category,
            "context_type": "GroupCategory",
            "user_id": null,
            "tag": job.tag,
            "completion": job.completion(),
            "workflow_state": job.state,
            "message": job.message,
            "created_at": CREATED,
            "updated_at": CREATED,
            "url": format!("{}/api/v1/progress/{id}", self.url),
        })
    }
}

fn show_user(student: &Student) -> Value {
    let Student { id, first, last } = student;
    json!({
        "id": id,
        "name": format!("{first} {last}"),
        "sortable_name": format!("{last}, {first}"),
        "short_name": first,
        "created_at": CREATED,
        "login_id": student.login(),
        "sis_user_id": student.sis_id(),
    })
}

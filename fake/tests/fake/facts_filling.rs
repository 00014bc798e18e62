//! What Canvas fixes about group sets that change: their names, and the groups that come and fill.

use canvas_groups_fake::Role;
use serde_json::{Value, json};

use crate::common::{TestSchool, fault, pass};

/// A set of a course with no group in it, and how many students the course has.
const STUDENTS: usize = 6;

async fn with_six_students() -> (TestSchool, Value) {
    let mut course = None;
    let place = TestSchool::with(|school, ids| {
        let id = school.add_course("Six");
        school.enroll(id, ids.teacher, Role::Teacher);
        for student in &ids.students[..STUDENTS] {
            school.enroll(id, *student, Role::Student);
        }
        course = Some(id);
    })
    .await;
    let path = format!("courses/{}/group_categories", course.unwrap());
    let body = json!({ "name": "Set" });
    let (_, set) = place.ask(place.ids.teacher, "POST", &path, body).await;
    (place, set["id"].clone())
}

#[tokio::test]
async fn a_change_makes_groups_and_fills_them_as_a_creation_does() {
    let cases: [(Value, &[u64]); 6] = [
        (json!({ "split_group_count": 3 }), &[2, 2, 2]),
        (json!({ "create_group_count": 4 }), &[2, 2, 1, 1]),
        (
            json!({ "create_group_count": 3, "self_signup": "enabled" }),
            &[0, 0, 0],
        ),
        (
            json!({ "create_group_count": 3, "self_signup": "restricted" }),
            &[0, 0, 0],
        ),
        (
            json!({ "split_group_count": 3, "self_signup": "restricted" }),
            &[],
        ),
        (
            json!({ "create_group_member_count": 2, "split_groups": "2" }),
            &[2, 2, 2],
        ),
    ];
    for (change, expected) in cases {
        let (place, set) = with_six_students().await;
        let path = format!("group_categories/{set}");
        let teacher = place.ids.teacher;
        let (status, _) = place.ask(teacher, "PUT", &path, change.clone()).await;
        assert_eq!(status, 200, "{change}");
        let groups = place.get(teacher, &format!("{path}/groups")).await;
        let groups = groups.as_array().unwrap().iter();
        let sizes: Vec<_> = groups
            .map(|group| group["members_count"].as_u64().unwrap())
            .collect();
        assert_eq!(sizes, expected, "{change}");
    }
}

#[tokio::test]
async fn an_assignment_is_a_progress_with_its_address() {
    let (place, set) = with_six_students().await;
    let path = format!("group_categories/{set}/assign_unassigned_members");
    let (status, job) = place.ask(place.ids.teacher, "POST", &path, json!({})).await;
    assert_eq!((status, &job["completion"]), (200, &json!(0)));
    let url = format!("{}/api/v1/progress/{}", place.fake.url(), job["id"]);
    assert_eq!(job["url"], url);
    assert_eq!(
        (&job["context_type"], &job["context_id"]),
        (&json!("GroupCategory"), &set)
    );
}

#[tokio::test]
async fn a_limit_keeps_a_set_from_being_split_by_section() {
    let message =
        "[\"Group by section Groups cannot have size restrictions to assign by section\"]";
    for of_set in [true, false] {
        let (place, set) = with_six_students().await;
        let teacher = place.ids.teacher;
        let path = format!("group_categories/{set}");
        let change = json!({ "create_group_count": 2, "assign_async": true });
        place.ask(teacher, "PUT", &path, change).await;
        let groups = place.get(teacher, &format!("{path}/groups")).await;
        match of_set {
            true => {
                let limit = json!({ "group_limit": 4 });
                place.ask(teacher, "PUT", &path, limit).await;
            }
            false => {
                let group = format!("groups/{}", groups[0]["id"]);
                let limit = json!({ "max_membership": 4 });
                place.ask(teacher, "PUT", &group, limit).await;
            }
        }
        let assign = format!("{path}/assign_unassigned_members");
        let body = json!({ "group_by_section": true });
        let (_, job) = place.ask(teacher, "POST", &assign, body).await;
        pass(4.0).await;
        let job = place.get(teacher, &format!("progress/{}", job["id"])).await;
        assert_eq!(
            (&job["workflow_state"], &job["message"]),
            (&json!("failed"), &json!(message)),
            "limit of the set: {of_set}"
        );
        let groups = place.get(teacher, &format!("{path}/groups")).await;
        assert_eq!(groups[0]["members_count"], 0);
    }
}

#[tokio::test]
async fn a_set_stays_what_it_was_made_as_and_takes_a_new_name() {
    let place = TestSchool::new().await;
    let ids = &place.ids;
    let base = format!("courses/{}/group_categories?per_page=100", ids.course);
    let is_tags = async |set: u64| {
        let path = format!("{base}&collaboration_state=non_collaborative");
        let sets = place.get(ids.teacher, &path).await;
        sets.as_array().unwrap().iter().any(|it| it["id"] == set)
    };
    for (set, tags) in [(ids.category, false), (ids.tag_category, true)] {
        let path = format!("group_categories/{set}");
        for (at, says) in [json!(null), json!(!tags), json!(tags)]
            .into_iter()
            .enumerate()
        {
            let name = format!("Renamed {at} of {set}");
            let change = json!({
                "name": name, "non_collaborative": says,
                "category": { "non_collaborative": says },
            });
            let (status, shown) = place.ask(ids.teacher, "PUT", &path, change).await;
            assert_eq!((status, &shown["name"]), (200, &json!(name)));
            assert_eq!(is_tags(set.get()).await, tags, "{says}");
        }
    }
    // A name that is reserved for other sets is refused to groups, and given to tags.
    let reserved = json!({ "name": "Student Groups" });
    let refused = fault("name", "Student Groups is a reserved name.");
    let path = format!("group_categories/{}", ids.category);
    assert_eq!(
        place.ask(ids.teacher, "PUT", &path, reserved.clone()).await,
        refused
    );
    let path = format!("group_categories/{}", ids.tag_category);
    assert_eq!(place.ask(ids.teacher, "PUT", &path, reserved).await.0, 200);
}

#[tokio::test]
async fn many_tags_are_shown_with_the_name_of_their_set() {
    let place = TestSchool::new().await;
    let ids = &place.ids;
    let path = format!(
        "courses/{}/group_categories/bulk_manage_differentiation_tag",
        ids.course
    );
    let body = json!({
        "operations": {
            "create": [{ "name": "New" }],
            "update": [{ "id": ids.tags[0], "name": "More time" }],
            "delete": [{ "id": ids.tags[1] }],
        },
        "group_category": { "id": ids.tag_category, "name": "Needs" },
    });
    let (status, answer) = place.ask(ids.teacher, "POST", &path, body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["group_category"]["name"], "Needs");
    for list in ["created", "updated", "deleted"] {
        let group = &answer[list][0]["group"];
        assert_eq!(group["group_category"], "Needs", "{list}: {group}");
        assert_eq!(group["group_category_id"], json!(ids.tag_category));
    }
}

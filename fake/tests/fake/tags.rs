//! Many changes of tags at once.

use canvas_groups::{
    ErrorKind,
    categories::{CreateCourseCategory, ListCategoryGroups},
    tags::{ManageTags, TagState},
};
use serde_json::{Value, json};

use crate::common::{TestSchool, refusal};

fn path(place: &TestSchool) -> String {
    let course = place.ids.course;
    format!("courses/{course}/group_categories/bulk_manage_differentiation_tag")
}

async fn names(place: &TestSchool) -> Vec<String> {
    let list = ListCategoryGroups::new(place.ids.tag_category);
    let tags = place.teacher.send(list).await.unwrap().items;
    tags.into_iter().map(|tag| tag.name).collect()
}

fn error(message: &str) -> (u16, Value) {
    (400, json!({ "errors": message }))
}

#[tokio::test]
async fn tags_are_made_renamed_and_deleted_in_one_go() {
    let place = TestSchool::new().await;
    let [extra, reading] = place.ids.tags[..] else {
        panic!("two tags");
    };
    let manage = ManageTags::in_set(place.ids.course, place.ids.tag_category)
        .rename_set("Needs")
        .create("Honors")
        .update(reading, "Reading")
        .delete(extra);
    let result = place.teacher.send(manage).await.unwrap();
    assert_eq!(result.created[0].name, "Honors");
    assert_eq!(result.created[0].workflow_state, Some(TagState::Available));
    assert_eq!(result.updated[0].name, "Reading");
    assert_eq!(result.deleted[0].id, extra);
    assert_eq!(result.deleted[0].workflow_state, Some(TagState::Deleted));
    let set = result.group_category.unwrap();
    assert_eq!((&*set.name, set.non_collaborative), ("Needs", Some(true)));
    assert_eq!(names(&place).await, ["Honors", "Reading"]);

    let new = ManageTags::in_new_set(place.ids.course, "Levels").create("Fast");
    let new = place.teacher.send(new).await.unwrap();
    assert_eq!(new.group_category.unwrap().name, "Levels");
    // Records are wrapped, and show their columns.
    let body = json!({
        "operations": { "create": [{ "name": "Slow", "id": 7 }] },
        "group_category": { "name": "Raw" },
    });
    let (_, raw) = TestSchool::answer(place.raw("POST", &path(&place)).json(&body)).await;
    assert_eq!(raw["created"][0]["group"]["name"], "Slow");
    assert_eq!((&raw["updated"], &raw["deleted"]), (&json!([]), &json!([])));
    assert_eq!(raw["group_category"]["sis_source_id"], Value::Null);
    assert_eq!(raw["group_category"].get("course_id"), None);
    let error = place
        .student
        .send(ManageTags::in_new_set(place.ids.course, "Mine").create("Me"));
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn one_wrong_operation_undoes_all() {
    let place = TestSchool::new().await;
    let group = place.ids.groups[0];
    let set = || ManageTags::in_set(place.ids.course, place.ids.tag_category);
    let not_there = set()
        .rename_set("Gone")
        .create("Honors")
        .update(group, "Mine");
    let message = format!("Couldn't find Group with 'id'={group}");
    assert_eq!(
        refusal(place.teacher.send(not_there).await),
        (404, json!({ "error": message }))
    );
    let blank = set().delete(place.ids.tags[0]).create(" ");
    assert_eq!(
        refusal(place.teacher.send(blank).await),
        error("Validation failed: Name Name is required")
    );
    let twice = set().delete(place.ids.tags[0]).delete(place.ids.tags[0]);
    assert_eq!(refusal(place.teacher.send(twice).await).0, 404);
    assert_eq!(names(&place).await, ["Extra time", "Reading aid"]);
    // Names of sets of tags may be taken, and reserved for others.
    for name in ["Accommodations", "Student Groups"] {
        let twin = ManageTags::in_new_set(place.ids.course, name).create("A");
        place.teacher.send(twin).await.unwrap();
    }
}

#[tokio::test]
async fn sets_have_to_be_of_tags_and_of_the_course() {
    let place = TestSchool::with(|school, _| {
        school.add_course("Other");
    })
    .await;
    let (course, tags) = (place.ids.course, place.ids.tag_category);
    let groups = ManageTags::in_set(course, place.ids.category).create("A");
    assert_eq!(
        refusal(place.admin.send(groups).await),
        error("This endpoint only works for Differentiation Tags")
    );
    let other = place.fake.school(|school| school.add_course("Another"));
    let elsewhere = error("GroupCategory not part of the course");
    let other = ManageTags::in_set(other, tags).create("A");
    assert_eq!(refusal(place.admin.send(other).await), elsewhere);
    let unknown = ManageTags::in_set(course, canvas_groups::CategoryId::new(9_999)).create("A");
    assert_eq!(
        refusal(place.admin.send(unknown).await),
        (404, json!({ "status": "not found" }))
    );
    // Other forms than the number of the course are not understood.
    let sis = "courses/sis_course_id:MATH-101/group_categories/bulk_manage_differentiation_tag";
    let body = |set: Value| json!({ "operations": { "create": [] }, "group_category": set });
    let post = |path: &str, body: Value| TestSchool::answer(place.raw("POST", path).json(&body));
    let with_set = post(sis, body(json!({ "id": tags, "name": "New" }))).await;
    assert_eq!(with_set, elsewhere);
    let without = post(sis, body(json!({ "name": "New" }))).await;
    assert_eq!(without.0, 404);
    assert!(without.1["error"].as_str().unwrap().contains("Course"));
    let missing = |name: &str| {
        let message = format!("{name} is missing");
        (400, json!({ "errors": [{ "message": message }] }))
    };
    let path = path(&place);
    let empty = json!({ "operations": {}, "group_category": { "id": tags } });
    assert_eq!(post(&path, empty).await, missing("operations"));
    let none = json!({ "operations": { "create": [] } });
    assert_eq!(post(&path, none).await, missing("group_category"));
}

#[tokio::test]
async fn limits_are_fifty_operations_ten_tags_a_set_and_forty_a_course() {
    let place = TestSchool::new().await;
    let operations: Vec<_> = (0..51)
        .map(|n| json!({ "name": format!("T{n}") }))
        .collect();
    let body = json!({ "operations": { "create": operations } });
    let request = place.raw("POST", &path(&place)).json(&body);
    assert_eq!(
        TestSchool::answer(request).await,
        error("You can only perform a maximum of 50 operations at a time.")
    );
    let tags = |count| {
        let set = ManageTags::in_set(place.ids.course, place.ids.tag_category);
        (0..count).fold(set, |set, n| set.create(format!("T{n}")))
    };
    let refused = refusal(place.teacher.send(tags(9)).await);
    assert_eq!(
        refused,
        error("Validation failed: Variant limit reached for tag")
    );
    // Those that go make room first.
    let swap = tags(9).delete(place.ids.tags[0]);
    place.teacher.send(swap).await.unwrap();
    assert_eq!(names(&place).await.len(), 10);
    place.fake.school(|school| {
        for number in 0..3 {
            let set = school.add_tag_category(place.ids.course, format!("Set {number}"));
            for tag in 0..10 - number {
                school.add_group(set, format!("{number}/{tag}"));
            }
        }
        // Sets without tags do not count.
        for number in 0..40 {
            school.add_tag_category(place.ids.course, format!("Empty {number}"));
        }
    });
    let three = ManageTags::in_new_set(place.ids.course, "Three").create("A");
    place
        .teacher
        .send(three.create("B").create("C"))
        .await
        .unwrap();
    let more = ManageTags::in_new_set(place.ids.course, "One more").create("A");
    assert_eq!(
        refusal(place.teacher.send(more).await),
        error("Validation failed: You have reached the tag limit for this course")
    );
    let more = CreateCourseCategory::new(place.ids.course, "One more").non_collaborative(true);
    let refused = refusal(place.teacher.send(more).await).1;
    let limit = "You have reached the tag limit for this course";
    assert_eq!(refused["errors"]["base"][0]["message"], limit);
    let groups = CreateCourseCategory::new(place.ids.course, "Groups");
    place.teacher.send(groups).await.unwrap();
}

#[tokio::test]
async fn without_operations_no_right_is_asked_for() {
    let place = TestSchool::new().await;
    let rename = ManageTags::in_set(place.ids.course, place.ids.tag_category).rename_set("Ours");
    let renamed = place.student.send(rename).await.unwrap();
    assert_eq!(renamed.group_category.unwrap().name, "Ours");
}

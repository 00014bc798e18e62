//! Tagging many students at once.

use canvas_groups::{
    ErrorKind, UserId,
    memberships::{AddCourseMembers, AddMembers, AddedMembers, CreateMembership},
};
use canvas_groups_fake::{FakeCanvas, SmallSchool};
use serde_json::{Value, json};

use crate::groups::kind;

/// What the server answers to a body, as status and text.
async fn add(fake: &FakeCanvas, ids: &SmallSchool, body: Value) -> (u16, String) {
    let url = format!("{}/api/v1/groups/{}/memberships", fake.url(), ids.tags[1]);
    let answer = reqwest::Client::new()
        .post(url)
        .bearer_auth(fake.token())
        .header("User-Agent", "test")
        .json(&body)
        .send();
    let answer = answer.await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn trap_24_full_success_has_no_body() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let tag = ids.tags[1];
    let some = AddMembers::new(tag, ids.students[..4].to_vec());
    assert_eq!(teacher.send(some).await.unwrap(), AddedMembers::Complete);
    fake.school(|school| assert_eq!(school.members(tag), ids.students[..4]));
    let rest = AddCourseMembers::new(tag).exclude_user_ids([ids.students[13]]);
    assert_eq!(teacher.send(rest).await.unwrap(), AddedMembers::Complete);
    fake.school(|school| {
        assert_eq!(school.members(tag), ids.students[..13]);
        assert_eq!(
            school.members(ids.tags[0]).len(),
            3,
            "one may carry several"
        );
        assert_eq!(school.members(ids.groups[0]).len(), 6);
    });
    let again = json!({ "members": [ids.students[0]] });
    assert_eq!(add(&fake, &ids, again).await, (200, String::new()));
}

#[tokio::test]
async fn trap_34_who_is_not_enrolled_is_named() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let outsider = fake.school(|school| {
        school.set_active(ids.course, ids.students[1], false);
        school.add_user("Out Sider")
    });
    let (inactive, active) = (ids.students[1], ids.students[0]);
    let mixed = AddMembers::new(ids.tags[1], [active, inactive, outsider]);
    let AddedMembers::Partial {
        invalid_user_ids,
        membership_errors,
        ..
    } = teacher.send(mixed).await.unwrap()
    else {
        panic!("all were added");
    };
    assert_eq!(invalid_user_ids, [outsider]);
    assert_eq!(membership_errors, []);
    fake.school(|school| assert_eq!(school.members(ids.tags[1]), [active, inactive]));
    let (status, body) = add(&fake, &ids, json!({ "members": "" })).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["invalid_user_ids"]), (200, &json!([0])));
}

#[tokio::test]
async fn many_are_added_to_tags_alone_and_never_nobody() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let group = AddMembers::new(ids.groups[2], [ids.students[0]]);
    let error = teacher.send(group).await.unwrap_err();
    assert_eq!(
        (error.status().unwrap().as_u16(), error.body()),
        (400, None)
    );
    let nobody = AddCourseMembers::new(ids.tags[1]).exclude_user_ids(ids.students.clone());
    assert_eq!(kind(teacher.send(nobody).await), Some(ErrorKind::Invalid));
    let empty = json!({ "members": [], "user_id": ids.students[0] });
    assert_eq!(add(&fake, &ids, empty).await, (400, String::new()));
    let student = fake.client_of(ids.students[0]).unwrap();
    let refused = AddMembers::new(ids.tags[1], [ids.students[0]]);
    assert_eq!(
        kind(student.send(refused).await),
        Some(ErrorKind::Forbidden)
    );
}

#[tokio::test]
async fn a_single_student_is_tagged_too() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let one = CreateMembership::new(ids.tags[1], ids.students[5]);
    assert_eq!(teacher.send(one).await.unwrap().just_created, Some(true));
    let unknown = CreateMembership::new(ids.tags[1], UserId::new(999_999));
    assert_eq!(kind(teacher.send(unknown).await), Some(ErrorKind::NotFound));
}

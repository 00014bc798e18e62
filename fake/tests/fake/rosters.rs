//! What programs that plan who should be where read of a course.

use std::time::Duration;

use canvas_groups::{
    Canvas, CategoryId, ErrorKind, UserId,
    categories::{GetCategory, ListCategoryUsers},
    csv::{ExportGroups, ExportTags},
    enrollments::EnrollmentState,
    groups::{CreateCategoryGroup, GetGroup, UpdateGroup},
    memberships::{CreateMembership, ListMemberships, RemoveUser, RemoveUsers},
};
use canvas_groups_fake::{FakeCanvas, Hold, Role, School, SisAccess};

use crate::common::TestSchool;

/// Who is in the export of a set, and in how many rows a group is named.
async fn exported(canvas: &Canvas, set: CategoryId) -> (Vec<UserId>, usize) {
    let file = canvas.send(ExportGroups::new(set)).await.unwrap();
    let rows: Vec<_> = file.rows().map(Result::unwrap).collect();
    let placed = rows.iter().filter(|row| row.group_name.is_some()).count();
    let users = rows.iter().filter_map(|row| row.canvas_user_id).collect();
    (users, placed)
}

#[tokio::test]
async fn groups_hold_staff_and_students_whom_the_export_leaves_out() {
    use EnrollmentState::*;
    let states = [Invited, Inactive, Completed];
    let place = TestSchool::with(|school, ids| {
        for (student, state) in ids.students.iter().zip(&states) {
            school.set_enrollment_state(ids.course, *student, state.clone());
        }
        school.add_member(ids.groups[0], ids.teacher);
    })
    .await;
    let (s, group) = (&place.ids.students, place.ids.groups[0]);
    let (users, _) = exported(&place.teacher, place.ids.category).await;
    assert_eq!(users, s[3..]);
    let members = place.fake.school(|school| school.members(group));
    assert_eq!(members.len(), 7);
    assert_eq!(members[0], place.ids.teacher);
    let shown = place.teacher.send(GetGroup::new(group)).await.unwrap();
    assert_eq!(shown.members_count, Some(7));
    let memberships = place.teacher.send(ListMemberships::new(group)).await;
    assert_eq!(memberships.unwrap().items.len(), 7);
    // The users of the set are those who are active or invited.
    let list = ListCategoryUsers::new(place.ids.category).per_page(100);
    let listed = place.teacher.send(list).await.unwrap().items;
    let listed: Vec<_> = listed.iter().map(|user| user.id).collect();
    assert_eq!(listed, [&s[..1], &s[3..]].concat());
    // Whoever has any enrollment can be placed, and nobody else.
    for student in &s[..3] {
        let add = CreateMembership::new(place.ids.groups[2], *student);
        place.teacher.send(add).await.unwrap();
    }
    let stranger = place.fake.school(|school| school.add_user("Zoe Elsewhere"));
    let add = CreateMembership::new(place.ids.groups[2], stranger);
    let refused = place.teacher.send(add).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn only_an_enrollment_that_is_deleted_takes_its_user_out_of_the_groups() {
    let (mut school, ids) = School::small();
    let (course, student) = (ids.course, ids.students[0]);
    let elsewhere = school.add_course("Physics");
    school.enroll(elsewhere, student, Role::Student);
    let set = school.add_category(elsewhere, "Labs");
    let lab = school.add_group(set, "Lab").unwrap();
    school.add_member(lab, student);
    let is_in = |school: &School| school.members(ids.groups[0]).contains(&student);
    for state in [
        EnrollmentState::Completed,
        EnrollmentState::Inactive,
        EnrollmentState::Invited,
    ] {
        school.set_enrollment_state(course, student, state);
        assert!(is_in(&school));
    }
    school.set_enrollment_state(course, student, EnrollmentState::Deleted);
    assert!(!is_in(&school));
    assert_eq!(school.members(lab), [student]);
}

#[tokio::test]
async fn exports_lag_while_the_replica_is_held() {
    let place = TestSchool::new().await;
    let (set, tag) = (place.ids.category, place.ids.tags[1]);
    let place_one = async |student: usize| {
        let group = place.ids.groups[2];
        let add = CreateMembership::new(group, place.ids.students[student]);
        place.teacher.send(add).await.unwrap();
    };
    let placed = async || exported(&place.teacher, set).await.1;
    assert_eq!(placed().await, 10);
    place.fake.hold_replica(Hold::UntilReleased);
    place_one(10).await;
    place
        .fake
        .school(|school| school.add_member(tag, place.ids.students[9]));
    assert_eq!(placed().await, 10);
    let tags = || place.teacher.send(ExportTags::new(place.ids.course));
    let tagged = async || {
        let file = tags().await.unwrap();
        let rows = file.rows().map(Result::unwrap);
        rows.filter(|row| row.tag_name.is_some()).count()
    };
    assert_eq!(tagged().await, 3);
    // Everything else comes from the main database.
    let group = place.teacher.send(GetGroup::new(place.ids.groups[2])).await;
    assert_eq!(group.unwrap().members_count, Some(1));
    place.fake.release_replica();
    assert_eq!((placed().await, tagged().await), (11, 4));
    // Reads and refused writes do not bring it closer.
    place.fake.hold_replica(Hold::Writes(2));
    place_one(11).await;
    let foreign = RemoveUser::new(place.ids.groups[0], place.ids.students[13]);
    place.teacher.send(foreign).await.unwrap_err();
    assert_eq!(placed().await, 11);
    place_one(12).await;
    assert_eq!(placed().await, 13);
    place.fake.hold_replica(Hold::Writes(0));
    place_one(13).await;
    assert_eq!(placed().await, 14);
}

#[tokio::test]
async fn the_replica_catches_up_by_itself_in_time() {
    let place = TestSchool::new().await;
    place.fake.hold_replica(Hold::For(Duration::from_secs(60)));
    let add = CreateMembership::new(place.ids.groups[2], place.ids.students[10]);
    place.teacher.send(add).await.unwrap();
    let placed = async || exported(&place.teacher, place.ids.category).await.1;
    assert_eq!(placed().await, 10);
    crate::common::pass(59.0).await;
    assert_eq!(placed().await, 10);
    crate::common::pass(1.0).await;
    assert_eq!(placed().await, 11);
}

#[tokio::test]
async fn the_answer_has_the_keys_of_sis_data_that_the_caller_may_see() {
    let place = TestSchool::with(|school, ids| {
        school.set_sis_group_id(ids.groups[0], "g1");
        school.set_sis_group_category_id(ids.category, "set");
    })
    .await;
    let keys = async |token: &str| {
        let get = async |path: String| {
            TestSchool::answer(place.raw_with(token, "GET", &path))
                .await
                .1
        };
        let ids = &place.ids;
        let set = get(format!(
            "group_categories/{}?includes[]=groups",
            ids.category
        ))
        .await;
        let group = get(format!("groups/{}", ids.groups[0])).await;
        let memberships = get(format!("groups/{}/memberships", ids.groups[0])).await;
        let has = |value: &serde_json::Value, key| value.get(key).is_some();
        (
            has(&set, "sis_group_category_id"),
            has(&group, "sis_group_id"),
            has(&set["groups"][0], "sis_group_id"),
            has(&memberships[0], "sis_group_id"),
            has(&set, "sis_import_id"),
        )
    };
    let fake = &place.fake;
    let teacher = fake.token_of(place.ids.teacher);
    assert_eq!(keys(fake.token()).await, (true, true, true, true, true));
    assert_eq!(keys(&teacher).await, (false, false, false, false, false));
    fake.school(|school| school.limit_sis_access(place.ids.admin, SisAccess::Read));
    assert_eq!(keys(fake.token()).await, (true, true, true, true, false));
    let write = UpdateGroup::new(place.ids.groups[1]).sis_group_id("g2");
    place.admin.send(write).await.unwrap_err();
    fake.school(|school| school.limit_sis_access(place.ids.admin, SisAccess::Nothing));
    assert_eq!(
        keys(fake.token()).await,
        (false, false, false, false, false)
    );
}

#[tokio::test]
async fn exports_show_sis_ids_to_teachers_unless_that_is_taken_from_them() {
    let place = TestSchool::with(|school, ids| school.set_sis_group_id(ids.groups[0], "g1")).await;
    let columns = async || {
        let file = place.teacher.send(ExportGroups::new(place.ids.category));
        let file = file.await.unwrap();
        let text = String::from_utf8(file.bytes().to_vec()).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    let all = "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id";
    assert_eq!(columns().await, all);
    let teacher = place.ids.teacher;
    place
        .fake
        .school(|school| school.limit_sis_access(teacher, SisAccess::Nothing));
    let fewer = "name,canvas_user_id,login_id,sections,group_name,canvas_group_id";
    assert_eq!(columns().await, fewer);
    let users = ListCategoryUsers::new(place.ids.category);
    let users = place.teacher.send(users).await.unwrap().items;
    assert!(users.iter().all(|user| user.sis_user_id.is_none()));
}

#[tokio::test]
async fn a_server_without_bulk_removal_knows_no_such_route() {
    for is_old in [false, true] {
        let (school, ids) = School::small();
        let builder = match is_old {
            true => FakeCanvas::builder(school).old_server(true),
            false => FakeCanvas::builder(school).bulk_removal(false),
        };
        let fake = builder.start().await.unwrap();
        let remove = RemoveUsers::new(ids.groups[0], [ids.students[0]]);
        let error = fake.client().send(remove).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(fake.requests()[0].route, None);
        let one = RemoveUser::new(ids.groups[0], ids.students[0]);
        fake.client().send(one).await.unwrap();
    }
}

#[tokio::test]
async fn a_new_group_takes_the_invitees_who_are_of_the_course_and_fit() {
    let place = TestSchool::new().await;
    let (s, set) = (&place.ids.students, place.ids.category);
    let stranger = place.fake.school(|school| school.add_user("Zoe Elsewhere"));
    let create = CreateCategoryGroup::new(set)
        .name("Small")
        .max_membership(2)
        .invitees([s[0], stranger, s[1], s[2]]);
    let group = place.teacher.send(create).await.unwrap();
    let users: Vec<_> = group.users.unwrap().iter().map(|user| user.id).collect();
    assert_eq!(users, [s[0], s[1]]);
    let group = place.fake.school(|school| school.members(group.id));
    assert_eq!(group, [s[0], s[1]]);
    // A list of ids says the same.
    let body = serde_json::json!({ "name": "List", "invitees": [s[3].get(), stranger.get()] });
    let request = place.raw("POST", &format!("group_categories/{set}/groups"));
    let (status, made) = TestSchool::answer(request.json(&body)).await;
    assert_eq!((status, made["members_count"].as_u64()), (200, Some(1)));
    place.admin.send(GetCategory::new(set)).await.unwrap();
}

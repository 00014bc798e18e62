//! People who come twice, change, and are merged.

use canvas_groups::{
    csv::{GroupKey, GroupRow, ImportGroups, UserKey},
    groups::{GetGroup, InviteToGroup, ListGroupUsers, ListMyGroups},
    memberships::CreateMembership,
};
use canvas_groups_fake::{FakeCanvas, NewUser, Role, School};
use serde_json::json;

use crate::common::{TestSchool, pass, refusal};

#[tokio::test]
async fn two_people_of_one_name_have_logins_of_their_own() {
    let place = TestSchool::with(|school, ids| {
        let twin = school.add_user("Ada Moreno");
        school.enroll(ids.course, twin, Role::Student);
    })
    .await;
    let invite = InviteToGroup::new(place.ids.groups[2], ["ada.moreno", "ada.moreno2"]);
    let invited = place.teacher.send(invite).await.unwrap().invited;
    assert_eq!(invited[0].user_id, Some(place.ids.students[0]));
    assert_eq!(invited.len(), 2);
    let invite = InviteToGroup::new(place.ids.groups[2], ["ada.moreno2@example.edu"]);
    let same = place.teacher.send(invite).await.unwrap().invited;
    assert_eq!(same[0].user_id, invited[1].user_id);
}

#[tokio::test]
async fn a_second_enrollment_changes_the_role() {
    let place = TestSchool::with(|school, ids| {
        school.enroll(ids.course, ids.students[13], Role::Ta);
    })
    .await;
    let canvas = place.fake.client_of(place.ids.students[13]).unwrap();
    let move_one = CreateMembership::new(place.ids.groups[2], place.ids.students[0]);
    canvas.send(move_one).await.unwrap();
}

#[tokio::test]
async fn the_students_of_a_course_are_those_of_the_moment() {
    let (mut school, ids) = School::small();
    let course = ids.course;
    let mut expected = ids.students.clone();
    assert_eq!(school.students_in(course), expected);
    let new = school.add_user("Una New");
    school.enroll(course, new, Role::Student);
    expected.push(new);
    assert_eq!(school.students_in(course), expected);
    school.set_active(course, expected.remove(2), false);
    assert_eq!(school.students_in(course), expected);
    school.enroll(course, expected.remove(0), Role::Ta);
    assert_eq!(school.students_in(course), expected);
    school.merge_users(expected.remove(0), new);
    assert_eq!(school.students_in(course), expected);
}

#[tokio::test]
async fn a_merged_user_leaves_everything_to_the_other() {
    let place = TestSchool::with(|school, ids| {
        let double = school.add_user(NewUser::new("Ada Double").sis_user_id("D1"));
        school.enroll(ids.course, double, Role::Student);
        school.add_member(ids.groups[0], double);
        let club = school.add_category(ids.course, "Clubs");
        let club = school.add_group(club, "Chess").unwrap();
        school.add_member(club, double);
        school.merge_users(double, ids.students[0]);
        // Once more changes nothing, and nobody is merged into themselves.
        school.merge_users(double, ids.students[1]);
        school.merge_users(ids.students[1], ids.students[1]);
    })
    .await;
    let ada = place.ids.students[0];
    let users = place.admin.send(ListGroupUsers::new(place.ids.groups[0]));
    assert_eq!(users.await.unwrap().items.len(), 6);
    let mine = place.student.send(ListMyGroups::new()).await.unwrap().items;
    let mine: Vec<_> = mine.iter().map(|group| &*group.name).collect();
    assert_eq!(mine, ["Chess", "Math Group 1"]);
    let row = GroupRow::new(UserKey::sis("D1"), GroupKey::name("Math Group 3"));
    let import = ImportGroups::new(place.ids.category, [row]);
    place.teacher.send(import).await.unwrap();
    pass(4.0).await;
    place
        .fake
        .school(|school| assert_eq!(school.members(place.ids.groups[2]), [ada]));
}

#[tokio::test]
async fn one_acts_as_a_merged_user_by_the_new_id_only() {
    let (mut school, ids) = School::small();
    let double = school.add_user("Ada Double");
    school.merge_users(double, ids.students[0]);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let admin = fake.client().as_user(double).unwrap();
    let merged = json!({ "errors": "Invalid as_user_id", "merged_into_user_id": ids.students[0] });
    let refused = refusal(admin.send(ListMyGroups::new()).await);
    assert_eq!(refused, (401, merged));
    let teacher = fake.client_of(ids.teacher).unwrap().as_user(double);
    let refused = refusal(teacher.unwrap().send(ListMyGroups::new()).await);
    assert_eq!(refused, (401, json!({ "errors": "Invalid as_user_id" })));
    // The token of somebody who was merged is that of the other one.
    let merged = fake.client_of(double).unwrap();
    merged.send(GetGroup::new(ids.groups[0])).await.unwrap();
}

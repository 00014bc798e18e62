//! What changes of memberships set off: notices and lost submissions.

use std::time::Duration;

use canvas_groups::{
    UserId,
    categories::{AssignUnassignedNow, SelfSignup},
    csv::{GroupKey, GroupRow, ImportGroups, UserKey},
    enrollments::EnrollmentState,
    groups::{CreateCategoryGroup, GetGroup, InviteToGroup, UpdateGroup},
    memberships::{AddMembers, CreateMembership, SettableState, UpdateUserMembership},
};
use canvas_groups_fake::{FakeCanvas, NoticeKind, School};

use crate::common::{TestSchool, pass};

/// Whom the notices since the last look went to, by id.
fn told(place: &TestSchool) -> Vec<UserId> {
    place.fake.school(|school| {
        let users = school.notices().iter().map(|notice| notice.user);
        let mut users: Vec<_> = users.collect();
        users.sort_unstable();
        school.forget_notices();
        users
    })
}

#[tokio::test]
async fn a_new_membership_tells_its_user() {
    let place = TestSchool::new().await;
    let s = &place.ids.students;
    assert_eq!(told(&place), []);
    let group = place.ids.groups[2];
    let add = CreateMembership::new(group, s[0]);
    place.teacher.send(&add).await.unwrap();
    let notice = place.fake.school(|school| school.notices()[0]);
    assert_eq!((notice.user, notice.group), (s[0], group));
    assert_eq!(notice.kind, NoticeKind::NewMembership);
    assert_eq!(told(&place), [s[0]]);
    // Who is in it already is not told again.
    place.teacher.send(&add).await.unwrap();
    assert_eq!(told(&place), []);
    let invite = InviteToGroup::new(group, ["ben.okafor@example.edu"]);
    let _ = place.teacher.send(invite).await.unwrap();
    assert_eq!(told(&place), [s[1]]);
    let create = CreateCategoryGroup::new(place.ids.category).invitees([s[2], s[3]]);
    place.teacher.send(create).await.unwrap();
    assert_eq!(told(&place), [s[2], s[3]]);
    let members = UpdateGroup::new(group).replace_members([s[0], s[4]]);
    place.teacher.send(members).await.unwrap();
    assert_eq!(told(&place), [s[4]]);
}

#[tokio::test]
async fn nobody_is_told_of_a_course_or_an_enrollment_that_is_not_under_way() {
    let place = TestSchool::new().await;
    let (course, s) = (place.ids.course, &place.ids.students);
    let mut groups = place.ids.groups.iter().cycle();
    let mut add = async |change: &dyn Fn(&mut School)| {
        place.fake.school(change);
        // Each time another one, so that it is a new membership.
        for group in groups.by_ref().take(2) {
            let add = CreateMembership::new(*group, s[0]);
            place.admin.send(add).await.unwrap();
        }
        told(&place).len()
    };
    let state = |state: &'static EnrollmentState| {
        move |school: &mut School| school.set_enrollment_state(course, s[0], state.clone())
    };
    assert_eq!(add(&state(&EnrollmentState::Invited)).await, 0);
    assert_eq!(add(&state(&EnrollmentState::Inactive)).await, 0);
    assert_eq!(add(&state(&EnrollmentState::Completed)).await, 0);
    assert_ne!(add(&state(&EnrollmentState::Active)).await, 0);
    assert_eq!(add(&|school| school.set_published(course, false)).await, 0);
    assert_ne!(add(&|school| school.set_published(course, true)).await, 0);
    assert_eq!(add(&|school| school.conclude(course)).await, 0);
}

#[tokio::test]
async fn imports_and_assignment_tell_everybody_and_tags_nobody() {
    let place = TestSchool::with(|school, ids| {
        school.set_enrollment_state(ids.course, ids.students[10], EnrollmentState::Invited);
    })
    .await;
    let s = &place.ids.students;
    let add = AddMembers::new(place.ids.tags[1], [s[0], s[1]]);
    let _ = place.teacher.send(add).await.unwrap();
    assert_eq!(told(&place), []);
    let row = GroupRow::new(UserKey::sis("S011"), GroupKey::name("Math Group 3"));
    let import = ImportGroups::new(place.ids.category, [row]);
    place.teacher.send(import).await.unwrap();
    pass(4.0).await;
    assert_eq!(told(&place), [s[10]]);
    let assign = AssignUnassignedNow::new(place.ids.category);
    place.teacher.send(assign).await.unwrap();
    assert_eq!(told(&place), s[11..]);
}

#[tokio::test]
async fn whoever_asked_is_told_of_the_yes() {
    let (mut school, ids) = School::small();
    let set = school.add_communities_category();
    let group = school.add_group(set, "Chess").unwrap();
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let open =
        UpdateGroup::new(group).join_level(canvas_groups::groups::JoinLevel::ParentContextRequest);
    fake.client().send(open).await.unwrap();
    let student = fake.client_of(ids.students[0]).unwrap();
    let ask = CreateMembership::new(group, ids.students[0]);
    student.send(ask).await.unwrap();
    assert_eq!(fake.school(|school| school.notices().len()), 0);
    let accept =
        UpdateUserMembership::new(group, ids.students[0]).workflow_state(SettableState::Accepted);
    fake.client().send(accept).await.unwrap();
    let kinds: Vec<_> = fake.school(|s| s.notices().iter().map(|n| n.kind).collect());
    assert_eq!(kinds, [NoticeKind::Accepted]);
}

#[tokio::test]
async fn who_changes_groups_loses_the_submissions_for_a_while() {
    let place = TestSchool::new().await;
    let s = &place.ids.students;
    let [one, two] = [place.ids.groups[0], place.ids.groups[1]];
    let set = place.ids.category;
    let submissions = place.fake.school(|school| {
        let other = school.add_category(place.ids.course, "Others");
        let elsewhere = school.add_group_assignment(other);
        assert_eq!(school.submit(elsewhere, one), []);
        let assignment = school.add_group_assignment(set);
        let submissions = school.submit(assignment, one);
        assert_eq!(submissions.len(), 6);
        submissions
    });
    let has = async |group| {
        let group = place.teacher.send(GetGroup::new(group)).await.unwrap();
        group.has_submission
    };
    assert_eq!((has(one).await, has(two).await), (Some(true), Some(false)));
    let add = CreateMembership::new(two, s[0]);
    place.teacher.send(add).await.unwrap();
    let of_first = || {
        let look = |school: &mut School| {
            let touched = school.touched_submissions().to_vec();
            (school.submissions_of(s[0]), touched)
        };
        place.fake.school(look)
    };
    let (left, touched) = of_first();
    assert_eq!(left, []);
    assert!(!touched.is_empty() && touched.iter().all(|id| *id == submissions[0]));
    pass(4.0).await;
    assert_eq!(of_first().0, [submissions[0]]);
    // A change in another set touches nothing.
    let count = touched.len();
    place.fake.school(|school| {
        let set = school.add_category(place.ids.course, "Clubs");
        school.set_self_signup(set, Some(SelfSignup::Enabled));
        let club = school.add_group(set, "Chess").unwrap();
        school.add_member(club, s[0]);
    });
    assert_eq!(of_first().1.len(), count);
    // Who leaves the course does not get them back.
    place.fake.school(|school| {
        school.set_enrollment_state(place.ids.course, s[0], EnrollmentState::Deleted);
    });
    pass(4.0).await;
    assert_eq!(of_first().0, []);
}

#[tokio::test]
async fn old_servers_delete_no_submissions() {
    let (mut school, ids) = School::small();
    let assignment = school.add_group_assignment(ids.category);
    let submissions = school.submit(assignment, ids.groups[0]);
    let fake = FakeCanvas::builder(school)
        .old_server(true)
        .job_duration(Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    let add = CreateMembership::new(ids.groups[1], ids.students[0]);
    fake.client().send(add).await.unwrap();
    fake.school(|school| {
        assert_eq!(school.submissions_of(ids.students[0]), [submissions[0]]);
        assert_ne!(school.touched_submissions(), []);
    });
}

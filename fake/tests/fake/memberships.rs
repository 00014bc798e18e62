//! Memberships in the groups of a course.

use canvas_groups::{
    ErrorKind, GroupId, MembershipId, MembershipRef, UserId, UserRef,
    categories::{AutoLeader, SelfSignup},
    groups::{CreateCategoryGroup, GetGroup, InviteToGroup, JoinLevel},
    memberships::{
        CreateMembership, DeleteMembership, GetMembership, GetUserMembership, ListMemberships,
        MembershipState, RemoveUser, RemoveUsers, UpdateUserMembership,
    },
};
use canvas_groups_fake::{FakeCanvas, NewUser, Role, School};

use crate::groups::{faults, kind};

async fn status(fake: &FakeCanvas, path: &str) -> u16 {
    let answer = reqwest::Client::new()
        .get(format!("{}/api/v1/{path}", fake.url()))
        .bearer_auth(fake.token())
        .header("User-Agent", "test")
        .send();
    answer.await.unwrap().status().as_u16()
}

#[tokio::test]
async fn trap_39_one_request_moves_a_student() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let mover = ids.students[0];
    let to = |group: GroupId| CreateMembership::new(group, mover);
    let moved = teacher.send(to(ids.groups[2])).await.unwrap();
    assert_eq!(moved.just_created, Some(true));
    assert_eq!(moved.workflow_state, Some(MembershipState::Accepted));
    fake.school(|school| {
        assert_eq!(school.members(ids.groups[0]), ids.students[1..6]);
        assert_eq!(school.members(ids.groups[2]), [mover]);
        assert_eq!(
            school.members(ids.tags[0])[0],
            mover,
            "tags are another set"
        );
    });
    let again = teacher.send(to(ids.groups[2])).await.unwrap();
    assert_eq!((again.just_created, again.id), (Some(false), moved.id));
}

#[tokio::test]
async fn only_people_of_the_course_are_put_into_its_groups() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let outsider = fake.school(|school| school.add_user("Out Sider"));
    let add = |user: UserRef| CreateMembership::new(ids.groups[2], user);
    let send = async |user: UserRef| kind(teacher.send(add(user)).await);
    assert_eq!(send(outsider.into()).await, Some(ErrorKind::Forbidden));
    assert_eq!(
        send(UserId::new(999_999).into()).await,
        Some(ErrorKind::NotFound)
    );
    assert_eq!(send(UserRef::sis("S014")).await, None);
    let student = fake.client_of(ids.students[0]).unwrap();
    for user in [ids.students[0], ids.students[13]] {
        let refused = kind(student.send(add(user.into())).await);
        assert_eq!(refused, Some(ErrorKind::Forbidden), "no sign-up");
    }
}

#[tokio::test]
async fn students_sign_up_where_the_set_lets_them() {
    let (mut school, ids) = School::small();
    school.set_self_signup(ids.category, Some(SelfSignup::Enabled));
    school.set_group_limit(ids.category, Some(4));
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let student = fake.client_of(ids.students[10]).unwrap();
    let join = |group: GroupId| CreateMembership::new(group, UserRef::self_());
    let full = ("group_id".to_owned(), "The group is full.".to_owned());
    assert_eq!(faults(student.send(join(ids.groups[1])).await), [full]);
    student.send(join(ids.groups[2])).await.unwrap();
    let group = student.send(GetGroup::new(ids.groups[2])).await.unwrap();
    assert_eq!(
        (group.is_full, group.max_membership),
        (Some(false), Some(4))
    );
    let other = CreateMembership::new(ids.groups[2], ids.students[11]);
    assert_eq!(kind(student.send(other).await), Some(ErrorKind::Forbidden));
    let leave = DeleteMembership::new(ids.groups[2], MembershipRef::self_());
    student.send(leave).await.unwrap();
    fake.school(|school| assert_eq!(school.members(ids.groups[2]), []));
}

#[tokio::test]
async fn who_is_no_longer_active_does_not_sign_up() {
    let (mut school, ids) = School::small();
    school.set_self_signup(ids.category, Some(SelfSignup::Enabled));
    school.set_active(ids.course, ids.students[10], false);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let student = fake.client_of(ids.students[10]).unwrap();
    let join = CreateMembership::new(ids.groups[2], UserRef::self_());
    assert_eq!(kind(student.send(join).await), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn a_full_group_keeps_a_mover_where_they_are() {
    let (mut school, ids) = School::small();
    school.set_group_limit(ids.category, Some(4));
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let into_full = CreateMembership::new(ids.groups[1], ids.students[0]);
    faults(teacher.send(into_full).await);
    fake.school(|school| assert!(school.members(ids.groups[0]).contains(&ids.students[0])));
}

#[tokio::test]
async fn restricted_sign_up_keeps_to_one_section() {
    let (mut school, ids) = School::small();
    school.set_self_signup(ids.category, Some(SelfSignup::Restricted));
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    // The students are in two sections by turns.
    let (even, odd, even_too) = (ids.students[10], ids.students[11], ids.students[12]);
    let group = ids.groups[2];
    let join = async |user: UserId| {
        let canvas = fake.client_of(user).unwrap();
        let request = CreateMembership::new(group, UserRef::self_());
        kind(canvas.send(request).await)
    };
    assert_eq!(join(even).await, None);
    assert_eq!(join(odd).await, Some(ErrorKind::Forbidden));
    assert_eq!(join(even_too).await, None);
    let teacher = fake.client_of(ids.teacher).unwrap();
    let mixed = teacher.send(CreateMembership::new(group, odd)).await;
    assert_eq!(faults(mixed)[0].0, "user_id");
}

#[tokio::test]
async fn nobody_leaves_a_group_without_sign_up() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let student = fake.client_of(ids.students[0]).unwrap();
    let leave = RemoveUser::new(ids.groups[0], UserRef::self_());
    assert_eq!(kind(student.send(&leave).await), Some(ErrorKind::Forbidden));
    let teacher = fake.client_of(ids.teacher).unwrap();
    let remove = RemoveUser::new(ids.groups[0], ids.students[0]);
    teacher.send(remove).await.unwrap();
    assert_eq!(kind(student.send(&leave).await), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn students_organise_groups_of_their_own() {
    let (mut school, ids) = School::small();
    let set = school.add_student_groups_category(ids.course);
    assert_eq!(school.add_student_groups_category(ids.course), set);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let student = fake.client_of(ids.students[0]).unwrap();
    let mut groups = Vec::new();
    for name in ["Study", "Lunch"] {
        let open = CreateCategoryGroup::new(set)
            .name(name)
            .join_level(JoinLevel::ParentContextAutoJoin);
        let group = teacher.send(open).await.unwrap();
        assert_eq!((group.is_full, group.members_count), (Some(false), Some(0)));
        let join = CreateMembership::new(group.id, UserRef::self_());
        student.send(join).await.unwrap();
        groups.push(group.id);
    }
    fake.school(|school| {
        for group in &groups {
            assert_eq!(school.members(*group), [ids.students[0]], "in both");
        }
    });
    let leave = RemoveUser::new(groups[0], UserRef::self_());
    student.send(leave).await.unwrap();
}

#[tokio::test]
async fn trap_36_a_membership_has_an_id_of_its_own() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let student = fake.client_of(ids.students[0]).unwrap();
    let user = ids.students[1];
    let by_user = student
        .send(GetUserMembership::new(ids.groups[0], user))
        .await
        .unwrap();
    assert_eq!(by_user.user_id, Some(user));
    let by_id = GetMembership::new(ids.groups[0], by_user.id);
    assert_eq!(student.send(by_id).await.unwrap(), by_user);
    let elsewhere = GetMembership::new(ids.groups[1], by_user.id);
    assert_eq!(
        kind(fake.client().send(elsewhere).await),
        Some(ErrorKind::NotFound)
    );
    let user_id = GetMembership::new(ids.groups[0], MembershipId::new(user.get()));
    assert_eq!(kind(student.send(user_id).await), Some(ErrorKind::NotFound));
    let other = fake.client_of(ids.students[7]).unwrap();
    let refused = other
        .send(GetUserMembership::new(ids.groups[0], user))
        .await;
    assert_eq!(kind(refused), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn memberships_are_listed_by_id_and_state() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let list = || ListMemberships::new(ids.groups[0]);
    let all = fake.client().send(list()).await.unwrap().items;
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by_key(|membership| membership.id));
    let invited = list().filter_states([MembershipState::Invited]);
    assert_eq!(fake.client().send(invited).await.unwrap().items.len(), 0);
    let unknown = list().filter_states([MembershipState::from("odd")]);
    assert_eq!(fake.client().send(unknown).await.unwrap().items.len(), 0);
    let path = format!("groups/{}/memberships?filter_states=invited", ids.groups[0]);
    assert_eq!(status(&fake, &path).await, 500, "it must be a list");
}

#[tokio::test]
async fn in_a_course_who_is_invited_is_in() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let invite = InviteToGroup::new(ids.groups[2], ["noor.aziz", "new@example.org"]);
    let invited = teacher.send(invite).await.unwrap().invited;
    let states: Vec<_> = invited.iter().map(|m| m.workflow_state.clone()).collect();
    assert_eq!(states, [const { Some(MembershipState::Accepted) }; 2]);
    let url = format!("{}/api/v1/groups/{}/invite", fake.url(), ids.groups[2]);
    let answer = reqwest::Client::new()
        .post(url)
        .bearer_auth(fake.token())
        .header("User-Agent", "test")
        .send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "[]", "nobody is named");
}

#[tokio::test]
async fn an_unknown_state_changes_nothing() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let url = format!(
        "{}/api/v1/groups/{}/users/{}",
        fake.url(),
        ids.groups[0],
        ids.students[0]
    );
    let answer = reqwest::Client::new()
        .put(url)
        .bearer_auth(fake.token())
        .header("User-Agent", "test")
        .json(&serde_json::json!({ "workflow_state": "deleted" }))
        .send();
    let membership: serde_json::Value = answer.await.unwrap().json().await.unwrap();
    assert_eq!(membership["workflow_state"], "accepted");
    let student = fake.client_of(ids.students[0]).unwrap();
    let promote = UpdateUserMembership::new(ids.groups[0], UserRef::self_()).moderator(true);
    assert_eq!(
        kind(student.send(promote).await),
        Some(ErrorKind::Forbidden)
    );
}

#[tokio::test]
async fn trap_34_many_are_removed_as_far_as_one_may() {
    let (mut school, ids) = School::small();
    school.set_self_signup(ids.category, Some(SelfSignup::Enabled));
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let s = &ids.students;
    let remove = RemoveUsers::new(ids.groups[0], [s[0], s[1], s[9], UserId::new(999_999)]);
    let student = fake.client_of(s[0]).unwrap();
    let removed = student.send(&remove).await.unwrap();
    assert_eq!(removed.deleted_user_ids, [s[0]]);
    assert_eq!(removed.unauthorized_user_ids, [s[1]]);
    let teacher = fake.client_of(ids.teacher).unwrap();
    let removed = teacher.send(&remove).await.unwrap();
    assert_eq!(removed.deleted_user_ids, [s[1]]);
    fake.school(|school| assert_eq!(school.members(ids.groups[0]), s[2..6]));
}

#[tokio::test]
async fn the_first_member_leads_and_the_next_one_after_them() {
    let mut school = School::new();
    let course = school.add_course("Course");
    let set = school.add_category(course, "Set");
    school.set_auto_leader(set, Some(AutoLeader::First));
    let groups = ["A", "B"].map(|name| school.add_group(set, name).unwrap());
    let people = ["Zoe", "Yan"].map(|name| {
        let user = school.add_user(NewUser::new(name));
        school.enroll(course, user, Role::Student);
        school.add_member(groups[0], user);
        user
    });
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let leader = async |group: GroupId| {
        let group = fake.client().send(GetGroup::new(group)).await.unwrap();
        group.leader.and_then(|leader| leader.id)
    };
    assert_eq!(leader(groups[0]).await, Some(people[0]));
    let away = CreateMembership::new(groups[1], people[0]);
    fake.client().send(away).await.unwrap();
    assert_eq!(leader(groups[0]).await, Some(people[1]));
    assert_eq!(leader(groups[1]).await, Some(people[0]));
}

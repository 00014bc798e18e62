//! What Canvas fixes about memberships: who comes in, who sees whom, and who leads.

use canvas_groups::{
    GroupId, UserId,
    categories::{AutoLeader, SelfSignup},
    enrollments::EnrollmentState,
};
use canvas_groups_fake::{Role, School, SmallSchool};
use serde_json::{Value, json};

use crate::common::TestSchool;

fn ids(list: &Value) -> Vec<u64> {
    let list = list.as_array().unwrap().iter();
    let mut ids: Vec<_> = list.map(|user| user["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

fn numbers(users: &[UserId]) -> Vec<u64> {
    let mut ids: Vec<_> = users.iter().map(|user| user.get()).collect();
    ids.sort_unstable();
    ids
}

impl TestSchool {
    fn members(&self, group: GroupId) -> Vec<u64> {
        numbers(&self.fake.school(|school| school.members(group)))
    }

    async fn add(&self, by: UserId, group: GroupId, user: UserId) -> (u16, Value) {
        let path = format!("groups/{group}/memberships");
        self.ask(by, "POST", &path, json!({ "user_id": user }))
            .await
    }
}

#[tokio::test]
async fn staff_see_all_memberships_and_others_those_who_are_there() {
    for old in [false, true] {
        let seed = |school: &mut School, ids: &SmallSchool| {
            let inactive = EnrollmentState::Inactive;
            school.set_enrollment_state(ids.course, ids.students[2], inactive);
            let invited = EnrollmentState::Invited;
            school.set_enrollment_state(ids.course, ids.students[3], invited);
        };
        let place = TestSchool::of(old, seed).await;
        let (ids_, s) = (&place.ids, &place.ids.students);
        let group = ids_.groups[0];
        let without_inactive = [s[0], s[1], s[3], s[4], s[5]];
        let users = |query: &str| format!("groups/{group}/users?per_page=100&{query}");
        let of_group = |query: &str| format!("groups/{group}?include[]=users&{query}");
        // Who asks, where, and whom they see.
        let cases: [(UserId, String, &[UserId]); 6] = [
            (ids_.teacher, users(""), &s[..6]),
            (s[0], users(""), &s[..6]),
            (ids_.teacher, users("exclude_inactive=1"), &without_inactive),
            (s[0], users("exclude_inactive=true"), &without_inactive),
            (ids_.teacher, of_group(""), &s[..6]),
            (s[0], of_group(""), &without_inactive),
        ];
        for (user, path, expected) in cases {
            let seen = place.get(user, &path).await;
            let seen = seen.get("users").unwrap_or(&seen);
            assert_eq!(ids(seen), numbers(expected), "{path}");
        }
    }
}

#[tokio::test]
async fn the_users_of_a_community_are_the_invited_and_those_who_ask_too() {
    let place = TestSchool::new().await;
    let (founder, s) = (place.ids.students[0], &place.ids.students);
    let create = json!({ "name": "Chess", "join_level": "parent_context_request" });
    let (_, group) = place.ask(founder, "POST", "groups", create).await;
    let group = group["id"].as_u64().unwrap();
    place.add(s[1], GroupId::new(group), s[1]).await;
    let invite = json!({ "invitees": ["chloe.larsen@example.edu"] });
    place
        .ask(founder, "POST", &format!("groups/{group}/invite"), invite)
        .await;
    let all = place.get(founder, &format!("groups/{group}/users")).await;
    assert_eq!(ids(&all), numbers(&s[..3]));
    let path = format!("groups/{group}/users?exclude_inactive=true");
    assert_eq!(ids(&place.get(founder, &path).await), numbers(&s[..1]));
    // Who is invited and joins where all may is in, by the same membership.
    let open = json!({ "join_level": "parent_context_auto_join" });
    place
        .ask(founder, "PUT", &format!("groups/{group}"), open)
        .await;
    let (_, joined) = place.add(s[2], GroupId::new(group), s[2]).await;
    assert_eq!(joined["workflow_state"], "accepted");
    assert_eq!(joined["just_created"], false);
}

#[tokio::test]
async fn callers_of_one_section_see_its_students() {
    for old in [false, true] {
        let mut section = None;
        let place = TestSchool::of(old, |school, ids| {
            school.add_member(ids.groups[0], ids.teacher);
            let ta = school.add_user("Tia Assist");
            school.enroll(ids.course, ta, Role::Ta);
            school.limit_to_sections(ids.course, ids.students[0], true);
            section = Some(ta);
        })
        .await;
        let (s, group) = (&place.ids.students, place.ids.groups[0]);
        // The students are in two sections by turns.
        let own = [s[0], s[2], s[4]];
        let users = place.get(s[0], &format!("groups/{group}/users")).await;
        assert_eq!(ids(&users), numbers(&own));
        let shown = place
            .get(s[0], &format!("groups/{group}?include[]=users"))
            .await;
        assert_eq!(ids(&shown["users"]), numbers(&own));
        assert_eq!(shown["members_count"], if old { 7 } else { 3 });
        let all = place.get(s[1], &format!("groups/{group}")).await;
        assert_eq!(all["members_count"], 7);
    }
}

#[tokio::test]
async fn who_may_be_placed_and_by_whom() {
    for old in [false, true] {
        let mut people = Vec::new();
        let place = TestSchool::of(old, |school, ids| {
            let stranger = school.add_user("Stu Stranger");
            let ta = school.add_user("Tia Assist");
            school.enroll(ids.course, ta, Role::Ta);
            for (at, state) in [
                EnrollmentState::Inactive,
                EnrollmentState::Completed,
                EnrollmentState::Invited,
            ]
            .into_iter()
            .enumerate()
            {
                school.set_enrollment_state(ids.course, ids.students[10 + at], state);
            }
            people.extend([stranger, ta]);
        })
        .await;
        let (ids_, s) = (&place.ids, &place.ids.students);
        let refused = if old { 401 } else { 403 };
        let (group, tag) = (ids_.groups[2], ids_.tags[1]);
        let cases = [
            (
                "a teacher, an inactive student",
                ids_.teacher,
                group,
                s[10],
                200,
            ),
            (
                "a teacher, one who is through",
                ids_.teacher,
                group,
                s[11],
                200,
            ),
            (
                "a teacher, one who is invited",
                ids_.teacher,
                group,
                s[12],
                200,
            ),
            ("a teacher, staff", ids_.teacher, group, people[1], 200),
            (
                "a teacher, a stranger",
                ids_.teacher,
                group,
                people[0],
                refused,
            ),
            ("an assistant, a student", people[1], group, s[0], 200),
            ("a student, another one", s[0], group, s[1], refused),
            (
                "a teacher, a tag to anybody",
                ids_.teacher,
                tag,
                people[0],
                200,
            ),
            ("an assistant, a tag", people[1], tag, s[0], refused),
        ];
        for (case, by, group, user, expected) in cases {
            let (status, body) = place.add(by, group, user).await;
            assert_eq!(status, expected, "{case}: {body}");
        }
    }
}

#[tokio::test]
async fn one_added_to_a_tag_leaves_the_others_of_its_set() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let (ids_, user) = (&place.ids, place.ids.students[0]);
        let [one, other] = [ids_.tags[0], ids_.tags[1]];
        assert!(place.members(one).contains(&user.get()));
        place.add(ids_.teacher, other, user).await;
        assert!(!place.members(one).contains(&user.get()));
        assert_eq!(place.members(other), [user.get()]);
        // Many at once keep what they have.
        let path = format!("groups/{one}/memberships");
        let many = json!({ "members": [user] });
        let answer = place.ask(ids_.teacher, "POST", &path, many).await;
        match old {
            // Old servers look for one user alone.
            true => assert_eq!(answer.0, 404),
            false => {
                assert_eq!(answer, (200, json!("")));
                assert!(place.members(other).contains(&user.get()));
                assert!(place.members(one).contains(&user.get()));
            }
        }
    }
}

#[tokio::test]
async fn many_are_given_a_tag_unchecked() {
    let place = TestSchool::with(|school, ids| {
        let inactive = EnrollmentState::Inactive;
        school.set_enrollment_state(ids.course, ids.students[7], inactive);
        let completed = EnrollmentState::Completed;
        school.set_enrollment_state(ids.course, ids.students[8], completed);
    })
    .await;
    let (ids_, s) = (&place.ids, &place.ids.students);
    let path = format!("groups/{}/memberships", ids_.tags[1]);
    let partly = |invalid: &[u64]| {
        json!({
            "message": "Partial failure encountered",
            "invalid_user_ids": invalid,
            "membership_errors": [],
        })
    };
    let nothing = || json!("");
    let cases = [
        (json!({ "members": [s[6], s[7]] }), 200, nothing()),
        (
            json!({ "members": [s[8], s[9]] }),
            200,
            partly(&[s[8].get()]),
        ),
        (json!({ "members": [ids_.teacher] }), 200, nothing()),
        (json!({ "members": [s[0], 99_999] }), 200, partly(&[99_999])),
        (json!({ "members": "" }), 200, partly(&[0])),
        (json!({ "members": [] }), 400, nothing()),
        (json!({ "all_in_group_course": "false" }), 400, nothing()),
    ];
    for (body, status, expected) in cases {
        let answer = place.ask(ids_.teacher, "POST", &path, body.clone()).await;
        assert_eq!(answer, (status, expected), "{body}");
    }
    // No right is asked for where nobody is named, and a false or null names nobody at all.
    for (body, status) in [
        (json!({ "members": [] }), 400),
        (json!({ "members": [s[1]] }), 403),
        (json!({ "members": null }), 404),
        (json!({ "members": false, "user_id": s[1] }), 403),
    ] {
        let answer = place.ask(s[0], "POST", &path, body.clone()).await;
        assert_eq!(answer.0, status, "{body}");
    }
    let all = json!({ "all_in_group_course": true, "exclude_user_ids": [s[0], s[1]] });
    place.ask(ids_.teacher, "POST", &path, all).await;
    let members = place.members(ids_.tags[1]);
    assert!(!members.contains(&s[1].get()));
    assert!(members.contains(&s[13].get()));
    // Groups are no tags.
    let group = format!("groups/{}/memberships", ids_.groups[0]);
    let many = json!({ "members": [s[0]] });
    assert_eq!(
        place.ask(s[0], "POST", &group, many).await,
        (400, nothing())
    );
}

#[tokio::test]
async fn sections_count_for_whoever_adds() {
    let place = TestSchool::with(|school, ids| {
        let set = school.add_category(ids.course, "Labs");
        let lab = school.add_group(set, "Lab").unwrap();
        school.add_member(lab, ids.students[0]);
        school.set_self_signup(set, Some(SelfSignup::Restricted));
    })
    .await;
    let (ids_, s) = (&place.ids, &place.ids.students);
    let path = format!("courses/{}/groups?filter=Lab", ids_.course);
    let lab = place.get(ids_.teacher, &path).await[0]["id"]
        .as_u64()
        .unwrap();
    let message = "Ben Okafor does not share a section with the other members of Lab.";
    let error = json!({ "attribute": "user_id", "type": message, "message": message });
    let refused = (400, json!({ "errors": { "user_id": [error] } }));
    for by in [ids_.teacher, ids_.admin] {
        assert_eq!(place.add(by, GroupId::new(lab), s[1]).await, refused);
    }
    assert_eq!(
        place.add(ids_.teacher, GroupId::new(lab), s[2]).await.0,
        200
    );
}

#[tokio::test]
async fn several_leave_with_one_call_on_servers_of_today() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let (ids_, s) = (&place.ids, &place.ids.students);
        let path = |group: GroupId| format!("groups/{group}/users");
        let body = json!({ "user_ids": [s[0], s[1], s[9], 99_999] });
        let answer = place
            .ask(ids_.teacher, "DELETE", &path(ids_.groups[0]), body.clone())
            .await;
        if old {
            assert_eq!(answer.0, 404);
            assert!(answer.1.as_str().unwrap().starts_with("<!DOCTYPE html>"));
            continue;
        }
        let expected = json!({
            "message": "Bulk delete completed",
            "deleted_user_ids": [s[0], s[1]],
            "unauthorized_user_ids": [],
        });
        assert_eq!(answer, (200, expected));
        // Whoever may not gets the same words.
        let answer = place.ask(s[2], "DELETE", &path(ids_.tags[0]), body).await;
        assert_eq!(answer.1["message"], "Bulk delete completed");
        assert_eq!(answer.1["unauthorized_user_ids"], json!([s[0], s[1]]));
    }
}

#[tokio::test]
async fn leaders_come_and_go() {
    let place = TestSchool::with(|school, ids| {
        school.set_auto_leader(ids.category, Some(AutoLeader::First));
    })
    .await;
    let (ids_, s) = (&place.ids, &place.ids.students);
    let leader = async || {
        let group = place
            .get(ids_.teacher, &format!("groups/{}", ids_.groups[2]))
            .await;
        group["leader"]["id"].as_u64()
    };
    let group = ids_.groups[2];
    place.add(ids_.teacher, group, s[12]).await;
    assert_eq!(leader().await, Some(s[12].get()), "the first leads");
    place.add(ids_.teacher, group, s[13]).await;
    place.add(ids_.teacher, group, s[11]).await;
    assert_eq!(leader().await, Some(s[12].get()));
    let leave = format!("groups/{group}/users/{}", s[12]);
    place.ask(ids_.teacher, "DELETE", &leave, Value::Null).await;
    assert_eq!(leader().await, Some(s[11].get()), "the lowest id leads");
}

#[tokio::test]
async fn moderators_are_made_by_any_word_but_a_no() {
    let place = TestSchool::new().await;
    let user = place.ids.students[0];
    let path = format!("groups/{}/users/{user}", place.ids.groups[0]);
    let cases = [
        ("true", true),
        ("no", true),
        ("odd", true),
        ("false", false),
        ("off", false),
        ("1", true),
        ("0", false),
        ("f", false),
    ];
    for (word, expected) in cases {
        let body = json!({ "moderator": word });
        let (_, shown) = place.ask(place.ids.teacher, "PUT", &path, body).await;
        assert_eq!(shown["moderator"], expected, "{word}");
    }
}

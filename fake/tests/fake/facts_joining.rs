//! What Canvas fixes about joining and leaving: by whom, until when, and who leads then.

use canvas_groups::{
    CategoryId, GroupId,
    categories::{AutoLeader, SelfSignup},
};
use serde_json::{Value, json};

use crate::common::TestSchool;

impl TestSchool {
    /// Who leads a group.
    async fn leader_of(&self, group: GroupId) -> Option<u64> {
        let group = self.get(self.ids.admin, &format!("groups/{group}")).await;
        group["leader"]["id"].as_u64()
    }
}

#[tokio::test]
async fn students_choose_until_the_time_for_it_is_over() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let (ids, student) = (&place.ids, place.ids.students[12]);
        let set = format!("group_categories/{}", ids.category);
        let refused = if old { 401 } else { 403 };
        // Old servers know no end.
        let late = if old { 200 } else { refused };
        let cases = [
            (json!({ "self_signup": "enabled" }), 200, 200),
            (json!({ "self_signup": null }), refused, refused),
            (
                json!({ "self_signup": "enabled", "self_signup_end_at": "2999-01-01T00:00:00Z" }),
                200,
                200,
            ),
            (
                json!({ "self_signup": "enabled", "self_signup_end_at": "2020-01-01T00:00:00Z" }),
                late,
                late,
            ),
        ];
        for (change, joins, leaves) in cases {
            let (status, _) = place.ask(ids.teacher, "PUT", &set, change.clone()).await;
            assert_eq!(status, 200);
            place
                .fake
                .school(|school| school.remove_member(ids.groups[2], student));
            let path = format!("groups/{}/memberships", ids.groups[2]);
            let join = json!({ "user_id": "self" });
            let answer = place.ask(student, "POST", &path, join).await;
            assert_eq!(answer.0, joins, "{change}: {}", answer.1);
            place
                .fake
                .school(|school| school.add_member(ids.groups[2], student));
            let path = format!("groups/{}/users/self", ids.groups[2]);
            let answer = place.ask(student, "DELETE", &path, Value::Null).await;
            assert_eq!(answer.0, leaves, "{change}: {}", answer.1);
        }
    }
}

#[tokio::test]
async fn a_teacher_fills_groups_before_the_course_is_published() {
    for old in [false, true] {
        let place = TestSchool::of(old, |school, ids| {
            school.set_published(ids.course, false);
        })
        .await;
        let (ids, student) = (&place.ids, place.ids.students[12]);
        let path = format!("groups/{}/memberships", ids.groups[2]);
        let body = json!({ "user_id": student });
        let (status, made) = place.ask(ids.teacher, "POST", &path, body).await;
        assert_eq!((status, &made["workflow_state"]), (200, &json!("accepted")));
    }
}

#[tokio::test]
async fn groups_without_a_way_to_leaders_get_none_by_themselves() {
    // How the set finds leaders, and who leads after the leader went, to one more group or away.
    for (way, leads_again) in [(None, false), (Some(AutoLeader::First), true)] {
        for goes_on in [false, true] {
            let place = TestSchool::with(|school, ids| {
                school.set_auto_leader(ids.category, way.clone());
                school.set_leader(ids.groups[0], Some(ids.students[2]));
            })
            .await;
            let (ids, s) = (&place.ids, &place.ids.students);
            let path = |user| format!("groups/{}/users/{user}", ids.groups[0]);
            // Where somebody else leaves, the leader stays.
            place
                .ask(ids.teacher, "DELETE", &path(s[1]), Value::Null)
                .await;
            assert_eq!(place.leader_of(ids.groups[0]).await, Some(s[2].get()));
            match goes_on {
                false => {
                    place
                        .ask(ids.teacher, "DELETE", &path(s[2]), Value::Null)
                        .await
                }
                true => {
                    let path = format!("groups/{}/memberships", ids.groups[2]);
                    let body = json!({ "user_id": s[2] });
                    place.ask(ids.teacher, "POST", &path, body).await
                }
            };
            let expected = leads_again.then_some(s[0].get());
            let leader = place.leader_of(ids.groups[0]).await;
            assert_eq!(leader, expected, "{way:?}, goes on: {goes_on}");
            let first = leads_again && goes_on;
            let leader = place.leader_of(ids.groups[2]).await;
            assert_eq!(
                leader,
                first.then_some(s[2].get()),
                "nobody led there before"
            );
        }
    }
}

#[tokio::test]
async fn who_asked_is_let_into_a_full_group() {
    let mut group = None;
    let place = TestSchool::with(|school, ids| {
        let set = school.add_communities_category();
        let id = school.add_group(set, "Chess").unwrap();
        school.add_member(id, ids.students[0]);
        group = Some(id);
    })
    .await;
    let (ids, s, group) = (&place.ids, &place.ids.students, group.unwrap());
    let path = format!("groups/{group}");
    let change = json!({ "join_level": "parent_context_request" });
    assert_eq!(place.ask(ids.admin, "PUT", &path, change).await.0, 200);
    let members = format!("{path}/memberships");
    let join = json!({ "user_id": "self" });
    let (_, asked) = place.ask(s[1], "POST", &members, join.clone()).await;
    assert_eq!(asked["workflow_state"], "requested");
    place
        .fake
        .school(|school| school.set_max_membership(group, Some(1)));
    // Nobody gets in anew, and who asked before does.
    let full = json!({ "user_id": s[2] });
    let refused = place.ask(s[2], "POST", &members, full).await;
    assert_eq!(refused.0, 400, "{}", refused.1);
    let accept = json!({ "workflow_state": "accepted" });
    let path = format!("{members}/{}", asked["id"]);
    let (status, shown) = place.ask(ids.admin, "PUT", &path, accept).await;
    assert_eq!(
        (status, &shown["workflow_state"]),
        (200, &json!("accepted"))
    );
    assert_eq!(
        place.fake.school(|school| school.members(group)),
        [s[0], s[1]]
    );
}

#[tokio::test]
async fn who_was_in_a_group_that_is_deleted_is_in_none() {
    let place = TestSchool::new().await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let set = format!("group_categories/{}", ids.category);
    let free = async || {
        let path = format!("{set}/users?unassigned=true&per_page=100");
        let users = place.get(ids.teacher, &path).await;
        users.as_array().unwrap().len()
    };
    let exported = async || {
        let path = format!("{set}/export");
        let export = place.ask(ids.teacher, "GET", &path, Value::Null).await.1;
        let lines: Vec<_> = export
            .as_str()
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        lines
            .iter()
            .filter(|line| line.contains("Math Group 1"))
            .count()
    };
    assert_eq!((free().await, exported().await), (4, 6));
    let group = format!("groups/{}", ids.groups[0]);
    assert_eq!(
        place
            .ask(ids.teacher, "DELETE", &group, Value::Null)
            .await
            .0,
        200
    );
    assert_eq!((free().await, exported().await), (10, 0));
    // A search looks among those who are left.
    let path = format!("{set}/users?unassigned=true&search_term=");
    for (term, expected) in [
        ("Moreno", vec![s[0]]),
        ("Haddad", vec![s[5]]),
        ("Kim", vec![]),
    ] {
        let users = place.get(ids.teacher, &format!("{path}{term}")).await;
        let users: Vec<_> = users
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .cloned()
            .collect();
        let expected: Vec<_> = expected.into_iter().map(|user| json!(user)).collect();
        assert_eq!(users, expected, "{term}");
    }
    // And they are those who are assigned.
    let assign = format!("{set}/assign_unassigned_members");
    let sync = json!({ "sync": true });
    assert_eq!(place.ask(ids.teacher, "POST", &assign, sync).await.0, 200);
    assert_eq!(free().await, 0);
}

#[tokio::test]
async fn sign_up_is_read_in_each_of_its_forms() {
    let place = TestSchool::new().await;
    let cases = [
        (json!({ "self_signup": "enabled" }), Some("enabled")),
        (json!({ "self_signup": "ENABLED" }), Some("enabled")),
        (json!({ "self_signup": "Restricted" }), Some("restricted")),
        (json!({ "self_signup": "odd" }), None),
        (json!({ "enable_self_signup": 1 }), Some("enabled")),
        (json!({ "enable_self_signup": "true" }), Some("enabled")),
        (
            json!({ "enable_self_signup": true, "restrict_self_signup": false }),
            Some("enabled"),
        ),
        (
            json!({ "enable_self_signup": true, "restrict_self_signup": true }),
            Some("restricted"),
        ),
        (json!({ "restrict_self_signup": true }), None),
        (json!({ "enable_self_signup": 0 }), None),
    ];
    let path = format!("courses/{}/group_categories", place.ids.course);
    for (at, (params, expected)) in cases.into_iter().enumerate() {
        let mut body = json!({ "name": format!("Set {at}") });
        for (key, value) in params.as_object().unwrap() {
            body[key] = value.clone();
        }
        let (_, set) = place.ask(place.ids.teacher, "POST", &path, body).await;
        assert_eq!(set["self_signup"].as_str(), expected, "{params}");
        // A change reads them in the same way.
        let other = SelfSignup::Enabled;
        place.fake.school(|school| {
            let id = CategoryId::new(set["id"].as_u64().unwrap());
            school.set_self_signup(id, Some(other));
        });
        let path = format!("group_categories/{}", set["id"]);
        let (_, set) = place
            .ask(place.ids.teacher, "PUT", &path, params.clone())
            .await;
        assert_eq!(set["self_signup"].as_str(), expected, "{params}");
    }
}

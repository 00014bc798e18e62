//! What Canvas fixes about groups: what a change takes and keeps, and what deletion leaves.

use canvas_groups::GroupId;
use canvas_groups_fake::{Role, School};
use serde_json::{Value, json};

use crate::common::{TestSchool, fault};

#[tokio::test]
async fn a_name_that_a_person_gave_sticks() {
    let place = TestSchool::new().await;
    let teacher = place.ids.teacher;
    let path = format!("group_categories/{}/groups", place.ids.category);
    let (_, group) = place
        .ask(teacher, "POST", &path, json!({ "name": "Given" }))
        .await;
    let path = format!("groups/{}", group["id"]);
    // How the request says to leave what sticks, and whether that is understood.
    let cases = [
        (json!("false"), true),
        (json!("0"), true),
        (json!(0), true),
        (json!(false), false),
        (json!("no"), false),
        (json!(true), false),
        (json!(null), false),
    ];
    for (says, leaves) in cases {
        let body = json!({ "name": "By an import", "override_sis_stickiness": says });
        let (_, shown) = place.ask(teacher, "PUT", &path, body).await;
        let expected = if leaves { "Given" } else { "By an import" };
        assert_eq!(shown["name"], expected, "{says}");
        place
            .ask(teacher, "PUT", &path, json!({ "name": "Given" }))
            .await;
    }
    // Nobody has given this one.
    let seeded = format!("groups/{}", place.ids.groups[0]);
    let body = json!({ "name": "By an import", "override_sis_stickiness": "false" });
    let (_, shown) = place.ask(teacher, "PUT", &seeded, body).await;
    assert_eq!(shown["name"], "By an import");
}

#[tokio::test]
async fn sis_data_of_groups_is_for_those_who_may_at_the_root() {
    let place = TestSchool::with(|school, ids| school.set_sis_group_id(ids.groups[0], "g1")).await;
    let (ids, group) = (&place.ids, place.ids.groups[0]);
    for path in [
        format!("groups/{group}"),
        format!("groups/{group}/users/{}", ids.students[0]),
    ] {
        let seen = place.get(ids.admin, &path).await;
        assert_eq!(seen["sis_group_id"], "g1", "{path}");
        for user in [ids.teacher, ids.students[0]] {
            let seen = place.get(user, &path).await;
            assert_eq!(seen.get("sis_group_id"), None, "{path}");
            assert_eq!(seen.get("sis_import_id"), None, "{path}");
        }
    }
}

#[tokio::test]
async fn the_sis_id_of_a_deleted_group_is_taken() {
    let place = TestSchool::with(|school, ids| {
        school.set_sis_group_id(ids.groups[0], "g1");
        school.delete_group(ids.groups[0]);
    })
    .await;
    let path = format!("groups/{}", place.ids.groups[1]);
    let body = json!({ "sis_group_id": "g1" });
    let (status, body) = place.ask(place.ids.admin, "PUT", &path, body).await;
    assert_eq!(status, 400);
    assert_eq!(body["errors"]["sis_source_id"][0]["type"], "taken");
}

#[tokio::test]
async fn a_new_list_of_members_keeps_those_who_belong_there() {
    let mut stranger = None;
    let place =
        TestSchool::with(|school, _| stranger = Some(school.add_user("Stu Stranger"))).await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let members = |group: GroupId| place.fake.school(|school| school.members(group));
    let group = ids.groups[0];
    let path = format!("groups/{group}");
    let put = async |body: Value| place.ask(ids.teacher, "PUT", &path, body).await;
    put(json!({ "members": [s[1], s[2], stranger.unwrap(), ids.teacher] })).await;
    let mut expected = vec![s[1], s[2], ids.teacher];
    expected.sort();
    assert_eq!(members(group), expected);
    put(json!({ "members": format!("{},{}", s[1], s[3]) })).await;
    assert_eq!(members(group), [s[1], s[3]]);
    put(json!({ "members": null })).await;
    assert_eq!(members(group), [s[1], s[3]]);
    // Though a name is refused, the members are replaced.
    let answer = put(json!({ "name": "", "members": [s[4]] })).await;
    assert_eq!(answer, fault("name", "Name is required"));
    assert_eq!(members(group), [s[4]]);
    put(json!({ "members": "" })).await;
    assert_eq!(members(group), []);

    // In a community, administrators of the account alone belong there.
    let create = json!({ "name": "Chess" });
    let (_, chess) = place.ask(s[0], "POST", "groups", create).await;
    let chess = GroupId::new(chess["id"].as_u64().unwrap());
    let body = json!({ "members": [s[0], s[1], ids.admin] });
    let (status, _) = place
        .ask(s[0], "PUT", &format!("groups/{chess}"), body)
        .await;
    assert_eq!((status, members(chess)), (200, Vec::new()));
    let invited = place
        .get(ids.admin, &format!("groups/{chess}/memberships"))
        .await;
    assert_eq!(invited[0]["user_id"], json!(ids.admin));
}

#[tokio::test]
async fn leaders_are_named_by_an_object() {
    let place = TestSchool::new().await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let path = format!("groups/{}", ids.groups[0]);
    let cases = [
        (json!({ "id": s[0] }), 200, Some(s[0])),
        (json!({ "id": s[9] }), 400, Some(s[0])),
        (json!(s[1]), 500, Some(s[0])),
        (json!("odd"), 500, Some(s[0])),
        (json!({}), 200, None),
        (json!({ "id": s[1].to_string() }), 200, Some(s[1])),
        (json!(null), 200, None),
        (json!({ "id": s[2] }), 200, Some(s[2])),
        (json!(""), 200, None),
    ];
    for (leader, status, expected) in cases {
        let body = json!({ "leader": leader });
        assert_eq!(
            place.ask(ids.teacher, "PUT", &path, body).await.0,
            status,
            "{leader}"
        );
        let shown = place.get(ids.teacher, &path).await;
        let expected = expected.map(|user| user.get());
        assert_eq!(shown["leader"]["id"].as_u64(), expected, "{leader}");
    }
}

#[tokio::test]
async fn who_does_not_fit_is_in_the_answer_of_an_invitation() {
    let place = TestSchool::with(|school: &mut School, ids| {
        school.set_max_membership(ids.groups[0], Some(7));
        let shared = canvas_groups_fake::NewUser::new("Sam Shared").email("two@example.org");
        school.add_user(shared.clone());
        school.add_user(shared.login("sam2"));
    })
    .await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let path = format!("groups/{}/invite", ids.groups[0]);
    let invite = async |invitees: Value| {
        let body = json!({ "invitees": invitees });
        place.ask(ids.teacher, "POST", &path, body).await
    };
    assert_eq!(invite(Value::Null).await, (200, json!([])));
    assert_eq!(
        invite(json!(["no address", "unknown.login"])).await,
        (200, json!([]))
    );
    let (_, answer) = invite(json!(["S007", "S008", "S007"])).await;
    let answer = answer.as_array().unwrap();
    assert_eq!(answer.len(), 2);
    assert_eq!(answer[0]["user_id"], json!(s[6]));
    assert_eq!(answer[0]["workflow_state"], "accepted");
    let unsaved = json!({
        "id": null, "group_id": ids.groups[0], "user_id": s[7], "workflow_state": "invited",
        "moderator": false, "created_at": null,
    });
    assert_eq!(answer[1], unsaved);
    // An address that two have is nobody's.
    let (_, answer) = invite(json!("two@example.org, ada.moreno@example.edu")).await;
    assert_eq!(answer[0]["user_id"], json!(s[0]), "known users come first");
    assert_eq!(answer.as_array().unwrap().len(), 2);
    for odd in [json!([7]), json!([{ "id": 7 }]), json!(7)] {
        assert_eq!(invite(odd.clone()).await.0, 500, "{odd}");
    }
}

#[tokio::test]
async fn a_public_community_is_read_by_its_members() {
    let place = TestSchool::new().await;
    let s = &place.ids.students;
    let create = json!({ "name": "Chess", "is_public": true });
    let (_, group) = place.ask(s[0], "POST", "groups", create).await;
    assert_eq!(group["is_public"], true);
    let path = format!("groups/{}", group["id"]);
    for (user, status) in [(s[0], 200), (place.ids.admin, 200), (s[1], 403)] {
        assert_eq!(place.ask(user, "GET", &path, Value::Null).await.0, status);
    }
}

#[tokio::test]
async fn staff_of_a_course_that_is_over_look_and_do_not_touch() {
    for old in [false, true] {
        let place = TestSchool::of(old, |school, ids| school.conclude(ids.course)).await;
        let (ids, group) = (&place.ids, place.ids.groups[0]);
        let refused = if old { 401 } else { 403 };
        let requests = [
            ("GET", format!("groups/{group}"), 200),
            ("GET", format!("groups/{group}/memberships"), 200),
            ("GET", format!("courses/{}/groups", ids.course), 200),
            ("PUT", format!("groups/{group}"), refused),
            ("POST", format!("groups/{group}/memberships"), refused),
            ("DELETE", format!("groups/{group}"), refused),
        ];
        for (method, path, status) in &requests {
            let body = match *method {
                "GET" => Value::Null,
                _ => json!({ "user_id": ids.students[13] }),
            };
            let answer = place.ask(ids.teacher, method, path, body).await;
            assert_eq!(answer.0, *status, "{method} {path}: {}", answer.1);
        }
        let shown = place.get(ids.teacher, &format!("groups/{group}")).await;
        assert_eq!(shown["concluded"], true);
        let change = json!({ "name": "Still" });
        let path = format!("groups/{group}");
        assert_eq!(place.ask(ids.admin, "PUT", &path, change).await.0, 200);
    }
}

#[tokio::test]
async fn assistants_have_the_rights_on_groups_and_none_on_tags() {
    let place = TestSchool::new().await;
    let course = place.ids.course;
    let ta = place.fake.school(|school| {
        let ta = school.add_user("Tia Assist");
        school.enroll(course, ta, Role::Ta);
        ta
    });
    let ids = &place.ids;
    let cases = [
        ("GET", format!("group_categories/{}", ids.category), 200),
        ("GET", format!("groups/{}", ids.groups[0]), 200),
        ("PUT", format!("groups/{}", ids.groups[0]), 200),
        ("GET", format!("group_categories/{}", ids.tag_category), 403),
        ("GET", format!("groups/{}", ids.tags[0]), 403),
        ("PUT", format!("groups/{}", ids.tags[0]), 403),
        (
            "DELETE",
            format!("groups/{}/users/{}", ids.tags[0], ids.students[0]),
            403,
        ),
        ("GET", format!("courses/{course}/bulk_user_tags"), 403),
    ];
    for (method, path, status) in cases {
        let body = if method == "PUT" {
            json!({})
        } else {
            Value::Null
        };
        assert_eq!(
            place.ask(ta, method, &path, body).await.0,
            status,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_list_of_tags_says_which_are_alone_in_a_set_of_their_name() {
    let place = TestSchool::with(|school, ids| {
        for (set, tags) in [
            ("Alone", vec!["Alone"]),
            ("Other", vec!["Named"]),
            ("Two", vec!["Two", "Three"]),
            ("Once", vec!["Once", "Gone"]),
        ] {
            let id = school.add_tag_category(ids.course, set);
            for tag in tags {
                let tag_id = school.add_group(id, tag).unwrap();
                school.add_member(tag_id, ids.students[5]);
                if tag == "Gone" {
                    school.delete_group(tag_id);
                }
            }
        }
    })
    .await;
    let path = format!(
        "courses/{}/groups?collaboration_state=non_collaborative&per_page=100&user_id={}",
        place.ids.course, place.ids.students[5]
    );
    let tags = place.get(place.ids.teacher, &path).await;
    let single: Vec<_> = tags
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["is_single_tag"] == true)
        .collect();
    assert_eq!(single.len(), 1, "{tags}");
    assert_eq!(single[0]["name"], "Alone");
}

#[tokio::test]
async fn tags_that_are_deleted_keep_those_who_carry_them() {
    let place = TestSchool::new().await;
    let (ids, user) = (&place.ids, place.ids.students[0]);
    let tag = ids.tags[0];
    place
        .ask(ids.teacher, "DELETE", &format!("groups/{tag}"), Value::Null)
        .await;
    let path = format!("courses/{}/bulk_user_tags?user_ids[]={user}", ids.course);
    let tags = place.get(ids.teacher, &path).await;
    assert_eq!(tags[user.to_string()], json!([tag]));
    let path = format!("courses/{}/group_categories/export_tags", ids.course);
    let export = place.ask(ids.teacher, "GET", &path, Value::Null).await.1;
    assert!(export.as_str().unwrap().contains("Extra time"), "{export}");
    let path = format!("groups/{tag}/memberships");
    assert_eq!(
        place.ask(ids.teacher, "GET", &path, Value::Null).await.0,
        404
    );
}

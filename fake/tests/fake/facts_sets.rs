//! What Canvas fixes about group sets: their parameters, their names, and how they are filled.

use canvas_groups_fake::{Role, School, SmallSchool};
use serde_json::{Value, json};

use crate::common::{TestSchool, fault, pass};

impl TestSchool {
    /// Makes a set in the course as its teacher, with this beside the name.
    async fn set_of(&self, name: &str, params: Value) -> (u16, Value) {
        let mut body = json!({ "name": name });
        for (key, value) in params.as_object().unwrap() {
            body[key] = value.clone();
        }
        let path = format!("courses/{}/group_categories", self.ids.course);
        self.ask(self.ids.teacher, "POST", &path, body).await
    }

    /// How many are in each group of a set, by the names of these.
    async fn sizes(&self, set: &Value) -> Vec<u64> {
        let id = &set["id"];
        let path = format!("group_categories/{id}/groups?per_page=100");
        let groups = self.get(self.ids.teacher, &path).await;
        let groups = groups.as_array().unwrap().iter();
        groups
            .map(|group| group["members_count"].as_u64().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn the_ways_to_leaders_outrank_each_other() {
    let place = TestSchool::new().await;
    let cases = [
        (json!({ "auto_leader": "RANDOM" }), json!("random")),
        (json!({ "auto_leader": "odd" }), json!(null)),
        (
            json!({ "auto_leader": "first", "enable_auto_leader": 0 }),
            json!(null),
        ),
        (
            json!({ "auto_leader": "first", "enable_auto_leader": "false" }),
            json!(null),
        ),
        (
            json!({ "auto_leader": "first", "enable_auto_leader": "" }),
            json!("first"),
        ),
        (
            json!({ "enable_auto_leader": 1, "auto_leader_type": "First" }),
            json!("first"),
        ),
        (
            json!({ "enable_auto_leader": "yes", "auto_leader_type": "first", "auto_leader": "random" }),
            json!("first"),
        ),
        (json!({ "auto_leader_type": "first" }), json!(null)),
    ];
    for (at, (params, expected)) in cases.into_iter().enumerate() {
        let (status, set) = place.set_of(&format!("Set {at}"), params.clone()).await;
        assert_eq!((status, &set["auto_leader"]), (200, &expected), "{params}");
        // A change reads them in the same way.
        let path = format!("group_categories/{}", set["id"]);
        let (_, changed) = place.ask(place.ids.teacher, "PUT", &path, params).await;
        assert_eq!(changed["auto_leader"], expected);
    }
    for params in [
        json!({ "enable_auto_leader": true }),
        json!({ "enable_auto_leader": true, "auto_leader_type": "odd" }),
    ] {
        assert_eq!(place.set_of("Broken", params).await.0, 500);
    }
}

#[tokio::test]
async fn groups_are_made_and_filled_as_the_counts_say() {
    let place = TestSchool::with(|school, ids| {
        // Ten students are left.
        for student in &ids.students[10..] {
            school.set_active(ids.course, *student, false);
        }
    })
    .await;
    let cases: [(Value, &[u64]); 14] = [
        (json!({ "create_group_count": 3 }), &[4, 3, 3]),
        (
            json!({ "split_group_count": 5, "create_group_count": 2 }),
            &[2; 5],
        ),
        (
            json!({ "split_group_count": 0, "create_group_count": 2 }),
            &[],
        ),
        (json!({ "create_group_count": 2, "split_groups": "0" }), &[]),
        (
            json!({ "create_group_count": 2, "split_groups": "1" }),
            &[5, 5],
        ),
        (
            json!({ "create_group_count": 2, "assign_async": true }),
            &[0, 0],
        ),
        (
            json!({ "create_group_count": 2, "self_signup": "enabled" }),
            &[0, 0],
        ),
        (
            json!({ "split_group_count": 2, "enable_self_signup": 1 }),
            &[],
        ),
        (json!({ "create_group_member_count": 4 }), &[0, 0, 0]),
        (
            json!({ "create_group_member_count": 4, "split_groups": "1" }),
            &[],
        ),
        (
            json!({ "create_group_member_count": 4, "split_groups": "2" }),
            &[4, 3, 3],
        ),
        (
            json!({ "create_group_member_count": 5, "create_group_count": 4 }),
            &[5, 5],
        ),
        (
            json!({ "create_group_member_count": 5, "create_group_count": 1, "split_groups": "1" }),
            &[10],
        ),
        (
            json!({ "create_group_member_count": 4, "self_signup": "enabled" }),
            &[],
        ),
    ];
    for (at, (params, expected)) in cases.into_iter().enumerate() {
        let (_, set) = place.set_of(&format!("Set {at}"), params.clone()).await;
        assert_eq!(place.sizes(&set).await, expected, "{params}");
    }
    // Each section counts by itself: there are two of five.
    let params = json!({
        "create_group_member_count": 3, "split_groups": "2", "group_by_section": true
    });
    let (_, set) = place.set_of("By section", params).await;
    assert_eq!(place.sizes(&set).await, [3, 2, 3, 2]);
    // A change adds them anew each time.
    let path = format!("group_categories/{}", set["id"]);
    for count in [5, 6] {
        let more = json!({ "create_group_count": 1 });
        place.ask(place.ids.teacher, "PUT", &path, more).await;
        assert_eq!(place.sizes(&set).await.len(), count);
    }
}

#[tokio::test]
async fn sections_get_groups_by_their_sizes() {
    let cases: [(&[usize], &[&[u64]]); 4] = [
        (&[6, 10, 12], &[&[3, 3], &[3, 3, 2, 2], &[3, 3, 3, 3]]),
        (&[5, 5, 9, 11], &[&[5], &[3, 2], &[3, 3, 3], &[3, 3, 3, 2]]),
        (&[8, 8, 30, 8, 8], &[&[8], &[8], &[5; 6], &[8], &[8]]),
        (&[20], &[&[2; 10]]),
    ];
    for (sizes, expected) in cases {
        let mut course = None;
        let place = TestSchool::with(|school, ids| {
            let id = school.add_course("Split");
            school.enroll(id, ids.teacher, Role::Teacher);
            for (at, size) in sizes.iter().enumerate() {
                let section = school.add_section(id, format!("Section {at}"));
                for number in 0..*size {
                    let user = school.add_user(format!("Student {at} {number}"));
                    school.enroll(id, user, Role::Student);
                    school.put_in_section(section, user);
                }
            }
            course = Some(id);
        })
        .await;
        let path = format!("courses/{}/group_categories", course.unwrap());
        let body = json!({ "name": "S", "create_group_count": 10, "group_by_section": true });
        let (_, set) = place.ask(place.ids.teacher, "POST", &path, body).await;
        assert_eq!(place.sizes(&set).await, expected.concat(), "{sizes:?}");
    }
}

#[tokio::test]
async fn a_split_that_cannot_be_shows_in_the_job_alone() {
    let place = TestSchool::new().await;
    let (status, set) = place
        .set_of(
            "One",
            json!({ "create_group_count": 1, "group_by_section": true }),
        )
        .await;
    assert_eq!((status, place.sizes(&set).await), (200, vec![0]));
    let assign = |set: &Value| format!("group_categories/{set}/assign_unassigned_members");
    let body = json!({ "group_by_section": true });
    let teacher = place.ids.teacher;
    let (_, job) = place
        .ask(teacher, "POST", &assign(&set["id"]), body.clone())
        .await;
    assert_eq!(job["workflow_state"], "running");
    // As long as a job of the set is not over, there is no other one.
    let (_, again) = place
        .ask(teacher, "POST", &assign(&set["id"]), json!({}))
        .await;
    assert_eq!(again["id"], job["id"]);
    pass(4.0).await;
    let job = place.get(teacher, &format!("progress/{}", job["id"])).await;
    assert_eq!(job["workflow_state"], "failed");
    let message = "[\"Create group count Must have at least as many groups as sections to assign \
                   by section\"]";
    assert_eq!(job["message"], message);
    // At once, the students are placed, and the answer is a failure all the same.
    let (_, set) = place
        .set_of("Two", json!({ "create_group_count": 2, "assign_async": 1 }))
        .await;
    let now = json!({ "sync": true, "group_by_section": true });
    let (status, _) = place.ask(teacher, "POST", &assign(&set["id"]), now).await;
    assert_eq!((status, place.sizes(&set).await), (500, vec![7, 7]));
}

#[tokio::test]
async fn a_set_has_these_keys_and_no_others() {
    for old in [false, true] {
        let seed = |school: &mut School, ids: &SmallSchool| {
            school.set_sis_group_category_id(ids.category, "math");
        };
        let place = TestSchool::of(old, seed).await;
        let keys = |set: &Value| {
            let mut keys: Vec<_> = set.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys.join(" ")
        };
        let end = if old { "" } else { " self_signup_end_at" };
        let plain = format!(
            "allows_multiple_memberships auto_leader context_type course_id created_at \
             group_limit id is_member name protected role self_signup{end}"
        );
        let path = format!("group_categories/{}", place.ids.category);
        let set = place.get(place.ids.teacher, &path).await;
        assert_eq!(keys(&set), plain);
        let set = place.get(place.ids.admin, &path).await;
        let with_sis = format!("{plain} sis_group_category_id sis_import_id");
        assert_eq!(keys(&set), with_sis);
        assert_eq!(set["sis_group_category_id"], "math");
        let (_, made) = place.set_of("New", json!({})).await;
        let with_counts =
            plain.replace("group_limit", "group_limit groups_count") + " unassigned_users_count";
        assert_eq!(keys(&made), with_counts);
        let group = format!("groups/{}?include[]=group_category", place.ids.groups[0]);
        let group = place.get(place.ids.teacher, &group).await;
        assert_eq!(keys(&group["group_category"]), plain);
    }
}

#[tokio::test]
async fn sets_of_tags_are_made_in_courses_by_the_plain_parameter() {
    let place = TestSchool::new().await;
    let course = format!("courses/{}/group_categories", place.ids.course);
    let root = place.fake.school(|school| school.root_account());
    let account = format!("accounts/{root}/group_categories");
    let nested = json!({ "non_collaborative": true });
    let cases = [
        (
            &course,
            json!({ "name": "A", "non_collaborative": true }),
            true,
        ),
        (&course, json!({ "name": "B", "category": nested }), false),
        (
            &course,
            json!({ "name": "C", "non_collaborative": 1, "category": nested }),
            true,
        ),
        (
            &course,
            json!({ "name": "D", "non_collaborative": "0" }),
            false,
        ),
        (
            &account,
            json!({ "name": "E", "non_collaborative": true }),
            false,
        ),
    ];
    for (path, body, expected) in cases {
        let (status, set) = place.ask(place.ids.admin, "POST", path, body.clone()).await;
        assert_eq!(status, 200, "{set}");
        let tags = format!("{path}?collaboration_state=non_collaborative&per_page=100");
        let tags = place.get(place.ids.admin, &tags).await;
        let is_tags = tags
            .as_array()
            .unwrap()
            .iter()
            .any(|tag| tag["id"] == set["id"]);
        assert_eq!(is_tags, expected, "{body}");
    }
    // The nested form asks for the right on tags, which assistants do not have.
    let ta = place.fake.school(|school| {
        let ta = school.add_user("Tia Assist");
        school.enroll(place.ids.course, ta, Role::Ta);
        ta
    });
    for (body, status) in [
        (json!({ "name": "F" }), 200),
        (json!({ "name": "G", "category": nested }), 403),
    ] {
        assert_eq!(place.ask(ta, "POST", &course, body).await.0, status);
    }
}

#[tokio::test]
async fn names_of_sets_of_groups_are_reserved_and_taken() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let taken = "Project Groups";
        place.set_of(taken, json!({})).await;
        let tags = json!({ "non_collaborative": true });
        let cases = [
            ("Student Groups", "Student Groups is a reserved name."),
            ("Imported Groups", "Imported Groups is a reserved name."),
            (taken, "Project Groups is already in use."),
        ];
        for (name, message) in cases {
            let refused = fault("name", message);
            assert_eq!(place.set_of(name, json!({})).await, refused);
            // Today, sets of tags may have any name.
            let answer = place.set_of(name, tags.clone()).await;
            match old {
                true => assert_eq!(answer, refused),
                false => assert_eq!(answer.0, 200, "{answer:?}"),
            }
        }
        // Case counts, and what is no name is none for tags either.
        assert_eq!(place.set_of("project groups", json!({})).await.0, 200);
        let refused = fault("name", "Name is required");
        assert_eq!(place.set_of(" ", tags).await, refused);
    }
}

#[tokio::test]
async fn a_new_limit_is_that_of_all_groups() {
    let place = TestSchool::new().await;
    let teacher = place.ids.teacher;
    let path = format!("group_categories/{}", place.ids.category);
    let groups = format!("{path}/groups");
    let gone = place.ids.groups[2];
    place
        .ask(teacher, "DELETE", &format!("groups/{gone}"), Value::Null)
        .await;
    place
        .ask(teacher, "PUT", &path, json!({ "group_limit": 4 }))
        .await;
    let own = json!({ "max_membership": 6 });
    let group = format!("groups/{}", place.ids.groups[0]);
    let (_, shown) = place.ask(teacher, "PUT", &group, own).await;
    assert_eq!(shown["max_membership"], 6);
    // An empty one is that of the set.
    let empty = json!({ "max_membership": "" });
    let (_, shown) = place.ask(teacher, "PUT", &group, empty).await;
    assert_eq!(shown["max_membership"], 4);
    // What is not named is cleared, in all groups.
    place
        .ask(teacher, "PUT", &path, json!({ "name": "Renamed" }))
        .await;
    let shown = place.get(teacher, &groups).await;
    for group in shown.as_array().unwrap() {
        assert_eq!(group["max_membership"], Value::Null);
    }
}

#[tokio::test]
async fn everybody_counts_as_unassigned_where_one_may_be_in_several() {
    let mut set = None;
    let place = TestSchool::with(|school, ids| {
        let id = school.add_student_groups_category(ids.course);
        let group = school.add_group(id, "Ours").unwrap();
        school.add_member(group, ids.students[0]);
        set = Some(id);
    })
    .await;
    let counts = async |set| {
        let path = format!("group_categories/{set}?includes[]=unassigned_users_count");
        let set = place.get(place.ids.teacher, &path).await;
        set["unassigned_users_count"].as_u64().unwrap()
    };
    assert_eq!(counts(set.unwrap()).await, 14);
    assert_eq!(counts(place.ids.category).await, 4);
}

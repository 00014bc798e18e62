//! What Canvas fixes about records: which keys they have, and what includes add to them.

use canvas_groups::{UserId, enrollments::EnrollmentState};
use canvas_groups_fake::{Role, School, SmallSchool};
use serde_json::{Value, json};

use crate::{common::TestSchool, facts_lists::pluck};

/// The keys of a record, in alphabetical order.
fn keys(record: &Value) -> String {
    let mut keys: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys.join(" ")
}

/// The keys of several lists, in alphabetical order.
fn sorted(lists: &[&str]) -> String {
    let mut keys: Vec<_> = lists.iter().flat_map(|keys| keys.split(' ')).collect();
    keys.sort_unstable();
    keys.join(" ")
}

const GROUP: &str = "avatar_url concluded context_type course_id created_at \
                     description group_category_id has_submission id is_public join_level leader \
                     max_membership members_count name non_collaborative role storage_quota_mb";
const MEMBERSHIP: &str = "created_at group_id id moderator user_id workflow_state";
const USER: &str = "created_at id name short_name sortable_name";

#[tokio::test]
async fn records_have_these_keys_and_no_others() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let ids = &place.ids;
        let group = format!("groups/{}", ids.groups[0]);
        let (groups, members, users) = (
            format!("courses/{}/groups", ids.course),
            format!("{group}/memberships"),
            format!("{group}/users"),
        );
        // Old servers do not know these.
        let of_group = match old {
            true => GROUP.to_owned(),
            false => sorted(&[GROUP, "context_name is_full"]),
        };
        let sis = "sis_group_id sis_import_id";
        let sis_of_user = "integration_id login_id sis_user_id";
        // Who looks, where, and what there is.
        let cases = [
            (ids.students[0], &group, sorted(&[&of_group])),
            (ids.teacher, &group, sorted(&[&of_group])),
            (ids.admin, &group, sorted(&[&of_group, sis])),
            (ids.students[0], &groups, sorted(&[&of_group])),
            (ids.admin, &groups, sorted(&[&of_group, sis])),
            (ids.students[0], &members, sorted(&[MEMBERSHIP])),
            (ids.teacher, &members, sorted(&[MEMBERSHIP])),
            (ids.admin, &members, sorted(&[MEMBERSHIP, sis])),
            (ids.students[0], &users, sorted(&[USER])),
            (ids.teacher, &users, sorted(&[USER, sis_of_user])),
            (
                ids.admin,
                &users,
                sorted(&[USER, sis_of_user, "sis_import_id"]),
            ),
        ];
        for (user, path, expected) in cases {
            let seen = place.get(user, path).await;
            let record = seen.get(0).unwrap_or(&seen);
            assert_eq!(keys(record), expected, "{path} of {user}, old: {old}");
        }
        let seen = place.get(ids.students[0], &users).await;
        let names = ["name", "sortable_name", "short_name"].map(|key| pluck(&seen, key)[2]);
        let expected = ["Ada Moreno", "Moreno, Ada", "Ada Moreno"];
        assert_eq!(names, expected, "by sortable name, Moreno is the third");
    }
}

#[tokio::test]
async fn a_new_set_with_an_sis_id_shows_it_to_those_who_may_see_it() {
    let place = TestSchool::new().await;
    let path = format!("courses/{}/group_categories", place.ids.course);
    let body = json!({ "name": "Labs", "sis_group_category_id": "labs" });
    let (status, set) = place.ask(place.ids.admin, "POST", &path, body).await;
    assert_eq!(
        (status, &set["sis_group_category_id"]),
        (200, &json!("labs"))
    );
    let expected = "allows_multiple_memberships auto_leader context_type course_id created_at \
                    group_limit groups_count id is_member name protected role self_signup \
                    self_signup_end_at sis_group_category_id sis_import_id \
                    unassigned_users_count";
    assert_eq!(keys(&set), expected);
    // A set that is deleted keeps its SIS id: the next set comes to be without it.
    let path_of_set = format!("group_categories/{}", set["id"]);
    place
        .ask(place.ids.admin, "DELETE", &path_of_set, Value::Null)
        .await;
    let body = json!({ "name": "Labs", "sis_group_category_id": "labs" });
    let (status, body) = place.ask(place.ids.admin, "POST", &path, body).await;
    assert_eq!(
        (status, &body["errors"][0]["error_code"]),
        (422, &json!("taken"))
    );
    let sets = place
        .get(place.ids.admin, &format!("{path}?per_page=100"))
        .await;
    let sets = sets.as_array().unwrap();
    let made = sets.iter().find(|set| set["name"] == "Labs").unwrap();
    assert_eq!(made["sis_group_category_id"], Value::Null);
}

#[tokio::test]
async fn submissions_are_those_for_the_set_that_is_looked_at() {
    let mut submitted = Vec::new();
    let place = TestSchool::with(|school, ids| {
        let own = school.add_group_assignment(ids.category);
        let second = school.add_group_assignment(ids.category);
        submitted.extend([own, second].map(|it| school.submit(it, ids.groups[0])));
        // One for another set, in which the same students are.
        let other = school.add_category(ids.course, "Other");
        let group = school.add_group(other, "Others").unwrap();
        school.add_member(group, ids.students[0]);
        let elsewhere = school.add_group_assignment(other);
        school.submit(elsewhere, group);
    })
    .await;
    let ids = &place.ids;
    let of = async |path: String, user: UserId| {
        let path = format!("{path}/users?include[]=group_submissions&per_page=100");
        let users = place.get(ids.teacher, &path).await;
        let users = users.as_array().unwrap().clone();
        let user = users.into_iter().find(|it| it["id"] == json!(user));
        user.unwrap().get("group_submissions").cloned()
    };
    let (set, group) = (
        format!("group_categories/{}", ids.category),
        format!("groups/{}", ids.groups[0]),
    );
    let both = json!([submitted[0][0], submitted[1][0]]);
    for path in [&set, &group] {
        assert_eq!(of(path.clone(), ids.students[0]).await, Some(both.clone()));
    }
    assert_eq!(of(set.clone(), ids.students[7]).await, Some(Value::Null));
    // Users of a course are of no set.
    let course = format!("courses/{}", ids.course);
    assert_eq!(of(course, ids.students[0]).await, None);
    // Whoever leaves the group loses them for a while.
    place
        .fake
        .school(|school| school.remove_member(ids.groups[0], ids.students[0]));
    assert_eq!(of(set, ids.students[0]).await, Some(Value::Null));
}

#[tokio::test]
async fn who_is_inactive_is_told_on_demand() {
    let states = [
        (EnrollmentState::Active, false),
        (EnrollmentState::Invited, false),
        (EnrollmentState::Completed, false),
        (EnrollmentState::Inactive, true),
    ];
    let place = TestSchool::with(|school, ids| {
        for (student, (state, _)) in ids.students.iter().zip(&states) {
            school.set_enrollment_state(ids.course, *student, state.clone());
        }
    })
    .await;
    let ids = &place.ids;
    let path = format!("groups/{}/users?per_page=100", ids.groups[0]);
    let plain = place.get(ids.teacher, &path).await;
    let asked = place
        .get(ids.teacher, &format!("{path}&include[]=active_status"))
        .await;
    let find = |users: &Value, user: UserId| {
        let users = users.as_array().unwrap();
        let user = users.iter().find(|it| it["id"] == json!(user)).unwrap();
        user.get("is_inactive").cloned()
    };
    for (student, (state, expected)) in ids.students.iter().zip(states) {
        assert_eq!(find(&plain, *student), None);
        assert_eq!(find(&asked, *student), Some(json!(expected)), "{state}");
    }
}

#[tokio::test]
async fn one_include_needs_no_list_and_several_need_one() {
    let place = TestSchool::with(|school, ids| {
        school.set_active(ids.course, ids.students[1], false);
    })
    .await;
    let ids = &place.ids;
    let path = format!("courses/{}/groups", ids.course);
    let users = async |query: &str| {
        let groups = place.get(ids.students[0], &format!("{path}?{query}")).await;
        let users = groups[0].get("users").cloned();
        users.map(|users| users.as_array().unwrap().clone())
    };
    // What is asked for, and how many of six members there are, of whom one is inactive.
    let cases = [
        ("include=users", Some(5)),
        ("include[]=users", Some(5)),
        ("include=users&include_inactive_users=true", Some(6)),
        (
            "include[]=users&include[]=tabs&include_inactive_users=1",
            Some(6),
        ),
        ("include=users,tabs", None),
        ("include=tabs", None),
    ];
    for (query, expected) in cases {
        let users = users(query).await;
        assert_eq!(users.as_ref().map(Vec::len), expected, "{query}");
        let is_told = query.contains("inactive");
        for user in users.into_iter().flatten() {
            let active = user.get("active").cloned();
            let own = user["id"] != json!(ids.students[1]);
            assert_eq!(active, is_told.then_some(json!(own)), "{query}");
        }
    }
}

#[tokio::test]
async fn members_who_are_active_again_are_back() {
    let place = TestSchool::new().await;
    let (ids, user) = (&place.ids, place.ids.students[1]);
    let student = ids.students[0];
    let (group, users) = (
        format!("groups/{}?include[]=users", ids.groups[0]),
        format!("groups/{}/users?exclude_inactive=1", ids.groups[0]),
    );
    for (state, is_there) in [
        (EnrollmentState::Active, true),
        (EnrollmentState::Inactive, false),
        (EnrollmentState::Active, true),
        (EnrollmentState::Completed, false),
        (EnrollmentState::Active, true),
    ] {
        place.fake.school(|school| {
            school.set_enrollment_state(ids.course, user, state.clone());
        });
        let of_group = place.get(student, &group).await["users"].clone();
        let of_list = place.get(student, &users).await;
        for list in [of_group, of_list] {
            let names = pluck(&list, "name");
            assert_eq!(names.contains(&"Ben Okafor"), is_there, "{state}");
            let sortable = pluck(&list, "sortable_name");
            assert!(sortable.is_sorted(), "{sortable:?}");
        }
    }
}

#[tokio::test]
async fn sections_are_one_text() {
    let place = TestSchool::with(|school: &mut School, ids: &SmallSchool| {
        let third = school.add_section(ids.course, "Wednesday");
        school.put_in_section(third, ids.students[0]);
        let free = school.add_user("Fay Free");
        school.enroll(ids.course, free, Role::Student);
        school.add_member(ids.groups[0], free);
    })
    .await;
    let path = format!("groups/{}/users?include[]=sections", place.ids.groups[0]);
    let users = place.get(place.ids.teacher, &path).await;
    let of = |name: &str| {
        let users = users.as_array().unwrap();
        let user = users.iter().find(|user| user["name"] == name).unwrap();
        user["sections"].clone()
    };
    assert_eq!(of("Ada Moreno"), "Monday, Wednesday");
    assert_eq!(of("Ben Okafor"), "Friday");
    assert_eq!(of("Fay Free"), "");
}

#[tokio::test]
async fn own_groups_are_picked_by_what_they_belong_to() {
    let place = TestSchool::with(|school, ids| {
        let set = school.add_account_category(school.root_account(), "Clubs");
        let club = school.add_group(set, "Chess").unwrap();
        school.add_member(club, ids.students[0]);
    })
    .await;
    let cases: [(&str, &[&str]); 4] = [
        ("", &["Chess", "Math Group 1"]),
        ("?context_type=Course", &["Math Group 1"]),
        ("?context_type=Account", &["Chess"]),
        ("?context_type=", &["Chess", "Math Group 1"]),
    ];
    for (query, expected) in cases {
        let path = format!("users/self/groups{query}");
        let mine = place.get(place.ids.students[0], &path).await;
        assert_eq!(pluck(&mine, "name"), expected, "{query}");
    }
}

#[tokio::test]
async fn an_address_of_mail_that_is_none_harms_no_preview() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}/preview_html", place.ids.groups[0]);
    for address in [
        "mailto:",
        "mailto:nobody at all",
        "mailto:a@b@c",
        "mailto:%zz",
        "mailto:ada@example.edu",
    ] {
        let html = format!("<a href=\"{address}\">write</a>");
        let body = json!({ "html": html });
        let answer = place.ask(place.ids.students[0], "POST", &path, body).await;
        assert_eq!(answer, (200, json!({ "html": html })), "{address}");
    }
}

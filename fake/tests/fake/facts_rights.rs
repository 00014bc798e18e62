//! What Canvas fixes about rights: who is refused what, and in which form.

use canvas_groups::{CourseId, UserId, enrollments::EnrollmentState};
use canvas_groups_fake::{Role, School, SmallSchool};
use serde_json::{Value, json};

use crate::common::TestSchool;

/// People beside those of the small school.
#[derive(Debug, Clone, Copy)]
struct Others {
    /// In no course.
    stranger: UserId,
    ta: UserId,
    /// The teacher of another course, and that course.
    neighbour: UserId,
    course: CourseId,
}

fn others(school: &mut School, ids: &SmallSchool) -> Others {
    let stranger = school.add_user("Stu Stranger");
    let ta = school.add_user("Tia Assist");
    school.enroll(ids.course, ta, Role::Ta);
    let neighbour = school.add_user("Nia Next");
    let course = school.add_course("Next door");
    school.enroll(course, neighbour, Role::Teacher);
    Others {
        stranger,
        ta,
        neighbour,
        course,
    }
}

async fn with_others(old: bool) -> (TestSchool, Others) {
    let mut made = None;
    let place = TestSchool::of(old, |school, ids| made = Some(others(school, ids))).await;
    (place, made.unwrap())
}

#[tokio::test]
async fn who_has_no_right_on_sets_is_refused_each_of_their_routes() {
    for old in [false, true] {
        let (place, others) = with_others(old).await;
        let ids = &place.ids;
        let refused = if old { 401 } else { 403 };
        let set = format!("group_categories/{}", ids.category);
        let root = place.fake.school(|school| school.root_account());
        let clubs = place
            .fake
            .school(|school| school.add_account_category(root, "Clubs"));
        let clubs = format!("group_categories/{clubs}");
        let (sets, sets_of_account) = (
            format!("courses/{}/group_categories", ids.course),
            format!("accounts/{root}/group_categories"),
        );
        let (student, stranger, neighbour) = (ids.students[0], others.stranger, others.neighbour);
        let cases = [
            (stranger, "GET", format!("{set}/users")),
            (neighbour, "GET", format!("{set}/users")),
            (student, "GET", format!("{set}/groups")),
            (stranger, "GET", format!("{set}/groups")),
            (student, "POST", sets.clone()),
            (stranger, "POST", sets.clone()),
            (neighbour, "POST", sets),
            (student, "PUT", set.clone()),
            (stranger, "PUT", set.clone()),
            (neighbour, "PUT", set.clone()),
            // That it is named beside another course does not help.
            (
                neighbour,
                "PUT",
                format!("{set}?course_id={}", others.course),
            ),
            (neighbour, "DELETE", set),
            (ids.teacher, "POST", sets_of_account),
            (ids.teacher, "GET", format!("{clubs}/groups")),
            (student, "GET", format!("{clubs}/groups")),
        ];
        for (user, method, path) in cases {
            let body = match method {
                "GET" => Value::Null,
                _ => json!({ "name": "Theirs" }),
            };
            let (status, body) = place.ask(user, method, &path, body).await;
            assert_eq!(status, refused, "{user} {method} {path}: {body}");
            let message = "user not authorized to perform that action";
            assert_eq!(body["errors"][0]["message"], message, "{method} {path}");
        }
        let nested = json!({ "name": "Theirs", "category": { "non_collaborative": true } });
        let sets = format!("courses/{}/group_categories", ids.course);
        for user in [student, stranger, neighbour, others.ta] {
            let answer = place.ask(user, "POST", &sets, nested.clone()).await;
            assert_eq!(answer.0, refused, "{user}: {}", answer.1);
        }
        let kept = place
            .get(ids.teacher, &format!("group_categories/{}", ids.category))
            .await;
        assert_eq!(kept["name"], "Math Groups");
    }
}

#[tokio::test]
async fn sets_of_tags_are_none_of_an_assistants_business() {
    let (place, others) = with_others(false).await;
    let ids = &place.ids;
    let [groups, tags] =
        [ids.category, ids.tag_category].map(|id| format!("group_categories/{id}"));
    let csv = "canvas_user_id,group_name\n";
    for (user, on_groups, on_tags) in [(others.ta, 200, 403), (ids.teacher, 200, 200)] {
        for (set, status) in [(&groups, on_groups), (&tags, on_tags)] {
            let change = json!({ "name": format!("Renamed {set}") });
            let answer = place.ask(user, "PUT", set, change).await;
            assert_eq!(answer.0, status, "{set}: {}", answer.1);
            let token = place.fake.token_of(user);
            let import = place.raw_with(&token, "POST", &format!("{set}/import"));
            let import = import.header("content-type", "text/csv").body(csv);
            assert_eq!(TestSchool::answer(import).await.0, status, "{set}");
        }
    }
    // The list of an assistant has sets of groups alone, whatever is asked for.
    let path = format!(
        "courses/{}/group_categories?collaboration_state=all",
        ids.course
    );
    for (user, expected) in [(others.ta, 1), (ids.teacher, 2)] {
        let sets = place.get(user, &path).await;
        assert_eq!(sets.as_array().unwrap().len(), expected);
    }
    for (user, set, status) in [
        (others.ta, &tags, 403),
        (others.ta, &groups, 200),
        (ids.teacher, &tags, 200),
    ] {
        let answer = place.ask(user, "DELETE", set, Value::Null).await;
        assert_eq!(answer.0, status, "{set}");
    }
}

#[tokio::test]
async fn tags_are_locked_off_or_only_off() {
    // How tags are set, whether rights on them are there, and whether files of them are taken.
    let cases = [
        (true, true, true, 200),
        (true, false, true, 401),
        (false, true, false, 401),
    ];
    for (allowed, on, has_rights, files) in cases {
        let place = TestSchool::with(|school, _| {
            let root = school.root_account();
            school.allow_tags(root, allowed);
            school.switch_tags(root, on);
        })
        .await;
        let (ids, case) = (&place.ids, format!("allowed: {allowed}, on: {on}"));
        let base = format!("courses/{}/group_categories", ids.course);
        let expected = if has_rights { 200 } else { 403 };
        for path in [
            format!("group_categories/{}", ids.tag_category),
            format!("groups/{}", ids.tags[0]),
            format!("{base}?collaboration_state=non_collaborative"),
            format!("courses/{}/bulk_user_tags", ids.course),
        ] {
            let answer = place.ask(ids.teacher, "GET", &path, Value::Null).await;
            assert_eq!(answer.0, expected, "{case}: {path}");
        }
        let export = format!("{base}/export_tags");
        let answer = place.ask(ids.teacher, "GET", &export, Value::Null).await;
        assert_eq!(answer.0, files, "{case}");
        if files == 401 {
            assert_eq!(answer.1, json!({ "status": "unauthorized" }));
        }
        let token = place.fake.token_of(ids.teacher);
        let import = place.raw_with(&token, "POST", &format!("{base}/import_tags"));
        let file = format!("canvas_user_id,tag_name\n{},New\n", ids.students[0]);
        let import = import.header("content-type", "text/csv").body(file);
        assert_eq!(TestSchool::answer(import).await.0, files, "{case}");
        // A new set of tags: the nested parameter picks the right, and the plain one what comes.
        for yes in [json!(true), json!(1), json!("1")] {
            let nested = json!({
                "name": format!("Nested {yes}"), "non_collaborative": yes,
                "category": { "non_collaborative": yes },
            });
            let answer = place.ask(ids.teacher, "POST", &base, nested).await;
            assert_eq!(answer.0, expected, "{case}: {yes}");
            let plain = json!({ "name": format!("Plain {yes}"), "non_collaborative": yes });
            let (status, set) = place.ask(ids.teacher, "POST", &base, plain).await;
            assert_eq!(status, 200, "{case}: {yes}");
            // Where tags are locked off, an ordinary set comes.
            let path = format!("{base}?per_page=100");
            let sets = place.get(ids.teacher, &path).await;
            let sets = sets.as_array().unwrap();
            let is_ordinary = sets.iter().any(|other| other["id"] == set["id"]);
            assert_eq!(is_ordinary, !has_rights, "{case}: {yes}");
        }
    }
}

#[tokio::test]
async fn a_tag_is_nothing_to_those_who_carry_it() {
    let place = TestSchool::new().await;
    let (ids, user) = (&place.ids, place.ids.students[0]);
    let tag = format!("groups/{}", ids.tags[0]);
    let membership = format!("{tag}/users/self");
    for (method, path) in [
        ("GET", &membership),
        ("PUT", &membership),
        ("DELETE", &membership),
        ("GET", &format!("{tag}/memberships")),
        ("GET", &format!("{tag}/users")),
        ("GET", &tag),
    ] {
        let body = if method == "PUT" {
            json!({ "moderator": true })
        } else {
            Value::Null
        };
        let answer = place.ask(user, method, path, body).await;
        assert_eq!(answer.0, 403, "{method} {path}: {}", answer.1);
    }
    let carriers = place.fake.school(|school| school.members(ids.tags[0]));
    assert!(carriers.contains(&user));
}

#[tokio::test]
async fn staff_whose_enrollment_is_over_look_and_do_not_touch() {
    for old in [false, true] {
        let place = TestSchool::of(old, |school, ids| {
            let completed = EnrollmentState::Completed;
            school.set_enrollment_state(ids.course, ids.teacher, completed);
        })
        .await;
        let ids = &place.ids;
        let group = format!("groups/{}", ids.groups[0]);
        let refused = if old { 401 } else { 403 };
        for (method, path, status) in [
            ("GET", group.clone(), 200),
            ("GET", format!("{group}/users"), 200),
            ("GET", format!("courses/{}/groups", ids.course), 200),
            ("PUT", group.clone(), refused),
            ("DELETE", group, refused),
        ] {
            let body = if method == "PUT" {
                json!({ "name": "x" })
            } else {
                Value::Null
            };
            let answer = place.ask(ids.teacher, method, &path, body).await;
            assert_eq!(answer.0, status, "{method} {path}: {}", answer.1);
        }
    }
}

#[tokio::test]
async fn students_see_the_groups_of_a_course_once_it_is_published() {
    for old in [false, true] {
        let place = TestSchool::of(old, |school, ids| {
            school.set_published(ids.course, false);
        })
        .await;
        let ids = &place.ids;
        let paths = [
            format!("groups/{}", ids.groups[0]),
            format!("groups/{}/users", ids.groups[0]),
            format!("courses/{}/groups", ids.course),
            format!("group_categories/{}/users", ids.category),
        ];
        let refused = if old { 401 } else { 403 };
        for (published, status) in [(false, refused), (true, 200)] {
            place
                .fake
                .school(|school| school.set_published(ids.course, published));
            for path in &paths {
                for (user, status) in [(ids.students[0], status), (ids.teacher, 200)] {
                    let answer = place.ask(user, "GET", path, Value::Null).await;
                    assert_eq!(answer.0, status, "{path}: {}", answer.1);
                }
            }
        }
    }
}

//! What Canvas fixes about how requests are read, and about the tokens that come with them.

use canvas_groups_fake::{NewUser, School, SmallSchool};
use serde_json::{Value, json};

use crate::common::TestSchool;

/// Adds a user with an integration id.
fn with_integration_id(school: &mut School, ids: &SmallSchool) {
    let user = school.add_user(NewUser::new("Ina Keyed").integration_id("int-7"));
    school.add_member(ids.groups[1], user);
}

#[tokio::test]
async fn the_query_wins_over_the_body() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}", place.ids.groups[0]);
    let in_query = format!("{path}?name=Query");
    let body = json!({ "name": "Body", "description": "Only there" });
    let sent = place.raw("PUT", &in_query).json(&body);
    let (_, shown) = TestSchool::answer(sent).await;
    assert_eq!(
        (&shown["name"], &shown["description"]),
        (&json!("Query"), &json!("Only there"))
    );
    let form = place.raw("PUT", &in_query).body("name=Form");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(TestSchool::answer(form).await.1["name"], "Query");
    // The path wins over both.
    let other = place.ids.groups[1];
    let sent = format!("{path}?group_id={other}&name=Own");
    let body = json!({ "group_id": other });
    let (_, shown) = TestSchool::answer(place.raw("PUT", &sent).json(&body)).await;
    assert_eq!(
        (&shown["id"], &shown["name"]),
        (&json!(place.ids.groups[0]), &json!("Own"))
    );
}

#[tokio::test]
async fn commas_separate_nothing_but_the_members_of_a_changed_group() {
    let place = TestSchool::new().await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let both = format!("{},{}", s[0], s[1]);
    let members = |group| place.fake.school(|school| school.members(group));
    // A text is a list of one, and an id is the number that it begins with.
    let path = format!("courses/{}/bulk_user_tags?user_ids={both}", ids.course);
    let tags = place.get(ids.teacher, &path).await;
    assert_eq!(tags, json!({ s[0].to_string(): [ids.tags[0]] }));
    let path = format!("groups/{}/memberships", ids.tags[1]);
    let many = json!({ "members": both });
    let answer = place.ask(ids.teacher, "POST", &path, many).await;
    assert_eq!((answer.0, members(ids.tags[1])), (200, vec![s[0]]));
    let path = format!("groups/{}/users", ids.groups[0]);
    let several = json!({ "user_ids": both });
    let (_, answer) = place.ask(ids.teacher, "DELETE", &path, several).await;
    assert_eq!(answer["deleted_user_ids"], json!([s[0]]));
    let path = format!("groups/{}/permissions?permissions=read,join", ids.groups[0]);
    let permissions = place.get(s[1], &path).await;
    assert_eq!(permissions, json!({ "read,join": false }));
    let path = format!("groups/{}", ids.groups[0]);
    let change = json!({ "members": format!(" {} ,{}x", s[2], s[3]) });
    place.ask(ids.teacher, "PUT", &path, change).await;
    assert_eq!(members(ids.groups[0]), [s[2], s[3]]);
}

#[tokio::test]
async fn json_is_read_by_its_content_type_alone() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}", place.ids.groups[0]);
    // The content type, and whether the name in the body is taken.
    let cases = [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("application/vnd.api+json", false),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
    ];
    for (at, (kind, is_read)) in cases.into_iter().enumerate() {
        let name = format!("Name {at}");
        let body = json!({ "name": name }).to_string();
        let sent = place
            .raw("PUT", &path)
            .header("content-type", kind)
            .body(body);
        let (status, shown) = TestSchool::answer(sent).await;
        assert_eq!(
            (status, shown["name"] == name),
            (200, is_read),
            "{kind}: {shown}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request() {
    let deep = format!("a{}=1", "[x]".repeat(101));
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let path = format!("groups/{}", place.ids.groups[0]);
        let plain =
            json!({ "errors": [{ "message": "An error occurred.", "error_code": "bad_request" }] });
        let mut reported = plain.clone();
        reported["error_report_id"] = json!(1);
        let form = "application/x-www-form-urlencoded";
        let json_ = "application/json";
        let part = |text: &[u8]| {
            let head = b"--x\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\n";
            [head, text, b"\r\n--x--\r\n"].concat()
        };
        let multipart = "multipart/form-data; boundary=x";
        // The query, the content type, the body, and what is answered if that is a refusal.
        let cases: [(&str, &str, Vec<u8>, Option<&Value>); 17] = [
            ("", json_, b"{\"name\":".to_vec(), Some(&reported)),
            ("", json_, b"{\"name\":\"\xff\"}".to_vec(), Some(&reported)),
            ("", json_, b"name=x".to_vec(), Some(&reported)),
            ("", json_, b"{}".to_vec(), None),
            ("", json_, Vec::new(), None),
            ("name=%zz", json_, b"{}".to_vec(), Some(&plain)),
            ("name=%e", json_, b"{}".to_vec(), Some(&plain)),
            ("name=%", json_, b"{}".to_vec(), Some(&plain)),
            ("%ff=x", json_, b"{}".to_vec(), Some(&plain)),
            ("name=%c3%a4%25", json_, b"{}".to_vec(), None),
            (&*deep, json_, b"{}".to_vec(), Some(&plain)),
            ("", form, b"name=100%".to_vec(), Some(&plain)),
            ("", form, b"name=%c3".to_vec(), Some(&plain)),
            ("", form, b"name=\xff".to_vec(), Some(&plain)),
            ("", form, b"name=100%25+%c3%A4".to_vec(), None),
            ("", multipart, part(b"\xff"), Some(&plain)),
            ("", multipart, part(b"100%"), None),
        ];
        for (query, kind, body, refusal) in cases {
            let text = String::from_utf8_lossy(&body).into_owned();
            let path = format!("{path}?{query}");
            let sent = place
                .raw("PUT", &path)
                .header("content-type", kind)
                .body(body);
            let (status, body) = TestSchool::answer(sent).await;
            match refusal {
                Some(refusal) => assert_eq!((status, &body), (400, refusal), "{query} {text}"),
                None => assert_eq!(status, 200, "{query} {text}: {body}"),
            }
        }
    }
}

#[tokio::test]
async fn a_failure_of_the_server_has_a_report_and_a_refusal_has_none() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}", place.ids.groups[0]);
    let teacher = place.ids.teacher;
    let cases = [
        (json!({ "leader": 7 }), 500, true),
        (json!({ "leader": { "id": 0 } }), 400, false),
        (json!({ "name": "" }), 400, false),
    ];
    for (body, expected, is_reported) in cases {
        let (status, answer) = place.ask(teacher, "PUT", &path, body).await;
        assert_eq!(status, expected, "{answer}");
        assert_eq!(answer["error_report_id"].is_u64(), is_reported, "{answer}");
    }
}

#[tokio::test]
async fn a_user_who_cannot_log_in_has_no_token() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let ids = &place.ids;
        let path = format!("groups/{}", ids.groups[0]);
        let invite = json!({ "invitees": ["new@example.org"] });
        let (_, made) = place
            .ask(ids.teacher, "POST", &format!("{path}/invite"), invite)
            .await;
        let user = canvas_groups::UserId::new(made[0]["user_id"].as_u64().unwrap());
        let token = place.fake.token_of(user);
        let sent = place.raw_with(&token, "GET", &path).send().await.unwrap();
        assert_eq!(sent.status(), 401);
        let challenge = sent.headers()["www-authenticate"].clone();
        assert_eq!(challenge, "Bearer realm=\"canvas-lms\"");
        let body: Value = sent.json().await.unwrap();
        assert_eq!(
            body,
            json!({ "errors": [{ "message": "Invalid access token." }] })
        );
        // Nor is there one to end.
        let url = format!("{}/login/oauth2/token", place.fake.url());
        let end = reqwest::Client::new().delete(url).bearer_auth(&token);
        let end = end.header("user-agent", "tests").send().await.unwrap();
        assert_eq!(end.status(), 401);
        // An administrator acts as such a user all the same.
        let masked = format!("users/self/groups?as_user_id={user}");
        assert_eq!(
            place.ask(ids.admin, "GET", &masked, Value::Null).await.0,
            200
        );
    }
}

#[tokio::test]
async fn a_name_and_a_password_are_no_token() {
    let place = TestSchool::new().await;
    let url = format!("{}/api/v1/groups/{}", place.fake.url(), place.ids.groups[0]);
    let sent = reqwest::Client::new()
        .get(url)
        .header("user-agent", "tests");
    let sent = sent.basic_auth("admin", Some(place.fake.token()));
    let (status, body) = TestSchool::answer(sent).await;
    assert_eq!((status, &body["status"]), (401, &json!("unauthenticated")));
}

#[tokio::test]
async fn one_acts_as_a_user_by_any_key() {
    let place = TestSchool::with(with_integration_id).await;
    let admin = place.ids.admin;
    for (key, name) in [
        ("sis_integration_id:int-7", "Math Group 2"),
        ("hex:sis_integration_id:696e742d37", "Math Group 2"),
        ("sis_user_id:S001", "Math Group 1"),
        ("sis_login_id:Ben.Okafor", "Math Group 1"),
    ] {
        let path = format!("users/self/groups?as_user_id={key}");
        let groups = place.get(admin, &path).await;
        assert_eq!(groups[0]["name"], name, "{key}");
    }
    let path = "users/self/groups?as_user_id=sis_integration_id:int-8";
    let refused = json!({ "errors": "Invalid as_user_id" });
    assert_eq!(
        place.ask(admin, "GET", path, Value::Null).await,
        (401, refused)
    );
}

#[tokio::test]
async fn accounts_have_words_and_sections_have_numbers() {
    let place = TestSchool::new().await;
    let ids = &place.ids;
    let sections = place
        .get(ids.teacher, &format!("courses/{}/sections", ids.course))
        .await;
    let section = &sections[0]["id"];
    let cases = [
        ("accounts/default/groups".to_owned(), 200),
        ("accounts/%20default%20/groups".to_owned(), 200),
        ("accounts/self/groups".to_owned(), 200),
        ("accounts/defaults/groups".to_owned(), 404),
        (format!("sections/{section}/enrollments"), 200),
        (format!("sections/%20{section}%09/enrollments"), 200),
        (format!("sections/{}/enrollments", ids.course), 200),
        (format!("sections/+{section}/enrollments"), 404),
        (format!("sections/-{section}/enrollments"), 404),
        (format!("sections/{section}a/enrollments"), 404),
        ("sections/0/enrollments".to_owned(), 404),
    ];
    for (path, expected) in cases {
        let (status, body) = place.ask(ids.admin, "GET", &path, Value::Null).await;
        assert_eq!(status, expected, "{path}: {body}");
    }
}

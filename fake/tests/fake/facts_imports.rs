//! What Canvas fixes about imports and exports.

use canvas_groups::{CategoryId, GroupId, UserId};
use canvas_groups_fake::{School, SmallSchool};
use serde_json::{Value, json};

use crate::common::{TestSchool, pass};

impl TestSchool {
    /// Imports a file, and gives the job at its end.
    async fn import_file(&self, path: &str, file: &str) -> Value {
        let token = self.fake.token_of(self.ids.teacher);
        let request = self.raw_with(&token, "POST", path);
        let request = request
            .header("content-type", "text/csv")
            .body(file.to_owned());
        let (status, job) = Self::answer(request).await;
        assert_eq!(
            (status, &job["workflow_state"]),
            (200, &json!("queued")),
            "{job}"
        );
        pass(4.0).await;
        self.get(self.ids.teacher, &format!("progress/{}", job["id"]))
            .await
    }

    async fn import_groups(&self, file: &str) -> Value {
        let path = format!("group_categories/{}/import", self.ids.category);
        self.import_file(&path, file).await
    }

    async fn import_of_tags(&self, file: &str) -> Value {
        let path = format!("courses/{}/group_categories/import_tags", self.ids.course);
        self.import_file(&path, file).await
    }

    /// The names of the groups in a set, each with the places of its members among the students.
    async fn placed(&self, set: CategoryId) -> Vec<(String, Vec<usize>)> {
        let path = format!("group_categories/{set}/groups?per_page=100");
        let groups = self.get(self.ids.admin, &path).await;
        let groups = groups.as_array().unwrap().iter();
        let place = |user: &UserId| self.ids.students.iter().position(|s| s == user).unwrap();
        groups
            .map(|group| {
                let id = GroupId::new(group["id"].as_u64().unwrap());
                let members = self.fake.school(|school| school.members(id));
                let name = group["name"].as_str().unwrap().to_owned();
                (name, members.iter().map(place).collect())
            })
            .collect()
    }
}

#[tokio::test]
async fn an_import_tells_what_it_took_on_servers_of_today() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let s = &place.ids.students;
        let file = format!(
            "canvas_user_id,group_name\n{},A\n{},B\n{},B\n{},C\nnobody,D\n",
            s[0], s[1], s[2], s[0]
        );
        let job = place.import_groups(&file).await;
        assert_eq!(job["workflow_state"], "completed");
        assert_eq!(job["tag"], "course_group_import");
        let told = |job: &Value| serde_json::from_str::<Value>(job["message"].as_str().unwrap());
        match old {
            true => assert_eq!(job["message"], Value::Null),
            false => {
                let expected = json!({
                    "type": "import_groups", "groups": 2, "users": 3, "error": null
                });
                assert_eq!(told(&job).unwrap(), expected);
            }
        }
        let failed = place.import_groups("").await;
        assert_eq!(failed["workflow_state"], "failed");
        match old {
            true => assert_eq!(failed["message"], "Unable to read file"),
            false => {
                let expected = json!({
                    "type": "import_groups", "groups": 0, "users": 0, "error": "Unable to read file"
                });
                assert_eq!(told(&failed).unwrap(), expected);
            }
        }
        let crashed = place.import_groups("login_id,group_name\n\"x").await;
        let message = crashed["message"].as_str().unwrap();
        assert!(message.starts_with("Unexpected error, ID: "), "{message}");
    }
}

#[tokio::test]
async fn each_row_is_a_removal_and_an_addition() {
    let place = TestSchool::new().await;
    let (ids, user) = (&place.ids, place.ids.students[0]);
    let path = format!("groups/{}", ids.groups[0]);
    let membership = format!("{path}/users/{user}");
    let change = json!({ "moderator": true });
    let (_, before) = place.ask(ids.teacher, "PUT", &membership, change).await;
    let leader = json!({ "leader": { "id": user } });
    place.ask(ids.teacher, "PUT", &path, leader).await;
    let file = format!("canvas_user_id,canvas_group_id\n{user},{}\n", ids.groups[0]);
    place.import_groups(&file).await;
    let after = place.get(ids.teacher, &membership).await;
    assert_ne!(after["id"], before["id"]);
    assert_eq!(
        (&before["moderator"], &after["moderator"]),
        (&json!(true), &json!(false))
    );
    let group = place.get(ids.teacher, &path).await;
    assert_eq!(group["leader"], Value::Null, "nobody leads then");
    assert_eq!(group["members_count"], 6);
}

#[tokio::test]
async fn a_group_that_comes_back_has_its_members_again() {
    let place = TestSchool::new().await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let path = format!("groups/{}", ids.groups[0]);
    place.ask(ids.teacher, "DELETE", &path, Value::Null).await;
    // One of them joins another group meanwhile.
    let join = format!("groups/{}/memberships", ids.groups[2]);
    place
        .ask(ids.teacher, "POST", &join, json!({ "user_id": s[3] }))
        .await;
    let file = format!(
        "canvas_user_id,canvas_group_id\n{},{}\n",
        s[12], ids.groups[0]
    );
    place.import_groups(&file).await;
    let groups = place.placed(ids.category).await;
    assert_eq!(groups[0].1, [0, 1, 2, 4, 5, 12]);
    assert_eq!(groups[2].1, [3]);
    // By its name a deleted group stays deleted.
    place.ask(ids.teacher, "DELETE", &path, Value::Null).await;
    let file = format!("canvas_user_id,group_name\n{},Math Group 1\n", s[13]);
    place.import_groups(&file).await;
    assert_eq!(
        place.placed(ids.category).await[0],
        ("Math Group 1".to_owned(), vec![13])
    );
}

#[tokio::test]
async fn columns_are_matched_by_their_headings() {
    let place = TestSchool::new().await;
    let s = &place.ids.students;
    // Case does not count, blanks do; the columns of tags stand in for those of groups.
    let cases = [
        ("CANVAS_USER_ID,Group_Name", "Upper", true),
        ("canvas_user_id, group_name", "Blank", false),
        ("canvas_user_id,tag_name", "Stand-in", true),
        ("canvas_user_id;group_name", "Semicolon", false),
    ];
    for (heading, name, is_read) in cases {
        let separator = if heading.contains(';') { ';' } else { ',' };
        let file = format!("\u{feff}{heading}\n  {} {separator} {name}  \n", s[0]);
        let job = place.import_groups(&file).await;
        assert_eq!(job["workflow_state"], "completed", "{heading}");
        let groups = place.placed(place.ids.category).await;
        let is_there = groups
            .iter()
            .any(|(group, members)| group == name && *members == [0]);
        assert_eq!(is_there, is_read, "{heading}: {groups:?}");
    }
    let file = format!(
        "canvas_user_id,group_name,tag_set_name\n{},A,Renamed\n",
        s[0]
    );
    place.import_groups(&file).await;
    let path = format!("group_categories/{}", place.ids.category);
    let set = place.get(place.ids.teacher, &path).await;
    assert_eq!(set["name"], "Renamed");
}

#[tokio::test]
async fn tags_are_found_in_the_whole_course() {
    let seed = |school: &mut School, ids: &SmallSchool| {
        let set = school.add_tag_category(ids.course, "Second");
        school.add_group(set, "Honors");
        school.set_sis_group_category_id(set, "second");
    };
    let place = TestSchool::with(seed).await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let sets = async || {
        let path = format!(
            "courses/{}/group_categories?collaboration_state=non_collaborative&per_page=100",
            ids.course
        );
        let sets = place.get(ids.teacher, &path).await;
        let sets = sets.as_array().unwrap().iter();
        let mut shown = Vec::new();
        for set in sets {
            let id = CategoryId::new(set["id"].as_u64().unwrap());
            let tags = place.placed(id).await.into_iter().map(|(name, _)| name);
            let tags = tags.collect::<Vec<_>>().join(", ");
            shown.push(format!("{}: {tags}", set["name"].as_str().unwrap()));
        }
        shown
    };
    let support = "Accommodations: Extra time, Reading aid";
    assert_eq!(sets().await, [support, "Second: Honors"]);
    // What a row says of the tag and the set, and what the sets are after it.
    let cases = [
        ("Honors,,", vec![support, "Second: Honors"]),
        (
            "Honors,Accommodations,",
            vec![
                "Accommodations: Extra time, Honors, Reading aid",
                "Second: ",
            ],
        ),
        ("Honors,,second", vec![support, "Second: Honors"]),
        ("Honors,Third,", vec![support, "Third: Honors"]),
        ("Fast,Fourth,", vec![support, "Third: Honors", "Fast: Fast"]),
        (
            "Slow,,",
            vec![support, "Third: Honors", "Fast: Fast", "Slow: Slow"],
        ),
        (
            "Slow,Second,second",
            vec![support, "Second: Honors, Slow", "Fast: Fast", "Slow: "],
        ),
    ];
    for (cells, expected) in cases {
        let file = format!(
            "canvas_user_id,tag_name,tag_set_name,tag_set_id\n{},{cells}\n",
            s[0]
        );
        let job = place.import_of_tags(&file).await;
        assert_eq!(job["workflow_state"], "completed", "{cells}: {job}");
        assert_eq!(job["tag"], "course_group_import");
        assert_eq!(job["context_type"], "Course");
        assert_eq!(sets().await, expected, "{cells}");
    }
}

#[tokio::test]
async fn a_tag_that_was_deleted_comes_back_with_its_set() {
    let place = TestSchool::new().await;
    let (ids, s) = (&place.ids, &place.ids.students);
    let set = format!("group_categories/{}", ids.tag_category);
    place.ask(ids.teacher, "DELETE", &set, Value::Null).await;
    let file = format!("canvas_user_id,tag_name\n{},Extra time\n", s[9]);
    place.import_of_tags(&file).await;
    let expected = [("Extra time".to_owned(), vec![0, 1, 2, 9])];
    assert_eq!(place.placed(ids.tag_category).await, expected);
    // Several tags of one user are as many rows, and two rows of one tag are one.
    let file = format!(
        "canvas_user_id,tag_name\n{0},Extra time\n{0},Second\n{0},Second\n",
        s[9]
    );
    let job = place.import_of_tags(&file).await;
    let told: Value = serde_json::from_str(job["message"].as_str().unwrap()).unwrap();
    assert_eq!((&told["users"], &told["groups"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn servers_of_old_know_no_files_of_tags() {
    let place = TestSchool::of(true, |_, _| ()).await;
    let base = format!("courses/{}", place.ids.course);
    for (method, path) in [
        ("POST", "group_categories/import_tags"),
        ("GET", "group_categories/export_tags"),
        ("POST", "group_categories/bulk_manage_differentiation_tag"),
        ("GET", "bulk_user_tags?user_ids[]=1"),
    ] {
        let body = if method == "POST" {
            json!({})
        } else {
            Value::Null
        };
        let path = format!("{base}/{path}");
        assert_eq!(
            place.ask(place.ids.admin, method, &path, body).await.0,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_export_is_refused_in_plain_text() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let token = place.fake.token_of(place.ids.students[0]);
        let path = format!("group_categories/{}/export", place.ids.category);
        let answer = place.raw_with(&token, "GET", &path).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers().get("www-authenticate"), None);
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(kind.starts_with("text/plain"), "{kind}");
        assert_eq!(answer.text().await.unwrap(), "Unauthorized");
    }
}

#[tokio::test]
async fn staff_in_a_group_are_no_rows_and_yet_bring_its_columns() {
    let mut set = None;
    let place = TestSchool::with(|school, ids| {
        let id = school.add_category(ids.course, "Staff");
        let group = school.add_group(id, "Office").unwrap();
        school.add_member(group, ids.teacher);
        set = Some(id);
    })
    .await;
    let path = format!("group_categories/{}/export", set.unwrap());
    let (_, export) = place
        .ask(place.ids.teacher, "GET", &path, Value::Null)
        .await;
    let lines: Vec<_> = export.as_str().unwrap().lines().collect();
    assert_eq!(
        lines[0],
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id"
    );
    assert_eq!(lines.len(), 15);
    assert!(!lines.iter().any(|line| line.contains("Office")));
}

#[tokio::test]
async fn imports_of_a_course_run_one_after_the_other() {
    let place = TestSchool::new().await;
    let path = format!("group_categories/{}/import", place.ids.category);
    let mut jobs = Vec::new();
    for _ in 0..2 {
        let request = place.raw("POST", &path).header("content-type", "text/csv");
        let file = format!("canvas_user_id,group_name\n{},A\n", place.ids.students[0]);
        jobs.push(TestSchool::answer(request.body(file)).await.1["id"].clone());
    }
    let states = async || {
        let mut states = Vec::new();
        for job in &jobs {
            let job = place
                .get(place.ids.teacher, &format!("progress/{job}"))
                .await;
            states.push(job["workflow_state"].as_str().unwrap().to_owned());
        }
        states
    };
    assert_eq!(states().await, ["queued", "queued"]);
    pass(2.0).await;
    assert_eq!(states().await, ["running", "queued"]);
    pass(2.5).await;
    assert_eq!(states().await, ["completed", "queued"]);
    pass(4.0).await;
    assert_eq!(states().await, ["completed", "completed"]);
}

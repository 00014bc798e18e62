//! What Canvas fixes about imports that break off, and what they leave.

use canvas_groups_fake::{Role, School};
use serde_json::{Value, json};

use crate::common::{TestSchool, pass};

impl TestSchool {
    /// Has the teacher import a file, and gives the job at its end.
    async fn import_at(&self, path: &str, file: String) -> Value {
        let token = self.fake.token_of(self.ids.teacher);
        let request = self.raw_with(&token, "POST", path);
        let request = request.header("content-type", "text/csv").body(file);
        let job = Self::answer(request).await.1;
        pass(4.0).await;
        self.get(self.ids.teacher, &format!("progress/{}", job["id"]))
            .await
    }
}

fn is_crash(job: &Value) -> bool {
    let message = job["message"].as_str().unwrap_or_default();
    job["workflow_state"] == "failed" && message.starts_with("Unexpected error, ID: ")
}

#[tokio::test]
async fn a_job_that_dies_has_written_whole_thousands_alone() {
    // How many rows come before the one that breaks, and how many of them are written.
    for (rows, written) in [
        (0, 0),
        (1_000, 0),
        (1_001, 1_001),
        (1_500, 1_001),
        (2_001, 2_001),
    ] {
        for tags in [false, true] {
            let mut people = Vec::new();
            let mut old = None;
            let place = TestSchool::with(|school: &mut School, ids| {
                let group = match tags {
                    true => ids.tags[0],
                    false => ids.groups[0],
                };
                for number in 0..rows {
                    let user = school.add_user(format!("Student {number}"));
                    school.enroll(ids.course, user, Role::Student);
                    school.add_member(group, user);
                    people.push(user);
                }
                old = Some(group);
            })
            .await;
            let old = old.unwrap();
            let before = place.fake.school(|school| school.members(old).len());
            let mut file = "canvas_user_id,canvas_group_id,group_name\n".to_owned();
            for user in &people {
                file += &format!("{user},{old},\n");
            }
            file += &format!("{},,{}\n", place.ids.students[13], "x".repeat(256));
            let path = match tags {
                true => format!("courses/{}/group_categories/import_tags", place.ids.course),
                false => format!("group_categories/{}/import", place.ids.category),
            };
            let job = place.import_at(&path, file).await;
            assert!(is_crash(&job), "{job}");
            // The others have lost what they had, and got nothing.
            let after = place.fake.school(|school| school.members(old).len());
            assert_eq!(after, before - rows + written, "{rows} rows, tags: {tags}");
        }
    }
}

#[tokio::test]
async fn a_file_that_ends_well_writes_all() {
    let mut people = Vec::new();
    let place = TestSchool::with(|school: &mut School, ids| {
        for number in 0..1_200 {
            let user = school.add_user(format!("Student {number}"));
            school.enroll(ids.course, user, Role::Student);
            people.push(user);
        }
    })
    .await;
    let mut file = "canvas_user_id,canvas_group_id\n".to_owned();
    for user in &people {
        file += &format!("{user},{}\n", place.ids.groups[2]);
    }
    let path = format!("group_categories/{}/import", place.ids.category);
    let job = place.import_at(&path, file).await;
    let told: Value = serde_json::from_str(job["message"].as_str().unwrap()).unwrap();
    // The group counts in each thousand.
    assert_eq!(
        (&told["groups"], &told["users"]),
        (&json!(2), &json!(1_200))
    );
    let members = place
        .fake
        .school(|school| school.members(place.ids.groups[2]));
    assert_eq!(members.len(), 1_200);
}

#[tokio::test]
async fn names_that_records_may_not_have_end_an_import() {
    let (long, longest) = ("x".repeat(256), "x".repeat(255));
    let wide = "ö".repeat(255);
    // Whether tags are imported, the heading and cells beside the user, and whether that crashes.
    let cases = [
        (false, "group_name", &*long, true),
        (false, "group_name", &*longest, false),
        (false, "group_name", &*wide, false),
        (false, "group_name,tag_set_name", "A,Student Groups", true),
        (false, "group_name,tag_set_name", "A,Taken", true),
        (false, "group_name,tag_set_name", "A,Free", false),
        (false, "group_name,tag_set_name", "A,Math Groups", false),
        (true, "tag_name", &*long, true),
        (true, "tag_name", &*longest, false),
        (
            true,
            "tag_name,tag_set_name",
            "Extra time,Student Groups",
            false,
        ),
        (true, "tag_name,tag_set_name", "Extra time,Taken", false),
    ];
    for (tags, heading, cells, crashes) in cases {
        let place = TestSchool::with(|school, ids| {
            school.add_category(ids.course, "Taken");
        })
        .await;
        let ids = &place.ids;
        let path = match tags {
            true => format!("courses/{}/group_categories/import_tags", ids.course),
            false => format!("group_categories/{}/import", ids.category),
        };
        let file = format!("canvas_user_id,{heading}\n{},{cells}\n", ids.students[0]);
        let job = place.import_at(&path, file).await;
        assert_eq!(is_crash(&job), crashes, "{heading}: {cells}: {job}");
    }
    // So does the name of a set that is too long, for tags too.
    let place = TestSchool::new().await;
    let path = format!("courses/{}/group_categories/import_tags", place.ids.course);
    let user = place.ids.students[0];
    let file = format!("canvas_user_id,tag_name,tag_set_name\n{user},Extra time,{long}\n");
    assert!(is_crash(&place.import_at(&path, file).await));
}

#[tokio::test]
async fn a_deleted_group_is_back_by_its_sis_id() {
    let place = TestSchool::with(|school, ids| {
        school.set_sis_group_id(ids.groups[0], "g1");
        school.delete_group(ids.groups[0]);
    })
    .await;
    let ids = &place.ids;
    let path = format!("group_categories/{}/import", ids.category);
    let file = format!("canvas_user_id,group_id\n{},g1\n", ids.students[12]);
    let job = place.import_at(&path, file).await;
    assert_eq!(job["workflow_state"], "completed", "{job}");
    let group = place
        .get(ids.admin, &format!("groups/{}", ids.groups[0]))
        .await;
    assert_eq!(
        (&group["sis_group_id"], &group["members_count"]),
        (&json!("g1"), &json!(7))
    );
}

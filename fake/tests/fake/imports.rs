//! CSV files, in and out.

use canvas_groups::{
    CategoryId, Error, ErrorKind, UserId,
    categories::{GetCategory, ListCategoryGroups},
    csv::{
        ExportGroups, ExportTags, GroupKey, GroupRow, ImportGroups, ImportTags, TagKey, TagRow,
        TagSetKey, UserKey,
    },
    progress::{GetProgress, Progress, ProgressState},
    tags::ManageTags,
};
use canvas_groups_fake::{FakeCanvas, Role, School};
use serde_json::json;

use crate::common::{TestSchool, pass, refusal};

impl TestSchool {
    /// Waits until an import has ended.
    async fn done(&self, job: Progress) -> Result<Progress, Error> {
        assert_eq!(job.workflow_state, Some(ProgressState::Queued));
        assert_eq!(job.completion, Some(0.0));
        pass(4.0).await;
        let job = self.admin.send(GetProgress::new(job.id)).await?;
        self.admin.wait(job).await
    }

    async fn import(&self, file: &str) {
        let import = ImportGroups::from_csv(self.ids.category, file.to_owned()).unchecked();
        let job = self.teacher.send(import).await.unwrap();
        self.done(job).await.unwrap();
    }

    async fn import_tags(&self, rows: Vec<TagRow>) -> Result<Progress, Error> {
        let import = ImportTags::new(self.ids.course, rows).sets_exist();
        let job = self.teacher.send(import).await.unwrap();
        assert_eq!(job.course_id(), Some(self.ids.course));
        assert_eq!(job.tag.as_deref(), Some("course_tag_import"));
        self.done(job).await
    }

    /// The groups of a set with the places of their members in the list of students.
    async fn groups(&self, set: CategoryId) -> Vec<(String, Vec<usize>)> {
        let groups = self.admin.send(ListCategoryGroups::new(set)).await;
        let groups = groups.unwrap().items.into_iter();
        let place = |user: &UserId| self.ids.students.iter().position(|s| s == user).unwrap();
        groups
            .map(|group| {
                let members = self.fake.school(|school| school.members(group.id));
                (group.name, members.iter().map(place).collect())
            })
            .collect()
    }
}

#[tokio::test]
async fn an_import_moves_people_into_groups_that_are_there_or_made() {
    let place = TestSchool::new().await;
    let students = &place.ids.students;
    let rows = [
        GroupRow::new(students[0], place.ids.groups[2]),
        GroupRow::new(UserKey::sis("S002"), GroupKey::name("Math Group 3")),
        GroupRow::new(UserKey::login("CHLOE.larsen"), GroupKey::name("New")),
        GroupRow::new(UserKey::login("nobody"), GroupKey::name("Empty")),
        GroupRow::new(students[13], GroupKey::name("New")),
    ];
    let import = ImportGroups::new(place.ids.category, rows);
    let job = place.teacher.send(import).await.unwrap();
    assert_eq!(job.tag.as_deref(), Some("course_group_import"));
    assert_eq!(job.category_id(), Some(place.ids.category));
    let category = GetCategory::new(place.ids.category);
    let category = place.teacher.send(category).await.unwrap();
    assert_eq!(category.progress.map(|progress| progress.id), Some(job.id));
    place.done(job).await.unwrap();
    let expected = [
        ("Empty", vec![]),
        ("Math Group 1", vec![3, 4, 5]),
        ("Math Group 2", vec![6, 7, 8, 9]),
        ("Math Group 3", vec![0, 1]),
        ("New", vec![2, 13]),
    ];
    let expected = expected.map(|(name, members)| (name.to_owned(), members));
    assert_eq!(place.groups(place.ids.category).await, expected);
}

#[tokio::test]
async fn an_import_matches_by_one_column_after_the_other() {
    let place = TestSchool::with(|school, ids| {
        school.set_sis_group_id(ids.groups[1], "g2");
        // Not a student, and no longer one.
        school.enroll(ids.course, ids.admin, Role::Ta);
        school.set_active(ids.course, ids.students[12], false);
    })
    .await;
    let (ids, groups) = (&place.ids, &place.ids.groups);
    let [ada, ben, kofi] = [0, 1, 10].map(|at| ids.students[at]);
    let file = format!(
        "\u{feff}Canvas_User_Id,user_id,login_id,canvas_group_id,group_id,group_name,sections\r\n\
         999999,S001,,,g2,Ignored,x\r\n\
         {ada},,,{first},,,\r\n\
         ,,ben.okafor,999999,none,\"Second, new\",\r\n\
         {kofi},,,999999,none,,\r\n\
         {ben},,,,,,\r\n\
         ,,admin,,,Staff,\r\n\
         ,,mateo.garcía,,,Staff,\r\n",
        first = groups[0],
    );
    place.import(&file).await;
    let expected = [
        ("Math Group 1", vec![2, 3, 4, 5]),
        ("Math Group 2", vec![0, 6, 7, 8, 9]),
        ("Math Group 3", vec![]),
        ("Second, new", vec![1]),
        ("Staff", vec![]),
    ];
    let expected = expected.map(|(name, members)| (name.to_owned(), members));
    assert_eq!(place.groups(ids.category).await, expected);
}

#[tokio::test]
async fn an_import_restores_a_deleted_group_by_id() {
    let place = TestSchool::new().await;
    let (set, tag) = (place.ids.tag_category, place.ids.tags[0]);
    let delete = ManageTags::in_set(place.ids.course, set).delete(tag);
    place.teacher.send(delete).await.unwrap();
    let reading = ("Reading aid".to_owned(), vec![]);
    assert_eq!(place.groups(set).await, std::slice::from_ref(&reading));
    let import = ImportGroups::new(set, [GroupRow::new(place.ids.students[3], tag)]);
    let job = place.teacher.send(import).await.unwrap();
    place.done(job).await.unwrap();
    let extra = ("Extra time".to_owned(), vec![3]);
    assert_eq!(place.groups(set).await, [extra, reading]);
}

#[tokio::test]
async fn trap_42_bad_files_fail_only_in_the_job() {
    let place = TestSchool::new().await;
    let path = format!("group_categories/{}/import", place.ids.category);
    let message = async |request: reqwest::RequestBuilder| {
        let (status, job) = TestSchool::answer(request).await;
        assert_eq!((status, &job["workflow_state"]), (200, &json!("queued")));
        let job: Progress = serde_json::from_value(job).unwrap();
        let failed = place.done(job).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::JobFailed);
        failed.to_string()
    };
    let to = |path: &str, body: &'static [u8]| {
        let post = place.raw("POST", path).header("content-type", "text/csv");
        post.body(body)
    };
    let raw = |body: &'static [u8]| to(&path, body);
    assert!(message(raw(b"")).await.ends_with("Unable to read file"));
    assert!(message(raw(b"a\n\xff")).await.ends_with("Invalid UTF-8"));
    let broken = message(raw(b"login_id,group_name\nx,\"Team\n")).await;
    assert!(broken.contains("Unexpected error, ID: "), "{broken}");
    let head = "--x\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"a.zip\"\r\n\
                Content-Type: application/zip\r\n\r\nPK\r\n--x--\r\n";
    let form = place.raw("POST", &path);
    let form = form.header("content-type", "multipart/form-data; boundary=x");
    let zip = message(form.body(head)).await;
    assert!(zip.ends_with("Only CSV files are supported."), "{zip}");

    let good = raw(b"login_id,group_name\nnoor.aziz,Raw\n");
    let (_, job) = TestSchool::answer(good).await;
    let job = serde_json::from_value(job).unwrap();
    place.done(job).await.unwrap();
    let groups = place.groups(place.ids.category).await;
    assert!(groups.contains(&("Raw".to_owned(), vec![13])));

    let latin = place.raw("POST", &path).body("x");
    let latin = latin.header("content-type", "text/csv; charset=iso-8859-1");
    assert_eq!(TestSchool::answer(latin).await.0, 400);
    let named = to(&format!("{path}?extension=csv"), b"x");
    assert_eq!(TestSchool::answer(named).await.0, 500);
}

#[tokio::test]
async fn who_may_not_import_learns_it_at_once() {
    let mut communities = None;
    let place =
        TestSchool::with(|school, _| communities = Some(school.add_communities_category())).await;
    let row = || GroupRow::new(place.ids.students[0], GroupKey::name("A"));
    let import = ImportGroups::new(communities.unwrap(), [row()]);
    let unauthorized = (401, json!({ "status": "unauthorized" }));
    assert_eq!(refusal(place.admin.send(import).await), unauthorized);
    let import = ImportGroups::new(place.ids.category, [row()]);
    let error = place.student.send(import).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let root = place.fake.school(|school| school.root_account());
    place.fake.school(|school| school.allow_tags(root, false));
    let rows = [TagRow::new(place.ids.students[0], TagKey::name("A"))];
    let import = ImportTags::new(place.ids.course, rows);
    assert_eq!(refusal(place.teacher.send(import).await), unauthorized);
    let export = ExportTags::new(place.ids.course);
    assert_eq!(refusal(place.teacher.send(export).await), unauthorized);
}

#[tokio::test]
async fn tags_are_made_and_moved_with_those_who_have_them() {
    let place = TestSchool::with(|school, ids| school.set_sis_group_id(ids.tags[1], "aid")).await;
    let students = &place.ids.students;
    let extra = place.ids.tags[0];
    let rows = vec![
        TagRow::new(students[5], TagKey::name("Extra time")),
        TagRow::new(students[5], TagKey::sis("aid")),
        TagRow::new(students[6], TagKey::name("Fast")).in_set(TagSetKey::name("Levels")),
        TagRow::new(students[7], TagKey::name("Single")),
        TagRow::new(UserKey::login("nobody"), extra).in_set(TagSetKey::name("Levels")),
    ];
    place.import_tags(rows).await.unwrap();
    let named = |name: &str, members: &[usize]| (name.to_owned(), members.to_vec());
    let support = place.groups(place.ids.tag_category).await;
    assert_eq!(support, [named("Reading aid", &[5])]);
    let export = ExportTags::new(place.ids.course);
    let export = place.teacher.send(export).await.unwrap();
    let rows: Vec<_> = export.rows().map(Result::unwrap).collect();
    let set = |name: &str| {
        let row = rows
            .iter()
            .find(|r| r.tag_set_name.as_deref() == Some(name));
        row.unwrap().canvas_tag_set_id.unwrap()
    };
    let levels = place.groups(set("Levels")).await;
    let expected = [named("Extra time", &[0, 1, 2, 5]), named("Fast", &[6])];
    assert_eq!(levels, expected);
    assert_eq!(place.groups(set("Single")).await, [named("Single", &[7])]);
    // Two tags of one student are two rows; who has none ends after the login.
    let of = |at: usize| {
        let rows = rows
            .iter()
            .filter(move |r| r.canvas_user_id == Some(students[at]));
        rows.count()
    };
    assert_eq!((of(5), of(13), rows.len()), (2, 1, 15));
    let text = String::from_utf8(export.bytes().to_vec()).unwrap();
    let header = "name,canvas_user_id,user_id,login_id,tag_name,canvas_tag_id,tag_id,\
                  tag_set_name,canvas_tag_set_id,tag_set_id";
    assert_eq!(text.lines().next(), Some(header));
    let short = format!("\"Aziz, Noor\",{},S014,noor.aziz", students[13]);
    assert_eq!(text.lines().last(), Some(&*short));
}

#[tokio::test]
async fn an_import_beyond_the_limit_of_tags_crashes() {
    let place = TestSchool::new().await;
    let rows = (0..11).map(|number| {
        let tag = TagKey::name(format!("T{number}"));
        TagRow::new(place.ids.students[0], tag).in_set(TagSetKey::name("Many"))
    });
    let failed = place.import_tags(rows.collect()).await.unwrap_err();
    assert!(failed.to_string().contains("Unexpected error, ID: "));
}

#[tokio::test]
async fn an_export_shows_every_student_and_what_the_caller_may_see() {
    let place = TestSchool::with(|school, ids| {
        let third = school.add_section(ids.course, "Saturday, late");
        school.put_in_section(third, ids.students[0]);
        school.set_sis_group_id(ids.groups[0], "g1");
    })
    .await;
    let export = ExportGroups::new(place.ids.category);
    let file = place.teacher.send(export.clone()).await.unwrap();
    let rows: Vec<_> = file.rows().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 14);
    assert_eq!(rows[0].name.as_deref(), Some("Moreno, Ada"));
    let sections = rows[0].sections.as_deref();
    assert_eq!(sections, Some("Monday and Saturday, late"));
    assert_eq!(rows[0].canvas_group_id, Some(place.ids.groups[0]));
    assert_eq!(rows[0].group_id.as_deref(), Some("g1"));
    assert_eq!(
        (&rows[13].group_name, rows[13].canvas_group_id),
        (&None, None)
    );
    let error = place.student.send(export).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.body().unwrap_or_default().starts_with('<'), "no JSON");

    let empty = place
        .fake
        .school(|school| school.add_category(place.ids.course, "Übung \"A\""));
    let path = format!("group_categories/{empty}/export");
    let answer = place.raw("GET", &path).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv");
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"%3Fbung %22A%22.csv\"; filename*=UTF-8''%C3%9Cbung%20%22A%22.csv"
    );
    let text = answer.text().await.unwrap();
    let header = "name,canvas_user_id,user_id,login_id,sections,group_name";
    assert_eq!(text.lines().next(), Some(header));
    let account = place.fake.school(|school| {
        let root = school.root_account();
        school.add_account_category(root, "Clubs")
    });
    let path = format!("group_categories/{account}/export");
    assert_eq!(TestSchool::answer(place.raw("GET", &path)).await.0, 500);
}

#[tokio::test]
async fn ten_thousand_rows_go_out_and_in() {
    let (school, course, category) = School::generate(10_000);
    let fake = FakeCanvas::builder(school).throttle(None);
    let fake = fake.job_duration(std::time::Duration::from_secs(1));
    let fake = fake.start().await.unwrap();
    let canvas = fake.client();
    let copy = fake.school(|school| school.add_category(course, "Copy"));
    let file = canvas.send(ExportGroups::new(category)).await.unwrap();
    let rows: Vec<_> = file.rows().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 10_000);
    let rows = rows.into_iter().map(|row| {
        let user = row.canvas_user_id.unwrap();
        GroupRow::new(user, GroupKey::name(row.group_name.unwrap()))
    });
    let import = ImportGroups::new(copy, rows);
    let job = canvas.send(import).await.unwrap();
    pass(1.0).await;
    let job = canvas.send(GetProgress::new(job.id)).await.unwrap();
    assert!(job.is_completed(), "{job:?}");
    let groups = ListCategoryGroups::new(copy).per_page(100);
    let groups = canvas.stream(groups).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(groups.len(), 2_000);
    assert!(groups.iter().all(|group| group.members_count == Some(5)));
}

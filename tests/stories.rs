//! What people do with groups, from end to end, against a Canvas that behaves.

use std::{collections::BTreeSet, time::Duration};

use canvas_groups::{
    Canvas, CategoryId, ErrorKind, GroupId, UserId,
    categories::{
        AssignUnassigned, CreateCourseCategory, GetCategory, ListCategoryGroups, ListCategoryUsers,
        SelfSignup, UpdateCategory,
    },
    csv::{ExportGroups, GroupKey, GroupRow, ImportGroups},
    files::{Source, UploadFile},
    groups::{CreateCategoryGroup, ListCourseGroups, ListGroupUsers},
    http::StatusCode,
    memberships::{AddMembers, AddedMembers, CreateMembership, RemoveUsers},
    tags::{GetUserTags, ManageTags},
};
use canvas_groups_fake::{FakeCanvas, Fault, Role, School, SmallSchool, Throttle};
use futures::{StreamExt, TryStreamExt, stream};

async fn start() -> (FakeCanvas, SmallSchool, Canvas) {
    let (fake, school) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(school.teacher).unwrap();
    (fake, school, teacher)
}

async fn users(canvas: &Canvas, group: GroupId) -> BTreeSet<UserId> {
    let users = canvas.stream(ListGroupUsers::new(group));
    users.map_ok(|user| user.id).try_collect().await.unwrap()
}

/// How many writes of one route the server did, and how many it was sent.
fn writes(fake: &FakeCanvas, route: &str) -> (usize, usize) {
    let requests = fake.requests();
    let sent: Vec<_> = requests
        .iter()
        .filter(|request| request.route == Some(route) && request.method != "GET")
        .collect();
    let is_done = |status: StatusCode| status.is_success();
    let done = sent
        .iter()
        .filter(|request| request.status.is_some_and(is_done));
    (done.count(), sent.len())
}

#[tokio::test]
async fn a_teacher_makes_teams() {
    let (_fake, school, teacher) = start().await;
    let create = CreateCourseCategory::new(school.course, "Lab Teams")
        .create_group_count(4)
        .assign_async(true);
    let set = teacher.send(create).await.unwrap();
    let job = teacher.send(AssignUnassigned::new(set.id)).await.unwrap();
    teacher
        .wait(job)
        .interval(Duration::from_millis(20))
        .await
        .unwrap();

    let groups = teacher.stream(ListCategoryGroups::new(set.id));
    let groups = groups.try_collect::<Vec<_>>().await.unwrap();
    let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(
        names,
        ["Lab Team 1", "Lab Team 2", "Lab Team 3", "Lab Team 4"]
    );
    let mut placed = BTreeSet::new();
    for group in &groups {
        let members = users(&teacher, group.id).await;
        assert!((3..=4).contains(&members.len()), "{members:?}");
        placed.extend(members);
    }
    assert_eq!(placed, school.students.iter().copied().collect());
}

#[tokio::test]
async fn a_student_moves_with_one_request_and_is_never_in_two_groups() {
    let (fake, school, teacher) = start().await;
    let (student, from, to) = (school.students[0], school.groups[0], school.groups[1]);
    fake.forget_requests();
    teacher
        .send(CreateMembership::new(to, student))
        .await
        .unwrap();
    assert!(!users(&teacher, from).await.contains(&student));
    assert!(users(&teacher, to).await.contains(&student));
    assert_eq!(writes(&fake, "groups/:group_id/memberships"), (1, 1));
}

#[tokio::test]
async fn a_roster_is_imported_and_exported_again() {
    let (fake, school, teacher) = start().await;
    let row = |student: UserId, group: &str| GroupRow::new(student, GroupKey::name(group));
    let rows = [
        row(school.students[0], "Math Group 3"),
        row(school.students[12], "Math Group 1"),
        row(school.students[13], "A new group"),
    ];
    let job = teacher
        .send(ImportGroups::new(school.category, rows))
        .await
        .unwrap();
    teacher
        .wait(job)
        .interval(Duration::from_millis(20))
        .await
        .unwrap();

    let export = teacher
        .send(ExportGroups::new(school.category))
        .await
        .unwrap();
    let rows: Vec<GroupRow> = export.rows().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), school.students.len());
    let group = |student: UserId| {
        let row = rows.iter().find(|row| row.canvas_user_id == Some(student));
        row.and_then(|row| row.group_name.clone())
    };
    assert_eq!(group(school.students[0]).as_deref(), Some("Math Group 3"));
    assert_eq!(group(school.students[12]).as_deref(), Some("Math Group 1"));
    assert_eq!(group(school.students[13]).as_deref(), Some("A new group"));
    assert_eq!(group(school.students[11]), None);
    assert_eq!(
        writes(&fake, "group_categories/:group_category_id/import"),
        (1, 1)
    );
}

#[tokio::test]
async fn students_are_tagged_and_see_nothing_of_it() {
    let (fake, school, teacher) = start().await;
    let create = ManageTags::in_new_set(school.course, "Pace")
        .create("Fast")
        .create("Slow");
    let made = teacher.send(create).await.unwrap();
    let fast = made
        .created
        .iter()
        .find(|tag| tag.name == "Fast")
        .unwrap()
        .id;
    let some = &school.students[..4];
    let stranger = fake.school(|school| school.add_user("Not Enrolled"));
    let added = teacher
        .send(AddMembers::new(fast, some.iter().copied()))
        .await
        .unwrap();
    assert!(matches!(added, AddedMembers::Complete), "{added:?}");
    let added = teacher
        .send(AddMembers::new(fast, [school.students[4], stranger]))
        .await
        .unwrap();
    match added {
        AddedMembers::Partial {
            invalid_user_ids, ..
        } => assert_eq!(invalid_user_ids, [stranger]),
        other => panic!("{other:?}"),
    }
    assert_eq!(users(&teacher, fast).await.len(), 5);

    let tags = teacher
        .send(GetUserTags::new(
            school.course,
            [some[0], school.students[9]],
        ))
        .await;
    let tags = tags.unwrap();
    assert!(tags[&some[0]].contains(&fast));
    assert!(tags[&school.students[9]].is_empty());

    let student = fake.client_of(some[0]).unwrap();
    let seen = student
        .stream(ListCourseGroups::new(school.course))
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert!(seen.iter().all(|group| group.id != fast));
    let error = student
        .send(GetUserTags::new(school.course, [some[0]]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);

    let removed = teacher
        .send(RemoveUsers::new(fast, some.iter().copied()))
        .await
        .unwrap();
    assert_eq!(removed.deleted_user_ids.len(), 4);
    assert_eq!(users(&teacher, fast).await, [school.students[4]].into());
}

#[tokio::test]
async fn a_file_is_uploaded_and_too_large_a_one_is_not() {
    let (fake, school, _) = start().await;
    let member = fake.client_of(school.students[0]).unwrap();
    let request = UploadFile::new(school.groups[0], "minutes.txt");
    let file = member
        .upload(request, Source::bytes("we met"))
        .await
        .unwrap();
    assert_eq!(
        (file.size, file.display_name.as_deref()),
        (Some(6), Some("minutes.txt"))
    );
    let too_large = vec![0; 51 * 1024 * 1024];
    let request = UploadFile::new(school.groups[0], "film.mp4");
    let error = member
        .upload(request, Source::bytes(too_large))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[tokio::test]
async fn a_rename_keeps_the_settings_of_a_set() {
    let (_fake, school, teacher) = start().await;
    let create = CreateCourseCategory::new(school.course, "Projects")
        .self_signup(SelfSignup::Enabled)
        .group_limit(5);
    let set = teacher.send(create).await.unwrap();
    let rename = UpdateCategory::of(&set).name("Projects, spring");
    teacher.send(rename).await.unwrap();
    let set = teacher.send(GetCategory::new(set.id)).await.unwrap();
    assert_eq!(set.name, "Projects, spring");
    assert_eq!(
        (set.self_signup, set.group_limit),
        (Some(SelfSignup::Enabled), Some(5))
    );
}

#[tokio::test]
async fn a_nightly_sync_runs_out_of_quota_and_loses_nothing() {
    let mut school = School::new();
    let course = school.add_course("Course");
    let category = school.add_category(course, "Set");
    let group = school.add_group(category, "Group").unwrap();
    let students: Vec<_> = (0..60)
        .map(|number| {
            let student = school.add_user(format!("Student {number}"));
            school.enroll(course, student, Role::Student);
            student
        })
        .collect();
    // Room for three at a time, where a client begins with four.
    let mut rules = Throttle::default();
    rules.mark = 180.0;
    rules.outflow = 500.0;
    let fake = FakeCanvas::builder(school)
        .throttle(rules)
        .latency(Duration::from_millis(20))
        .start()
        .await
        .unwrap();
    let canvas = fake.client();
    let added = stream::iter(&students)
        .map(|student| canvas.send(CreateMembership::new(group, *student)))
        .buffer_unordered(16)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(added.len(), students.len());
    assert_eq!(users(&canvas, group).await, students.into_iter().collect());
    let (done, sent) = writes(&fake, "groups/:group_id/memberships");
    assert_eq!(done, 60);
    assert!(sent > done, "a fourth was refused");
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_not_sent_again() {
    let (fake, school, teacher) = start().await;
    let route = "POST group_categories/:group_category_id/groups";
    fake.fail(1, route, Fault::Lose).unwrap();
    let create = CreateCategoryGroup::new(school.category).name("Once");
    let error = teacher.send(create).await.unwrap_err();
    assert!(error.outcome_unknown());
    let groups = teacher.stream(ListCategoryGroups::new(school.category));
    let groups = groups.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(
        groups.iter().filter(|group| group.name == "Once").count(),
        1
    );
}

#[tokio::test]
async fn a_token_that_dies_in_the_middle_of_a_list_ends_it_with_an_error() {
    let (school, _course, category) = School::generate(250);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let request = ListCategoryUsers::new(category).per_page(20);
    let mut users = fake.client().stream(request).concurrency(1);
    let mut seen = 0;
    let error = loop {
        match users.try_next().await {
            Ok(Some(_)) => seen += 1,
            Ok(None) => panic!("the list ended without a word"),
            Err(error) => break error,
        }
        if seen == 30 {
            fake.expire(fake.token());
        }
    };
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(seen % 20, 0);
}

#[tokio::test]
async fn a_list_of_a_large_school_is_whole() {
    let (school, course, category) = School::generate(2_000);
    let fake = FakeCanvas::builder(school)
        .throttle(None)
        .start()
        .await
        .unwrap();
    let all = |category: CategoryId| fake.client().stream(ListCategoryUsers::new(category));
    let users: BTreeSet<_> = all(category)
        .map_ok(|user| user.id)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(users.len(), 2_000);
    let groups = fake.client().stream(ListCourseGroups::new(course));
    assert_eq!(groups.try_collect::<Vec<_>>().await.unwrap().len(), 400);
}

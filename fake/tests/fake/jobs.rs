//! Jobs and what they do; the assignment of students, which is one.

use canvas_groups::{
    ErrorKind, GroupId, UserId,
    categories::{
        AssignUnassigned, AssignUnassignedNow, CategorySettings, CreateCourseCategory, GetCategory,
        ListCategoryUsers, SelfSignup, UpdateCategory,
    },
    progress::{CancelProgress, GetProgress, ProgressState},
};
use serde_json::json;

use crate::common::{TestSchool, pass, refusal};

fn sizes(place: &TestSchool) -> Vec<usize> {
    let sizes = |group: &GroupId| place.fake.school(|school| school.members(*group).len());
    place.ids.groups.iter().map(sizes).collect()
}

#[tokio::test]
async fn an_assignment_runs_at_once_and_works_when_its_time_is_over() {
    let place = TestSchool::new().await;
    let assign = AssignUnassigned::new(place.ids.category);
    let job = place.teacher.send(assign).await.unwrap();
    assert_eq!(job.workflow_state, Some(ProgressState::Running));
    assert_eq!(job.tag.as_deref(), Some("assign_unassigned_members"));
    assert_eq!(job.category_id(), Some(place.ids.category));
    assert_eq!((job.completion, job.user_id), (Some(0.0), None));
    pass(1.0).await;
    let half = place.teacher.send(GetProgress::new(job.id)).await.unwrap();
    let completion = half.completion.unwrap();
    assert!((20.0..100.0).contains(&completion), "{completion}");
    let get = || GetCategory::new(place.ids.category);
    let pending = place.teacher.send(get()).await.unwrap().progress.unwrap();
    assert_eq!(pending.id, job.id);
    assert_eq!(sizes(&place), [6, 4, 0]);
    pass(3.0).await;
    // Nobody has asked for the job since.
    assert_eq!(sizes(&place), [6, 4, 4]);
    let category = place.teacher.send(get()).await.unwrap();
    assert_eq!(category.progress, None);
    let done = place.teacher.wait(job).await.unwrap();
    assert_eq!(done.completion, Some(100.0));
    assert!(done.is_completed());
}

#[tokio::test]
async fn a_waiting_client_sees_a_short_job_end() {
    let (school, ids) = canvas_groups_fake::School::small();
    let fake = canvas_groups_fake::FakeCanvas::builder(school)
        .job_duration(std::time::Duration::from_millis(30))
        .start()
        .await
        .unwrap();
    let canvas = fake.client();
    let job = canvas.send(AssignUnassigned::new(ids.category)).await;
    let wait = canvas.wait(job.unwrap());
    let done = wait.interval(std::time::Duration::from_millis(10)).await;
    assert!(done.unwrap().is_completed());
}

#[tokio::test]
async fn an_assignment_at_once_tells_whom_each_group_got_and_keeps_limits() {
    let place = TestSchool::new().await;
    let settings = CategorySettings {
        self_signup: Some(SelfSignup::Enabled),
        auto_leader: None,
        group_limit: Some(5),
    };
    let limit = UpdateCategory::replace(place.ids.category, settings);
    place.teacher.send(limit).await.unwrap();
    place.fake.school(|school| {
        // Two places are left in the last group, one in the second.
        for student in &place.ids.students[10..13] {
            school.add_member(place.ids.groups[2], *student);
        }
        for name in ["Pia Novak", "Quinn Avery", "Rosa Lindt"] {
            let user: UserId = school.add_user(name);
            school.enroll(place.ids.course, user, canvas_groups_fake::Role::Student);
        }
    });
    let assign = AssignUnassignedNow::new(place.ids.category);
    let groups = place.teacher.send(assign.clone()).await.unwrap();
    let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
    assert_eq!(ids, place.ids.groups[1..]);
    let noor = &groups[1].new_members[0];
    assert_eq!(noor.user_id, place.ids.students[13]);
    assert_eq!(noor.name.as_deref(), Some("Aziz, Noor"));
    assert_eq!(noor.display_name.as_deref(), Some("Noor Aziz"));
    let section = &noor.sections.as_ref().unwrap()[0];
    assert_eq!(section.section_code.as_deref(), Some("Friday"));
    assert_eq!(sizes(&place), [6, 5, 5]);
    assert_eq!(place.teacher.send(assign).await.unwrap(), []);
}

#[tokio::test]
async fn the_groups_of_an_account_are_for_all_its_users() {
    let place = TestSchool::new().await;
    let (set, club) = place.fake.school(|school| {
        let root = school.root_account();
        let set = school.add_account_category(root, "Clubs");
        (set, school.add_group(set, "Chess").unwrap())
    });
    let users = place.admin.stream(ListCategoryUsers::new(set));
    let users = users.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(users.len(), 16);
    let assign = AssignUnassignedNow::new(set);
    let groups = place.admin.send(assign).await.unwrap();
    assert_eq!((groups.len(), groups[0].id), (1, club));
    assert_eq!(groups[0].new_members.len(), 16);
    assert!(
        groups[0]
            .new_members
            .iter()
            .all(|user| user.sections.is_none())
    );
}

#[tokio::test]
async fn some_sets_refuse_an_assignment_with_an_empty_object() {
    let mut organized = None;
    let place = TestSchool::with(|school, ids| {
        organized = Some(school.add_student_groups_category(ids.course));
    })
    .await;
    let restricted = CreateCourseCategory::new(place.ids.course, "Restricted")
        .self_signup(SelfSignup::Restricted);
    let restricted = place.teacher.send(restricted).await.unwrap().id;
    for category in [organized.unwrap(), restricted] {
        let assign = AssignUnassigned::new(category);
        assert_eq!(refusal(place.teacher.send(assign).await), (400, json!({})));
        let assign = AssignUnassignedNow::new(category);
        assert_eq!(refusal(place.teacher.send(assign).await), (400, json!({})));
    }
    let assign = AssignUnassigned::new(place.ids.category);
    let error = place.student.send(assign).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let path = format!(
        "group_categories/{}/assign_unassigned_members",
        place.ids.category
    );
    let both = json!({ "sync": true, "group_by_section": true });
    let both = place.raw("POST", &path).json(&both);
    assert_eq!(TestSchool::answer(both).await.0, 500);
}

#[tokio::test]
async fn an_assignment_by_section_fails_in_the_background() {
    let place = TestSchool::new().await;
    let assign = AssignUnassigned::new(place.ids.category).group_by_section(true);
    let job = place.teacher.send(assign).await.unwrap();
    pass(4.0).await;
    let failed = place.teacher.send(GetProgress::new(job.id)).await.unwrap();
    assert_eq!(failed.workflow_state, Some(ProgressState::Failed));
    assert_eq!(
        failed.message.as_deref(),
        Some("Error assigning members: Groups must be empty to assign by section")
    );
    // It keeps the completion that it had.
    assert!(failed.completion.unwrap() > 90.0, "{failed:?}");
    assert!(failed.completion.unwrap() < 100.0, "{failed:?}");
    assert_eq!(sizes(&place), [6, 4, 0]);
}

#[tokio::test]
async fn nobody_cancels_a_job_of_nobody_and_strangers_do_not_see_it() {
    let place = TestSchool::new().await;
    let assign = AssignUnassigned::new(place.ids.category);
    let job = place.teacher.send(assign).await.unwrap();
    let cancel = CancelProgress::new(job.id).message("stop");
    let error = place.admin.send(cancel).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let stranger = place.fake.school(|school| school.add_user("Sam Stranger"));
    let stranger = place.fake.client_of(stranger).unwrap();
    let error = stranger.send(GetProgress::new(job.id)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    place.student.send(GetProgress::new(job.id)).await.unwrap();
    let none = GetProgress::new(canvas_groups::ProgressId::new(9_999_999));
    let error = place.admin.send(none).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

//! Group sets: lists, creating, changing, deleting, and the users whom they are for.

use canvas_groups::{
    CategoryRef, ErrorKind, RetryPolicy,
    categories::{
        AutoLeader, CategoryInclude, CategorySettings, CreateAccountCategory, CreateCourseCategory,
        DeleteCategory, GetCategory, ListAccountCategories, ListCategoryGroups, ListCategoryUsers,
        ListCourseCategories, SelfSignup, UpdateCategory,
    },
    groups::{CollaborationState, GroupRole},
    users::{UserExclude, UserInclude},
};
use canvas_groups_fake::{FakeCanvas, Role, School};
use serde_json::{Value, json};

use crate::common::{TestSchool, fault, refusal};

#[tokio::test]
async fn a_list_shows_the_kinds_that_the_caller_may_see() {
    let place = TestSchool::new().await;
    let course = place.ids.course;
    let list = |state: &str| {
        ListCourseCategories::new(course).collaboration_state(CollaborationState::from(state))
    };
    let names = async |state| {
        let page = place.teacher.send(list(state)).await.unwrap();
        page.items.into_iter().map(|c| c.name).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Math Groups"]);
    assert_eq!(names("Collaborative").await, ["Math Groups"]);
    assert_eq!(names("NON_COLLABORATIVE").await, ["Accommodations"]);
    assert_eq!(names("all").await, ["Math Groups", "Accommodations"]);
    assert_eq!(
        refusal(place.teacher.send(list("none")).await),
        (
            400,
            json!({ "error": "Invalid collaboration_state parameter" })
        )
    );

    let root = place.fake.school(|school| school.root_account());
    place.fake.school(|school| school.allow_tags(root, false));
    assert_eq!(names("all").await, ["Math Groups"]);
    let message = "Unauthorized to view non-collaborative group categories";
    assert_eq!(
        refusal(place.teacher.send(list("non_collaborative")).await),
        (403, json!({ "error": message }))
    );
    let error = place.student.send(list("all")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.status().unwrap(), 403);
}

#[tokio::test]
async fn includes_are_a_list_or_the_server_fails() {
    let place = TestSchool::new().await;
    let get = GetCategory::new(place.ids.category).include([
        CategoryInclude::GroupsCount,
        CategoryInclude::UnassignedUsersCount,
        CategoryInclude::Groups,
    ]);
    let category = place.teacher.send(get).await.unwrap();
    assert_eq!(category.groups_count, Some(3));
    assert_eq!(category.unassigned_users_count, Some(4));
    assert_eq!(category.groups.unwrap()[0].members_count, Some(6));
    let plain = GetCategory::new(place.ids.category);
    let plain = place.teacher.send(plain).await.unwrap();
    assert_eq!((plain.groups_count, plain.groups), (None, None));
    let path = format!("courses/{}/group_categories", place.ids.course);
    let text = place.raw("GET", &format!("{path}?includes=groups"));
    assert_eq!(TestSchool::answer(text).await.0, 500);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_set_is_told_by_field() {
    let place = TestSchool::new().await;
    let course = place.ids.course;
    let root = place.fake.school(|school| school.root_account());
    let send = async |request| refusal(place.teacher.send(request).await);
    let named = |name: &str| CreateCourseCategory::new(course, name);
    assert_eq!(send(named(" ")).await, fault("name", "Name is required"));
    assert_eq!(
        send(named("Student Groups")).await,
        fault("name", "Student Groups is a reserved name.")
    );
    assert_eq!(
        send(named("Math Groups")).await,
        fault("name", "Math Groups is already in use.")
    );
    let shorter = fault("name", "Enter a shorter category name");
    assert_eq!(send(named(&"x".repeat(256))).await, shorter);
    // The names of the groups have to have room for a space and their number.
    let long = named(&"x".repeat(253));
    assert_eq!(send(long.clone().create_group_count(10)).await, shorter);
    place
        .teacher
        .send(long.create_group_count(9))
        .await
        .unwrap();
    assert_eq!(
        send(named("Pairs").group_limit(1)).await,
        fault("group_limit", "Must be greater than 1")
    );
    let account = |name: &str| CreateAccountCategory::new(root, name);
    let send = async |request| refusal(place.admin.send(request).await);
    assert_eq!(
        send(account("Communities")).await,
        fault("name", "Communities is a reserved name.")
    );
    assert_eq!(
        send(account("Clubs").self_signup(SelfSignup::Enabled)).await,
        fault(
            "enable_self_signup",
            "Self-signup may only be enabled for course groups or communities"
        )
    );
    let clubs = account("Student Groups").group_limit(5);
    let clubs = place.admin.send(clubs).await.unwrap();
    assert_eq!((clubs.account_id, clubs.group_limit), (Some(root), Some(5)));
    let list = place.admin.send(ListAccountCategories::new(root)).await;
    assert_eq!(list.unwrap().items[0].id, clubs.id);
}

#[tokio::test]
async fn odd_values_clear_and_the_names_of_the_web_form_count_too() {
    let place = TestSchool::new().await;
    let path = format!("courses/{}/group_categories", place.ids.course);
    let create = |body: Value| TestSchool::answer(place.raw("POST", &path).json(&body));
    let (status, odd) = create(json!({
        "name": "Odd", "self_signup": "sometimes", "auto_leader": "best", "group_limit": ""
    }))
    .await;
    assert_eq!(status, 200);
    assert_eq!(odd["self_signup"], Value::Null);
    assert_eq!(odd["auto_leader"], Value::Null);
    assert_eq!(odd["group_limit"], Value::Null);
    let (_, web) = create(json!({
        "name": "Web", "enable_self_signup": "1", "restrict_self_signup": true,
        "enable_auto_leader": true, "auto_leader_type": "RANDOM", "group_limit": "7"
    }))
    .await;
    assert_eq!(web["self_signup"], "restricted");
    assert_eq!(web["auto_leader"], "random");
    assert_eq!(web["group_limit"], 7);
    let leaders = json!({ "name": "None", "enable_auto_leader": true, "auto_leader_type": "x" });
    assert_eq!(create(leaders).await.0, 500);
    let letters = json!({ "name": "Letters", "group_limit": "many" });
    assert_eq!(
        create(letters).await,
        fault("group_limit", "Must be greater than 1")
    );
}

#[tokio::test]
async fn trap_31_a_put_clears_what_it_does_not_name() {
    let place = TestSchool::new().await;
    let end = "2030-01-02T03:04:05Z".parse().unwrap();
    let settings = CategorySettings {
        self_signup: Some(SelfSignup::Enabled),
        auto_leader: Some(AutoLeader::First),
        group_limit: Some(8),
    };
    let update = UpdateCategory::replace(place.ids.category, settings).self_signup_end_at(end);
    let category = place.teacher.send(update).await.unwrap();
    assert_eq!(category.self_signup, Some(SelfSignup::Enabled));
    assert_eq!(category.self_signup_end_at, Some(end));
    assert_eq!((category.groups_count, &category.progress), (None, &None));
    let groups = ListCategoryGroups::new(place.ids.category);
    let groups = place.teacher.send(groups).await.unwrap().items;
    assert!(groups.iter().all(|group| group.max_membership == Some(8)));

    let renamed = UpdateCategory::of(&category).name("Teams");
    let renamed = place.teacher.send(renamed).await.unwrap();
    assert_eq!(renamed.name, "Teams");
    assert_eq!(renamed.self_signup, Some(SelfSignup::Enabled));
    assert_eq!(renamed.group_limit, Some(8));

    let path = format!("group_categories/{}", place.ids.category);
    let put = |body: Value| TestSchool::answer(place.raw("PUT", &path).json(&body));
    let (_, bare) = put(json!({ "name": null })).await;
    assert_eq!(bare["name"], "Teams");
    for key in [
        "self_signup",
        "self_signup_end_at",
        "auto_leader",
        "group_limit",
    ] {
        assert_eq!(bare[key], Value::Null, "{key}");
    }
    assert_eq!(
        put(json!({ "name": "" })).await,
        fault("name", "Name is required")
    );
}

#[tokio::test]
async fn sis_ids_are_written_late() {
    let place = TestSchool::new().await;
    let create = CreateCourseCategory::new(place.ids.course, "Labs").sis_group_category_id("labs");
    let message = "You must have manage_sis permission to set sis attributes";
    assert_eq!(
        refusal(place.teacher.send(create.clone()).await),
        (401, json!({ "message": message }))
    );
    // The set is there, without the id.
    assert_eq!(
        refusal(place.admin.send(create).await),
        fault("name", "Labs is already in use.")
    );
    let find = || GetCategory::new(CategoryRef::sis("math"));
    let category = GetCategory::new(place.ids.category);
    let category = place.teacher.send(category).await.unwrap();
    let update = UpdateCategory::of(&category).sis_group_category_id("math");
    let answer = place.admin.send(update.clone()).await.unwrap();
    assert_eq!(answer.sis_group_category_id, None);
    let found = place.admin.send(find()).await.unwrap();
    assert_eq!(found.sis_group_category_id.as_deref(), Some("math"));
    let once = place.teacher.with_retry(RetryPolicy::never());
    let failed = once.send(update.name("Saved")).await.unwrap_err();
    assert_eq!(failed.status().unwrap(), 500);
    assert_eq!(place.admin.send(find()).await.unwrap().name, "Saved");
    let taken = CreateCourseCategory::new(place.ids.course, "Two").sis_group_category_id("math");
    assert_eq!(refusal(place.admin.send(taken).await).0, 400);
    let student = place.student.send(find()).await.unwrap_err();
    assert_eq!(student.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn protected_sets_are_changed_but_not_deleted() {
    let mut sets = Vec::new();
    let place = TestSchool::with(|school, ids| {
        sets.push(school.add_student_groups_category(ids.course));
        sets.push(school.add_communities_category());
        sets.push(school.add_imported_category(ids.course));
    })
    .await;
    for set in &sets[..2] {
        let delete = DeleteCategory::new(*set);
        assert_eq!(
            refusal(place.admin.send(delete).await),
            (401, json!({ "status": "unauthorized" }))
        );
        let category = place.admin.send(GetCategory::new(*set)).await.unwrap();
        assert_eq!(category.protected, Some(true));
        let rename = UpdateCategory::of(&category).name("Renamed");
        let category = place.admin.send(rename).await.unwrap();
        assert_eq!(category.name, "Renamed");
        // The name of its own, which is reserved for others, can come back.
        let name = match category.role {
            Some(GroupRole::Communities) => "Communities",
            _ => "Student Groups",
        };
        let back = UpdateCategory::of(&category).name(name);
        place.admin.send(back).await.unwrap();
    }
    let imported = DeleteCategory::new(sets[2]);
    let gone = place.teacher.send(imported.clone()).await.unwrap();
    assert_eq!(gone.record().unwrap().role, Some(GroupRole::Imported));
    assert_eq!(
        refusal(place.teacher.send(imported).await),
        (404, json!({ "status": "not found" }))
    );
    let ordinary = DeleteCategory::new(place.ids.category);
    let error = place.student.send(ordinary.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    place.teacher.send(ordinary).await.unwrap();
    let members = place
        .fake
        .school(|school| school.members(place.ids.groups[0]));
    assert_eq!(members, []);
}

#[tokio::test]
async fn the_users_of_a_set_are_all_students_of_its_course() {
    let place = TestSchool::new().await;
    let list = || ListCategoryUsers::new(place.ids.category);
    let users = async |request: ListCategoryUsers| {
        let users = place
            .student
            .stream(request)
            .try_collect::<Vec<_>>()
            .await
            .unwrap();
        users.into_iter().map(|u| u.name).collect::<Vec<_>>()
    };
    assert_eq!(users(list()).await.len(), 14);
    let free = ["Kofi Mensah", "Lina Nowak", "Mateo García", "Noor Aziz"];
    assert_eq!(users(list().unassigned(true)).await, free);
    assert_eq!(users(list().search_term("ros")).await, ["Elena Rossi"]);
    let kofi = place.ids.students[10].to_string();
    assert_eq!(users(list().search_term(&kofi)).await, ["Kofi Mensah"]);
    let error = json!({
        "field": "search_term", "code": "invalid", "message": "2 or more characters is required"
    });
    assert_eq!(
        refusal(place.student.send(list().search_term("a")).await),
        (400, json!({ "errors": [error] }))
    );
    let shown = list()
        .include([UserInclude::Email, UserInclude::GroupSubmissions])
        .exclude([UserExclude::Pseudonym]);
    let user = place.teacher.send(shown).await.unwrap().items.remove(0);
    assert_eq!(user.email.as_deref(), Some("ada.moreno@example.edu"));
    assert_eq!((user.sis_user_id, user.login_id), (None, None));
    let path = format!("group_categories/{}/users?per_page=1", place.ids.category);
    let (_, plain) = TestSchool::answer(place.raw("GET", &path)).await;
    assert_eq!(plain[0].get("group_submissions"), None);
    let asked = format!("{path}&include[]=group_submissions");
    let (_, asked) = TestSchool::answer(place.raw("GET", &asked)).await;
    assert_eq!(asked[0].get("group_submissions"), Some(&Value::Null));
    let tags = ListCategoryUsers::new(place.ids.tag_category);
    place.teacher.send(tags.clone()).await.unwrap();
    let error = place.student.send(tags).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn old_servers_refuse_with_401() {
    let mut school = School::new();
    let course = school.add_course("Course");
    let category = school.add_category(course, "Set");
    let student = school.add_user("Amy Fowler");
    school.enroll(course, student, Role::Student);
    let fake = FakeCanvas::builder(school).old_server(true).start().await;
    let fake = fake.unwrap();
    let canvas = fake.client_of(student).unwrap();
    let error = canvas.send(GetCategory::new(category)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.status().unwrap(), 401);
    // They know fewer fields, too.
    fake.school(|school| school.add_group(category, "Group"));
    let get = GetCategory::new(category).include([CategoryInclude::Groups]);
    let shown = fake.client().send(get).await.unwrap();
    assert_eq!(shown.non_collaborative, None);
    let listed = fake.client().send(ListCategoryGroups::new(category));
    let mut groups = listed.await.unwrap().items;
    groups.extend(shown.groups.unwrap());
    assert_eq!(groups.len(), 2);
    assert!(groups.iter().all(|group| group.context_name.is_none()));
}

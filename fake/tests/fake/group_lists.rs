//! Lists of groups and of their users.

use canvas_groups::{
    AccountRef, Canvas, CategoryId, CourseRef, ErrorKind, UserId, UserRef,
    categories::ListCategoryGroups,
    csv::{GroupRow, ImportGroups, ImportTags, TagRow, TagSetKey},
    groups::{
        CollaborationState, ContextType, CreateCategoryGroup, CreateGroup, DeleteGroup,
        GroupInclude, JoinLevel, ListAccountGroups, ListCourseGroups, ListGroupUsers, ListMyGroups,
        UpdateGroup,
    },
    memberships::{CreateMembership, RemoveUser, SettableState, UpdateMembership},
    tags::{GetUserTags, ManageTags},
    users::{UserExclude, UserInclude},
};
use canvas_groups_fake::{FakeCanvas, NewUser, Role, School, SmallSchool};

use crate::groups::kind;

async fn names(canvas: &Canvas, request: ListCourseGroups) -> Vec<String> {
    let groups = canvas
        .stream(request)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    groups.into_iter().map(|group| group.name).collect()
}

const GROUPS: [&str; 3] = ["Math Group 1", "Math Group 2", "Math Group 3"];
const TAGS: [&str; 2] = ["Extra time", "Reading aid"];

#[tokio::test]
async fn a_course_lists_its_groups_by_set_and_name() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    fake.school(|school| {
        let early = school.add_category(ids.course, "Art");
        school.add_group(early, "Z").unwrap();
        school.add_group(early, "A").unwrap();
    });
    let list = ListCourseGroups::new(CourseRef::sis("MATH-101")).per_page(2);
    let expected = ["A", "Z", GROUPS[0], GROUPS[1], GROUPS[2]];
    assert_eq!(names(&fake.client(), list).await, expected);
}

#[tokio::test]
async fn tags_are_listed_for_those_with_a_right_to_them() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let student = fake.client_of(ids.students[0]).unwrap();
    let list =
        |state: CollaborationState| ListCourseGroups::new(ids.course).collaboration_state(state);
    use CollaborationState as State;
    let all = [&TAGS[..], &GROUPS[..]].concat();
    assert_eq!(names(&teacher, list(State::All)).await, all);
    assert_eq!(names(&teacher, list(State::NonCollaborative)).await, TAGS);
    assert_eq!(
        names(&teacher, ListCourseGroups::new(ids.course)).await,
        GROUPS
    );
    assert_eq!(names(&student, list(State::All)).await, GROUPS);
    let refused = student.send(list(State::NonCollaborative)).await;
    assert_eq!(kind(refused), Some(ErrorKind::Forbidden));
    assert_eq!(names(&student, list(State::from("any"))).await, all);
}

#[tokio::test]
async fn lists_are_cut_to_what_is_asked_for() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    let student = fake.client_of(ids.students[7]).unwrap();
    let list = || ListCourseGroups::new(ids.course);
    assert_eq!(
        names(&student, list().only_own_groups(true)).await,
        [GROUPS[1]]
    );
    assert_eq!(
        names(&teacher, list().user_id(ids.students[0])).await,
        [GROUPS[0]]
    );
    assert_eq!(names(&teacher, list().filter("group 3")).await, [GROUPS[2]]);
    assert_eq!(
        names(&teacher, list().filter("hugo")).await,
        [GROUPS[1]],
        "by the name of a member"
    );
    assert_eq!(names(&teacher, list().filter("")).await, GROUPS);
    let tags = list()
        .collaboration_state(CollaborationState::NonCollaborative)
        .user_id(ids.students[0]);
    let tags = teacher.send(tags).await.unwrap().items;
    assert_eq!(tags.len(), 1);
    assert_eq!(
        tags[0].group_category_name.as_deref(),
        Some("Accommodations")
    );
    assert_eq!(tags[0].is_single_tag, Some(false));
    fake.school(|school| school.hide_people(ids.course, true));
    assert_eq!(names(&student, list()).await, [GROUPS[1]]);
    assert_eq!(names(&teacher, list()).await, GROUPS);
}

#[tokio::test]
async fn a_student_of_one_section_does_not_see_the_others() {
    let (mut school, ids) = School::small();
    // The students are in two sections by turns.
    let (monday, friday) = (ids.students[10], ids.students[11]);
    school.add_member(ids.groups[2], friday);
    school.limit_to_sections(ids.course, monday, true);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let student = fake.client_of(monday).unwrap();
    let list = || ListCourseGroups::new(ids.course);
    let restricted = list().section_restricted(true);
    assert_eq!(names(&student, restricted).await, GROUPS[..2]);
    let groups = student.send(list()).await.unwrap().items;
    let counts: Vec<_> = groups.iter().map(|group| group.members_count).collect();
    assert_eq!(counts, [Some(3), Some(2), Some(0)]);
}

#[tokio::test]
async fn inactive_members_are_shown_on_demand() {
    let (mut school, ids) = School::small();
    school.set_active(ids.course, ids.students[0], false);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let list = || ListCourseGroups::new(ids.course).include([GroupInclude::Users]);
    let users = async |request: ListCourseGroups| {
        let groups = fake.client().send(request).await.unwrap().items;
        groups[0].users.clone().unwrap()
    };
    let active = users(list()).await;
    assert_eq!(active.len(), 5);
    assert!(active.iter().all(|user| user.active.is_none()));
    let all = users(list().include_inactive_users(true)).await;
    let inactive: Vec<_> = all
        .iter()
        .filter(|user| user.active == Some(false))
        .collect();
    assert_eq!((all.len(), inactive.len()), (6, 1));
    assert_eq!(inactive[0].id, ids.students[0]);
}

#[tokio::test]
async fn an_account_lists_its_own_groups_to_its_administrators() {
    let (mut school, ids) = School::small();
    let account = school.add_account("Faculty");
    school.set_sis_account_id(account, "FAC");
    let dean = school.add_user("Dora Dean");
    school.add_account_admin(account, dean);
    let set = school.add_account_category(account, "Boards");
    school.add_group(set, "Board").unwrap();
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    for user in [dean, ids.admin] {
        let canvas = fake.client_of(user).unwrap();
        let groups = canvas.send(ListAccountGroups::new(account)).await.unwrap();
        assert_eq!(groups.items.len(), 1);
        assert_eq!(groups.items[0].account_id, Some(account));
        assert_eq!(groups.items[0].course_id, None);
        let by_sis = ListAccountGroups::new(AccountRef::sis("FAC"));
        assert_eq!(canvas.send(by_sis).await.unwrap().items, groups.items);
    }
    let teacher = fake.client_of(ids.teacher).unwrap();
    let refused = teacher.send(ListAccountGroups::new(account)).await;
    assert_eq!(kind(refused), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn my_groups_are_those_that_i_am_in() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    fake.school(|school| school.conclude(ids.course));
    let student = fake.client_of(ids.students[0]).unwrap();
    let mine = student.send(ListMyGroups::new()).await.unwrap().items;
    assert_eq!(mine.len(), 1, "the tag is not among them");
    assert_eq!(mine[0].concluded, Some(true));
    let of_accounts = ListMyGroups::new().context_type(ContextType::Account);
    assert_eq!(student.send(of_accounts).await.unwrap().items.len(), 0);
}

async fn with_tags() -> (FakeCanvas, SmallSchool, Canvas) {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    (fake, ids, teacher)
}

#[tokio::test]
async fn tags_of_many_users_are_found_by_the_number_of_the_course() {
    let (fake, ids, teacher) = with_tags().await;
    let users = [ids.students[0], ids.students[9], UserId::new(999_999)];
    let tags = teacher
        .send(GetUserTags::new(ids.course, users))
        .await
        .unwrap();
    assert_eq!(tags.len(), 3);
    assert_eq!(tags[&users[0]], [ids.tags[0]]);
    assert!(tags[&users[1]].is_empty() && tags[&users[2]].is_empty());
    let path = "courses/sis_course_id:MATH-101/bulk_user_tags";
    let url = format!("{}/api/v1/{path}?user_ids[]={}", fake.url(), users[0]);
    let answer = reqwest::Client::new()
        .get(url)
        .bearer_auth(fake.token())
        .header("User-Agent", "test")
        .send();
    let body: serde_json::Value = answer.await.unwrap().json().await.unwrap();
    assert_eq!(body[users[0].to_string()], serde_json::json!([]));
    let student = fake.client_of(users[0]).unwrap();
    let refused = student.send(GetUserTags::new(ids.course, users)).await;
    assert_eq!(kind(refused), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn users_of_a_group_are_searched_by_name_or_id() {
    let (fake, ids, teacher) = with_tags().await;
    let list = || ListGroupUsers::new(ids.groups[0]);
    let found = async |request: ListGroupUsers| -> Vec<String> {
        let users = teacher.send(request).await.unwrap().items;
        users.into_iter().map(|user| user.name).collect()
    };
    let by_sortable_name = [
        "Farid Haddad",
        "Chloe Larsen",
        "Ada Moreno",
        "Ben Okafor",
        "Dmitri Petrov",
        "Elena Rossi",
    ];
    assert_eq!(found(list()).await, by_sortable_name);
    assert_eq!(found(list().search_term("OKA")).await, ["Ben Okafor"]);
    let by_id = list().search_term(ids.students[2].to_string());
    assert_eq!(found(by_id).await, ["Chloe Larsen"]);
    let short = teacher.send(list().search_term("a")).await.unwrap_err();
    let detail = &short.details()[0];
    assert_eq!(detail.field.as_deref(), Some("search_term"));
    assert_eq!(detail.code.as_deref(), Some("invalid"));
    fake.school(|school| school.set_active(ids.course, ids.students[1], false));
    assert_eq!(found(list()).await.len(), 6);
    assert_eq!(found(list().exclude_inactive(true)).await.len(), 5);
    let other = fake.client_of(ids.students[13]).unwrap();
    assert_eq!(kind(other.send(list()).await), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn the_users_of_a_group_are_those_of_the_moment() {
    let (fake, ids, teacher) = with_tags().await;
    let (group, s) = (ids.groups[1], &ids.students);
    let first_names = async |group| {
        let users = teacher
            .stream(ListGroupUsers::new(group))
            .try_collect::<Vec<_>>();
        let names = users.await.unwrap().into_iter().map(|user| user.name);
        let names = names.map(|name| name.split(' ').next().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(first_names(group).await, "Hugo Grace Ines Jonas");
    let join = CreateMembership::new(group, s[0]);
    teacher.send(join).await.unwrap();
    assert_eq!(first_names(group).await, "Hugo Grace Ada Ines Jonas");
    assert_eq!(
        first_names(ids.groups[0]).await,
        "Farid Chloe Ben Dmitri Elena"
    );
    let leave = RemoveUser::new(group, s[7]);
    teacher.send(leave).await.unwrap();
    assert_eq!(first_names(group).await, "Grace Ada Ines Jonas");
    let members = UpdateGroup::new(group).replace_members([s[10], s[6]]);
    teacher.send(members).await.unwrap();
    assert_eq!(first_names(group).await, "Grace Kofi");
    fake.school(|school| school.merge_users(s[10], s[11]));
    assert_eq!(first_names(group).await, "Grace Lina");

    let founder = fake.client_of(s[0]).unwrap();
    let create = CreateGroup::new().join_level(JoinLevel::ParentContextRequest);
    let community = founder.send(create).await.unwrap().id;
    fake.school(|school| school.add_admin(ids.teacher));
    let asks = fake.client_of(s[1]).unwrap();
    let asks = asks.send(CreateMembership::new(community, UserRef::self_()));
    let asks = asks.await.unwrap().id;
    assert_eq!(first_names(community).await, "Ada");
    let accept = UpdateMembership::new(community, asks).workflow_state(SettableState::Accepted);
    founder.send(accept).await.unwrap();
    assert_eq!(first_names(community).await, "Ada Ben");
}

#[tokio::test]
async fn users_bring_along_what_the_caller_may_see() {
    let (fake, ids, teacher) = with_tags().await;
    let list = || {
        ListGroupUsers::new(ids.groups[0])
            .search_term("Ada")
            .include([
                UserInclude::Email,
                UserInclude::AvatarUrl,
                UserInclude::ActiveStatus,
                UserInclude::FirstName,
            ])
    };
    let seen = teacher.send(list()).await.unwrap().items.remove(0);
    assert_eq!(seen.email.as_deref(), Some("ada.moreno@example.edu"));
    assert_eq!(seen.sis_user_id.as_deref(), Some("S001"));
    assert_eq!(seen.login_id.as_deref(), Some("ada.moreno"));
    assert_eq!(seen.is_inactive, Some(false));
    assert_eq!(seen.first_name.as_deref(), Some("Ada"));
    assert!(seen.avatar_url.is_some());
    let bare = list().exclude([UserExclude::Pseudonym, UserExclude::PersonalInfo]);
    let bare = teacher.send(bare).await.unwrap().items.remove(0);
    assert_eq!(
        (bare.email, bare.sis_user_id, bare.login_id),
        (None, None, None)
    );
    let student = fake.client_of(ids.students[1]).unwrap();
    let seen = student.send(list()).await.unwrap().items.remove(0);
    assert_eq!(
        (seen.email, seen.sis_user_id, seen.login_id),
        (None, None, None)
    );
}

#[tokio::test]
async fn an_old_server_wants_three_characters() {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school)
        .old_server(true)
        .start()
        .await
        .unwrap();
    let search = ListGroupUsers::new(ids.groups[0]).search_term("Ad");
    let error = fake.client().send(search).await.unwrap_err();
    let message = error.details()[0].message.as_deref();
    assert_eq!(message, Some("3 or more characters is required"));
}

#[tokio::test]
async fn a_group_brings_along_a_thousand_users_at_most() {
    let mut school = School::new();
    let course = school.add_course("Large");
    let set = school.add_category(course, "Set");
    let group = school.add_group(set, "All").unwrap();
    for number in 0..1_010 {
        let user = school.add_user(NewUser::new(format!("User {number:04}")));
        school.enroll(course, user, Role::Student);
        assert!(school.add_member(group, user));
    }
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let list = ListCourseGroups::new(course).include([GroupInclude::Users]);
    let group = fake.client().send(list).await.unwrap().items.remove(0);
    assert_eq!(group.members_count, Some(1_010));
    assert_eq!(group.users.unwrap().len(), 1_000);
}

#[tokio::test]
async fn the_groups_of_a_set_are_those_of_the_moment() {
    let (fake, ids, teacher) = with_tags().await;
    let listed = async |set: CategoryId| {
        let groups = teacher
            .stream(ListCategoryGroups::new(set))
            .try_collect::<Vec<_>>();
        let names = groups.await.unwrap().into_iter().map(|group| group.name);
        names.collect::<Vec<_>>().join(", ")
    };
    let (set, tags) = (ids.category, ids.tag_category);
    assert_eq!(listed(set).await, GROUPS.join(", "));
    let rename = UpdateGroup::new(ids.groups[0]).name("Zebras");
    teacher.send(rename).await.unwrap();
    assert_eq!(listed(set).await, "Math Group 2, Math Group 3, Zebras");
    teacher.send(DeleteGroup::new(ids.groups[1])).await.unwrap();
    let create = CreateCategoryGroup::new(set).name("Apes");
    teacher.send(create).await.unwrap();
    assert_eq!(listed(set).await, "Apes, Math Group 3, Zebras");

    assert_eq!(listed(tags).await, TAGS.join(", "));
    let rename = ManageTags::in_set(ids.course, tags).update(ids.tags[0], "Time");
    teacher.send(rename).await.unwrap();
    assert_eq!(listed(tags).await, "Reading aid, Time");
    let other = fake.school(|school| school.add_tag_category(ids.course, "Other"));
    assert_eq!(listed(other).await, "");
    let row = TagRow::new(ids.students[0], ids.tags[0]).in_set(TagSetKey::name("Other"));
    let import = ImportTags::new(ids.course, [row]).sets_exist();
    teacher.send(import).await.unwrap();
    crate::common::pass(1.0).await;
    assert_eq!(listed(tags).await, "Reading aid");
    assert_eq!(listed(other).await, "Time");
    let delete = ManageTags::in_set(ids.course, tags).delete(ids.tags[1]);
    teacher.send(delete).await.unwrap();
    assert_eq!(listed(tags).await, "");
    let import = ImportGroups::new(tags, [GroupRow::new(ids.students[0], ids.tags[1])]);
    teacher.send(import).await.unwrap();
    crate::common::pass(1.0).await;
    assert_eq!(listed(tags).await, "Reading aid");
}

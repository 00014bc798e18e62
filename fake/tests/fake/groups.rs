//! Single groups: who may make, see and change them, and what of it is refused.

use canvas_groups::{
    Canvas, ErrorKind, GroupId, GroupRef, Result, UserId,
    groups::{
        CreateCategoryGroup, DeleteGroup, GetGroup, GetGroupPermissions, Group, GroupInclude,
        JoinLevel, PreviewHtml, UpdateGroup,
    },
};
use canvas_groups_fake::{FakeCanvas, NewUser, School, SmallSchool};

async fn start() -> (FakeCanvas, SmallSchool, Canvas) {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let teacher = fake.client_of(ids.teacher).unwrap();
    (fake, ids, teacher)
}

pub(crate) fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// What is refused, as field and code.
pub(crate) fn faults<T>(result: Result<T>) -> Vec<(String, String)> {
    let error = result.err().expect("no refusal");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let details = error.details().iter().cloned();
    details
        .map(|detail| (detail.field.unwrap(), detail.code.unwrap()))
        .collect()
}

fn fault(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

fn members(group: &Group) -> Vec<UserId> {
    let users = group.users.iter().flatten();
    let mut ids: Vec<_> = users.map(|user| user.id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_teacher_makes_a_group_and_a_student_does_not() {
    let (fake, ids, teacher) = start().await;
    let create = CreateCategoryGroup::new(ids.category)
        .name("Math Group 4")
        .is_public(true)
        .join_level(JoinLevel::from("whatever"))
        .max_membership(3)
        .storage_quota_mb(900)
        .invitees([ids.students[0], ids.students[13], ids.admin]);
    let group = teacher.send(&create).await.unwrap();
    assert_eq!(group.name, "Math Group 4");
    assert_eq!(group.is_public, Some(false), "only communities are public");
    assert_eq!(group.join_level.as_ref().unwrap().as_str(), "whatever");
    assert_eq!(group.storage_quota_mb, Some(50), "for lack of the right");
    assert_eq!(
        members(&group),
        [ids.students[0], ids.students[13]],
        "an administrator is not of the course"
    );
    assert_eq!(group.members_count, Some(2));
    assert_eq!(group.is_full, Some(false));
    assert_eq!(group.group_category.unwrap().id, ids.category);
    assert!(group.permissions.unwrap().allows("create_announcement"));
    fake.school(|school| {
        assert_eq!(
            school.members(ids.groups[0]),
            ids.students[1..6],
            "one group each"
        );
    });
    let student = fake.client_of(ids.students[0]).unwrap();
    assert_eq!(
        kind(student.send(&create).await),
        Some(ErrorKind::Forbidden)
    );
    let nowhere = CreateCategoryGroup::new(canvas_groups::CategoryId::new(999_999));
    assert_eq!(kind(teacher.send(nowhere).await), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn a_group_without_a_name_gets_one_and_a_blank_one_is_refused() {
    let (_fake, ids, teacher) = start().await;
    let create = || CreateCategoryGroup::new(ids.category);
    assert!(!teacher.send(create()).await.unwrap().name.is_empty());
    let blank = teacher.send(create().name(" ")).await;
    assert_eq!(faults(blank), fault("name", "Name is required"));
    let long = teacher.send(create().name("ü".repeat(256))).await;
    assert_eq!(faults(long), fault("name", "Enter a shorter group name"));
    teacher.send(create().name("ü".repeat(255))).await.unwrap();
    let single = teacher.send(create().max_membership(1)).await;
    assert_eq!(
        faults(single),
        fault("max_membership", "Must be greater than 1")
    );
}

#[tokio::test]
async fn sis_ids_take_a_right_and_are_unique() {
    let (fake, ids, teacher) = start().await;
    let create = || CreateCategoryGroup::new(ids.category).sis_group_id("G1");
    assert_eq!(
        kind(teacher.send(create()).await),
        Some(ErrorKind::Forbidden)
    );
    let refused = teacher
        .send(UpdateGroup::new(ids.groups[0]).sis_group_id("G1"))
        .await
        .unwrap_err();
    assert_eq!(refused.status().unwrap(), 401);
    assert!(refused.body().unwrap().contains("to update sis attributes"));
    let admin = fake.client();
    let group = admin.send(create()).await.unwrap();
    assert_eq!(group.sis_group_id.as_deref(), Some("G1"));
    let found = admin
        .send(GetGroup::new(GroupRef::sis("G1")))
        .await
        .unwrap();
    assert_eq!(found.id, group.id);
    assert_eq!(
        faults(admin.send(create()).await),
        fault("sis_source_id", "taken")
    );
    admin
        .send(UpdateGroup::new(group.id).sis_group_id("G1"))
        .await
        .unwrap();
    let student = fake.client_of(ids.students[6]).unwrap();
    let seen = student.send(GetGroup::new(ids.groups[1])).await.unwrap();
    assert_eq!(seen.sis_group_id, None);
}

#[tokio::test]
async fn trap_30_only_what_is_sent_changes() {
    let (fake, ids, teacher) = start().await;
    let group = ids.groups[0];
    let change = UpdateGroup::new(group).description("Fridays");
    let changed = teacher.send(change).await.unwrap();
    assert_eq!(changed.name, "Math Group 1");
    assert_eq!(changed.description.as_deref(), Some("Fridays"));
    assert_eq!(members(&changed), ids.students[..6]);
    // A wrapped body is one of unknown parameters.
    let url = format!("{}/api/v1/groups/{group}", fake.url());
    let answer = reqwest::Client::new()
        .put(url)
        .bearer_auth(fake.token())
        .header("User-Agent", "test")
        .json(&serde_json::json!({ "group": { "name": "Wrapped" } }))
        .send();
    assert_eq!(answer.await.unwrap().status(), 200);
    let same = teacher.send(GetGroup::new(group)).await.unwrap();
    assert_eq!(same.name, "Math Group 1");
    let quota = UpdateGroup::new(group).storage_quota_mb(77);
    let changed = fake.client().send(quota).await.unwrap();
    assert_eq!(changed.storage_quota_mb, Some(77));
}

#[tokio::test]
async fn new_members_replace_the_old_ones() {
    let (fake, ids, teacher) = start().await;
    let outsider = fake.school(|school| school.add_user("Out Sider"));
    let s = &ids.students;
    let change = UpdateGroup::new(ids.groups[0]).replace_members([s[5], s[6], s[13], outsider]);
    let group = teacher.send(change).await.unwrap();
    assert_eq!(members(&group), [s[5], s[6], s[13]]);
    fake.school(|school| assert_eq!(school.members(ids.groups[1]), s[7..10]));
    let nobody = UpdateGroup::new(ids.groups[0]).replace_members(Vec::<UserId>::new());
    assert_eq!(members(&teacher.send(nobody).await.unwrap()), []);
}

#[tokio::test]
async fn a_leader_is_a_member_and_may_change_the_group() {
    let (fake, ids, teacher) = start().await;
    let (group, s) = (ids.groups[0], &ids.students);
    let leading = |user: UserId| UpdateGroup::new(group).leader(user);
    let student = fake.client_of(s[0]).unwrap();
    let rename = UpdateGroup::new(group).name("Ours");
    assert_eq!(
        kind(student.send(&rename).await),
        Some(ErrorKind::Forbidden)
    );
    // That the leader is no member comes out before any right is asked for.
    let stranger = student.send(leading(s[9])).await.unwrap_err();
    assert_eq!(
        (stranger.status().unwrap().as_u16(), stranger.body()),
        (400, Some("{}"))
    );
    let led = teacher.send(leading(s[0])).await.unwrap();
    assert_eq!(led.leader.unwrap().id, Some(s[0]));
    assert_eq!(student.send(&rename).await.unwrap().name, "Ours");
    assert_eq!(
        kind(student.send(DeleteGroup::new(group)).await),
        Some(ErrorKind::Forbidden)
    );
    let free = UpdateGroup::new(group).clear_leader();
    assert_eq!(teacher.send(free).await.unwrap().leader, None);
    let tag = UpdateGroup::new(ids.tags[0]).leader(s[0]);
    assert_eq!(
        faults(teacher.send(tag).await),
        fault("base", "Non-collaborative groups cannot have a leader")
    );
}

#[tokio::test]
async fn a_name_changed_by_hand_can_be_left_alone() {
    let (_fake, ids, teacher) = start().await;
    let name = |name: &str| UpdateGroup::new(ids.groups[0]).name(name);
    let send = async |request: UpdateGroup| teacher.send(request).await.unwrap().name;
    let untouched = name("Import").override_sis_stickiness(false);
    assert_eq!(send(untouched).await, "Import", "not sticky yet");
    assert_eq!(send(name("By hand")).await, "By hand");
    let left = name("Import").override_sis_stickiness(false);
    assert_eq!(send(left).await, "By hand");
    let forced = name("Import").override_sis_stickiness(true);
    assert_eq!(send(forced).await, "Import");
}

#[tokio::test]
async fn a_deleted_group_is_gone() {
    let (fake, ids, teacher) = start().await;
    let group = ids.groups[0];
    let deleted = teacher.send(DeleteGroup::new(group)).await.unwrap();
    let deleted = deleted.record().unwrap();
    assert_eq!((deleted.id, deleted.members_count), (group, Some(6)));
    assert_eq!(deleted.users, None);
    for result in [
        kind(teacher.send(GetGroup::new(group)).await),
        kind(teacher.send(UpdateGroup::new(group).name("x")).await),
        kind(teacher.send(DeleteGroup::new(group)).await),
    ] {
        assert_eq!(result, Some(ErrorKind::NotFound));
    }
    fake.school(|school| assert_eq!(school.members(group), []));
}

#[tokio::test]
async fn a_full_set_of_tags_takes_no_tag_more() {
    let (fake, ids, teacher) = start().await;
    fake.school(|school| {
        for number in 3..=10 {
            school.add_group(ids.tag_category, format!("Tag {number}"));
        }
    });
    let one_more = CreateCategoryGroup::new(ids.tag_category).name("Eleventh");
    assert_eq!(
        faults(teacher.send(one_more).await),
        fault("base", "Variant limit reached for tag")
    );
    fake.school(|school| school.allow_tags(school.root_account(), false));
    let none = CreateCategoryGroup::new(ids.tag_category);
    assert_eq!(kind(teacher.send(none).await), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn members_read_their_group_and_carriers_not_their_tag() {
    let (fake, ids, teacher) = start().await;
    let s = &ids.students;
    let stranger = fake.school(|school| school.add_user("Out Sider"));
    let reads = async |user: UserId, group: GroupId| {
        let canvas = fake.client_of(user).unwrap();
        kind(canvas.send(GetGroup::new(group)).await)
    };
    let forbidden = Some(ErrorKind::Forbidden);
    assert_eq!(reads(s[0], ids.groups[0]).await, None);
    assert_eq!(reads(s[0], ids.groups[1]).await, forbidden);
    assert_eq!(reads(stranger, ids.groups[0]).await, forbidden);
    assert_eq!(reads(s[0], ids.tags[0]).await, forbidden);
    assert_eq!(reads(ids.teacher, ids.tags[0]).await, None);
    let tag = teacher.send(GetGroup::new(ids.tags[0])).await.unwrap();
    assert_eq!(tag.non_collaborative, Some(true));
    let abc = GetGroup::new(GroupRef::parse("sis_group_id:none").unwrap());
    assert_eq!(kind(teacher.send(abc).await), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn permissions_follow_from_what_one_is_to_the_group() {
    let (fake, ids, teacher) = start().await;
    let student = fake.client_of(ids.students[0]).unwrap();
    let asked = ["read", "post_to_forum", "update", "leave", "fly"];
    let some = || GetGroupPermissions::new(ids.groups[0]).permissions(asked);
    let granted = |permissions: canvas_groups::groups::Permissions| {
        asked.map(|name| permissions.get(name).unwrap())
    };
    assert_eq!(
        granted(student.send(some()).await.unwrap()),
        [true, true, false, false, false]
    );
    assert_eq!(
        granted(teacher.send(some()).await.unwrap()),
        [true, true, true, false, false]
    );
    let all = GetGroupPermissions::new(ids.groups[0]);
    assert_eq!(teacher.send(all).await.unwrap().iter().count(), 37);
    let other = GetGroupPermissions::new(ids.groups[1]);
    assert_eq!(kind(student.send(other).await), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn a_group_brings_along_what_it_is_asked_for() {
    let (fake, ids, _teacher) = start().await;
    let student = fake.client_of(ids.students[0]).unwrap();
    let plain = student.send(GetGroup::new(ids.groups[0])).await.unwrap();
    assert!(plain.users.is_none() && plain.tabs.is_none() && plain.permissions.is_none());
    assert_eq!(plain.is_full, None, "without a limit it is null");
    let all = GetGroup::new(ids.groups[0]).include([
        GroupInclude::Tabs,
        GroupInclude::Permissions,
        GroupInclude::Users,
        GroupInclude::GroupCategory,
        GroupInclude::Favorites,
        GroupInclude::HtmlUrl,
        GroupInclude::CanAccess,
        GroupInclude::CanMessage,
    ]);
    let group = student.send(all).await.unwrap();
    let tabs = group.tabs.as_ref().unwrap();
    let tab_ids: Vec<_> = tabs.iter().map(|tab| &*tab.id).collect();
    assert_eq!(
        tab_ids,
        [
            "home",
            "announcements",
            "pages",
            "people",
            "discussions",
            "files"
        ]
    );
    let path = format!("/groups/{}/wiki", ids.groups[0]);
    assert_eq!(tabs[2].html_url.as_deref(), Some(&*path));
    assert_eq!(
        tabs[2].full_url.as_deref(),
        Some(&*format!("{}{path}", fake.url()))
    );
    let permissions = group.permissions.as_ref().unwrap();
    let permissions: Vec<_> = permissions.iter().collect();
    assert_eq!(
        permissions,
        [
            ("create_announcement", true),
            ("create_discussion_topic", true),
            ("join", false)
        ]
    );
    assert_eq!(members(&group), ids.students[..6]);
    let category = group.group_category.unwrap();
    assert_eq!(category.id, ids.category);
    assert_eq!(category.non_collaborative, None);
    assert_eq!(group.is_favorite, Some(false));
    assert_eq!(group.can_access, Some(true));
    assert_eq!(group.can_message, Some(true));
    let page = format!("{}/groups/{}", fake.url(), ids.groups[0]);
    assert_eq!(group.html_url, Some(page));
}

#[tokio::test]
async fn html_is_shown_without_script() {
    let (fake, ids, teacher) = start().await;
    let html = "<p onclick=\"x()\">a<script>y()</script> <a href=\"/courses/1\">b</a></p>";
    let shown = teacher
        .send(PreviewHtml::new(ids.groups[0], html))
        .await
        .unwrap();
    let expected = format!("<p>a <a href=\"{}/courses/1\">b</a></p>", fake.url());
    assert_eq!(shown.html, expected);
}

#[tokio::test]
async fn an_old_server_says_401_and_knows_fewer_fields() {
    let (mut school, ids) = School::small();
    let stranger = school.add_user(NewUser::new("Out Sider"));
    let builder = FakeCanvas::builder(school).old_server(true);
    let fake = builder.start().await.unwrap();
    let canvas = fake.client_of(stranger).unwrap();
    let error = canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 401);
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let admin = fake.client();
    let group = admin.send(GetGroup::new(ids.groups[0])).await.unwrap();
    assert_eq!(group.context_name, None);
    assert_eq!(
        (group.is_full, group.non_collaborative),
        (None, Some(false))
    );
}

//! What Canvas fixes about groups of an account, and who may store how much.

use canvas_groups::{AccountId, CategoryId, GroupId, UserId};
use canvas_groups_fake::SmallSchool;
use serde_json::{Value, json};

use crate::common::{TestSchool, fault};

/// The root account, a set in it, a group in that, and a second administrator.
struct AccountGroups {
    place: TestSchool,
    root: AccountId,
    set: CategoryId,
    group: GroupId,
    other_admin: UserId,
}

impl AccountGroups {
    async fn of(old: bool) -> Self {
        let mut made = None;
        let place = TestSchool::of(old, |school, _| {
            let root = school.root_account();
            let set = school.add_account_category(root, "Clubs");
            let group = school.add_group(set, "Chess").unwrap();
            let admin = school.add_user("Ana Admin");
            school.add_admin(admin);
            made = Some((root, set, group, admin));
        })
        .await;
        let (root, set, group, other_admin) = made.unwrap();
        Self {
            place,
            root,
            set,
            group,
            other_admin,
        }
    }

    fn ids(&self) -> &SmallSchool {
        &self.place.ids
    }
}

#[tokio::test]
async fn administrators_make_groups_of_an_account_and_fill_them() {
    for old in [false, true] {
        let it = AccountGroups::of(old).await;
        let (ids, refused) = (it.ids(), if old { 401 } else { 403 });
        let groups = format!("group_categories/{}/groups", it.set);
        for (user, status) in [
            (ids.students[0], refused),
            (ids.teacher, refused),
            (ids.admin, 200),
        ] {
            let body = json!({ "name": "Go" });
            let (found, made) = it.place.ask(user, "POST", &groups, body).await;
            assert_eq!(found, status, "{made}");
            if status == 200 {
                assert_eq!(made["account_id"], json!(it.root));
                assert_eq!(made["context_type"], "Account");
            }
        }
        let members = format!("groups/{}/memberships", it.group);
        for (user, status) in [(ids.teacher, refused), (ids.admin, 200)] {
            let body = json!({ "user_id": ids.students[3] });
            let (found, made) = it.place.ask(user, "POST", &members, body).await;
            assert_eq!(found, status, "{made}");
            if status == 200 {
                assert_eq!(made["workflow_state"], "accepted");
                assert_eq!(made["just_created"], true);
                assert_eq!(made["sis_group_id"], Value::Null);
                assert_eq!(made["sis_import_id"], Value::Null);
            }
        }
        let members = it.place.fake.school(|school| school.members(it.group));
        assert_eq!(members, [ids.students[3]]);
    }
}

#[tokio::test]
async fn nobody_gives_a_group_of_an_account_many_members_at_once() {
    let it = AccountGroups::of(false).await;
    let path = format!("groups/{}/memberships", it.group);
    let body = json!({ "members": [it.ids().students[0]] });
    let answer = it.place.ask(it.ids().admin, "POST", &path, body).await;
    assert_eq!(answer, (400, json!("")));
}

#[tokio::test]
async fn a_new_group_of_an_account_invites_its_administrators_alone() {
    let it = AccountGroups::of(false).await;
    let ids = it.ids();
    let path = format!("group_categories/{}/groups", it.set);
    let invited = [ids.students[0], it.other_admin, ids.teacher];
    let texts = invited.map(|user| (user.to_string(), "1"));
    let flags: Value = texts
        .iter()
        .map(|(id, on)| (id.clone(), json!(on)))
        .collect();
    for invitees in [json!(invited), flags] {
        let body = json!({ "name": "Go", "invitees": invitees });
        let (status, group) = it.place.ask(ids.admin, "POST", &path, body).await;
        assert_eq!(status, 200);
        let group = GroupId::new(group["id"].as_u64().unwrap());
        let members = it.place.fake.school(|school| school.members(group));
        assert_eq!(members, [it.other_admin]);
    }
}

#[tokio::test]
async fn not_even_an_administrator_puts_somebody_into_a_community() {
    for old in [false, true] {
        let it = AccountGroups::of(old).await;
        let ids = it.ids();
        let create = json!({ "name": "Readers" });
        let (_, group) = it
            .place
            .ask(ids.students[0], "POST", "groups", create)
            .await;
        let path = format!("groups/{}/memberships", group["id"]);
        let body = json!({ "user_id": ids.students[1] });
        let (status, _) = it.place.ask(ids.admin, "POST", &path, body).await;
        assert_eq!(status, if old { 401 } else { 403 });
    }
}

#[tokio::test]
async fn a_quota_is_taken_from_those_who_manage_quotas() {
    let it = AccountGroups::of(false).await;
    let ids = it.ids();
    let of_course = format!("group_categories/{}/groups", ids.category);
    let of_account = format!("group_categories/{}/groups", it.set);
    // Who makes a group and changes it, where, and what the group may store in the end.
    let cases = [
        (ids.admin, &of_course, [7, 9]),
        (ids.admin, &of_account, [7, 9]),
        (ids.teacher, &of_course, [50, 50]),
    ];
    for (user, path, [made, changed]) in cases {
        let body = json!({ "name": "Made", "storage_quota_mb": 7 });
        let (status, group) = it.place.ask(user, "POST", path, body).await;
        assert_eq!((status, &group["storage_quota_mb"]), (200, &json!(made)));
        let path = format!("groups/{}", group["id"]);
        let body = json!({ "name": "Changed", "storage_quota_mb": 9 });
        let (status, group) = it.place.ask(user, "PUT", &path, body).await;
        assert_eq!((status, &group["name"]), (200, &json!("Changed")));
        assert_eq!(group["storage_quota_mb"], changed);
    }
}

#[tokio::test]
async fn the_names_of_the_sets_of_the_server_are_reserved_in_accounts_and_courses() {
    let it = AccountGroups::of(false).await;
    let (root, course) = (it.root, it.ids().course);
    let cases = [
        (format!("accounts/{root}"), "Imported Groups", true),
        (format!("accounts/{root}"), "Communities", true),
        (format!("accounts/{root}"), "Student Groups", false),
        (format!("courses/{course}"), "Imported Groups", true),
        (format!("courses/{course}"), "Student Groups", true),
        (format!("courses/{course}"), "Communities", false),
    ];
    for (at, (context, name, is_reserved)) in cases.into_iter().enumerate() {
        let path = format!("{context}/group_categories");
        let refused = fault("name", &format!("{name} is a reserved name."));
        let admin = it.ids().admin;
        let (_, plain) = it
            .place
            .ask(admin, "POST", &path, json!({ "name": format!("Set {at}") }))
            .await;
        let renamed = format!("group_categories/{}", plain["id"]);
        // A change is refused as a creation is.
        for (method, path) in [("PUT", &renamed), ("POST", &path)] {
            let answer = it
                .place
                .ask(admin, method, path, json!({ "name": name }))
                .await;
            match is_reserved {
                true => assert_eq!(answer, refused, "{method} {path}"),
                false => assert_eq!(answer.0, 200, "{method} {path}: {}", answer.1),
            }
            if !is_reserved {
                // So that the name is free for the next one.
                let back = json!({ "name": format!("Set {at}, again") });
                it.place.ask(admin, "PUT", &renamed, back).await;
            }
        }
    }
}

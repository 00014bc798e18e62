//! Models against the fixtures: every answer is read, whatever a server adds or words otherwise.

mod courses;

use std::{collections::BTreeMap, fmt::Debug, fs, path::Path};

use canvas_groups::{
    GroupId, UserId,
    groups::{
        Context, Group, GroupRole, Invitations, JoinLevel, Permissions, ProcessedHtml, TabKind,
    },
    memberships::{Membership, MembershipState},
    users::User,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn text(fixture: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(fixture);
    fs::read_to_string(path).unwrap()
}

/// Reads a fixture as it is, with unknown fields in every object, and with its ids as texts: all
/// must come to the same.
fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(fixture: &str) -> T {
    let original: Value = serde_json::from_str(&text(fixture)).unwrap();
    let value: T = serde_json::from_str(&text(fixture)).unwrap();
    let again = |json: Value| serde_json::from_value::<T>(json).unwrap();
    assert_eq!(
        again(with_unknown_fields(original.clone())),
        value,
        "unknown fields: {fixture}"
    );
    assert_eq!(
        again(with_text_ids(original.clone(), "")),
        value,
        "ids as texts: {fixture}"
    );
    assert_eq!(
        again(serde_json::to_value(&value).unwrap()),
        value,
        "written and read: {fixture}"
    );
    value
}

/// Every object with a field that no release has yet; maps of names to values stay as they are.
fn with_unknown_fields(json: Value) -> Value {
    match json {
        Value::Array(items) => items.into_iter().map(with_unknown_fields).collect(),
        Value::Object(fields) if fields.contains_key("id") => fields
            .into_iter()
            .map(|(key, value)| (key, with_unknown_fields(value)))
            .chain([(
                "from_the_next_release".to_owned(),
                json!({ "deep": [1, null] }),
            )])
            .collect(),
        other => other,
    }
}

/// What `Accept: application/json+canvas-string-ids` does to an answer.
fn with_text_ids(json: Value, key: &str) -> Value {
    let is_id = key == "id" || key.ends_with("_id") || key == "ids" || key.ends_with("_ids");
    match json {
        Value::Number(number) if is_id => json!(number.to_string()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| with_text_ids(item, key))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key.clone(), with_text_ids(value, &key)))
            .collect(),
        other => other,
    }
}

#[test]
fn the_documented_group() {
    let group: Group = read("canvas/groups/group.json");
    assert_eq!(group.id, GroupId::new(17));
    assert_eq!(group.name, "Math Group 1");
    assert_eq!(group.join_level, Some(JoinLevel::InvitationOnly));
    assert_eq!(group.context(), group.course_id.map(Context::Course));
    assert_eq!((group.users, group.non_collaborative), (None, None));
    assert!(group.permissions.unwrap().allows("create_announcement"));
}

#[test]
fn a_created_group_brings_users_category_and_permissions() {
    let group: Group = read("canvas/groups/group_created.json");
    assert_eq!(group.id.get(), 43_460_000_000_000_017);
    assert_eq!(
        group.leader.unwrap().display_name.as_deref(),
        Some("Sheldon Cooper")
    );
    assert_eq!(group.max_membership, Some(5));
    let category = group.group_category.unwrap();
    assert_eq!(category.self_signup.unwrap().as_str(), "restricted");
    let user = &group.users.unwrap()[0];
    assert_eq!(user.created_at.unwrap().to_string(), "2025-08-01T15:00:00Z");
}

#[test]
fn every_include_is_read() {
    let group: Group = read("canvas/groups/group_with_everything.json");
    assert_eq!(group.context(), group.account_id.map(Context::Account));
    assert_eq!(
        (group.role, group.is_full, group.concluded),
        (None, None, Some(true))
    );
    let tabs = group.tabs.unwrap();
    assert_eq!(
        (tabs[0].kind.clone(), tabs[0].hidden),
        (Some(TabKind::Internal), None)
    );
    assert_eq!((tabs[1].position, tabs[1].unused), (Some(2), Some(true)));
    assert_eq!(
        (group.is_favorite, group.can_message),
        (Some(true), Some(false))
    );
    assert_eq!(
        (
            group.group_category_name.unwrap().as_str(),
            group.is_single_tag
        ),
        ("Pace", Some(true))
    );
}

#[test]
fn users_with_everything_and_with_next_to_nothing() {
    let users: Vec<User> = read("canvas/groups/users.json");
    assert_eq!(users[0].sortable_name.as_deref(), Some("Cooper, Sheldon"));
    assert_eq!(
        users[0].permissions.as_ref().unwrap().can_update_avatar,
        Some(false)
    );
    assert_eq!(users[0].group_submissions.as_ref().unwrap().len(), 2);
    let mut least: User = serde_json::from_str(r#"{"id": 3, "name": "Amy Fowler"}"#).unwrap();
    least.merged_into_user_id = Some(UserId::new(9));
    assert_eq!(users[1], least);
}

#[test]
fn memberships() {
    let membership: Membership = read("canvas/groups/membership.json");
    assert_eq!(
        (membership.id.get(), membership.just_created),
        (92, Some(true))
    );
    let all: Invitations = read("canvas/groups/invited.json");
    assert_eq!(
        all.invited[0].workflow_state,
        Some(MembershipState::Invited)
    );
    assert!(all.not_invited.is_empty());
}

#[test]
fn who_was_invited_is_told_from_who_was_not() {
    let some: Invitations = read("canvas/groups/invited_partially.json");
    assert_eq!(some.invited.len(), 1);
    assert_eq!(some.invited[0].user_id, Some(UserId::new(3)));
    let [left_out] = &some.not_invited[..] else {
        panic!("{some:?}");
    };
    assert_eq!(left_out.user_id, Some(UserId::new(9_007_199_254_740_993)));
    assert_eq!(left_out.group_id, Some(GroupId::new(17)));
    let read = |json: &str| serde_json::from_str::<Invitations>(json);
    assert_eq!(read("[]").unwrap(), Invitations::default());
    for nobody in [
        r#"[{}]"#,
        r#"[{"id":null}]"#,
        r#"[{"user_id":3},{"ok":true}]"#,
    ] {
        assert!(read(nobody).is_err(), "{nobody}");
    }
    assert_eq!(
        read(r#"[{"user_id":3},{"id":null,"user_id":4}]"#)
            .unwrap()
            .not_invited
            .len(),
        2
    );
    for wrong in ["{}", "null", "[7]", r#"[{"id":"x"}]"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn permissions_are_booleans_or_as_documented_their_texts() {
    let documented: Permissions = read("canvas/groups/permissions.json");
    let sent = r#"{"read_roster": true, "send_messages_all": false}"#;
    assert_eq!(documented, serde_json::from_str(sent).unwrap());
    assert!(documented.allows("read_roster") && !documented.allows("send_messages_all"));
}

#[test]
fn tags_of_users_keep_their_users() {
    let tags: BTreeMap<UserId, Vec<GroupId>> = read("canvas/groups/user_tags.json");
    assert_eq!(
        tags[&UserId::new(35)],
        [GroupId::new(101), GroupId::new(102)]
    );
    assert!(tags[&UserId::new(79)].is_empty());
}

#[test]
fn processed_html() {
    let preview: ProcessedHtml =
        serde_json::from_str(&text("canvas/groups/preview_html.json")).unwrap();
    assert_eq!(preview.html, "<p>processed html</p>");
}

#[test]
fn trap_23_one_odd_record_and_a_new_value_do_not_fail_the_page() {
    let page = r#"[
        {"id": 1, "name": null, "role": "guild", "join_level": "by_ordeal", "users": null},
        {"id": "2"},
        {"id": 3, "name": "c", "context_type": "Galaxy"}
    ]"#;
    let groups: Vec<Group> = serde_json::from_str(page).unwrap();
    assert_eq!(groups[0].name, "");
    assert_eq!(groups[0].role, Some(GroupRole::Other("guild".into())));
    assert_eq!(groups[1].id, GroupId::new(2));
    assert_eq!(groups[2].context_type.as_ref().unwrap().as_str(), "Galaxy");
    let written = serde_json::to_value(&groups[0]).unwrap();
    assert_eq!(written["join_level"], "by_ordeal");
}

#[test]
fn trap_23_a_user_who_is_not_there_any_more_does_not_fail_the_record() {
    let group = r#"{"id": 1, "leader": {}, "name": "Team"}"#;
    let group: Group = serde_json::from_str(group).unwrap();
    assert_eq!(group.leader.unwrap().id, None);
    let file = r#"{"id": "7", "user": {}}"#;
    let file: canvas_groups::files::File = serde_json::from_str(file).unwrap();
    assert_eq!(file.user.unwrap().id, None);
    let there = r#"{"id": 1, "leader": {"id": "9007199254740993", "pronouns": null}}"#;
    let there: Group = serde_json::from_str(there).unwrap();
    let leader = there.leader.unwrap();
    assert_eq!(leader.id, Some(UserId::new(9_007_199_254_740_993)));
}

#[test]
fn trap_46_what_was_not_sent_is_absent_and_not_empty() {
    let group: Group = serde_json::from_str(r#"{"id": 1}"#).unwrap();
    assert_eq!(
        (&group.users, &group.tabs, &group.permissions),
        (&None, &None, &None)
    );
    let asked: Group = serde_json::from_str(r#"{"id": 1, "users": [], "tabs": []}"#).unwrap();
    assert_eq!((asked.users, asked.tabs), (Some(vec![]), Some(vec![])));
}

#[test]
fn every_fixture_is_json() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")];
    let notes = text("README.md");
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                serde_json::from_str::<Value>(&fs::read_to_string(&path).unwrap()).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(
                    notes.contains(name),
                    "fixtures/README.md is silent on {name}"
                );
                found += 1;
            }
        }
    }
    assert!(found >= 9);
}

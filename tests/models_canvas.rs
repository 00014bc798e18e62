//! Every fixture of memberships, categories, tags, activity and progress: it parses, nothing in it
//! is lost, and what servers may change in it does no harm.

use std::{collections::BTreeSet, fs, path::Path};

use canvas_groups::{
    CategoryId, CourseId, FileId, GroupId, UserId, activity::*, categories::*, memberships::*,
    progress::*, tags::*,
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const FOLDERS: [&str; 5] = ["memberships", "categories", "tags", "progress", "activity"];

fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/canvas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn read<T: DeserializeOwned>(json: &Value) -> T {
    // From text, as an answer comes: numbers keep their form.
    let text = json.to_string();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn model<T: DeserializeOwned>(name: &str) -> T {
    read(&fixture(name))
}

/// A value changed from the inside out, with the key that each part stands under.
fn rewritten(json: &Value, key: &str, change: &impl Fn(&str, Value) -> Option<Value>) -> Value {
    let inner = match json {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), rewritten(value, name, change)))
                .collect(),
        ),
        Value::Array(items) => items
            .iter()
            .map(|item| rewritten(item, key, change))
            .collect(),
        other => other.clone(),
    };
    change(key, inner.clone()).unwrap_or(inner)
}

fn with_unknown_fields(json: &Value) -> Value {
    rewritten(json, "", &|_, value| match value {
        Value::Object(mut fields) => {
            fields.insert("brand_new".into(), json!({"id": [1, null]}));
            Some(Value::Object(fields))
        }
        _ => None,
    })
}

fn without_unknown_fields(json: &Value) -> Value {
    rewritten(json, "", &|_, value| match value {
        Value::Object(mut fields) => {
            fields.remove("brand_new");
            Some(Value::Object(fields))
        }
        _ => None,
    })
}

/// Ids as the header for string ids makes them: numbers under `id` and `*_id`, and those in lists
/// under `*_ids`.
fn with_text_ids(json: &Value) -> Value {
    rewritten(json, "", &|key, value| {
        let is_id = key == "id" || key.ends_with("_id") || key.ends_with("_ids");
        (is_id && value.is_u64()).then(|| Value::String(value.to_string()))
    })
}

fn with_unknown_values(json: &Value) -> Value {
    const ENUMS: [&str; 7] = [
        "workflow_state",
        "self_signup",
        "auto_leader",
        "role",
        "context_type",
        "join_level",
        "type",
    ];
    rewritten(json, "", &|key, value| {
        (ENUMS.contains(&key) && value.is_string()).then(|| json!("Brand new"))
    })
}

/// One form for what can be written in several: no nulls, timestamps in UTC, numbers as floats,
/// but for ids.
fn canonical(json: &Value) -> Value {
    rewritten(json, "", &|key, value| match value {
        Value::Object(fields) => Some(Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect(),
        )),
        Value::String(text) if key.ends_with("_at") => {
            Some(json!(text.parse::<Timestamp>().unwrap().to_string()))
        }
        Value::Number(number) if ["completion", "score"].contains(&key) => {
            Some(json!(number.as_f64()))
        }
        _ => None,
    })
}

fn check<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(name: &str) {
    let sent = fixture(name);
    let plain: T = read(&sent);
    let written = serde_json::to_value(&plain).unwrap();

    let again: T = read(&written);
    assert_eq!(again, plain, "{name}: written and read again");

    let odd: T = read(&with_unknown_fields(&sent));
    let kept = without_unknown_fields(&serde_json::to_value(&odd).unwrap());
    assert_eq!(kept, written, "{name}: unknown fields");

    let texts: T = read(&with_text_ids(&sent));
    let as_text = with_text_ids(&serde_json::to_value(&texts).unwrap());
    assert_eq!(as_text, with_text_ids(&written), "{name}: ids as text");

    let changed = with_unknown_values(&sent);
    let odd: T = read(&changed);
    // An item of an unknown kind keeps its nulls.
    let kept = canonical(&with_unknown_values(&serde_json::to_value(&odd).unwrap()));
    let expected = canonical(&with_unknown_values(&written));
    assert_eq!(kept, expected, "{name}: unknown values");
    let text = serde_json::to_string(&odd).unwrap();
    assert_eq!(
        text.contains("Brand new"),
        changed.to_string().contains("Brand new")
    );
}

/// Checks that every field of the fixture has a place in the model.
fn check_whole<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(name: &str) {
    check::<T>(name);
    let written = serde_json::to_value(model::<T>(name)).unwrap();
    assert_eq!(canonical(&written), canonical(&fixture(name)), "{name}");
}

#[test]
fn traps_22_and_23_every_fixture_parses_whole_whatever_servers_add_or_change() {
    check_whole::<Vec<Membership>>("memberships/list");
    check_whole::<Membership>("memberships/created");
    check_whole::<RemovedUsers>("memberships/removed");
    check_whole::<Category>("categories/category");
    check_whole::<Category>("categories/created");
    check_whole::<Vec<Category>>("categories/list");
    check_whole::<Vec<AssignedGroup>>("categories/assigned");
    check_whole::<Vec<AssignedGroup>>("categories/assigned_in_account");
    check_whole::<Vec<StreamItem>>("activity/stream");
    check_whole::<Vec<SummaryItem>>("activity/summary");
    for name in PROGRESS {
        check_whole::<Progress>(name);
    }
    // Where their records are wrapped is not kept; of the set, see below.
    check::<BulkResult>("tags/managed");
    check::<BulkResult>("tags/managed_older");
}

const PROGRESS: [&str; 9] = [
    "progress/assignment",
    "progress/import_groups",
    "progress/import_tags",
    "progress/fraction",
    "progress/failed",
    "progress/import_completed",
    "progress/import_failed",
    "progress/never_set",
    "progress/upload_completed",
];

#[test]
fn no_fixture_is_without_a_test() {
    let here = include_str!("models_canvas.rs");
    let wire = include_str!("resources/main.rs");
    let mut seen = BTreeSet::new();
    for folder in FOLDERS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/canvas")
            .join(folder);
        for file in fs::read_dir(path).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            let name = format!("\"{folder}/{}\"", file.strip_suffix(".json").unwrap());
            assert!(here.contains(&name) || wire.contains(&name), "{name}");
            seen.insert(name);
        }
    }
    assert!(seen.len() >= 20);
}

#[test]
fn records_need_nothing_but_their_ids() {
    read::<Membership>(&json!({"id": 1}));
    read::<Category>(&json!({"id": 1, "name": null}));
    read::<AssignedGroup>(&json!({"id": 1, "new_members": null}));
    read::<Progress>(&json!({"id": 1}));
    read::<StreamItem>(&json!({"id": 1}));
    let _: RemovedUsers = read(&json!({"deleted_user_ids": null}));
    read::<BulkResult>(&json!({"created": null, "group_category": null}));
    read::<SummaryItem>(&json!({}));
}

#[test]
fn tags_are_the_same_with_and_without_objects_around_them() {
    let managed: BulkResult = model("tags/managed");
    assert_eq!(managed, model::<BulkResult>("tags/managed_older"));
    let ids = |tags: &[Tag]| tags.iter().map(|tag| tag.id.get()).collect::<Vec<_>>();
    assert_eq!(ids(&managed.created), [10_000_000_000_124]);
    assert_eq!(ids(&managed.updated), [123]);
    assert_eq!(ids(&managed.deleted), [456]);
    assert_eq!(managed.deleted[0].workflow_state, Some(TagState::Deleted));
    let set = managed.group_category.unwrap();
    assert_eq!(
        (set.id, &*set.name),
        (CategoryId::new(1), "New Category Name")
    );
    let mut sent = fixture("tags/managed")["group_category"].clone();
    let written = serde_json::to_value(&set).unwrap();
    assert_eq!(canonical(&written), canonical(&sent));
    // Whatever is null there has its place too.
    for (column, value) in [
        ("role", json!("imported")),
        ("self_signup", json!("restricted")),
        ("auto_leader", json!("first")),
        ("group_limit", json!(5)),
        ("sis_batch_id", json!(9_007_199_254_740_993_u64)),
        ("deleted_at", json!("2026-03-04T15:06:07Z")),
    ] {
        assert_eq!(sent[column].take(), json!(null), "{column}");
        sent[column] = value;
    }
    let set: TagSet = read(&sent);
    assert_eq!(serde_json::to_value(&set).unwrap(), sent);
}

#[test]
fn trap_31_an_end_of_self_sign_up_that_cannot_be_read_is_not_lost_unseen() {
    let category = |end: Value| json!({"id": 1, "name": "n", "self_signup_end_at": end});
    let read = |json: Value| serde_json::from_str::<Category>(&json.to_string());
    for odd in [json!("soon"), json!("2026-04-01"), json!(17)] {
        assert!(read(category(odd)).is_err());
    }
    assert_eq!(
        read(category(json!(null))).unwrap().self_signup_end_at,
        None
    );
    assert_eq!(read(json!({"id": 1})).unwrap().self_signup_end_at, None);
    // Other dates are only shown, so an odd one costs no more than itself.
    let odd = read(json!({"id": 1, "created_at": "soon"})).unwrap();
    assert_eq!(odd.created_at, None);
}

#[test]
fn trap_43_progress_takes_fractions_nulls_and_states_outside_of_the_documentation() {
    let fraction: Progress = model("progress/fraction");
    assert!((fraction.completion.unwrap() - 33.33).abs() < 0.01);
    assert!(!fraction.is_final() && fraction.results.is_none());
    assert_eq!(fraction.category_id(), Some(CategoryId::new(20)));
    assert_eq!(fraction.course_id(), None);

    let never: Progress = model("progress/never_set");
    assert_eq!(never.completion, None);
    assert_eq!(
        never.workflow_state,
        Some(ProgressState::WaitingForExternalTool)
    );
    assert!(!never.is_final() && never.category_id().is_none());

    let tags: Progress = model("progress/import_tags");
    assert_eq!(tags.course_id(), Some(CourseId::new(20)));

    let done: Progress = model("progress/upload_completed");
    assert!(done.is_final() && done.is_completed());
    assert_eq!(done.file_id(), Some(FileId::new(10_000_000_000_065)));
    for (results, file) in [
        (
            json!({"id": "9007199254740993"}),
            Some(9_007_199_254_740_993),
        ),
        (json!({"id": null}), None),
        (json!({"id": "soon"}), None),
        (json!([{"id": 1}]), None),
        (json!(null), None),
    ] {
        let done: Progress = read(&json!({"id": 2, "results": results}));
        assert_eq!(done.file_id(), file.map(FileId::new));
    }

    let failed: Progress = model("progress/failed");
    assert!(failed.is_final() && !failed.is_completed());
    let odd: Progress = read(&json!({"id": 1, "workflow_state": "pondering"}));
    assert!(!odd.is_final());
}

#[test]
fn each_kind_of_stream_item_has_its_own_fields() {
    let items: Vec<StreamItem> = model("activity/stream");
    let types: Vec<_> = items
        .iter()
        .map(|item| item.item_type().to_string())
        .collect();
    assert_eq!(
        types,
        [
            "DiscussionTopic",
            "Announcement",
            "Conversation",
            "Message",
            "Message",
            "Submission",
            "WebConference",
            "Collaboration",
            "AssessmentRequest",
            "DiscussionEntry",
            "ContextMessage",
        ]
    );
    for (item, name) in items.iter().zip(&types) {
        let is_other = matches!(item.kind, StreamItemKind::Other(_));
        assert_eq!(is_other, name == "ContextMessage", "{name}");
    }

    let StreamItemKind::DiscussionTopic {
        discussion_topic_id,
        discussion,
        ..
    } = &items[0].kind
    else {
        panic!("{:?}", items[0]);
    };
    assert_eq!(discussion_topic_id.map(|id| id.get()), Some(34));
    assert_eq!(discussion.total_root_discussion_entries, Some(5));
    assert_eq!(items[0].group_id, Some(GroupId::new(17)));

    let StreamItemKind::Conversation {
        latest_messages: Some(messages),
        ..
    } = &items[2].kind
    else {
        panic!("{:?}", items[2]);
    };
    assert_eq!(
        messages[0].participating_user_ids,
        [UserId::new(3), UserId::new(5)]
    );
    assert_eq!((items[2].read_state, &items[2].context_type), (None, &None));

    let StreamItemKind::Submission {
        submission_id,
        score,
        submission,
        ..
    } = &items[5].kind
    else {
        panic!("{:?}", items[5]);
    };
    assert_eq!(
        (submission_id.map(|id| id.get()), *score),
        (Some(39), Some(9.5))
    );
    assert_eq!(submission["assignment"]["title"], "Essay");
    assert_eq!(items[5].id.get(), 6);
}

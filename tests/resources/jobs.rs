//! What jobs say: how far they are, and what became of an import.

use canvas_groups::{
    CategoryId, ErrorKind,
    csv::{GroupKey, GroupRow, ImportGroups, UserKey},
    progress::{ImportOutcome, Progress},
};
use serde_json::json;

use crate::{fixture, server};

fn with_message(message: &str) -> Progress {
    let job = json!({"id": 2, "workflow_state": "completed", "message": message});
    serde_json::from_value(job).unwrap()
}

#[test]
fn an_import_tells_how_many_it_took_and_so_how_many_it_did_not() {
    let job: Progress = serde_json::from_value(fixture("progress/import_completed")).unwrap();
    let outcome = job.import_outcome().unwrap();
    assert_eq!(outcome.import_type, "import_groups");
    assert_eq!((outcome.groups, outcome.users), (Some(2), Some(3)));
    assert_eq!(outcome.error, None);
    let row = |login: &str| GroupRow::new(UserKey::login(login), GroupKey::name("T"));
    let sent = |count: usize| {
        let rows = (0..count).map(|number| row(&format!("user {number}")));
        ImportGroups::new(CategoryId::new(20), rows).user_count()
    };
    assert_eq!(outcome.shortfall(sent(3)), Some(0));
    assert_eq!(outcome.shortfall(sent(5)), Some(2));
    assert_eq!(
        outcome.shortfall(sent(1)),
        Some(0),
        "it may tell two users apart"
    );
    let untold: ImportOutcome = with_message(r#"{"type":"import_groups","new":1}"#)
        .import_outcome()
        .unwrap();
    assert_eq!(untold.shortfall(5), None);
}

#[test]
fn what_is_no_outcome_of_an_import_is_none() {
    for message in [
        "",
        "Unexpected error, ID: 7",
        "{}",
        "null",
        "7",
        r#"["Group by section"]"#,
        r#"{"type":7}"#,
        r#"{"type":"import_groups","users":-1}"#,
        r#"{"type":"import_groups","users":1"#,
    ] {
        assert_eq!(with_message(message).import_outcome(), None, "{message}");
    }
    let silent: Progress = serde_json::from_value(fixture("progress/import_groups")).unwrap();
    assert_eq!(silent.import_outcome(), None);
}

#[tokio::test]
async fn a_failed_import_is_told_in_words() {
    let (_server, canvas) = server().await;
    let job: Progress = serde_json::from_value(fixture("progress/import_failed")).unwrap();
    let error = canvas.wait(job).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert_eq!(
        error.to_string(),
        "the job 4 (course_group_import) failed: Invalid UTF-8"
    );
    assert_eq!(error.details()[0].message.as_deref(), Some("Invalid UTF-8"));

    let mut job: Progress = serde_json::from_value(fixture("progress/import_failed")).unwrap();
    job.message = Some(r#"{"type":"import_groups","groups":0,"users":0,"error":null}"#.into());
    let error = canvas.wait(&job).await.unwrap_err().to_string();
    assert!(
        error.ends_with("failed: the server gives no reason"),
        "{error}"
    );
    for (message, said) in [
        ("Unexpected error, ID: 7", "failed: Unexpected error, ID: 7"),
        (
            r#"["Groups must be empty","x"]"#,
            "failed: Groups must be empty; x",
        ),
        ("[7]", "failed: [7]"),
    ] {
        job.message = Some(message.into());
        let error = canvas.wait(&job).await.unwrap_err().to_string();
        assert!(error.ends_with(said), "{error}");
    }
}

#[test]
fn a_percentage_is_read_to_the_last_digit() {
    for total in 1..=300_u32 {
        for done in 0..=total {
            let percent = 100.0 * f64::from(done) / f64::from(total);
            let json = format!(r#"{{"id":2,"completion":{percent}}}"#);
            let job: Progress = serde_json::from_str(&json).unwrap();
            let read = job.completion.unwrap();
            assert_eq!(
                read.to_bits(),
                percent.to_bits(),
                "{done} of {total}: {percent}"
            );
        }
    }
}

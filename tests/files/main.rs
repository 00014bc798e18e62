//! Uploads over the wire: the three steps, what each one sends, and what goes wrong.

mod addresses;
mod confirmations;
mod failures;
mod slow;
mod store;
mod support;
mod urls;

use canvas_groups::{
    GroupId, UserId,
    files::{File, OnDuplicate, Source, UploadFile, UploadStatus},
};
use serde_json::json;
use support::{Ending, Parts, School, TOKEN, school, school_that};

#[tokio::test]
async fn trap_40_a_redirect_of_the_store_is_followed_with_the_token_to_canvas() {
    let school = school_that(support::s3, Ending::Confirmed).await;

    let request = UploadFile::new(GroupId::new(17), "profile \"pic\" ü.jpg")
        .content_type("image/jpeg")
        .parent_folder_path("a/b")
        .on_duplicate(OnDuplicate::Rename)
        .success_include(["preview_url"]);
    let file = school.upload(request).await;
    assert_eq!(file.id.get(), 569);

    let step_1 = support::only(&school.server, "POST").await;
    assert_eq!(step_1.url.path(), "/api/v1/groups/17/files");
    assert_eq!(
        step_1.body_json::<serde_json::Value>().unwrap(),
        json!({
            "name": "profile \"pic\" ü.jpg", "size": 7, "content_type": "image/jpeg",
            "parent_folder_path": "a/b", "on_duplicate": "rename",
            "success_include": ["preview_url"],
        })
    );

    let step_2 = support::only(&school.store, "POST").await;
    assert!(!step_2.headers.contains_key("authorization"));
    assert!(
        step_2.headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("canvas-groups/")
    );
    assert_eq!(
        step_2.headers["content-length"],
        step_2.body.len().to_string().as_str()
    );
    let parts = Parts::of(&step_2).await;
    assert_eq!(
        parts.names(),
        [
            "key",
            "Filename",
            "acl",
            "Policy",
            "x-amz-signature",
            "number",
            "null",
            "file"
        ]
    );
    assert_eq!(parts.text("number"), "1.50");
    assert_eq!(parts.text("null"), "");
    assert_eq!(parts.text("file"), "content");
    assert_eq!(
        parts.head("file"),
        "Content-Disposition: form-data; name=\"file\"; filename=\"profile %22pic%22 ü.jpg\"\r\n\
         Content-Type: image/jpeg"
    );

    let step_3 = support::only(&school.server, "GET").await;
    assert_eq!(step_3.url.query(), Some("uuid=ABCDE"));
    assert_eq!(
        step_3.headers["authorization"],
        format!("Bearer {TOKEN}").as_str()
    );
}

#[tokio::test]
async fn trap_40_a_created_with_a_location_is_followed_too() {
    let school = school_that(support::file_service, Ending::Untouched).await;
    let location = format!(
        "{}/api/v1/files/569?include[]=enhanced_preview_url",
        school.server.uri()
    );
    support::store_answers(
        &school.store,
        201,
        Some(&location),
        "{\"id\": \"of the store\"}",
    )
    .await;
    support::confirm(&school.server, "/api/v1/files/569").await;

    let request = UploadFile::new(GroupId::new(17), "a.txt");
    let file = school.upload(request).await;
    assert_eq!(file.id.get(), 569);
    let step_2 = support::only(&school.store, "POST").await;
    assert_eq!(step_2.url.query(), Some("token=k3y-of-the-store"));
    assert!(!step_2.headers.contains_key("authorization"));
    assert_eq!(
        Parts::of(&step_2).await.names(),
        ["filename", "content_type", "file"]
    );
    let step_3 = support::only(&school.server, "GET").await;
    assert!(step_3.url.query().unwrap().contains("enhanced_preview_url"));
    assert!(step_3.headers.contains_key("authorization"));
}

#[tokio::test]
async fn trap_40_file_param_names_the_part_and_canvas_as_the_store_gets_no_token_either() {
    let School { canvas, server, .. } = school().await;
    let answer = json!({
        "upload_url": format!("{}/files_api", server.uri()),
        "upload_params": {"Filename": "a.txt", "Signature": "0123456789"},
        "file_param": "attachment[uploaded_data]",
    });
    support::announce(&server, answer.to_string()).await;
    support::store_redirects(&server, &server).await;
    support::confirm(&server, "/api/v1/files/569/create_success").await;

    let request = UploadFile::new(GroupId::new(17), "a.txt");
    canvas.upload(request, Source::bytes("")).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let step_2 = requests
        .iter()
        .find(|sent| sent.url.path() == "/files_api")
        .unwrap();
    assert!(!step_2.headers.contains_key("authorization"));
    let parts = Parts::of(step_2).await;
    assert_eq!(
        parts.names(),
        ["Filename", "Signature", "attachment[uploaded_data]"]
    );
    assert_eq!(parts.text("attachment[uploaded_data]"), "");
}

#[tokio::test]
async fn trap_40_the_body_of_a_created_may_be_the_file() {
    for location in [None, Some("https://elsewhere.example/files/569")] {
        let school = school_that(
            support::file_service,
            Ending::Answered(201, location, &support::FILE),
        )
        .await;
        let request = UploadFile::new(GroupId::new(17), "a.txt");
        let file = school.upload(request).await;
        assert_eq!(file.id.get(), 569);
        assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn trap_40_a_length_that_is_not_known_is_not_said() {
    let school = school_that(support::file_service, Ending::Confirmed).await;

    let content: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let reader = std::io::Cursor::new(content.clone());
    let request = UploadFile::new(GroupId::new(17), "a.bin");
    school
        .canvas
        .upload(request, Source::reader(reader))
        .await
        .unwrap();
    let step_1 = school.server.received_requests().await.unwrap().remove(0);
    assert_eq!(step_1.body, br#"{"name":"a.bin"}"#);
    let step_2 = support::only(&school.store, "POST").await;
    assert_eq!(step_2.headers["transfer-encoding"], "chunked");
    assert!(!step_2.headers.contains_key("content-length"));
    assert!(Parts::of(&step_2).await.bytes("file") == content);
}

#[tokio::test]
async fn a_file_on_disk_is_sent_with_its_length_and_progress_is_told() {
    let school = school_that(support::file_service, Ending::Confirmed).await;

    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("upload.bin");
    let content = vec![7_u8; 500_000];
    std::fs::write(&path, &content).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let request = UploadFile::new(GroupId::new(17), "a.bin").size(500_000);
    school
        .canvas
        .upload(request, path.as_path())
        .on_progress(move |progress| tell.send(progress).unwrap())
        .await
        .unwrap();
    let told: Vec<_> = told.try_iter().collect();
    assert!(told.len() > 3 && told.is_sorted_by_key(|progress| progress.sent));
    assert!(told.iter().all(|progress| progress.total == Some(500_000)));
    assert_eq!(told.last().unwrap().sent, 500_000);
    let step_2 = support::only(&school.store, "POST").await;
    assert!(Parts::of(&step_2).await.bytes("file") == content);
}

#[test]
fn a_file_is_read_whole() {
    let json = include_str!("../../fixtures/canvas/files/file.json");
    let file: File = serde_json::from_str(json).unwrap();
    assert_eq!(file.content_type.as_deref(), Some("text/plain"));
    assert_eq!(file.upload_status, Some(UploadStatus::Success));
    assert!(file.url.as_ref().unwrap().contains("verifier"));
    assert_eq!(file.user.as_ref().unwrap().id, Some(UserId::new(9)));
    let mut written = serde_json::to_value(&file).unwrap();
    let mut read: serde_json::Value = serde_json::from_str(json).unwrap();
    for value in [&mut written, &mut read] {
        without_nulls(value);
    }
    assert_eq!(written, read);
}

#[test]
fn an_empty_address_is_none() {
    let json = include_str!("../../fixtures/canvas/files/file_locked.json");
    let file: File = serde_json::from_str(json).unwrap();
    assert_eq!(file.id.get(), 10_000_000_000_000_569);
    assert_eq!((file.url, file.thumbnail_url), (None, None));
    assert_eq!(file.upload_status, Some("processing".into()));
    let least: File = serde_json::from_str(r#"{"id":1,"url":null}"#).unwrap();
    assert_eq!(least.url, None);
}

fn without_nulls(value: &mut serde_json::Value) {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(without_nulls);
    }
}

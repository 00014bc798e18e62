//! Files of groups: uploads in three steps, quota, downloads.

use std::time::Duration;

use canvas_groups::{
    Canvas, ErrorKind, GroupId, ProgressId,
    files::{File, OnDuplicate, Source, UploadFile, UploadFromUrl, UrlUpload},
    groups::UpdateGroup,
    http::StatusCode,
    progress::GetProgress,
};
use canvas_groups_fake::{FakeCanvas, School, SmallSchool, UploadEnding};
use serde_json::Value;

pub(crate) async fn started(ending: UploadEnding) -> (FakeCanvas, SmallSchool) {
    let (school, ids) = School::small();
    let builder = FakeCanvas::builder(school).upload_ending(ending);
    (builder.start().await.unwrap(), ids)
}

pub(crate) async fn upload(
    canvas: &Canvas,
    request: UploadFile,
    content: &'static str,
) -> canvas_groups::Result<File> {
    canvas.upload(request, content.as_bytes()).await
}

pub(crate) fn kind<T>(outcome: canvas_groups::Result<T>) -> ErrorKind {
    outcome.err().expect("an error").kind()
}

/// The routes of the requests so far, and the statuses of their answers.
pub(crate) fn steps(fake: &FakeCanvas) -> Vec<(&'static str, u16)> {
    let sent = fake.requests().into_iter();
    sent.map(|sent| (sent.route.unwrap(), sent.status.unwrap().as_u16()))
        .collect()
}

#[tokio::test]
async fn trap_40_an_upload_takes_its_three_steps_whatever_the_second_one_answers() {
    let first = ("groups/:group_id/files", 200);
    for (ending, expected) in [
        (
            UploadEnding::Created,
            [first, ("/files_api", 201), ("files/:id", 200)],
        ),
        (
            UploadEnding::Redirect,
            [
                first,
                ("/files_api", 303),
                ("files/:id/create_success", 200),
            ],
        ),
    ] {
        let (fake, ids) = started(ending).await;
        let member = fake.client_of(ids.students[0]).unwrap();
        let request = UploadFile::new(ids.groups[0], "Plan für uns.csv");
        let file = upload(&member, request, "a,b\n1,2\n").await.unwrap();
        assert_eq!(steps(&fake), expected);
        assert_eq!(file.display_name.as_deref(), Some("Plan für uns.csv"));
        assert_eq!(file.filename.as_deref(), Some("Plan+f%C3%BCr+uns.csv"));
        assert_eq!(
            (file.size, file.mime_class.as_deref()),
            (Some(8), Some("text"))
        );
        assert_eq!(file.content_type.as_deref(), Some("text/csv"));
        let kept = fake.school(|school| {
            assert_eq!(school.files_of(ids.groups[0]), [file.id]);
            school.file_content(file.id).unwrap()
        });
        assert_eq!(kept, "a,b\n1,2\n");

        let http = reqwest::Client::builder().user_agent("t").build().unwrap();
        let url = file.url.unwrap();
        let answer = http.get(&url).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/csv");
        assert_eq!(answer.text().await.unwrap(), "a,b\n1,2\n");
        let guessed = url.replace("verifier=", "verifier=x");
        assert_eq!(http.get(guessed).send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn a_file_is_streamed_without_its_length_known() {
    let (fake, ids) = started(UploadEnding::Redirect).await;
    let source = Source::reader(&[b'x'; 300_000][..]);
    let request = UploadFile::new(ids.groups[0], "big.bin").content_type("application/x-own");
    let file = fake.client().upload(request, source).await.unwrap();
    assert_eq!(file.size, Some(300_000));
    assert_eq!(file.content_type.as_deref(), Some("application/x-own"));
}

#[tokio::test]
async fn a_file_of_the_same_name_is_overwritten_renamed_or_in_the_way() {
    let (fake, ids) = started(UploadEnding::Redirect).await;
    let canvas = fake.client();
    let request =
        |on_duplicate| UploadFile::new(ids.groups[0], "notes.txt").on_duplicate(on_duplicate);
    let first = upload(&canvas, request(OnDuplicate::Error), "1")
        .await
        .unwrap();
    let second = upload(&canvas, request(OnDuplicate::Overwrite), "2")
        .await
        .unwrap();
    assert_ne!(first.id, second.id);
    let mut names = Vec::new();
    for content in ["3", "4"] {
        let file = upload(&canvas, request(OnDuplicate::Rename), content).await;
        names.push(file.unwrap().display_name.unwrap());
    }
    assert_eq!(names, ["notes-1.txt", "notes-2.txt"]);
    let error = upload(&canvas, request(OnDuplicate::Error), "5")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("use on_duplicate="), "{error}");
    let odd = upload(&canvas, request(OnDuplicate::from("merge")), "6").await;
    assert_eq!(kind(odd), ErrorKind::Invalid);
    let elsewhere = request(OnDuplicate::Error).parent_folder_path("2026/a");
    let elsewhere = upload(&canvas, elsewhere, "7").await.unwrap();
    assert_ne!(elsewhere.folder_id, second.folder_id);
    let contents = fake.school(|school| {
        let files = school.files_of(ids.groups[0]);
        let contents = files
            .into_iter()
            .map(|file| school.file_content(file).unwrap());
        contents.collect::<Vec<_>>()
    });
    assert_eq!(contents, ["2", "3", "4", "7"]);
}

#[tokio::test]
async fn folders_are_made_by_path_and_found_by_id() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let canvas = fake.client();
    let request = |group| UploadFile::new(group, "x.txt");
    let by_path = request(ids.groups[0]).parent_folder_path("reports//2026/");
    let folder = upload(&canvas, by_path, "1")
        .await
        .unwrap()
        .folder_id
        .unwrap();
    let again = request(ids.groups[0]).parent_folder_path("reports/2026");
    assert_eq!(
        upload(&canvas, again, "2").await.unwrap().folder_id,
        Some(folder)
    );
    let by_id = request(ids.groups[0]).parent_folder_id(folder);
    assert_eq!(
        upload(&canvas, by_id, "3").await.unwrap().folder_id,
        Some(folder)
    );
    let foreign = request(ids.groups[1]).parent_folder_id(folder);
    assert_eq!(
        kind(upload(&canvas, foreign, "4").await),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn the_quota_runs_out() {
    for ending in [UploadEnding::Created, UploadEnding::Redirect] {
        let (fake, ids) = started(ending).await;
        let group = ids.groups[0];
        fake.school(|school| school.set_storage_quota_mb(group, 1));
        let canvas = fake.client();
        let half = || vec![0; 600_000];
        let first = canvas.upload(UploadFile::new(group, "1.bin"), half()).await;
        first.unwrap();
        let error = canvas.upload(UploadFile::new(group, "2.bin"), half()).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let error = error.to_string();
        assert!(error.contains("file size exceeds quota"), "{error}");
        assert!(!error.contains("limits"), "{error}");
        // Its length unknown, the file is refused only when it is there.
        let source = Source::reader(std::io::Cursor::new(half()));
        let late = canvas.upload(UploadFile::new(group, "3.bin"), source).await;
        let late = late.unwrap_err().to_string();
        assert!(late.contains("file size exceeds quota limits"), "{late}");
        let last = ["step 2", "step 3"][usize::from(ending == UploadEnding::Redirect)];
        assert!(late.contains(last), "{late}");
        // What is handed in as a submission does not count.
        let submission = UploadFile::new(group, "4.bin").submit_assignment(true);
        canvas.upload(submission, half()).await.unwrap();
        assert_eq!(fake.school(|school| school.files_of(group).len()), 2);
    }
}

#[tokio::test]
async fn who_is_not_in_the_group_adds_no_file() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let request = |group: GroupId| UploadFile::new(group, "x.txt");
    let [member, other] = [0, 6].map(|at| fake.client_of(ids.students[at]).unwrap());
    let teacher = fake.client_of(ids.teacher).unwrap();
    assert_eq!(
        kind(upload(&other, request(ids.groups[0]), "x").await),
        ErrorKind::Forbidden
    );
    for canvas in [member, teacher] {
        upload(&canvas, request(ids.groups[0]), "x").await.unwrap();
    }
    let tag = upload(&fake.client(), request(ids.tags[0]), "x")
        .await
        .unwrap_err();
    assert_eq!(
        (tag.kind(), tag.status()),
        (ErrorKind::Forbidden, Some(StatusCode::UNAUTHORIZED))
    );
    let unknown = upload(&fake.client(), request(GroupId::new(999_999)), "x").await;
    let unknown = unknown.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(unknown.to_string().contains("Group not found"), "{unknown}");
}

#[tokio::test]
async fn a_file_is_fetched_from_an_address_in_the_background() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let url = "https://files.example/My%20plan.pdf";
    fake.school(|school| school.publish(url, "content"));
    let member = fake.client_of(ids.students[0]).unwrap();
    let fetch = async |name: &str, url: &str| {
        let request = UploadFromUrl::new(ids.groups[0], name, url);
        let UrlUpload::Progress(progress) = member.upload_from_url(request).await.unwrap() else {
            panic!("a job");
        };
        assert_eq!(progress.tag.as_deref(), Some("upload_via_url"));
        assert_eq!(
            fake.school(|school| school.files_of(ids.groups[0]).len()),
            0
        );
        member
            .wait(progress)
            .interval(Duration::from_millis(50))
            .await
    };
    let missing = fetch("x", "https://files.example/none").await.unwrap_err();
    assert!(missing.to_string().contains("got 404"), "{missing}");
    let done = fetch("plan.pdf", url).await.unwrap();
    let id = done.file_id().unwrap();
    let content = fake.school(|school| school.file_content(id).unwrap());
    assert_eq!(content, "content");

    // Without a name, which the SDK always sends, it is that of the address.
    let http = reqwest::Client::builder().user_agent("t").build().unwrap();
    let announce = format!("{}/api/v1/groups/{}/files", fake.url(), ids.groups[0]);
    let request = http.post(announce).bearer_auth(fake.token());
    let answer = request
        .json(&serde_json::json!({ "url": url }))
        .send()
        .await
        .unwrap();
    let job: Value = answer.json().await.unwrap();
    let job = ProgressId::new(job["progress"]["id"].as_u64().unwrap());
    let stranger = fake.client_of(ids.students[1]).unwrap();
    assert_eq!(
        kind(stranger.send(GetProgress::new(job)).await),
        ErrorKind::Forbidden
    );
    let done = fake
        .client()
        .wait(job)
        .interval(Duration::from_millis(50))
        .await
        .unwrap();
    let file = format!("{}/api/v1/files/{}", fake.url(), done.file_id().unwrap());
    let shown = http
        .get(file)
        .bearer_auth(fake.token())
        .send()
        .await
        .unwrap();
    assert_eq!(
        shown.json::<Value>().await.unwrap()["display_name"],
        "My plan.pdf"
    );
}

#[tokio::test]
async fn an_image_can_become_the_picture_of_its_group() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let canvas = fake.client();
    let avatar = async |file: File| {
        let update = UpdateGroup::new(ids.groups[0]).avatar_id(file.id);
        canvas.send(update).await.unwrap().avatar_url
    };
    let image = upload(&canvas, UploadFile::new(ids.groups[0], "us.png"), "x").await;
    assert!(avatar(image.unwrap()).await.is_some());
    let text = upload(&canvas, UploadFile::new(ids.groups[0], "us.txt"), "x").await;
    assert_eq!(avatar(text.unwrap()).await, None);
}

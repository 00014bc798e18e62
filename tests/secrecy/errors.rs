//! Secrets that come back by ways that lead past the answer to the call itself.

use canvas_groups::{
    ProgressId, UserId,
    files::{Source, UploadFile, UploadFromUrl},
    memberships::AddMembers,
    progress::GetProgress,
};
use flate2::{Compression, write::GzEncoder};

use super::*;

/// A token of letters that an address takes as they are.
const PLAIN: &str = "7~S3CRET-plain-token-08";
const POLICY: &str = "eyJleHBpcmF0aW9uIjoiUzNDUkVULXBvbGljeSJ9";
const SIGNATURE: &str = "S3CRET-signature-0123456789abcdef";

/// The ways to spell a secret that are common in addresses, JSON and pages.
const SPELLINGS: [fn(&str) -> String; 6] = [
    str::to_owned,
    |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    |text| text.replace('/', "\\/"),
    unicode,
    |text| text.bytes().map(|byte| format!("&#x{byte:x};")).collect(),
    |text| text.replace('~', "%7e").replace('/', "%2f").to_lowercase(),
];

fn canvas(url: &str, token: &str) -> Canvas {
    let client = Canvas::builder(url).token(token).retry(never());
    client.max_body(100_000).build().unwrap()
}

fn upload(canvas: &Canvas) -> canvas_groups::files::Upload {
    let request = UploadFile::new(GroupId::new(17), "a.txt");
    canvas.upload(request, Source::bytes("content"))
}

#[tokio::test]
async fn a_token_in_the_path_of_a_next_page_is_not_followed_nor_shown() {
    let mut shown = shown();
    for spelling in SPELLINGS {
        let in_path = spelling(PLAIN).replace(['\\', '#', '&', ';'], "");
        let server = MockServer::start().await;
        let list = Mock::given(path("/api/v1/users/self/groups"));
        let link = format!("<{}/api/v1/{in_path}>; rel=\"next\"", server.uri());
        let answer = ResponseTemplate::new(200).set_body_json(json!([{"id": 1}]));
        list.respond_with(answer.insert_header("link", link.as_str()))
            .mount(&server)
            .await;
        let canvas = canvas(&server.uri(), PLAIN);
        let mut list = canvas.stream(ListMyGroups::new());
        list.try_next().await.unwrap();
        let error = shown.failure("next", list.try_next().await);
        assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
        shown.failure("page", canvas.send(ListMyGroups::new()).await);
        let asked = server.received_requests().await.unwrap();
        assert!(asked.iter().all(|it| it.url.path().ends_with("/groups")));
    }
    // Where the path of the list itself has one, as an id may.
    let (server, echo) = echoing().await;
    for (_, way) in echo.ways() {
        let group = canvas_groups::GroupRef::sis(STATIC);
        let canvas = canvas(&server.uri(), STATIC);
        shown.failure(&way, canvas.send(DeleteGroup::new(group)).await);
    }
    shown.check();
}

/// Answers one request with these bytes, whatever it is, again and again.
fn raw(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut start = [0; 4096];
            std::io::Read::read(&mut stream, &mut start).ok();
            stream.write_all(&answer).ok();
        }
    });
    url
}

fn head(status: &str, more: &str, echo: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         x-request-context-id: id {echo}\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn a_request_id_with_a_token_in_it_is_cut_from_answers_that_cannot_be_read() {
    let mut shown = shown();
    for spelling in SPELLINGS {
        let echo = spelling(STATIC);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&vec![b'['; 200_000]).unwrap();
        let bomb = gzip.finish().unwrap();
        let gzipped = "content-encoding: gzip\r\n";
        let cut = head("200 OK", "content-length: 900\r\n", &echo) + "[{\"id\":";
        let damaged = head("200 OK", gzipped, &echo) + "no gzip at all";
        let unknown = head("200 OK", "content-encoding: br\r\n", &echo) + "[]";
        let large = head("200 OK", "", &echo) + &"[".repeat(200_000);
        let large_gzip = [head("200 OK", gzipped, &echo).into_bytes(), bomb].concat();
        let wrong = head("202 Accepted", "", &echo) + &format!("{{\"status\":\"{echo}\"}}");
        let told = head("200 OK", &format!("content-encoding: {STATIC}\r\n"), &echo) + "[]";
        for (place, answer) in [
            ("cut", cut.into_bytes()),
            ("damaged", damaged.into_bytes()),
            ("unknown", unknown.into_bytes()),
            ("large", large.into_bytes()),
            ("bomb", large_gzip),
            ("wrong status", wrong.into_bytes()),
            ("named coding", told.into_bytes()),
        ] {
            let canvas = canvas(&raw(answer), STATIC);
            let error = shown.failure(place, canvas.send(ListMyGroups::new()).await);
            let id = error.request_id().unwrap_or_default();
            assert!(id.starts_with("id [redacted]"), "{place}: {id}");
            shown.failure(place, canvas.stream(ListMyGroups::new()).try_next().await);
            shown.failure(place, canvas.send(CreateGroup::new()).await);
        }
    }
    shown.check();
}

#[tokio::test]
async fn the_message_of_a_failed_job_is_shown_without_the_token() {
    let mut shown = shown();
    for spelling in SPELLINGS {
        let server = MockServer::start().await;
        let words = format!("no rights for {}", spelling(STATIC));
        let job = json!({
            "id": 5, "workflow_state": "failed", "message": words, "tag": words,
            "results": {"message": words}, "completion": 3,
        });
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(&job))
            .mount(&server)
            .await;
        let canvas = canvas(&server.uri(), STATIC);
        let error = shown.failure("job", canvas.wait(ProgressId::new(5)).await);
        assert_eq!(error.kind(), ErrorKind::JobFailed);
        assert!(
            error.to_string().contains("no rights for [redacted]"),
            "{error}"
        );
        // One that had failed when it was first seen, and one that is watched.
        let seen = canvas
            .send(GetProgress::new(ProgressId::new(5)))
            .await
            .unwrap();
        shown.failure("seen", canvas.wait(&seen).await);
        let mut wait = canvas.wait(ProgressId::new(5));
        let outcome = loop {
            match wait.try_next().await {
                Ok(Some(_)) => {}
                outcome => break outcome,
            }
        };
        shown.failure("watched", outcome);
        shown.failure("again", wait.await);
        // One that does not end in time, and whose name has the token.
        let running = json!({"id": 5, "workflow_state": "running", "tag": words});
        server.reset().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(running))
            .mount(&server)
            .await;
        let wait = canvas.wait(ProgressId::new(5));
        let wait = wait.deadline(Duration::from_millis(30));
        let error = shown.failure("late", wait.await);
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
    shown.check();
}

#[tokio::test]
async fn megabytes_that_a_failed_job_says_leave_two_kilobytes() {
    let mut shown = shown();
    let pieces = [
        format!("{}{}", "x".repeat(2040), STATIC.repeat(50_000)),
        format!("{STATIC}{}{STATIC}", "é ".repeat(1 << 18)),
        format!("{STATIC} {}", "\\u0026".repeat(1 << 18)),
    ];
    for said in pieces {
        for (message, tag) in [
            (said.clone(), "group_import".to_owned()),
            (
                json!({"type": "import_groups", "error": said}).to_string(),
                said.clone(),
            ),
            (json!(["short", said]).to_string(), said.clone()),
        ] {
            let server = MockServer::start().await;
            let job = json!({"id": 5, "workflow_state": "failed", "message": message, "tag": tag});
            Mock::given(any())
                .respond_with(ResponseTemplate::new(200).set_body_json(&job))
                .mount(&server)
                .await;
            let canvas = Canvas::builder(server.uri()).token(STATIC).build().unwrap();
            let error = shown.failure("job", canvas.wait(ProgressId::new(5)).await);
            assert_eq!(error.kind(), ErrorKind::JobFailed);
            let message = error.details()[0].message.as_deref().unwrap();
            assert!(
                message.ends_with('…') && message.len() < 2048 + 100,
                "{}",
                message.len()
            );
            assert!(format!("{error}{error:?}").len() < 10_000);
        }
    }
    shown.check();
}

#[tokio::test]
async fn what_a_server_says_of_failed_memberships_is_told_without_the_token() {
    let mut shown = shown();
    for spelling in SPELLINGS {
        let words = format!("no {}", spelling(STATIC));
        let errors =
            json!([{"message": words, "attribute": words, "type": words}, {"user": [words]}]);
        let body = json!({"invalid_user_ids": [7], "membership_errors": errors, "message": words});
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        let canvas = canvas(&server.uri(), STATIC);
        let added = canvas
            .send(AddMembers::new(GroupId::new(1), [UserId::new(7)]))
            .await;
        let added = added.unwrap();
        shown.debug("partly", &added);
        let json = serde_json::to_value(&added).unwrap();
        assert_eq!(json["partial"]["message"], "no [redacted]");
    }
    shown.check();
}

/// What the first step of an upload answers.
fn instructions(store: &str) -> Value {
    json!({
        "upload_url": format!("{store}/files_api?token={SIGNATURE}"),
        "upload_params": {"key": "k", "Policy": POLICY, "x-amz-signature": SIGNATURE},
        "file_param": "file",
    })
}

async fn announced(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(path("/api/v1/groups/17/files"))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn hide_keys(shown: &mut Shown) {
    shown.hide(POLICY);
    shown.hide(SIGNATURE);
}

#[tokio::test]
async fn the_words_of_a_store_are_shown_without_the_token_and_its_keys() {
    let mut shown = shown();
    hide_keys(&mut shown);
    for spelling in SPELLINGS {
        for status in [400, 403, 500, 302, 307] {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(200).set_body_json(instructions(&server.uri()));
            announced(&server, answer).await;
            let words = [STATIC, POLICY, SIGNATURE].map(spelling).join(" ");
            // The school's own Canvas is its store, and knows the token.
            for body in [
                format!("<Error><Code>{words}</Code><Message>{words}</Message></Error>"),
                format!("{{\"message\":\"{}\"}}", words.replace('"', "\\\"")),
                format!("{}{words}", "x".repeat(2_040)),
            ] {
                let store = Mock::given(path("/files_api"))
                    .respond_with(ResponseTemplate::new(status).set_body_string(body));
                let _store = store.mount_as_scoped(&server).await;
                let canvas = canvas(&server.uri(), STATIC);
                let error = shown.failure("store", upload(&canvas).await);
                assert!(error.to_string().starts_with("step 2"), "{error}");
                let request = UploadFromUrl::new(GroupId::new(17), "a", "https://a.example/a");
                if status != 302 {
                    shown.failure("url", canvas.upload_from_url(request).await);
                }
            }
        }
    }
    shown.check();
}

#[tokio::test]
async fn the_keys_of_a_store_are_in_no_error_of_the_first_and_the_third_step() {
    let mut shown = shown();
    hide_keys(&mut shown);
    let server = MockServer::start().await;
    let url = server.uri();
    let mut odd = instructions(&url);
    odd["file_param"] = json!({"Policy": POLICY, "signature": [SIGNATURE]});
    let mut text = instructions(&url);
    text["upload_params"] = json!(format!("Policy={POLICY} signature={SIGNATURE}"));
    let mut no_address = instructions(&url);
    no_address["upload_url"] = json!(format!("http://[{SIGNATURE}/?token={POLICY}"));
    let mut no_url = instructions(&url);
    no_url["upload_url"] = json!("");
    for (status, body) in [
        (200, odd.to_string()),
        (200, text.to_string()),
        (200, no_address.to_string()),
        (200, no_url.to_string()),
        (202, instructions(&url).to_string()),
        (200, format!("{} and more", instructions(&url))),
        (200, instructions(&url).to_string().replace("}}", "}")),
        (400, instructions(&url).to_string()),
        (500, instructions(&url).to_string()),
    ] {
        let step = Mock::given(path("/api/v1/groups/17/files"))
            .respond_with(ResponseTemplate::new(status).set_body_string(body));
        let _step = step.mount_as_scoped(&server).await;
        let canvas = canvas(&url, STATIC);
        shown.failure("step 1", upload(&canvas).await);
        let request = UploadFromUrl::new(GroupId::new(17), "a", "https://a.example/a");
        shown.failure("step 1", canvas.upload_from_url(request).await);
    }
    let answer = ResponseTemplate::new(200).set_body_json(instructions(&url));
    announced(&server, answer).await;
    for (spelling, token) in SPELLINGS.iter().zip([STATIC; 6]) {
        let words = [token, POLICY, SIGNATURE].map(spelling).join(" ");
        for status in [200, 400, 401, 403, 404, 500] {
            let at = format!("{url}/api/v1/files/569/create_success?uuid={SIGNATURE}");
            let store = Mock::given(path("/files_api"))
                .respond_with(ResponseTemplate::new(303).insert_header("location", at.as_str()));
            let _store = store.mount_as_scoped(&server).await;
            let printable: String = words.chars().filter(char::is_ascii_graphic).collect();
            let body = json!({"errors": [{"message": words}], "id": words, "filename": 5});
            let step = Mock::given(path("/api/v1/files/569/create_success")).respond_with(
                ResponseTemplate::new(status)
                    .set_body_json(body)
                    .insert_header("x-request-context-id", printable.as_str()),
            );
            let _step = step.mount_as_scoped(&server).await;
            let error = shown.failure("step 3", upload(&canvas(&url, STATIC)).await);
            assert!(error.to_string().starts_with("step 3"), "{error}");
        }
    }
    shown.check();
}

#[tokio::test]
async fn a_location_with_the_token_or_a_key_in_its_path_is_not_asked_for() {
    let mut shown = shown();
    hide_keys(&mut shown);
    shown.hide(PLAIN);
    for secret in [PLAIN, SIGNATURE] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(instructions(&server.uri()));
        announced(&server, answer).await;
        let at = format!("{}/api/v1/files/{secret}/create_success", server.uri());
        Mock::given(path("/files_api"))
            .respond_with(ResponseTemplate::new(303).insert_header("location", at.as_str()))
            .mount(&server)
            .await;
        let error = shown.failure("location", upload(&canvas(&server.uri(), PLAIN)).await);
        assert_eq!(error.kind(), ErrorKind::UploadStore, "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), 2);
    }
    shown.check();
}

#[tokio::test]
async fn sixty_megabytes_that_cannot_be_read_leave_two_kilobytes() {
    let mut shown = shown();
    let body = format!("{{\"id\":\"{STATIC}{}", "x".repeat(60 << 20)) + STATIC + "\"}";
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .mount(&server)
        .await;
    let client = Canvas::builder(server.uri()).token(STATIC).retry(never());
    let canvas = client.build().unwrap();
    let error = shown.failure("large", canvas.send(GetGroup::new(GroupId::new(1))).await);
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.body().unwrap().len() <= 2048 + 100);
    // The decoder quotes the whole text; what is kept of it is bounded too.
    assert!(format!("{error:?}").len() < 10_000);
    let mut source = StdError::source(&error);
    while let Some(cause) = source {
        assert!(cause.to_string().len() < 5_000);
        source = cause.source();
    }
    shown.check();
}

//! What Canvas fixes about files, and HTML that names them.

use canvas_groups_fake::UploadEnding;
use serde_json::{Value, json};

use crate::common::{TestSchool, pass};

impl TestSchool {
    /// Announces a file of a group as its teacher.
    async fn announce(&self, params: Value) -> (u16, Value) {
        let path = format!("groups/{}/files", self.ids.groups[0]);
        self.ask(self.ids.teacher, "POST", &path, params).await
    }

    /// Sends a file where it was told to, and gives the answer.
    async fn store(&self, told: &Value, content: &str) -> reqwest::Response {
        let mut body = String::new();
        let fields = told["upload_params"].as_object().unwrap();
        for (name, value) in fields {
            let value = value.as_str().unwrap();
            body += &format!(
                "--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += &format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n\
             {content}\r\n--x--\r\n"
        );
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let post = http
            .build()
            .unwrap()
            .post(told["upload_url"].as_str().unwrap());
        let post = post.header("content-type", "multipart/form-data; boundary=x");
        post.header("user-agent", "tests")
            .body(body)
            .send()
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_quota_is_told_in_the_words_of_its_step() {
    for old in [false, true] {
        let seed = |school: &mut canvas_groups_fake::School,
                    ids: &canvas_groups_fake::SmallSchool| {
            school.set_storage_quota_mb(ids.groups[0], 1);
        };
        let place = TestSchool::of(old, seed).await;
        let refused = |message: &str| (400, json!({ "message": message }));
        // A megabyte of the quota has a million bytes.
        for (size, fits) in [(1_000_000, true), (1_000_001, false)] {
            for url in [None, Some("http://web.example/a.txt")] {
                let mut body = json!({ "name": "a.txt", "size": size });
                if let Some(url) = url {
                    body["url"] = url.into();
                }
                let answer = place.announce(body).await;
                match fits {
                    true => assert_eq!(answer.0, 200),
                    false => assert_eq!(answer, refused("file size exceeds quota")),
                }
            }
        }
        let (_, told) = place.announce(json!({ "name": "late.txt" })).await;
        let late = place.store(&told, &"x".repeat(1_000_001)).await;
        assert_eq!(late.status(), 400);
        let late: Value = late.json().await.unwrap();
        assert_eq!(late["message"], "file size exceeds quota limits");
    }
}

#[tokio::test]
async fn what_an_address_fails_by_is_told() {
    let place = TestSchool::with(|school, _| {
        school.publish("http://web.example/a.txt", "content");
    })
    .await;
    let cases = [
        ("http://web.example/a.txt", None),
        (
            "http://web.example/b.txt",
            Some("Invalid response code, expected 200 got 404"),
        ),
        (
            "/images/a.txt",
            Some("No host provided for the URL: /images/a.txt"),
        ),
        ("a.txt", Some("No host provided for the URL: a.txt")),
        ("#@$YA#Y#", Some("Could not parse the URL: #@$YA#Y#")),
        (
            "http://[bad/a.txt",
            Some("Could not parse the URL: http://[bad/a.txt"),
        ),
    ];
    for (url, error) in cases {
        let (_, told) = place.announce(json!({ "name": "a.txt", "url": url })).await;
        let job = &told["progress"];
        assert_eq!(job["workflow_state"], "queued", "{told}");
        pass(4.0).await;
        let job = place
            .get(place.ids.teacher, &format!("progress/{}", job["id"]))
            .await;
        let state = if error.is_some() {
            "failed"
        } else {
            "completed"
        };
        assert_eq!(
            (&job["workflow_state"], job["message"].as_str()),
            (&json!(state), error)
        );
    }
}

#[tokio::test]
async fn a_file_of_the_same_name_may_be_an_error_on_servers_of_today() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let (_, told) = place.announce(json!({ "name": "a.txt" })).await;
        assert_eq!(place.store(&told, "one").await.status(), 201);
        for (option, status) in [
            ("overwrite", 200),
            ("rename", 200),
            ("error", if old { 400 } else { 409 }),
            ("odd", 400),
        ] {
            let body = json!({ "name": "a.txt", "on_duplicate": option });
            let answer = place.announce(body).await;
            assert_eq!(answer.0, status, "{option}");
            if status == 400 {
                assert_eq!(answer.1["message"], "invalid on_duplicate option");
            }
        }
    }
}

#[tokio::test]
async fn files_go_to_groups_by_number_and_formerly_by_sis_id() {
    for old in [false, true] {
        let seed = |school: &mut canvas_groups_fake::School,
                    ids: &canvas_groups_fake::SmallSchool| {
            school.set_sis_group_id(ids.groups[0], "g1");
        };
        let place = TestSchool::of(old, seed).await;
        let body = json!({ "name": "a.txt" });
        let path = "groups/sis_group_id:g1/files";
        let answer = place
            .ask(place.ids.teacher, "POST", path, body.clone())
            .await;
        match old {
            true => assert_eq!(answer.0, 200),
            false => assert_eq!(answer, (404, json!({ "message": "Group not found" }))),
        }
        let path = format!("groups/{}/files", place.ids.tags[0]);
        let (status, _) = place.ask(place.ids.teacher, "POST", &path, body).await;
        assert_eq!(status, if old { 200 } else { 401 });
    }
}

#[tokio::test]
async fn the_third_step_is_let_in_by_the_uuid_and_works_once() {
    let ending = |builder: canvas_groups_fake::FakeCanvasBuilder| {
        builder.upload_ending(UploadEnding::Redirect)
    };
    let place = TestSchool::built(|_, _| (), ending).await;
    let (_, told) = place.announce(json!({ "name": "a.txt" })).await;
    let stored = place.store(&told, "one").await;
    let next = stored.headers()["location"].to_str().unwrap().to_owned();
    let get = async |url: &str| {
        let get = reqwest::Client::new()
            .get(url)
            .header("user-agent", "tests");
        get.send().await.unwrap().status().as_u16()
    };
    let wrong = next.split_once("uuid=").unwrap().0.to_owned() + "uuid=wrong";
    assert_eq!(get(&wrong).await, 400);
    assert_eq!(get(&next).await, 200);
    assert_eq!(get(&next).await, 400);
    // A token that is there has to be good, and to have the scope.
    let scope = ["url:GET|/api/v1/files/:id"];
    let scoped = place.fake.scoped_token_of(place.ids.teacher, scope);
    let path = next.split_once("/api/v1/").unwrap().1;
    let (status, body) = TestSchool::answer(place.raw_with(&scoped, "GET", path)).await;
    assert_eq!(status, 401);
    assert_eq!(
        body["errors"][0]["message"],
        "Insufficient scopes on access token."
    );
    assert!(body["error_report_id"].is_u64());
}

#[tokio::test]
async fn links_to_files_of_the_group_lead_into_the_group() {
    let place = TestSchool::new().await;
    let (_, told) = place.announce(json!({ "name": "a.txt" })).await;
    let file: Value = place.store(&told, "one").await.json().await.unwrap();
    let (id, group) = (&file["id"], place.ids.groups[0]);
    let preview = async |group, html: String| {
        let path = format!("groups/{group}/preview_html");
        let (_, body) = place
            .ask(place.ids.teacher, "POST", &path, json!({ "html": html }))
            .await;
        body["html"].as_str().unwrap().to_owned()
    };
    let html = format!("<a href=\"/files/{id}/download?verifier=nonsense\">it</a>");
    let shown = preview(group, html.clone()).await;
    assert!(
        shown.contains(&format!("/groups/{group}/files/{id}/download")),
        "{shown}"
    );
    assert!(!shown.contains("nonsense"), "{shown}");
    let link = shown.split('"').nth(1).unwrap();
    let answer = reqwest::Client::new()
        .get(link)
        .header("user-agent", "tests");
    assert_eq!(answer.send().await.unwrap().text().await.unwrap(), "one");
    // It is no file of that one.
    let other = preview(place.ids.groups[1], html).await;
    assert!(
        other.contains(&format!("/files/{id}/download?verifier=nonsense")),
        "{other}"
    );
    assert!(!other.contains("/groups/"), "{other}");
}

#[tokio::test]
async fn the_picture_of_a_group_has_an_address_that_nobody_guesses() {
    let place = TestSchool::new().await;
    let (_, told) = place.announce(json!({ "name": "a.png" })).await;
    let file: Value = place.store(&told, "one").await.json().await.unwrap();
    let path = format!("groups/{}", place.ids.groups[0]);
    let change = json!({ "avatar_id": file["id"] });
    let (_, shown) = place.ask(place.ids.teacher, "PUT", &path, change).await;
    let url = shown["avatar_url"].as_str().unwrap();
    let start = format!("{}/images/thumbnails/{}/", place.fake.url(), file["id"]);
    let secret = url.strip_prefix(&start).unwrap();
    assert!(secret.len() > 20 && !secret.contains('/'), "{url}");
    // None at all keeps it.
    let change = json!({ "avatar_id": null });
    let (_, shown) = place.ask(place.ids.teacher, "PUT", &path, change).await;
    assert_eq!(shown["avatar_url"], url);
    // Another id, and an empty one, clear it.
    for other in [json!(1), json!("")] {
        place
            .ask(
                place.ids.teacher,
                "PUT",
                &path,
                json!({ "avatar_id": file["id"] }),
            )
            .await;
        let change = json!({ "avatar_id": other });
        let (_, shown) = place.ask(place.ids.teacher, "PUT", &path, change).await;
        assert_eq!(shown["avatar_url"], Value::Null, "{other}");
    }
}

#[tokio::test]
async fn a_file_that_is_submitted_is_in_a_folder_of_its_own() {
    let place = TestSchool::new().await;
    let send = async |params: Value| {
        let (_, told) = place.announce(params).await;
        place
            .store(&told, "one")
            .await
            .json::<Value>()
            .await
            .unwrap()
    };
    let plain = send(json!({ "name": "a.txt" })).await;
    let submitted = send(json!({ "name": "a.txt", "submit_assignment": true })).await;
    let again = send(json!({ "name": "b.txt", "submit_assignment": 1 })).await;
    assert_ne!(plain["folder_id"], submitted["folder_id"]);
    assert_eq!(submitted["folder_id"], again["folder_id"]);
    // So it takes no other's place.
    let path = format!("groups/{}/files?per_page=100", place.ids.groups[0]);
    let files = place.get(place.ids.teacher, &path).await;
    let files: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["id"])
        .collect();
    assert!(
        files.contains(&&plain["id"]) && files.contains(&&submitted["id"]),
        "{files:?}"
    );
}

#[tokio::test]
async fn a_file_from_an_address_takes_the_place_of_one_of_its_name() {
    let place = TestSchool::with(|school, _| {
        school.publish("http://web.example/a.txt", "from afar");
    })
    .await;
    let teacher = place.ids.teacher;
    let (_, told) = place.announce(json!({ "name": "a.txt" })).await;
    let first: Value = place.store(&told, "one").await.json().await.unwrap();
    let fetch = async |params: Value| {
        let (_, told) = place.announce(params).await;
        pass(4.0).await;
        let job = format!("progress/{}", told["progress"]["id"]);
        let job = place.get(teacher, &job).await;
        assert_eq!(job["workflow_state"], "completed", "{job}");
        job["results"]["id"].clone()
    };
    let url = "http://web.example/a.txt";
    let second = fetch(json!({ "name": "a.txt", "url": url })).await;
    let files = async || {
        let path = format!("groups/{}/files?per_page=100", place.ids.groups[0]);
        let files = place.get(teacher, &path).await;
        let files = files.as_array().unwrap().iter();
        let mut files: Vec<_> = files
            .map(|file| {
                (
                    file["id"].clone(),
                    file["display_name"].clone(),
                    file["size"].clone(),
                )
            })
            .collect();
        files.sort_by_key(|(id, ..)| id.as_u64());
        files
    };
    assert_ne!(second, first["id"]);
    let of = |id: &Value, name: &str| (id.clone(), json!(name), json!(9));
    assert_eq!(files().await, [of(&second, "a.txt")]);
    // Unless it is to have another name.
    let third = fetch(json!({ "name": "a.txt", "url": url, "on_duplicate": "rename" })).await;
    assert_eq!(files().await, [of(&second, "a.txt"), of(&third, "a-1.txt")]);
}

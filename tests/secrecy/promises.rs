//! Promises of SECURITY.md, by their own words.

use canvas_groups::files::{Source, UploadFile};

use super::{oauth::app_builder, *};

#[tokio::test]
async fn a_next_page_whose_path_would_leave_the_api_once_it_is_unescaped_is_an_error() {
    for rest in [
        "groups%2f..%2f..%2f..%2flogin",
        "users%2Fself%2Fgroups%2F..%2F..%2F..%2Flogout",
        "users/self/groups%5c..%5c..%5c..%5clogin",
        "users/self/groups/%252e%252e/x",
        "users/self/..;/groups",
    ] {
        let server = MockServer::start().await;
        let next = format!("<{}/api/v1/{rest}>; rel=\"next\"", server.uri());
        let answer = ResponseTemplate::new(200).set_body_json(json!([{"id": 1}]));
        Mock::given(any())
            .respond_with(answer.insert_header("link", next.as_str()))
            .mount(&server)
            .await;
        let canvas = Canvas::builder(server.uri()).token(STATIC).build().unwrap();
        let mut list = canvas.stream(ListMyGroups::new());
        list.try_next().await.unwrap();
        let error = list.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pagination, "{rest}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "{rest}");
    }
}

#[tokio::test]
async fn the_file_of_an_upload_goes_to_its_store_without_them() {
    let (server, store) = (MockServer::start().await, MockServer::start().await);
    let body = json!({"upload_url": format!("{}/s", store.uri()), "upload_params": {"key": "k"}});
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(400))
        .mount(&store)
        .await;
    for secret in [
        Authorization::bearer(STATIC),
        Authorization::query("access_token", STATIC),
        Authorization::cookie("token", STATIC),
        Authorization::body_member("access_token", STATIC),
    ] {
        let client = Canvas::builder(server.uri()).credentials(Own(secret.unwrap()));
        let canvas = client.retry(never()).build().unwrap();
        let request = UploadFile::new(GroupId::new(1), "a");
        canvas
            .upload(request, Source::bytes("x"))
            .await
            .unwrap_err();
    }
    let sent = store.received_requests().await.unwrap();
    assert_eq!(sent.len(), 4);
    for request in sent {
        let all = words(&request).join(" ");
        assert!(
            !all.contains(MARK) && all.contains("name=\"file\""),
            "{all}"
        );
    }
}

#[tokio::test]
async fn what_a_server_echoes_is_cut_out_of_its_answer_before_an_error_quotes_it() {
    let mut shown = shown();
    for spelling in 0..spellings(STATIC).len() {
        let server = MockServer::start().await;
        for status in [200, 400, 401, 403, 500] {
            let echo = spellings(STATIC)[spelling].clone();
            let json = json!({"message": echo, "id": [echo], "errors": [{"field": echo}]});
            let page = format!("<html><title>{echo}</title>{echo}");
            let cut = format!("{}{echo}", "x".repeat(2_048 - echo.len() / 2));
            for body in [json.to_string(), page, cut, echo] {
                let answer = ResponseTemplate::new(status).set_body_string(body);
                let mock = Mock::given(any()).respond_with(answer);
                let _mock = mock.mount_as_scoped(&server).await;
                let client = Canvas::builder(server.uri()).token(STATIC).retry(never());
                let canvas = client.build().unwrap();
                let get = canvas.send(GetGroup::new(GroupId::new(1))).await;
                shown.failure(&format!("{status} {spelling}"), get);
                let create = canvas.send(CreateGroup::new().name("x")).await;
                shown.failure(&format!("{status} {spelling}"), create);
            }
        }
    }
    shown.check();
}

#[tokio::test]
async fn the_circumstances_of_an_answer_have_no_secret_in_them() {
    let mut shown = shown();
    for spelling in spellings(STATIC) {
        let server = MockServer::start().await;
        let id = format!("id {spelling}");
        let answer = ResponseTemplate::new(200).set_body_json(json!({"id": 1}));
        Mock::given(any())
            .respond_with(answer.insert_header("x-request-context-id", id.as_str()))
            .mount(&server)
            .await;
        let canvas = Canvas::builder(server.uri()).token(STATIC).build().unwrap();
        let get = canvas.send_with_info(GetGroup::new(GroupId::new(1)));
        let (_, info) = get.await.unwrap();
        assert_eq!(info.request_id.as_deref(), Some("id [redacted]"));
        shown.debug("info", &(&info, serde_json::to_string(&info).unwrap()));
    }
    shown.check();
}

#[tokio::test]
async fn what_a_network_adds_to_calls_goes_to_no_store_and_into_no_error() {
    const KEY: &str = "S3CRET-key-of-a-gateway";
    let mut shown = shown();
    let (server, store) = (MockServer::start().await, MockServer::start().await);
    let body = json!({"upload_url": format!("{}/s", store.uri()), "upload_params": {"key": "k"}});
    Mock::given(path("/api/v1/groups/1/files"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let echo = Echo::new();
    for server in [&server, &store] {
        let mock = Mock::given(any()).respond_with(echo.clone());
        mock.mount(server).await;
    }
    let network = Network::new().header("x-gateway-key", KEY);
    let client = Canvas::builder(server.uri()).token(STATIC).retry(never());
    let canvas = client.network(network.clone()).build().unwrap();
    let app = app_builder(&server.uri()).network(network).build().unwrap();
    for (status, way) in echo.ways() {
        if let Err(error) = canvas.send(GetGroup::new(GroupId::new(1))).await {
            shown.error(&way, &error);
        }
        let upload = canvas.upload(UploadFile::new(GroupId::new(1), "a"), Source::bytes("x"));
        if let Err(error) = upload.await {
            shown.error(&way, &error);
        }
        let (_, pending) = app.login().start().unwrap();
        shown.failure(&way, app.exchange(pending.code_by_hand(CODE)).await);
        assert!(status >= 200);
    }
    let calls = server.received_requests().await.unwrap();
    assert!(calls.iter().all(|it| it.headers["x-gateway-key"] == KEY));
    let sent = store.received_requests().await.unwrap();
    assert!(!sent.is_empty());
    assert!(sent.iter().all(|it| !words(it).join(" ").contains(MARK)));
    shown.check();
}

/// The libraries below log by `log`, some of them only that way.
#[tokio::test]
async fn a_logger_of_all_levels_is_told_no_secret() {
    let mut shown = shown();
    let (server, _) = echoing().await;
    for secret in [
        Authorization::bearer(STATIC),
        Authorization::header("x-session-id".parse().unwrap(), STATIC),
        Authorization::query("access_token", STATIC),
        Authorization::cookie("token", "7~S3CRET-in-a-cookie"),
    ] {
        let client = Canvas::builder(server.uri()).credentials(Own(secret.unwrap()));
        let canvas = client.retry(never()).build().unwrap();
        let _ = canvas.send(GetGroup::new(GroupId::new(1))).await;
        let _ = canvas.send(DeleteGroup::new(GroupId::new(1))).await;
    }
    let elsewhere = Canvas::builder("http://127.0.0.1:9")
        .token(STATIC)
        .retry(never());
    shown.failure(
        "refused",
        elsewhere.build().unwrap().send(ListMyGroups::new()).await,
    );
    let logged = traces()
        .text()
        .lines()
        .filter(|line| line.starts_with(LOGGED))
        .count();
    assert!(logged > 0, "nothing was logged at all");
    println!("{logged} lines were logged");
    shown.check();
}

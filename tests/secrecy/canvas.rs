//! Canvas with a token that stays.

use super::*;

#[tokio::test]
async fn trap_18_canvas_with_a_static_token() {
    let mut shown = shown();
    for token in [format!("{STATIC}\n"), format!("{STATIC} {STATIC}")] {
        let builder = Canvas::builder("https://school.example").token(token.clone());
        shown.debug("builder with a bad token", &builder);
        shown.failure("bad token", builder.build());
        shown.failure("bad bearer", Authorization::bearer(token.clone()));
        shown.failure("bad static token", StaticToken::new(token.clone()));
        shown.failure(
            "bad cookie",
            Authorization::cookie("a", format!("{STATIC};")),
        );
    }
    for url in [
        format!("https://user:{MARK}-password@school.example"),
        format!("https://school.example/?access_token={STATIC}"),
        format!("https://school.example/#{STATIC}"),
    ] {
        let builder = Canvas::builder(&url).token(STATIC);
        shown.debug("builder with a secret in its URL", &builder);
        shown.failure("secret in the URL", builder.build());
    }

    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path_regex("/groups$"))
        .respond_with(|request: &Request| {
            let answer = ResponseTemplate::new(200).set_body_json(json!([{"id": 1}]));
            with_headers(answer, &words(request))
        })
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(|request: &Request| {
            assert_eq!(bearer_of(request), Some(STATIC));
            let answer = ResponseTemplate::new(200).set_body_json(json!({"id": 1}));
            with_headers(answer, &words(request))
        })
        .mount(&server)
        .await;
    let builder = Canvas::builder(server.uri()).token(STATIC).retry(never());
    shown.debug("builder", &builder);
    let canvas = builder.build().unwrap();
    let group = canvas.send(GetGroup::new(GroupId::new(1))).await.unwrap();
    shown.debug("group", &group);
    shown.debug("page", &canvas.send(ListMyGroups::new()).await.unwrap());
    let list = canvas.stream(ListMyGroups::new());
    shown.debug("list", &list);
    let masked = canvas.as_user(canvas_groups::UserId::new(3)).unwrap();
    shown.debug("clients", &(&canvas, masked));
    shown.debug("pages", &list.pages());
    let create = CreateGroup::new().name("x");
    shown.debug("request", &(&create, Outgoing::of(&create).unwrap()));
    let bearer = Authorization::bearer(STATIC).unwrap();
    shown.debug("credentials", &(StaticToken::new(STATIC).unwrap(), bearer));

    let (server, echo) = echoing().await;
    for (carrier, secret) in [
        ("header", Authorization::bearer(STATIC)),
        ("query", Authorization::query("access_token", STATIC)),
        ("cookie", Authorization::cookie("token", STATIC)),
        ("body", Authorization::body_member("access_token", STATIC)),
    ] {
        let own = Own(secret.unwrap());
        let client = Canvas::builder(server.uri()).credentials(own);
        let canvas = client.retry(never()).build().unwrap();
        shown.debug(carrier, &canvas);
        for (_, way) in echo.ways() {
            let place = format!("canvas {carrier} {way}");
            shown.failure(&place, canvas.send(CreateGroup::new().name("x")).await);
            let rename = UpdateGroup::new(GroupId::new(1)).name("x");
            shown.failure(&place, canvas.send(rename).await);
            let delete = DeleteGroup::new(GroupId::new(1));
            shown.failure(&place, canvas.send(delete).await);
            shown.failure(&place, canvas.stream(ListMyGroups::new()).try_next().await);
        }
    }
    for (url, timeout) in [(rude(), 5_000), (nobody(), 5_000), (silent(), 50)] {
        for secret in [
            Authorization::bearer(STATIC),
            Authorization::query("access_token", STATIC),
        ] {
            let builder = Canvas::builder(&url).credentials(Own(secret.unwrap()));
            let builder = builder.attempt_timeout(Duration::from_millis(timeout));
            let canvas = builder.retry(never()).build().unwrap();
            shown.failure("no answer", canvas.send(ListMyGroups::new()).await);
            shown.failure("no answer", canvas.send(CreateGroup::new()).await);
        }
    }
    shown.check();
}

/// Credentials of a user's own.
#[derive(Debug)]
pub(crate) struct Own(pub(crate) Authorization);

impl Credentials for Own {
    fn authorization(&self) -> futures::future::BoxFuture<'_, Result<Authorization>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// Takes connections and says nothing.
pub(crate) fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let kept: Vec<_> = listener.incoming().collect();
        drop(kept);
    });
    url
}

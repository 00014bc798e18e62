//! Commons.

use super::*;

pub(crate) const CARRIERS: [Carrier; 5] = [
    Carrier::Header,
    Carrier::Cookie,
    Carrier::Query,
    Carrier::State,
    Carrier::Body,
];

pub(crate) fn commons(url: &str, session: LorSession) -> Lor {
    let builder = Lor::builder(url).credentials(session).retry(never());
    builder.build().unwrap()
}

pub(crate) async fn every_commons_call(shown: &mut Shown, place: &str, commons: &Lor) {
    use lor::*;
    let outcomes = [
        commons.send(CreateGroup::new("x")).await.map(drop),
        commons.send(RenameGroup::new("1", "x")).await.map(drop),
        commons.send(GetGroup::new("1")).await.map(drop),
        commons.send(DeleteGroup::new("1")).await.map(drop),
        commons
            .send(AddMember::new("1", "u:1").is_manager(true))
            .await
            .map(drop),
        commons
            .send(UpdateMember::new("1", "2", true))
            .await
            .map(drop),
        commons.send(RemoveMember::new("1", "2")).await.map(drop),
        commons
            .stream(ListMembers::new("1"))
            .try_collect::<Vec<_>>()
            .await
            .map(drop),
    ];
    for outcome in outcomes {
        if let Err(error) = outcome {
            shown.error(place, &error);
        }
    }
    match commons.send(ListGroups::new()).await {
        Err(error) => shown.error(place, &error),
        Ok(page) => shown.debug(&format!("page {place}"), &page),
    }
    shown.debug(place, commons);
}

#[tokio::test]
async fn trap_18_commons_by_each_of_the_five_carriers() {
    let mut shown = shown();
    shown.failure("bad id", LorSession::new(format!("{SESSION}\n")));
    let builder = Lor::builder(lor::Region::Emea).token(SESSION);
    shown.debug("builder", &builder);
    shown.debug("client", &builder.build().unwrap());
    for carrier in CARRIERS {
        let session = || LorSession::new(SESSION).unwrap().carrier(carrier);
        shown.debug("session", &session());
        shown.debug("authorization", &session().authorization().await);
        let good = MockServer::start().await;
        Mock::given(any())
            .respond_with(|request: &Request| {
                let item = json!({"id": "1", "name": "x", "isManager": false});
                let mut body = item.clone();
                body["items"] = json!([item]);
                let answer = ResponseTemplate::new(200).set_body_json(body);
                with_headers(answer, &words(request))
            })
            .mount(&good)
            .await;
        let client = commons(&good.uri(), session());
        every_commons_call(&mut shown, &format!("good {carrier:?}"), &client).await;
        let (server, echo) = echoing().await;
        let client = commons(&server.uri(), session());
        for (_, way) in echo.ways() {
            let place = format!("commons {carrier:?} {way}");
            every_commons_call(&mut shown, &place, &client).await;
        }
        for url in [rude(), nobody()] {
            let client = commons(&url, session());
            every_commons_call(&mut shown, &format!("no answer {carrier:?}"), &client).await;
        }
    }
    shown.check();
}

#[tokio::test]
async fn trap_18_a_next_link_made_of_the_address_with_the_session_in_it() {
    let mut shown = shown();
    for carrier in [Carrier::Query, Carrier::State] {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(|request: &Request| {
                let answer = ResponseTemplate::new(200).set_body_json(json!({"items": []}));
                let mut next = request.url.clone();
                next.query_pairs_mut().append_pair("page", "2");
                let next = &next[url::Position::BeforePath..];
                answer.insert_header("link", format!("<{next}>; rel=\"next\""))
            })
            .mount(&server)
            .await;
        let session = LorSession::new(SESSION).unwrap().carrier(carrier);
        let client = commons(&server.uri(), session);
        for _ in 0..11 {
            let page = client.send(lor::ListGroups::new()).await.unwrap();
            shown.debug(&format!("page {carrier:?}"), &page);
        }
    }
    shown.check();
}

/// The session that a client has for now.
#[derive(Debug)]
struct Current(Mutex<LorSession>);

impl Credentials for Current {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        let session = self.0.lock().unwrap().clone();
        Box::pin(async move { session.authorization().await })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        let session = self.0.lock().unwrap().clone();
        Box::pin(async move { session.refused(used).await })
    }
}

#[tokio::test]
async fn trap_18_commons_sessions_opened_by_a_jwt_of_canvas() {
    let mut shown = shown();
    let launch = || {
        Mock::given(path("/api/lti/accounts/self/jwt_token")).respond_with(|request: &Request| {
            assert_eq!(bearer_of(request), Some(STATIC));
            let answer = ResponseTemplate::new(200).set_body_json(json!({"jwt_token": JWT}));
            with_headers(answer, &words(request))
        })
    };
    let sessions = || {
        Mock::given(path("/api/sessions")).respond_with(|request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body, json!({"jwt_token": JWT}));
            let answer = ResponseTemplate::new(201).set_body_json(json!({"sessionId": SESSION}));
            with_headers(answer, &words(request))
        })
    };
    // Canvas refuses, Commons refuses to open, Commons refuses what was opened.
    for (broken, carriers) in [
        ("jwt", &CARRIERS[..1]),
        ("sessions", &CARRIERS[..1]),
        ("calls", &CARRIERS[..]),
    ] {
        for carrier in carriers {
            let (canvas_server, server) = (MockServer::start().await, MockServer::start().await);
            if broken != "jwt" {
                launch().mount(&canvas_server).await;
            }
            if broken != "sessions" {
                sessions().mount(&server).await;
            }
            let echo = Echo::new();
            for server in [&canvas_server, &server] {
                Mock::given(any())
                    .respond_with(echo.clone())
                    .mount(server)
                    .await;
            }
            let canvas = Canvas::builder(canvas_server.uri()).token(STATIC);
            let canvas = canvas.retry(never().max_delay(Duration::ZERO));
            let canvas = canvas.build().unwrap();
            let opener = Lor::builder(server.uri()).retry(never());
            shown.debug("opener", &opener);
            let session = LorSession::from_canvas(&canvas, opener).unwrap();
            let session = session.carrier(*carrier);
            let current = Arc::new(Current(Mutex::new(session.clone())));
            let client = Lor::builder(server.uri()).credentials(current.clone());
            let client = client.retry(never()).build().unwrap();
            shown.debug("closed", &(&client, &session));
            for (_, way) in echo.ways() {
                // With a tool named, a session of its own: a failure counts for a while.
                let tool = format!("{}/api/lti", server.uri());
                let session = session.clone().tool_launch_url(tool);
                *current.0.lock().unwrap() = session.clone();
                let place = format!("jwt {broken} {carrier:?} {way}");
                let create = lor::CreateGroup::new("x");
                shown.failure(&place, client.send(create).await);
                shown.debug(&place, &(&client, &session));
                match session.authorization().await {
                    Ok(authorization) => shown.debug(&place, &authorization),
                    Err(error) => shown.error(&place, &error),
                }
            }
        }
    }
    // Answers that are successes but not what they should be: they hold what only servers knew.
    for (jwt, session) in [
        (json!({"jwt_token": [JWT]}), json!({})),
        (json!({"jwt": JWT}), json!({})),
        (json!({"jwt_token": format!("{JWT} {JWT}")}), json!({})),
        (json!(JWT), json!({})),
        (
            json!({"jwt_token": JWT}),
            json!({"sessionId": {SESSION: 1}}),
        ),
        (
            json!({"jwt_token": JWT}),
            json!({"sessionId": format!("{SESSION} {SESSION}")}),
        ),
        (json!({"jwt_token": JWT}), json!({"session": SESSION})),
        (json!({"jwt_token": JWT}), json!(SESSION)),
    ] {
        let server = MockServer::start().await;
        let answers = [
            ("/api/lti/accounts/self/jwt_token", jwt),
            ("/api/sessions", session),
        ];
        for (place, body) in answers {
            let answer = ResponseTemplate::new(200).set_body_json(body);
            Mock::given(path(place))
                .respond_with(answer)
                .mount(&server)
                .await;
        }
        let canvas = Canvas::builder(server.uri()).token(STATIC).build().unwrap();
        let session = LorSession::from_canvas(&canvas, Lor::builder(server.uri())).unwrap();
        shown.failure("odd sign-in", session.authorization().await);
        shown.debug("odd sign-in", &session);
    }
    shown.check();
}

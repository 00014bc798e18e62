//! Studio.

use super::*;

#[tokio::test]
async fn trap_18_a_studio_batch() {
    let mut shown = shown();
    let batch = || {
        UpdateGroupUsers::new(studio::GroupId::new(12))
            .add(studio::UserId::new(3), Permission::Manager)
            .remove(studio::UserId::new(4))
    };
    let list = || ListGroupUsers::new(studio::GroupId::new(12));
    shown.debug("batch", &(batch(), Outgoing::of(&batch()).unwrap()));
    let good = MockServer::start().await;
    Mock::given(any())
        .respond_with(|request: &Request| {
            assert_eq!(bearer_of(request), Some(STUDIO));
            let body = json!({"group_users": [{"id": 3, "permission": "manager"}]});
            let answer = ResponseTemplate::new(200).set_body_json(body);
            with_headers(answer, &words(request))
        })
        .mount(&good)
        .await;
    let builder = Studio::builder(good.uri()).token(STUDIO).retry(never());
    shown.debug("builder", &builder);
    let client = builder.build().unwrap();
    shown.debug("client", &client);
    shown.debug("users", &client.send(batch()).await.unwrap());
    shown.debug("page", &client.send(list()).await.unwrap());
    let (server, echo) = echoing().await;
    let client = Studio::builder(server.uri()).token(STUDIO).retry(never());
    let client = client.build().unwrap();
    let app = OAuthApp::studio(server.uri(), CLIENT_ID).client_secret(CLIENT_SECRET);
    let app = app.build().unwrap();
    for (_, way) in echo.ways() {
        let place = format!("studio {way}");
        shown.failure(&place, client.send(batch()).await);
        shown.failure(&place, client.send(list()).await);
        // By OAuth, with the batch refused and the renewal too.
        let tokens = Tokens::new(STUDIO).with_refresh_token(REFRESH);
        let oauth = OAuth::new(app.clone(), tokens).unwrap();
        let client = Studio::builder(server.uri()).credentials(oauth.clone());
        let client = client.retry(never()).build().unwrap();
        shown.failure(&format!("{place} OAuth"), client.send(batch()).await);
        shown.debug(&place, &(&client, &oauth));
        shown.failure(&format!("{place} revoke"), oauth.revoke().await);
    }
    shown.check();
}

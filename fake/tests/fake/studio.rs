//! Studio: users of groups, batches, logins.

use std::time::Duration;

use canvas_groups::{
    ErrorKind, RetryPolicy, Studio,
    auth::{ClientAuthentication, LoginCode, MemoryStore, OAuth, OAuthApp},
    http::StatusCode,
    studio::{
        Action, GroupId, GroupUser, ListGroupUsers, Operation, Permission, UpdateGroupUsers, UserId,
    },
};
use canvas_groups_fake::{DeveloperKey, FakeStudio, Fault, Institution, NewKey};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{browser, code_in};

const CALLBACK: &str = "https://tool.example/back";

async fn users(studio: &Studio, group: GroupId) -> Vec<GroupUser> {
    let users = studio.stream(ListGroupUsers::new(group));
    users.try_collect::<Vec<_>>().await.unwrap()
}

async fn kind(studio: &Studio, batch: UpdateGroupUsers) -> ErrorKind {
    studio.send(batch).await.unwrap_err().kind()
}

#[tokio::test]
async fn a_batch_adds_changes_and_removes() {
    let (fake, ids) = FakeStudio::start().await.unwrap();
    let studio = fake.client();
    let batch = UpdateGroupUsers::new(ids.group)
        .add(ids.outsider, Permission::Member)
        .update(ids.outsider, Permission::Manager)
        .update(ids.member, Permission::Manager)
        .remove(ids.manager);
    let after = studio.send(batch).await.unwrap().group_users;
    assert_eq!(after, users(&studio, ids.group).await);
    let found: Vec<_> = after
        .iter()
        .map(|user| (user.id, user.permission.clone(), user.email.as_deref()))
        .collect();
    let manager = Some(Permission::Manager);
    assert_eq!(
        found,
        [
            (ids.member, manager.clone(), Some("max.member@example.edu")),
            (ids.outsider, manager, None),
        ]
    );
    for (user, word) in [(ids.member, "destroy"), (ids.outsider, "delete")] {
        let batch = UpdateGroupUsers::new(ids.group).operation(Operation {
            action: Action::from(word),
            user_id: user,
            permission: None,
        });
        studio.send(batch).await.unwrap();
    }
    assert_eq!(fake.institution(|all| all.users_of(ids.group)), []);
}

#[tokio::test]
async fn a_batch_with_one_fault_in_it_changes_nothing() {
    let (fake, ids) = FakeStudio::start().await.unwrap();
    let before = fake.institution(|all| all.users_of(ids.group));
    let begun = || UpdateGroupUsers::new(ids.group).remove(ids.member);
    let odd = |action: &str, permission: Option<Permission>| Operation {
        action: action.into(),
        user_id: ids.manager,
        permission,
    };
    for batch in [
        begun().update(ids.outsider, Permission::Manager),
        begun().remove(ids.outsider),
        begun().remove(ids.member),
        begun().add(UserId::new(999), Permission::Member),
        begun().add(ids.outsider, "owner"),
        begun().operation(odd("promote", Some(Permission::Manager))),
        begun().operation(odd("update", None)),
    ] {
        let error = fake.client().send(batch.clone()).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 422, "{batch:?}");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let body: Value = serde_json::from_str(error.body().unwrap()).unwrap();
        assert!(body["error"].is_string(), "{body}");
    }
    assert_eq!(fake.institution(|all| all.users_of(ids.group)), before);
}

#[tokio::test]
async fn members_may_look_and_administrators_alone_may_change() {
    let (fake, ids) = FakeStudio::start().await.unwrap();
    let [manager, member, outsider] =
        [ids.manager, ids.member, ids.outsider].map(|user| fake.client_of(user).unwrap());
    for insider in [&manager, &member] {
        assert_eq!(users(insider, ids.group).await.len(), 2);
    }
    let list = ListGroupUsers::new(ids.group);
    let error = outsider.send(list).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let batch = || UpdateGroupUsers::new(ids.group).remove(ids.member);
    assert_eq!(kind(&manager, batch()).await, ErrorKind::Forbidden);
    let nowhere = UpdateGroupUsers::new(GroupId::new(999)).remove(ids.member);
    assert_eq!(kind(&fake.client(), nowhere).await, ErrorKind::NotFound);
    let stranger = Studio::new(fake.url(), "another").unwrap();
    assert_eq!(kind(&stranger, batch()).await, ErrorKind::Authentication);
}

#[tokio::test]
async fn what_the_sdk_cannot_send_is_refused_too() {
    let (fake, ids) = FakeStudio::start().await.unwrap();
    let http = reqwest::Client::new();
    let path = |rest: &str| format!("{}/api/public/v1/{rest}", fake.url());
    let url = path(&format!("groups/{}/users/batch_update", ids.group));
    let change = json!({ "action": "remove", "user_id": ids.member });
    for body in [json!({ "users": [change] }), change, json!(["remove"])] {
        let answer = http.post(&url).bearer_auth(fake.token()).json(&body);
        assert_eq!(answer.send().await.unwrap().status(), 422, "{body}");
    }
    let get = |rest: &str| http.get(path(rest)).bearer_auth(fake.token()).send();
    assert_eq!(get("groups/abc/users").await.unwrap().status(), 422);
    // A query that cannot be read is not called a fault of the body.
    let broken = get("ping?name=%zz").await.unwrap();
    assert_eq!(broken.status(), 400);
    let body = broken.text().await.unwrap();
    assert!(body.contains("The request cannot be read"), "{body}");
    let pong = get("ping").await.unwrap();
    assert_eq!(pong.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(pong.text().await.unwrap(), "pong");
    let nobody = http.get(path("ping")).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_batch_done() {
    let (fake, ids) = FakeStudio::start().await.unwrap();
    fake.fail(1, "POST groups/:group_id/users/batch_update", Fault::Lose)
        .unwrap();
    let batch = UpdateGroupUsers::new(ids.group).remove(ids.member);
    let error = fake.client().send(batch).await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(users(&fake.client(), ids.group).await.len(), 1);
    let sent = fake.requests();
    assert_eq!((sent[0].status, sent.len()), (None, 2));
}

fn app(fake: &FakeStudio, key: &DeveloperKey) -> OAuthApp {
    OAuthApp::studio(fake.url(), &key.client_id)
        .client_secret(key.client_secret.clone().unwrap())
        .redirect_uri(&key.redirect_uri)
        .build()
        .unwrap()
}

async fn log_in(app: &OAuthApp) -> canvas_groups::Result<LoginCode> {
    let (url, pending) = app.login().start()?;
    pending.code(&browser(url.as_str()).await)
}

#[tokio::test]
async fn a_login_lasts_two_hours_and_renews_both_its_tokens() {
    let (fake, ids) = FakeStudio::start().await.unwrap();
    let app = app(&fake, &fake.add_key(NewKey::new(CALLBACK)));
    fake.log_in_as(ids.member);
    let code = log_in(&app).await.unwrap();
    let first = app.exchange(code).await.unwrap();
    let left = first.expires_at().unwrap().as_second() - jiff::Timestamp::now().as_second();
    assert!((7190..=7200).contains(&left), "{left}");

    let oauth = OAuth::keep(app.clone(), &first, MemoryStore::new())
        .await
        .unwrap();
    let studio = Studio::builder(fake.url())
        .credentials(oauth.clone())
        .build()
        .unwrap();
    assert_eq!(users(&studio, ids.group).await.len(), 2);
    fake.expire(first.access_token().expose_secret());
    assert_eq!(users(&studio, ids.group).await.len(), 2);
    let second = oauth.tokens();
    assert_ne!(
        first.refresh_token().unwrap().expose_secret(),
        second.refresh_token().unwrap().expose_secret()
    );

    // The first refresh token died when it was used.
    let late = OAuth::new(app, first).unwrap();
    let late = Studio::builder(fake.url())
        .credentials(late)
        .build()
        .unwrap();
    let error = late.send(ListGroupUsers::new(ids.group)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    let renewals = fake.requests().into_iter().filter(|sent| {
        sent.route == Some("/api/public/oauth/token")
            && sent.body.starts_with(b"grant_type=refresh_token")
    });
    assert_eq!(renewals.count(), 2);
}

#[tokio::test]
async fn a_code_works_once_and_only_for_its_key() {
    let (fake, _) = FakeStudio::start().await.unwrap();
    let app_of = |key| app(&fake, &key);
    let ours = app_of(fake.add_key(NewKey::new(CALLBACK)));
    let other = app_of(fake.add_key(NewKey::new(CALLBACK)));
    let (url, pending) = ours.login().start().unwrap();
    let callback = fake.browse(url).await.unwrap();
    let code = || pending.code_by_hand(code_in(&callback));
    let error = other.exchange(code()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    ours.exchange(code()).await.unwrap();
    let error = ours.exchange(code()).await.unwrap_err();
    assert_eq!(error.details()[0].code.as_deref(), Some("invalid_grant"));
}

#[tokio::test]
async fn an_application_shows_who_it_is_in_the_body_or_by_basic() {
    let (fake, _) = FakeStudio::start().await.unwrap();
    let key = fake.add_key(NewKey::new(CALLBACK));
    let builder = |secret: &str| {
        OAuthApp::studio(fake.url(), &key.client_id)
            .client_secret(secret)
            .redirect_uri(CALLBACK)
    };
    let secret = key.client_secret.clone().unwrap();
    let basic = builder(&secret).client_authentication(ClientAuthentication::Basic);
    let basic = basic.build().unwrap();
    basic.exchange(log_in(&basic).await.unwrap()).await.unwrap();
    let wrong = builder("wrong").build().unwrap();
    let error = wrong.exchange(log_in(&wrong).await.unwrap()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn a_person_may_say_no() {
    let (fake, _) = FakeStudio::start().await.unwrap();
    let app = app(&fake, &fake.add_key(NewKey::new(CALLBACK)));
    fake.refuse_logins(true);
    let error = log_in(&app).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    assert_eq!(error.details()[0].code.as_deref(), Some("access_denied"));
    fake.refuse_logins(false);
    log_in(&app).await.unwrap();
}

#[tokio::test]
async fn a_login_can_be_short() {
    let (institution, ids) = Institution::small();
    let fake = FakeStudio::builder(institution)
        .token_lifetime(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let app = app(&fake, &fake.add_key(NewKey::new(CALLBACK)));
    let tokens = app.exchange(log_in(&app).await.unwrap()).await.unwrap();
    let studio = Studio::builder(fake.url())
        .token(tokens.access_token().clone())
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = studio.send(ListGroupUsers::new(ids.group)).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Authentication);
}

#[tokio::test]
async fn a_group_gets_no_users_that_are_not_there() {
    let (mut institution, ids) = Institution::small();
    let nobody = UserId::new(999);
    institution.set_permission(ids.group, nobody, Permission::Manager);
    institution.set_permission(GroupId::new(999), ids.outsider, Permission::Manager);
    institution.set_email(nobody, Some("nobody@example.edu"));
    let users = institution.users_of(ids.group);
    assert_eq!(
        users,
        [
            (ids.manager, Permission::Manager),
            (ids.member, Permission::Member)
        ]
    );
    assert_eq!(institution.users_of(GroupId::new(999)), []);
}

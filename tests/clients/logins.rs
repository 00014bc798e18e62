//! Many logins that share one way to a server.

use std::{collections::BTreeSet, time::Duration};

use canvas_groups::{
    Canvas, ErrorKind, GroupId, Lor, Result, RetryPolicy, UserRef,
    auth::{Authorization, Credentials, NoLogin},
    futures::{StreamExt, future::BoxFuture, stream},
    groups::GetGroup,
    url::Url,
};

use crate::common::{
    client::builder,
    host::{Host, kept},
    play::header,
};

/// Shows each login its own token as the name of a group, and refuses one of them.
async fn host() -> Host {
    Host::start(|request| {
        let token = header(request, "authorization").concat();
        let token = token.trim_start_matches("Bearer ");
        match token.ends_with("throttled") {
            true => vec![kept(
                "429 Too Many Requests",
                &["Retry-After: 30", "X-Rate-Limit-Remaining: 0"],
                "429 Too Many Requests (Rate Limit Exceeded)",
            )],
            false => vec![kept(
                "200 OK",
                &[
                    "Content-Type: application/json",
                    "X-Rate-Limit-Remaining: 550",
                ],
                &format!(
                    "{{\"id\": 1, \"name\": \"{}\"}}",
                    token.replace("login-", "seen-")
                ),
            )],
        }
    })
    .await
}

async fn name(canvas: &Canvas) -> Result<String> {
    Ok(canvas.send(GetGroup::new(GroupId::new(1))).await?.name)
}

#[tokio::test]
async fn a_thousand_logins_share_the_connections_of_a_few_calls() {
    const BESIDE: usize = 16;
    let host = host().await;
    let school = host.canvas();
    let calls = stream::iter(0..1000).map(|number| {
        let login = school.with_token(format!("login-{number:04}")).unwrap();
        async move { name(&login).await.unwrap() }
    });
    let names: BTreeSet<_> = calls.buffer_unordered(BESIDE).collect().await;
    let expected: BTreeSet<_> = (0..1000).map(|n| format!("seen-{n:04}")).collect();
    assert_eq!(names, expected);
    // Another one may be opened while one becomes free.
    let opened = host.accepted();
    assert!(opened <= 2 * BESIDE, "{opened} connections");
}

#[tokio::test]
async fn a_client_without_a_login_sends_nothing_and_others_are_derived_from_it() {
    let host = host().await;
    let missing = Canvas::builder(host.address()).build().unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Configuration);
    assert!(missing.to_string().contains("NoLogin"), "{missing}");
    let school = builder(&host.address())
        .credentials(NoLogin)
        .build()
        .unwrap();
    let error = name(&school).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    assert!(error.to_string().contains("`with_credentials`"), "{error}");
    assert!(!error.outcome_unknown() && !error.is_transient());
    assert_eq!(host.accepted(), 0);
    let amy = school.with_token("login-0001").unwrap();
    assert_eq!(name(&amy).await.unwrap(), "seen-0001");
}

#[tokio::test]
async fn the_quota_of_a_login_is_its_own() {
    let host = host().await;
    let school = host.canvas().with_retry(RetryPolicy::never());
    let throttled = school.with_token("login-throttled").unwrap();
    let other = school.with_token("login-other").unwrap();

    let error = name(&throttled).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    let quota = throttled.quota();
    assert!(
        quota.paused_for.unwrap() > Duration::from_secs(1),
        "{quota:?}"
    );
    assert_eq!(quota.remaining, Some(0.0));

    assert_eq!(name(&other).await.unwrap(), "seen-other");
    assert_eq!(other.quota().remaining, Some(550.0));
    assert_eq!(other.quota().paused_for, None);
    assert_eq!(school.quota().remaining, None);
    assert_eq!(other.quota().max_in_flight, school.quota().max_in_flight);
    // A clone is the same login.
    assert_eq!(other.clone().quota().remaining, Some(550.0));
    assert_eq!(host.accepted(), 1);
}

#[tokio::test]
async fn another_login_acts_as_nobody_and_keeps_the_settings() {
    let host = Host::start(|request| {
        let is_masked = request.lines().next().unwrap().contains("as_user_id");
        let body = format!("{{\"id\": 1, \"name\": \"{is_masked}\"}}");
        vec![kept("200 OK", &["Content-Type: application/json"], &body)]
    })
    .await;
    let canvas = builder(&host.address()).max_in_flight(3).build().unwrap();
    let masked = canvas.as_user(UserRef::sis("S-1")).unwrap();
    assert_eq!(name(&masked).await.unwrap(), "true");
    let other = masked.with_token("login-1").unwrap();
    assert_eq!(name(&other).await.unwrap(), "false");
    assert_eq!(other.quota().max_in_flight, 3);
}

#[tokio::test]
async fn credentials_of_another_server_are_refused() {
    #[derive(Debug)]
    struct Elsewhere;

    impl Credentials for Elsewhere {
        fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
            Box::pin(async { Authorization::bearer("token") })
        }
        fn check_root(&self, root: &Url) -> Result<()> {
            Err(canvas_groups::Error::authentication(format!(
                "not for {root}"
            )))
        }
    }

    let canvas = Canvas::new("https://school.example.edu", "token").unwrap();
    let error = canvas.with_credentials(Elsewhere).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("not for https://school.example.edu/api/v1/")
    );
    let error = canvas.with_token("line\nbreak").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        Lor::new("https://lor.example", "a")
            .unwrap()
            .with_token("b")
            .is_ok()
    );
}

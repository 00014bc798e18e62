//! Renewals whose answer was lost, after which the refresh token may be dead.

use std::{sync::Arc, time::Duration};

use canvas_groups::{
    ErrorKind,
    auth::{Credentials, MemoryStore, OAuth, OAuthApp, TokenStore, Tokens},
};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::time::advance;
use wiremock::ResponseTemplate;

use crate::{
    answers::{json, page},
    school::{CLIENT_ID, School, get},
};

/// A renewal that is sent at each of these seconds, for half an hour of calls.
async fn seconds_of_renewals(
    app: impl Fn(&School) -> OAuthApp,
    failure: ResponseTemplate,
) -> Vec<u64> {
    let school = School::open().await;
    school.books().token_failure = Some(failure);
    let oauth = OAuth::new(app(&school), School::old_tokens()).unwrap();
    let mut seconds = Vec::new();
    for second in 0..1800 {
        let before = school.token_calls();
        oauth.authorization().await.unwrap_err();
        if school.token_calls() > before {
            seconds.push(second);
        }
        tokio::time::pause();
        advance(Duration::from_secs(1)).await;
        tokio::time::resume();
    }
    seconds
}

fn public(school: &School) -> OAuthApp {
    OAuthApp::canvas(school.url(), CLIENT_ID).build().unwrap()
}

fn studio(school: &School) -> OAuthApp {
    let app = OAuthApp::studio(school.url(), CLIENT_ID).client_secret("secret");
    let token_url = format!("{}/login/oauth2/token", school.url());
    app.token_url(token_url).build().unwrap()
}

#[tokio::test]
async fn a_renewal_that_may_have_replaced_the_refresh_token_is_sent_once_more_and_later() {
    for status in [500, 502, 503, 504] {
        assert_eq!(seconds_of_renewals(public, page(status)).await, [0, 30]);
    }
    assert_eq!(seconds_of_renewals(studio, page(500)).await, [0, 30]);
    // A success without usable tokens may have replaced it too.
    for answer in [
        page(200),
        ResponseTemplate::new(204),
        json(200, &json!({"access_token": 7})),
    ] {
        assert_eq!(seconds_of_renewals(public, answer).await, [0, 30]);
    }
    // With a secret the refresh token stays as it is, and can be sent as often as one likes.
    let often = seconds_of_renewals(School::app, page(500)).await;
    assert_eq!(often[..7], [0, 1, 3, 7, 15, 31, 63]);
    // A server that refused it has not replaced it.
    let often = seconds_of_renewals(public, page(429)).await;
    assert_eq!(often[..4], [0, 1, 3, 7]);
}

#[tokio::test]
async fn a_call_sends_a_renewal_that_was_lost_once_more_at_most() {
    let school = School::open().await;
    school.books().token_failure = Some(page(500));
    let oauth = OAuth::new(public(&school), School::old_tokens()).unwrap();
    let canvas = school.canvas(&oauth);
    // Within a real second or two, no call of any kind sends another.
    for _ in 0..3 {
        let call = canvas.send(get(1));
        let _ = tokio::time::timeout(Duration::from_millis(700), call).await;
    }
    assert_eq!(school.token_calls(), 1);
}

#[tokio::test]
async fn a_lost_answer_that_came_to_nothing_costs_no_login() {
    let school = School::open().await;
    school.books().rotates = true;
    school.books().token_failure = Some(page(500));
    school.books().mends_after = Some(1);
    let oauth = OAuth::new(studio_like(&school), School::old_tokens()).unwrap();
    oauth.authorization().await.unwrap_err();
    tokio::time::pause();
    advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    oauth.authorization().await.unwrap();
    let newest = oauth.tokens();
    assert_eq!(newest.refresh_token().unwrap().expose_secret(), "r2");
}

/// Two renewals whose answers are lost, half a minute apart.
async fn lose_two_answers(oauth: &OAuth) -> canvas_groups::Error {
    let first = oauth.authorization().await.unwrap_err();
    assert_eq!(first.retry_after(), Some(Duration::from_secs(30)));
    assert!(first.is_transient());
    pass(31).await;
    let second = oauth.authorization().await.unwrap_err();
    assert_eq!(second.retry_after(), None);
    // Calls do not try again by themselves what stays as it is.
    assert!(!second.is_transient());
    pass(3600).await;
    oauth.authorization().await.unwrap_err()
}

async fn pass(seconds: u64) {
    tokio::time::pause();
    advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_refresh_token_that_may_be_dead_says_what_to_do_and_other_tokens_end_that() {
    let school = School::open().await;
    school.books().rotates = true;
    school.books().token_failure = Some(page(500));
    let oauth = OAuth::new(studio_like(&school), School::old_tokens()).unwrap();
    let error = lose_two_answers(&oauth).await;
    // The login may be alive: nobody knows.
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.retry_after(), None);
    assert!(!error.outcome_unknown());
    assert!(error.to_string().contains("log in again"), "{error}");
    assert_eq!(school.token_calls(), 2);

    oauth.replace(School::old_tokens()).await.unwrap();
    school.books().token_failure = None;
    oauth.authorization().await.unwrap();
    assert_eq!(school.token_calls(), 3);
}

#[tokio::test]
async fn tokens_that_another_process_stored_end_the_wait_for_a_refresh_token_that_may_be_dead() {
    let school = School::open().await;
    school.books().token_failure = Some(page(500));
    let store = Arc::new(MemoryStore::new());
    let old = School::old_tokens();
    let oauth = OAuth::keep(public(&school), &old, store.clone()).await;
    let oauth = oauth.unwrap();
    let error = lose_two_answers(&oauth).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(school.token_calls(), 2);

    let others = Tokens::new("b0").with_refresh_token("s0");
    store.save(&others).await.unwrap();
    pass(61).await;
    oauth.authorization().await.unwrap();
    assert_eq!(oauth.tokens().access_token().expose_secret(), "b0");
    assert_eq!(school.token_calls(), 2);
}

/// With the secret that the school knows.
fn studio_like(school: &School) -> OAuthApp {
    let app = OAuthApp::studio(school.url(), CLIENT_ID).client_secret(crate::school::SECRET);
    let token_url = format!("{}/login/oauth2/token", school.url());
    app.token_url(token_url).build().unwrap()
}

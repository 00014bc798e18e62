//! Commons and Studio over the wire: what goes out, and what is made of the answers.

mod carriers;
mod commons;
mod lists;
mod sessions;
mod sign_in;
mod studio;
mod users;

use std::{fs, time::Duration};

use canvas_groups::{Lor, RetryPolicy, Studio, lor};
use serde_json::Value;
use wiremock::{MockServer, Request, ResponseTemplate};

const SESSION: &str = "0123456789";

/// A client of Commons with a session by id, which repeats at once what it repeats.
fn commons(server: &MockServer) -> Lor {
    Lor::builder(server.uri())
        .token(SESSION)
        .retry(hasty())
        .build()
        .unwrap()
}

fn studio_client(server: &MockServer) -> Studio {
    Studio::builder(server.uri())
        .token("studio-token")
        .retry(hasty())
        .build()
        .unwrap()
}

fn hasty() -> RetryPolicy {
    RetryPolicy::default()
        .base_delay(Duration::ZERO)
        .max_delay(Duration::ZERO)
}

fn fixture(path: &str) -> Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(format!("{root}/fixtures/{path}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn json(status: u16, body: impl serde::Serialize) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// What the server received, in order.
async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let values: Vec<_> = request.headers.get_all(name).iter().collect();
    assert!(values.len() < 2, "{name} stands there more than once");
    values.first().map(|value| value.to_str().unwrap())
}

/// What every request of the two services has to have, whatever it is for.
fn assert_polite(request: &Request) {
    let agent = header(request, "user-agent").unwrap_or_default();
    assert!(agent.contains("canvas-groups/"), "{}", request.url);
    assert_eq!(header(request, "accept"), Some("application/json"));
}

fn member(is_manager: Option<bool>) -> Value {
    let mut member = fixture("lor/members/member.json");
    match is_manager {
        Some(is_manager) => member["isManager"] = is_manager.into(),
        None => {
            member.as_object_mut().unwrap().remove("isManager");
        }
    }
    member
}

fn group_id() -> lor::GroupId {
    lor::GroupId::new("1234")
}

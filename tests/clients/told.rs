//! Answers with their circumstances.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use canvas_groups::{
    CallInfo, CourseId, GroupId,
    groups::{GetGroup, ListCourseGroups},
};
use serde_json::{Value, json};

use crate::common::{
    client::builder,
    host::{Host, kept},
    play::line,
};

const HEADERS: [&str; 4] = [
    "Content-Type: application/json",
    "X-Request-Context-Id: 1d2c",
    "X-Rate-Limit-Remaining: 583.5",
    "X-Request-Cost: 1.25",
];

/// What can be foretold of it.
fn without_time(info: &CallInfo) -> Value {
    let mut json = json!(info);
    let elapsed = json.as_object_mut().unwrap().remove("elapsed").unwrap();
    assert!((0.0..60.0).contains(&elapsed.as_f64().unwrap()));
    json
}

#[tokio::test]
async fn an_answer_comes_with_what_is_known_of_its_call() {
    let calls = Arc::new(AtomicUsize::new(0));
    let host = Host::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => vec![kept("502 Bad Gateway", &[], "")],
        1 => vec![kept("201 Created", &HEADERS, "{\"id\": 7}")],
        _ => vec![kept(
            "200 OK",
            &["Content-Type: application/json"],
            "{\"id\": 8}",
        )],
    })
    .await;
    let canvas = builder(&host.address()).build().unwrap();
    assert_eq!(canvas.quota().remaining, None);

    let request = GetGroup::new(GroupId::new(7));
    let (group, info) = canvas.send_with_info(&request).await.unwrap();
    assert_eq!(group.id.get(), 7);
    let told = json!({
        "status": 201, "request_id": "1d2c", "remaining": 583.5, "cost": 1.25, "attempts": 2,
    });
    assert_eq!(without_time(&info), told);

    // A server that tells nothing.
    let (group, info) = canvas.send_with_info(&request).await.unwrap();
    assert_eq!(group.id.get(), 8);
    let untold = json!({
        "status": 200, "request_id": null, "remaining": null, "cost": null, "attempts": 1,
    });
    assert_eq!(without_time(&info), untold);

    let quota = json!(canvas.quota());
    assert_eq!(quota["remaining"], 583.5);
    assert!(quota["told_ago"].is_f64() && quota["paused_for"].is_null());
    assert_eq!(
        (&quota["in_flight"], &quota["waiting"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn errors_are_the_same_with_and_without_circumstances() {
    let host = Host::start(|_| {
        let body = "{\"errors\": [{\"message\": \"gone\"}]}";
        vec![kept("404 Not Found", &HEADERS, body)]
    })
    .await;
    let canvas = host.canvas();
    let request = GetGroup::new(GroupId::new(7));
    let told = canvas.send_with_info(&request).await.unwrap_err();
    let plain = canvas.send(&request).await.unwrap_err();
    assert_eq!(told.to_string(), plain.to_string());
    assert_eq!(told.request_id(), Some("1d2c"));
}

#[tokio::test]
async fn each_page_comes_with_what_is_known_of_its_call() {
    let host = Host::start_as(
        |address| {
            let next = format!(
                "Link: <{address}/api/v1/courses/7/groups?page=2&per_page=1>; rel=\"next\""
            );
            move |request: &str| match line(request).contains("&page=2")
                || line(request).contains("?page=2")
            {
                false => {
                    let headers = [&HEADERS[..], &[next.as_str()]].concat();
                    vec![kept("200 OK", &headers, "[{\"id\": 1}]")]
                }
                true => {
                    let headers = [
                        "Content-Type: application/json",
                        "X-Rate-Limit-Remaining: 500",
                        "Link: <x>; rel=\"first\"",
                    ];
                    vec![kept("200 OK", &headers, "[{\"id\": 2}]")]
                }
            }
        },
        |_| false,
    )
    .await;
    let canvas = host.canvas();
    let request = ListCourseGroups::new(CourseId::new(7)).per_page(1);

    let mut pages = canvas.stream(&request).pages();
    let mut remaining = Vec::new();
    while let Some((page, info)) = pages.try_next_with_info().await.unwrap() {
        remaining.push((page.items[0].id.get(), info.remaining));
    }
    assert_eq!(remaining, [(1, Some(583.5)), (2, Some(500.0))]);

    let (first, info) = canvas.send_with_info(&request).await.unwrap();
    assert_eq!(info.remaining, Some(583.5));
    let (second, info) = canvas.next_page_with_info(&first).await.unwrap().unwrap();
    assert_eq!(info.remaining, Some(500.0));
    assert!(canvas.next_page_with_info(&second).await.unwrap().is_none());
}

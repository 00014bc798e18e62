//! What any client may send over HTTP, the SDK or not.

use canvas_groups::http::{Method, StatusCode};
use canvas_groups_fake::{FakeCanvas, Fault};
use serde_json::json;

use crate::common::{Connection, TestSchool};

fn request(place: &TestSchool, line: &str, more: &str) -> String {
    let token = place.fake.token();
    format!(
        "{line} HTTP/1.1\r\nhost: x\r\nuser-agent: t\r\nauthorization: Bearer {token}\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}", place.ids.groups[0]);
    let get = place.raw("GET", &path).send().await.unwrap();
    let head = place.raw("HEAD", &path).send().await.unwrap();
    assert_eq!(
        (get.status(), head.status()),
        (StatusCode::OK, StatusCode::OK)
    );
    for name in ["content-type", "content-length"] {
        assert_eq!(get.headers()[name], head.headers()[name]);
    }
    assert_eq!(head.text().await.unwrap(), "");
    let journal = place.fake.requests();
    assert_eq!(journal[1].method, Method::HEAD);
    assert_eq!(journal[1].route, Some("groups/:group_id"));
    let missing = place.raw("HEAD", "groups/0").send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);

    // A scope for reading is enough.
    let scope = ["url:GET|/api/v1/groups/:group_id"];
    let scoped = place.fake.scoped_token_of(place.ids.admin, scope);
    let head = place.raw("HEAD", &path).header("authorization", "");
    let mut head = head.build().unwrap();
    let value = format!("Bearer {scoped}").parse().unwrap();
    head.headers_mut().insert("authorization", value);
    let answer = reqwest::Client::new().execute(head).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn methods_that_no_route_has_are_not_found() {
    let place = TestSchool::new().await;
    for (method, expected) in [("OPTIONS", 404), ("PATCH", 404), ("BREW", 405)] {
        let (status, page) = TestSchool::answer(place.raw(method, "groups/1")).await;
        assert_eq!(status, expected, "{method}");
        assert!(
            page.as_str().unwrap().starts_with("<!DOCTYPE html>"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn a_body_may_come_in_chunks_and_the_connection_goes_on() {
    let place = TestSchool::new().await;
    let mut connection = Connection::to(&place.fake.url()).await;
    let line = format!("PUT /api/v1/groups/{}", place.ids.groups[0]);
    let json = "content-type: application/json\r\n";
    let chunked = format!("{json}transfer-encoding: chunked\r\n");
    let body = "8\r\n{\"name\":\r\n9\r\n\"Chunked\"\r\n1\r\n}\r\n0\r\n\r\n";
    let sent = request(&place, &line, &chunked) + body;
    let (status, shown) = connection.ask(&sent).await;
    assert_eq!((status, &shown["name"]), (200, &json!("Chunked")));

    // Refused before anything is done: what follows is a request of its own all the same.
    let early = format!(
        "{line} HTTP/1.1\r\nhost: x\r\n{json}content-length: 14\r\n\r\n{{\"name\":\"Bad\"}}"
    );
    assert_eq!(connection.ask(&early).await.0, 403);
    let whole = format!("{json}content-length: 15\r\nexpect: 100-continue\r\n");
    let sent = request(&place, &line, &whole) + "{\"name\":\"Good\"}";
    let (status, shown) = connection.ask(&sent).await;
    assert_eq!((status, &shown["name"]), (200, &json!("Good")));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_its_length() {
    let place = TestSchool::new().await;
    let mut connection = Connection::to(&place.fake.url()).await;
    let line = format!("PUT /api/v1/groups/{}", place.ids.groups[0]);
    let sent = request(&place, &line, "content-length: 9000000000\r\n");
    assert_eq!(connection.ask(&sent).await.0, 413);
}

#[tokio::test]
async fn parameters_within_parameters_without_end_are_refused() {
    let place = TestSchool::new().await;
    for deep in ["[]", "[b]"] {
        let deep = format!("a{}", deep.repeat(15_000));
        let (status, _) = TestSchool::answer(place.raw("GET", &format!("groups/1?{deep}=1"))).await;
        assert_eq!(status, 400);
        let body = place
            .raw("PUT", "groups/1")
            .body(format!("{}=1", deep.repeat(20)));
        let body = body.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(TestSchool::answer(body).await.0, 400);
        let login = format!("{}/login/oauth2/auth?{deep}=1", place.fake.url());
        let login = reqwest::Client::new().get(login).header("user-agent", "t");
        assert_eq!(TestSchool::answer(login).await.0, 400);
    }
    let some = format!("groups/{}?a{}=1", place.ids.groups[0], "[b]".repeat(50));
    assert_eq!(TestSchool::answer(place.raw("GET", &some)).await.0, 200);
}

#[tokio::test]
async fn a_token_may_stand_in_the_query_or_in_a_form() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let http = reqwest::Client::builder().user_agent("t").build().unwrap();
    let url = format!("{}/api/v1/groups/{}", fake.url(), ids.groups[0]);
    let pair = format!("access_token={}", fake.token());
    let by_query = http.put(format!("{url}?{pair}&name=Query"));
    let (status, shown) = TestSchool::answer(by_query).await;
    assert_eq!((status, &shown["name"]), (200, &json!("Query")));
    let by_form = http.put(&url).body(format!("name=Form&{pair}"));
    let by_form = by_form.header("content-type", "application/x-www-form-urlencoded");
    let (status, shown) = TestSchool::answer(by_form).await;
    assert_eq!((status, &shown["name"]), (200, &json!("Form")));
    // The header wins.
    let both = http.put(format!("{url}?{pair}")).bearer_auth("none");
    assert_eq!(TestSchool::answer(both).await.0, 401);
}

#[tokio::test]
async fn an_answer_on_demand_is_sent_as_it_was_given() {
    let place = TestSchool::new().await;
    let bodies = [
        (
            "{ \"z\": 1.50,\n\"a\": 2, \"a\": 123456789012345678901234567890 }",
            "application/json; charset=utf-8",
        ),
        ("<html>", "text/html; charset=utf-8"),
    ];
    for (body, content_type) in bodies {
        let fault = Fault::answer(StatusCode::OK, body);
        place.fake.fail(1, "GET groups/:group_id", fault).unwrap();
        let request = place.raw("GET", "groups/1");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], content_type);
        assert_eq!(answer.text().await.unwrap(), body);
    }
}

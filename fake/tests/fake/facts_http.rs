//! What Canvas fixes about requests and answers as such: paths, ids, tokens, and headers.

use canvas_groups_fake::NewKey;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::common::{Connection, TestSchool};

impl TestSchool {
    /// Sends a request without a token, and gives status, headers and body.
    async fn bare(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> (u16, HeaderMap, String) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", self.fake.url());
        let mut request = reqwest::Client::new().request(method, url);
        request = request.header("user-agent", "tests");
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn what_no_route_has_is_a_page_whatever_the_token() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let good = format!("Bearer {}", place.fake.token());
        let cases = [
            ("GET", "/api/v1/nothing", 404),
            ("PATCH", "/api/v1/groups/1", 404),
            ("GET", "/api/v1/groups", 404),
            ("GET", "/nothing", 404),
            ("GET", "/", 404),
            ("GET", "/api/v1/groups/1.xml/users", 401),
            ("BREW", "/api/v1/groups/1", 405),
        ];
        for (method, path, status) in cases {
            for token in [None, Some("Bearer bad"), Some(&*good)] {
                let (found, headers, body) = place.bare(method, path, token).await;
                if status == 401 {
                    // A route has this path, and only then the token counts.
                    assert_eq!(found, if token == Some(&good) { 404 } else { 401 });
                    continue;
                }
                assert_eq!(found, status, "{method} {path}");
                assert!(
                    headers["content-type"]
                        .to_str()
                        .unwrap()
                        .starts_with("text/html")
                );
                assert!(body.starts_with("<!DOCTYPE html>"), "{body}");
                assert_eq!(headers.get("www-authenticate"), None);
            }
        }
    }
}

#[tokio::test]
async fn slashes_and_blanks_around_do_not_count() {
    let place = TestSchool::with(|school, ids| school.set_sis_group_id(ids.groups[0], "g1")).await;
    let token = format!("Bearer {}", place.fake.token());
    let (group, user) = (place.ids.groups[0], place.ids.students[0]);
    let hex: String = "g1".bytes().map(|byte| format!("{byte:02x}")).collect();
    let cases = [
        (format!("/api/v1/groups/{group}"), 200),
        (format!("//api///v1/groups//{group}"), 200),
        (format!("/api/v1/groups/{group}/"), 200),
        (format!("/api/v1/groups/{group}.json"), 200),
        (format!("/api/v1/groups/%09{group}%20%20"), 200),
        ("/api/v1/groups/%20sis_group_id:g1%20".to_owned(), 200),
        (format!("/api/v1/groups/%20hex:sis_group_id:{hex}%0A"), 200),
        (format!("/api/v1/groups/{group}/users/%20{user}"), 200),
        (format!("/api/v1/groups/{group}/users/%20self%20"), 404),
        ("/api/v1/accounts/%20self/groups".to_owned(), 200),
        (
            format!("/api/v1/group_categories/{}%20", place.ids.category),
            200,
        ),
        (format!("/api/v1/groups/+{group}"), 404),
        (format!("/api/v1/groups/-{group}"), 404),
        (format!("/api/v1/groups/a{group}"), 404),
        (format!("/api/v1/groups/{group}.5"), 404),
        (format!("/api/v1/groups/{}{group}", "0".repeat(20)), 404),
        ("/api/v1/groups/hex:sis_group_id:6".to_owned(), 404),
        ("/api/v1/groups/sis_course_id:g1".to_owned(), 404),
        ("/api/v1/accounts/site_admin/groups".to_owned(), 403),
        ("/api/v1/accounts/site_admins/groups".to_owned(), 404),
    ];
    for (path, status) in cases {
        let (found, _, body) = place.bare("GET", &path, Some(&token)).await;
        assert_eq!(found, status, "{path}: {body}");
    }
}

#[tokio::test]
async fn a_body_of_no_type_is_a_form() {
    let place = TestSchool::new().await;
    let mut connection = Connection::to(&place.fake.url()).await;
    let body = "name=Plain&description=a+%26+b";
    let request = format!(
        "PUT /api/v1/groups/{} HTTP/1.1\r\nhost: x\r\nuser-agent: tests\r\nauthorization: Bearer \
         {}\r\ncontent-length: {}\r\n\r\n{body}",
        place.ids.groups[0],
        place.fake.token(),
        body.len(),
    );
    let (status, shown) = connection.ask(&request).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&shown["name"], &shown["description"]),
        (&json!("Plain"), &json!("a & b"))
    );
}

#[tokio::test]
async fn every_answer_has_the_headers_of_canvas() {
    let place = TestSchool::new().await;
    let path = format!("/api/v1/groups/{}", place.ids.groups[0]);
    let token = format!("Bearer {}", place.fake.token());
    let student = format!("Bearer {}", place.fake.token_of(place.ids.students[13]));
    let text = |headers: &HeaderMap, name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let cases = [
        (&*path, &*token, 200, "max-age=0, private, must-revalidate"),
        (&*path, &*student, 403, "no-store"),
        (&*path, "Bearer bad", 401, "no-store"),
        ("/api/v1/groups/0", &*token, 404, "no-cache"),
    ];
    for (path, token, status, policy) in cases {
        let (found, headers, _) = place.bare("GET", path, Some(token)).await;
        assert_eq!(found, status);
        assert_eq!(text(&headers, "cache-control").as_deref(), Some(policy));
        assert_eq!(text(&headers, "etag").is_some(), status == 200);
        let id = text(&headers, "x-request-context-id").unwrap();
        let parts: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(
            (&id[14..15], "89ab".contains(&id[19..20])),
            ("4", true),
            "{id}"
        );
        let runtime: f64 = text(&headers, "x-runtime").unwrap().parse().unwrap();
        assert!(runtime >= 0.0);
        let meta = text(&headers, "x-canvas-meta").unwrap();
        assert!(meta.contains("o=groups;n=show;"), "{meta}");
        let cookie = text(&headers, "set-cookie").unwrap();
        assert!(cookie.starts_with("_csrf_token="), "{cookie}");
    }
    // Whose rights count, and who is behind that.
    let global = |user: canvas_groups::UserId| (10_000_000_000_000 + user.get()).to_string();
    let (admin, other) = (place.ids.admin, place.ids.students[0]);
    let (_, headers, _) = place.bare("GET", &path, Some(&token)).await;
    assert_eq!(text(&headers, "x-canvas-user-id"), Some(global(admin)));
    assert_eq!(text(&headers, "x-canvas-real-user-id"), None);
    let masked = format!("{path}?as_user_id={other}");
    let (_, headers, _) = place.bare("GET", &masked, Some(&token)).await;
    assert_eq!(text(&headers, "x-canvas-user-id"), Some(global(other)));
    assert_eq!(text(&headers, "x-canvas-real-user-id"), Some(global(admin)));
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}", place.ids.groups[0]);
    let first = place.raw("GET", &path).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let again = place.raw("GET", &path).header("if-none-match", tag.clone());
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
    place
        .ask(
            place.ids.teacher,
            "PUT",
            &path,
            json!({ "name": "Changed" }),
        )
        .await;
    let changed = place.raw("GET", &path).header("if-none-match", tag);
    assert_eq!(changed.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn json_does_no_harm_in_a_page() {
    let place = TestSchool::new().await;
    let path = format!("groups/{}", place.ids.groups[0]);
    let name = "</script> R&D \u{2028} é \"q\"";
    place
        .ask(place.ids.teacher, "PUT", &path, json!({ "name": name }))
        .await;
    let answer = place.raw("GET", &path).send().await.unwrap();
    let kind = answer.headers()["content-type"].clone();
    assert_eq!(kind, "application/json; charset=utf-8");
    let body = answer.text().await.unwrap();
    assert!(!body.contains(['<', '>', '&', '\u{2028}']), "{body}");
    let escaped = "\\u003c/script\\u003e R\\u0026D \\u2028 é \\\"q\\\"";
    assert!(body.contains(escaped), "{body}");
    let read: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(read["name"], name);
}

#[tokio::test]
async fn tokens_are_told_apart_by_how_they_end() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let path = format!("/api/v1/groups/{}", place.ids.groups[0]);
        let user = place.ids.teacher;
        let [gone, dated, revoked] = [(); 3].map(|()| place.fake.token_of(user));
        place.fake.expire(&gone);
        place.fake.expire_for_good(&dated);
        place.fake.revoke(&revoked);
        let cases = [
            (format!("Bearer {gone}"), "Invalid access token.", false),
            (format!("Bearer {dated}"), "Expired access token.", !old),
            (format!("Bearer {revoked}"), "Revoked access token.", false),
            ("Bearer".to_owned(), "user authorization required", false),
            (
                format!("bearer {gone}"),
                "user authorization required",
                false,
            ),
        ];
        for (token, message, has_date) in cases {
            let (status, headers, body) = place.bare("GET", &path, Some(&token)).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            let error = &body["errors"][0];
            assert_eq!((status, &error["message"]), (401, &json!(message)));
            assert_eq!(error.get("expired_at").is_some(), has_date, "{body}");
            assert_eq!(headers["www-authenticate"], "Bearer realm=\"canvas-lms\"");
        }
        // Blanks before the token do not count; where the header has none, nothing else is read.
        let good = place.fake.token();
        let (status, ..) = place
            .bare("GET", &path, Some(&format!("Bearer   {good}")))
            .await;
        assert_eq!(status, 200);
        let query = format!("{path}?access_token={good}");
        assert_eq!(place.bare("GET", &query, None).await.0, 200);
        assert_eq!(place.bare("GET", &query, Some("Bearer ")).await.0, 401);
    }
}

#[tokio::test]
async fn a_masquerade_without_a_token_is_none() {
    let place = TestSchool::new().await;
    let path = format!(
        "/api/v1/groups/{}?as_user_id={}",
        place.ids.groups[0], place.ids.teacher
    );
    let (status, headers, body) = place.bare("GET", &path, None).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, body),
        (401, json!({ "errors": "Invalid as_user_id" }))
    );
    assert_eq!(headers.get("www-authenticate"), None);
    // A dead token is told first.
    let (_, _, body) = place.bare("GET", &path, Some("Bearer bad")).await;
    assert!(body.contains("Invalid access token."), "{body}");
}

#[tokio::test]
async fn a_token_that_is_dead_revokes_nothing_and_gets_a_page() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let token = place.fake.token_of(place.ids.teacher);
        let path = "/login/oauth2/token";
        let bearer = format!("Bearer {token}");
        let (status, _, body) = place.bare("DELETE", path, Some(&bearer)).await;
        assert_eq!((status, &*body), (200, "{}"));
        let (status, headers, body) = place.bare("DELETE", path, Some(&bearer)).await;
        assert_eq!(status, 401);
        assert_eq!(headers.get("www-authenticate"), None);
        assert!(body.starts_with("<!DOCTYPE html>"), "{body}");
        let (status, _, body) = place.bare("DELETE", path, None).await;
        assert_eq!(status, 400);
        assert!(body.contains("can't delete OAuth access token"), "{body}");
    }
}

#[tokio::test]
async fn a_dead_refresh_token_is_an_invalid_grant() {
    for old in [false, true] {
        let place = TestSchool::of(old, |_, _| ()).await;
        let key = place.fake.add_key(NewKey::new("https://app.example/"));
        let secret = key.client_secret.unwrap();
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &key.client_id),
            ("client_secret", &secret),
            ("refresh_token", "dead"),
            ("redirect_uri", "https://app.example/"),
        ];
        let body: Vec<_> = form
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let url = format!("{}/login/oauth2/token", place.fake.url());
        let post = reqwest::Client::new()
            .post(url)
            .header("user-agent", "tests");
        let post = post.header("content-type", "application/x-www-form-urlencoded");
        let expected = json!({
            "error": "invalid_grant", "error_description": "refresh_token not found"
        });
        assert_eq!(
            TestSchool::answer(post.body(body.join("&"))).await,
            (400, expected)
        );
    }
}

#[tokio::test]
async fn every_answer_tells_of_the_quota_with_throttling_or_without() {
    for throttles in [true, false] {
        let place = TestSchool::built(
            |_, _| (),
            |builder| builder.throttle(throttles.then(canvas_groups_fake::Throttle::default)),
        )
        .await;
        let path = format!("/api/v1/groups/{}", place.ids.groups[0]);
        let good = format!("Bearer {}", place.fake.token());
        let mut told = Vec::new();
        for path in [&*path, "/nothing"] {
            for _ in 0..3 {
                let (_, headers, _) = place.bare("GET", path, Some(&good)).await;
                let number = |name: &str| headers[name].to_str().unwrap().parse::<f64>().unwrap();
                assert!(number("x-request-cost") > 0.0);
                told.push(number("x-rate-limit-remaining"));
            }
        }
        let is_whole = told.iter().all(|told| *told == 600.0);
        assert_eq!(is_whole, !throttles, "{told:?}");
    }
}

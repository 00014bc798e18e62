//! Lists that go on elsewhere.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use canvas_groups::{
    Canvas, CourseId, CourseRef, ErrorKind, NextPage, Page, UserId, UserRef,
    groups::{CollaborationState, Group, GroupInclude, ListAccountGroups, ListCourseGroups},
};

use crate::common::{
    client::builder,
    host::{Host, kept},
    play::line,
};

/// A list of five groups, a page for each, that repeats the parameters in its links.
async fn host() -> (Host, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let host = Host::start_as(
        move |address| {
            let address = address.to_owned();
            move |request: &str| {
                count.fetch_add(1, Ordering::SeqCst);
                let target = line(request).split(' ').nth(1).unwrap();
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                let (pages, others): (Vec<_>, Vec<_>) =
                    query.split('&').partition(|pair| pair.starts_with("page="));
                let page = pages.first().map_or(1, |pair| pair[5..].parse().unwrap());
                let others = others.join("&");
                let link = |page: u32, rel: &str| {
                    format!("<{address}{path}?{others}&page={page}>; rel=\"{rel}\"")
                };
                let mut links = vec![link(page, "current")];
                if page < 5 {
                    links.push(link(page + 1, "next"));
                }
                let links = format!("Link: {}", links.join(","));
                let headers = ["Content-Type: application/json", links.as_str()];
                vec![kept("200 OK", &headers, &format!("[{{\"id\": {page}}}]"))]
            }
        },
        |_| false,
    )
    .await;
    (host, asked)
}

fn request() -> ListCourseGroups {
    ListCourseGroups::new(CourseId::new(7))
        .per_page(1)
        .filter("a b&c=d")
        .include([GroupInclude::Users, GroupInclude::Tabs])
}

fn ids(page: &Page<Group>) -> Vec<u64> {
    page.items.iter().map(|group| group.id.get()).collect()
}

#[tokio::test]
async fn a_web_page_goes_on_with_a_text() {
    let (host, _) = host().await;
    let mut page = host.canvas().send(request()).await.unwrap();
    let mut shown = ids(&page);
    while let Some(next) = page.next {
        let text = next.to_string();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(text.chars().all(is_plain), "{text}");
        // Each web request has a client of its own.
        let canvas = host.canvas();
        let next: NextPage = text.parse().unwrap();
        assert_eq!(next.as_str(), text.parse::<NextPage>().unwrap().as_str());
        page = canvas.page(request(), &next).await.unwrap();
        shown.extend(ids(&page));
    }
    assert_eq!(shown, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_export_is_resumed_where_it_stopped() {
    let (host, asked) = host().await;
    let mut pages = host.canvas().stream(request()).pages();
    pages.try_next().await.unwrap();
    let page = pages.try_next().await.unwrap().unwrap();
    let kept = serde_json::to_value(&page).unwrap()["next"].clone();
    drop(pages);

    let next: NextPage = serde_json::from_value(kept).unwrap();
    let before = asked.load(Ordering::SeqCst);
    let rest = host.canvas().stream_from(request(), &next);
    let rest: Vec<_> = rest.try_collect().await.unwrap();
    let rest: Vec<_> = rest.iter().map(|group| group.id.get()).collect();
    assert_eq!(rest, [3, 4, 5]);
    assert_eq!(asked.load(Ordering::SeqCst) - before, 3);
}

#[tokio::test]
async fn a_page_of_something_else_is_refused_before_anything_is_sent() {
    let (host, asked) = host().await;
    let (other_host, _) = self::host().await;
    let canvas = host.canvas();
    let next = canvas.send(request()).await.unwrap().next.unwrap();
    let next: NextPage = next.to_string().parse().unwrap();
    let before = asked.load(Ordering::SeqCst);

    let masked = canvas.as_user(UserRef::sis("S-1")).unwrap();
    let course = |id| ListCourseGroups::new(CourseId::new(id)).per_page(1);
    let account = ListAccountGroups::new(canvas_groups::AccountId::new(7));
    let outcomes = [
        other_host.canvas().page(request(), &next).await,
        masked.page(request(), &next).await,
        canvas.page(account, &next).await,
        canvas.page(course(8).filter("a b&c=d"), &next).await,
        // Without the parameters of the list, or with others.
        canvas.page(course(7), &next).await,
        canvas.page(request().filter("x"), &next).await,
        canvas
            .page(request().include([GroupInclude::Users]), &next)
            .await,
        canvas
            .page(
                request().collaboration_state(CollaborationState::All),
                &next,
            )
            .await,
    ];
    for (case, outcome) in outcomes.into_iter().enumerate() {
        let error = outcome.expect_err(&case.to_string());
        assert_eq!(error.kind(), ErrorKind::Request, "{case}");
        assert!(
            error.to_string().starts_with("the next page is of"),
            "{error}"
        );
    }
    let streamed = masked.stream_from(request(), &next);
    let streamed = streamed.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(streamed.kind(), ErrorKind::Request);
    // A page that was read from text needs its request.
    let mut page = Page::<Group>::last([]);
    page.next = Some(next.clone());
    assert_eq!(
        canvas.next_page(&page).await.unwrap_err().kind(),
        ErrorKind::Request
    );
    assert_eq!(asked.load(Ordering::SeqCst), before);

    // The same user is the same.
    let of_user = masked.send(request()).await.unwrap().next.unwrap();
    let of_user: NextPage = of_user.to_string().parse().unwrap();
    assert_eq!(ids(&masked.page(request(), &of_user).await.unwrap()), [2]);
    assert!(canvas.page(request(), &of_user).await.is_err());
}

#[tokio::test]
async fn a_text_that_was_changed_reads_nothing_else() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    let (host, asked) = host().await;
    let canvas: Canvas = builder(&host.address()).build().unwrap();
    let next = canvas.send(request()).await.unwrap().next.unwrap();
    let text = next.to_string();
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(text.strip_prefix("1.").unwrap())
        .unwrap();
    let json = String::from_utf8(json).unwrap();
    let before = asked.load(Ordering::SeqCst);
    let changed = [
        json.replace("/courses/7/", "/courses/8/"),
        json.replace("/courses/7/groups?", "/users/self/page_views?"),
        json.replace(host.address().as_str(), "https://evil.example"),
        json.replace("&page=2", "&page=2&user_id=6"),
        json.replace("&page=2", "&page=2&as_user_id=6"),
        json.replace("&page=2", "&page=2&filter=x"),
        json.replacen(
            &format!("\"url\":\"{}", host.address()),
            "\"url\":\"https://evil.example",
            1,
        ),
    ];
    // Servers may part parameters at `;`, ignore a bracket before a name, and take any of two users.
    let smuggled = [
        "&page=2;as_user_id=6",
        "&page=2;user_id=6",
        "&page=;as_user_id=6",
        "&page=2&cursor=a;as_user_id=6",
        "&page=2&per_page=1;as_user_id=6",
        "&;as_user_id=6&page=2",
        "&page=2;",
        "&page=2&[as_user_id]=6",
        "&page=2&%5Bas_user_id%5D=6",
        "&page=2&]as_user_id=6",
        "&page=2&[[user_id]=6",
        "&page=2&[page]=3",
        "&page=2&page[as_user_id]=6",
        "&page=2&as_user_id[]=6",
        "&page=2&as%5Fuser%5Fid=6",
        "&page=2&%20as_user_id=6",
        "&page=2&AS_USER_ID=6",
        "&page=2&%E2%80%8Bas_user_id=6",
        "&page=2&%00[become_user_id]=6",
    ]
    .map(|query| json.replace("&page=2", query));
    for changed in changed.into_iter().chain(smuggled) {
        assert_ne!(changed, json);
        let text = format!("1.{}", BASE64_URL_SAFE_NO_PAD.encode(&changed));
        let next: NextPage = text.parse().unwrap();
        let error = canvas.page(request(), &next).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{changed}");
    }
    // In whatever spelling, a user is no parameter of the list.
    for name in [
        "as_user_id",
        "[as_user_id]",
        "As_User_Id[]",
        "%00become_user_id",
    ] {
        let changed = json.replace("&page=2", &format!("&page=2&{name}=6"));
        let text = format!("1.{}", BASE64_URL_SAFE_NO_PAD.encode(&changed));
        let next: NextPage = text.parse().unwrap();
        let error = canvas.page(request(), &next).await.unwrap_err();
        assert!(
            error.to_string().contains("of another user"),
            "{name}: {error}"
        );
    }
    // Nor does the page of a client that acts as a user bring in another one.
    let masked = canvas.as_user(UserId::new(5)).unwrap();
    for users in [
        "as_user_id=5&as_user_id=6",
        "as_user_id=6&as_user_id=5",
        "as_user_id=5;",
    ] {
        let changed = json.replace("&page=2", &format!("&page=2&{users}"));
        let text = format!("1.{}", BASE64_URL_SAFE_NO_PAD.encode(&changed));
        let next: NextPage = text.parse().unwrap();
        let error = masked.page(request(), &next).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{users}");
    }
    for garbage in [
        "",
        "1.",
        "1.e30",
        "2.e30",
        "https://x/",
        &text[..text.len() - 9],
        &text[2..],
    ] {
        let error = garbage.parse::<NextPage>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{garbage}");
    }
    assert!(
        format!("1.{}", "A".repeat(1 << 20))
            .parse::<NextPage>()
            .is_err()
    );
    assert_eq!(asked.load(Ordering::SeqCst), before);
    // One that belongs to a value is escaped, and is sent as it came.
    let escaped = json.replace("&page=2", "&page=2&cursor=a%3Bas_user_id%3D6");
    let text = format!("1.{}", BASE64_URL_SAFE_NO_PAD.encode(&escaped));
    let next: NextPage = text.parse().unwrap();
    assert_eq!(ids(&canvas.page(request(), &next).await.unwrap()), [2]);
}

#[tokio::test]
async fn a_list_that_goes_in_a_circle_is_noticed_across_texts() {
    let host = Host::start_as(
        |address| {
            let link = |page| {
                format!(
                    "Link: <{address}/api/v1/courses/7/groups?per_page=1&page={page}>; rel=\"next\""
                )
            };
            let (to_a, to_b) = (link("bookmark:a"), link("bookmark:b"));
            move |request: &str| {
                let link = match line(request).contains("bookmark:a") {
                    true => &to_b,
                    false => &to_a,
                };
                let headers = ["Content-Type: application/json", link.as_str()];
                vec![kept("200 OK", &headers, "[{\"id\": 1}]")]
            }
        },
        |_| false,
    )
    .await;
    let request = ListCourseGroups::new(CourseId::new(7)).per_page(1);
    let mut page = host.canvas().send(&request).await.unwrap();
    for _ in 0..4 {
        let next: NextPage = page.next.unwrap().to_string().parse().unwrap();
        page = match host.canvas().page(&request, &next).await {
            Ok(page) => page,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Pagination);
                return;
            }
        };
    }
    panic!("the circle went unnoticed");
}

/// A list whose links name its record by number, whatever it was named by, and whose third page the
/// server no longer knows.
async fn numbering() -> (Host, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let lines = asked.clone();
    let host = Host::start_as(
        move |address| {
            let address = address.to_owned();
            move |request: &str| {
                lines.lock().unwrap().push(line(request).to_owned());
                let page = |number: u32| line(request).contains(&format!("&page={number}"));
                let (json, number) = ("Content-Type: application/json", u32::from(page(2)) + 2);
                if page(3) {
                    let body = r#"{"status":"bad_request","errors":[{"page":"Invalid page"}]}"#;
                    return vec![kept("400 Bad Request", &[json], body)];
                }
                let path = "api/v1/courses/10000000000007/groups";
                let link =
                    format!("Link: <{address}/{path}?per_page=1&page={number}>; rel=\"next\"");
                vec![kept(
                    "200 OK",
                    &[json, &link],
                    &format!("[{{\"id\": {number}}}]"),
                )]
            }
        },
        |_| false,
    )
    .await;
    (host, asked)
}

#[tokio::test]
async fn a_list_goes_on_from_a_text_whatever_its_record_was_named_by() {
    let (host, asked) = numbering().await;
    let canvas = host.canvas();
    let own = |course: CourseRef| ListCourseGroups::new(course).per_page(1);
    for course in [
        CourseRef::sis("MATH 101"),
        CourseRef::lti_context("abc"),
        CourseRef::parse("1~7").unwrap(),
        CourseId::new(7).into(),
    ] {
        let request = own(course.clone());
        let next = canvas.send(&request).await.unwrap().next.unwrap();
        let next: NextPage = next.to_string().parse().unwrap();
        let page = canvas.page(&request, &next).await.unwrap();
        assert_eq!(ids(&page), [3], "{course}");
        let other = own(CourseId::new(8).into());
        let error = canvas.page(&other, &next).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{course}");
    }
    // What a text says of the number of a key is not believed.
    let sent = asked.lock().unwrap().clone();
    let second = sent.iter().filter(|sent| sent.contains("&page=2"));
    let named: Vec<_> = second.map(|sent| sent.split('/').nth(4).unwrap()).collect();
    assert_eq!(named[0], "sis_course_id:MATH%20101");
    assert!(!named.contains(&"10000000000007"), "{named:?}");
}

#[tokio::test]
async fn a_page_that_is_no_longer_known_breaks_the_list_however_it_is_followed() {
    let (host, _) = numbering().await;
    let canvas = host.canvas();
    let request = ListCourseGroups::new(CourseId::new(7)).per_page(1);
    let first = canvas.send(&request).await.unwrap();
    let second = canvas.next_page(&first).await.unwrap().unwrap();
    let next: NextPage = second.next.clone().unwrap().to_string().parse().unwrap();
    let errors = [
        canvas.next_page(&second).await.unwrap_err(),
        canvas.next_page_with_info(&second).await.unwrap_err(),
        canvas.page(&request, &next).await.unwrap_err(),
        canvas
            .stream_from(&request, &next)
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err(),
        canvas
            .stream(&request)
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
        assert_eq!(error.status().unwrap().as_u16(), 400);
    }
}

#[tokio::test]
async fn a_page_that_is_no_longer_known_breaks_a_list_whose_text_tells_no_page_before_it() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    let (host, _) = numbering().await;
    let canvas = host.canvas();
    let request = ListCourseGroups::new(CourseId::new(7)).per_page(1);
    let first = canvas.send(&request).await.unwrap();
    let second = canvas.next_page(&first).await.unwrap().unwrap();
    let text = second.next.unwrap().to_string();
    let json = BASE64_URL_SAFE_NO_PAD.decode(&text[2..]).unwrap();
    let mut kept: serde_json::Value = serde_json::from_slice(&json).unwrap();
    kept["seen"] = serde_json::json!([]);
    let text = BASE64_URL_SAFE_NO_PAD.encode(kept.to_string());
    let next: NextPage = format!("1.{text}").parse().unwrap();
    let error = canvas.page(&request, &next).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
    let list = canvas.stream_from(&request, &next);
    let error = list.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
}

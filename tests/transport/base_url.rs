//! Where a client sends to.

use canvas_groups::{
    Canvas, ErrorKind, GroupId,
    groups::{GetGroup, ListMyGroups},
};

use crate::support::{Server, Socket, TOKEN, answer, builder, groups, line, ok};

#[test]
fn plain_http_is_refused_unless_it_stays_on_this_machine_or_is_allowed() {
    for url in [
        "http://school.instructure.com",
        "HTTP://school.instructure.com/api/v1",
        "http://10.0.0.1",
        "http://[2001:db8::1]:3000",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
    ] {
        let error = Canvas::new(url, TOKEN).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        assert!(error.to_string().contains("allow_http"), "{error}");
        Canvas::builder(url)
            .token(TOKEN)
            .allow_http(true)
            .build()
            .unwrap();
        Canvas::builder(url)
            .token(TOKEN)
            .allow_http(false)
            .build()
            .unwrap_err();
    }
    for url in [
        "https://school.instructure.com",
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://127.8.9.10:80/canvas",
        "http://[::1]:3000",
    ] {
        Canvas::new(url, TOKEN).unwrap();
    }
}

#[test]
fn a_base_url_that_is_none_is_refused() {
    for url in [
        "",
        "school.instructure.com",
        "ftp://school.instructure.com",
        "https://",
        "https://user:pw@school.instructure.com",
        "https://user@school.instructure.com",
        "https://school.instructure.com?x=1",
        "https://school.instructure.com/#top",
        "mailto:it@school.edu",
        "data:text/plain,x",
    ] {
        let error = Canvas::new(url, TOKEN).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        assert!(!format!("{error} {error:?}").contains("pw@"));
        let builder = Canvas::builder(url);
        assert!(!format!("{builder:?}").contains("user:pw"));
    }
}

#[tokio::test]
async fn a_base_url_may_carry_a_path_and_the_api_root() {
    for (suffix, prefix) in [
        ("", ""),
        ("/", ""),
        ("/api/v1", ""),
        ("/api/v1/", ""),
        ("/canvas", "/canvas"),
        ("/canvas/", "/canvas"),
        ("/canvas/api/v1", "/canvas"),
        ("/a/b/api/v1//", "/a/b"),
        ("/myapi/v1", "/myapi/v1"),
        ("/api/v1/api/v1", "/api/v1"),
        ("/a%20b", "/a%20b"),
        ("/a b", "/a%20b"),
    ] {
        let socket = Socket::answering([answer("200 OK", &[], "{\"id\":7}")]).await;
        let canvas = builder(&format!("{}{suffix}", socket.address()))
            .build()
            .unwrap();
        canvas.send(GetGroup::new(GroupId::new(7))).await.unwrap();
        let heard = socket.heard().await;
        assert_eq!(
            line(&heard[0]),
            format!("GET {prefix}/api/v1/groups/7"),
            "{suffix}"
        );
    }
}

#[tokio::test]
async fn a_path_in_front_of_the_api_bounds_the_next_pages_too() {
    let server = Server::start().await;
    let first = "GET /canvas/api/v1/users/self/groups?per_page=100";
    let next = |path: &str| {
        let link = format!("<{}{path}>; rel=\"next\"", server.address());
        ok(groups([1])).insert_header("link", &*link)
    };
    let inside = "/canvas/api/v1/users/self/groups?page=2";
    server
        .on_each(
            first,
            vec![next(inside), next("/api/v1/users/self/groups?page=2")],
        )
        .await;
    server.on(&format!("GET {inside}"), ok(groups([2]))).await;
    let canvas = builder(&format!("{}/canvas", server.address()))
        .build()
        .unwrap();
    let all = canvas
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    let error = canvas
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
}

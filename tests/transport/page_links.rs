//! Where a list goes on: the link is followed as it is, and only where the token may go.

use canvas_groups::{
    Error, ErrorKind,
    groups::{Group, ListGroupUsers, ListMyGroups},
    users::User,
};

use crate::support::{Server, Socket, TOKEN, answer, builder, groups, header, line, ok};

const FIRST: &str = "GET /api/v1/users/self/groups?per_page=100";

/// The items up to the error, and the error; after it the list must be at its end.
pub(crate) async fn read(canvas: canvas_groups::Canvas) -> (Vec<u64>, Option<Error>) {
    let mut list = canvas.stream(ListMyGroups::new());
    let mut read = Vec::new();
    let error = loop {
        match list.try_next().await {
            Ok(Some(group)) => read.push(group.id.get()),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(matches!(list.try_next().await, Ok(None)));
    (read, error)
}

fn ids(groups: &[Group]) -> Vec<u64> {
    groups.iter().map(|group| group.id.get()).collect()
}

/// A list request whose address has about this many characters.
pub(crate) fn long(characters: usize) -> ListGroupUsers {
    ListGroupUsers::new(canvas_groups::GroupId::new(1))
        .search_term("x".repeat(characters))
        .per_page(2)
}

pub(crate) fn users(count: u64) -> String {
    groups(1..=count)
}

pub(crate) async fn read_users(
    canvas: &canvas_groups::Canvas,
    list: ListGroupUsers,
) -> (usize, Option<Error>) {
    let mut list = canvas.stream(list);
    let mut count = 0;
    let error = loop {
        match list.try_next().await {
            Ok(Some(User { .. })) => count += 1,
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(matches!(list.try_next().await, Ok(None)));
    (count, error)
}

#[tokio::test]
async fn trap_3_commas_in_a_link_end_nothing() {
    let server = Server::start().await;
    let current = server.url("users/self/groups?filter=,%3E;x&page=1");
    let next = server.url("users/self/groups?filter=a,b;c&page=2");
    let link = format!("<{current}>; rel=\"current\",<{next}>; title=\"a, b\"; rel=\"next\"");
    server
        .on(FIRST, ok(groups([1])).insert_header("link", &*link))
        .await;
    let second = "GET /api/v1/users/self/groups?filter=a,b;c&page=2";
    server.on(second, ok(groups([2]))).await;
    let all = server
        .canvas()
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(ids(&all), [1, 2]);
}

#[tokio::test]
async fn trap_3_several_headers_are_one_list_however_they_are_spelled() {
    for (one, two) in [("Link", "LINK"), ("link", "link")] {
        let first = [
            &*format!("{one}: </api/v1/users/self/groups?page=1>; rel=\"current\""),
            &*format!("{two}: </api/v1/users/self/groups?page=2>; REL=\"Next\""),
        ];
        let first = answer("200 OK", &first, groups([1]));
        let socket = Socket::answering([first, answer("200 OK", &[], groups([2]))]).await;
        assert_eq!(read(socket.canvas()).await.0, [1, 2]);
        assert_eq!(
            line(&socket.heard().await[1]),
            "GET /api/v1/users/self/groups?page=2"
        );
    }
}

#[tokio::test]
async fn trap_3_a_broken_link_on_page_two_comes_after_the_items_of_page_two() {
    let server = Server::start().await;
    let link = format!("<{}>; rel=\"next\"", server.url("users/self/groups?page=2"));
    server
        .on(FIRST, ok(groups([1, 2])).insert_header("link", &*link))
        .await;
    let broken = format!("<{}; rel=\"next\"", server.url("users/self/groups?page=3"));
    let second = ok(groups([3, 4])).insert_header("link", &*broken);
    server
        .on("GET /api/v1/users/self/groups?page=2", second)
        .await;

    let (items, error) = read(server.canvas()).await;
    assert_eq!(items, [1, 2, 3, 4]);
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert_eq!(error.request(), Some("GET /api/v1/users/self/groups"));
}

#[tokio::test]
async fn trap_3_a_broken_link_of_a_single_page_is_an_error() {
    for broken in [
        &b"link: garbage"[..],
        b"link: <\xff\xfe>; rel=\"next\"",
        b"link: <a>; rel=\"",
    ] {
        let body = groups([1]);
        let mut bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\n".to_vec();
        bytes.extend_from_slice(broken);
        bytes.extend_from_slice(
            format!("\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        );
        let socket = Socket::answering([bytes]).await;
        let error = socket.canvas().send(ListMyGroups::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pagination);
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_4_next_on_another_host_port_or_scheme_gets_no_request() {
    let elsewhere = Socket::start(vec![]).await;
    let server = Server::start().await;
    let other_port = elsewhere.address();
    let other_host = other_port.replace("127.0.0.1", "localhost");
    let own_port = server.address();
    let targets = [
        format!("{other_port}/api/v1/users/self/groups?page=2"),
        format!("{other_host}/api/v1/users/self/groups?page=2"),
        format!("//{}/api/v1/x", other_port.trim_start_matches("http://")),
        own_port.replace("http:", "https:") + "/api/v1/users/self/groups?page=2",
        own_port.replace("127.0.0.1", "localhost") + "/api/v1/users/self/groups?page=2",
        format!("{own_port}/login/oauth2/auth"),
        format!("{own_port}/api/v1/../../login"),
        format!("{own_port}/api/v10/groups"),
        own_port.replace("http://", "http://user:pw@") + "/api/v1/users/self/groups?page=2",
        "file:///etc/passwd".to_owned(),
        "data:,x".to_owned(),
    ];
    let pages = targets.iter().map(|target| {
        ok(groups([1, 2])).insert_header("link", &*format!("<{target}>; rel=\"next\""))
    });
    server.on_each(FIRST, pages.collect()).await;
    for target in &targets {
        let (items, error) = read(server.canvas()).await;
        assert_eq!(items, [1, 2], "{target}");
        assert_eq!(error.unwrap().kind(), ErrorKind::Pagination, "{target}");
    }
    assert_eq!(elsewhere.heard().await, [""; 0]);
}

#[tokio::test]
async fn trap_5_next_is_followed_byte_for_byte() {
    let next = "/api/v1/users/self/groups?page=bookmark:WyJQcm9q%2cIix[10]_-&per_page=100\
                &include[]=users&include%5b%5d=tabs&empty=&flag&x=a+b%20c&per_page=2&~=%7E";
    let link = |target: &str| format!("Link: <{target}>; rel=\"next\"");
    for absolute in [false, true] {
        let socket = Socket::answering_as(|own| {
            let base = if absolute { own } else { "" };
            let first = answer("200 OK", &[&*link(&format!("{base}{next}"))], groups([1]));
            vec![first, answer("200 OK", &[], groups([2]))]
        })
        .await;
        assert_eq!(read(socket.canvas()).await.0, [1, 2]);
        let heard = socket.heard().await;
        assert_eq!(line(&heard[1]), format!("GET {next}"));
        assert_eq!(
            header(&heard[1], "authorization"),
            [format!("Bearer {TOKEN}")]
        );
    }
}

#[tokio::test]
async fn trap_6_a_list_that_leads_to_itself_is_an_error() {
    let server = Server::start().await;
    let link = format!(
        "<{}>; rel=\"next\"",
        server.url("users/self/groups?per_page=100")
    );
    server
        .on(FIRST, ok(groups([1])).insert_header("link", &*link))
        .await;
    let (items, error) = read(server.canvas()).await;
    assert_eq!(
        (items, error.unwrap().kind()),
        (vec![1], ErrorKind::Pagination)
    );
}

#[tokio::test]
async fn trap_6_a_list_that_goes_in_a_circle_is_an_error() {
    for length in [2, 3] {
        let server = Server::start().await;
        let page = |number: u32| format!("users/self/groups?page={number}");
        let leading = |id, to: u32| {
            let link = format!("<{}>; rel=\"next\"", server.url(&page(to)));
            ok(groups([id])).insert_header("link", &*link)
        };
        server.on(FIRST, leading(0, 1)).await;
        for number in 1..=length {
            let answer = leading(number.into(), number % length + 1);
            server
                .on(&format!("GET /api/v1/{}", page(number)), answer)
                .await;
        }
        let (items, error) = read(server.canvas()).await;
        assert_eq!(items, (0..=length.into()).collect::<Vec<_>>());
        assert_eq!(error.unwrap().kind(), ErrorKind::Pagination);
    }
}

#[tokio::test]
async fn a_next_into_another_record_is_an_error_and_gets_no_request() {
    for path in [
        "groups/2/users?page=2",
        "courses/1/users?page=2",
        "groups/1/memberships?page=2",
        "groups/1?page=2",
        "users/self/groups?page=2",
    ] {
        let server = Server::start().await;
        let link = format!("<{}>; rel=\"next\"", server.url(path));
        let line = "GET /api/v1/groups/1/users?per_page=2&search_term=x";
        let answer = ok(users(2)).insert_header("link", &*link);
        server.on_each(line, vec![answer; 2]).await;
        let (read, error) = read_users(&server.canvas(), long(1)).await;
        assert_eq!(
            (read, error.unwrap().kind()),
            (2, ErrorKind::Pagination),
            "{path}"
        );
        let error = server.canvas().send(long(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pagination, "{path}");
    }
    // A group by its SIS id may be called by its number.
    let server = Server::start().await;
    let line = "GET /api/v1/groups/sis_group_id:G1/users?per_page=2";
    let link = format!("<{}>; rel=\"next\"", server.url("groups/1/users?page=2"));
    server
        .on(line, ok(users(2)).insert_header("link", &*link))
        .await;
    server
        .on("GET /api/v1/groups/1/users?page=2", ok(users(1)))
        .await;
    let list = ListGroupUsers::new(canvas_groups::GroupRef::sis("G1")).per_page(2);
    let (read, error) = read_users(&server.canvas(), list).await;
    assert_eq!((read, error.map(|error| error.kind())), (3, None));
}

#[tokio::test]
async fn a_damaged_entry_beside_a_good_next_ends_nothing() {
    for damaged in [
        "<x>; rel<next\"",
        "garbage",
        "<x>; rel=\"prev",
        "<x> rel=next",
    ] {
        let server = Server::start().await;
        let next = server.url("users/self/groups?page=2");
        let link = format!("{damaged},<{next}>; rel=\"next\",{damaged}");
        let first = "GET /api/v1/users/self/groups?per_page=100";
        server
            .on(first, ok(groups([1])).insert_header("link", &*link))
            .await;
        server
            .on("GET /api/v1/users/self/groups?page=2", ok(groups([2])))
            .await;
        let (items, error) = read(server.canvas()).await;
        assert_eq!(
            (items, error.map(|error| error.kind())),
            (vec![1, 2], None),
            "{damaged}"
        );
    }
}

#[tokio::test]
async fn an_address_longer_than_a_server_takes_is_not_sent() {
    let socket = Socket::start(vec![]).await;
    let canvas = builder(&socket.address()).build().unwrap();
    let error = canvas.send(long(7_000)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(!error.outcome_unknown() && !error.is_transient());
    let mut list = canvas.stream(long(7_000));
    assert_eq!(
        list.try_next().await.unwrap_err().kind(),
        ErrorKind::Request
    );
    assert!(list.try_next().await.unwrap().is_none());
    assert_eq!(socket.heard().await, [""; 0]);
}

#[tokio::test]
async fn a_next_link_longer_than_any_address_is_an_error_and_not_tried_again() {
    let next = format!(
        "link: </api/v1/users/self/groups?page={}>; rel=next",
        "x".repeat(70_000)
    );
    let socket = Socket::answering([answer("200 OK", &[&next], groups([1]))]).await;
    let (items, error) = read(socket.canvas()).await;
    let error = error.unwrap();
    assert_eq!(
        (items, error.kind()),
        (vec![1], ErrorKind::Request),
        "{error}"
    );
    assert_eq!(socket.heard().await.len(), 1);
}

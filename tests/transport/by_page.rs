//! Lists that are read page by page.

use canvas_groups::{ErrorKind, UserId, groups::ListMyGroups};
use wiremock::ResponseTemplate;

use crate::{
    pages::{FIRST, going_on, ids, page, page_line, read},
    support::{Server, groups, ok},
};

#[tokio::test]
async fn a_list_can_be_read_by_the_page() {
    let server = Server::start().await;
    server.on(FIRST, going_on(&server, [1], 2)).await;
    server.on(&page_line(2), going_on(&server, [2], 3)).await;
    server.on(&page_line(3), ok(groups([3]))).await;
    let canvas = server.canvas();

    let first = canvas.send(ListMyGroups::new()).await.unwrap();
    let second = canvas.next_page(&first).await.unwrap().unwrap();
    let third = canvas.next_page(&second).await.unwrap().unwrap();
    let all = [&first, &second, &third].map(|page| ids(&page.items));
    assert_eq!(all, [[1], [2], [3]]);
    assert_eq!(canvas.next_page(&third).await.unwrap(), None);
}

#[tokio::test]
async fn trap_06_a_list_read_by_the_page_does_not_go_round() {
    let server = Server::start().await;
    server.on(FIRST, going_on(&server, [1], 2)).await;
    server.on(&page_line(2), going_on(&server, [2], 3)).await;
    server.on(&page_line(3), going_on(&server, [3], 2)).await;
    let canvas = server.canvas();

    let mut page = canvas.send(ListMyGroups::new()).await.unwrap();
    for _ in 0..2 {
        page = canvas.next_page(&page).await.unwrap().unwrap();
    }
    let error = canvas.next_page(&page).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Pagination, 0));
}

#[tokio::test]
async fn trap_06_nor_does_one_read_as_another_user_whose_links_forget_that_user() {
    let server = Server::start().await;
    let first = "GET /api/v1/users/self/groups?per_page=100&as_user_id=5";
    server.on(first, going_on(&server, [1], 2)).await;
    let second = format!("{}&as_user_id=5", page_line(2));
    server.on(&second, going_on(&server, [2], 2)).await;
    let student = server.canvas().as_user(UserId::new(5)).unwrap();

    let first = student.send(ListMyGroups::new()).await.unwrap();
    // Whoever follows it: what was read as a user goes on as that user.
    let second = server.canvas().next_page(&first).await.unwrap().unwrap();
    for canvas in [student, server.canvas()] {
        let error = canvas.next_page(&second).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Pagination, 0));
    }
}

#[tokio::test]
async fn a_list_does_not_go_on_as_another_user() {
    for named in ["&as_user_id=99", "&%5Bas_user_id%5D=99", ";as_user_id=99"] {
        for own in [None, Some(5)] {
            let server = Server::start().await;
            let canvas = match own {
                Some(user) => server.canvas().as_user(UserId::new(user)).unwrap(),
                None => server.canvas(),
            };
            let suffix = own.map(|user| format!("&as_user_id={user}"));
            let first = format!("{FIRST}{}", suffix.unwrap_or_default());
            let next = server.url(&format!("{}{named}", page(2)));
            let link = format!("<{next}>; rel=\"next\"");
            let answer = ok(groups([1])).insert_header("link", &*link);
            server.on_each(&first, vec![answer.clone(), answer]).await;
            let (ids, error) = read(&mut canvas.stream(ListMyGroups::new())).await;
            assert_eq!(ids, [1], "{named}");
            let error = error.unwrap();
            assert_eq!(error.kind(), ErrorKind::Pagination, "{named}: {error}");
            let error = canvas.send(ListMyGroups::new()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Pagination, "{named}: {error}");
        }
    }
}

#[tokio::test]
async fn trap_03_a_page_that_lost_its_links_is_no_end_for_who_reads_by_the_page() {
    let server = Server::start().await;
    server.on(FIRST, going_on(&server, [1], 2)).await;
    let bare = ResponseTemplate::new(200).set_body_string(groups([2]));
    server.on(&page_line(2), bare).await;
    let canvas = server.canvas();

    let first = canvas.send(ListMyGroups::new()).await.unwrap();
    let error = canvas.next_page(&first).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Pagination, 1));
}

#[tokio::test]
async fn trap_04_the_next_page_is_not_asked_for_at_another_server() {
    let (server, other) = (Server::start().await, Server::start().await);
    server.on(FIRST, going_on(&server, [1], 2)).await;
    let page = server.canvas().send(ListMyGroups::new()).await.unwrap();
    let error = other.canvas().next_page(&page).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
}

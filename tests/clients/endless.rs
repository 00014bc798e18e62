//! Lists without end, read by a program that reads one page in each run.

use canvas_groups::{CourseId, ErrorKind, groups::ListCourseGroups};

use crate::common::{
    host::{Host, kept},
    play::line,
};

/// A list of empty pages whose bookmarks name one page after the other, without end or in a circle
/// of so many.
async fn endless(circle: u32) -> Host {
    Host::start_as(
        move |address| {
            let address = address.to_owned();
            move |request: &str| {
                let target = line(request).split(' ').nth(1).unwrap();
                let page = target.split("page=bookmark:").nth(1);
                let page: u32 = page.map_or(0, |page| page.parse().unwrap());
                let next = (page + 1) % circle;
                let path = "api/v1/courses/7/groups";
                let link = format!(
                    "Link: <{address}/{path}?per_page=1&page=bookmark:{next}>; rel=\"next\""
                );
                let headers = ["Content-Type: application/json", link.as_str()];
                vec![kept("200 OK", &headers, "[]")]
            }
        },
        |_| false,
    )
    .await
}

/// Reads one page in each run, and returns how many there were until the list was found broken.
async fn pages_until_broken(host: &Host, most: u32) -> u32 {
    let request = ListCourseGroups::new(CourseId::new(7)).per_page(1);
    let canvas = host.canvas();
    let mut text: Option<String> = None;
    for run in 0..most {
        let list = match &text {
            None => canvas.stream(&request),
            Some(text) => canvas.stream_from(&request, &text.parse().unwrap()),
        };
        let mut pages = list.concurrency(1).pages();
        match pages.try_next().await {
            Ok(page) => text = Some(page.unwrap().next.unwrap().to_string()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
                return run;
            }
        }
    }
    panic!("the list went on for {most} pages");
}

#[tokio::test]
async fn a_list_without_end_is_noticed_by_who_reads_one_page_in_each_run() {
    for circle in [1, 2, 3, 7, 15] {
        let read = pages_until_broken(&endless(circle).await, 100).await;
        // The first page has no bookmark, so the circle begins with the second.
        assert!(read <= circle + 2, "{circle}: {read}");
    }
    assert_eq!(
        pages_until_broken(&endless(u32::MAX).await, 1100).await,
        1000
    );
}

//! Whole answers that say something else than they should.

use canvas_groups::{CategoryId, ErrorKind, RetryPolicy, csv::ExportGroups, groups::GetGroup};

use crate::{
    calls::{Again, Fault, GROUP, LONG, Verb, strike, strike_with},
    common::{
        play::{Play, answer},
        socket::Socket,
    },
};

fn unreadable(name: &'static str, headers: &[&str], body: impl AsRef<[u8]>) -> Fault {
    Fault {
        name,
        script: vec![Play::Hear, Play::Say(answer("200 OK", headers, body))],
        kind: ErrorKind::Decode,
        status: Some(200),
        again: Again::None,
        may_have_run: true,
    }
}

/// As `unreadable`, where a look at the ends of the body tells that it is no JSON.
fn garbled(name: &'static str, headers: &[&str], body: impl AsRef<[u8]>) -> Fault {
    Fault {
        again: Again::GetOnce,
        ..unreadable(name, headers, body)
    }
}

const HTML: &[&str] = &["content-type: text/html"];
const JSON: &[&str] = &["content-type: application/json"];
const PAGE: &str = "<!DOCTYPE html><html><title>Log in</title></html>";

#[tokio::test]
async fn a_success_that_is_another_than_it_should_be_is_an_error_and_not_asked_for_again() {
    let (open, shut) = ("[".repeat(100_000), "]".repeat(100_000));
    let deep = format!("{{\"id\":7,\"users\":{open}{shut}}}");
    let faults = [
        unreadable("null", JSON, "null"),
        unreadable("a text", JSON, "\"fine\""),
        unreadable("a list", JSON, "[{\"id\":7}]"),
        unreadable("two objects", JSON, "{\"id\":7}{\"id\":8}"),
        unreadable("no id", JSON, "{\"name\":\"x\"}"),
        unreadable("an id below zero", JSON, "{\"id\":-7}"),
        unreadable("an id above all", JSON, "{\"id\":99999999999999999999}"),
        unreadable("no UTF-8", JSON, b"{\"id\":7,\"name\":\"\xff\xfe\"}"),
        unreadable("half a character", JSON, r#"{"id":7,"name":"\ud800"}"#),
        unreadable("100,000 levels", JSON, deep),
    ];
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn a_success_that_is_no_json_at_all_is_an_error_and_read_once_more() {
    let wide = "{\"id\":7}".encode_utf16();
    let utf16: Vec<u8> = wide.flat_map(u16::to_le_bytes).collect();
    let faults = [
        garbled("a web page", HTML, PAGE),
        garbled("a web page that is called JSON", JSON, PAGE),
        garbled("white space", JSON, " \r\n"),
        garbled("half an object", JSON, "{\"id\":7,"),
        garbled("100,000 levels and no end", JSON, "[".repeat(100_000)),
        garbled("UTF-16", JSON, utf16),
        garbled(
            "another encoding",
            &["content-encoding: br"],
            "\u{b}{\"id\":7}",
        ),
    ];
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn a_length_that_is_too_small_cuts_the_answer_off() {
    let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{\"id\":7}".to_vec();
    let fault = Fault {
        script: vec![Play::Hear, Play::Say(bytes)],
        ..garbled("a length too small", JSON, "")
    };
    strike(&[fault], LONG).await;
}

#[tokio::test]
async fn a_read_that_got_a_web_page_gets_its_record_the_second_time() {
    let page = answer("200 OK", HTML, PAGE);
    let record = answer("200 OK", JSON, "{\"id\":7}");
    let socket = Socket::answering([page.clone(), record.clone()]).await;
    let group = socket.canvas().send(GetGroup::new(GROUP)).await.unwrap();
    assert_eq!(group.id, GROUP);
    assert_eq!(socket.heard().await.len(), 2);
    // Not where one attempt is all that is wanted.
    let socket = Socket::answering([page]).await;
    let canvas = socket.canvas().with_retry(RetryPolicy::never());
    let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1));
    assert!(error.to_string().contains("web page"), "{error}");
    assert_eq!(error.body(), Some(PAGE));
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn an_export_that_is_no_json_is_as_it_should_be() {
    let csv = "name,canvas_user_id,group_name\r\nAda,1,One\r\n";
    let socket = Socket::answering([answer("200 OK", &["content-type: text/csv"], csv)]).await;
    let rows = socket.canvas().send(ExportGroups::new(CategoryId::new(4)));
    assert_eq!(rows.await.unwrap().bytes(), csv.as_bytes());
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn a_success_that_says_nothing_is_an_error_where_a_record_is_due() {
    let fault = garbled("nothing", JSON, "");
    // A deletion has nothing to say.
    strike_with(&[Verb::Get, Verb::Put, Verb::Post], &[fault], LONG).await;
}

#[tokio::test]
async fn what_an_answer_calls_itself_does_not_matter() {
    for name in ["text/html", "text/plain", "image/png", "garbage", ""] {
        let header = format!("content-type: {name}");
        let socket = Socket::answering([answer("200 OK", &[&header], "{\"id\":7}")]).await;
        let group = socket.canvas().send(GetGroup::new(GROUP)).await.unwrap();
        assert_eq!(group.id, GROUP, "{name}");
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_to_where_it_came_from_is_not_followed() {
    let location = ["location: /api/v1/groups/7"];
    let faults = [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ]
    .map(|line| Fault {
        script: vec![Play::Hear, Play::Say(answer(line, &location, ""))],
        kind: ErrorKind::Redirect,
        status: Some(line[..3].parse().unwrap()),
        may_have_run: false,
        ..unreadable(line, &[], "")
    });
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn a_redirect_to_where_to_read_of_it_says_that_a_write_may_have_run() {
    let fault = Fault {
        script: vec![
            Play::Hear,
            Play::Say(answer("303 See Other", &["location: /api/v1/groups/7"], "")),
        ],
        kind: ErrorKind::Redirect,
        status: Some(303),
        may_have_run: true,
        ..unreadable("303", &[], "")
    };
    strike(&[fault], LONG).await;
}

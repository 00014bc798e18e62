//! Whole answers that say something else than they should.

use canvas_groups::{ErrorKind, groups::GetGroup};

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

#[tokio::test]
async fn a_success_that_cannot_be_read_is_an_error_and_not_asked_for_again() {
    let html = ["content-type: text/html"];
    let json = ["content-type: application/json"];
    let (open, shut) = ("[".repeat(100_000), "]".repeat(100_000));
    let deep = format!("{{\"id\":7,\"users\":{open}{shut}}}");
    let wide = "{\"id\":7}".encode_utf16();
    let utf16: Vec<u8> = wide.flat_map(u16::to_le_bytes).collect();
    let page = "<!DOCTYPE html><html><title>Log in</title></html>";
    let faults = [
        unreadable("a web page", &html, page),
        unreadable("a web page that is called JSON", &json, page),
        unreadable("white space", &json, " \r\n"),
        unreadable("null", &json, "null"),
        unreadable("a text", &json, "\"fine\""),
        unreadable("a list", &json, "[{\"id\":7}]"),
        unreadable("half an object", &json, "{\"id\":7,"),
        unreadable("two objects", &json, "{\"id\":7}{\"id\":8}"),
        unreadable("no id", &json, "{\"name\":\"x\"}"),
        unreadable("an id below zero", &json, "{\"id\":-7}"),
        unreadable("an id above all", &json, "{\"id\":99999999999999999999}"),
        unreadable("no UTF-8", &json, b"{\"id\":7,\"name\":\"\xff\xfe\"}"),
        unreadable("half a character", &json, r#"{"id":7,"name":"\ud800"}"#),
        unreadable("UTF-16", &json, utf16),
        unreadable("100,000 levels", &json, deep),
        unreadable(
            "another encoding",
            &["content-encoding: br"],
            "\u{b}{\"id\":7}",
        ),
    ];
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn a_success_that_says_nothing_is_an_error_where_a_record_is_due() {
    let fault = unreadable("nothing", &["content-type: application/json"], "");
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

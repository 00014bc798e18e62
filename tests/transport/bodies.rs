//! Bodies larger, deeper or other than they should be.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use canvas_groups::{
    Canvas, CategoryId, ErrorKind, GroupId, RetryPolicy,
    csv::ExportGroups,
    groups::{CreateGroup, GetGroup, ListMyGroups},
};
use flate2::{Compression, write::GzEncoder};

use crate::support::{Play, Server, Socket, answer, builder, groups, head, header, ok};

const GROUP: GroupId = GroupId::new(7);
const LIMIT: usize = 10_000;

fn bounded(address: &str) -> Canvas {
    builder(address).max_body(LIMIT).build().unwrap()
}

/// A group of exactly this many bytes.
fn group_of(bytes: usize) -> String {
    let shell = "{\"id\":7,\"name\":\"\"}".len();
    format!("{{\"id\":7,\"name\":\"{}\"}}", "x".repeat(bytes - shell))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(999) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

#[tokio::test]
async fn trap_27_a_body_of_just_the_limit_is_read_and_one_byte_more_is_not() {
    for (length, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
        let body = group_of(length);
        let zipped = gzip(body.as_bytes());
        let close = [b"HTTP/1.1 200 OK\r\n\r\n", body.as_bytes()].concat();
        for bytes in [
            answer("200 OK", &[], &body),
            chunked(body.as_bytes()),
            answer("200 OK", &["content-encoding: gzip"], zipped),
            close,
        ] {
            let socket = Socket::answering([bytes]).await;
            let outcome = bounded(&socket.address()).send(GetGroup::new(GROUP)).await;
            match outcome {
                Ok(group) => assert!(fits && group.name.len() > LIMIT - 100),
                Err(error) => {
                    assert!(!fits, "{error}");
                    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 1));
                    assert_eq!(error.status().unwrap(), 200);
                    assert!(
                        error.to_string().contains("10000")
                            && error.to_string().contains("max_body")
                    );
                }
            }
            assert_eq!(socket.heard().await.len(), 1);
        }
    }
}

#[tokio::test]
async fn trap_27_a_body_without_end_is_given_up() {
    let endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [&b"1000\r\n"[..], &[b' '; 0x1000], b"\r\n"].concat();
    let claimed = head("200 OK", &[], usize::MAX >> 2);
    for (start, more) in [(endless, chunk), (claimed, vec![b' '; 0x1000])] {
        let script = vec![Play::Hear, Play::Say(start), Play::Repeat(more)];
        let socket = Socket::start(vec![script]).await;
        let started = Instant::now();
        let error = bounded(&socket.address())
            .send(CreateGroup::new())
            .await
            .unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 1));
        assert!(error.outcome_unknown());
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_27_a_gzip_bomb_does_not_go_off() {
    let bomb = gzip(&vec![b' '; 8 << 20]);
    assert!(bomb.len() < LIMIT);
    for (line, kind) in [
        ("200 OK", ErrorKind::TooLarge),
        ("500 Internal Server Error", ErrorKind::Server),
    ] {
        let bytes = answer(line, &["content-encoding: gzip"], &bomb);
        let socket = Socket::answering([bytes]).await;
        let call = bounded(&socket.address()).send(CreateGroup::new());
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.body().unwrap_or_default().len() <= 2048);
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_27_a_broken_archive_is_an_error() {
    let whole = gzip(b"{\"id\":7}");
    for broken in [&whole[..whole.len() - 9], b"not gzip at all", &whole[..5]] {
        let bytes = answer("200 OK", &["content-encoding: gzip"], broken);
        let socket = Socket::answering([bytes]).await;
        let error = socket.canvas().send(CreateGroup::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
        assert!(error.outcome_unknown());
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn a_body_of_several_archives_is_read_whole() {
    let list = groups(1..=50);
    let csv = format!("name,canvas_user_id\r\n{}", "Ada,1\r\n".repeat(2_000));
    for (members, name) in [
        (1, "gzip"),
        (2, "gzip"),
        (7, "GZIP"),
        (3, "x-gzip"),
        (2, "X-Gzip"),
    ] {
        let packed = |text: &str| -> Vec<u8> {
            let pieces = text.as_bytes().chunks(text.len().div_ceil(members));
            pieces.flat_map(gzip).collect()
        };
        let headers = [&*format!("content-encoding: {name}")];
        let bytes = [
            answer("200 OK", &headers, packed(&list)),
            answer("200 OK", &headers, packed(&csv)),
            answer(
                "404 Not Found",
                &headers,
                packed("{\"message\":\"it is gone\"}"),
            ),
        ];
        let socket = Socket::answering(bytes).await;
        let canvas = socket.canvas();
        let page = canvas.send(ListMyGroups::new()).await.unwrap();
        assert_eq!(page.items.len(), 50);
        let export = canvas
            .send(ExportGroups::new(CategoryId::new(4)))
            .await
            .unwrap();
        assert_eq!(export.bytes(), csv.as_bytes());
        let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
        assert!(error.to_string().contains("it is gone"), "{error}");
        for request in socket.heard().await {
            assert_eq!(header(&request, "accept-encoding"), ["gzip"]);
        }
    }
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_named() {
    let twice = gzip(&gzip(b"[]"));
    let cases: [(&[&str], &str, &[u8]); 9] = [
        (&["br"], "br", b"\x0b\x01\x80[]\x03"),
        (&["zstd"], "zstd", b"\x28\xb5\x2f\xfd\x20\x02"),
        (&["deflate"], "deflate", b"\x78\x9c\x8b\x8e\x05"),
        (&["compress"], "compress", b"\x1f\x9d\x90"),
        (&["dcb"], "dcb", b"[]"),
        (&["utf-8"], "utf-8", b"[]"),
        (&["gzip, gzip"], "gzip, gzip", &twice),
        (&["gzip", "br"], "gzip, br", &twice),
        (&["odd\u{202e}"], "odd", b"[]"),
    ];
    for (values, name, body) in cases {
        let headers: Vec<_> = values
            .iter()
            .map(|it| format!("content-encoding: {it}"))
            .collect();
        let headers: Vec<_> = headers.iter().map(|header| &**header).collect();
        let socket = Socket::answering(vec![answer("200 OK", &headers, body); 4]).await;
        let canvas = socket.canvas().with_retry(RetryPolicy::never());
        let errors = [
            canvas.send(ListMyGroups::new()).await.unwrap_err(),
            canvas
                .stream(ListMyGroups::new())
                .try_collect::<Vec<_>>()
                .await
                .unwrap_err(),
            canvas
                .send(ExportGroups::new(CategoryId::new(4)))
                .await
                .unwrap_err(),
            canvas.send(CreateGroup::new()).await.unwrap_err(),
        ];
        for (at, error) in errors.iter().enumerate() {
            assert_eq!(error.kind(), ErrorKind::Decode, "{name}: {error}");
            assert!(
                error.to_string().contains(&format!("encoding `{name}`")),
                "{error}"
            );
            assert_eq!(error.outcome_unknown(), at == 3, "{error}");
        }
        assert_eq!(socket.heard().await.len(), 4);
    }
    // A failure keeps its status, and nothing has no encoding.
    let headers = ["content-encoding: br"];
    let bytes = [
        answer("403 Forbidden", &headers, b"\x0b\x01\x80[]\x03"),
        answer("204 No Content", &headers, b""),
    ];
    let socket = Socket::answering(bytes).await;
    let error = socket
        .canvas()
        .send(GetGroup::new(GROUP))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::Forbidden, None));
    let leave = canvas_groups::memberships::RemoveUser::new(GROUP, canvas_groups::UserId::new(1));
    socket.canvas().send(leave).await.unwrap();
    assert_eq!(socket.heard().await.len(), 2);
}

#[tokio::test]
async fn trap_27_json_of_any_depth_is_an_error_at_most() {
    let deep = "[".repeat(100_000);
    let closed = format!("{deep}{}", "]".repeat(100_000));
    let objects = "{\"id\":".repeat(100_000);
    let typed = format!("{{\"id\":7,\"users\":[{{\"id\":1,\"sections\":{closed}}}]}}");
    for body in [&deep, &closed, &objects, &typed] {
        let server = Server::start().await;
        server.on("GET /api/v1/groups/7", ok(body)).await;
        server
            .on("GET /api/v1/users/self/groups?per_page=100", ok(body))
            .await;
        server
            .on("POST /api/v1/groups", crate::support::status(400, body))
            .await;
        let canvas = server.canvas().with_retry(RetryPolicy::never());
        let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().len() < 1_000, "{error}");
        let error = canvas
            .stream(ListMyGroups::new())
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let error = canvas.send(CreateGroup::new()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status().unwrap().as_u16()),
            (ErrorKind::Invalid, 400)
        );
        assert!(error.to_string().len() < 1_000);
    }
    // What nobody asked for is skipped, however deep.
    let server = Server::start().await;
    let body = format!("{{\"id\":7,\"unknown\":{closed}}}");
    server.on("GET /api/v1/groups/7", ok(body)).await;
    assert_eq!(
        server.canvas().send(GetGroup::new(GROUP)).await.unwrap().id,
        GROUP
    );
}

#[tokio::test]
async fn a_failure_keeps_a_bounded_part_of_its_body() {
    for filler in ["x", "ü", "\0", "\u{1b}[31m"] {
        let server = Server::start().await;
        let body = filler.repeat(200_000);
        server
            .on("POST /api/v1/groups", crate::support::status(502, body))
            .await;
        let error = server.canvas().send(CreateGroup::new()).await.unwrap_err();
        assert_eq!(error.status().unwrap(), 502);
        assert!((2_000..=2_052).contains(&error.body().unwrap().len()));
        let line = error.to_string();
        assert!(line.len() < 1_000 && !line.contains(['\n', '\0', '\u{1b}']));
    }
}

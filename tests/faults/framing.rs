//! Answers that break the rules of HTTP.

use std::{io::Write, time::Duration};

use canvas_groups::{ErrorKind, GroupId, groups::GetGroup};
use flate2::{Compression, write::GzEncoder};

use crate::{
    calls::{Again, Fault, GROUP, LONG, strike},
    common::{
        play::{Play, answer},
        socket::Socket,
    },
};

fn fault(name: &'static str, bytes: impl Into<Vec<u8>>, status: Option<u16>) -> Fault {
    Fault {
        name,
        script: vec![Play::Hear, Play::Say(bytes.into())],
        kind: ErrorKind::Interrupted,
        status,
        again: Again::AllButPost,
        may_have_run: true,
    }
}

/// A fault that shows before there is a status.
fn early(name: &'static str, bytes: impl Into<Vec<u8>>) -> Fault {
    fault(name, bytes, None)
}

fn headers(name: &'static str, headers: &str) -> Fault {
    early(
        name,
        format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{{\"id\":7}}"),
    )
}

fn chunks(name: &'static str, chunks: &str) -> Fault {
    let start = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    fault(name, format!("{start}{chunks}"), Some(200))
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    let many = vec!["x: y"; 500].join("\r\n");
    let long = format!("x: {}", "y".repeat(1 << 20));
    let faults = [
        early("another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        early("bytes of any kind", vec![0xff; 4096]),
        early("another version", "HTTP/9.9 200 OK\r\n\r\n{}"),
        early("no status", "HTTP/1.1 OK\r\n\r\n{}"),
        early("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n{}"),
        early("a status below all", "HTTP/1.1 099 OK\r\n\r\n{}"),
        headers("a header without a colon", "oops"),
        headers("a nul in a header", "x: a\0b"),
        headers("too many headers", &many),
        headers("a header of a megabyte", &long),
        headers("a length that is no number", "content-length: eight"),
        headers("a length below zero", "content-length: -8"),
        headers("two lengths", "content-length: 8\r\ncontent-length: 9"),
        headers("a length above all", "content-length: 99999999999999999999"),
    ];
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn broken_chunks_are_no_answer() {
    let faults = [
        chunks("a size that is no number", "zz\r\n{\"id\":7}\r\n0\r\n\r\n"),
        chunks(
            "a size above all",
            "fffffffffffffffff\r\n{\"id\":7}\r\n0\r\n\r\n",
        ),
        chunks("a size below zero", "-8\r\n{\"id\":7}\r\n0\r\n\r\n"),
        chunks(
            "a chunk longer than its size",
            "2\r\n{\"id\":7}\r\n0\r\n\r\n",
        ),
        chunks("no chunks at all", "{\"id\":7}\n"),
    ];
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn broken_archives_are_no_answer() {
    let whole = gzip(b"{\"id\":7}");
    let mut damaged = whole.clone();
    damaged[12] ^= 0xff;
    let packed = |name, body: &[u8]| {
        let bytes = answer("200 OK", &["content-encoding: gzip"], body);
        fault(name, bytes, Some(200))
    };
    let faults = [
        packed("no archive", b"{\"id\":7}"),
        packed("half an archive", &whole[..whole.len() / 2]),
        packed(
            "an archive without its check sum",
            &whole[..whole.len() - 8],
        ),
        packed("a damaged archive", &damaged),
    ];
    strike(&faults, LONG).await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn promises_of_an_answer_without_end_end_at_the_time_limit() {
    let promise = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
    let fault = Fault {
        script: vec![Play::Hear, Play::Repeat(promise)],
        kind: ErrorKind::Timeout,
        ..early("promises", "")
    };
    strike(&[fault], Duration::from_millis(200)).await;
}

#[tokio::test]
async fn what_follows_an_answer_is_not_taken_for_the_next_one() {
    let first = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"id\":7}".to_vec();
    let smuggled = [first, answer("200 OK", &[], "{\"id\":66}")].concat();
    for pause in [Duration::ZERO, Duration::from_millis(20)] {
        for round in 0..8 {
            let liar = vec![Play::Hear, Play::Say(smuggled.clone()), Play::Stall];
            let honest = vec![Play::Hear, Play::Say(answer("200 OK", &[], "{\"id\":8}"))];
            let socket = Socket::start(vec![liar, honest]).await;
            let canvas = socket.canvas();
            let group = canvas.send(GetGroup::new(GROUP)).await.unwrap();
            assert_eq!(group.id, GROUP);
            tokio::time::sleep(pause).await;
            let other = GroupId::new(8);
            let group = canvas.send(GetGroup::new(other)).await.unwrap();
            assert_eq!(group.id, other, "round {round} after {pause:?}");
            assert_eq!(socket.heard().await.len(), 2);
        }
    }
}

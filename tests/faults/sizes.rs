//! Answers far larger than memory, plain and packed.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use canvas_groups::ErrorKind;
use flate2::{Compression, write::GzEncoder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};

use crate::{
    calls::{SOON, VERBS},
    common::client::builder,
};

const LIMIT: usize = 1 << 20;
const HUGE: u64 = 10 << 30;

/// Answers every connection with a head, and then with the same bytes until the client has enough
/// or the length is reached. Gives back its address and the count of the bytes written.
async fn endless(head: String, piece: Vec<u8>) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let written = Arc::new(AtomicU64::new(0));
    let count = written.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(head.as_bytes()).await;
            let mut left = HUGE;
            while left > 0 && stream.write_all(&piece).await.is_ok() {
                count.fetch_add(piece.len() as u64, Ordering::SeqCst);
                left = left.saturating_sub(piece.len() as u64);
            }
        }
    });
    (address, written)
}

/// The most address space that this process ever had, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmPeak:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

async fn is_cut_off(head: &str, piece: Vec<u8>, most: u64) {
    let before = peak();
    let (address, written) = endless(format!("HTTP/1.1 200 OK\r\n{head}"), piece).await;
    let canvas = builder(&address).max_body(LIMIT).build().unwrap();
    for verb in VERBS {
        let from = written.load(Ordering::SeqCst);
        let outcome = timeout(SOON, verb.send(&canvas, "x")).await;
        let error = outcome.expect("it ends").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{verb:?}: {error}");
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(error.attempts(), 1, "{verb:?}");
        assert_eq!(error.outcome_unknown(), verb.is_write(), "{verb:?}");
        let sent = written.load(Ordering::SeqCst) - from;
        assert!(sent < most, "{verb:?} took {sent} bytes");
    }
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < HUGE / 4, "{} bytes more", after - before);
    }
}

/// What the sockets' buffers may hold besides what is read.
const IN_FLIGHT: u64 = 32 << 20;

#[tokio::test]
async fn ten_gibibytes_are_cut_off_at_the_limit() {
    let head = format!("content-length: {HUGE}\r\n\r\n");
    is_cut_off(&head, vec![b' '; 1 << 16], LIMIT as u64 + IN_FLIGHT).await;
    is_cut_off(
        "connection: close\r\n\r\n",
        vec![b'['; 1 << 16],
        LIMIT as u64 + IN_FLIGHT,
    )
    .await;
}

#[tokio::test]
async fn a_chunk_of_ten_gibibytes_is_cut_off_at_the_limit() {
    // The size of the only chunk stands at the end of the head.
    let head = format!("transfer-encoding: chunked\r\n\r\n{HUGE:x}\r\n");
    is_cut_off(&head, vec![b' '; 1 << 16], LIMIT as u64 + IN_FLIGHT).await;
}

#[tokio::test]
async fn a_bomb_of_gzip_without_end_is_cut_off_at_the_limit() {
    // 16 MiB of blanks a piece: the limit is met within the first one.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 16 << 20]).unwrap();
    let piece = encoder.finish().unwrap();
    assert!(piece.len() < LIMIT / 16);
    let head = format!("content-encoding: gzip\r\ncontent-length: {HUGE}\r\n\r\n");
    is_cut_off(&head, piece, IN_FLIGHT).await;
}

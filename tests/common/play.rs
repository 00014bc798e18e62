//! What a server of these tests can do on a connection, and how its answers are written.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

/// What a server does next.
#[derive(Clone)]
pub(crate) enum Play {
    /// Reads a whole request and notes it.
    Hear,
    /// Writes bytes.
    Say(Vec<u8>),
    /// Lets time pass.
    Pause(Duration),
    /// Writes one byte of it after the other, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Writes the same over and over until the client has enough.
    Repeat(Vec<u8>),
    /// Does nothing until the client hangs up.
    Stall,
    /// Breaks the connection off.
    Reset,
    /// Closes the connection as if all were said.
    Close,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Going,
    /// The client hung up, or is to be left alone.
    Over,
}

impl Play {
    /// Does it. What was heard, and what nobody asked for, goes to `note`.
    pub(crate) async fn perform(
        self,
        stream: &mut TcpStream,
        buffer: &mut Vec<u8>,
        note: &(dyn Fn(String) + Sync),
    ) -> Next {
        // A client that hung up is a matter for the assertions on what it got.
        let _ = match self {
            Self::Hear => {
                if let Some(request) = hear(stream, buffer).await {
                    note(request);
                }
                Ok(())
            }
            Self::Say(bytes) => stream.write_all(&bytes).await,
            Self::Pause(time) => {
                sleep(time).await;
                Ok(())
            }
            Self::Drip(bytes, pause) => drip(stream, &bytes, pause).await,
            Self::Repeat(bytes) => loop {
                if stream.write_all(&bytes).await.is_err() {
                    break Ok(());
                }
            },
            Self::Stall => {
                note_rest(stream, note).await;
                Ok(())
            }
            Self::Reset => {
                stream.set_zero_linger().unwrap();
                return Next::Over;
            }
            Self::Close => {
                let _ = stream.shutdown().await;
                return Next::Over;
            }
        };
        Next::Going
    }
}

/// A request with its head and body, as text; nothing if the client hung up.
pub(crate) async fn hear(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let end = head + 4 + length.map_or(0, |length| length.parse().unwrap());
            if buffer.len() >= end {
                let request: Vec<u8> = buffer.drain(..end).collect();
                return Some(String::from_utf8(request).unwrap());
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes {
        sleep(pause).await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// Waits until the client hangs up, and notes whatever else it says.
pub(crate) async fn note_rest(stream: &mut TcpStream, note: &(dyn Fn(String) + Sync)) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    if !rest.is_empty() {
        let rest = String::from_utf8_lossy(&rest).into_owned();
        note(format!("unexpected: {rest}"));
    }
}

/// An answer with its exact length, after which the connection ends.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = head(status, headers, body.len());
    bytes.extend_from_slice(body);
    bytes
}

/// The head of an answer whose body should have a length.
pub(crate) fn head(status: &str, headers: &[&str], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    head.push_str(&format!("content-length: {length}\r\n\r\n"));
    head.into_bytes()
}

/// The request line of what a socket heard.
pub(crate) fn line(request: &str) -> &str {
    request
        .lines()
        .next()
        .unwrap()
        .strip_suffix(" HTTP/1.1")
        .unwrap()
}

/// The values of a header in what a socket heard.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    let lines = request.lines().take_while(|line| !line.is_empty());
    let fields = lines.filter_map(|line| line.split_once(": "));
    fields
        .filter(|(have, _)| have.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}

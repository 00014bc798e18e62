//! As much HTTP as a login on one's own machine takes.

use std::io::{Error, Result};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// More than the address of a callback takes.
const MAX_HEAD: usize = 16 * 1024;

/// What a browser asks for.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// The host and port that the browser believes to talk to.
    pub(crate) host: String,
}

/// Reads a request without a body.
pub(crate) async fn read(stream: &mut TcpStream) -> Result<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        // The end may be split between two chunks.
        let from = bytes.len().saturating_sub(3);
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > MAX_HEAD {
            return Err(Error::other("no whole request"));
        }
        let end = bytes[from..].windows(4).position(|it| it == b"\r\n\r\n");
        if let Some(end) = end {
            break String::from_utf8_lossy(&bytes[..from + end]).into_owned();
        }
    };
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    Ok(Request {
        method: word(),
        target: word(),
        host: header(lines, "host").unwrap_or_default().to_owned(),
    })
}

/// Answers and hangs up.
pub(crate) async fn answer(stream: &mut TcpStream, status: &str, body: &str) -> Result<()> {
    let length = body.len();
    // The address of the page holds a code: nobody is to keep it, or to be told of it.
    let headers = "content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n\
                   referrer-policy: no-referrer\r\nconnection: close";
    let answer =
        format!("HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Plays a browser: opens an address, and the one that it is sent on to.
pub(crate) async fn browse(url: Url) -> Result<()> {
    let answer = get(&url).await?;
    let location = header(answer.lines(), "location").ok_or_else(|| Error::other("not sent on"))?;
    get(&Url::parse(location).map_err(Error::other)?)
        .await
        .map(drop)
}

/// Opens an address.
pub(crate) async fn get(url: &Url) -> Result<String> {
    let address = url.socket_addrs(|| None)?;
    let mut stream = TcpStream::connect(&*address).await?;
    let (path, query, host) = (url.path(), url.query().unwrap_or_default(), url.authority());
    let headers = format!("host: {host}\r\nuser-agent: browser\r\nconnection: close");
    let request = format!("GET {path}?{query} HTTP/1.1\r\n{headers}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn header<'a>(lines: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

//! As much HTTP as a login on one's own machine takes.

use std::io::{Error, Result};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// A request that came in.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Reads one request of at most 64 KiB.
pub(crate) async fn read(stream: &mut TcpStream) -> Result<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|value| value.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let mut line = head.split(' ');
                return Ok(Request {
                    method: line.next().unwrap_or_default().to_owned(),
                    target: line.next().unwrap_or_default().to_owned(),
                    head: head.to_owned(),
                    body: body.to_owned(),
                });
            }
        }
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await?;
        if count == 0 || bytes.len() > 64 * 1024 {
            return Err(Error::other("no whole request"));
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
}

/// The value of a header.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

/// Answers and hangs up. `headers` end with a line break each.
pub(crate) async fn answer(
    stream: &mut TcpStream,
    status: &str,
    headers: &str,
    body: &str,
) -> Result<()> {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Plays a browser: opens an address, and the one that it is sent on to.
pub(crate) async fn browse(url: Url) -> Result<()> {
    let answer = get(&url).await?;
    let location = header(&answer, "location").ok_or_else(|| Error::other("not sent on"))?;
    get(&Url::parse(location).map_err(Error::other)?)
        .await
        .map(drop)
}

async fn get(url: &Url) -> Result<String> {
    let address = url.socket_addrs(|| None)?;
    let mut stream = TcpStream::connect(&*address).await?;
    let (path, query) = (url.path(), url.query().unwrap_or_default());
    let request = format!("GET {path}?{query} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

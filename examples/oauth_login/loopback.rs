//! As much HTTP as a login on one's own machine takes.

use std::io::{Error, Result};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// Reads a request without a body, of at most 64 KiB, and gives its target: path and query.
pub(crate) async fn read(stream: &mut TcpStream) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let target = head.split(' ').nth(1);
            return Ok(target.unwrap_or_default().to_owned());
        }
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await?;
        if count == 0 || bytes.len() > 64 * 1024 {
            return Err(Error::other("no whole request"));
        }
        bytes.extend_from_slice(&chunk[..count]);
    }
}

/// Answers and hangs up.
pub(crate) async fn answer(stream: &mut TcpStream, status: &str, body: &str) -> Result<()> {
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Plays a browser: opens an address, and the one that it is sent on to.
pub(crate) async fn browse(url: Url) -> Result<()> {
    let answer = get(&url).await?;
    let location = location(&answer).ok_or_else(|| Error::other("not sent on"))?;
    get(&Url::parse(location).map_err(Error::other)?)
        .await
        .map(drop)
}

async fn get(url: &Url) -> Result<String> {
    let address = url.socket_addrs(|| None)?;
    let mut stream = TcpStream::connect(&*address).await?;
    let (path, query) = (url.path(), url.query().unwrap_or_default());
    let headers = "host: localhost\r\nuser-agent: browser\r\nconnection: close";
    let request = format!("GET {path}?{query} HTTP/1.1\r\n{headers}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Where an answer sends the browser on to.
fn location(answer: &str) -> Option<&str> {
    let mut lines = answer.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    Some(value.trim())
}

//! Canvas and its store, on loopback, for the three steps of an upload. Contents are counted, not
//! kept, so that the memory of this process tells of the client.

use std::{
    collections::BTreeMap,
    io::{Error, Result},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_buf, sink},
    net::{TcpListener, TcpStream},
};

/// The token that the stand-in takes.
pub(crate) const TOKEN: &str = "stand-in-token";

/// The group that there is.
pub(crate) const GROUP: u64 = 17;

/// The files, by id.
type Files = Arc<Mutex<BTreeMap<u64, File>>>;

struct File {
    name: Value,
    received: Option<u64>,
    is_confirmed: bool,
}

/// Starts the server and returns its address.
pub(crate) async fn start() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (own, files) = (url.clone(), Files::default());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (own, files) = (own.clone(), files.clone());
            tokio::spawn(async move { serve(socket, &own, &files).await });
        }
    });
    Ok(url)
}

async fn serve(socket: TcpStream, url: &str, files: &Files) -> Result<()> {
    let mut socket = BufReader::with_capacity(64 * 1024, socket);
    let request = Request::read(&mut socket).await?;
    let answer = request.answer(&mut socket, url, files).await?;
    let body = answer.body.to_string();
    let location = answer.location.map(|to| format!("location: {to}\r\n"));
    let head = format!(
        "HTTP/1.1 {}\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
        answer.status,
        location.unwrap_or_default(),
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).await?;
    socket.shutdown().await
}

struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
}

struct Answer {
    status: &'static str,
    location: Option<String>,
    body: Value,
}

impl Request {
    async fn read(socket: &mut BufReader<TcpStream>) -> Result<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            socket.read_line(&mut line).await?;
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        let mut words = first.split(' ').map(str::to_owned);
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Ok(Self {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            headers: headers.collect(),
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// How long the body is.
    fn length(&self) -> u64 {
        let length = self.header("content-length");
        length.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    async fn answer(
        &self,
        socket: &mut BufReader<TcpStream>,
        url: &str,
        files: &Files,
    ) -> Result<Answer> {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let id = |text: &str| text.parse().unwrap_or_default();
        if let ("POST", ["store", file]) = (self.method.as_str(), &segments[..]) {
            let received = self.receive(socket).await?;
            return Ok(store(
                files,
                id(file),
                received,
                self.header("authorization"),
                url,
            ));
        }
        let mut body = vec![0; self.length().min(64 * 1024) as usize];
        socket.read_exact(&mut body).await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let is_known = self.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        Ok(match (self.method.as_str(), &segments[..]) {
            _ if !is_known => refusal("401 Unauthorized", "Invalid access token."),
            ("POST", ["api", "v1", "groups", group, "files"]) if id(group) == GROUP => {
                announce(files, &body, url)
            }
            ("GET", ["api", "v1", "files", file, "create_success"])
                if query == format!("uuid=u{file}") =>
            {
                confirm(files, id(file))
            }
            _ => refusal("404 Not Found", "The specified resource does not exist."),
        })
    }

    /// Reads a form; how long the file in it is, which is its last part.
    async fn receive(&self, socket: &mut BufReader<TcpStream>) -> Result<u64> {
        let content_type = self.header("content-type").unwrap_or_default();
        let (_, boundary) = content_type.split_once("boundary=").unwrap_or_default();
        let end = format!("\r\n--{}--\r\n", boundary.trim_matches('"')).len() as u64;
        let mut form = socket.take(self.length());
        let (mut head, mut is_file) = (0, false);
        loop {
            let mut line = Vec::new();
            head += form.read_until(b'\n', &mut line).await? as u64;
            is_file |= line.windows(9).any(|window| window == b"filename=");
            match &line[..] {
                b"" => return Err(Error::other("the form has no file")),
                b"\r\n" if is_file => break,
                _ => {}
            }
        }
        let rest = copy_buf(&mut form, &mut sink()).await?;
        if head + rest < self.length() {
            return Err(Error::other("the form ends early"));
        }
        Ok(rest.saturating_sub(end))
    }
}

/// The first step: a file is announced, and told where to go.
fn announce(files: &Files, body: &Value, url: &str) -> Answer {
    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
    let id = files.len() as u64 + 1;
    let file = File {
        name: body["name"].clone(),
        received: None,
        is_confirmed: false,
    };
    files.insert(id, file);
    ok(json!({
        "upload_url": format!("{url}/store/{id}"),
        "upload_params": { "key": format!("groups/{GROUP}/{id}") },
        "file_param": "file",
    }))
}

/// The second step, at the store, which must not see the token.
fn store(files: &Files, id: u64, received: u64, token: Option<&str>, url: &str) -> Answer {
    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
    match files.get_mut(&id) {
        Some(file) if token.is_none() => {
            file.received = Some(received);
            Answer {
                status: "303 See Other",
                location: Some(format!("{url}/api/v1/files/{id}/create_success?uuid=u{id}")),
                body: Value::Null,
            }
        }
        _ => refusal("400 Bad Request", "The store does not take this."),
    }
}

/// The third step: the file becomes visible, once.
fn confirm(files: &Files, id: u64) -> Answer {
    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
    match files.get_mut(&id) {
        Some(file) if file.received.is_some() && !file.is_confirmed => {
            file.is_confirmed = true;
            ok(json!({
                "id": id,
                "display_name": file.name,
                "filename": file.name,
                "size": file.received,
                "upload_status": "success",
            }))
        }
        _ => refusal("400 Bad Request", "There is nothing to confirm."),
    }
}

fn ok(body: Value) -> Answer {
    Answer {
        status: "200 OK",
        body,
        location: None,
    }
}

fn refusal(status: &'static str, message: &str) -> Answer {
    Answer {
        status,
        body: json!({ "errors": [{ "message": message }] }),
        location: None,
    }
}

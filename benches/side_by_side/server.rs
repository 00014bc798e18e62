//! A small HTTP server with little cost of its own, and what it plays.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server plays.
pub(crate) enum Play {
    /// So many users, 100 a page, each page after a wait.
    Users { total: usize, wait: Duration },
    /// One small group.
    Group,
    /// Writes through Canvas's leaky bucket.
    Bucket(Bucket),
}

/// The bucket by the server's own rules, and a count of each write that ran.
pub(crate) struct Bucket {
    pub(crate) mark: f64,
    pub(crate) cost: f64,
    pub(crate) work: Duration,
    level: Mutex<(f64, Instant)>,
    pub(crate) refused: AtomicU64,
    /// How often each write ran, by its name.
    pub(crate) ran: Mutex<HashMap<String, u32>>,
}

impl Bucket {
    pub(crate) fn new(mark: f64, cost: f64, work: Duration) -> Self {
        Self {
            mark,
            cost,
            work,
            level: Mutex::new((0.0, Instant::now())),
            refused: AtomicU64::new(0),
            ran: Mutex::default(),
        }
    }

    /// Changes the level after what leaked; gives back what remains.
    fn add(&self, units: f64, unless_full: bool) -> Result<f64, f64> {
        let mut level = self.level.lock().unwrap();
        let leaked = level.1.elapsed().as_secs_f64() * 10.0;
        let now = (level.0 - leaked).max(0.0);
        *level = (now, Instant::now());
        if unless_full && now + units >= self.mark {
            return Err(self.mark - now);
        }
        level.0 = (now + units).clamp(0.0, 800.0);
        Ok(self.mark - level.0)
    }
}

/// Serves until the process ends; gives back the address.
pub(crate) fn start(play: Arc<Play>) -> String {
    listen("http", move |stream, url| {
        tokio::spawn(serve(stream, play.clone(), url.to_owned()));
    })
}

/// Hands each connection to `take`, with the address, until the process ends; gives back the address.
pub(crate) fn listen(
    scheme: &'static str,
    take: impl Fn(TcpStream, &str) + Send + 'static,
) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("{scheme}://{}", listener.local_addr().unwrap());
            send.send(url.clone()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                take(stream, &url);
            }
        });
    });
    receive.recv().unwrap()
}

async fn serve(mut stream: TcpStream, play: Arc<Play>, url: String) {
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(read) => buffer.extend_from_slice(&chunk[..read]),
            }
        };
        let text = String::from_utf8_lossy(&buffer[..head]).into_owned();
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = head + length.unwrap_or(0);
        while buffer.len() < whole {
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(read) => buffer.extend_from_slice(&chunk[..read]),
            }
        }
        let body = String::from_utf8_lossy(&buffer[head..whole]).into_owned();
        buffer.drain(..whole);
        let target = text.split(' ').nth(1).unwrap_or_default();
        let answer = play.answer(&url, target, &body).await;
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Play {
    pub(crate) async fn answer(&self, url: &str, target: &str, body: &str) -> String {
        match self {
            Self::Users { total, wait } => {
                if !wait.is_zero() {
                    tokio::time::sleep(*wait).await;
                }
                users(url, target, *total)
            }
            Self::Group => ok("", include_str!("../../fixtures/canvas/groups/group.json")),
            Self::Bucket(bucket) => bucket.write(body).await,
        }
    }
}

/// The status, headers and body of an answer, without the length.
#[cfg(feature = "http2")]
pub(crate) fn split(answer: &str) -> (u16, Vec<(&str, &str)>, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.filter(|(name, _)| *name != "content-length");
    (status.parse().unwrap(), headers.collect(), body)
}

fn ok(headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn users(url: &str, target: &str, total: usize) -> String {
    let page = target
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("page="));
    let page: usize = page.map_or(1, |number| number.parse().unwrap());
    let last = total.div_ceil(100);
    let link = |page, rel| {
        format!("<{url}/api/v1/groups/1/users?page={page}&per_page=100>; rel=\"{rel}\"")
    };
    let mut links = vec![link(page, "current")];
    if page < last {
        links.push(link(page + 1, "next"));
    }
    links.push(link(last, "last"));
    let first = (page - 1) * 100;
    let users: Vec<String> = (first..(first + 100).min(total)).map(user).collect();
    ok(
        &format!(
            "link: {}\r\nx-rate-limit-remaining: 600.0\r\n",
            links.join(",")
        ),
        &format!("[{}]", users.join(",")),
    )
}

fn user(id: usize) -> String {
    format!(
        r#"{{"id":{id},"name":"Student Number {id}","created_at":"2025-08-01T09:00:00Z","sortable_name":"{id}, Student Number","short_name":"Student {id}","sis_user_id":"S{id:07}","integration_id":null,"sis_import_id":18,"login_id":"student{id}@school.example.edu"}}"#
    )
}

impl Bucket {
    async fn write(&self, body: &str) -> String {
        if let Err(remaining) = self.add(50.0, true) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let text = "429 Too Many Requests (Rate Limit Exceeded)\n";
            return format!(
                "HTTP/1.1 429 Too Many Requests\r\ncontent-type: text/plain\r\nx-rate-limit-remaining: {remaining}\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
        }
        tokio::time::sleep(self.work).await;
        *self.ran.lock().unwrap().entry(body.to_owned()).or_default() += 1;
        let remaining = self.add(self.cost - 50.0, false).unwrap_or_default();
        let headers = format!(
            "x-request-cost: {}\r\nx-rate-limit-remaining: {remaining}\r\n",
            self.cost
        );
        ok(&headers, r#"{"id":1}"#)
    }
}

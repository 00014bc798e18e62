//! A server that keeps its connections, and decides on each request what to do with it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use canvas_groups::Canvas;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::{
    client::builder,
    play::{Next, Play, hear},
};

/// What is done with a request, by its text.
type React = dyn Fn(&str) -> Vec<Play> + Send + Sync;

/// Hears one request after the other on each connection. A reaction that ends in `Play::Reset`,
/// `Play::Close` or `Play::Stall` ends the connection; after any other one it is kept.
pub(crate) struct Host {
    address: SocketAddr,
    counts: Arc<Counts>,
    serving: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    accepted: AtomicUsize,
}

impl Host {
    pub(crate) async fn start(react: impl Fn(&str) -> Vec<Play> + Send + Sync + 'static) -> Self {
        Self::start_as(|_| react, |_| false).await
    }

    /// As `start`, for reactions that name the host's own address. Connections for whose number
    /// `slams` holds are reset before anything is heard.
    pub(crate) async fn start_as<R>(
        react: impl FnOnce(&str) -> R,
        slams: impl Fn(usize) -> bool + Send + 'static,
    ) -> Self
    where
        R: Fn(&str) -> Vec<Play> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let react: Arc<React> = Arc::new(react(&format!("http://{address}")));
        let counts = Arc::<Counts>::default();
        let serving = tokio::spawn({
            let counts = counts.clone();
            async move {
                let mut talks = JoinSet::new();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let number = counts.accepted.fetch_add(1, Ordering::SeqCst);
                    if slams(number) {
                        stream.set_zero_linger().unwrap();
                        continue;
                    }
                    stream.set_nodelay(true).unwrap();
                    talks.spawn(talk(stream, react.clone(), Open::of(&counts)));
                    while talks.try_join_next().is_some() {}
                }
            }
        });
        Self {
            address,
            counts,
            serving,
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn canvas(&self) -> Canvas {
        builder(&self.address()).build().unwrap()
    }

    /// How many connections are open now.
    pub(crate) fn open(&self) -> usize {
        self.counts.open.load(Ordering::SeqCst)
    }

    /// How many there were in all.
    pub(crate) fn accepted(&self) -> usize {
        self.counts.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A connection in the count of the open ones.
struct Open(Arc<Counts>);

impl Open {
    fn of(counts: &Arc<Counts>) -> Self {
        counts.open.fetch_add(1, Ordering::SeqCst);
        Self(counts.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn talk(mut stream: TcpStream, react: Arc<React>, _open: Open) {
    let mut buffer = Vec::new();
    while let Some(request) = hear(&mut stream, &mut buffer).await {
        for step in react(&request) {
            let is_last = matches!(step, Play::Stall);
            let next = step.perform(&mut stream, &mut buffer, &|_| {}).await;
            if is_last || next == Next::Over {
                return;
            }
        }
    }
}

/// An answer after which the connection is kept.
pub(crate) fn kept(status: &str, headers: &[&str], body: &str) -> Play {
    let mut bytes = format!("HTTP/1.1 {status}\r\n");
    for header in headers {
        bytes.push_str(&format!("{header}\r\n"));
    }
    bytes.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    Play::Say(bytes.into_bytes())
}

//! A bare socket that plays scripts.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use canvas_groups::Canvas;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{
    client::builder,
    play::{Next, Play, note_rest},
};

/// A bare socket that plays one script for each connection, in their order, and notes what it
/// heard. When a script ends, its connection is closed.
pub(crate) struct Socket {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    expected: usize,
    serving: JoinHandle<()>,
    ended: Arc<tokio::sync::Notify>,
}

impl Socket {
    pub(crate) async fn start(scripts: Vec<Vec<Play>>) -> Self {
        Self::start_as(|_| scripts).await
    }

    /// As `start`, for scripts that name the socket's own address.
    pub(crate) async fn start_as(scripts: impl FnOnce(&str) -> Vec<Vec<Play>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scripts = scripts(&format!("http://{address}"));
        let (heard, connections) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let ended = Arc::new(tokio::sync::Notify::new());
        let expected = scripts.len();
        let serving = tokio::spawn({
            let (heard, connections, ended) =
                (Arc::clone(&heard), connections.clone(), ended.clone());
            async move {
                let mut playing = JoinSet::new();
                for script in scripts {
                    let (stream, _) = listener.accept().await.unwrap();
                    connections.fetch_add(1, Ordering::SeqCst);
                    playing.spawn(play(stream, script, Arc::clone(&heard)));
                }
                let strangers = async {
                    loop {
                        let _stranger = listener.accept().await.unwrap();
                        connections.fetch_add(1, Ordering::SeqCst);
                    }
                };
                let all = async {
                    while playing.join_next().await.is_some() {}
                    ended.notify_one();
                    std::future::pending::<()>().await;
                };
                tokio::join!(strangers, all);
            }
        });
        Self {
            address,
            heard,
            connections,
            expected,
            serving,
            ended,
        }
    }

    /// One connection for each answer.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self::answering_as(|_| answers.into_iter().collect()).await
    }

    /// As `answering`, for answers that name the socket's own address.
    pub(crate) async fn answering_as(answers: impl FnOnce(&str) -> Vec<Vec<u8>>) -> Self {
        let script = |answer| vec![Play::Hear, Play::Say(answer)];
        Self::start_as(|own| answers(own).into_iter().map(script).collect()).await
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn canvas(&self) -> Canvas {
        builder(&self.address()).build().unwrap()
    }

    /// How many connections there were by now.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What was heard by now.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// What was heard in all. Checks that every script was played to its end and nobody else came.
    pub(crate) async fn heard(self) -> Vec<String> {
        let ended = timeout(Duration::from_secs(5), self.ended.notified()).await;
        sleep(Duration::from_millis(20)).await;
        self.serving.abort();
        assert_eq!(
            self.connections.load(Ordering::SeqCst),
            self.expected,
            "connections"
        );
        assert!(ended.is_ok(), "a script was not played to its end");
        self.so_far()
    }
}

async fn play(mut stream: TcpStream, script: Vec<Play>, heard: Arc<Mutex<Vec<String>>>) {
    let note = |text| heard.lock().unwrap().push(text);
    let mut buffer = Vec::new();
    for step in script {
        if step.perform(&mut stream, &mut buffer, &note).await == Next::Over {
            return;
        }
    }
    let _ = stream.shutdown().await;
    note_rest(&mut stream, &note).await;
}

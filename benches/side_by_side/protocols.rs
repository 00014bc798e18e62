//! HTTP/2 beside HTTP/1.1, over TLS, against servers that speak both and only the older one.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use canvas_groups::{
    Canvas, Network,
    groups::{GetGroup, ListGroupUsers},
};
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::{
    GROUP, compare,
    server::{Play, listen, split},
    timed,
};

const ROUNDS: usize = 5;

pub(crate) fn run() {
    let wait = Duration::from_millis(50);
    let users = || Play::Users {
        total: 10_000,
        wait,
    };
    let (both, one) = (Served::start(users(), true), Served::start(users(), false));
    compare(
        "10,000 users at 50 ms a page, 8 wide: HTTP/2 beside HTTP/1.1, wall",
        ROUNDS,
        || timed(all_users(both.client())).1,
        || timed(all_users(one.client())).1,
    );
    let (both, one) = (
        Served::start(Play::Group, true),
        Served::start(Play::Group, false),
    );
    compare(
        "one small group, 2,000 times, one by one: CPU",
        ROUNDS,
        || timed(groups(both.client(), 1)).0,
        || timed(groups(one.client(), 1)).0,
    );
    compare(
        "the same, 32 at a time: CPU",
        ROUNDS,
        || timed(groups(both.client(), 32)).0,
        || timed(groups(one.client(), 32)).0,
    );
    let counts = [&both, &one].map(|served| {
        let before = served.connections.load(Ordering::Relaxed);
        let canvas = served.client();
        timed(async {
            // The first answer tells what the server speaks.
            canvas.send(GetGroup::new(GROUP)).await.unwrap();
            let logins = (0..140).map(|number| canvas.with_token(format!("token-{number}")));
            let calls = logins.map(|login| async move {
                login.unwrap().send(GetGroup::new(GROUP)).await.unwrap();
            });
            futures::future::join_all(calls).await;
        });
        served.connections.load(Ordering::Relaxed) - before
    });
    println!(
        "| 140 logins at once, after a first call: connections | {} | {} | {:.3} |",
        counts[0],
        counts[1],
        counts[0] as f64 / counts[1] as f64
    );
}

async fn all_users(canvas: Canvas) {
    let mut users = canvas.stream(ListGroupUsers::new(GROUP));
    let mut count = 0;
    while let Some(user) = users.try_next().await.unwrap() {
        count += usize::from(!user.name.is_empty());
    }
    assert_eq!(count, 10_000);
}

async fn groups(canvas: Canvas, width: usize) {
    let calls = (0..2_000).map(|_| canvas.send(GetGroup::new(GROUP)));
    let mut answers = stream::iter(calls).buffer_unordered(width);
    while let Some(answer) = answers.next().await {
        assert_eq!(answer.unwrap().id.get(), 17);
    }
}

/// A server with a certificate of its own, and how many connections it took.
struct Served {
    url: String,
    pem: String,
    connections: Arc<AtomicUsize>,
}

impl Served {
    /// Serves until the process ends, by HTTP/2 only if `both`.
    fn start(play: Play, both: bool) -> Self {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let pem = certified.cert.pem();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certified.cert.der().clone()],
                PrivateKeyDer::Pkcs8(key),
            )
            .unwrap();
        config.alpn_protocols = match both {
            true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            false => vec![b"http/1.1".to_vec()],
        };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let connections = Arc::<AtomicUsize>::default();
        let taken = connections.clone();
        let play = Arc::new(play);
        let url = listen("https", move |stream, url| {
            taken.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(serve(acceptor.clone(), stream, play.clone(), url.into()));
        });
        Self {
            url,
            pem,
            connections,
        }
    }

    fn client(&self) -> Canvas {
        let network = Network::new().root_certificates(self.pem.as_bytes());
        let canvas = Canvas::builder(&self.url).token("token").network(network);
        canvas.build().unwrap()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, play: Arc<Play>, url: Arc<str>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let answer = service_fn(move |request: Request<Incoming>| {
        let (play, url) = (play.clone(), url.clone());
        async move {
            let target = request.uri().path_and_query().unwrap().to_string();
            let body = request.collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body);
            let text = play.answer(&url, &target, &body).await;
            let (status, headers, body) = split(&text);
            let mut answer = Response::builder().status(status);
            for (name, value) in headers {
                answer = answer.header(name, value);
            }
            let body = Full::new(Bytes::from(body.to_owned()));
            Ok::<_, Infallible>(answer.body(body).unwrap())
        }
    });
    // A client that hangs up ends its connection, not the server.
    let _ = match is_http2 {
        true => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer)
                .await
        }
        false => {
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await
        }
    };
}

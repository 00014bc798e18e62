//! A private authority, a client certificate, a proxy with a password, and extra headers.

use std::sync::{Arc, Mutex};

use canvas_groups::{Canvas, ErrorKind, GroupId, Network, groups::GetGroup};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
        server::WebPkiClientVerifier,
    },
};

use crate::common::{
    client::{TOKEN, builder, quick},
    host::{Host, kept},
    play::{header, line},
};

const HOST: &str = "canvas.school.test";

/// A certificate authority of an institution.
struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A server that shows a certificate of the authority, asks for one of it, and notes what it hears.
async fn server(authority: &Authority) -> (std::net::SocketAddr, Arc<Mutex<Vec<String>>>) {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
        .build()
        .unwrap();
    let (certificate, key) = authority.issue(HOST);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let noted = heard.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let request = head(&mut stream).await;
            if request.is_empty() {
                continue;
            }
            noted.lock().unwrap().push(request);
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                Content-Length: 9\r\nConnection: close\r\n\r\n{\"id\": 1}";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, heard)
}

/// A proxy that asks for a password, and leads to that server whatever host it is asked for.
async fn proxy(server: std::net::SocketAddr) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let noted = heard.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let noted = noted.clone();
            tokio::spawn(async move {
                let request = head(&mut stream).await;
                noted.lock().unwrap().push(request.clone());
                // "sync:pr0xy-s3cret"
                let expected = "Basic c3luYzpwcjB4eS1zM2NyZXQ=";
                if header(&request, "proxy-authorization") != [expected] {
                    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                        Proxy-Authenticate: Basic realm=\"school\"\r\nContent-Length: 0\r\n\r\n";
                    let _ = stream.write_all(refusal.as_bytes()).await;
                    return;
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                let mut upstream = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut upstream).await;
            });
        }
    });
    (address, heard)
}

async fn call(network: Network) -> canvas_groups::Result<u64> {
    let canvas = Canvas::builder(format!("https://{HOST}"))
        .token(TOKEN)
        .retry(quick().max_attempts(1))
        .network(network)
        .build()?;
    let group = canvas.send(GetGroup::new(GroupId::new(1))).await?;
    Ok(group.id.get())
}

#[tokio::test]
async fn a_private_authority_a_client_certificate_and_a_proxy_with_a_password() {
    let authority = Authority::new();
    let (server, heard) = server(&authority).await;
    let (proxy, asked) = proxy(server).await;
    let (own, key) = authority.issue("roster-sync");
    let way = || {
        Network::new()
            .proxy(&*proxy)
            .proxy_credentials("sync", "pr0xy-s3cret")
    };
    let trusting = || way().root_certificates(authority.pem.clone());
    let whole = || trusting().client_certificate(own.pem(), key.serialize_pem());

    assert_eq!(call(whole().header("X-Gateway", "open")).await.unwrap(), 1);
    let request = heard.lock().unwrap().pop().unwrap();
    assert_eq!(line(&request), "GET /api/v1/groups/1");
    assert_eq!(header(&request, "x-gateway"), ["open"]);
    assert_eq!(
        header(&request, "authorization"),
        [format!("Bearer {TOKEN}")]
    );
    assert!(header(&request, "proxy-authorization").is_empty());
    let request = asked.lock().unwrap().pop().unwrap();
    assert_eq!(line(&request), format!("CONNECT {HOST}:443"));
    assert!(!request.contains(TOKEN) && !request.contains("open"));

    // Each of them is needed.
    let (stranger, its_key) = Authority::new().issue("roster-sync");
    let without = [
        way().client_certificate(own.pem(), key.serialize_pem()),
        trusting(),
        trusting().client_certificate(stranger.pem(), its_key.serialize_pem()),
        Network::new()
            .proxy(&*proxy)
            .root_certificates(authority.pem.clone())
            .client_certificate(own.pem(), key.serialize_pem()),
        whole().proxy_credentials("sync", "wrong-s3cret"),
    ];
    for (case, network) in without.into_iter().enumerate() {
        let error = call(network).await.unwrap_err();
        let kinds = [ErrorKind::Connect, ErrorKind::Interrupted];
        assert!(kinds.contains(&error.kind()), "{case}: {error:?}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("s3cret") && !text.contains(TOKEN), "{text}");
    }
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_proxy_leads_past_it_and_headers_go_with_every_call() {
    let host = Host::start(|request| {
        let keys = header(request, "x-key").join("+");
        let body = format!("{{\"id\": 1, \"name\": \"{keys}\"}}");
        vec![kept("200 OK", &["Content-Type: application/json"], &body)]
    })
    .await;
    let network = Network::new().header("X-Key", "one").no_proxy();
    let canvas = builder(&host.address()).network(network).build().unwrap();
    let group = || GetGroup::new(GroupId::new(1));
    assert_eq!(canvas.send(group()).await.unwrap().name, "one");
    let other = canvas.with_token("another-token").unwrap();
    assert_eq!(other.send(group()).await.unwrap().name, "one");
}

//! Errors that say what stands in the way, and are repeated only if that passes by itself.

use std::{
    io::{BufRead, BufReader, Write},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use canvas_groups::{
    Canvas, ErrorKind, GroupId, ProgressId, Result,
    auth::{Authorization, Credentials},
    files::{Source, UploadFile},
    groups::{CreateGroup, DeleteGroup, GetGroup, UpdateGroup},
};
use futures::future::BoxFuture;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{Server, TOKEN, ok, quick, status};

const GROUP: GroupId = GroupId::new(7);

#[tokio::test]
async fn a_request_that_took_too_long_to_arrive_is_repeated_as_if_its_answer_were_lost() {
    let server = Server::start().await;
    let late = || status(408, "<html>");
    server
        .on_each(
            "GET /api/v1/groups/7",
            vec![late(), late(), ok("{\"id\":7}")],
        )
        .await;
    server
        .on_each("PUT /api/v1/groups/7", vec![late(), ok("{\"id\":7}")])
        .await;
    server
        .on_each("DELETE /api/v1/groups/7", vec![late(), status(404, "{}")])
        .await;
    server.on("POST /api/v1/groups", late()).await;
    let canvas = server.canvas();
    canvas.send(GetGroup::new(GROUP)).await.unwrap();
    canvas.send(UpdateGroup::new(GROUP)).await.unwrap();
    let deleted = canvas.send(DeleteGroup::new(GROUP)).await.unwrap();
    assert_eq!(deleted.record(), None);
    let error = canvas.send(CreateGroup::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert!(error.is_transient() && error.outcome_unknown(), "{error}");
}

/// Credentials that count how often they are said to be dead.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Credentials for &'static Counted {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async { Authorization::bearer(TOKEN) })
    }

    fn refused<'a>(&'a self, _: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(false) })
    }
}

#[tokio::test]
async fn a_token_that_did_not_arrive_is_not_renewed() {
    let lost =
        r#"{"status":"unauthenticated","errors":[{"message":"user authorization required"}]}"#;
    let lost_in_german =
        r#"{"status":"unauthenticated","errors":[{"message":"Anmeldung erforderlich"}]}"#;
    let dead = r#"{"errors":[{"message":"Invalid access token."}]}"#;
    let challenge = "Bearer realm=\"canvas-lms\"";
    for (body, is_lost) in [
        (lost, true),
        (lost_in_german, true),
        (dead, false),
        ("", false),
    ] {
        let counted: &'static Counted = Box::leak(Box::default());
        let server = Server::start().await;
        let answer = status(401, body).insert_header("www-authenticate", challenge);
        server.on("GET /api/v1/groups/7", answer).await;
        let builder = Canvas::builder(server.address()).credentials(counted);
        let canvas = builder.retry(quick()).build().unwrap();
        let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(
            counted.0.load(Ordering::SeqCst),
            usize::from(!is_lost),
            "{body}"
        );
        let says = error
            .to_string()
            .contains("removes the Authorization header");
        assert_eq!(says, is_lost, "{error}");
    }
}

#[tokio::test]
async fn a_refused_masquerade_may_be_a_token_that_did_not_arrive() {
    let server = Server::start().await;
    let line = "GET /api/v1/groups/7?as_user_id=9";
    server
        .on(line, status(401, r#"{"errors":"Invalid as_user_id"}"#))
        .await;
    let masked = server
        .canvas()
        .as_user(canvas_groups::UserId::new(9))
        .unwrap();
    let error = masked.send(GetGroup::new(GROUP)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Masquerade);
    assert!(error.to_string().contains("no token arrived"), "{error}");
}

#[tokio::test]
async fn a_token_in_an_address_is_hidden_whatever_the_size_of_its_letters() {
    let token = "S3cretTokenOfTheTests";
    let lower = token.to_lowercase();
    for (code, location) in [
        (302, format!("https://{token}.example/")),
        (301, format!("https://{lower}/x")),
        (307, format!("https://a.{}.example/", token.to_uppercase())),
    ] {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(code).insert_header("location", &*location))
            .mount(&server)
            .await;
        let canvas = Canvas::new(server.uri(), token).unwrap();
        let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirect);
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.to_lowercase().contains(&lower), "{text}");
        }
    }
}

#[tokio::test]
async fn no_mark_that_nobody_sees_comes_through_in_any_text_of_a_server() {
    let marks = "\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{61c}";
    let bodies = [
        format!("{{\"message\":\"{marks}no{marks}thing {marks}here\"}}"),
        format!("{{\"errors\":[{{\"message\":\"{marks}no{marks}thing {marks}here\"}}]}}"),
        format!("{{\"status\":\"{marks}no{marks}thing {marks}here\"}}"),
        format!(
            "{{\"errors\":{{\"na{marks}me\":[{{\"type\":\"t{marks}\",\"message\":\"{marks}no{marks}thing \
             here\"}}]}}}}"
        ),
        format!("{{\"errors\":\"no{marks}thing here\",\"error\":\"c{marks}ode\"}}"),
        format!(
            "{{\"error\":\"c{marks}ode\",\"error_description\":\"no{marks}thing here\",\
             \"validation\":{{\"keys\":[\"k{marks}ey\"]}}}}"
        ),
        format!("{marks}no{marks}thing {marks}here"),
        format!("<title>{marks}no{marks}thing {marks}here</title>"),
    ];
    for body in bodies {
        let server = Server::start().await;
        server.on("GET /api/v1/groups/7", status(404, body)).await;
        let error = server
            .canvas()
            .send(GetGroup::new(GROUP))
            .await
            .unwrap_err();
        let line = error.to_string();
        assert!(line.contains("nothing here"), "{line}");
        assert!(!line.contains(|c| marks.contains(c)), "{line}");
        let details = format!("{:?}", error.details());
        for mark in marks.chars() {
            let escaped = mark.escape_unicode().to_string();
            assert!(
                !details.contains(mark) && !details.contains(&escaped),
                "{details}"
            );
        }
    }
    // Those of an upload store and of a job are too.
    let xml =
        format!("<Error><Code>A{marks}B</Code><Message>no{marks}thing here</Message></Error>");
    let (server, store) = (Server::start().await, MockServer::start().await);
    Mock::given(any())
        .respond_with(status(403, xml))
        .mount(&store)
        .await;
    let announced = format!("{{\"upload_url\":\"{}\"}}", store.uri());
    server
        .on("POST /api/v1/groups/7/files", ok(announced))
        .await;
    let upload = UploadFile::new(GROUP, "a");
    let stored = server.canvas().upload(upload, Source::bytes("a")).await;
    let failed =
        format!("{{\"id\":2,\"workflow_state\":\"failed\",\"message\":\"no{marks}thing here\"}}");
    server.on("GET /api/v1/progress/2", ok(failed)).await;
    let waited = server.canvas().wait(ProgressId::new(2)).await;
    for error in [stored.unwrap_err(), waited.unwrap_err()] {
        let detail = error.details()[0].message.as_deref();
        assert_eq!(detail, Some("nothing here"), "{error}");
        assert!(
            error.details()[0]
                .code
                .as_deref()
                .is_some_and(str::is_ascii)
        );
    }
    // Keys of an answer are texts of a server too.
    let server = Server::start().await;
    let body = format!("{{\"id\":7,\"permissions\":{{\"a{marks}b\":[]}}}}");
    server.on("GET /api/v1/groups/7", ok(body)).await;
    let error = server
        .canvas()
        .send(GetGroup::new(GROUP))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        !error.to_string().contains(|c| marks.contains(c)),
        "{error}"
    );
}

/// The certificate and its key were made for this test, and are nowhere else in use.
#[cfg(feature = "rustls")]
#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_named_and_not_tried_again() {
    use std::sync::Arc;

    use tokio_rustls::{
        TlsAcceptor,
        rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer},
    };

    let certificate = include_bytes!("untrusted/certificate.der").to_vec();
    let key = PrivatePkcs8KeyDer::from(include_bytes!("untrusted/key.der").to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let handshake = acceptor.accept(stream).await;
            assert!(handshake.is_err(), "the client accepted the certificate");
        }
    });
    let builder = Canvas::builder(&url).token(TOKEN);
    let canvas = builder.retry(quick()).build().unwrap();
    let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connect, 1),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("its certificate is not accepted"),
        "{error}"
    );
    assert!(!error.is_transient() && !error.outcome_unknown());
    assert_eq!(connections.swap(0, Ordering::SeqCst), 1);
    // The store of an upload likewise.
    let server = Server::start().await;
    let instructions = format!("{{\"upload_url\":\"{url}/x\",\"upload_params\":{{}}}}");
    server
        .on("POST /api/v1/groups/7/files", ok(instructions))
        .await;
    let upload = UploadFile::new(GROUP, "a.txt");
    let error = server
        .canvas()
        .upload(upload, Source::bytes("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connect, 1),
        "{error:?}"
    );
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

const PROXY: &str = "CANVAS_GROUPS_TEST_PROXY";

/// Only the environment can name a proxy, so that this runs in a process of its own.
#[test]
fn a_proxy_that_stands_in_the_way_is_named() {
    for (line, word, attempts) in [
        ("407 Proxy Authentication Required", "demands a login", 1),
        ("502 Bad Gateway", "does not open one", 4),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let proxy = std::thread::spawn(move || {
            for _ in 0..attempts {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                assert!(lines.next().unwrap().unwrap().starts_with("CONNECT "));
                while !lines.next().unwrap().unwrap().is_empty() {}
                write!(stream, "HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n").unwrap();
            }
        });
        let own = std::env::current_exe().unwrap();
        let child = Command::new(own)
            .args([
                "--exact",
                "--ignored",
                "--nocapture",
                "hints::behind_a_proxy",
            ])
            .env("HTTPS_PROXY", &address)
            .env(PROXY, format!("{word}|{attempts}"))
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(
            child.status.success() && said.contains("1 passed"),
            "{said}"
        );
        proxy.join().unwrap();
    }
}

#[tokio::test]
#[ignore = "runs in a process of its own, with a proxy"]
async fn behind_a_proxy() {
    let Ok(expected) = std::env::var(PROXY) else {
        return;
    };
    let (word, attempts) = expected.split_once('|').unwrap();
    let builder = Canvas::builder("https://canvas.example").token(TOKEN);
    let canvas = builder.retry(quick()).build().unwrap();
    let error = canvas.send(CreateGroup::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    assert_eq!(error.attempts().to_string(), attempts, "{error}");
    assert_eq!(error.is_transient(), attempts != "1", "{error}");
    assert!(error.to_string().contains(word), "{error}");
    assert!(!error.outcome_unknown());
}

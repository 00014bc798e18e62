//! Where the file and the token may go.

use std::time::Duration;

use canvas_groups::{
    Canvas, ClientBuilder, ErrorKind, GroupId, RetryPolicy,
    files::{Source, UploadFile},
    service,
};
use wiremock::MockServer;

use crate::support::{self, Ending, School, TOKEN, school, school_that};

fn request() -> UploadFile {
    UploadFile::new(GroupId::new(17), "a.txt")
}

#[tokio::test]
async fn trap_19_the_store_cannot_send_the_token_elsewhere() {
    for status in [201, 301, 302, 303] {
        let elsewhere = MockServer::start().await;
        let school = school_that(support::s3, Ending::Untouched).await;
        let location = format!("{}/api/v1/files/569/create_success", elsewhere.uri());
        support::store_answers(&school.store, status, Some(&location), "").await;

        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::Redirect, "{status}");
        let line = error.to_string();
        assert!(line.starts_with("step 3 of the upload"), "{line}");
        assert!(
            line.contains(&elsewhere.uri()) && line.contains(&school.server.uri()),
            "{line}"
        );
        assert!(!format!("{error:?} {line}").contains(TOKEN));
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
        assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn trap_19_a_path_as_location_is_one_of_the_store() {
    let school = school_that(
        support::s3,
        Ending::Answered(303, Some("/api/v1/files/569/create_success"), ""),
    )
    .await;
    let error = school.refusal(request()).await;
    assert_eq!(error.kind(), ErrorKind::Redirect);
    support::only(&school.store, "POST").await;
    assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_not_reached_by_https_gets_nothing() {
    for url in ["http://store.example", "ftp://store.example", "file:///tmp"] {
        let school = school_that(|_| support::s3_at(url), Ending::Untouched).await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::UploadStore, "{error}");
        assert!(error.to_string().contains("https"), "{error}");
    }
}

#[tokio::test]
async fn a_store_is_tried_by_http_where_that_is_allowed() {
    for allow in [false, true] {
        let School { server, .. } = school().await;
        // An address for documentation: nobody is there, and the failure is another one.
        support::announce(&server, support::s3_at("http://192.0.2.1:9")).await;
        let canvas = Canvas::builder(server.uri())
            .token(TOKEN)
            .allow_http(allow)
            .allow_private_stores(true)
            .connect_timeout(Duration::from_millis(50))
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        let outcome = canvas.upload(request(), Source::bytes("x")).await;
        let error = outcome.unwrap_err().to_string();
        assert_eq!(error.contains("does not use https"), !allow, "{error}");
    }
}

/// The same machine by an address that seems elsewhere.
fn elsewhere(server: &MockServer) -> String {
    server.uri().replace("127.0.0.1", "0.0.0.0")
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_elsewhere_cannot_have_a_file_sent_to_this_machine() {
    let school = school_that(support::s3, Ending::Untouched).await;
    let canvas = Canvas::builder(elsewhere(&school.server))
        .token(TOKEN)
        .allow_http(true)
        .build()
        .unwrap();
    let error = canvas
        .upload(request(), Source::bytes("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UploadStore);
    assert!(error.to_string().contains("on this machine"), "{error}");
    assert!(school.store.received_requests().await.unwrap().is_empty());
}

/// A server that seems elsewhere, and says that files are to be sent to `store`.
async fn far_school(store: &str) -> (MockServer, ClientBuilder<service::Canvas>) {
    let server = MockServer::start().await;
    support::announce(&server, support::s3_at(store)).await;
    let builder = Canvas::builder(elsewhere(&server)).token(TOKEN);
    let builder = builder
        .allow_http(true)
        .connect_timeout(Duration::from_millis(50))
        .retry(RetryPolicy::never());
    (server, builder)
}

#[cfg(unix)]
#[tokio::test]
async fn no_spelling_of_this_machine_lets_a_far_server_send_a_file_to_it() {
    let store = MockServer::start().await;
    let port = store.address().port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:0:0]",
        "localhost",
        // Names that a name server, here the system, knows as this machine.
        "localhost.",
        "LocalHost",
    ] {
        for private in [false, true] {
            let (_server, builder) = far_school(&format!("http://{host}:{port}")).await;
            let canvas = builder.allow_private_stores(private).build().unwrap();
            let upload = canvas.upload(request(), Source::bytes("x"));
            let error = upload.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UploadStore, "{host}: {error}");
            assert!(error.to_string().contains("on this machine"), "{error}");
            assert!(!error.outcome_unknown() && !error.is_transient(), "{host}");
        }
    }
    assert!(store.received_requests().await.unwrap().is_empty());
}

/// A name that the system knows as this machine, and the client does not by itself.
#[cfg(unix)]
fn own_name() -> Option<String> {
    use std::net::ToSocketAddrs;
    let names = ["ip6-localhost", "ip6-loopback", "localhost.localdomain"];
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let of_hosts = hosts.lines().filter(|line| line.starts_with("127."));
    let of_hosts = of_hosts.flat_map(|line| line.split_whitespace().skip(1));
    let known = of_hosts.chain(names).filter(|name| *name != "localhost");
    let leads_here = |name: &&str| {
        let found = (*name, 0).to_socket_addrs();
        found.is_ok_and(|mut found| found.all(|address| address.ip().is_loopback()))
    };
    known
        .filter(|name| leads_here(name))
        .map(str::to_owned)
        .next()
}

#[cfg(unix)]
#[tokio::test]
async fn a_name_is_judged_by_the_address_that_it_turns_out_to_have() {
    let Some(name) = own_name() else {
        eprintln!("SKIPPED: this system has no other name for itself than localhost");
        return;
    };
    let store = MockServer::start().await;
    let (_server, builder) = far_school(&format!("http://{name}:{}", store.address().port())).await;
    let upload = builder.build().unwrap();
    let upload = upload.upload(request(), Source::bytes("x"));
    let error = upload.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UploadStore, "{name}: {error}");
    assert!(error.to_string().contains("on this machine"), "{error}");
    assert!(!error.is_transient());
    assert!(store.received_requests().await.unwrap().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_private_address_is_tried_only_where_the_caller_allows_it() {
    let hosts = [
        "192.0.2.1",
        "10.255.255.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00:ec2::254]",
        "[::ffff:10.0.0.1]",
    ];
    for (host, private) in hosts
        .map(|host| (host, false))
        .into_iter()
        .chain([(hosts[0], true)])
    {
        let (_server, builder) = far_school(&format!("http://{host}:9")).await;
        let canvas = builder.allow_private_stores(private).build().unwrap();
        let upload = canvas.upload(request(), Source::bytes("x"));
        let error = upload.await.unwrap_err();
        let advice = "call `allow_private_stores(true)`";
        let is_refused = error.to_string().contains(advice);
        assert_eq!(is_refused, !private, "{host}: {error}");
        if is_refused {
            assert_eq!(error.kind(), ErrorKind::UploadStore, "{host}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_may_always_be_its_own_store() {
    // At an address that it may not name otherwise.
    let server = MockServer::start().await;
    let own = elsewhere(&server);
    support::announce(&server, support::s3_at(&own)).await;
    let at = format!("{own}/api/v1/files/569/create_success?uuid=ABCDE");
    support::store_answers(&server, 303, Some(&at), "").await;
    support::confirm(&server, "/api/v1/files/569/create_success").await;
    let canvas = Canvas::builder(&own).token(TOKEN).allow_http(true);
    let upload = canvas.build().unwrap();
    let file = upload.upload(request(), Source::bytes("x")).await.unwrap();
    assert_eq!(file.id.get(), 569);
}

#[tokio::test]
async fn a_store_cannot_choose_the_call_that_confirms_an_upload() {
    for path in [
        "/logout",
        "/api/graphql",
        "/api/v1/users/self",
        "/api/v1/groups/17",
        "/api/v1/files/569/create_success?as_user_id=5",
        "/api/v1/files/569?as_user_id[]=5",
        "/api/v1/files/569/../../users/self",
        "/api/v1/files/569%2f..%2f..%2fusers%2fself",
        "/api/v1/files/569/public_url",
    ] {
        for login in ["", "user:password@"] {
            let school = school_that(support::s3, Ending::Untouched).await;
            let own = school.server.uri().replace("://", &format!("://{login}"));
            let location = format!("{own}{path}");
            support::store_answers(&school.store, 303, Some(&location), "").await;
            let error = school.refusal(request()).await;
            assert_eq!(error.kind(), ErrorKind::UploadStore, "{path}: {error}");
            assert!(error.to_string().starts_with("step 3"), "{error}");
            // The first step alone.
            assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_confirmation_as_the_user_that_the_client_acts_as_is_one() {
    let school = school_that(support::s3, Ending::Untouched).await;
    let location = format!("{}/api/v1/files/569?as_user_id=5", school.server.uri());
    support::store_answers(&school.store, 303, Some(&location), "").await;
    support::confirm(&school.server, "/api/v1/files/569").await;
    let canvas = school
        .canvas
        .as_user(canvas_groups::UserId::new(5))
        .unwrap();
    let file = canvas.upload(request(), Source::bytes("x")).await.unwrap();
    assert_eq!(file.id.get(), 569);
}

#[tokio::test]
async fn a_store_that_does_not_say_where_to_go_on_is_an_error() {
    for (status, body) in [(200, ""), (204, ""), (201, "{\"id\":5}"), (200, "<html>")] {
        let school = school_that(support::s3, Ending::Answered(status, None, body)).await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::UploadStore);
        assert!(error.to_string().contains("where to go on"), "{error}");
    }
}

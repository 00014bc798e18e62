//! How a client is built, and what is refused before anything is sent.

use canvas_groups::{Canvas, ErrorKind};

fn refused(url: &str) -> String {
    let error = Canvas::new(url, "token").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
    assert_eq!(error.attempts(), 0);
    error.to_string()
}

#[test]
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn without_tls_a_client_for_https_is_refused_when_it_is_built() {
    let message = refused("https://school.instructure.com");
    assert!(message.contains("`rustls` or `native-tls`"), "{message}");
    assert!(Canvas::new("http://127.0.0.1:3000", "token").is_ok());
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn with_tls_a_client_for_https_is_built() {
    assert!(Canvas::new("https://school.instructure.com", "token").is_ok());
}

#[test]
fn trap_25_a_client_is_built_outside_of_a_runtime() {
    let canvas = Canvas::new("http://localhost:3000", "token").unwrap();
    let clone = canvas.clone();
    std::thread::spawn(move || drop(clone)).join().unwrap();
}

#[test]
fn plain_http_is_for_loopback_or_on_demand() {
    for url in [
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://[::1]:3000/canvas",
    ] {
        assert!(Canvas::new(url, "token").is_ok(), "{url}");
    }
    for url in [
        "http://school.edu",
        "http://10.0.0.1",
        "http://localhost.evil.example",
    ] {
        assert!(refused(url).contains("allow_http"), "{url}");
        assert!(
            Canvas::builder(url)
                .token("t")
                .allow_http(true)
                .build()
                .is_ok()
        );
    }
}

#[test]
fn a_base_url_that_cannot_be_one_is_refused() {
    for url in [
        "",
        "school.instructure.com",
        "ftp://school.edu",
        "mailto:x@school.edu",
    ] {
        refused(url);
    }
    for url in [
        "http://user:pw@localhost",
        "http://localhost?x=1",
        "http://localhost#x",
    ] {
        assert!(!refused(url).contains("pw"));
    }
    for url in ["http://localhost/a//b", "http://localhost//a/api/v1"] {
        assert!(refused(url).contains("one slash"), "{url}");
    }
    for url in [
        "http://localhost//",
        "http://localhost//api/v1//",
        "http://localhost/a/",
    ] {
        assert!(Canvas::new(url, "token").is_ok(), "{url}");
    }
}

#[test]
fn credentials_are_demanded() {
    let error = Canvas::builder("http://localhost").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[test]
fn trap_29_line_breaks_and_letters_beyond_ascii_in_a_product_name_are_refused() {
    let build = |product: &str| {
        Canvas::builder("http://localhost")
            .token("t")
            .user_agent(product)
            .build()
    };
    for product in ["a\r\nX-Evil: 1", "tab\u{1}", "inst-bot/1a"] {
        assert_eq!(
            build(product).unwrap_err().kind(),
            ErrorKind::Configuration,
            "{product:?}"
        );
    }
    let error = build("r\u{f6}ster/1").unwrap_err();
    assert!(error.to_string().contains("plain ASCII"), "{error}");
    assert!(build("roster-sync/2.1 (it@school.edu)").is_ok());
}

//! Why a request did not reach its server, or its answer did not come back.

use std::error::Error as StdError;

use crate::error::{Error, ErrorKind, one_line};

/// The error of a request to `server` that the HTTP library could not send, or got no answer to.
pub(super) fn not_sent_or_lost(error: reqwest::Error, server: &str) -> Error {
    let error = error.without_url();
    if error.is_builder() {
        return Error::request_invalid("the address cannot be sent: it may be too long")
            .with_source(error);
    }
    if error.is_connect() {
        return not_connected(&error, server).with_source(error);
    }
    Error::new(
        ErrorKind::Interrupted,
        "the connection broke before the answer came",
    )
    .with_may_have_run(true)
    .with_source(error)
}

/// Names what stays as it is until somebody changes it. The libraries below have no common types
/// for that, only texts.
fn not_connected(error: &(dyn StdError + 'static), server: &str) -> Error {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    let mentions = |words: &str| {
        let mut texts = texts.iter();
        texts.rfind(|text| text.to_ascii_lowercase().contains(words))
    };
    let connect = |message: String| Error::new(ErrorKind::Connect, message);
    // The second is how a server refuses a certificate of this side.
    if let Some(reason) = mentions("certificate").or_else(|| mentions("unknownca")) {
        return connect(format!(
            "no connection to {server}: its certificate is not accepted ({}): use the address \
             that it is issued for, or install the root certificate of the server or proxy on \
             this machine",
            one_line(reason)
        ))
        .lasting();
    }
    if mentions("proxy authorization required").is_some() {
        return connect(format!(
            "no connection to {server}: the proxy in between demands a login (407): put user and \
             password into its address, as in HTTPS_PROXY=http://user:password@proxy.example:8080"
        ))
        .lasting();
    }
    if mentions("tunnel error").is_some() {
        return connect(format!(
            "no connection to {server}: the proxy in between does not open one"
        ));
    }
    connect(format!("no connection to {server}"))
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    /// An error as the libraries nest them.
    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("client error (Connect)")
        }
    }

    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn what_does_not_pass_by_itself_is_named_and_not_transient() {
        let cases = [
            (
                "invalid peer certificate: UnknownIssuer",
                "certificate",
                false,
            ),
            (
                "invalid peer certificate: certificate expired",
                "certificate",
                false,
            ),
            (
                "SSL routines:tls_post_process:certificate verify failed",
                "certificate",
                false,
            ),
            ("The certificate was not trusted.", "certificate", false),
            (
                "received fatal alert: CertificateRequired",
                "certificate",
                false,
            ),
            ("received fatal alert: UnknownCA", "certificate", false),
            ("tunnel error: proxy authorization required", "407", false),
            ("tunnel error: unsuccessful", "proxy", true),
            (
                "Connection refused (os error 111)",
                "no connection to",
                true,
            ),
        ];
        for (text, word, is_transient) in cases {
            let error = not_connected(&Outer(io::Error::other(text)), "https://c.example");
            assert_eq!(error.kind(), ErrorKind::Connect);
            assert!(error.to_string().contains("https://c.example"), "{error}");
            assert!(error.to_string().contains(word), "{error}");
            assert_eq!(error.is_transient(), is_transient, "{error}");
        }
    }
}

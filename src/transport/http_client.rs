//! How the HTTP client that sends all requests of this crate is set up.

use std::time::Duration;

use http::HeaderValue;
use url::Url;

use super::{Network, address};
use crate::error::{Error, Result};

/// The settings that clients of all kinds share.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    /// The caller's product, for the `User-Agent`.
    pub(crate) user_agent: Option<String>,
    pub(crate) allow_http: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) network: Network,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            user_agent: None,
            allow_http: false,
            connect_timeout: Duration::from_secs(10),
            network: Network::default(),
        }
    }
}

impl HttpSettings {
    /// An HTTP client for one server, to which it keeps at most `max_idle` unused connections.
    pub(super) fn client(&self, server: &Url, max_idle: usize) -> Result<reqwest::Client> {
        Self::built(self.builder(server, max_idle)?)
    }

    pub(super) fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
        builder.build().map_err(|error| {
            Error::configuration("the HTTP client cannot be built").with_source(error)
        })
    }

    /// The same, for more settings.
    pub(super) fn builder(&self, server: &Url, max_idle: usize) -> Result<reqwest::ClientBuilder> {
        let builder = reqwest::Client::builder()
            // This crate undoes gzip itself. The features of the library are shared by all crates of
            // a program, and each would turn its encoding on here too.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(user_agent(self.user_agent.as_deref())?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .pool_max_idle_per_host(max_idle)
            // Shorter than the idle time after which load balancers hang up: a request on a
            // connection that the other side is closing may be lost.
            .pool_idle_timeout(Duration::from_secs(30));
        // A proxy has no business between this machine and itself, and could read plain http.
        let builder = match address::is_loopback(server) && !self.network.names_proxy() {
            true => builder.no_proxy(),
            false => builder,
        };
        let builder = self.network.apply(builder)?;
        // Another crate in the program may have switched it on in the HTTP library.
        #[cfg(not(feature = "http2"))]
        let builder = builder.http1_only();
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
        let builder = builder.tls_backend_rustls();
        check_provider()?;
        Ok(builder)
    }
}

/// Without its own provider of cryptography, the HTTP library panics if the program installed none.
fn check_provider() -> Result<()> {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(Error::configuration(
            "the feature `rustls-no-provider` needs a provider of cryptography: call \
             `install_default` of one, such as `rustls::crypto::ring`, before building a client",
        ));
    }
    Ok(())
}

/// The `User-Agent`, with the caller's product in front of this crate's name.
fn user_agent(product: Option<&str>) -> Result<String> {
    const OWN: &str = concat!("canvas-groups/", env!("CARGO_PKG_VERSION"));
    let Some(product) = product.map(str::trim).filter(|product| !product.is_empty()) else {
        return Ok(OWN.to_owned());
    };
    if product.starts_with("inst-") {
        return Err(Error::configuration(
            "a product name that begins with `inst-` is mistaken for one of Instructure's own \
             services: choose another",
        ));
    }
    let agent = format!("{product} {OWN}");
    match HeaderValue::from_str(&agent) {
        // Other letters would be sent as raw bytes, which some servers refuse.
        Ok(_) if agent.is_ascii() => Ok(agent),
        _ => Err(Error::configuration(
            "the product name may contain only plain ASCII letters, digits, signs and spaces: \
             write it like `roster-sync/2.1 (it@school.edu)`",
        )),
    }
}

//! The network between a client and its server: certificates, proxies, headers.

use std::{env, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use url::Url;

use super::redact::Secrets;
use crate::error::{Error, Result};

/// The network of an institution: its own certificates, its proxy, headers that its gateway wants.
///
/// Give it to [`ClientBuilder::network`](crate::ClientBuilder::network) and
/// [`OAuthAppBuilder::network`](crate::auth::OAuthAppBuilder::network), whose `build` refuses what is
/// wrong with it and names the setting.
///
/// ```no_run
/// use canvas_groups::{Canvas, Network};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let network = Network::new()
///     .root_certificates(std::fs::read("/etc/ssl/school-ca.pem")?)
///     .proxy("http://proxy.school.edu:3128")
///     .proxy_credentials("roster-sync", std::env::var("PROXY_PASSWORD")?)
///     .header("x-gateway-key", std::env::var("GATEWAY_KEY")?);
/// let canvas = Canvas::builder("https://canvas.school.edu")
///     .token(std::env::var("CANVAS_TOKEN")?)
///     .network(network)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "give it to the builder of a client"]
pub struct Network {
    roots: Vec<Vec<u8>>,
    identity: Option<(Vec<u8>, SecretString)>,
    proxy: Option<Route>,
    proxy_credentials: Option<(String, SecretString)>,
    headers: Vec<(String, SecretString)>,
}

#[derive(Clone)]
enum Route {
    Proxy(String),
    Direct,
}

impl Network {
    /// The network as the machine has it: the roots of the operating system, and the proxy of the
    /// environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these root certificates too, one or more in PEM, such as those of an institution's own
    /// authority. Can be called several times.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Shows this certificate to servers that ask for one: the certificate and those between it and
    /// the root, and its key in PKCS #8 (`BEGIN PRIVATE KEY`), both in PEM. It is not shown to the
    /// stores of uploads, which belong to others.
    pub fn client_certificate(
        mut self,
        pem: impl Into<Vec<u8>>,
        key: impl Into<SecretString>,
    ) -> Self {
        self.identity = Some((pem.into(), key.into()));
        self
    }

    /// Sends everything through this proxy, such as `http://proxy.school.edu:3128`, and not through
    /// that of the environment.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(Route::Proxy(url.into()));
        self
    }

    /// The name and the password that the proxy asks for.
    pub fn proxy_credentials(
        mut self,
        user: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        self.proxy_credentials = Some((user.into(), password.into()));
        self
    }

    /// Sends nothing through a proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Some(Route::Direct);
        self
    }

    /// Sends this header with every call to the server of the client or of the login, but not to
    /// the stores of uploads, which belong to others. Its value is kept out of `Debug` outputs.
    ///
    /// Headers that this crate or HTTP itself sets are refused: `Authorization`, `Host`, `Cookie`,
    /// `User-Agent`, those about the body and the connection.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The network as strangers see it: without the certificate and the headers, which are for the
    /// institution's own servers.
    pub(super) fn for_strangers(&self) -> Self {
        Self {
            identity: None,
            headers: Vec::new(),
            ..self.clone()
        }
    }

    /// What it sends that is not to be shown.
    pub(super) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for (_, value) in &self.headers {
            secrets.add(value);
        }
        let own = self.proxy_credentials.clone();
        let others = match self.proxy {
            None => proxies_of_the_environment(),
            Some(_) => Vec::new(),
        };
        for (user, password) in own.into_iter().chain(others) {
            secrets.add(&password);
            let pair = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
            secrets.add(&SecretString::from(STANDARD.encode(&*pair)));
        }
        secrets
    }

    /// Whether it says how to reach the server, so that the machine's own rules do not count.
    pub(super) fn names_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    pub(super) fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let refuse = |problem: &str| {
                Error::configuration(format!("the extra header {name:?} {problem}"))
            };
            let parsed = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| refuse("has no valid name: use letters, digits and dashes"))?;
            if RESERVED.contains(&parsed) {
                return Err(refuse("is set by the client itself: leave it out"));
            }
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| refuse("has a line break or control character in its value"))?;
            value.set_sensitive(true);
            if headers.insert(parsed, value).is_some() {
                return Err(refuse("is given twice: leave one out"));
            }
        }
        Ok(headers)
    }

    /// Sets up a client of the HTTP library.
    pub(super) fn apply(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let builder = match &self.proxy {
            None if self.proxy_credentials.is_some() => {
                return Err(Error::configuration(
                    "`proxy_credentials` is set without `proxy`: name the proxy",
                ));
            }
            None => builder,
            Some(Route::Direct) => builder.no_proxy(),
            Some(Route::Proxy(url)) => builder.proxy(self.proxy_at(url)?),
        };
        self.apply_certificates(builder)
    }

    fn proxy_at(&self, url: &str) -> Result<reqwest::Proxy> {
        let refuse = |problem: &str| Error::configuration(format!("the `proxy` {problem}"));
        let parsed = Url::parse(url).map_err(|_| {
            refuse("is not a valid URL: write it like `http://proxy.school.edu:3128`")
        })?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(refuse(
                "must be reached by http or https: write it like `http://proxy.school.edu:3128`",
            ));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(refuse(
                "has a user or a password in its URL: give them to `proxy_credentials`",
            ));
        }
        let proxy = reqwest::Proxy::all(parsed)
            .map_err(|error| refuse("cannot be used").with_source(error.without_url()))?;
        Ok(match &self.proxy_credentials {
            Some((user, password)) => proxy.basic_auth(user, password.expose_secret()),
            None => proxy,
        })
    }

    #[cfg(any(
        feature = "rustls",
        feature = "rustls-no-provider",
        feature = "native-tls"
    ))]
    fn apply_certificates(
        &self,
        mut builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder> {
        let mut roots = Vec::new();
        for pem in &self.roots {
            let read =
                reqwest::Certificate::from_pem_bundle(pem).map_err(|_| unreadable_roots())?;
            if read.is_empty() {
                return Err(unreadable_roots());
            }
            roots.extend(read);
        }
        if !roots.is_empty() {
            // They are read only when a client is built, together with all else.
            try_out(|trial| trial.tls_certs_only(roots.clone())).map_err(|_| unreadable_roots())?;
            builder = builder.tls_certs_merge(roots);
        }
        if let Some((pem, key)) = &self.identity {
            let identity = identity(pem, key.expose_secret());
            let identity = identity.and_then(|identity| {
                try_out(|trial| trial.tls_certs_only([]).identity(identity.clone()))?;
                Ok(identity)
            });
            // The error itself may quote what it cannot read.
            let identity = identity.map_err(|_| {
                Error::configuration(
                    "`client_certificate` cannot be used: give the certificate and its PKCS #8 \
                     key, both in PEM",
                )
            })?;
            builder = builder.identity(identity);
        }
        Ok(builder)
    }

    #[cfg(not(any(
        feature = "rustls",
        feature = "rustls-no-provider",
        feature = "native-tls"
    )))]
    fn apply_certificates(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder> {
        match self.roots.is_empty() && self.identity.is_none() {
            true => Ok(builder),
            false => Err(Error::configuration(
                "`root_certificates` and `client_certificate` need TLS: switch on the feature \
                 `rustls` or `native-tls`",
            )),
        }
    }
}

#[cfg(any(
    feature = "rustls",
    feature = "rustls-no-provider",
    feature = "native-tls"
))]
fn unreadable_roots() -> Error {
    Error::configuration(
        "`root_certificates` holds no certificate, or a broken one: it must be PEM, with `BEGIN \
         CERTIFICATE` lines",
    )
}

/// Builds a client with one setting alone, to know whether that is at fault.
#[cfg(any(
    feature = "rustls",
    feature = "rustls-no-provider",
    feature = "native-tls"
))]
fn try_out(
    set: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> reqwest::Result<()> {
    let trial = reqwest::Client::builder();
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    let trial = trial.tls_backend_rustls();
    set(trial).build().map(drop)
}

#[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
fn identity(pem: &[u8], key: &str) -> reqwest::Result<reqwest::Identity> {
    let mut whole = key.as_bytes().to_vec();
    whole.push(b'\n');
    whole.extend_from_slice(pem);
    let identity = reqwest::Identity::from_pem(&whole);
    whole.fill(0);
    identity
}

#[cfg(all(
    feature = "native-tls",
    not(any(feature = "rustls", feature = "rustls-no-provider"))
))]
fn identity(pem: &[u8], key: &str) -> reqwest::Result<reqwest::Identity> {
    reqwest::Identity::from_pkcs8_pem(pem, key.as_bytes())
}

/// What the client or HTTP itself sets.
const RESERVED: [HeaderName; 14] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
];

/// Users and passwords in the addresses of proxies that the HTTP library takes from the environment.
fn proxies_of_the_environment() -> Vec<(String, SecretString)> {
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let names = names.map(|name| [name.to_owned(), name.to_lowercase()]);
    let values = names
        .iter()
        .flatten()
        .filter_map(|name| env::var(name).ok());
    let urls = values.filter_map(|value| match value.contains("://") {
        true => Url::parse(&value).ok(),
        false => Url::parse(&format!("http://{value}")).ok(),
    });
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    urls.filter_map(|url| Some((decoded(url.username()), decoded(url.password()?).into())))
        .collect()
}

impl fmt::Debug for Network {
    /// Leaves out keys, passwords, the values of headers and the proxy's URL, which may contain a
    /// password that only `build` refuses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Network")
            .field("root_certificates", &self.roots.len())
            .field("client_certificate", &self.identity.is_some())
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Canvas, ErrorKind};

    fn refusal(network: Network) -> String {
        let shown = format!("{network:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        let built = Canvas::builder("https://school.example.edu")
            .token("token")
            .network(network)
            .build();
        let error = built.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = format!("{error} {error:?}");
        assert!(!text.contains("s3cret"), "{text}");
        error.to_string()
    }

    #[test]
    fn what_is_wrong_with_a_network_is_said_when_a_client_is_built_and_names_the_setting() {
        let new = Network::new;
        for (network, setting) in [
            (
                new().root_certificates("no certificate"),
                "root_certificates",
            ),
            (new().root_certificates(""), "root_certificates"),
            (
                new().root_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n"),
                "root_certificates",
            ),
            (new().client_certificate("", "s3cret"), "client_certificate"),
            (
                new().client_certificate(
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                    "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n",
                ),
                "client_certificate",
            ),
            (new().proxy("proxy"), "proxy"),
            (new().proxy("ftp://proxy.example:21"), "proxy"),
            (
                new().proxy("http://me:s3cret@proxy.example"),
                "proxy_credentials",
            ),
            (new().proxy_credentials("me", "s3cret"), "proxy_credentials"),
            (new().header("x y", "1"), "x y"),
            (new().header("x-key", "s3cret\r\nHost: other"), "x-key"),
            (new().header("x-key", "1").header("X-Key", "2"), "X-Key"),
        ] {
            let text = refusal(network);
            assert!(text.contains(setting), "{text}");
        }
    }

    #[test]
    fn the_extra_headers_are_marked_as_secret() {
        let network = Network::new()
            .header("X-Key", "s3cret")
            .header("X-Other", "s3cret");
        let headers = network.headers().unwrap();
        assert_eq!(headers.len(), 2);
        assert!(headers.values().all(HeaderValue::is_sensitive));
    }

    #[test]
    fn headers_that_the_client_sets_itself_cannot_be_given() {
        for name in RESERVED.iter().map(HeaderName::as_str) {
            let text = refusal(Network::new().header(name.to_uppercase(), "s3cret"));
            assert!(text.contains(&name.to_uppercase()), "{text}");
        }
        for name in ["Authorization", "Host", "Cookie", "User-Agent"] {
            refusal(Network::new().header(name, "s3cret"));
        }
    }
}

//! Which addresses credentials may be sent to.

use url::{Host, Url};

use crate::error::{Error, Result};

/// How long an address may be. The servers take about 8,000 characters of request line and headers
/// together.
pub(crate) const MAX_URL: usize = 7_000;

/// An address that credentials may be sent to: `https`; plain `http` only to loopback, or anywhere
/// after `allow_http(true)`.
pub(crate) fn checked(name: &str, text: &str, allow_http: bool) -> Result<Url> {
    let url = Url::parse(text.trim()).map_err(|error| {
        Error::configuration(format!(
            "the {name} is invalid: write it like https://school.instructure.com"
        ))
        .with_source(error)
    })?;
    match url.scheme() {
        "https"
            if cfg!(any(
                feature = "rustls",
                feature = "rustls-no-provider",
                feature = "native-tls"
            )) => {}
        "https" => {
            return Err(Error::configuration(
                "this build has no TLS: enable the feature `rustls` or `native-tls` of \
                 canvas-groups",
            ));
        }
        "http" if allow_http || is_loopback(&url) => {}
        "http" => {
            return Err(Error::configuration(
                "plain http would show the token to everyone on the network: use https, or call \
                 `allow_http(true)`",
            ));
        }
        _ => {
            return Err(Error::configuration(format!(
                "the {name} must begin with https://"
            )));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(format!(
            "the {name} must not contain a user or password"
        )));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::configuration(format!(
            "the {name} must not have a query or fragment"
        )));
    }
    Ok(url)
}

/// The address of `path` below the base URL `text`. That URL may have a path, which may end with
/// the root of the API or the beginning of it.
pub(crate) fn below(text: &str, allow_http: bool, api_root: &str, path: &str) -> Result<Url> {
    let mut url = checked("base URL", text, allow_http)?;
    let prefix = url.path().trim_end_matches('/');
    let api_root = api_root.trim_end_matches('/');
    let beginnings = std::iter::successors(Some(api_root), |beginning| {
        beginning.rsplit_once('/').map(|(shorter, _)| shorter)
    });
    let prefix = beginnings
        .filter_map(|beginning| prefix.strip_suffix(beginning))
        .find(|prefix| prefix.ends_with('/'))
        .unwrap_or(prefix)
        .trim_end_matches('/');
    if prefix.contains("//") {
        return Err(Error::configuration(
            "the base URL has `//` in its path: write it with one slash",
        ));
    }
    let path = format!("{prefix}/{path}");
    url.set_path(&path);
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

//! Whom a client may talk to, and as whom.

use http::HeaderValue;
use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};

/// An address that credentials may be sent to: `https`, or `http` on this machine or by leave.
pub(crate) fn checked(name: &str, text: &str, allow_http: bool) -> Result<Url> {
    let url = Url::parse(text.trim()).map_err(|error| {
        configuration(format!(
            "the {name} is not a valid one: write it like https://school.instructure.com"
        ))
        .with_source(error)
    })?;
    match url.scheme() {
        "https" if cfg!(any(feature = "rustls", feature = "native-tls")) => {}
        "https" => {
            return Err(configuration(
                "this build has no TLS: enable the feature `rustls` or `native-tls` of \
                 canvas-groups",
            ));
        }
        "http" if allow_http || is_loopback(&url) => {}
        "http" => {
            return Err(configuration(
                "plain http would show the token to everyone on the way: use https, or say \
                 `allow_http(true)`",
            ));
        }
        _ => {
            return Err(configuration(format!(
                "the {name} must begin with https://"
            )));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(configuration(format!(
            "the {name} must not contain a user or password"
        )));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(configuration(format!(
            "the {name} must not have a query or fragment"
        )));
    }
    Ok(url)
}

/// The address of `path` below the base URL `text`, which may carry a path of its own and may end
/// with the root of the API or the beginning of it.
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
        return Err(configuration(
            "the base URL has `//` in its path: write it with one slash",
        ));
    }
    let path = format!("{prefix}/{path}");
    url.set_path(&path);
    Ok(url)
}

/// The `User-Agent`, with the caller's product in front of this crate's name.
pub(crate) fn user_agent(product: Option<&str>) -> Result<String> {
    const OWN: &str = concat!("canvas-groups/", env!("CARGO_PKG_VERSION"));
    let Some(product) = product.map(str::trim).filter(|product| !product.is_empty()) else {
        return Ok(OWN.to_owned());
    };
    if product.starts_with("inst-") {
        return Err(configuration(
            "a product name that begins with `inst-` is taken for one of Instructure's own services",
        ));
    }
    let agent = format!("{product} {OWN}");
    match HeaderValue::from_str(&agent) {
        // Other letters would leave as raw bytes, which some servers refuse.
        Ok(_) if agent.is_ascii() => Ok(agent),
        _ => Err(configuration(
            "the product name may have plain ASCII letters, digits, signs and spaces only: write \
             it like `roster-sync/2.1 (it@school.edu)`",
        )),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn configuration(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

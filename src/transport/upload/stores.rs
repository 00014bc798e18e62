//! The way to the stores that a server names: what may be connected to, judged by the address that
//! a name turns out to have.

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::super::{
    HttpSettings,
    reach::{Place, Reach, place, place_of},
};
use crate::error::{Error, ErrorKind, Result};

/// The HTTP client for stores. It is made when it is first needed, since most programs upload
/// nothing.
pub(crate) struct Stores {
    settings: HttpSettings,
    root: Url,
    reach: Reach,
    http: OnceLock<reqwest::Client>,
    resolver: Arc<Resolver>,
}

impl Stores {
    pub(crate) fn new(mut settings: HttpSettings, root: Url, allow_private: bool) -> Self {
        settings.network = settings.network.for_strangers();
        let reach = Reach::of(&root, allow_private);
        Self {
            settings,
            root,
            reach,
            http: OnceLock::new(),
            resolver: Arc::new(Resolver {
                reach,
                judged: Mutex::default(),
            }),
        }
    }

    /// The client to send a file to `store` with, which is `own` if the server is its own store.
    ///
    /// # Errors
    /// [`ErrorKind::UploadStore`] for an address that the server may not name. That of a name shows
    /// only when it is connected to.
    pub(super) fn client(&self, store: &Url, own: &reqwest::Client) -> Result<reqwest::Client> {
        check(store, &self.root, self.settings.allow_http, self.reach)?;
        if store.origin() == self.root.origin() {
            return Ok(own.clone());
        }
        if let Some(name) = store.domain() {
            let judged = &self.resolver.judged;
            let mut judged = judged.lock().unwrap_or_else(PoisonError::into_inner);
            judged.insert(name.to_ascii_lowercase());
        }
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let builder = self.settings.builder(&self.root, 1)?;
        // After all other settings, so that none of them replaces it.
        let http = HttpSettings::built(builder.dns_resolver(self.resolver.clone()))?;
        Ok(self.http.get_or_init(|| http).clone())
    }
}

/// A file is sent over `https`; over plain `http` only to the API's own origin, from this machine to
/// itself, or after `allow_http(true)`. It is sent to the server's own address, to public ones, and
/// to others as far as the server may reach them.
fn check(store: &Url, root: &Url, allow_http: bool, reach: Reach) -> Result<()> {
    let place = place_of(store);
    let is_own = store.origin() == root.origin();
    let is_local = reach.here && place == Some(Place::Here);
    match store.scheme() {
        "https" => {}
        "http" if allow_http || is_own || is_local => {}
        _ => {
            return Err(Error::new(
                ErrorKind::UploadStore,
                "the store that the server names does not use https, so nothing was sent to it: \
                 call `allow_http(true)` to send files over plain http",
            ));
        }
    }
    // The same number on another port is the same machine. Of the same name that is not known.
    let is_neighbour = place == Some(Place::Inside) && store.host() == root.host();
    match place {
        Some(place) if !is_own && !is_neighbour && !reach.includes(place) => {
            Err(OutOfReach(place).into())
        }
        _ => Ok(()),
    }
}

/// The error of an address that the server may not name.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutOfReach(Place);

impl OutOfReach {
    /// It, if it is why a request was not sent.
    pub(super) fn behind(error: &reqwest::Error) -> Option<Self> {
        let mut cause = StdError::source(error);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(*found);
            }
            cause = error.source();
        }
        None
    }
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Place::Here => {
                "the server names a store on this machine, but is itself remote: nothing was sent \
                 to it"
            }
            _ => {
                "the server names a store at a private address, so nothing was sent to it: call \
                 `allow_private_stores(true)` if the store is inside your own network"
            }
        })
    }
}

impl StdError for OutOfReach {}

impl From<OutOfReach> for Error {
    fn from(error: OutOfReach) -> Self {
        Self::new(ErrorKind::UploadStore, error.to_string())
    }
}

/// Asks the system for the addresses of a name, and leaves out those that the server may not name.
/// The address of a proxy is the caller's own, and comes as it is.
struct Resolver {
    reach: Reach,
    /// The names of stores.
    judged: Mutex<BTreeSet<String>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_ascii_lowercase();
        let judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let reach = judged.contains(&name).then_some(self.reach);
        Box::pin(async move {
            let look_up = move || (name.as_str(), 0).to_socket_addrs();
            let found = tokio::task::spawn_blocking(look_up).await??;
            let found = within(reach, found.collect())?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be connected to. There has to be one.
fn within(reach: Option<Reach>, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, OutOfReach> {
    let Some(reach) = reach else {
        return Ok(found);
    };
    let first = found.first().map(|address| place(address.ip()));
    let is_in = |address: &SocketAddr| reach.includes(place(address.ip()));
    let allowed: Vec<_> = found.into_iter().filter(is_in).collect();
    match first {
        Some(place) if allowed.is_empty() => Err(OutOfReach(place)),
        _ => Ok(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_file_may_go_depends_on_where_the_server_is() {
        let local = "http://127.0.0.1:3000/api/v1/";
        let (far, clear) = ("https://c.example/api/v1/", "http://c.example/api/v1/");
        let (inside, zero) = ("https://10.0.0.5/api/v1/", "http://0.0.0.0:3000/api/v1/");
        // The root, the store, and whether it gets the file by default, with `allow_http(true)`,
        // and with `allow_private_stores(true)` beside it.
        let cases = [
            (far, "https://store.example/x", true, true, true),
            (far, "http://store.example/x", false, true, true),
            (far, "ftp://store.example/x", false, false, false),
            (far, "http://c.example/x", false, true, true),
            (far, "https://8.8.8.8/x", true, true, true),
            (clear, "http://c.example/files_api", true, true, true),
            (clear, "http://c.example:81/files_api", false, true, true),
            (local, "http://store.example/x", false, true, true),
            (local, "http://127.0.0.1:4000/x", true, true, true),
            (local, "http://[::1]:4000/x", true, true, true),
            (local, "http://0.0.0.0:4000/x", true, true, true),
            (local, "https://localhost/x", true, true, true),
            (local, "file:///x", false, false, false),
            (local, "https://10.0.0.1/x", false, false, true),
            (local, "https://169.254.169.254/x", false, false, true),
            (far, "http://127.0.0.1/x", false, false, false),
            (far, "https://localhost/x", false, false, false),
            (far, "https://0.0.0.0/x", false, false, false),
            (far, "https://0/x", false, false, false),
            (far, "https://[::ffff:127.0.0.1]/x", false, false, false),
            (far, "https://[::]/x", false, false, false),
            (far, "https://10.0.0.1/x", false, false, true),
            (far, "https://192.168.0.1/x", false, false, true),
            (far, "https://169.254.169.254/x", false, false, true),
            (far, "https://100.64.0.1/x", false, false, true),
            (far, "https://[fd00:ec2::254]/x", false, false, true),
            (far, "http://10.0.0.1/x", false, false, true),
            (clear, "http://[::1]/x", false, false, false),
            (inside, "https://10.0.0.5/files_api", true, true, true),
            (inside, "https://10.0.0.5:9000/x", true, true, true),
            (inside, "https://10.0.0.6/x", false, false, true),
            (inside, "https://127.0.0.1/x", false, false, false),
            (zero, "http://0.0.0.0:3000/files_api", true, true, true),
            (zero, "http://127.0.0.1:3000/x", false, false, false),
            (zero, "http://0.0.0.0:3001/x", false, false, false),
        ];
        for (root, store, always, with_http, with_both) in cases {
            let (root, store) = (Url::parse(root).unwrap(), Url::parse(store).unwrap());
            for (allow_http, private, expected) in [
                (false, false, always),
                (true, false, with_http),
                (true, true, with_both),
            ] {
                let reach = Reach::of(&root, private);
                let outcome = check(&store, &root, allow_http, reach);
                assert_eq!(
                    outcome.is_ok(),
                    expected,
                    "{root} {store} {allow_http} {private}"
                );
            }
        }
    }

    #[test]
    fn a_name_is_judged_by_all_its_addresses() {
        let reach = Some(Reach {
            here: false,
            inside: false,
        });
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let mixed = addresses(&["127.0.0.1:0", "10.0.0.1:0", "8.8.8.8:0", "[::1]:0"]);
        assert_eq!(
            within(reach, mixed.clone()).unwrap(),
            addresses(&["8.8.8.8:0"])
        );
        assert_eq!(within(None, mixed.clone()).unwrap(), mixed);
        for none in [&["127.0.0.1:0"][..], &["10.0.0.1:0", "[fe80::1]:0"]] {
            assert!(within(reach, addresses(none)).is_err(), "{none:?}");
        }
        // A name without addresses is no store at all, which the HTTP library says.
        assert_eq!(within(reach, Vec::new()).unwrap(), []);
    }
}

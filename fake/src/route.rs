//! Routes: what a method and a path lead to.

use http::Method;

use super::http_request::HttpRequest;

/// A route and what answers it. Its path is one below the root of the API, or one of the whole
/// host, which begins with a slash.
#[derive(Debug)]
pub(crate) struct Route<H> {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) handler: H,
}

impl<H> Route<H> {
    pub(crate) const fn new(method: Method, path: &'static str, handler: H) -> Self {
        Self {
            method,
            path,
            handler,
        }
    }

    fn matches(&self, segments: &[String]) -> bool {
        let mut parts = self.path.split('/');
        let mut given = segments.iter();
        loop {
            match (parts.next(), given.next()) {
                (None, None) => return true,
                (Some(part), Some(segment)) if part.starts_with(':') && !segment.is_empty() => {}
                (Some(part), Some(segment)) if part == segment => {}
                _ => return false,
            }
        }
    }

    fn keys(&self, segments: &[String]) -> PathKeys {
        let parts = self.path.split('/').zip(segments);
        let keys = parts.filter_map(|(part, segment)| {
            let name = part.strip_prefix(':')?;
            Some((name, segment.clone()))
        });
        PathKeys(keys.collect())
    }
}

/// The keys in the path of a request, by the names that the route gives them.
#[derive(Debug, Clone, Default)]
pub(crate) struct PathKeys(Vec<(&'static str, String)>);

impl PathKeys {
    /// The key with this name; empty if the route has none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.first_of(&[name]).map_or("", |(_, key)| key)
    }

    /// The first key with one of these names, and its name.
    pub(crate) fn first_of(&self, names: &[&str]) -> Option<(&'static str, &str)> {
        let mut keys = self.0.iter();
        let found = keys.find(|(name, _)| names.contains(name));
        found.map(|(name, key)| (*name, &**key))
    }
}

/// All routes of a fake.
#[derive(Debug)]
pub(crate) struct Router<H: 'static> {
    /// What the paths of the API begin with.
    root: &'static str,
    /// The routes of each resource. Where two match, the first counts.
    tables: &'static [&'static [Route<H>]],
}

impl<H> Router<H> {
    pub(crate) const fn new(root: &'static str, tables: &'static [&'static [Route<H>]]) -> Self {
        Self { root, tables }
    }

    /// The first route with the method and path of a request, and the keys in that path.
    pub(crate) fn find(&self, request: &HttpRequest) -> Option<(&'static Route<H>, PathKeys)> {
        first(self.routes(), self.root, request)
    }

    /// The path of a route as the documentation writes it, if there is one with this method and
    /// path.
    pub(crate) fn known(&self, method: &Method, path: &str) -> Option<&'static str> {
        let mut routes = self.routes();
        let route = routes.find(|route| route.method == *method && route.path == path)?;
        Some(route.path)
    }

    fn routes(&self) -> impl Iterator<Item = &'static Route<H>> {
        self.tables.iter().copied().flatten()
    }
}

/// The first of some routes with the method and path of a request, and the keys in that path.
pub(crate) fn first<'a, H>(
    mut routes: impl Iterator<Item = &'a Route<H>>,
    root: &str,
    request: &HttpRequest,
) -> Option<(&'a Route<H>, PathKeys)> {
    let (whole, below_root) = (request.segments("")?, request.segments(root));
    routes.find_map(|route| {
        let segments = match route.path.starts_with('/') {
            true => &whole,
            false => below_root.as_ref()?,
        };
        let is_found = route.method == *request.verb() && route.matches(segments);
        is_found.then(|| (route, route.keys(segments)))
    })
}

//! Routes: what a method and a path lead to.

use http::Method;

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

    /// What stands in the places of the path.
    pub(crate) fn placeholders(&self, segments: &[String]) -> Places {
        let parts = self.path.split('/').zip(segments);
        let places = parts.filter_map(|(part, segment)| {
            let name = part.strip_prefix(':')?;
            Some((name, segment.clone()))
        });
        Places(places.collect())
    }
}

/// The placeholders of a path and what stands there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(pub(crate) Vec<(&'static str, String)>);

impl Places {
    /// What stands in a place; empty if the path has no such place.
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut places = self.0.iter();
        let place = places.find(|(other, _)| *other == name);
        place.map_or("", |(_, text)| text)
    }
}

/// The first route with this method and path.
pub(crate) fn find<H>(
    mut routes: impl Iterator<Item = &'static Route<H>>,
    method: &Method,
    segments: &[String],
) -> Option<&'static Route<H>> {
    routes.find(|route| route.method == *method && route.matches(segments))
}

/// The template of a route, if there is one with this method and template.
pub(crate) fn known<H: 'static>(
    mut routes: impl Iterator<Item = &'static Route<H>>,
    method: &Method,
    path: &str,
) -> Option<&'static str> {
    let route = routes.find(|route| route.method == *method && route.path == path)?;
    Some(route.path)
}

//! Changes that somebody else makes between two requests.

use std::fmt;

use http::Method;

use super::school::School;
use crate::guarded::Guarded;
use canvas_groups::{Error, Result};

type Change = Box<dyn FnOnce(&mut School) + Send>;

/// The changes that are to come.
#[derive(Debug, Default)]
pub(crate) struct Hooks(Guarded<Vec<Hook>>);

struct Hook {
    method: Method,
    route: &'static str,
    /// How many requests to the route there are to come, up to the one that it is for.
    left: usize,
    change: Change,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("route", &self.route)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Hooks {
    pub(crate) fn add(
        &self,
        nth: usize,
        (method, route): (Method, &'static str),
        change: impl FnOnce(&mut School) + Send + 'static,
    ) -> Result<()> {
        if nth == 0 {
            return Err(Error::request_invalid(
                "no request is the 0th: count from 1, which is the next one",
            ));
        }
        self.0.lock().push(Hook {
            method,
            route,
            left: nth,
            change: Box::new(change),
        });
        Ok(())
    }

    /// The changes to be made right before this request, in the order in which they were added.
    pub(crate) fn due(&self, method: &Method, route: &str) -> Vec<Change> {
        let mut hooks = self.0.lock();
        for hook in hooks.iter_mut() {
            if hook.method == method && hook.route == route {
                hook.left -= 1;
            }
        }
        let due = hooks.extract_if(.., |hook| hook.left == 0);
        due.map(|hook| hook.change).collect()
    }
}

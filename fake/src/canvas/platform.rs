//! What Canvas tells a tool about its users.

use std::sync::Arc;

use super::{school::ROOT, site::CanvasSite};

/// What a tool asks a Canvas about users.
#[derive(Debug, Clone)]
pub(crate) struct Platform(Arc<CanvasSite>);

impl Platform {
    /// A tool that is launched at this address.
    pub(crate) fn of(site: Arc<CanvasSite>, tool: String) -> Self {
        site.lock().launches.add_tool(tool);
        Self(site)
    }

    /// For whom Canvas gave this token to this tool, if it did and the token is still good.
    pub(crate) fn user(&self, jwt: &str, tool: &str) -> Option<u64> {
        self.0.lock().launches.user(jwt, tool)
    }

    /// The name and the e-mail address of a user.
    pub(crate) fn name_and_email(&self, user: u64) -> Option<(String, Option<String>)> {
        let data = self.0.lock();
        let user = data.school.users.get(&user)?;
        Some((user.name.clone(), user.email.clone()))
    }

    /// Whether a user may add and remove administrators of the account.
    pub(crate) fn is_admin(&self, user: u64) -> bool {
        self.0.lock().school.is_admin(user, ROOT)
    }
}

//! Users of the institution.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::UserId;
use crate::{Endpoint, Page, made_of::made_of, open_enum::open_enum, request::request, service};

/// Finds users by role or e-mail address: this is how one comes to the ids that
/// [`UpdateGroupUsers`](super::UpdateGroupUsers) takes.
///
/// Who may is not documented; others than administrators are presumably refused. Whether an e-mail
/// address must be given whole is not documented either, so compare what comes back.
///
/// # Errors
/// `Invalid` when neither a role nor an e-mail address is given, if the server wants one;
/// `Forbidden` without the right.
///
/// # Examples
/// ```no_run
/// # async fn run(studio: canvas_groups::Studio) -> canvas_groups::Result<()> {
/// use canvas_groups::studio::SearchUsers;
///
/// let email = "amy@caltech.example.com";
/// let found: Vec<_> = studio.stream(SearchUsers::new().email(email)).try_collect().await?;
/// let amy = found.iter().find(|user| user.email.as_deref() == Some(email));
/// println!("{:?}", amy.map(|user| user.id));
/// # Ok(())
/// # }
/// ```
///
/// Source: the User chapter, `/users/search`.
///
/// `GET users/search`
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct SearchUsers {
    role: Option<Role>,
    email: Option<String>,
    per_page: Option<u32>,
}

impl SearchUsers {
    /// The request, still without anything to look for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only users with this role.
    pub fn role(mut self, role: impl Into<Role>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Only users with this e-mail address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// How many users a page holds, 1 to 50; 20 by default.
    pub fn per_page(mut self, per_page: u32) -> Self {
        self.per_page = Some(per_page);
        self
    }
}

impl Endpoint for SearchUsers {
    type Service = service::Studio;
    type Response = Page<User>;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "users/search";
    const ITEMS: Option<&'static str> = Some("users");
    fn path(&self) -> String {
        "users/search".to_owned()
    }
}

request! {
    /// Gets a user.
    ///
    /// Who may is not documented; others than administrators are presumably refused.
    ///
    /// # Errors
    /// `Forbidden` without the right; `NotFound` for a user who does not exist.
    ///
    /// Source: *Get data of a user*.
    GET "users/{user}" on Studio => FoundUser;
    pub struct GetUser {
        path { user: UserId }
    }
}

open_enum! {
    /// What a user is in Studio. The public documentation does not list the words; these are those
    /// of a client that others wrote.
    pub enum Role {
        /// An administrator.
        Admin = "Admin",
        /// A teacher.
        Teacher = "Teacher",
        /// A student.
        Student = "Student",
        /// An observer.
        Observer = "Observer",
    }
}

/// A user of Studio.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The id: what operations on groups take.
    pub id: UserId,
    /// The full name.
    pub full_name: Option<String>,
    /// The name that is shown.
    pub display_name: Option<String>,
    /// The e-mail address; users need not have one.
    pub email: Option<String>,
    /// What the user is.
    pub role_names: Option<Vec<Role>>,
}

made_of! {
    User { id: UserId; full_name, display_name, email, role_names }
}

/// The answer of [`GetUser`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundUser {
    /// The user.
    pub user: User,
}

made_of! {
    FoundUser { user: User }
}

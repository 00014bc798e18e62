//! Users of the account.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::UserId;
use crate::{Page, made_of::made_of, request::request};

request! {
    /// Finds users of the caller's account by name or e-mail address: this is how one comes to the
    /// id that [`AddMember`](super::AddMember) takes.
    ///
    /// For administrators and managers of any group. Only users who have opened Commons once are
    /// known to it. A text of fewer than 3 characters finds nobody, and is no error.
    ///
    /// The documentation does not show the answer. This reads it in the form that the other lists
    /// of its chapter have, an object with `items` and perhaps a cursor for more.
    ///
    /// # Errors
    /// `Decode` if the server answers in another form.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(commons: canvas_groups::Lor, group: canvas_groups::lor::GroupId) -> canvas_groups::Result<()> {
    /// use canvas_groups::lor::{AddMember, SearchUsers};
    ///
    /// let found: Vec<_> = commons.stream(SearchUsers::new("amy@caltech.example.com")).try_collect().await?;
    /// if let [user] = &*found {
    ///     commons.send(AddMember::new(group, &user.id)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: the Users chapter, `/api/users`.
    GET "users" on Lor => Page<User>;
    pub struct SearchUsers {
        required {
            /// what to look for in names and e-mail addresses, at least 3 characters.
            q: String = impl Into<String>
        }
    }
}

/// A user of Commons.
///
/// The documentation does not list the fields. Those that are named here are as other answers of
/// the service have them; what else the server sends is kept.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The id: what [`AddMember`](super::AddMember) takes.
    pub id: UserId,
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// All other fields, as the server sent them.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

made_of! {
    User { id: UserId; name, email, other }
}

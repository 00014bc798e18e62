//! Studio: the users of a group, and what they may do in it.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the users of a group | [`ListGroupUsers`] | administrator or member |
//! | add, change and remove users | [`UpdateGroupUsers`] | administrator |
//! | find the ids that these take | [`SearchUsers`] | administrator, presumably |
//! | one user | [`GetUser`] | administrator, presumably |
//!
//! Studio runs on a host of its own for each institution and has its own users, groups and
//! tokens; none of its ids is one of Canvas LMS. Groups themselves are made on its web pages, which
//! also show their ids.
//!
//! ```no_run
//! # async fn run() -> canvas_groups::Result<()> {
//! use canvas_groups::Studio;
//! use canvas_groups::studio::{self, GroupId, ListGroupUsers, Permission, UpdateGroupUsers, UserId};
//!
//! let studio = Studio::new(studio::base_url("school")?, "access-token")?;
//! let group = GroupId::new(12);
//! let batch = UpdateGroupUsers::new(group)
//!     .add(UserId::new(3), Permission::Member)
//!     .remove(UserId::new(4));
//! studio.send(batch).await?;
//! for user in studio.stream(ListGroupUsers::new(group)).try_collect::<Vec<_>>().await? {
//!     println!("{}: {:?}", user.display_name.unwrap_or_default(), user.permission);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Source: the Group and User chapters of the Studio API.

mod group_users;
mod users;

use crate::{
    error::{Error, ErrorKind, Result},
    ids::ids,
};

pub use group_users::{
    Action, GroupUser, GroupUsers, ListGroupUsers, Operation, Permission, UpdateGroupUsers,
};
pub use users::{FoundUser, GetUser, Role, SearchUsers, User};

ids! {
    /// The id of a Studio group.
    GroupId;
    /// The id of a Studio user.
    UserId;
}

/// The base URL of an institution, from its subdomain of `instructuremedia.com`: `school`, or
/// `school.us-west-2` where the host names a region too. The subdomain is often not that of Canvas.
///
/// Installations under other names are reached by their whole base URL, with or without
/// `/api/public/v1` or the beginning of it.
///
/// # Errors
/// [`ErrorKind::Configuration`] for a text that is no subdomain. It could lead the token to
/// another host.
pub fn base_url(subdomain: &str) -> Result<String> {
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_inner)
    };
    if subdomain.split('.').all(is_label) {
        return Ok(format!("https://{subdomain}.instructuremedia.com"));
    }
    Err(Error::new(
        ErrorKind::Configuration,
        "the subdomain of Studio is what stands before `.instructuremedia.com`, such as `school`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Studio;

    #[test]
    fn a_base_url_comes_from_a_subdomain_or_whole() {
        let root = |url: &str| Studio::new(url, "token").map(|client| client.root().to_string());
        for subdomain in ["school", "my-school", "school.us-west-2"] {
            assert_eq!(
                root(&base_url(subdomain).unwrap()).unwrap(),
                format!("https://{subdomain}.instructuremedia.com/api/public/v1/")
            );
        }
        for url in [
            "https://media.example",
            "https://media.example/api",
            "https://media.example/api/public",
            "https://media.example/api/public/",
            "https://media.example/api/public/v1",
            "https://media.example/api/public/v1/",
        ] {
            assert_eq!(root(url).unwrap(), "https://media.example/api/public/v1/");
        }
        let root = root("https://media.example/public/xapi/public/v1").unwrap();
        assert_eq!(
            root,
            "https://media.example/public/xapi/public/v1/api/public/v1/"
        );
    }

    #[test]
    fn what_would_lead_to_another_host_is_no_subdomain() {
        for subdomain in [
            "",
            ".",
            "a..b",
            "a/",
            "evil.example/x",
            "a@b",
            "a:1",
            "a b",
            "a#",
            "a\n",
        ] {
            let error = base_url(subdomain).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{subdomain:?}");
        }
    }
}

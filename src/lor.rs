//! Commons: groups with whom resources are shared, and their members.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the groups | [`ListGroups`] | everyone, for those they can use; administrators for all |
//! | one group | [`GetGroup`] | administrator or manager |
//! | make one | [`CreateGroup`] | administrator |
//! | rename one | [`RenameGroup`] | administrator or manager |
//! | delete one | [`DeleteGroup`] | administrator |
//! | its members | [`ListMembers`] | administrator or manager |
//! | add a member | [`AddMember`] | administrator or manager |
//! | make a member a manager, or not | [`UpdateMember`] | administrator or manager |
//! | remove a member | [`RemoveMember`] | administrator or manager |
//! | find the id that a member needs | [`SearchUsers`] | administrator or manager |
//!
//! The service calls itself LOR, learning object repository. It shares neither hosts nor ids nor
//! credentials with Canvas LMS: [`Region`] has its hosts, [`LorSession`](crate::auth::LorSession)
//! opens its sessions, and all ids are texts.
//!
//! Two sorts of people may work on groups here: administrators of the Commons account, who in
//! Canvas may add and remove account admins; and managers of a group, members whose `isManager`
//! is true. At most 2,500 requests an hour are allowed to a user.
//!
//! ```no_run
//! # async fn run() -> canvas_groups::Result<()> {
//! use canvas_groups::{Lor, lor::{AddMember, Added, CreateGroup, Region, UpdateMember, UserId}};
//!
//! let commons = Lor::new(Region::UsLatam, "session-id")?;
//! let group = commons.send(CreateGroup::new("Algebra I")).await?;
//! let user = UserId::new("4LjxagScJ:canvas-lmsf1ca849d");
//! match commons.send(AddMember::new(&group.id, user).as_manager()).await? {
//!     Added::Kept(member) => {
//!         commons.send(UpdateMember::promote(group.id, member.id)).await?;
//!     }
//!     _ => println!("added"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Source: the chapters Groups, Groupmembers and Users of the Commons API.

mod groups;
mod members;
mod region;
mod users;

use crate::ids::text_ids;

pub use groups::{CreateGroup, DeleteGroup, GetGroup, Group, GroupName, ListGroups, RenameGroup};
pub use members::{AddMember, Added, ListMembers, Member, RemoveMember, UpdateMember};
pub use region::Region;
pub use users::{SearchUsers, User};

text_ids! {
    /// The id of a Commons group.
    GroupId;
    /// The id of a Commons membership: of the tie between a user and a group, not of either.
    MemberId;
    /// The id of a Commons user. It is not that of the Canvas user.
    UserId;
    /// The id of a Commons account.
    AccountId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_44_ids_are_texts_and_keep_colons_and_digits() {
        for text in [
            "1234",
            "asdf",
            "4LjxagScJ:canvas-lmsf1ca849d",
            "9007199254740993000000",
        ] {
            let json = serde_json::to_string(text).unwrap();
            let id: UserId = serde_json::from_str(&json).unwrap();
            assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
            assert_eq!(serde_json::to_string(&id).unwrap(), json);
            assert_eq!(UserId::from(text), id);
        }
        assert_eq!(
            serde_json::from_str::<GroupId>("9007199254740993").unwrap(),
            GroupId::new("9007199254740993")
        );
        for wrong in ["null", "1.5", "[1]", "true"] {
            assert!(serde_json::from_str::<GroupId>(wrong).is_err(), "{wrong}");
        }
    }
}

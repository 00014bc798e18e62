//! The requests.

use super::{
    CollaborationState, ContextType, Emails, Group, GroupInclude, Invitees, JoinLevel, Permissions,
    ProcessedHtml,
    parameters::{Flag, Leader, TextBool},
};
use crate::{
    AccountRef, CategoryRef, CourseRef, Deleted, FileId, GroupRef, List, Page, UserId,
    memberships::Membership,
    request::request,
    users::{User, UserExclude, UserInclude},
};

request! {
    /// Lists the groups that the caller is an accepted member of, by name.
    ///
    /// Groups of concluded courses are among them. Differentiation tags are not listed.
    ///
    /// Source: *List your groups*.
    GET "users/self/groups" => Page<Group>;
    pub struct ListMyGroups {
        optional {
            /// Only groups that belong to a context of this type.
            context_type: ContextType,
            /// Asks for more about each group.
            include: List<GroupInclude> = impl Into<List<GroupInclude>>,
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
    }
}

request! {
    /// Lists the active groups of an account, by category and name.
    ///
    /// These are the groups that belong to the account itself. For those of its courses, list the
    /// courses with [`ListAccountCourses`](crate::courses::ListAccountCourses), and send a
    /// [`ListCourseGroups`] for each.
    ///
    /// Needs the right to read the account's roster, which in practice administrators have.
    ///
    /// # Errors
    /// `Forbidden` also for `CollaborationState::NonCollaborative` without a tag right.
    ///
    /// Source: *List the groups available in a context*.
    GET "accounts/{account}/groups" => Page<Group>;
    pub struct ListAccountGroups {
        path { account: AccountRef }
        optional {
            /// Only groups that the caller belongs to.
            only_own_groups: bool,
            /// Asks for more about each group.
            include: List<GroupInclude> = impl Into<List<GroupInclude>>,
            /// Groups, differentiation tags or both; groups alone by default.
            collaboration_state: CollaborationState,
            /// With `GroupInclude::Users`: inactive members too, each marked by `User::active`.
            /// Undocumented.
            include_inactive_users: bool,
            /// Only groups with this text in the name of the group or of a member. Undocumented.
            filter: String = impl Into<String>,
            /// Only groups with this user. Undocumented.
            user_id: UserId,
            /// Hides groups of other sections from students limited to theirs. Undocumented.
            section_restricted: Flag = bool,
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
    }
}

request! {
    /// Lists the active groups of a course, by category and name.
    ///
    /// Needs the right to read the course's roster. Where the People page is switched off for the
    /// caller, only the caller's own groups are listed.
    ///
    /// # Errors
    /// `Forbidden` also for `CollaborationState::NonCollaborative` without a tag right.
    ///
    /// Source: *List the groups available in a context*.
    GET "courses/{course}/groups" => Page<Group>;
    pub struct ListCourseGroups {
        path { course: CourseRef }
        optional {
            /// Only groups that the caller belongs to.
            only_own_groups: bool,
            /// Asks for more about each group.
            include: List<GroupInclude> = impl Into<List<GroupInclude>>,
            /// Groups, differentiation tags or both; groups alone by default.
            collaboration_state: CollaborationState,
            /// With `GroupInclude::Users`: inactive members too, each marked by `User::active`.
            /// Undocumented.
            include_inactive_users: bool,
            /// Only groups with this text in the name of the group or of a member. Undocumented.
            filter: String = impl Into<String>,
            /// Only groups with this user. Undocumented.
            user_id: UserId,
            /// Hides groups of other sections from students limited to theirs. Undocumented.
            section_restricted: Flag = bool,
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
    }
}

request! {
    /// Gets a group.
    ///
    /// Needs the right to read it: members, and those who may see the groups of its context.
    ///
    /// Source: *Get a single group*.
    GET "groups/{group}" => Group;
    pub struct GetGroup {
        path { group: GroupRef }
        optional {
            /// Asks for more about the group.
            include: List<GroupInclude> = impl Into<List<GroupInclude>>,
        }
    }
}

request! {
    /// Creates a community group, with the caller as its moderator.
    ///
    /// Anyone who is logged in may. For a group of a course or of a group set, use
    /// [`CreateCategoryGroup`]; there is no way to create one in an account directly.
    ///
    /// # Errors
    /// `Invalid` for a blank name or one of over 255 characters; `Forbidden` for an SIS id without
    /// the right to manage SIS data. After a lost answer, look whether the group exists before
    /// creating it again.
    ///
    /// Source: *Create a group*.
    POST "groups" => Group;
    pub struct CreateGroup {
        optional {
            /// The name, 1 to 255 characters. Left out, the server makes one up.
            name: String = impl Into<String>,
            /// A description in plain text.
            description: String = impl Into<String>,
            /// Whether everyone may see the group. Cannot be undone.
            is_public: bool,
            /// Who may join. The server stores any text.
            join_level: JoinLevel,
            /// How much may be stored, in megabytes. Ignored without the right to manage quotas.
            storage_quota_mb: u64,
            /// The SIS id, unique in the root account. Needs the right to manage SIS data.
            sis_group_id: String = impl Into<String>,
            /// How many members the group may have, at least 2. Undocumented.
            max_membership: u64,
            /// Users to invite. Undocumented.
            invitees: Invitees = impl Into<Invitees>,
        }
    }
}

request! {
    /// Creates a group in a group category: a group set, or a set of differentiation tags.
    ///
    /// Needs the right to add groups in the category's course or account, for tags that to add
    /// tags. At most 10 tags fit into a set.
    ///
    /// # Errors
    /// As [`CreateGroup`].
    ///
    /// Source: *Create a group*.
    POST "group_categories/{category}/groups" => Group;
    pub struct CreateCategoryGroup {
        path { category: CategoryRef }
        optional {
            /// The name, 1 to 255 characters. Left out, the server makes one up.
            name: String = impl Into<String>,
            /// A description in plain text.
            description: String = impl Into<String>,
            /// Whether everyone may see the group. Only communities can be public: elsewhere the
            /// server makes it false without a word.
            is_public: bool,
            /// Who may join. The server stores any text.
            join_level: JoinLevel,
            /// How much may be stored, in megabytes. Ignored without the right to manage quotas.
            storage_quota_mb: u64,
            /// The SIS id, unique in the root account. Needs the right to manage SIS data.
            sis_group_id: String = impl Into<String>,
            /// How many members the group may have, at least 2. Undocumented.
            max_membership: u64,
            /// Users to invite. Undocumented.
            invitees: Invitees = impl Into<Invitees>,
        }
    }
}

request! {
    /// Changes a group. What is not set stays as it is.
    ///
    /// Needs a moderator, the leader, or the right to manage the groups (or tags) of the context.
    ///
    /// # Errors
    /// `Invalid` for a name that does not fit, for a public group made private, and for a leader
    /// who is not a member; `Forbidden` for an SIS id without the right to manage SIS data.
    ///
    /// Source: *Edit a group*.
    PUT "groups/{group}" => Group;
    pub struct UpdateGroup {
        path { group: GroupRef }
        optional {
            /// The name, 1 to 255 characters.
            name: String = impl Into<String>,
            /// A description in plain text.
            description: String = impl Into<String>,
            /// Makes a community public. Cannot be undone.
            is_public: bool,
            /// Who may join. The server stores any text.
            join_level: JoinLevel,
            /// The picture: an image uploaded to this group. Any other file takes the picture away.
            avatar_id: FileId,
            /// How much may be stored, in megabytes. Ignored without the right to manage quotas.
            storage_quota_mb: u64,
            /// Makes these users the members and **removes all others**. New ones are invited, or
            /// added at once outside of communities; users from outside of the course or account
            /// are dropped without a word. An empty list empties the group.
            replace_members as "members": List<UserId> = impl Into<List<UserId>>,
            /// The SIS id, unique in the root account. Needs the right to manage SIS data.
            sis_group_id: String = impl Into<String>,
            /// Whether a name changed by hand may be overwritten, when it is sticky against SIS
            /// imports; true by default.
            override_sis_stickiness: TextBool = bool,
            /// How many members the group may have, at least 2. Undocumented.
            max_membership: u64,
            /// The leader, one of the members. Undocumented.
            leader: Leader = UserId,
        }
    }
}

impl UpdateGroup {
    /// Takes the role of leader away from whoever has it. Undocumented.
    pub fn clear_leader(mut self) -> Self {
        self.leader = Some(Leader::none());
        self
    }
}

request! {
    /// Deletes a group; the answer is the group as it was.
    ///
    /// Needs a moderator or the right to delete groups of the context.
    ///
    /// Source: *Delete a group*.
    DELETE "groups/{group}" => Deleted<Group>;
    pub struct DeleteGroup {
        path { group: GroupRef }
    }
}

request! {
    /// Invites people by e-mail address; the answer has a membership for each one understood.
    ///
    /// Logins and `Name <address>` are understood too, ids are not. Addresses that nobody has make
    /// placeholder users; what cannot be read is dropped, so the answer may be shorter than the
    /// request. Only communities really invite: in every other group the people are members at
    /// once. Needs a moderator or administrator.
    ///
    /// # Errors
    /// `Request` for an empty list or a blank address; nothing is sent then. After a lost answer,
    /// list the memberships before inviting again: it may send mail twice.
    ///
    /// Source: *Invite others to a group*.
    POST "groups/{group}/invite" => Vec<Membership>;
    pub struct InviteToGroup {
        path { group: GroupRef }
        required {
            /// the e-mail addresses.
            invitees: Emails = impl Into<Emails>
        }
    }
}

request! {
    /// Lists the users of a group.
    ///
    /// Needs the right to read the group.
    ///
    /// # Errors
    /// `Invalid` for a search term that is too short.
    ///
    /// Source: *List group's users*.
    GET "groups/{group}/users" => Page<User>;
    pub struct ListGroupUsers {
        path { group: GroupRef }
        optional {
            /// Only users with this in their name, or with this id: at least 2 characters, on
            /// older servers 3.
            search_term: String = impl Into<String>,
            /// Asks for more about each user.
            include: List<UserInclude> = impl Into<List<UserInclude>>,
            /// Leaves out users who are inactive in the group's course.
            exclude_inactive: bool,
            /// Leaves fields out. Undocumented.
            exclude: List<UserExclude> = impl Into<List<UserExclude>>,
            /// How many users a page holds, 1 to 100.
            per_page: u32,
        }
    }
}

request! {
    /// Processes HTML as the group would show it: markup that could do harm is taken out, links
    /// are rewritten.
    ///
    /// Needs the right to read the group. Stores nothing.
    ///
    /// Source: *Preview processed html*.
    POST "groups/{group}/preview_html" => ProcessedHtml;
    pub struct PreviewHtml {
        path { group: GroupRef }
        required {
            /// the HTML.
            html: String = impl Into<String>
        }
    }
}

request! {
    /// Tells what the caller may do in a group.
    ///
    /// Needs the right to read it. A name that the server does not know is answered with false.
    ///
    /// Source: *Permissions*.
    GET "groups/{group}/permissions" => Permissions;
    pub struct GetGroupPermissions {
        path { group: GroupRef }
        optional {
            /// The permissions to check, such as `read_roster`; all that groups know by default.
            permissions: List<String> = impl Into<List<String>>,
        }
    }
}

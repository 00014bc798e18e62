//! The requests.

use super::{
    CollaborationState, ContextType, Group, GroupInclude, Invitees, JoinLevel, Permissions,
    ProcessedHtml,
    parameters::{Flag, Leader, TextBool},
};
use crate::{
    AccountRef, CategoryRef, CourseRef, Deleted, FileId, GroupRef, List, Page, SisId, UserId,
    request::{refused_with_sis_id, request},
    users::{User, UserExclude, UserInclude},
};

request! {
    /// Lists the groups that the caller is an accepted member of, by name.
    ///
    /// Groups of concluded courses are among them. Differentiation tags are not listed; servers of
    /// 2024 and before list them too. The pages are numbered, except where the caller's groups are
    /// spread over several database shards.
    ///
    /// Source: *List your groups*.
    GET "users/self/groups" => Page<Group>;
    pub struct ListMyGroups {
        optional {
            /// Only groups that belong to a context of this type.
            context_type: ContextType = impl Into<ContextType>,
            /// Asks for more about each group.
            include: List<GroupInclude> = impl Into<List<GroupInclude>>,
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
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
            /// Groups, differentiation tags or both; groups alone by default. A text that the
            /// server does not know shows tags to everyone who may read the roster.
            collaboration_state: CollaborationState = impl Into<CollaborationState>,
            /// With `GroupInclude::Users`: inactive members too, each marked by `User::active`.
            /// Undocumented.
            include_inactive_users: bool,
            /// Only groups with this text in the name of the group or of a member. Pages may then be
            /// shorter than asked for. Undocumented.
            filter: String = impl Into<String>,
            /// Only groups in which this user has a membership, be it an invitation or a request to
            /// join. **Servers of 2024 and before ignore it and list all groups**: there,
            /// [act as](crate::Client::as_user) the user and set
            /// [`only_own_groups`](Self::only_own_groups). Undocumented.
            user_id: UserId,
            /// Hides groups from students who are limited to their sections, where they share none
            /// with any member. Undocumented.
            section_restricted: Flag = bool,
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Lists the active groups of a course, by category and name.
    ///
    /// Differentiation tags are listed only where
    /// [`collaboration_state`](Self::collaboration_state) asks for them. Servers of 2024 and before
    /// ignore it and list tags too: leave them out with [`Group::is_tag`].
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
            /// Groups, differentiation tags or both; groups alone by default. A text that the
            /// server does not know shows tags to everyone who may read the roster.
            collaboration_state: CollaborationState = impl Into<CollaborationState>,
            /// With `GroupInclude::Users`: inactive members too, each marked by `User::active`.
            /// Undocumented.
            include_inactive_users: bool,
            /// Only groups with this text in the name of the group or of a member. Pages may then be
            /// shorter than asked for. Undocumented.
            filter: String = impl Into<String>,
            /// Only groups in which this user has a membership, be it an invitation or a request to
            /// join. **Servers of 2024 and before ignore it and list all groups**: there,
            /// [act as](crate::Client::as_user) the user and set
            /// [`only_own_groups`](Self::only_own_groups). Undocumented.
            user_id: UserId,
            /// Hides groups from students who are limited to their sections, where they share none
            /// with any member. Undocumented.
            section_restricted: Flag = bool,
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Gets a group.
    ///
    /// Needs the right to read it: its accepted members have it, and those who may see or manage
    /// the groups of its course or account; for a tag, those with a tag right. `is_public` gives
    /// it to nobody.
    ///
    /// # Errors
    /// `NotFound` also for a deleted group.
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
    /// `Request` for a blank SIS id; nothing is sent then. `Invalid` for a blank name or one of over
    /// 255 characters, a limit below 2, and an SIS id that is taken; `Forbidden` for an SIS id
    /// without the right to manage SIS data. After a lost answer, and where
    /// [`outcome_unknown`](crate::Error::outcome_unknown) is true, check whether the group exists
    /// before creating it again.
    ///
    /// Source: *Create a group*.
    POST "groups" => Group;
    pub struct CreateGroup {
        optional {
            /// The name, 1 to 255 characters. Left out, the server makes one up.
            name: String = impl Into<String>,
            /// A description in plain text.
            description: String = impl Into<String>,
            /// Marks the group as public, which opens its news feed but lets nobody else see the
            /// group. Cannot be undone.
            is_public: bool,
            /// Who may join. The server stores any text.
            join_level: JoinLevel = impl Into<JoinLevel>,
            /// How much may be stored, in megabytes. Ignored without the right to manage quotas.
            storage_quota_mb: u64,
            /// The SIS id, unique in the root account, deleted groups counted. Needs the right to
            /// manage SIS data in the root account.
            sis_group_id: SisId = impl Into<SisId>,
            /// How many members the group may have, at least 2. Undocumented.
            max_membership: u64,
            /// Users to invite, once the group exists. **Only administrators of the root account
            /// are**; the server silently leaves out everyone else, so compare [`Group::users`].
            /// Undocumented.
            invitees: Invitees = impl Into<Invitees>,
        }
        endpoint {
            fn refused_after_write(&self) -> &'static [u16] {
                refused_with_sis_id(self.sis_group_id.as_ref())
            }
        }
    }
}

request! {
    /// Creates a group in a group category: a group set, or a set of differentiation tags.
    ///
    /// Needs the right to add groups in the category's course or account, for tags the right to add
    /// tags and on current servers that to add groups as well. A set holds at most 10 tags, and a
    /// course at most 40 in all its sets together.
    ///
    /// # Errors
    /// As [`CreateGroup`]; `Invalid` also when there are too many tags.
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
            /// Marks the group as public. Only communities can be: elsewhere the server silently
            /// makes it false.
            is_public: bool,
            /// Who may join. The server stores any text.
            join_level: JoinLevel = impl Into<JoinLevel>,
            /// How much may be stored, in megabytes. Ignored without the right to manage quotas.
            storage_quota_mb: u64,
            /// The SIS id, unique in the root account, deleted groups counted. Needs the right to
            /// manage SIS data in the root account.
            sis_group_id: SisId = impl Into<SisId>,
            /// How many members the group may have, at least 2; by default as many as the category
            /// says. Undocumented.
            max_membership: u64,
            /// Users of the course to put into the group, once it exists; **in an account only its
            /// administrators**. The server silently leaves out everyone else, and who does not fit
            /// a limit or a rule of sections, so compare [`Group::users`]. Undocumented.
            invitees: Invitees = impl Into<Invitees>,
        }
        endpoint {
            fn refused_after_write(&self) -> &'static [u16] {
                refused_with_sis_id(self.sis_group_id.as_ref())
            }
        }
    }
}

request! {
    /// Changes a group. What is not set stays as it is.
    ///
    /// Needs a moderator, the leader, or the right to manage the groups (or tags) of the context. A
    /// name set here or at the creation is kept by later SIS imports.
    ///
    /// # Errors
    /// `Request` for a blank SIS id; nothing is sent then. `Invalid` for a name that does not fit,
    /// for a public group made private, for an SIS id that is taken, and for a leader who is not a
    /// member; `Forbidden` for an SIS id without the right to manage SIS data. After a refusal of
    /// the parameters **the members may be replaced all the same**, if the request has
    /// [`replace_members`](Self::replace_members): [`outcome_unknown`](crate::Error::outcome_unknown)
    /// is true then.
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
            /// Marks a community as public, which opens its news feed but lets nobody else see the
            /// group. Cannot be undone.
            is_public: bool,
            /// Who may join. The server stores any text.
            join_level: JoinLevel = impl Into<JoinLevel>,
            /// The picture: an image uploaded to this group. Any other file takes the picture away.
            avatar_id: FileId,
            /// How much may be stored, in megabytes. Ignored without the right to manage quotas.
            storage_quota_mb: u64,
            /// Makes these users the members and **removes all others**. An empty list empties the
            /// group.
            ///
            /// **Not for communities and the groups of an account**: there the server keeps or adds
            /// only those of the users who are administrators of that account, and removes everyone
            /// else, whether listed or not. Use
            /// [`CreateMembership`](crate::memberships::CreateMembership) and
            /// [`RemoveUsers`](crate::memberships::RemoveUsers) there.
            ///
            /// In a course anyone with an enrollment that is not deleted can be listed. New users
            /// become members at once and leave their former group of the set; the server silently
            /// leaves out who is not of the course, and who does not fit a limit or a rule of
            /// sections, so compare [`Group::users`].
            replace_members as "members": List<UserId> = impl Into<List<UserId>>,
            /// The SIS id, unique in the root account, deleted groups counted. Needs the right to
            /// manage SIS data in the root account.
            sis_group_id: SisId = impl Into<SisId>,
            /// Whether a name changed by hand may be overwritten, when it is sticky against SIS
            /// imports; true by default.
            override_sis_stickiness: TextBool = bool,
            /// How many members the group may have, at least 2. Undocumented.
            max_membership: u64,
            /// The leader, one of the members. Undocumented.
            leader: Leader = UserId,
        }
        endpoint {
            fn refused_after_write(&self) -> &'static [u16] {
                match (&self.replace_members, &self.sis_group_id) {
                    (Some(_), Some(_)) => &[400, 401, 422],
                    (Some(_), None) => &[400, 422],
                    (None, sis_id) => refused_with_sis_id(sis_id.as_ref()),
                }
            }
            fn advice(&self) -> &'static [(u16, &'static str)] {
                match self.leader {
                    Some(leader) if leader.is_somebody() => &[(
                        400,
                        "the leader must be a member of the group: add the user first",
                    )],
                    _ => &[],
                }
            }
        }
    }
}

impl UpdateGroup {
    /// Removes all members: [`replace_members`](Self::replace_members) with nobody.
    pub fn remove_all_members(mut self) -> Self {
        self.replace_members = Some(List::none());
        self
    }

    /// Takes the role of leader away from whoever has it. In a set with `auto_leader`, the next
    /// change of a membership names a new one. Undocumented.
    pub fn clear_leader(mut self) -> Self {
        self.leader = Some(Leader::none());
        self
    }
}

request! {
    /// Deletes a group; the answer is the group as it was.
    ///
    /// The memberships stay: a group that an import restores has its members again, except those
    /// who joined another group of its set. Needs a moderator or the right to delete groups of the
    /// context.
    ///
    /// Source: *Delete a group*.
    DELETE "groups/{group}" => Deleted<Group>;
    pub struct DeleteGroup {
        path { group: GroupRef }
    }
}

request! {
    /// Lists the users of a group by their sortable names, those who are invited or have asked to
    /// join among them.
    ///
    /// Needs the right to read the group. Callers who are limited to their sections see the
    /// students of these alone.
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
            /// older servers 3, digits of an id too.
            search_term: String = impl Into<String>,
            /// Asks for more about each user.
            include: List<UserInclude> = impl Into<List<UserInclude>>,
            /// Only accepted members, and of a course only those with an active or pending
            /// enrollment.
            exclude_inactive: bool,
            /// Leaves fields out. Undocumented.
            exclude: List<UserExclude> = impl Into<List<UserExclude>>,
            /// How many users a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
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
    /// # Errors
    /// `Decode` for an answer without one of the names that were asked for.
    ///
    /// Source: *Permissions*.
    GET "groups/{group}/permissions" => Permissions;
    pub struct GetGroupPermissions {
        path { group: GroupRef }
        optional {
            /// The permissions to check, such as `read_roster`; all that groups know by default.
            permissions: List<String> = impl Into<List<String>>,
        }
        endpoint { const KEYED_BY: Option<&'static str> = Some("permissions"); }
    }
}

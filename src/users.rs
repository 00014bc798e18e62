//! Users: those of a course, and one by a key of the institution.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the users of a course | [`ListCourseUsers`] | to read its roster, or to see or manage all grades |
//! | one user, by id, SIS id or login | [`GetUser`] | to see the user's details: the user, administrators |
//! | the numbers of many SIS ids or logins | [`Canvas::resolve_users`](crate::Client::resolve_users) | as `ListCourseUsers`, and to see the SIS ids or logins |
//!
//! The users of groups are listed by requests of groups and group sets:
//! [`ListGroupUsers`](crate::groups::ListGroupUsers) and
//! [`ListCategoryUsers`](crate::categories::ListCategoryUsers).
//!
//! Source: the Groups, Courses and Users chapters of the Canvas LMS REST API.

mod requests;
mod resolve;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use crate::{
    Error, GroupId, SisImportId, UserId, enrollments::Enrollment, made_of::made_of,
    open_enum::open_enum,
};

pub use crate::ids::rare::SubmissionId;
pub use requests::{GetUser, ListCourseUsers, UserSort};
pub use resolve::ResolvedUsers;

open_enum! {
    /// What the server can be asked to add to a user. Only `AvatarUrl` is documented for the group
    /// routes; the server reads the others too, and each needs its own right or setting.
    pub enum UserInclude {
        /// `User::avatar_url`, where the account has avatars.
        AvatarUrl = "avatar_url",
        /// `User::avatar_state`.
        AvatarState = "avatar_state",
        /// `User::email`.
        Email = "email",
        /// `User::sis_user_id`.
        SisUserId = "sis_user_id",
        /// `User::first_name`.
        FirstName = "first_name",
        /// `User::last_name`.
        LastName = "last_name",
        /// `User::bio`.
        Bio = "bio",
        /// `User::title`.
        Title = "title",
        /// `User::pronunciation`.
        Pronunciation = "pronunciation",
        /// `User::locale`.
        Locale = "locale",
        /// `User::effective_locale`.
        EffectiveLocale = "effective_locale",
        /// `User::last_login`.
        LastLogin = "last_login",
        /// `User::permissions`.
        Permissions = "permissions",
        /// `User::terms_of_use`.
        TermsOfUse = "terms_of_use",
        /// `User::custom_links`.
        CustomLinks = "custom_links",
        /// `User::time_zone`.
        TimeZone = "time_zone",
        /// `User::uuid`, and the UUIDs that hang on it.
        Uuid = "uuid",
        /// `User::lti_id`.
        LtiId = "lti_id",
        /// `User::confirmation_url`.
        ConfirmationUrl = "confirmation_url",
        /// `User::sections`.
        Sections = "sections",
        /// `User::group_submissions`. Groups of courses only.
        GroupSubmissions = "group_submissions",
        /// `User::is_inactive`. Groups of courses only.
        ActiveStatus = "active_status",
        /// `User::enrollments`. Users of courses only.
        Enrollments = "enrollments",
        /// `Enrollment::locked`, with `Enrollments`. Users of courses only.
        Locked = "locked",
        /// The test student, among the users. Users of courses only.
        TestStudent = "test_student",
        /// `User::group_ids`. Users of courses only. Undocumented.
        GroupIds = "group_ids",
    }
}

open_enum! {
    /// What can be left out of users.
    pub enum UserExclude {
        /// SIS ids and logins.
        Pseudonym = "pseudonym",
        /// E-mail address and biography.
        PersonalInfo = "personal_info",
    }
}

/// A user.
///
/// Fields are `None` where the server did not send them: because they were not asked for, because
/// the caller may not see them, or because there is nothing to say.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The full name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// The name by which to sort, mostly `Last, First`.
    pub sortable_name: Option<String>,
    /// The name that the user goes by.
    pub short_name: Option<String>,
    /// When the user was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// The pronouns, if set.
    pub pronouns: Option<String>,
    /// The user into whom this one was merged.
    pub merged_into_user_id: Option<UserId>,
    /// The SIS id. For callers who may read SIS data in the course or account, teachers among them.
    pub sis_user_id: Option<String>,
    /// The SIS integration id. For callers who may read SIS data.
    pub integration_id: Option<String>,
    /// The SIS import that made the user. For callers who may manage SIS data.
    pub sis_import_id: Option<SisImportId>,
    /// The login. For callers who may see logins.
    pub login_id: Option<String>,
    /// The host of the user's own root account, where accounts trust one another.
    pub root_account: Option<String>,
    /// The picture.
    pub avatar_url: Option<String>,
    /// The state of the picture.
    pub avatar_state: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The biography.
    pub bio: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// How the name is said.
    pub pronunciation: Option<String>,
    /// The language that the user chose.
    pub locale: Option<String>,
    /// The language in effect.
    pub effective_locale: Option<String>,
    /// The time zone, by its IANA name.
    pub time_zone: Option<String>,
    /// The last login.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub last_login: Option<Timestamp>,
    /// The UUID.
    pub uuid: Option<String>,
    /// The UUID before a merge.
    pub past_uuid: Option<String>,
    /// The UUID of the account.
    pub account_uuid: Option<String>,
    /// The id towards LTI tools.
    pub lti_id: Option<String>,
    /// Where the user confirms the address.
    pub confirmation_url: Option<String>,
    /// The sections, as the server words them.
    pub sections: Option<serde_json::Value>,
    /// What users may do with their own profile.
    pub permissions: Option<UserPermissions>,
    /// Whether the user accepted the terms of use.
    pub terms_of_use: Option<bool>,
    /// Links that the account adds to users, as the server words them.
    pub custom_links: Option<serde_json::Value>,
    /// Whether the member is active. In `Group::users`, when inactive ones were asked for.
    pub active: Option<bool>,
    /// Whether the user is inactive in the group's course.
    pub is_inactive: Option<bool>,
    /// How the user is enrolled in the course. With `UserInclude::Enrollments`.
    pub enrollments: Option<Vec<Enrollment>>,
    /// The groups of the course that the user is in. With `UserInclude::GroupIds`.
    pub group_ids: Option<Vec<GroupId>>,
    /// The submissions that the user made with groups.
    pub group_submissions: Option<Vec<SubmissionId>>,
}

made_of! {
    User { id: UserId; name, sortable_name, short_name, created_at, pronouns, merged_into_user_id, sis_user_id, integration_id, sis_import_id, login_id, root_account, avatar_url, avatar_state, email, first_name, last_name, bio, title, pronunciation, locale, effective_locale, time_zone, last_login, uuid, past_uuid, account_uuid, lti_id, confirmation_url, sections, permissions, terms_of_use, custom_links, active, is_inactive, enrollments, group_ids, group_submissions }
}

/// What a user may do with their own profile.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct UserPermissions {
    /// Whether the name may be changed.
    pub can_update_name: Option<bool>,
    /// Whether the picture may be changed.
    pub can_update_avatar: Option<bool>,
    /// Whether the web version is barred for a parent's app.
    pub limit_parent_app_web_access: Option<bool>,
}

impl Error {
    /// The user whom the one to act as was merged into, if the server said so: nobody can act as a
    /// merged user. Ask before acting as the other one; this crate never does so on its own.
    pub fn merged_into_user_id(&self) -> Option<UserId> {
        self.merged_into().map(UserId::new)
    }
}

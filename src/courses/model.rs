//! What comes back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use crate::{
    AccountId, CourseId, RoleId, SisImportId, TermId, UserId,
    enrollments::{EnrollmentState, EnrollmentType},
    groups::{Permissions, Tab, UserDisplay},
    made_of::made_of,
    open_enum::open_enum,
    sections::Section,
};

open_enum! {
    /// How far a course has come.
    pub enum CourseState {
        /// It is not published.
        Unpublished = "unpublished",
        /// It is published.
        Available = "available",
        /// It was concluded by hand.
        Completed = "completed",
        /// It was deleted.
        Deleted = "deleted",
    }
}

/// A course: what tells it from others, and what its groups depend on.
///
/// Servers send more, above all about grading and content. For those fields, send the request as an
/// [endpoint of your own](crate::guide::endpoints) with another answer.
///
/// Fields are `None` where the server did not send them: because they were not asked for, because
/// the caller may not see them, or because there is nothing to say. Of a course that the caller may
/// not open because of its dates, lists show no more than the id and `access_restricted_by_date`.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Course {
    /// The id.
    pub id: CourseId,
    /// The name, or the nickname that the caller gave the course; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// The name, where `name` is a nickname.
    pub original_name: Option<String>,
    /// The short name, such as `MATH-101`.
    pub course_code: Option<String>,
    /// How far the course has come.
    pub workflow_state: Option<CourseState>,
    /// Whether the course is over, by hand or by its dates. With `CourseInclude::Concluded`.
    pub concluded: Option<bool>,
    /// True if the caller may not open the course because of its dates. All else is missing then.
    pub access_restricted_by_date: Option<bool>,
    /// The account that the course is in.
    pub account_id: Option<AccountId>,
    /// The root account.
    pub root_account_id: Option<AccountId>,
    /// The name of the account. With `CourseInclude::AccountName`.
    pub account_name: Option<String>,
    /// The term.
    pub enrollment_term_id: Option<TermId>,
    /// The term. With `CourseInclude::Term`.
    pub term: Option<Term>,
    /// The SIS id. For callers who may read SIS data.
    pub sis_course_id: Option<String>,
    /// The SIS integration id. For callers who may read SIS data.
    pub integration_id: Option<String>,
    /// The SIS import that made the course. For callers who may manage SIS data.
    pub sis_import_id: Option<SisImportId>,
    /// The UUID.
    pub uuid: Option<String>,
    /// The id towards LTI tools. With `CourseInclude::LtiContextId`.
    pub lti_context_id: Option<String>,
    /// When the course was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When it begins, where that is set for the course itself.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub start_at: Option<Timestamp>,
    /// When it ends, where that is set for the course itself.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub end_at: Option<Timestamp>,
    /// Whether the dates of the course bound what its users may do.
    pub restrict_enrollments_to_course_dates: Option<bool>,
    /// The time zone, by its IANA name.
    pub time_zone: Option<String>,
    /// The language that is set for the course.
    pub locale: Option<String>,
    /// How it is taught, such as `online` or `on_campus`.
    pub course_format: Option<String>,
    /// The page that opens first, such as `modules`.
    pub default_view: Option<String>,
    /// Whether everyone may see it.
    pub is_public: Option<bool>,
    /// Whether everyone who is logged in may see it.
    pub is_public_to_auth_users: Option<bool>,
    /// The description for everyone. With `CourseInclude::PublicDescription`.
    pub public_description: Option<String>,
    /// The licence of its content.
    pub license: Option<String>,
    /// Whether anyone who may see it can enroll.
    pub open_enrollment: Option<bool>,
    /// Whether students can enroll themselves.
    pub self_enrollment: Option<bool>,
    /// Whether content is pushed from it into others.
    pub blueprint: Option<bool>,
    /// Whether new courses are made from it.
    pub template: Option<bool>,
    /// How much may be stored, in megabytes. Each group of the course has a quota of its own.
    pub storage_quota_mb: Option<u64>,
    /// How much is stored, in megabytes. With `CourseInclude::StorageQuotaUsedMb`.
    pub storage_quota_used_mb: Option<f64>,
    /// How many students are active or invited. With `CourseInclude::TotalStudents`.
    pub total_students: Option<u64>,
    /// The teachers. With `CourseInclude::Teachers`.
    pub teachers: Option<Vec<UserDisplay>>,
    /// How many teachers there are, in the place of `teachers`. With `GetCourse::teacher_limit`, if
    /// there are more than that.
    pub teacher_count: Option<u64>,
    /// How the caller is enrolled. Not in the list of an account.
    pub enrollments: Option<Vec<CourseEnrollment>>,
    /// The sections in which the caller is. With `CourseInclude::Sections`.
    pub sections: Option<Vec<Section>>,
    /// What the caller may do. With `CourseInclude::Permissions`.
    pub permissions: Option<Permissions>,
    /// Whether the caller marked the course. With `CourseInclude::Favorites`.
    pub is_favorite: Option<bool>,
    /// The tabs. With `CourseInclude::Tabs`.
    pub tabs: Option<Vec<Tab>>,
}

made_of! {
    Course { id: CourseId; name, original_name, course_code, workflow_state, concluded, access_restricted_by_date, account_id, root_account_id, account_name, enrollment_term_id, term, sis_course_id, integration_id, sis_import_id, uuid, lti_context_id, created_at, start_at, end_at, restrict_enrollments_to_course_dates, time_zone, locale, course_format, default_view, is_public, is_public_to_auth_users, public_description, license, open_enrollment, self_enrollment, blueprint, template, storage_quota_mb, storage_quota_used_mb, total_students, teachers, teacher_count, enrollments, sections, permissions, is_favorite, tabs }
}

/// The period that a course is in.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Term {
    /// The id.
    pub id: TermId,
    /// The name.
    pub name: Option<String>,
    /// The state: `active` or `deleted`.
    pub workflow_state: Option<String>,
    /// When it begins.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub start_at: Option<Timestamp>,
    /// When it ends.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub end_at: Option<Timestamp>,
    /// When it was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// The SIS id. For callers who may read SIS data.
    pub sis_term_id: Option<String>,
    /// The SIS import that made the term. For callers who may manage SIS data.
    pub sis_import_id: Option<SisImportId>,
}

made_of! {
    Term { id: TermId; name, workflow_state, start_at, end_at, created_at, sis_term_id, sis_import_id }
}

/// How the caller is enrolled in a course. It has no id there:
/// [`ListCourseEnrollments`](crate::enrollments::ListCourseEnrollments) has whole records.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct CourseEnrollment {
    /// How the user is enrolled.
    #[serde(rename = "type")]
    pub kind: Option<EnrollmentType>,
    /// The name of the role; that of the type, if the role is not one of the account's own.
    pub role: Option<String>,
    /// The role.
    pub role_id: Option<RoleId>,
    /// The user: the caller, or a student whom the caller observes.
    pub user_id: Option<UserId>,
    /// The student whom the user observes.
    pub associated_user_id: Option<UserId>,
    /// How far the enrollment has come.
    pub enrollment_state: Option<EnrollmentState>,
    /// Whether the user sees people of the own section alone.
    pub limit_privileges_to_course_section: Option<bool>,
}

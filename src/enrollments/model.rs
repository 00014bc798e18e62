//! What comes back, and what can be asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::{
    AccountId, CourseId, EnrollmentId, RoleId, SectionId, SisImportId, UserId, made_of::made_of,
    open_enum::open_enum, users::User,
};

open_enum! {
    /// What an enrollment and its user can be asked to bring along.
    pub enum EnrollmentInclude {
        /// `User::avatar_url`.
        AvatarUrl = "avatar_url",
        /// `User::group_ids`: the user's groups in the course.
        GroupIds = "group_ids",
        /// `User::uuid`.
        Uuid = "uuid",
        /// `User::email`. Undocumented.
        Email = "email",
        /// `Enrollment::locked`.
        Locked = "locked",
        /// `Enrollment::can_be_removed`.
        CanBeRemoved = "can_be_removed",
        /// `Enrollment::observed_user`.
        ObservedUsers = "observed_users",
        /// The points, in `Enrollment::grades`.
        CurrentPoints = "current_points",
    }
}

open_enum! {
    /// How somebody is enrolled: the field `type`.
    ///
    /// Filters of courses and users take short words:
    /// [`EnrollmentType`](EnrollmentType).
    pub enum EnrollmentKind {
        /// A student.
        Student = "StudentEnrollment",
        /// A teacher.
        Teacher = "TeacherEnrollment",
        /// A teaching assistant.
        Ta = "TaEnrollment",
        /// A designer.
        Designer = "DesignerEnrollment",
        /// An observer.
        Observer = "ObserverEnrollment",
        /// The test student of the course.
        StudentView = "StudentViewEnrollment",
    }
}

open_enum! {
    /// How somebody is enrolled, in the short words that filters take.
    ///
    /// An [`Enrollment`](crate::enrollments::Enrollment) has the long ones:
    /// [`EnrollmentKind`](crate::enrollments::EnrollmentKind).
    pub enum EnrollmentType {
        /// A teacher.
        Teacher = "teacher",
        /// A student.
        Student = "student",
        /// The test student of the course.
        StudentView = "student_view",
        /// A teaching assistant.
        Ta = "ta",
        /// An observer.
        Observer = "observer",
        /// A designer.
        Designer = "designer",
    }
}

open_enum! {
    /// How far an enrollment has come.
    pub enum EnrollmentState {
        /// The user takes part.
        Active = "active",
        /// The user was invited and has not answered.
        Invited = "invited",
        /// The user is to be invited once the course is published.
        CreationPending = "creation_pending",
        /// The user turned the invitation down.
        Rejected = "rejected",
        /// The enrollment was concluded.
        Completed = "completed",
        /// The user is on the roster, but may not take part.
        Inactive = "inactive",
        /// The enrollment, its section or its course was deleted.
        Deleted = "deleted",
        /// Invited, or not begun. A filter of [`ListMyCourses`](crate::courses::ListMyCourses)
        /// alone.
        InvitedOrPending = "invited_or_pending",
    }
}

/// A user's place in a section of a course. Its id is neither that of the user nor that of the
/// section.
///
/// Fields are `None` where the server did not send them: because they were not asked for, because
/// the caller may not see them, or because there is nothing to say.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Enrollment {
    /// The id of the enrollment.
    pub id: EnrollmentId,
    /// The user.
    pub user_id: Option<UserId>,
    /// The course.
    pub course_id: Option<CourseId>,
    /// The section. Hidden where the course hides sections from its students.
    pub course_section_id: Option<SectionId>,
    /// The root account of the course.
    pub root_account_id: Option<AccountId>,
    /// How the user is enrolled.
    #[serde(rename = "type")]
    pub kind: Option<EnrollmentKind>,
    /// The name of the role; that of the type, if the role is not one of the account's own.
    pub role: Option<String>,
    /// The role.
    pub role_id: Option<RoleId>,
    /// How far the enrollment has come.
    pub enrollment_state: Option<EnrollmentState>,
    /// Whether the user sees people of the own sections alone.
    pub limit_privileges_to_course_section: Option<bool>,
    /// The student whom the user observes.
    pub associated_user_id: Option<UserId>,
    /// When the enrollment was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub updated_at: Option<Timestamp>,
    /// When it begins, where that is set for the enrollment itself.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub start_at: Option<Timestamp>,
    /// When it ends, where that is set for the enrollment itself.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub end_at: Option<Timestamp>,
    /// When the user was last seen in the course. For the user, and callers who may see reports.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub last_activity_at: Option<Timestamp>,
    /// The last day that the user attended. For the user, and callers who may see reports.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub last_attended_at: Option<Timestamp>,
    /// How long the user was there, in seconds. For the user, and callers who may see reports.
    pub total_activity_time: Option<u64>,
    /// The web page of the user in the course, as a full address.
    pub html_url: Option<String>,
    /// The grades, as the server words them. Of students.
    pub grades: Option<Value>,
    /// The SIS id of the account. For callers who may read SIS data.
    pub sis_account_id: Option<String>,
    /// The SIS id of the course. For callers who may read SIS data.
    pub sis_course_id: Option<String>,
    /// The SIS integration id of the course. For callers who may read SIS data.
    pub course_integration_id: Option<String>,
    /// The SIS id of the section. For callers who may read SIS data.
    pub sis_section_id: Option<String>,
    /// The SIS integration id of the section. For callers who may read SIS data.
    pub section_integration_id: Option<String>,
    /// The SIS id of the user. For callers who may read SIS data.
    pub sis_user_id: Option<String>,
    /// The SIS import that made the enrollment. For callers who may manage SIS data.
    pub sis_import_id: Option<SisImportId>,
    /// The user. In lists of enrollments, not in `User::enrollments`.
    pub user: Option<Box<User>>,
    /// Whether an SIS import holds it, so that the caller cannot change it. With
    /// `EnrollmentInclude::Locked`.
    pub locked: Option<bool>,
    /// Whether the caller may delete it. With `EnrollmentInclude::CanBeRemoved`.
    pub can_be_removed: Option<bool>,
    /// The student whom the user observes. With `EnrollmentInclude::ObservedUsers`.
    pub observed_user: Option<Box<User>>,
}

made_of! {
    Enrollment { id: EnrollmentId; user_id, course_id, course_section_id, root_account_id, kind, role, role_id, enrollment_state, limit_privileges_to_course_section, associated_user_id, created_at, updated_at, start_at, end_at, last_activity_at, last_attended_at, total_activity_time, html_url, grades, sis_account_id, sis_course_id, course_integration_id, sis_section_id, section_integration_id, sis_user_id, sis_import_id, user, locked, can_be_removed, observed_user }
}

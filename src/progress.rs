//! Jobs in the background, and how to wait for them.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the state of a job | [`GetProgress`] | to read what it works on |
//! | cancel a job | [`CancelProgress`] | who started it |
//! | wait for its end | [`Canvas::wait`](crate::Client::wait) | as `GetProgress` |
//!
//! Imports and the assignment of students answer with a [`Progress`] at once and do their work
//! later; only the progress tells whether it succeeded. [`Canvas::wait`](crate::Client::wait) asks
//! until the job has ended.
//!
//! Source: the Progress chapter of the Canvas LMS REST API.

mod import;
mod wait;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::{
    CategoryId, CourseId, FileId, ProgressId, UserId, groups::ContextType, made_of::made_of,
    open_enum::open_enum, request::request,
};

pub use crate::ids::rare::ContextId;
pub use import::ImportOutcome;
pub use wait::{Job, Wait};

request! {
    /// Gets the state of a job.
    ///
    /// Needs the right to read what the job works on; for a group category that is its course or
    /// account.
    ///
    /// Source: *Query progress*.
    GET "progress/{progress}" => Progress;
    pub struct GetProgress {
        path { progress: ProgressId }
    }
}

request! {
    /// Cancels a job: its state becomes failed, even if it had ended already.
    ///
    /// Only the user who started it may. The jobs of group categories belong to nobody, so they
    /// cannot be canceled: `Forbidden`.
    ///
    /// Source: *Cancel progress*.
    POST "progress/{progress}/cancel" => Progress;
    pub struct CancelProgress {
        path { progress: ProgressId }
        optional {
            /// The reason, kept as the job's message.
            message: String = impl Into<String>,
        }
    }
}

open_enum! {
    /// The state of a job.
    pub enum ProgressState {
        /// It has not begun.
        Queued = "queued",
        /// It is at work.
        Running = "running",
        /// It waits for an external tool.
        WaitingForExternalTool = "waiting_for_external_tool",
        /// It has done its work.
        Completed = "completed",
        /// It has ended without doing its work, or was canceled.
        Failed = "failed",
        /// Another job has taken its place.
        Canceled = "canceled",
    }
}

impl ProgressState {
    /// Whether a job in this state has ended; false for a state that this crate does not know.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

/// A job in the background.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// The id.
    pub id: ProgressId,
    /// What the job works on.
    pub context_id: Option<ContextId>,
    /// The kind of thing that it works on.
    pub context_type: Option<ContextType>,
    /// Who started it. `None` for the jobs of group categories.
    pub user_id: Option<UserId>,
    /// What the job is, such as `course_group_import`, which both imports of CSV are.
    pub tag: Option<String>,
    /// How much is done, in percent, with fractions. Stays where it was when a job fails.
    pub completion: Option<f64>,
    /// Its state.
    pub workflow_state: Option<ProgressState>,
    /// When the job was ordered.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When its state was last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub updated_at: Option<Timestamp>,
    /// What it has to say, after a failure the reason. Imports that have ended say it as JSON:
    /// [`import_outcome`](Self::import_outcome) reads that.
    pub message: Option<String>,
    /// Where to ask for its state, as a full address.
    pub url: Option<String>,
    /// Its results, if it has any. The jobs of group categories have none.
    pub results: Option<Value>,
}

made_of! {
    Progress { id: ProgressId; context_id, context_type, user_id, tag, completion, workflow_state, created_at, updated_at, message, url, results }
}

impl Progress {
    /// Whether the job has ended, well or not.
    pub fn is_final(&self) -> bool {
        self.workflow_state
            .as_ref()
            .is_some_and(ProgressState::is_final)
    }

    /// Whether the job has done its work.
    pub fn is_completed(&self) -> bool {
        self.workflow_state == Some(ProgressState::Completed)
    }

    /// The group category that the job works on, if it is one.
    pub fn category_id(&self) -> Option<CategoryId> {
        self.context(ContextType::GroupCategory)
            .map(CategoryId::new)
    }

    /// The course that the job works on, if it is one.
    pub fn course_id(&self) -> Option<CourseId> {
        self.context(ContextType::Course).map(CourseId::new)
    }

    /// The file that the job made, once it is completed, if it fetched one for
    /// [`upload_from_url`](crate::Client::upload_from_url).
    pub fn file_id(&self) -> Option<FileId> {
        let id = self.results.as_ref()?.get("id")?;
        FileId::deserialize(id).ok()
    }

    fn context(&self, kind: ContextType) -> Option<u64> {
        let id = self.context_id?.get();
        (self.context_type.as_ref() == Some(&kind)).then_some(id)
    }
}

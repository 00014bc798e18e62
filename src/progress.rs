//! Background jobs and how far they have come.
//!
//! Source: the Progress chapter of the Canvas LMS REST API.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, PickFirst, serde_as, skip_serializing_none};

pub use crate::ProgressId;
use crate::{UserId, open_enum::open_enum};

open_enum! {
    /// How far a background job has come.
    pub enum ProgressState {
        /// It waits for its turn.
        Queued = "queued",
        /// It runs.
        Running = "running",
        /// It is done.
        Completed = "completed",
        /// It failed: `Progress::message` may say why.
        Failed = "failed",
    }
}

/// A background job.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// The id.
    pub id: ProgressId,
    /// The id of the thing that the job works on.
    #[serde_as(as = "Option<PickFirst<(_, DisplayFromStr)>>")]
    #[serde(default)]
    pub context_id: Option<u64>,
    /// The kind of thing that the job works on.
    pub context_type: Option<String>,
    /// The user who started it.
    pub user_id: Option<UserId>,
    /// The kind of job.
    pub tag: Option<String>,
    /// How much is done, in percent.
    pub completion: Option<f64>,
    /// How far it has come.
    pub workflow_state: Option<ProgressState>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// What the server says about it.
    pub message: Option<String>,
    /// Where the job can be looked up.
    pub url: Option<String>,
    /// What came of it.
    pub results: Option<serde_json::Value>,
}

//! How a fake Canvas is set up.

use std::time::Duration;

use super::bucket::Throttle;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Behave like a server of some years ago.
    pub(crate) is_old: bool,
    pub(crate) demands_user_agent: bool,
    /// Whether several members can be removed with one request.
    pub(crate) has_bulk_removal: bool,
    /// Whether opposite moves at once lock each other.
    pub(crate) deadlocks: bool,
    pub(crate) throttle: Option<Throttle>,
    /// How long a job in the background takes.
    pub(crate) job_duration: Duration,
    /// How long an access token of a login lives.
    pub(crate) token_lifetime: Duration,
    /// How the second step of an upload ends.
    pub(crate) upload_ending: UploadEnding,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            is_old: false,
            demands_user_agent: true,
            has_bulk_removal: true,
            deadlocks: false,
            throttle: Some(Throttle::default()),
            job_duration: Duration::from_millis(200),
            token_lifetime: Duration::from_secs(3600),
            upload_ending: UploadEnding::default(),
        }
    }
}

/// How the second step of an upload ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UploadEnding {
    /// With 201: the file is there, and a `Location` shows it.
    #[default]
    Created,
    /// With 303: the file is there once the `Location` was called, the third step.
    Redirect,
}

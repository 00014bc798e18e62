//! How a fake Commons is set up.

use std::time::Duration;

use crate::canvas::Platform;

#[derive(Debug)]
pub(crate) struct Settings {
    /// The Canvas whose users these are.
    pub(crate) platform: Platform,
    /// Where Canvas launches Commons.
    pub(crate) tool: String,
    pub(crate) session_lifetime: Duration,
    pub(crate) hourly_limit: Option<u32>,
}

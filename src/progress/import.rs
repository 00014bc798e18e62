//! What the job of an import says when it has ended.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::Progress;

/// The outcome of an import of groups or tags, as the server counts it.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct ImportOutcome {
    /// What was imported, such as `import_groups`.
    #[serde(rename = "type")]
    pub import_type: String,
    /// How many groups or tags got somebody; one counts again for each thousand rows.
    pub groups: Option<u64>,
    /// How many different students were in rows that counted.
    pub users: Option<u64>,
    /// Why the import failed, if it did.
    pub error: Option<String>,
}

impl ImportOutcome {
    /// How many of the users that were sent were not taken: the server skips rows whose user or group
    /// it does not find. `None` if it did not say how many it took.
    ///
    /// The requests know how many they sent, as in
    /// [`ImportGroups::user_count`](crate::csv::ImportGroups::user_count).
    pub fn shortfall(&self, users_sent: usize) -> Option<u64> {
        let sent = u64::try_from(users_sent).unwrap_or(u64::MAX);
        Some(sent.saturating_sub(self.users?))
    }
}

impl Progress {
    /// The outcome of an import, once its job has ended; `None` for other jobs, and on servers of
    /// 2024 and before, which do not tell.
    pub fn import_outcome(&self) -> Option<ImportOutcome> {
        serde_json::from_str(self.message.as_deref()?).ok()
    }

    /// The message as text for people.
    pub(super) fn reason(&self) -> Option<String> {
        if let Some(outcome) = self.import_outcome() {
            return outcome.error;
        }
        let message = self.message.as_deref()?;
        // An assignment by section that is refused tells its reasons as a list.
        let reasons = serde_json::from_str::<Vec<String>>(message);
        Some(reasons.map_or_else(|_| message.to_owned(), |reasons| reasons.join("; ")))
    }
}

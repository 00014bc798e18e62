//! What happened in a group, as the caller sees it.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | what happened, newest first | [`ListActivity`] | to read the group |
//! | how much of it, by type | [`GetActivitySummary`] | to read the group |
//!
//! Source: the Groups and Users chapters of the Canvas LMS REST API.

mod model;

use crate::{GroupRef, Page, request::request};

pub use crate::ids::rare::{
    AssessmentRequestId, AssignmentId, CollaborationId, ConversationId, DiscussionTopicId,
    MessageId, StreamItemId, WebConferenceId,
};
pub use model::{
    ConversationMessage, Discussion, EntryAuthor, RootEntry, StreamItem, StreamItemKind,
    StreamItemType, SummaryItem,
};

request! {
    /// Lists what happened in a group: to the caller, newest first, in about the last four weeks.
    ///
    /// Needs the right to read the group, for a differentiation tag a tag right.
    ///
    /// Source: *Group activity stream*.
    GET "groups/{group}/activity_stream" => Page<StreamItem>;
    pub struct ListActivity {
        path { group: GroupRef }
        optional {
            /// How many items a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Counts what happened in a group, by type.
    ///
    /// Needs the right to read the group, for a differentiation tag a tag right.
    ///
    /// Source: *Group activity stream summary*.
    GET "groups/{group}/activity_stream/summary" => Vec<SummaryItem>;
    pub struct GetActivitySummary {
        path { group: GroupRef }
    }
}

//! What comes back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use super::{
    AssessmentRequestId, AssignmentId, CollaborationId, ConversationId, DiscussionTopicId,
    MessageId, StreamItemId, WebConferenceId,
};
use crate::{
    AccountId, CourseId, GroupId, UserId, groups::ContextType, made_of::made_of,
    open_enum::open_enum, users::SubmissionId,
};

open_enum! {
    /// What kind of thing a stream item is about.
    pub enum StreamItemType {
        /// A discussion.
        DiscussionTopic = "DiscussionTopic",
        /// An announcement.
        Announcement = "Announcement",
        /// A conversation.
        Conversation = "Conversation",
        /// A notification.
        Message = "Message",
        /// A submission.
        Submission = "Submission",
        /// A web conference.
        WebConference = "WebConference",
        /// A collaboration.
        Collaboration = "Collaboration",
        /// A peer review that somebody was asked for.
        AssessmentRequest = "AssessmentRequest",
        /// An entry in a discussion.
        DiscussionEntry = "DiscussionEntry",
        /// An older form of message.
        ContextMessage = "ContextMessage",
    }
}

/// An item in an activity stream. What all items have is here, what depends on the kind of thing
/// that it tells of in `kind`.
///
/// ```
/// use canvas_groups::{activity::{StreamItem, StreamItemKind}, serde_json};
///
/// let item: StreamItem = serde_json::from_str(
///     r#"{"id": 3, "type": "Collaboration", "collaboration_id": 9, "title": "Notes"}"#,
/// )?;
/// if let StreamItemKind::Collaboration { collaboration_id, .. } = &item.kind {
///     println!("{:?} {collaboration_id:?}", item.title);
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamItem {
    /// The id of the item: not of the thing that it tells of.
    pub id: StreamItemId,
    /// When the item was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When the item was last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub updated_at: Option<Timestamp>,
    /// The title.
    pub title: Option<String>,
    /// The text, of discussions in HTML.
    pub message: Option<String>,
    /// Whether the caller has read it.
    pub read_state: Option<bool>,
    /// The kind of thing that it happened in. Conversations and most messages have none.
    pub context_type: Option<ContextType>,
    /// The course that it happened in.
    pub course_id: Option<CourseId>,
    /// The group that it happened in.
    pub group_id: Option<GroupId>,
    /// The account that it happened in.
    pub account_id: Option<AccountId>,
    /// The web page, as a full address.
    pub html_url: Option<String>,
    /// What it tells of.
    #[serde(flatten)]
    pub kind: StreamItemKind,
}

made_of! {
    StreamItem { id: StreamItemId, kind: StreamItemKind; created_at, updated_at, title, message, read_state, context_type, course_id, group_id, account_id, html_url }
}

/// What a stream item tells of, with the fields that only its kind has.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum StreamItemKind {
    /// A discussion.
    #[non_exhaustive]
    DiscussionTopic {
        /// The discussion.
        discussion_topic_id: Option<DiscussionTopicId>,
        /// More about it.
        #[serde(flatten)]
        discussion: Discussion,
    },
    /// An announcement.
    #[non_exhaustive]
    Announcement {
        /// The announcement, which is a discussion too.
        announcement_id: Option<DiscussionTopicId>,
        /// More about it.
        #[serde(flatten)]
        discussion: Discussion,
    },
    /// A conversation.
    #[non_exhaustive]
    Conversation {
        /// The conversation.
        conversation_id: Option<ConversationId>,
        /// Whether the participants see that there are others.
        private: Option<bool>,
        /// How many participants it has.
        participant_count: Option<u64>,
        /// The last messages in it.
        latest_messages: Option<Vec<ConversationMessage>>,
    },
    /// A notification.
    #[non_exhaustive]
    Message {
        /// The message, if it is still there.
        message_id: Option<MessageId>,
        /// What it is about, such as `Due Date`.
        notification_category: Option<String>,
        /// The same as `html_url`.
        url: Option<String>,
    },
    /// A submission.
    #[non_exhaustive]
    Submission {
        /// The submission.
        submission_id: Option<SubmissionId>,
        /// Whose it is.
        user_id: Option<UserId>,
        /// What it is for.
        assignment_id: Option<AssignmentId>,
        /// The state of the submission, such as `graded`.
        workflow_state: Option<String>,
        /// The grade, as the assignment shows grades.
        grade: Option<String>,
        /// The points.
        score: Option<f64>,
        /// Which attempt it is, from 1.
        attempt: Option<u64>,
        /// Whether it came late.
        late: Option<bool>,
        /// Whether it is missing.
        missing: Option<bool>,
        /// Everything else in the submission, with `assignment`, `submission_comments`, `course`
        /// and `user`, as the server words it.
        #[serde(flatten)]
        submission: Map<String, Value>,
    },
    /// A web conference. The item's message is its description.
    #[non_exhaustive]
    WebConference {
        /// The conference.
        web_conference_id: Option<WebConferenceId>,
    },
    /// A collaboration. The item's message is its description.
    #[non_exhaustive]
    Collaboration {
        /// The collaboration.
        collaboration_id: Option<CollaborationId>,
    },
    /// A peer review that somebody was asked for.
    #[non_exhaustive]
    AssessmentRequest {
        /// The request.
        assessment_request_id: Option<AssessmentRequestId>,
    },
    /// An entry in a discussion. The item's message is its text.
    #[non_exhaustive]
    DiscussionEntry {
        /// Who wrote it.
        author_name: Option<String>,
    },
    /// A thing of another type, or one whose fields are not as documented: what the server sent
    /// beside the fields of every item, its `type` included.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

impl StreamItem {
    /// What it tells of, by name.
    pub fn item_type(&self) -> StreamItemType {
        use StreamItemKind as Kind;
        match &self.kind {
            Kind::DiscussionTopic { .. } => StreamItemType::DiscussionTopic,
            Kind::Announcement { .. } => StreamItemType::Announcement,
            Kind::Conversation { .. } => StreamItemType::Conversation,
            Kind::Message { .. } => StreamItemType::Message,
            Kind::Submission { .. } => StreamItemType::Submission,
            Kind::WebConference { .. } => StreamItemType::WebConference,
            Kind::Collaboration { .. } => StreamItemType::Collaboration,
            Kind::AssessmentRequest { .. } => StreamItemType::AssessmentRequest,
            Kind::DiscussionEntry { .. } => StreamItemType::DiscussionEntry,
            Kind::Other(fields) => {
                let name = fields.get("type").and_then(Value::as_str);
                StreamItemType::from(name.unwrap_or_default())
            }
        }
    }
}

/// What discussions and announcements have.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct Discussion {
    /// How many entries it has that answer to no other.
    pub total_root_discussion_entries: Option<u64>,
    /// Whether one must write before one may read.
    pub require_initial_post: Option<bool>,
    /// Whether the caller wrote in it, where that counts.
    pub user_has_posted: Option<bool>,
    /// Up to three of these entries.
    pub root_discussion_entries: Option<Vec<RootEntry>>,
}

/// An entry in a discussion that answers to no other.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct RootEntry {
    /// Who wrote it.
    pub user: Option<EntryAuthor>,
    /// Its text.
    pub message: Option<String>,
}

/// Who wrote an entry.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct EntryAuthor {
    /// The id.
    pub user_id: Option<UserId>,
    /// The name.
    pub user_name: Option<String>,
}

/// A message in a conversation.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationMessage {
    /// The id.
    pub id: MessageId,
    /// When it was written.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// Who wrote it.
    pub author_id: Option<UserId>,
    /// Its text.
    pub message: Option<String>,
    /// Who it was for, the author included.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub participating_user_ids: Vec<UserId>,
}

made_of! {
    ConversationMessage { id: MessageId; created_at, author_id, message, participating_user_ids }
}

/// How many items of a type a stream has.
///
/// Notifications are counted by category, so several items may have the type `Message`.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct SummaryItem {
    /// The type.
    #[serde(rename = "type")]
    pub item_type: Option<StreamItemType>,
    /// The category of notifications.
    pub notification_category: Option<String>,
    /// How many items there are.
    pub count: Option<u64>,
    /// How many of them the caller has not read.
    pub unread_count: Option<u64>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trap_23_an_item_of_a_kind_that_nobody_knows_keeps_its_json() {
        let sent = json!({
            "id": 9_007_199_254_740_993_u64, "type": "PageTurn", "title": "t", "page_id": 4,
            "nested": {"deep": [1, null]},
        });
        let item: StreamItem = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(item.item_type(), StreamItemType::Other("PageTurn".into()));
        assert_eq!(item.title.as_deref(), Some("t"));
        let StreamItemKind::Other(fields) = &item.kind else {
            panic!("{item:?}");
        };
        assert_eq!(fields["page_id"], 4);
        assert_eq!(serde_json::to_value(&item).unwrap(), sent);
    }

    #[test]
    fn trap_23_an_item_with_a_field_of_another_type_is_kept_too() {
        let sent = json!({"id": 1, "type": "Collaboration", "collaboration_id": {"odd": true}});
        let item: StreamItem = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(item.item_type(), StreamItemType::Collaboration);
        assert!(matches!(item.kind, StreamItemKind::Other(_)));
        assert_eq!(serde_json::to_value(&item).unwrap(), sent);
    }
}

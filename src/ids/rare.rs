//! The ids of records that only few fields of few answers name. Each is public in the module of the
//! answers that have it.

use super::ids;

ids! {
    /// The id of a submission.
    SubmissionId;
    /// The id of an assignment.
    AssignmentId;
    /// The id of a record whose type is in the `context_type` beside it.
    ContextId;
    /// The id of an entry in an activity stream, not of what the entry is about.
    StreamItemId;
    /// The id of a discussion or announcement.
    DiscussionTopicId;
    /// The id of a conversation.
    ConversationId;
    /// The id of a message.
    MessageId;
    /// The id of a web conference.
    WebConferenceId;
    /// The id of a collaboration.
    CollaborationId;
    /// The id of a request for a peer review.
    AssessmentRequestId;
}

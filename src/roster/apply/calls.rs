//! What the calls of all steps have in common.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    Canvas, CategoryId, CourseId, Endpoint, Error, ErrorDetail, ErrorKind, GroupId, Result, UserId,
    roster::{Before, NewTeam, Outcome},
    service,
};

/// What the steps of an apply share.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) canvas: Canvas,
    pub(super) course: CourseId,
    /// The groups that were there when the plan was made, by which a group of that name that was
    /// made since is told from them.
    pub(super) known: Arc<HashSet<GroupId>>,
    /// Whether the server was found to have no removal of several members at once.
    pub(super) lacks_bulk_removal: Arc<AtomicBool>,
}

/// What came of the calls of a step.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) outcome: Outcome,
    /// The set that was made.
    pub(super) set: Option<CategoryId>,
    /// The teams that were made.
    pub(super) made: Vec<(NewTeam, GroupId)>,
    /// People whom a creation left out: they are placed one by one.
    pub(super) rest: Vec<Before>,
    /// People whom a removal did not find in the group. Either an attempt whose answer was lost has
    /// removed them, or they were somewhere else.
    pub(super) absent: Vec<UserId>,
    /// How each write ended, in their order.
    pub(super) writes: Vec<Option<Error>>,
}

impl Work {
    pub(super) fn new() -> Self {
        Self {
            outcome: Outcome::Done,
            set: None,
            made: Vec::new(),
            rest: Vec::new(),
            absent: Vec::new(),
            writes: Vec::new(),
        }
    }

    /// Sends a write and notes how it ended.
    pub(super) async fn send<E>(&mut self, canvas: &Canvas, request: E) -> Result<E::Response>
    where
        E: Endpoint<Service = service::Canvas> + Send,
    {
        let outcome = canvas.send(request).await.map_err(Error::without_body);
        self.writes.push(outcome.as_ref().err().map(Error::share));
        outcome
    }

    /// Sends a write that may run twice: once more, if its answer was lost.
    pub(super) async fn send_twice<E>(&mut self, canvas: &Canvas, request: E) -> Result<E::Response>
    where
        E: Endpoint<Service = service::Canvas> + Clone + Send,
    {
        match self.send(canvas, request.clone()).await {
            Err(error) if error.outcome_unknown() => self.send(canvas, request).await,
            outcome => outcome,
        }
    }

    pub(super) fn ended(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Done, or what the error says of it.
    pub(super) fn settled<T>(self, outcome: &Result<T>) -> Self {
        let outcome = match outcome {
            Ok(_) => Outcome::Done,
            Err(error) => failure(error),
        };
        self.ended(outcome)
    }
}

/// What an error says of the step that it ended.
pub(super) fn failure(error: &Error) -> Outcome {
    // A refusal was answered, whatever a part of it may have done; only a lost answer leaves open
    // whether there was one.
    match error.outcome_unknown() && (error.is_transient() || error.kind() == ErrorKind::Decode) {
        true => Outcome::Unknown,
        false => Outcome::failed(nameless(error)),
    }
}

/// An error as text. What the server says of a person has the person's name.
fn nameless(error: &Error) -> String {
    let is_about_person = |detail: &ErrorDetail| detail.field.as_deref() == Some("user_id");
    match (error.request(), error.status()) {
        (Some(request), Some(status)) if error.details().iter().any(is_about_person) => format!(
            "{request}: {status}: the person cannot join this team, for example because they share no \
             section with its members: place the person elsewhere"
        ),
        _ => error.to_string(),
    }
}

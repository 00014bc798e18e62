//! One call of each method, and how it should end.

use std::time::Duration;

use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, Result,
    groups::{CreateGroup, DeleteGroup, GetGroup, UpdateGroup},
};
use futures::future::join_all;
use tokio::time::timeout;

use crate::common::{
    client::quick,
    play::{Play, line},
    socket::Socket,
};

pub(crate) const GROUP: GroupId = GroupId::new(7);

/// Far more than any call here takes, and far less than the default limits.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// The limit of an attempt where none should be met.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// How often a call is sent at most.
pub(crate) const ATTEMPTS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Put,
    Delete,
    Post,
}

pub(crate) const VERBS: [Verb; 4] = [Verb::Get, Verb::Put, Verb::Delete, Verb::Post];

impl Verb {
    /// Sends it; `name` is what a written record is called.
    pub(crate) async fn send(self, canvas: &Canvas, name: &str) -> Result<()> {
        match self {
            Self::Get => canvas.send(GetGroup::new(GROUP)).await.map(drop),
            Self::Put => {
                let update = UpdateGroup::new(GROUP).name(name);
                canvas.send(update).await.map(drop)
            }
            Self::Delete => canvas.send(DeleteGroup::new(GROUP)).await.map(drop),
            Self::Post => canvas.send(CreateGroup::new().name(name)).await.map(drop),
        }
    }

    pub(crate) fn line(self) -> &'static str {
        match self {
            Self::Get => "GET /api/v1/groups/7",
            Self::Put => "PUT /api/v1/groups/7",
            Self::Delete => "DELETE /api/v1/groups/7",
            Self::Post => "POST /api/v1/groups",
        }
    }

    pub(crate) fn is_write(self) -> bool {
        self != Self::Get
    }
}

/// Which methods are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    AllButPost,
    /// `GET`, and once.
    GetOnce,
    None,
}

/// A fault that stays, and how calls end that meet it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) script: Vec<Play>,
    pub(crate) kind: ErrorKind,
    pub(crate) status: Option<u16>,
    pub(crate) again: Again,
    /// Whether a write may have been carried out.
    pub(crate) may_have_run: bool,
}

impl Fault {
    /// How often a call is sent that meets it.
    fn sent(&self, verb: Verb) -> usize {
        match self.again {
            Again::AllButPost if verb != Verb::Post => ATTEMPTS,
            Again::GetOnce if verb == Verb::Get => 2,
            _ => 1,
        }
    }

    /// Has a call of each of these methods meet it, one after the other.
    async fn strikes(&self, socket: Socket, canvas: Canvas, verbs: &[Verb]) {
        let mut lines = Vec::new();
        for &verb in verbs {
            let case = format!("{}, {verb:?}", self.name);
            let outcome = timeout(SOON, verb.send(&canvas, "x")).await;
            let outcome = outcome.unwrap_or_else(|_| panic!("{case}: no end"));
            let error = outcome.expect_err(&case);
            let sent = self.sent(verb);
            self.check(verb, &error, sent, &case);
            lines.extend(vec![verb.line(); sent]);
        }
        // That there were so many connections is for the socket to check.
        let heard = socket.heard().await;
        if self.script.iter().any(|step| matches!(step, Play::Hear)) {
            let heard: Vec<_> = heard.iter().map(|request| line(request)).collect();
            assert_eq!(heard, lines, "{}", self.name);
        }
    }

    fn check(&self, verb: Verb, error: &Error, sent: usize, case: &str) {
        assert_eq!(error.kind(), self.kind, "{case}: {error:?}");
        assert_eq!(error.attempts() as usize, sent, "{case}: {error}");
        let status = error.status().map(|status| status.as_u16());
        assert_eq!(status, self.status, "{case}: {error}");
        let unknown = self.may_have_run && verb.is_write();
        assert_eq!(error.outcome_unknown(), unknown, "{case}: {error}");
        assert_eq!(error.request(), Some(verb.line()), "{case}");
        let line = error.to_string();
        assert!(line.len() < 1_000 && !line.contains('\n'), "{case}: {line}");
    }
}

/// Has every method meet each of the faults. `limit` is that of an attempt.
pub(crate) async fn strike(faults: &[Fault], limit: Duration) {
    strike_with(&VERBS, faults, limit).await;
}

/// As `strike`, with these methods alone.
pub(crate) async fn strike_with(verbs: &[Verb], faults: &[Fault], limit: Duration) {
    let mut strikes = Vec::new();
    // A client takes its time to be built; none of that should count as time of a call.
    for fault in faults {
        let connections = verbs.iter().map(|&verb| fault.sent(verb)).sum();
        let socket = Socket::start(vec![fault.script.clone(); connections]).await;
        let policy = quick().max_attempts(ATTEMPTS as u32);
        let canvas = socket.canvas().with_retry(policy);
        let canvas = canvas.with_attempt_timeout(limit);
        strikes.push(fault.strikes(socket, canvas, verbs));
    }
    join_all(strikes).await;
}

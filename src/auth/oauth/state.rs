//! What to do about a token, as a function of what is known of it.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use crate::{
    auth::{Authorization, Tokens},
    error::{Error, ErrorKind, Result},
};

/// How close the renewals after refusals may be before they count as one row of failures. More
/// than the longest pause between them.
const SOON: Duration = Duration::from_secs(120);

/// The longest pause between two tries. A server may ask for more, up to [`MAX_ASKED`].
const MAX_PAUSE: Duration = Duration::from_secs(60);
const MAX_ASKED: Duration = Duration::from_secs(600);

/// How a renewal under way tells all who wait for it.
pub(super) type Flight = watch::Receiver<Option<Result<Authorization>>>;

/// Why a renewal is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Expiry,
    Refusal,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Step {
    /// The token is good, as far as anyone knows.
    Use(Authorization),
    /// The token was refused, and the one before it just now too: another would be no better.
    GiveUp,
    Fail(Error),
    /// Wait for the renewal that is under way.
    Join(Flight),
    /// Renew the token.
    Start,
}

#[derive(Debug)]
pub(super) struct State {
    tokens: Tokens,
    authorization: Authorization,
    /// Received, but not yet in the store: not to be used, not to be lost.
    pending: Option<Tokens>,
    flight: Option<Flight>,
    failure: Option<Failure>,
    /// Why no renewal can work any more.
    ended: Option<Error>,
    renewed: Option<Instant>,
    /// How many renewals in a row came soon after the one before, because of a refusal.
    row: u32,
}

/// The last try, which failed.
#[derive(Debug)]
struct Failure {
    error: Error,
    count: u32,
    until: Instant,
}

impl State {
    pub(super) fn new(tokens: Tokens) -> Result<Self> {
        Ok(Self {
            authorization: Authorization::bearer(tokens.access_token().clone())?,
            tokens,
            pending: None,
            flight: None,
            failure: None,
            ended: None,
            renewed: None,
            row: 0,
        })
    }

    pub(super) fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(super) fn pending(&self) -> Option<&Tokens> {
        self.pending.as_ref()
    }

    /// The tokens that came last, stored or not.
    pub(super) fn newest(&self) -> &Tokens {
        self.pending.as_ref().unwrap_or(&self.tokens)
    }

    pub(super) fn ended(&self) -> Option<Error> {
        self.ended.as_ref().map(Error::share)
    }

    /// What to do when a request wants a token.
    pub(super) fn to_use(&self, now: Instant, has_store: bool) -> Step {
        if let Some(flight) = &self.flight {
            return Step::Join(flight.clone());
        }
        if self.ended.is_none() && self.pending.is_none() {
            let can_renew = self.tokens.refresh_token().is_some() && !self.is_too_soon(now);
            if !self.tokens.is_due(now) || !can_renew {
                return Step::Use(self.authorization.clone());
            }
        }
        match self.hindrance(now, has_store) {
            Some(error) => self.in_spite_of(error, now),
            None => Step::Start,
        }
    }

    /// What to do when the server refused a token.
    pub(super) fn to_replace(&self, used: &Authorization, now: Instant, has_store: bool) -> Step {
        if let Some(flight) = &self.flight {
            return Step::Join(flight.clone());
        }
        if !used.is_same(&self.authorization) {
            return Step::Use(self.authorization.clone());
        }
        if let Some(error) = self.hindrance(now, has_store) {
            return Step::Fail(error);
        }
        // A store may have better ones, of another process.
        if self.is_hopeless(now) && self.pending.is_none() && !has_store {
            return Step::GiveUp;
        }
        Step::Start
    }

    /// What a failed renewal means for a request: nothing, as long as the old token is good.
    pub(super) fn in_spite_of(&self, error: Error, now: Instant) -> Step {
        let is_good = self.ended.is_none() && self.pending.is_none() && !self.tokens.is_over(now);
        if is_good && error.kind() != ErrorKind::LoginRequired {
            return Step::Use(self.authorization.clone());
        }
        Step::Fail(error)
    }

    /// Why there is no point in trying now.
    fn hindrance(&self, now: Instant, has_store: bool) -> Option<Error> {
        if let Some(failure) = self.failure.as_ref().filter(|it| now < it.until) {
            let error = failure.error.share();
            return Some(error.with_retry_after(failure.until - now));
        }
        // Another process may have put the tokens of a new login into the store.
        self.ended().filter(|_| !has_store)
    }

    /// Whether the token was renewed just now, so that its refusal is not cured by another.
    pub(super) fn is_hopeless(&self, now: Instant) -> bool {
        let pause = pause(self.row + 1);
        let is_fresh = self.renewed.is_some_and(|renewed| now < renewed + pause);
        is_fresh && self.ended.is_none()
    }

    fn is_too_soon(&self, now: Instant) -> bool {
        self.renewed.is_some_and(|renewed| now < renewed + pause(1))
    }

    pub(super) fn took_off(&mut self, flight: Flight) {
        self.flight = Some(flight);
    }

    /// The renewal under way has ended.
    pub(super) fn landed(&mut self, outcome: &Result<Authorization>, now: Instant) {
        self.flight = None;
        let Err(error) = outcome else {
            self.failure = None;
            return;
        };
        let count = self.failure.as_ref().map_or(0, |failure| failure.count) + 1;
        let asked = error.retry_after().unwrap_or_default().min(MAX_ASKED);
        self.failure = Some(Failure {
            error: error.share(),
            count,
            until: now + pause(count).max(asked),
        });
    }

    /// The server gave these. They are not used before they are stored.
    pub(super) fn received(&mut self, tokens: Tokens, cause: Cause, now: Instant) {
        let soon = self.renewed.is_some_and(|renewed| now < renewed + SOON);
        if cause == Cause::Refusal {
            self.row = if soon { self.row + 1 } else { 0 };
        }
        self.renewed = Some(now);
        self.pending = Some(tokens);
    }

    /// A person logged in anew. Not used before they are stored, like all others.
    pub(super) fn replaced(&mut self, tokens: Tokens) {
        self.renewed = None;
        self.row = 0;
        self.pending = Some(tokens);
    }

    /// From now on these are used.
    pub(super) fn adopt(&mut self, tokens: Tokens) -> Result<Authorization> {
        let authorization = Authorization::bearer(tokens.access_token().clone())?;
        self.authorization = authorization.clone();
        self.tokens = tokens;
        self.pending = None;
        self.failure = None;
        self.ended = None;
        Ok(authorization)
    }

    /// From now on there are none.
    pub(super) fn end(&mut self, error: Error) {
        self.pending = None;
        self.ended = Some(error);
    }
}

/// The pause after this many failures: a second, then twice as much each time.
fn pause(count: u32) -> Duration {
    Duration::from_secs(1_u64 << (count.max(1) - 1).min(20)).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn state(life: u64) -> State {
        let tokens = Tokens::new("a").with_refresh_token("r");
        State::new(tokens.lasting(Duration::from_secs(life))).unwrap()
    }

    fn renewed(token: &str, life: u64) -> Tokens {
        let tokens = Tokens::new(token).with_refresh_token("r");
        tokens.lasting(Duration::from_secs(life))
    }

    /// A step in one word.
    fn word(step: Step) -> &'static str {
        match step {
            Step::Use(_) => "use",
            Step::GiveUp => "give up",
            Step::Fail(_) => "fail",
            Step::Join(_) => "join",
            Step::Start => "start",
        }
    }

    fn failing(kind: ErrorKind) -> Result<Authorization> {
        Err(Error::new(kind, "no"))
    }

    #[test]
    fn a_token_is_used_until_it_is_due() {
        let (state, now) = (state(3600), Instant::now());
        assert_eq!(word(state.to_use(now, false)), "use");
        assert_eq!(word(state.to_use(now + 3541 * SECOND, false)), "start");
        let alone = State::new(Tokens::new("a").lasting(Duration::ZERO)).unwrap();
        assert_eq!(word(alone.to_use(now, false)), "use");
    }

    #[test]
    fn a_failed_early_renewal_harms_nobody_before_the_end() {
        let (mut state, now) = (state(3600), Instant::now());
        let due = now + 3550 * SECOND;
        state.landed(&failing(ErrorKind::Server), due);
        assert_eq!(word(state.to_use(due, false)), "use");
        assert_eq!(word(state.to_use(due + SECOND, false)), "start");
        state.landed(&failing(ErrorKind::Server), now + 3601 * SECOND);
        assert_eq!(word(state.to_use(now + 3602 * SECOND, false)), "fail");
        assert_eq!(word(state.to_use(now + 3604 * SECOND, false)), "start");
    }

    #[test]
    fn the_pause_doubles_and_the_server_may_ask_for_more() {
        let (mut state, mut now) = (state(0), Instant::now());
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            state.landed(&failing(ErrorKind::Connect), now);
            let Step::Fail(error) = state.to_use(now, true) else {
                panic!("no pause");
            };
            assert_eq!(error.retry_after(), Some(seconds * SECOND));
            now += seconds * SECOND;
            assert_eq!(word(state.to_use(now, true)), "start");
        }
        let asked = Error::new(ErrorKind::Throttled, "no").with_retry_after(300 * SECOND);
        state.landed(&Err(asked), now);
        assert_eq!(word(state.to_use(now + 299 * SECOND, true)), "fail");
    }

    #[test]
    fn trap_16_tokens_refused_one_after_another_are_not_renewed_without_end() {
        let (mut state, mut now) = (state(3600), Instant::now());
        let mut renewals = Vec::new();
        let start = now;
        while now < start + 300 * SECOND {
            let used = state.authorization().clone();
            match word(state.to_replace(&used, now, false)) {
                "start" => {
                    let name = format!("a{}", renewals.len());
                    renewals.push((now - start).as_secs());
                    state.received(renewed(&name, 3600), Cause::Refusal, now);
                    let tokens = state.pending().cloned().unwrap();
                    state.adopt(tokens).unwrap();
                }
                other => assert_eq!(other, "give up"),
            }
            now += SECOND / 4;
        }
        assert_eq!(renewals, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    }

    #[test]
    fn trap_15_a_token_replaced_meanwhile_is_no_reason_to_renew() {
        let (mut state, now) = (state(3600), Instant::now());
        let old = state.authorization().clone();
        state.adopt(renewed("b", 3600)).unwrap();
        let Step::Use(current) = state.to_replace(&old, now, false) else {
            panic!("not used");
        };
        assert!(!current.is_same(&old));
    }

    #[test]
    fn an_ended_login_stays_ended_but_for_what_a_store_may_have() {
        let (mut state, now) = (state(3600), Instant::now());
        let used = state.authorization().clone();
        state.end(Error::new(ErrorKind::LoginRequired, "gone"));
        assert_eq!(word(state.to_use(now, false)), "fail");
        assert_eq!(word(state.to_replace(&used, now, false)), "fail");
        assert_eq!(word(state.to_use(now, true)), "start");
        state.landed(&failing(ErrorKind::LoginRequired), now);
        assert_eq!(word(state.to_use(now, true)), "fail");
        state.replaced(renewed("b", 3600));
        let tokens = state.pending().cloned().unwrap();
        state.adopt(tokens).unwrap();
        assert_eq!(word(state.to_use(now, false)), "use");
    }

    #[test]
    fn tokens_not_stored_are_not_used() {
        let (mut state, now) = (state(3600), Instant::now());
        state.received(renewed("b", 3600), Cause::Expiry, now);
        state.landed(&failing(ErrorKind::TokenStore), now);
        assert_eq!(word(state.to_use(now, true)), "fail");
        assert_eq!(word(state.to_use(now + SECOND, true)), "start");
        assert!(state.newest().is_same(&renewed("b", 1)));
    }
}

//! What to do about a token, as a function of what is known of it.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    auth::{
        Authorization, Tokens,
        renewal::{Cause, Held, RenewalHistory},
    },
    error::{Error, Result},
};

/// The least time between two renewals, unless a token is refused: a server may say that its
/// tokens live no longer than a second.
const MIN_GAP: Duration = Duration::from_secs(10);

/// The pause after a renewal whose answer was lost, if renewals replace the refresh token. The
/// server may have replaced it, so it is sent once more, when a server that restarts is back, and
/// never again after that.
const LOST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct LoginState {
    tokens: Tokens,
    authorization: Authorization,
    /// Received, but not in the store yet: not to be used, and not to be lost.
    pending: Option<Tokens>,
    /// Why no renewal can succeed any more.
    ended: Option<Error>,
    /// Whether another process may put the tokens of a new login into a store.
    has_store: bool,
    /// Whether a renewal got no answer, though the server may have carried it out.
    has_lost_answer: bool,
    /// Why the refresh token is not sent any more: that happened twice.
    given_up: Option<Error>,
    history: RenewalHistory,
}

impl LoginState {
    pub(super) fn new(tokens: Tokens, has_store: bool) -> Result<Self> {
        Ok(Self {
            authorization: Authorization::bearer(tokens.access_token().clone())?,
            tokens,
            pending: None,
            ended: None,
            has_store,
            has_lost_answer: false,
            given_up: None,
            history: RenewalHistory::default(),
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

    /// Whether a refused token was replaced just now, so that another renewal would not help.
    pub(super) fn was_just_replaced(&self, now: Instant) -> bool {
        self.history.was_just_renewed(now) && self.ended.is_none()
    }

    /// The server issued these. They are not used before they are stored.
    pub(super) fn received(&mut self, tokens: Tokens, cause: Cause, now: Instant) {
        self.history.renewed(cause, now);
        self.pending = Some(tokens);
    }

    /// The answer to a renewal was lost. Returns the error to fail with: it says how long to wait
    /// for the second attempt, or that there is none.
    pub(super) fn answer_was_lost(&mut self, error: Error) -> Error {
        if !self.has_lost_answer {
            self.has_lost_answer = true;
            let asked = error.retry_after().unwrap_or_default();
            return error.with_retry_after(asked.max(LOST_PAUSE));
        }
        let error = error.lasting().with_retry_after(None).with_context(
            "no new access token, and the refresh token is not sent a third time, as an answer \
             that was lost may have replaced it: log in again, and `replace` the tokens",
        );
        self.given_up.insert(error).share()
    }

    /// Why no renewal may be tried with the tokens in use.
    pub(super) fn no_renewal(&self) -> Option<Error> {
        let error = self.ended.as_ref().or(self.given_up.as_ref());
        error.map(Error::share)
    }

    /// The server issued another refresh token in an answer that is of no use otherwise.
    pub(super) fn rescued(&mut self, tokens: Tokens) {
        self.pending = Some(tokens);
    }

    /// A person logged in again. Like all others, these tokens are not used before they are stored.
    pub(super) fn replaced(&mut self, tokens: Tokens) {
        self.history.replaced();
        self.pending = Some(tokens);
    }

    /// From now on these are used.
    pub(super) fn adopt(&mut self, tokens: Tokens) -> Result<Authorization> {
        let authorization = Authorization::bearer(tokens.access_token().clone())?;
        self.authorization = authorization.clone();
        self.tokens = tokens;
        self.pending = None;
        self.ended = None;
        self.has_lost_answer = false;
        self.given_up = None;
        Ok(authorization)
    }

    /// From now on there are none.
    pub(super) fn end(&mut self, error: Error) {
        self.pending = None;
        self.ended = Some(error);
    }
}

impl Held for LoginState {
    fn history(&self) -> &RenewalHistory {
        &self.history
    }

    fn history_mut(&mut self) -> &mut RenewalHistory {
        &mut self.history
    }

    fn current(&self) -> Option<&Authorization> {
        Some(&self.authorization)
    }

    fn good(&self, now: Instant) -> Option<Authorization> {
        let is_good = self.ended.is_none() && self.pending.is_none() && !self.tokens.is_over(now);
        is_good.then(|| self.authorization.clone())
    }

    fn is_enough(&self, now: Instant) -> bool {
        let is_soon = self.history.was_renewed_within(MIN_GAP, now);
        let can_renew = self.tokens.refresh_token().is_some() && !is_soon;
        let is_due = self.tokens.is_due(now) && can_renew;
        self.ended.is_none() && self.pending.is_none() && !is_due
    }

    fn cooldown_error(&self, now: Instant) -> Option<Error> {
        let error = self.no_renewal().filter(|_| !self.has_store);
        error.or_else(|| self.history.cooldown_error(now))
    }

    fn was_just_renewed(&self, now: Instant) -> bool {
        // Another process may have put better tokens into the store.
        self.was_just_replaced(now) && self.pending.is_none() && !self.has_store
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::renewal::Step, error::ErrorKind};

    const SECOND: Duration = Duration::from_secs(1);

    fn state(life: u64) -> LoginState {
        let tokens = Tokens::new("a").with_refresh_token("r");
        LoginState::new(tokens.lasting(Duration::from_secs(life)), false).unwrap()
    }

    fn stored(life: u64) -> LoginState {
        LoginState {
            has_store: true,
            ..state(life)
        }
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
            Step::Wait(..) => "wait",
            Step::Start => "start",
        }
    }

    fn failing(kind: ErrorKind) -> Result<Authorization> {
        Err(Error::new(kind, "no"))
    }

    #[test]
    fn a_token_is_used_until_it_is_due() {
        let (state, now) = (state(3600), Instant::now());
        assert_eq!(word(state.to_use(now)), "use");
        assert_eq!(word(state.to_use(now + 3541 * SECOND)), "start");
        let alone = LoginState::new(Tokens::new("a").lasting(Duration::ZERO), false).unwrap();
        assert_eq!(word(alone.to_use(now)), "use");
    }

    #[test]
    fn a_failed_early_renewal_harms_nobody_before_the_end() {
        let (mut state, now) = (state(3600), Instant::now());
        let due = now + 3550 * SECOND;
        let _ = state
            .history_mut()
            .finished(failing(ErrorKind::Server), due);
        assert_eq!(word(state.to_use(due)), "use");
        assert_eq!(word(state.to_use(due + SECOND)), "start");
        let _ = state
            .history_mut()
            .finished(failing(ErrorKind::Server), now + 3601 * SECOND);
        assert_eq!(word(state.to_use(now + 3602 * SECOND)), "fail");
        assert_eq!(word(state.to_use(now + 3604 * SECOND)), "start");
    }

    #[test]
    fn a_token_that_lives_for_a_second_is_not_renewed_each_second() {
        let (mut state, start) = (state(1), Instant::now());
        let mut renewals = Vec::new();
        for second in 0..40_u32 {
            let now = start + second * SECOND;
            if word(state.to_use(now)) == "start" {
                renewals.push(second);
                state.received(renewed("b", 1), Cause::Expiry, now);
                let tokens = state.pending().cloned().unwrap();
                state.adopt(tokens).unwrap();
            }
        }
        assert_eq!(renewals, [1, 11, 21, 31]);
        // Refused, it is renewed at once.
        let used = state.authorization().clone();
        let now = start + 40 * SECOND;
        assert_eq!(word(state.to_use(now)), "use");
        assert_eq!(word(state.to_replace(&used, now)), "start");
    }

    #[test]
    fn trap_16_tokens_refused_one_after_another_are_not_renewed_without_end() {
        let (mut state, mut now) = (state(3600), Instant::now());
        let mut renewals = Vec::new();
        let start = now;
        while now < start + 300 * SECOND {
            let used = state.authorization().clone();
            match word(state.to_replace(&used, now)) {
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
    fn a_token_refused_soon_after_it_was_renewed_early_is_renewed_once_more() {
        let (mut state, mut now) = (state(3600), Instant::now());
        let renew = |state: &mut LoginState, name, cause, now| {
            state.received(renewed(name, 3600), cause, now);
            let tokens = state.pending().cloned().unwrap();
            state.adopt(tokens).unwrap()
        };
        // A row of refusals an hour ago is no reason to put up with the next one.
        for name in ["a", "b", "c", "d"] {
            renew(&mut state, name, Cause::Refusal, now);
            now += 20 * SECOND;
        }
        now += 3600 * SECOND;
        let used = renew(&mut state, "e", Cause::Expiry, now);
        assert_eq!(word(state.to_replace(&used, now)), "start");
        let used = renew(&mut state, "f", Cause::Refusal, now);
        assert_eq!(word(state.to_replace(&used, now)), "give up");
        let used = renew(&mut state, "g", Cause::Expiry, now + SECOND / 2);
        assert_eq!(word(state.to_replace(&used, now + SECOND / 2)), "give up");
    }

    #[test]
    fn trap_15_a_token_replaced_meanwhile_is_no_reason_to_renew() {
        let (mut state, now) = (state(3600), Instant::now());
        let old = state.authorization().clone();
        state.adopt(renewed("b", 3600)).unwrap();
        let Step::Use(current) = state.to_replace(&old, now) else {
            panic!("not used");
        };
        assert!(!current.is_same(&old));
    }

    #[test]
    fn an_ended_login_stays_ended_but_for_what_a_store_may_have() {
        let (mut state, now) = (state(3600), Instant::now());
        let used = state.authorization().clone();
        state.end(Error::new(ErrorKind::LoginRequired, "gone"));
        assert_eq!(word(state.to_use(now)), "fail");
        assert_eq!(word(state.to_replace(&used, now)), "fail");
        state.has_store = true;
        assert_eq!(word(state.to_use(now)), "start");
        let _ = state
            .history_mut()
            .finished(failing(ErrorKind::LoginRequired), now);
        assert_eq!(word(state.to_use(now)), "fail");
        state.has_store = false;
        state.replaced(renewed("b", 3600));
        let tokens = state.pending().cloned().unwrap();
        state.adopt(tokens).unwrap();
        assert_eq!(word(state.to_use(now)), "use");
    }

    #[test]
    fn a_refresh_token_rescued_each_time_makes_the_pauses_no_shorter() {
        let (mut state, mut now) = (stored(0), Instant::now());
        for seconds in [1, 2, 4, 8] {
            state.rescued(renewed("a", 0));
            let tokens = state.pending().cloned().unwrap();
            state.adopt(tokens).unwrap();
            let _ = state
                .history_mut()
                .finished(failing(ErrorKind::Decode), now);
            let left = state.cooldown_error(now).unwrap().retry_after();
            assert_eq!(left, Some(seconds * SECOND));
            now += seconds * SECOND;
        }
    }

    #[test]
    fn tokens_not_stored_are_not_used() {
        let (mut state, now) = (stored(3600), Instant::now());
        state.received(renewed("b", 3600), Cause::Expiry, now);
        let _ = state
            .history_mut()
            .finished(failing(ErrorKind::TokenStore), now);
        assert_eq!(word(state.to_use(now)), "fail");
        assert_eq!(word(state.to_use(now + SECOND)), "start");
        assert!(state.newest().is_same(&renewed("b", 1)));
    }
}

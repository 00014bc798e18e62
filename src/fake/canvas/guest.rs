//! A call outside of the API's root, where no token is asked for at the door.

use http::Method;

use super::{
    settings::Settings,
    state::State,
    tokens::{self, Token},
};
use crate::fake::{
    call::Call,
    params::Params,
    reply::{Answer, Reply},
    route::{Places, Route},
};

/// A route of the whole host.
pub(crate) type OpenRoute = Route<OpenHandler>;

pub(crate) type OpenHandler = fn(&mut Guest<'_>) -> Answer;

pub(crate) const fn open(method: Method, path: &'static str, handler: OpenHandler) -> OpenRoute {
    Route::new(method, path, handler)
}

pub(crate) struct Guest<'a> {
    pub(crate) call: &'a Call,
    pub(crate) params: Params,
    pub(crate) path: Places,
    pub(crate) state: &'a mut State,
    pub(crate) settings: &'a Settings,
    pub(crate) url: &'a str,
}

impl Guest<'_> {
    /// The token of the call, if it is good.
    pub(crate) fn token(&self) -> Result<&Token, Reply> {
        let text = tokens::token(self.call);
        self.state.tokens.check(text.as_deref())
    }
}

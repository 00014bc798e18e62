//! A call outside of the API's root, where no token is asked for at the door.

use super::{
    settings::Settings,
    state::State,
    tokens::{self, Token},
};
use crate::fake::{call::Call, params::Params, reply::Reply, route::PathKeys};

pub(crate) struct Guest<'a> {
    pub(crate) call: &'a Call,
    pub(crate) params: Params,
    pub(crate) path: PathKeys,
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

//! A request outside of the API's root, which needs no token by itself.

use http::StatusCode;

use super::{
    data::CanvasData,
    settings::Settings,
    tokens::{self, Token},
};
use crate::{http_request::HttpRequest, params::Params, reply::Reply, route::PathKeys};

pub(crate) struct OpenRequest<'a> {
    pub(crate) http: &'a HttpRequest,
    pub(crate) params: Params,
    pub(crate) path: PathKeys,
    pub(crate) data: &'a mut CanvasData,
    pub(crate) settings: &'a Settings,
    pub(crate) url: &'a str,
}

impl OpenRequest<'_> {
    /// The token of the request, if it is good. Outside of the API, a bad one gets a page.
    pub(crate) fn token(&self) -> Result<&Token, Reply> {
        let text = tokens::token(self.http);
        let CanvasData { tokens, school, .. } = &*self.data;
        let token = tokens.check(text.as_deref(), self.settings.is_old).ok();
        let token = token.filter(|token| school.has_login(school.survivor(token.user)));
        token.ok_or_else(|| Reply::page(StatusCode::UNAUTHORIZED))
    }
}

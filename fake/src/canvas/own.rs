//! Routes of one's own on a fake Canvas.

use std::fmt;

use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use super::{api_request::ApiRequest, school::School};
use crate::{
    reply::{HandlerResult, Reply, ReplyBody},
    route,
};
use canvas_groups::{AccountId, CourseId, Error, ErrorKind, GroupId, Result, UserId};

type Answerer = dyn Fn(&mut RouteRequest<'_, '_>) -> RouteAnswer + Send + Sync;

/// What answers a route of one's own.
pub(crate) struct OwnHandler(Box<Answerer>);

pub(crate) type OwnRoute = route::Route<OwnHandler>;

impl fmt::Debug for OwnHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnHandler")
    }
}

impl OwnHandler {
    pub(crate) fn answer(&self, request: &mut ApiRequest<'_>) -> HandlerResult {
        (self.0)(&mut RouteRequest(request)).0
    }
}

pub(crate) fn route(
    method: Method,
    path: &'static str,
    answer: impl Fn(&mut RouteRequest<'_, '_>) -> RouteAnswer + Send + Sync + 'static,
) -> OwnRoute {
    OwnRoute::new(method, path, OwnHandler(Box::new(answer)))
}

/// That a path can be found below the root of the API.
pub(crate) fn check(routes: &[OwnRoute]) -> Result<()> {
    let is_bad = |path: &&str| path.split('/').any(|part| part.is_empty() || part == ":");
    match routes.iter().map(|route| route.path).find(is_bad) {
        None => Ok(()),
        Some(path) => Err(Error::new(
            ErrorKind::Configuration,
            format!("{path:?} is no path of a route: write it like \"accounts/:account_id/terms\""),
        )),
    }
}

/// A request to a route of one's own: see
/// [`FakeCanvasBuilder::route`](super::FakeCanvasBuilder::route).
///
/// Its token is good, has the scope if its key enforces scopes, and its quota is not used up.
pub struct RouteRequest<'r, 'a>(&'r mut ApiRequest<'a>);

impl RouteRequest<'_, '_> {
    /// A key in the path, unescaped, by the name that the route gives it; empty if it has none of
    /// this name.
    pub fn key(&self, name: &str) -> &str {
        self.0.path.get(name)
    }

    /// The account that the key `account_id` names: by its number, `self`, or its SIS id.
    pub fn account(&self) -> Option<AccountId> {
        let id = self.0.school.find_account(self.key("account_id"));
        id.map(AccountId::new)
    }

    /// The course that the key `course_id` names: by its number or its SIS id.
    pub fn course(&self) -> Option<CourseId> {
        let id = self.0.school.find_course(self.key("course_id"));
        id.map(CourseId::new)
    }

    /// The group that the key `group_id` names: by its number or its SIS id.
    pub fn group(&self) -> Option<GroupId> {
        let id = self.0.school.find_group(self.key("group_id"));
        id.map(GroupId::new)
    }

    /// The user whom the key `user_id` names: by the number, `self`, the SIS id or the login.
    pub fn user(&self) -> Option<UserId> {
        let key = self.key("user_id");
        let id = self.0.school.find_user(key, self.0.caller);
        id.map(UserId::new)
    }

    /// A parameter from the query or the body, as text; `None` if it was not sent, or is null, a
    /// list or an object.
    pub fn param(&self, name: &str) -> Option<String> {
        self.0.params.text(name)
    }

    /// The elements of a parameter that is a list. One value that is no list is a list of one.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0.params.list(name)
    }

    /// All parameters from the query and the body, nested as they were sent.
    pub fn params(&self) -> Value {
        Value::Object(self.0.params.clone().into_map())
    }

    /// The body as it was sent.
    pub fn body(&self) -> &[u8] {
        &self.0.http.body
    }

    /// Who asks, or as whom somebody asks.
    pub fn caller(&self) -> UserId {
        UserId::new(self.0.caller)
    }

    /// Whether the caller is an administrator of an account.
    pub fn is_admin_of(&self, account: AccountId) -> bool {
        self.0.school.is_admin(self.0.caller, account.get())
    }

    /// The school, to read and to change it.
    pub fn school(&mut self) -> &mut School {
        self.0.school
    }

    /// The page of a list that is asked for, with the `Link` header that leads on. It goes by
    /// `page` and `per_page`, which is 10 if nothing is said and at most 100.
    pub fn page(&self, items: Vec<Value>) -> RouteAnswer {
        let total = items.len();
        RouteAnswer(self.0.listing().numbered(total, items.into_iter(), |it| it))
    }

    /// As [`page`](Self::page), for a list that is the member `name` of an object.
    pub fn page_in(&self, name: &str, items: Vec<Value>) -> RouteAnswer {
        let wrap = |mut reply: Reply| {
            if let ReplyBody::Json(page) = &mut reply.body {
                *page = json!({ name: page.take() });
            }
            reply
        };
        RouteAnswer(self.page(items).0.map(wrap))
    }

    /// The refusal for a missing right.
    pub fn forbidden(&self) -> RouteAnswer {
        RouteAnswer(Err(self.0.forbidden()))
    }
}

impl fmt::Debug for RouteRequest<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteRequest")
            .field("method", &self.0.http.method)
            .field("path", &self.0.http.path)
            .finish_non_exhaustive()
    }
}

/// The answer of a route of one's own.
#[derive(Debug, Clone)]
#[must_use]
pub struct RouteAnswer(HandlerResult);

impl RouteAnswer {
    /// 200 with JSON.
    pub fn ok(body: impl Into<Value>) -> Self {
        Self(Ok(Reply::ok(body)))
    }

    /// A status with JSON.
    pub fn json(status: StatusCode, body: impl Into<Value>) -> Self {
        Self(Ok(Reply::json(status, body)))
    }

    /// A status with an empty body.
    pub fn status(status: StatusCode) -> Self {
        Self(Ok(Reply::empty(status)))
    }

    /// 404, as Canvas answers for a record that there is not.
    pub fn not_found() -> Self {
        Self(Err(Reply::not_found()))
    }

    /// With a header. A value that no header can carry is left out.
    pub fn header(self, name: HeaderName, value: &str) -> Self {
        Self(match self.0 {
            Ok(reply) => Ok(reply.header(name, value)),
            Err(refusal) => Err(refusal.header(name, value)),
        })
    }
}

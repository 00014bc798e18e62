//! Canvas's word for who a user is, towards a tool: what sessions of Commons are opened with.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::{
    guest::{Guest, OpenRoute, open},
    school::ROOT,
    site::{self, CanvasSite},
};
use crate::fake::{
    reply::{Answer, Reply},
    secret::random,
};

/// How long a launch token is good.
const LIFETIME: Duration = Duration::from_secs(300);

#[rustfmt::skip]
pub(crate) const ROUTES: &[OpenRoute] = &[
    open(Method::GET, "/api/lti/accounts/:account_id/jwt_token", give),
];

/// The tools that Canvas knows, and the tokens that it has given for them.
#[derive(Debug, Default)]
pub(crate) struct Launches {
    tools: HashSet<String>,
    given: HashMap<String, Launch>,
}

#[derive(Debug)]
struct Launch {
    user: u64,
    tool: String,
    ends: Instant,
}

fn give(guest: &mut Guest<'_>) -> Answer {
    let token = guest.token()?;
    if token.scopes.is_some() {
        return Err(site::insufficient_scopes());
    }
    let caller = token.user;
    let caller = match guest.params.filled("as_user_id") {
        Some(user) => site::masquerade(&guest.state.school, caller, &user)?,
        None => caller,
    };
    let account = guest.path.get("account_id");
    let account = guest.state.school.find_account(account);
    let tool = guest.params.filled("tool_launch_url");
    let tool = tool.filter(|tool| guest.state.launches.tools.contains(tool));
    let (Some(_), Some(tool)) = (account, tool) else {
        return Err(Reply::not_found());
    };
    let now = Timestamp::now().as_second();
    let claims = json!({
        "sub": caller.to_string(),
        "aud": tool,
        "iss": guest.url,
        "iat": now,
        "exp": now + LIFETIME.as_secs() as i64,
    });
    let header = json!({ "typ": "JWT", "alg": "HS512" });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    // Nobody checks the signature: this Canvas knows the tokens that it has given.
    let jwt = format!("{header}.{claims}.{}", random(86));
    let launch = Launch {
        user: caller,
        tool,
        ends: Instant::now() + LIFETIME,
    };
    guest.state.launches.given.insert(jwt.clone(), launch);
    Ok(Reply::json(StatusCode::OK, json!({ "jwt_token": jwt })))
}

/// What a tool asks a Canvas about users.
#[derive(Debug, Clone)]
pub(crate) struct Voucher(Arc<CanvasSite>);

impl Voucher {
    /// A tool that is launched at this address.
    pub(crate) fn of(site: Arc<CanvasSite>, tool: String) -> Self {
        site.lock().launches.tools.insert(tool);
        Self(site)
    }

    /// For whom Canvas gave this token to this tool, if it did and the token is still good.
    pub(crate) fn user(&self, jwt: &str, tool: &str) -> Option<u64> {
        let state = self.0.lock();
        let launch = state.launches.given.get(jwt)?;
        let is_good = launch.tool == tool && launch.ends > Instant::now();
        is_good.then_some(launch.user)
    }

    /// The name and the e-mail address of a user.
    pub(crate) fn person(&self, user: u64) -> Option<(String, Option<String>)> {
        let state = self.0.lock();
        let user = state.school.users.get(&user)?;
        Some((user.name.clone(), user.email.clone()))
    }

    /// Whether a user may add and remove administrators of the account.
    pub(crate) fn is_admin(&self, user: u64) -> bool {
        self.0.lock().school.is_admin(user, ROOT)
    }
}

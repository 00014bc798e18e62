//! As much of Commons and Canvas as the example needs, on loopback: documented bodies, real state.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// The token that the stand-in of Canvas takes.
pub(crate) const TOKEN: &str = "canvas-token";

/// A user of Commons who is in no group.
pub(crate) const NEWCOMER: &str =
    "4LjxagScJoIlBACBRTI1XLXzCtTRn1CPDBLhWPEP:canvas-lmsf1ca849dd34eaef8040de8ffa7fe7fd5983e57e2";

pub(crate) struct StandIn(MockServer);

impl StandIn {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let commons = Commons(Mutex::new(State::new()));
        Mock::given(any())
            .respond_with(commons)
            .mount(&server)
            .await;
        Self(server)
    }

    pub(crate) fn url(&self) -> String {
        self.0.uri()
    }
}

struct Commons(Mutex<State>);

struct State {
    groups: BTreeMap<String, Group>,
    launches: BTreeSet<String>,
    sessions: BTreeSet<String>,
    last_id: u64,
}

struct Group {
    name: String,
    members: BTreeMap<String, Value>,
}

impl Respond for Commons {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.url.path().strip_prefix("/api/").unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let header = |name: &str| request.headers.get(name)?.to_str().ok();
        match (request.method.as_str(), &segments[..]) {
            ("GET", ["lti", "accounts", "self", "jwt_token"]) => {
                match header("authorization") == Some(&format!("Bearer {TOKEN}")) {
                    true => state.launch(),
                    false => refusal(401, "Unauthorized", "Invalid access token.")
                        .insert_header("www-authenticate", "Bearer realm=\"canvas-lms\""),
                }
            }
            ("POST", ["sessions"]) => state.open(&body),
            _ if !state
                .sessions
                .contains(header("x-session-id").unwrap_or_default()) =>
            {
                refusal(401, "Unauthorized", "there is no such session")
            }
            (method, segments) => state.answer(method, segments, &body),
        }
    }
}

impl State {
    fn new() -> Self {
        let mut state = Self {
            groups: BTreeMap::new(),
            launches: BTreeSet::new(),
            sessions: BTreeSet::new(),
            last_id: 1000,
        };
        for (name, people) in [
            (
                "Algebra teachers",
                &["Sheldon Cooper", "Leonard Hofstadter"][..],
            ),
            ("Chemistry", &["Amy Fowler"]),
        ] {
            let group = state.create(name);
            let id = group["id"].as_str().unwrap_or_default();
            for (n, person) in people.iter().enumerate() {
                state.add(id, &format!("{person}:canvas-lms"), person, n == 0);
            }
        }
        state
    }

    fn next_id(&mut self) -> String {
        self.last_id += 1;
        self.last_id.to_string()
    }

    fn launch(&mut self) -> ResponseTemplate {
        let jwt = format!("jwt-{}", self.next_id());
        self.launches.insert(jwt.clone());
        json(200, json!({ "jwt_token": jwt }))
    }

    /// Opens a session for a launch, once.
    fn open(&mut self, body: &Value) -> ResponseTemplate {
        if !self
            .launches
            .remove(body["jwt_token"].as_str().unwrap_or_default())
        {
            return refusal(401, "Unauthorized", "the launch is not known");
        }
        let id = format!("session-{}", self.next_id());
        self.sessions.insert(id.clone());
        json(201, json!({ "sessionId": id }))
    }

    fn answer(&mut self, method: &str, segments: &[&str], body: &Value) -> ResponseTemplate {
        match (method, segments) {
            ("GET", ["groups"]) => {
                let groups = self.groups.iter().map(|(id, group)| {
                    let mut listed = shown(id, group);
                    listed["isManager"] = json!(true);
                    listed
                });
                json(200, json!({ "items": groups.collect::<Vec<_>>() }))
            }
            ("POST", ["groups"]) => {
                json(201, self.create(body["name"].as_str().unwrap_or_default()))
            }
            ("DELETE", ["groups", id]) => match self.groups.remove(*id) {
                Some(_) => ResponseTemplate::new(204),
                None => unknown(),
            },
            (method, ["groups", id, "members", rest @ ..]) if self.groups.contains_key(*id) => {
                self.answer_members(method, id, rest, body)
            }
            _ => unknown(),
        }
    }

    fn answer_members(
        &mut self,
        method: &str,
        group: &str,
        segments: &[&str],
        body: &Value,
    ) -> ResponseTemplate {
        let is_manager = body["isManager"].as_bool().unwrap_or_default();
        if let ("POST", [], Some(user)) = (method, segments, body["userId"].as_str()) {
            return json(201, self.add(group, user, "Penny", is_manager));
        }
        let Some(group) = self.groups.get_mut(group) else {
            return unknown();
        };
        match (method, segments) {
            ("GET", []) => {
                let members: Vec<&Value> = group.members.values().collect();
                json(200, json!({ "items": members }))
            }
            ("PUT", [id]) => match group.members.get_mut(*id) {
                Some(member) => {
                    member["isManager"] = json!(is_manager);
                    json(200, member.clone())
                }
                None => unknown(),
            },
            ("DELETE", [id]) => match group.members.remove(*id) {
                Some(_) => ResponseTemplate::new(204),
                None => unknown(),
            },
            _ => unknown(),
        }
    }

    fn create(&mut self, name: &str) -> Value {
        let id = self.next_id();
        let group = Group {
            name: name.to_owned(),
            members: BTreeMap::new(),
        };
        let created = shown(&id, &group);
        self.groups.insert(id, group);
        created
    }

    /// The membership: a new one, or of a member the one of old, unchanged.
    fn add(&mut self, group: &str, user: &str, name: &str, is_manager: bool) -> Value {
        let id = self.next_id();
        let Some(members) = self.groups.get_mut(group).map(|group| &mut group.members) else {
            return Value::Null;
        };
        if let Some(member) = members.values().find(|member| member["userId"] == user) {
            return member.clone();
        }
        let member = json!({
            "id": id,
            "groupId": group,
            "userId": user,
            "userName": name,
            "userEmail": null,
            "isManager": is_manager,
        });
        members.insert(id, member.clone());
        member
    }
}

fn shown(id: &str, group: &Group) -> Value {
    json!({ "id": id, "name": group.name, "accountId": "a1" })
}

fn json(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn unknown() -> ResponseTemplate {
    refusal(404, "Not Found", "there is no such group or member")
}

fn refusal(status: u16, error: &str, message: &str) -> ResponseTemplate {
    let body = json!({ "statusCode": status, "error": error, "message": message });
    json(status, body)
}

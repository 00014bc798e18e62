//! As much of Studio as the example needs, on loopback: documented bodies, real state. What the
//! documentation leaves open is a choice here: a batch is carried out whole or not at all.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// The token that the stand-in takes.
pub(crate) const TOKEN: &str = "studio-token";

const GROUP: &str = "12";

/// Everyone in this Studio; the first three are in the group at the start.
const PEOPLE: [(u64, &str); 5] = [
    (1, "Sheldon"),
    (2, "Leonard"),
    (3, "Howard"),
    (4, "Penny"),
    (5, "Amy"),
];

pub(crate) struct StandIn(MockServer);

impl StandIn {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let members = [(1, "manager"), (2, "member"), (3, "member")];
        let members = members.map(|(user, permission)| (user, permission.to_owned()));
        let group = Group(Mutex::new(members.into()));
        Mock::given(any()).respond_with(group).mount(&server).await;
        Self(server)
    }

    pub(crate) fn url(&self) -> String {
        self.0.uri()
    }
}

type Members = BTreeMap<u64, String>;

struct Group(Mutex<Members>);

impl Respond for Group {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let token = request.headers.get("authorization");
        if token.and_then(|value| value.to_str().ok()) != Some(&format!("Bearer {TOKEN}")) {
            return refusal(401, "Unauthorized");
        }
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.url.path().strip_prefix("/api/public/v1/");
        let segments: Vec<&str> = path.unwrap_or_default().split('/').collect();
        match (request.method.as_str(), &segments[..]) {
            ("GET", ["groups", GROUP, "users"]) => shown(&members),
            ("POST", ["groups", GROUP, "users", "batch_update"]) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                match changed(&members, &body) {
                    Ok(after) => {
                        *members = after;
                        shown(&members)
                    }
                    Err(problem) => refusal(422, problem),
                }
            }
            _ => refusal(404, "Group not found"),
        }
    }
}

/// The members after a batch.
fn changed(members: &Members, batch: &Value) -> Result<Members, &'static str> {
    let mut members = members.clone();
    let operations = batch.as_array().ok_or("the changes are no array")?;
    for operation in operations {
        let user = operation["user_id"].as_u64().ok_or("user_id is missing")?;
        if PEOPLE.iter().all(|(id, _)| *id != user) {
            return Err("there is no such user");
        }
        let permission = match &operation["permission"] {
            Value::Null => "member",
            Value::String(word) if ["manager", "member"].contains(&word.as_str()) => word,
            _ => return Err("permission is unknown"),
        };
        match operation["action"].as_str() {
            Some("add") => {
                members.insert(user, permission.to_owned());
            }
            Some("update") => {
                let member = members
                    .get_mut(&user)
                    .ok_or("the user is not in the group")?;
                *member = permission.to_owned();
            }
            Some("remove") => {
                members
                    .remove(&user)
                    .ok_or("the user is not in the group")?;
            }
            _ => return Err("action is unknown"),
        }
    }
    Ok(members)
}

fn shown(members: &Members) -> ResponseTemplate {
    let people = PEOPLE.iter().filter_map(|(id, name)| {
        let permission = members.get(id)?;
        Some(json!({
            "id": id,
            "full_name": name,
            "display_name": name,
            "email": null,
            "permission": permission,
        }))
    });
    let body = json!({ "group_users": people.collect::<Vec<_>>() });
    ResponseTemplate::new(200).set_body_json(body)
}

fn refusal(status: u16, error: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": error }))
}

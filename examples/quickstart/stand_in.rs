//! As much of Canvas as the quickstart needs, on loopback: documented bodies, real state.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// The token that the stand-in takes.
pub(crate) const TOKEN: &str = "quickstart-token";

const COURSE: &str = "1";

pub(crate) struct StandIn(MockServer);

impl StandIn {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let school = School::new(server.uri());
        Mock::given(any()).respond_with(school).mount(&server).await;
        Self(server)
    }

    pub(crate) fn url(&self) -> String {
        self.0.uri()
    }
}

struct School {
    url: String,
    groups: Mutex<BTreeMap<u64, Value>>,
}

impl School {
    fn new(url: String) -> Self {
        let names = [
            (17, "Math Group 1"),
            (18, "Math Group 2"),
            (19, "Math Group 3"),
        ];
        let groups = names.map(|(id, name)| (id, group(id, name)));
        Self {
            url,
            groups: Mutex::new(groups.into()),
        }
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<u64, Value>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One page of a list, with the `Link` header that leads to the next.
    fn page(&self, request: &Request, items: Vec<Value>) -> ResponseTemplate {
        let number = |key, default| {
            let found = request.url.query_pairs().find(|(name, _)| name == key);
            found
                .and_then(|(_, value)| value.parse().ok())
                .unwrap_or(default)
        };
        // Small pages, so that there is more than one.
        let (page, per_page): (usize, usize) = (number("page", 1), number("per_page", 10).min(2));
        let pages = items.len().div_ceil(per_page).max(1);
        let path = format!("{}{}", self.url, request.url.path());
        let link = |page, rel| format!("<{path}?page={page}&per_page={per_page}>; rel=\"{rel}\"");
        let mut links = vec![link(page, "current")];
        if page < pages {
            links.push(link(page + 1, "next"));
        }
        links.extend([link(1, "first"), link(pages, "last")]);
        let start = page.saturating_sub(1) * per_page;
        let items: Vec<_> = items.into_iter().skip(start).take(per_page).collect();
        ok(json!(items)).insert_header("link", links.join(","))
    }

    fn create(&self, category: u64, body: &Value) -> ResponseTemplate {
        let mut groups = self.groups();
        let id = groups.keys().max().unwrap_or(&16) + 1;
        let mut created = group(id, body["name"].as_str().unwrap_or("unnamed"));
        created["group_category_id"] = json!(category);
        groups.insert(id, created.clone());
        ok(created)
    }
}

impl Respond for School {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if !request.headers.contains_key("user-agent") {
            return refusal(403, "a User-Agent is mandatory");
        }
        let token = request
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        if token != Some(&format!("Bearer {TOKEN}")) {
            return refusal(401, "Invalid access token.")
                .insert_header("www-authenticate", "Bearer realm=\"canvas-lms\"");
        }
        let path = request
            .url
            .path()
            .strip_prefix("/api/v1/")
            .unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        let id = |text: &str| text.parse::<u64>().unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let known = |group: &str| self.groups().contains_key(&id(group));
        match (request.method.as_str(), &segments[..]) {
            ("GET", ["courses", COURSE, "groups"]) => {
                let groups = self.groups().values().cloned().collect();
                self.page(request, groups)
            }
            ("GET", ["groups", group, "users"]) if known(group) => {
                self.page(request, users(id(group)))
            }
            ("POST", ["group_categories", category, "groups"]) => self.create(id(category), &body),
            ("PUT", ["groups", group]) if known(group) => {
                let mut groups = self.groups();
                let changed = groups.entry(id(group)).or_default();
                changed["name"] = body["name"].clone();
                ok(changed.clone())
            }
            ("GET", ["groups", group, "permissions"]) if known(group) => {
                let asked = request.url.query_pairs();
                let answers = asked.map(|(_, name)| (name.into_owned(), json!(true)));
                ok(Value::Object(answers.collect()))
            }
            ("DELETE", ["groups", group]) => match self.groups().remove(&id(group)) {
                Some(deleted) => ok(deleted),
                None => refusal(404, "The specified resource does not exist."),
            },
            _ => refusal(404, "The specified resource does not exist."),
        }
    }
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refusal(status: u16, message: &str) -> ResponseTemplate {
    let body = json!({ "errors": [{ "message": message }] });
    ResponseTemplate::new(status).set_body_json(body)
}

/// The documented group under another name.
fn group(id: u64, name: &str) -> Value {
    let text = include_str!("../../fixtures/canvas/groups/group.json");
    let mut group: Value = serde_json::from_str(text).unwrap_or_default();
    group["id"] = json!(id);
    group["name"] = json!(name);
    group
}

/// The members of a group: none in those made here.
fn users(group: u64) -> Vec<Value> {
    let names: &[&str] = match group {
        17 => &["Sheldon Cooper", "Leonard Hofstadter", "Penny"],
        18 => &["Amy Fowler"],
        _ => &[],
    };
    let users = names.iter().enumerate();
    let users = users.map(|(n, name)| json!({ "id": group * 10 + n as u64, "name": name }));
    users.collect()
}

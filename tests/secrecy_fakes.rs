//! A round over all three fakes, behind a relay that tells back whatever is sent to them.

#[path = "secrecy/shown.rs"]
mod shown;

use std::{
    sync::{Arc, LazyLock, Mutex, mpsc},
    time::Duration,
};

use canvas_groups::{
    Canvas, CourseId, Lor, RetryPolicy, Studio,
    auth::{LorSession, MemoryStore, OAuth, OAuthApp},
    csv::{ExportGroups, GroupKey, GroupRow, ImportGroups},
    files::{Source, UploadFile},
    groups::{CreateGroup, DeleteGroup, GetGroup, ListCourseGroups, ListGroupUsers},
    lor::{self, AddMember},
    studio::{self, Permission, UpdateGroupUsers},
};
use canvas_groups_fake::{FakeCanvas, FakeLor, FakeStudio, NewKey, SmallSchool};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shown::{Shown, spellings};
use tracing::subscriber::NoSubscriber;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// What becomes of an answer on its way.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// It comes through, with an echo in its headers alone.
    Through,
    /// A failure with the echo in its place, after the server did what it was asked for.
    Failure(u16),
    /// A success of another shape.
    Odd,
}

const WAYS: [Way; 8] = [
    Way::Through,
    Way::Failure(400),
    Way::Failure(401),
    Way::Failure(403),
    Way::Failure(404),
    Way::Failure(429),
    Way::Failure(500),
    Way::Odd,
];

/// Passes requests on to a fake. Its own traces are not those of the client.
#[derive(Clone)]
struct Relay {
    fake: String,
    own: String,
    way: Arc<Mutex<(Way, usize)>>,
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder.on_thread_start(|| {
        let silence = tracing::subscriber::set_default(NoSubscriber::default());
        std::mem::forget(silence);
    });
    builder.build().unwrap()
});

static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().no_proxy().user_agent("browser");
    let client = client.redirect(reqwest::redirect::Policy::none());
    client.build().unwrap()
});

type Passed = (u16, Vec<(String, String)>, Vec<u8>);

impl Relay {
    async fn to(fake: String) -> (MockServer, Self) {
        let server = MockServer::start().await;
        let relay = Self {
            fake,
            own: server.uri(),
            way: Arc::new(Mutex::new((Way::Through, 0))),
        };
        Mock::given(any())
            .respond_with(relay.clone())
            .mount(&server)
            .await;
        (server, relay)
    }

    fn go(&self, way: Way, spelling: usize) {
        *self.way.lock().unwrap() = (way, spelling);
    }

    fn pass(&self, request: &Request) -> Passed {
        let after = &request.url[url::Position::BeforePath..];
        let mut passed = reqwest::Request::new(
            request.method.clone(),
            format!("{}{after}", self.fake).parse().unwrap(),
        );
        for (name, value) in &request.headers {
            if !["host", "content-length", "accept-encoding"].contains(&name.as_str()) {
                passed.headers_mut().append(name, value.clone());
            }
        }
        *passed.body_mut() = Some(request.body.clone().into());
        let (sender, receiver) = mpsc::channel();
        RUNTIME.spawn(async move {
            let answer = HTTP.execute(passed).await.unwrap();
            let status = answer.status().as_u16();
            let headers = answer
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            let headers = headers.collect();
            let body = answer.bytes().await.unwrap().to_vec();
            sender.send((status, headers, body)).unwrap();
        });
        receiver.recv().unwrap()
    }
}

/// The values that were sent, each a possible secret.
fn sent(request: &Request) -> Vec<String> {
    let mut values = Vec::new();
    for (_, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        values.extend(value.split([' ', '=']).map(str::to_owned));
    }
    values.extend(
        request
            .url
            .query_pairs()
            .map(|(_, value)| value.into_owned()),
    );
    let form = url::form_urlencoded::parse(&request.body);
    values.extend(form.map(|(_, value)| value.into_owned()));
    if let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) {
        values.extend(body.values().filter_map(Value::as_str).map(str::to_owned));
    }
    values.retain(|value| value.len() >= 8);
    values
}

impl Respond for Relay {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (status, headers, body) = self.pass(request);
        let (way, spelling) = *self.way.lock().unwrap();
        let echo = |value: &String| {
            let all = spellings(value);
            all[spelling % all.len()].clone()
        };
        let echo = sent(request).iter().map(echo).collect::<Vec<_>>().join(" ");
        let printable = echo.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
        let printable: String = printable.collect();
        let mut answer = match way {
            Way::Through => {
                let text = String::from_utf8(body.clone());
                let body = text.map_or(body, |text| text.replace(&self.fake, &self.own).into());
                let mut answer = ResponseTemplate::new(status).set_body_bytes(body);
                for (name, value) in headers {
                    if !["content-length", "transfer-encoding", "connection"].contains(&&*name) {
                        let value = value.replace(&self.fake, &self.own);
                        answer = answer.append_header(&*name, &*value);
                    }
                }
                answer
            }
            Way::Failure(status) => ResponseTemplate::new(status)
                .set_body_json(json!({
                    "errors": [{"field": echo, "message": echo, "error_code": echo}],
                    "error": echo, "error_description": echo, "status": echo, "message": echo,
                }))
                .insert_header("www-authenticate", "Bearer realm=\"canvas-lms\""),
            Way::Odd => ResponseTemplate::new(200).set_body_json(json!({
                "id": {"of": echo}, "items": echo, "access_token": [echo], "upload_url": [echo],
                "workflow_state": "failed", "message": echo, "sessionId": {"a": echo},
            })),
        };
        for name in [
            "x-request-context-id",
            "x-session-id",
            "x-canvas-meta",
            "x-amz-id-2",
        ] {
            answer = answer.insert_header(name, &*printable);
        }
        answer
    }
}

fn never() -> RetryPolicy {
    RetryPolicy::never()
        .base_delay(Duration::ZERO)
        .max_delay(Duration::ZERO)
}

/// What came of a call, if it failed.
fn note<T>(shown: &mut Shown, place: &str, outcome: canvas_groups::Result<T>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(error) => {
            shown.error(place, &error);
            None
        }
    }
}

async fn every_canvas_call(shown: &mut Shown, place: &str, canvas: &Canvas, school: &SmallSchool) {
    let course: CourseId = school.course;
    let group = school.groups[0];
    note(
        shown,
        place,
        canvas
            .stream(ListCourseGroups::new(course))
            .try_collect::<Vec<_>>()
            .await,
    );
    note(
        shown,
        place,
        canvas
            .stream(ListGroupUsers::new(group))
            .try_collect::<Vec<_>>()
            .await,
    );
    note(shown, place, canvas.send(GetGroup::new(group)).await);
    note(
        shown,
        place,
        canvas.send(ExportGroups::new(school.category)).await,
    );
    if let Some(made) = note(
        shown,
        place,
        canvas.send(CreateGroup::new().name("x")).await,
    ) {
        note(shown, place, canvas.send(DeleteGroup::new(made.id)).await);
    }
    let upload = UploadFile::new(group, "a.txt");
    note(
        shown,
        place,
        canvas.upload(upload, Source::bytes("content")).await,
    );
    let row = GroupRow::new(school.students[0], GroupKey::name("Team"));
    let import = ImportGroups::new(school.category, [row]);
    if let Some(job) = note(shown, place, canvas.send(import).await) {
        let wait = canvas.wait(job).deadline(Duration::from_millis(200));
        note(shown, place, wait.interval(Duration::from_millis(10)).await);
    }
    shown.debug(place, canvas);
}

#[tokio::test]
async fn canvas_behind_a_relay_that_echoes_every_secret_in_every_spelling() {
    let mut shown = Shown::new();
    let (fake, school) = FakeCanvas::start().await.unwrap();
    fake.log_in_as(school.teacher);
    let (_server, relay) = Relay::to(fake.url()).await;
    let token = fake.token_of(school.teacher);
    shown.hide(&token);
    let client = || Canvas::builder(&relay.own).retry(never());
    let canvas = client().token(token.clone()).build().unwrap();
    for spelling in 0..spellings(&token).len() {
        for way in WAYS {
            relay.go(way, spelling);
            let place = format!("canvas {way:?} {spelling}");
            every_canvas_call(&mut shown, &place, &canvas, &school).await;
        }
    }
    // The same by a login, whose renewals and end go the same way.
    let back = "http://127.0.0.1:1/back";
    let key = fake.add_key(NewKey::new(back));
    let secret = key.client_secret.clone().unwrap();
    shown.hide(&secret);
    let app = OAuthApp::canvas(&relay.own, key.client_id.clone());
    let app = app
        .client_secret(secret)
        .redirect_uri(back)
        .build()
        .unwrap();
    for (spelling, way) in (0..).step_by(3).zip(WAYS) {
        relay.go(Way::Through, spelling);
        let (url, pending) = app.login().start().unwrap();
        shown.hide(pending.state().expose_secret());
        let (sender, receiver) = mpsc::channel();
        RUNTIME.spawn(async move {
            let answer = HTTP.get(url).send().await.unwrap();
            let location = &answer.headers()["location"];
            sender.send(location.to_str().unwrap().to_owned()).unwrap();
        });
        // The fake needs this thread.
        let location = tokio::task::spawn_blocking(move || receiver.recv().unwrap());
        let code = pending.code(&location.await.unwrap()).unwrap();
        let tokens = app.exchange(code).await.unwrap();
        let of = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
        let (access, refresh) = (of(tokens.access_token()), tokens.refresh_token().map(of));
        shown.hide(&access);
        shown.hide(&refresh.unwrap());
        let over = tokens.with_expires_at(jiff::Timestamp::now());
        let oauth = OAuth::keep(app.clone(), &over, MemoryStore::new())
            .await
            .unwrap();
        let canvas = client().credentials(oauth.clone()).build().unwrap();
        relay.go(way, spelling);
        let place = format!("OAuth {way:?} {spelling}");
        note(
            &mut shown,
            &place,
            canvas.send(GetGroup::new(school.groups[0])).await,
        );
        shown.hide(&of(oauth.tokens().access_token()));
        note(
            &mut shown,
            &place,
            canvas
                .stream(ListCourseGroups::new(school.course))
                .try_next()
                .await,
        );
        note(&mut shown, &place, oauth.revoke().await);
        shown.debug(&place, &(&canvas, &oauth));
    }
    shown.check();
}

#[tokio::test]
async fn commons_behind_a_relay_that_echoes_every_secret_in_every_spelling() {
    let mut shown = Shown::new();
    let (canvas_fake, school) = FakeCanvas::start().await.unwrap();
    let fake = FakeLor::builder()
        .hourly_limit(None)
        .start(&canvas_fake)
        .await
        .unwrap();
    let user = fake.add_user(school.students[0]).unwrap();
    let (_server, relay) = Relay::to(fake.url()).await;
    let (_canvas_server, canvas_relay) = Relay::to(canvas_fake.url()).await;
    let token = canvas_fake.token().to_owned();
    shown.hide(&token);
    shown.hide(fake.session());
    let canvas = Canvas::builder(&canvas_relay.own).token(token.clone());
    let canvas = canvas.retry(never()).build().unwrap();
    let client = || Lor::builder(&relay.own).retry(never());
    let own = client().credentials(LorSession::new(fake.session()).unwrap());
    let own = own.build().unwrap();
    for spelling in 0..spellings(&token).len() {
        for way in WAYS {
            relay.go(way, spelling);
            canvas_relay.go(way, spelling);
            let place = format!("commons {way:?} {spelling}");
            let opened = LorSession::from_canvas(&canvas, client()).unwrap();
            let opened = client().credentials(opened).build().unwrap();
            for commons in [&own, &opened] {
                note(
                    &mut shown,
                    &place,
                    commons
                        .stream(lor::ListGroups::new())
                        .try_collect::<Vec<_>>()
                        .await,
                );
                let made = commons.send(lor::CreateGroup::new("x")).await;
                if let Some(made) = note(&mut shown, &place, made) {
                    let add = AddMember::new(&made.id, user.clone());
                    note(&mut shown, &place, commons.send(add).await);
                    note(
                        &mut shown,
                        &place,
                        commons.send(lor::DeleteGroup::new(&made.id)).await,
                    );
                }
                shown.debug(&place, commons);
            }
        }
    }
    shown.check();
}

#[tokio::test]
async fn studio_behind_a_relay_that_echoes_every_secret_in_every_spelling() {
    let mut shown = Shown::new();
    let (fake, ids) = FakeStudio::start().await.unwrap();
    let (_server, relay) = Relay::to(fake.url()).await;
    let token = fake.token().to_owned();
    shown.hide(&token);
    let studio = Studio::builder(&relay.own)
        .token(token.clone())
        .retry(never());
    let studio = studio.build().unwrap();
    for spelling in 0..spellings(&token).len() {
        for way in WAYS {
            relay.go(way, spelling);
            let place = format!("studio {way:?} {spelling}");
            let list = studio::ListGroupUsers::new(ids.group);
            note(
                &mut shown,
                &place,
                studio.stream(list).try_collect::<Vec<_>>().await,
            );
            let batch = UpdateGroupUsers::new(ids.group).update(ids.member, Permission::Manager);
            let outcome = studio.send(batch).await;
            match way {
                Way::Failure(_) => drop(shown.failure(&place, outcome)),
                Way::Through | Way::Odd => drop(note(&mut shown, &place, outcome)),
            }
            shown.debug(&place, &studio);
        }
    }
    shown.check();
}

//! The five places of a session id: exactly one is used, and none of them leaks.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use canvas_groups::{
    Endpoint, ErrorKind, Lor, Outgoing, Result,
    auth::{Carrier, LorSession},
    lor::*,
};
use serde_json::{Value, json};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, method},
};

use crate::{assert_polite, fixture, hasty, header, json as answer, received};

/// An id that looks different in each place that escapes it.
const ID: &str = "s3cret:+&\"%/id";

const CARRIERS: [Carrier; 5] = [
    Carrier::Header,
    Carrier::Cookie,
    Carrier::Query,
    Carrier::State,
    Carrier::Body,
];

/// The id without what cookies cannot hold.
fn id(carrier: Carrier) -> String {
    match carrier {
        Carrier::Cookie => ID.replace('"', ""),
        _ => ID.to_owned(),
    }
}

fn client(server: &MockServer, carrier: Carrier) -> Lor {
    let session = LorSession::new(id(carrier)).unwrap().carrier(carrier);
    Lor::builder(server.uri())
        .credentials(session)
        .retry(hasty())
        .build()
        .unwrap()
}

/// Where the id is, of all places in which Commons looks, and nothing else there.
fn found(request: &Request) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut put = |place, value: Option<&str>| found.extend(value.map(|v| (place, v.to_owned())));
    put("authorization", header(request, "authorization"));
    put("cookie", header(request, "cookie"));
    put("x-session-id", header(request, "x-session-id"));
    for (name, value) in request.url.query_pairs() {
        match &*name {
            "session-id" => put("session-id", Some(&value)),
            "state" => put("state", Some(&value)),
            other => panic!("{other}"),
        }
    }
    if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
        put("sessionId", body.get("sessionId").and_then(Value::as_str));
    }
    found
}

#[tokio::test]
async fn the_id_is_in_exactly_the_place_that_was_chosen() {
    for (carrier, place) in [
        (Carrier::Header, "x-session-id"),
        (Carrier::Cookie, "cookie"),
        (Carrier::Query, "session-id"),
        (Carrier::State, "state"),
        (Carrier::Body, "sessionId"),
    ] {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(answer(201, fixture("lor/groups/group.json")))
            .mount(&server)
            .await;
        let client = client(&server, carrier);
        client.send(CreateGroup::new("x")).await.unwrap();
        client.send(RenameGroup::new("1", "x")).await.unwrap();
        let requests = received(&server).await;
        assert_eq!(requests.len(), 2);
        for request in requests {
            assert_polite(&request);
            let expected = match carrier {
                Carrier::Cookie => format!("session={}", id(carrier)),
                _ => id(carrier),
            };
            assert_eq!(found(&request), [(place, expected)]);
            let mut body: Value = serde_json::from_slice(&request.body).unwrap();
            body.as_object_mut().unwrap().remove("sessionId");
            assert_eq!(body, json!({ "name": "x" }));
        }
    }
}

#[tokio::test]
async fn reading_and_deleting_work_with_every_place_but_the_body() {
    for carrier in CARRIERS {
        let server = MockServer::start().await;
        Mock::given(method("DELETE"))
            .respond_with(ResponseTemplate::new(204))
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .respond_with(answer(200, fixture("lor/groups/groups.json")))
            .mount(&server)
            .await;
        let client = client(&server, carrier);
        let outcomes = [
            client.send(ListGroups::new()).await.map(drop),
            client
                .stream(ListGroups::new())
                .try_collect::<Vec<_>>()
                .await
                .map(drop),
            client.send(DeleteGroup::new("1")).await.map(drop),
        ];
        for outcome in outcomes {
            if carrier == Carrier::Body {
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Request);
                assert!(
                    error.to_string().contains("a cookie or the query"),
                    "{error}"
                );
                assert!(!error.outcome_unknown());
            } else {
                outcome.unwrap();
            }
        }
        let requests = received(&server).await;
        assert_eq!(requests.len(), if carrier == Carrier::Body { 0 } else { 3 });
        for request in requests {
            assert_eq!(found(&request).len(), 1, "{carrier:?}");
            assert!(request.body.is_empty());
        }
    }
}

/// Writes down everything that is traced, from every crate, spans and events with all fields.
#[derive(Clone, Default)]
struct Traces(Arc<Mutex<String>>);

impl Visit for Traces {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = self.0.lock().unwrap();
        writeln!(text, "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Traces {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The failure of a request, in all forms in which people could come to see it.
async fn everything_shown<E: Endpoint<Service = canvas_groups::service::Lor>>(
    client: &Lor,
    request: E,
) -> String {
    let outgoing = Outgoing::of(&request).unwrap();
    let outcome: Result<E::Response> = client.send(request).await;
    let Err(error) = outcome else {
        panic!("the server refuses everything");
    };
    let mut shown = format!("{outgoing} {outgoing:?} {client:?} {error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        write!(shown, " {error} {error:?}").unwrap();
        source = error.source();
    }
    write!(
        shown,
        " {:?} {:?} {:?}",
        error.body(),
        error.details(),
        error.request()
    )
    .unwrap();
    shown
}

#[tokio::test]
async fn trap_18_no_place_shows_its_secret_in_errors_outgoing_clients_or_traces() {
    // Of all threads, since a subscriber of one thread misses what others came by first.
    let traces = Traces::default();
    tracing::subscriber::set_global_default(traces.clone()).unwrap();
    for carrier in CARRIERS {
        // One of its own: those that are shared go on after they are dropped.
        let server = MockServer::builder().start().await;
        // A server that tells back all it was sent.
        Mock::given(any())
            .respond_with(|request: &Request| {
                let echo = format!(
                    "{} {:?} {}",
                    request.url,
                    request.headers,
                    String::from_utf8_lossy(&request.body)
                );
                match request.method.as_str() {
                    "POST" => ResponseTemplate::new(400).set_body_string(echo),
                    _ => ResponseTemplate::new(200).set_body_string(echo),
                }
            })
            .mount(&server)
            .await;
        let client = client(&server, carrier);
        let mut shown = everything_shown(&client, CreateGroup::new("x")).await;
        shown += &everything_shown(&client, RenameGroup::new("1", "x")).await;
        shown += &everything_shown(&client, ListGroups::new()).await;
        drop(server);
        shown += &everything_shown(&client, GetGroup::new("1")).await;
        assert!(!shown.contains("s3cret"), "{carrier:?}: {shown}");
        let traced = traces.0.lock().unwrap();
        assert!(traced.contains("groups/{group}"), "the calls were traced");
        assert!(!traced.contains("s3cret"), "{carrier:?}: {traced}");
    }
}

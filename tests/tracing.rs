//! What a call leaves in the traces: OpenTelemetry's names, one event for each attempt.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use canvas_groups::{Canvas, GroupId, RetryPolicy, groups::GetGroup};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

type Fields = BTreeMap<String, String>;

/// Keeps the fields of our spans and events.
#[derive(Clone, Default)]
struct Recorder {
    ids: Arc<AtomicU64>,
    spans: Arc<Mutex<BTreeMap<u64, Fields>>>,
    events: Arc<Mutex<Vec<Fields>>>,
}

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("canvas_groups")
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::from([("name".to_owned(), span.metadata().name().to_owned())]);
        span.record(&mut Reader(&mut fields));
        self.spans.lock().unwrap().insert(id, fields);
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let mut spans = self.spans.lock().unwrap();
        values.record(&mut Reader(spans.get_mut(&id.into_u64()).unwrap()));
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields));
        self.events.lock().unwrap().push(fields);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn assert_has(fields: &Fields, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(
            fields.get(*name).map(String::as_str),
            Some(*value),
            "{name} of {fields:?}"
        );
    }
}

#[tokio::test]
async fn a_call_is_a_span_and_an_attempt_an_event() {
    let recorder = Recorder::default();
    tracing::subscriber::set_global_default(recorder.clone()).unwrap();
    let server = MockServer::start().await;
    let route = || Mock::given(path("/api/v1/groups/4711"));
    let busy = ResponseTemplate::new(503);
    route()
        .respond_with(busy)
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    let answer = ResponseTemplate::new(200)
        .set_body_string("{\"id\":4711}")
        .insert_header("x-request-cost", "0.5")
        .insert_header("x-rate-limit-remaining", "599.5");
    route().respond_with(answer).expect(1).mount(&server).await;
    let quick = RetryPolicy::default().base_delay(std::time::Duration::ZERO);
    let canvas = Canvas::builder(server.uri())
        .token("token")
        .retry(quick)
        .build()
        .unwrap();
    canvas
        .send(GetGroup::new(GroupId::new(4711)))
        .await
        .unwrap();

    let spans = recorder.spans.lock().unwrap().clone();
    assert_eq!(spans.len(), 1);
    let span = spans.values().next().unwrap();
    assert_has(
        span,
        &[
            ("name", "canvas_groups.call"),
            ("otel.name", "GET groups/{group}"),
            ("otel.kind", "\"client\""),
            ("http.request.method", "\"GET\""),
            ("url.template", "\"groups/{group}\""),
            ("server.address", "\"127.0.0.1\""),
            ("http.response.status_code", "200"),
            ("attempts", "2"),
        ],
    );
    assert!(!span.contains_key("error.type"));
    let events = recorder.events.lock().unwrap().clone();
    assert_eq!(events.len(), 2);
    assert_has(
        &events[0],
        &[("attempt", "1"), ("http.response.status_code", "503")],
    );
    let told = [("attempt", "2"), ("cost", "0.5"), ("remaining", "599.5")];
    assert_has(&events[1], &told);
    assert!(!format!("{spans:?} {events:?}").contains("4711"));

    // A call that fails tells of what kind.
    canvas
        .send(GetGroup::new(GroupId::new(1)))
        .await
        .unwrap_err();
    let spans = recorder.spans.lock().unwrap().clone();
    assert_has(
        &spans[&2],
        &[
            ("error.type", "NotFound"),
            ("http.response.status_code", "404"),
        ],
    );
}

//! No student's name stands in traces or errors.

use std::{
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use canvas_groups::{
    http::StatusCode,
    roster::{Guard, Team},
    serde_json,
};
use canvas_groups_fake::Fault;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{EXPORT, MAKE, PLACE, SET, school};

/// Writes all that is traced into one text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>, Arc<AtomicU64>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{} = {value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("canvas_groups")
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut self.clone());
        span::Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn no_student_is_named_in_traces_errors_or_debug_output() {
    let log = Log::default();
    // Of the whole program: what the tests beside this one trace may name nobody either.
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let mut built = school(8, &[0..3, 3..5]);
    let teacher = built.teacher;
    built.school.add_member(built.groups[0], teacher);
    let site = built.start().await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").members(site.users([0, 1, 5])))
        .team(Team::named("New").members(site.users([2, 6])));
    let mut said = String::new();
    // Answers that cannot be read, and are full of names.
    let export = "name,canvas_user_id,login_id\n\"Familyname1, Given1\",Given1 Familyname1,x\n";
    site.fake
        .fail(1, EXPORT, Fault::answer(StatusCode::OK, export))
        .unwrap();
    let error = site.canvas.snapshot(&roster).await.unwrap_err();
    writeln!(said, "{error} {error:?}").unwrap();
    let set = r#"{"id": 1, "course_id": 1, "groups": [{"id": "Given1 Familyname1"}]}"#;
    site.fake
        .fail(1, SET, Fault::answer(StatusCode::OK, set))
        .unwrap();
    let error = site.canvas.snapshot(&roster).await.unwrap_err();
    writeln!(said, "{error} {error:?}").unwrap();

    let plan = site.plan(&roster).await;
    // As Canvas words it: with the name.
    let refusal = r#"{"errors":{"user_id":[{"attribute":"user_id","type":"invalid",
        "message":"Given5 Familyname5 does not share a section with the other members of Team 1."}]}}"#;
    site.fake
        .fail(1, PLACE, Fault::answer(StatusCode::BAD_REQUEST, refusal))
        .unwrap();
    site.fake.fail(1, MAKE, Fault::Lose).unwrap();
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    writeln!(said, "{apply:?}").unwrap();
    while let Some(event) = apply.try_next().await.unwrap() {
        writeln!(said, "{event:?}").unwrap();
    }
    let report = apply.await.unwrap();
    writeln!(said, "{report} {:?} {:?}", report.steps, report.remaining).unwrap();
    writeln!(said, "{:?}", serde_json::to_string(&report.steps)).unwrap();
    said += &log.0.lock().unwrap();
    assert!(
        said.contains("groups/{group}/memberships"),
        "nothing was traced"
    );
    for name in ["Familyname", "Given"] {
        assert!(!said.contains(name), "{said}");
    }
}

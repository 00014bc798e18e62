//! Blocking clients, against the fakes.
#![cfg(feature = "blocking")]

use std::{ops::ControlFlow, thread};

use canvas_groups::{
    ErrorKind, Result, blocking,
    categories::AssignUnassigned,
    files::{Source, UploadFile, UploadFromUrl},
    groups::{CreateCategoryGroup, GetGroup, ListCourseGroups, ListGroupUsers},
    roster::{ApplyEvent, Guard, MissingSet, Plan, Policy, Roster, Team},
};
use canvas_groups_fake::{FakeCanvas, SmallSchool};
use tokio::runtime::Runtime;

/// A fake in a runtime of its own, which is not entered.
struct World {
    fake: FakeCanvas,
    school: SmallSchool,
    runtime: Runtime,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let (fake, school) = runtime.block_on(FakeCanvas::start()).unwrap();
        Self {
            fake,
            school,
            runtime,
        }
    }

    fn canvas(&self) -> blocking::Canvas {
        blocking::Canvas::new(self.fake.url(), self.fake.token()).unwrap()
    }
}

#[test]
fn the_two_verbs_work_without_async() {
    let world = World::new();
    let (canvas, course) = (world.canvas(), world.school.course);
    let before: Vec<_> = canvas
        .stream(ListCourseGroups::new(course))
        .collect::<Result<_>>()
        .unwrap();
    let category = before
        .iter()
        .find_map(|group| group.group_category_id)
        .unwrap();
    let made = canvas
        .send(CreateCategoryGroup::new(category).name("New"))
        .unwrap();
    let page_by_page = canvas
        .stream(ListCourseGroups::new(course).per_page(1))
        .pages();
    let pages: Vec<_> = page_by_page.collect::<Result<_>>().unwrap();
    assert_eq!(pages.len(), before.len() + 1);
    assert!(pages.iter().any(|page| page.items[0].id == made.id));

    let first = canvas
        .send(ListCourseGroups::new(course).per_page(1))
        .unwrap();
    let second = canvas.next_page(&first).unwrap().unwrap();
    assert_eq!(second.items, pages[1].items);
    assert!(canvas.quota().in_flight == 0);
    let (_, info) = canvas
        .stream(ListGroupUsers::new(made.id))
        .pages()
        .next_with_info()
        .unwrap()
        .unwrap();
    assert_eq!(info.status, 200);
}

#[test]
fn an_error_comes_once_and_ends_the_list() {
    let world = World::new();
    let nobody = world.canvas().with_token("wrong").unwrap();
    let mut list = nobody.stream(ListCourseGroups::new(world.school.course));
    let error = list.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(list.next().is_none());
}

#[test]
fn waits_and_uploads_work_without_async() {
    let world = World::new();
    let canvas = world.canvas();
    let course = world.school.course;
    let groups = canvas.stream(ListCourseGroups::new(course));
    let groups: Vec<_> = groups.collect::<Result<_>>().unwrap();
    let group = &groups[0];
    let job = canvas
        .send(AssignUnassigned::new(group.group_category_id.unwrap()))
        .unwrap();
    assert!(canvas.wait(&job).unwrap().is_completed());

    let request = UploadFile::new(group.id, "a.csv");
    let file = canvas.upload(request, Source::from("a,b\n")).unwrap();
    assert_eq!(file.size, Some(4));
    let url = "https://files.example.edu/b.csv";
    world.fake.school(|school| school.publish(url, "c,d\n"));
    let request = UploadFromUrl::new(group.id, "b.csv", url);
    let fetched = canvas.upload_from_url(request).unwrap();
    assert_ne!(canvas.wait_for_file(fetched).unwrap(), file.id);
    let missing = UploadFromUrl::new(group.id, "c.csv", "https://files.example.edu/c.csv");
    let missing = canvas.upload_from_url(missing).unwrap();
    let error = canvas.wait_for_file(missing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
}

#[test]
fn a_roster_is_planned_and_applied_without_async() {
    let world = World::new();
    let canvas = world.canvas();
    let pairs = world.school.students.chunks(2).enumerate();
    let teams: Vec<_> = pairs
        .map(|(at, pair)| Team::named(format!("Pair {at}")).members(pair.iter().copied()))
        .collect();
    let count = teams.len();
    let roster = Roster::in_course(world.school.course, "Pairs").teams(teams);
    let policy = Policy::default().missing_set(MissingSet::Make);
    let plan = |roster: &Roster| {
        let snapshot = canvas.snapshot(roster).unwrap();
        Plan::new(roster, &snapshot, &policy)
    };

    // Stopped after the first step, an apply reports what it did not do.
    let mut ended = 0;
    let report = canvas.apply_with(&plan(&roster), &Guard::default(), |event| match event {
        ApplyEvent::StepEnded { .. } => {
            ended += 1;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    assert!(!report.unwrap().is_complete());
    assert!(ended > 0);

    let mut events = Vec::new();
    let second = plan(&roster);
    let report = canvas.apply_with(&second, &Guard::default(), |event| {
        events.push(event);
        ControlFlow::Continue(())
    });
    let report = report.unwrap();
    assert!(report.is_complete(), "{report}");
    assert!(matches!(events.first(), Some(ApplyEvent::Began { .. })));
    assert_eq!(events.last(), Some(&ApplyEvent::Verifying));

    let third = plan(&roster);
    assert!(third.steps.is_empty());
    assert_eq!(third.teams.len(), count);
    let requests = world.fake.requests().len();
    assert!(
        canvas
            .apply(&third, &Guard::default())
            .unwrap()
            .is_complete()
    );
    assert_eq!(world.fake.requests().len(), requests);
}

#[test]
fn inside_a_runtime_a_call_is_an_error_and_no_panic() {
    let world = World::new();
    let canvas = world.canvas();
    let requests = world.fake.requests().len();
    let inside = async {
        let request = GetGroup::new(canvas_groups::GroupId::new(1));
        let error = canvas.send(request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("async client"), "{error}");
        let mut list = canvas.stream(ListCourseGroups::new(world.school.course));
        assert_eq!(
            list.next().unwrap().unwrap_err().kind(),
            ErrorKind::Configuration
        );
        assert!(list.next().is_none());
        let roster = Roster::in_course(world.school.course, "Pairs");
        let error = canvas.snapshot(&roster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        // The last client that shares a runtime may end there too.
        drop(world.canvas());
    };
    world.runtime.block_on(inside);
    assert_eq!(world.fake.requests().len(), requests);
}

#[test]
fn where_a_runtime_lets_its_threads_block_the_error_names_the_way() {
    let world = World::new();
    let (canvas, group) = (world.canvas(), world.school.groups[0]);
    let call = move || {
        let refused = canvas.send(GetGroup::new(group)).unwrap_err();
        let handle = tokio::runtime::Handle::current();
        let taken = handle.block_on(canvas.async_client().send(GetGroup::new(group)));
        (refused, taken)
    };
    let (pooled, in_place) = (call.clone(), call);
    let outcomes = world.runtime.block_on(async {
        let pooled = tokio::task::spawn_blocking(pooled).await.unwrap();
        let in_place = tokio::spawn(async { tokio::task::block_in_place(in_place) });
        [pooled, in_place.await.unwrap()]
    });
    for (refused, taken) in outcomes {
        assert_eq!(refused.kind(), ErrorKind::Configuration);
        for way in ["spawn_blocking", "block_in_place", "Handle::block_on"] {
            assert!(refused.to_string().contains(way), "{refused}");
        }
        assert_eq!(taken.unwrap().id, group);
    }
}

#[test]
fn clones_share_a_runtime_and_work_on_threads_beside_one_another() {
    let world = World::new();
    let canvas = world.canvas();
    let course = world.school.course;
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let canvas = canvas.clone();
            thread::spawn(move || canvas.stream(ListCourseGroups::new(course)).count())
        })
        .collect();
    let counts: Vec<_> = threads.into_iter().map(|it| it.join().unwrap()).collect();
    assert!(counts.iter().all(|count| *count == counts[0] && *count > 0));
}

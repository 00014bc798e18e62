//! Clients and futures, inside of a runtime and out.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use canvas_groups::{
    Canvas, ErrorKind, GroupId,
    groups::{CreateGroup, GetGroup, ListMyGroups},
};
use futures::{FutureExt, Stream, TryFutureExt};

use crate::support::{Play, Server, Socket, TOKEN, answer, builder, groups, ok};

const GROUP: GroupId = GroupId::new(7);

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn trap_25_a_client_is_built_outside_of_a_runtime() {
    let canvas = Canvas::new("https://school.instructure.com", TOKEN).unwrap();
    let clone = is_send(canvas.clone());
    let list = clone.stream(ListMyGroups::new());
    drop((canvas, clone, list));
}

#[test]
fn trap_25_polled_outside_of_a_runtime_it_is_an_error_and_no_panic() {
    // An address at which nothing may arrive.
    let canvas = Canvas::new("http://127.0.0.1:9", TOKEN).unwrap();
    let error = canvas
        .send(CreateGroup::new())
        .now_or_never()
        .expect("it is ready");
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Configuration, 0)
    );
    assert!(error.to_string().contains("tokio runtime"), "{error}");
    assert!(!error.outcome_unknown() && !error.is_transient());

    let mut list = canvas.stream(ListMyGroups::new());
    let error = list
        .try_next()
        .now_or_never()
        .expect("it is ready")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(list.try_next().now_or_never().unwrap().unwrap().is_none());

    let mut pages = canvas.stream(ListMyGroups::new()).pages();
    let mut context = Context::from_waker(Waker::noop());
    let polled = Pin::new(&mut pages).poll_next(&mut context);
    assert!(
        matches!(polled, Poll::Ready(Some(Err(error))) if error.kind() == ErrorKind::Configuration)
    );
    let polled = Pin::new(&mut pages).poll_next(&mut context);
    assert!(matches!(polled, Poll::Ready(None)));
}

#[test]
fn a_runtime_without_timers_or_network_is_an_error_and_no_panic() {
    type Builder = tokio::runtime::Builder;
    let kinds: [fn() -> Builder; 2] = [Builder::new_current_thread, Builder::new_multi_thread];
    for kind in kinds {
        let bare: fn(&mut Builder) -> &mut Builder = |builder| builder;
        for set_up in [bare, Builder::enable_time, Builder::enable_io] {
            let mut builder = kind();
            let runtime = set_up(builder.worker_threads(1)).build().unwrap();
            let canvas = Canvas::new("http://127.0.0.1:9", TOKEN).unwrap();
            let errors = runtime.block_on(async {
                let upload = canvas_groups::files::UploadFile::new(GROUP, "a.txt");
                let content = canvas_groups::files::Source::bytes("x");
                let progress = canvas_groups::ProgressId::new(1);
                [
                    canvas.send(CreateGroup::new()).await.map(drop),
                    canvas
                        .stream(ListMyGroups::new())
                        .try_next()
                        .await
                        .map(drop),
                    canvas.upload(upload, content).await.map(drop),
                    canvas.wait(progress).await.map(drop),
                ]
            });
            for error in errors.map(Result::unwrap_err) {
                assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
                assert!(error.to_string().contains("`enable_all`"), "{error}");
                assert!(!error.outcome_unknown() && !error.is_transient());
            }
            drop(runtime);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_25_futures_and_lists_move_between_threads() {
    let server = Server::start().await;
    server
        .on_each("GET /api/v1/groups/7", vec![ok("{\"id\":7}"); 8])
        .await;
    let list = "GET /api/v1/users/self/groups?per_page=100";
    server.on_each(list, vec![ok(groups([1, 2])); 8]).await;
    let canvas = server.canvas();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let canvas = canvas.clone();
        tasks.spawn(is_send(async move {
            let group = canvas.send(GetGroup::new(GROUP)).await.unwrap();
            let mut list = is_send(canvas.stream(ListMyGroups::new()));
            let first = list.try_next().await.unwrap().unwrap();
            let rest = tokio::spawn(list.try_collect::<Vec<_>>())
                .await
                .unwrap()
                .unwrap();
            (group.id.get(), first.id.get(), rest.len())
        }));
    }
    while let Some(done) = tasks.join_next().await {
        assert_eq!(done.unwrap(), (7, 1, 1));
    }
}

#[test]
fn trap_25_a_future_needs_no_borrow_of_its_client_or_request() {
    let call = {
        let canvas = Canvas::new("https://school.instructure.com", TOKEN).unwrap();
        let request = GetGroup::new(GROUP);
        fn is_static<T: Send + 'static>(value: T) -> T {
            value
        }
        is_static(canvas.send(request))
    };
    drop(call);
}

#[tokio::test]
async fn trap_25_one_client_serves_one_runtime_after_the_other() {
    let server = Server::start().await;
    server
        .on_each("GET /api/v1/groups/7", vec![ok("{\"id\":7}"); 3])
        .await;
    let canvas = server.canvas();
    let threads = std::thread::spawn(move || {
        for _ in 0..3 {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            let group = runtime.block_on(canvas.send(GetGroup::new(GROUP))).unwrap();
            assert_eq!(group.id, GROUP);
        }
    });
    tokio::task::spawn_blocking(|| threads.join().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_dropped_call_hangs_up_and_frees_its_place() {
    let socket = Socket::start(vec![
        vec![Play::Hear, Play::Stall],
        vec![Play::Hear, Play::Say(answer("200 OK", &[], "{\"id\":7}"))],
    ])
    .await;
    let canvas = builder(&socket.address()).max_in_flight(1).build().unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(100), canvas.send(CreateGroup::new()));
    assert!(dropped.await.is_err());
    assert_eq!(canvas.send(GetGroup::new(GROUP)).await.unwrap().id, GROUP);
    assert_eq!(socket.heard().await.len(), 2);
}

#[test]
fn a_write_whose_runtime_stopped_may_have_run() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (first, second) = (runtime(), runtime());
    let (socket, mut calls) = first.block_on(async {
        let socket = Socket::start(vec![vec![Play::Hear, Play::Stall]; 2]).await;
        let canvas = builder(&socket.address()).build().unwrap();
        let mut read = canvas.send(GetGroup::new(GROUP)).map_ok(drop).boxed();
        let mut write = canvas.send(CreateGroup::new()).map_ok(drop).boxed();
        assert!(futures::poll!(&mut read).is_pending());
        assert!(futures::poll!(&mut write).is_pending());
        while socket.so_far().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (socket, [(read, false), (write, true)])
    });
    drop((first, socket));
    for (call, may_have_run) in &mut calls {
        let error = second.block_on(call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert_eq!(error.outcome_unknown(), *may_have_run);
    }
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_under_way_at_once() {
    let pause = Duration::from_millis(80);
    let slow = answer("200 OK", &[], "{\"id\":7}");
    let script = vec![Play::Hear, Play::Pause(pause), Play::Say(slow)];
    let socket = Socket::start(vec![script; 6]).await;
    let canvas = builder(&socket.address()).max_in_flight(2).build().unwrap();
    let started = Instant::now();
    let calls: Vec<_> = (0..6)
        .map(|_| tokio::spawn(canvas.send(GetGroup::new(GROUP))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(started.elapsed() >= pause * 3, "{:?}", started.elapsed());
    assert_eq!(socket.heard().await.len(), 6);
}

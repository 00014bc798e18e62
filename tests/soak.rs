//! Many calls through a server that fails in every way now and then: each write is accounted for,
//! and nothing is left behind.
//!
//! `CANVAS_GROUPS_SOAK` is the number of calls; 2,000 without it.

mod common;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, Result, RetryPolicy,
    auth::{Authorization, Credentials},
    groups::{CreateGroup, DeleteGroup, GetGroup, UpdateGroup},
};
use futures::future::BoxFuture;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
    time::{sleep, timeout},
};

use common::{
    client::TOKEN,
    host::{Host, kept},
    play::Play,
};

const TASKS: usize = 64;
const MAX_BODY: usize = 64 * 1024;

/// What the server does instead of answering as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    ResetUnread,
    ResetAfterRunning,
    ResetInHead,
    CutBody,
    CutChunk,
    SilenceUnrun,
    SilenceAfterRunning,
    Refused429,
    Refused403,
    DeadToken,
    Invalid,
    Failed500,
    Busy503,
    WebPage,
    Garbage,
    TooLarge,
}

use Fault::*;

/// One of a hundred requests meets each of these.
const FAULTS: [Fault; 16] = [
    ResetUnread,
    ResetAfterRunning,
    ResetInHead,
    CutBody,
    CutChunk,
    SilenceUnrun,
    SilenceAfterRunning,
    Refused429,
    Refused403,
    DeadToken,
    Invalid,
    Failed500,
    Busy503,
    WebPage,
    Garbage,
    TooLarge,
];

impl Fault {
    /// Whether the server does what it was asked for all the same.
    fn runs(self) -> bool {
        !self.is_refusal() && !matches!(self, ResetUnread | SilenceUnrun | Busy503)
    }

    /// Whether the answer says that the server did nothing.
    fn is_refusal(self) -> bool {
        matches!(self, Refused429 | Refused403 | DeadToken | Invalid)
    }

    fn plays(self) -> Vec<Play> {
        let say = |text: &str| Play::Say(text.as_bytes().to_vec());
        let length = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"id";
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"id";
        let challenge = "www-authenticate: Bearer realm=\"canvas-lms\"";
        match self {
            ResetUnread | ResetAfterRunning => vec![Play::Reset],
            ResetInHead => vec![say("HTTP/1.1 200 OK\r\ncont"), Play::Reset],
            CutBody => vec![say(length), Play::Close],
            CutChunk => vec![say(chunked), Play::Close],
            SilenceUnrun | SilenceAfterRunning => vec![Play::Stall],
            Refused429 => vec![kept("429 Too Many Requests", &[], "Rate Limit Exceeded")],
            Refused403 => vec![kept("403 Forbidden", &[], "(Rate Limit Exceeded)")],
            DeadToken => vec![kept("401 Unauthorized", &[challenge], "{}")],
            Invalid => vec![kept("422 Unprocessable Content", &[], "{}")],
            Failed500 => vec![kept("500 Internal Server Error", &[], "<html>")],
            Busy503 => vec![kept("503 Service Unavailable", &[], "<html>")],
            WebPage => vec![kept("200 OK", &[], "<html><title>Log in</title>")],
            Garbage => vec![say("\u{1}\u{2}\r\n\r\n"), Play::Close],
            TooLarge => vec![kept("200 OK", &[], &" ".repeat(MAX_BODY + 1)), Play::Close],
        }
    }
}

/// What the server knows of a call.
#[derive(Debug, Default, Clone, Copy)]
struct Entry {
    ran: u32,
    /// How often it was told that nothing was done.
    refused: u32,
    heard: u32,
}

#[derive(Default)]
struct Books {
    calls: Mutex<HashMap<u64, Entry>>,
    faults: Mutex<BTreeMap<Fault, usize>>,
    slammed: AtomicUsize,
}

impl Books {
    fn react(&self, request: &str) -> Vec<Play> {
        let number = number(request);
        let fault = FAULTS.get(fastrand::usize(..100)).copied();
        let mut calls = self.calls.lock().unwrap();
        let entry = calls.entry(number).or_default();
        entry.heard += 1;
        entry.ran += u32::from(fault.is_none_or(Fault::runs));
        entry.refused += u32::from(fault.is_some_and(Fault::is_refusal));
        drop(calls);
        match fault {
            Some(fault) => {
                *self.faults.lock().unwrap().entry(fault).or_default() += 1;
                fault.plays()
            }
            None => vec![kept("200 OK", &[], &format!("{{\"id\":{number}}}"))],
        }
    }

    /// One of twenty connections is reset before anything is heard on it.
    fn slams(&self) -> bool {
        let slams = fastrand::usize(..20) == 0;
        self.slammed.fetch_add(usize::from(slams), Ordering::SeqCst);
        slams
    }
}

/// The number of the call that a request is of: in the name of a new group, or in the path.
fn number(request: &str) -> u64 {
    let name = request.split_once("{\"name\":\"new-");
    let digits = match name {
        Some((_, name)) => name.split('"').next(),
        None => request
            .split(' ')
            .nth(1)
            .and_then(|path| path.rsplit('/').next()),
    };
    digits.unwrap().parse().unwrap()
}

/// Credentials that are as good again as soon as they are refused.
#[derive(Debug)]
struct Renewing;

impl Credentials for Renewing {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async { Authorization::bearer(TOKEN) })
    }

    fn refused<'a>(&'a self, _: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(true) })
    }
}

fn canvas(url: &str) -> Canvas {
    Canvas::builder(url)
        .credentials(Renewing)
        .attempt_timeout(Duration::from_secs(2))
        .deadline(Duration::from_secs(30))
        .max_in_flight(TASKS)
        .max_body(MAX_BODY)
        .retry(
            RetryPolicy::default()
                .base_delay(Duration::from_millis(1))
                .max_delay(Duration::from_millis(8)),
        )
        .build()
        .unwrap()
}

async fn call(canvas: &Canvas, number: u64) -> Result<()> {
    let id = GroupId::new(number);
    let found = match number % 4 {
        0 => canvas.send(GetGroup::new(id)).await?.id,
        1 => canvas.send(UpdateGroup::new(id).name("x")).await?.id,
        2 => return canvas.send(DeleteGroup::new(id)).await.map(drop),
        _ => {
            let name = format!("new-{number}");
            canvas.send(CreateGroup::new().name(name)).await?.id
        }
    };
    assert_eq!(found, id, "the answer of another call");
    Ok(())
}

/// Makes the calls with these numbers, 64 at a time; gives back what became of each.
async fn make(canvas: &Canvas, numbers: std::ops::Range<u64>) -> Vec<(u64, Option<Error>)> {
    let next = Arc::new(Mutex::new(numbers));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (canvas, next) = (canvas.clone(), next.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            loop {
                let Some(number) = next.lock().unwrap().next() else {
                    return outcomes;
                };
                outcomes.push((number, call(&canvas, number).await.err()));
            }
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// Checks what was reported of a call against what the server knows of it.
fn check(number: u64, error: Option<&Error>, entry: Entry) {
    let case = || format!("call {number}: {entry:?}, {error:?}");
    let is_write = !number.is_multiple_of(4);
    if number % 4 == 3 {
        assert!(entry.ran <= 1, "a POST ran twice, {}", case());
    }
    match error {
        None => assert!(entry.ran >= 1, "{}", case()),
        Some(error) => {
            // Whatever attempt was not refused in so many words may have run. Of one that the server
            // never heard, the client may know as much, or not: then it must fear the worst.
            let unknown = error.outcome_unknown();
            let may_have_run = is_write && entry.heard > entry.refused;
            assert!(unknown || !may_have_run, "{}", case());
            if error.attempts() == entry.heard {
                assert_eq!(unknown, may_have_run, "{}", case());
            }
            assert!(is_write || !unknown, "{}", case());
            assert!(!is_write || entry.ran == 0 || unknown, "{}", case());
            assert!(error.attempts() >= entry.heard, "{}", case());
        }
    }
}

/// How much memory is in use, and how many files are open, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

fn runtime(threads: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(threads)
        .enable_all()
        .build()
        .unwrap()
}

/// Waits until it holds.
async fn soon(what: &str, holds: impl Fn() -> bool + Send + Sync) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = timeout(Duration::from_secs(10), waiting).await;
    assert!(waited.is_ok(), "{what}");
}

#[test]
fn every_call_is_accounted_for_and_nothing_is_left_behind() {
    let count = std::env::var("CANVAS_GROUPS_SOAK").map_or(2_000, |count| {
        count
            .parse::<u64>()
            .expect("CANVAS_GROUPS_SOAK is a number")
    });
    let books = Arc::<Books>::default();
    let server = runtime(1);
    let host = server.block_on({
        let (books, slamming) = (books.clone(), books.clone());
        Host::start_as(
            |_| move |request: &str| books.react(request),
            move |_| slamming.slams(),
        )
    });
    let clients = runtime(4);
    let files = clients.block_on(async { open_files() });

    let warm_up = count / 10;
    let limit = Duration::from_secs(60) + Duration::from_millis(20) * count as u32;
    let started = Instant::now();
    let (outcomes, before, after) = clients.block_on(async {
        let canvas = canvas(&host.address());
        let all = async {
            let mut outcomes = make(&canvas, 1..warm_up).await;
            let before = resident();
            outcomes.extend(make(&canvas, warm_up..count + 1).await);
            (outcomes, before, resident())
        };
        let done = timeout(limit, all).await.expect("all calls end in time");
        soon("more connections than calls", || host.open() <= TASKS).await;
        done
    });
    let took = started.elapsed();

    assert_eq!(outcomes.len() as u64, count);
    let calls = books.calls.lock().unwrap().clone();
    let mut errors = BTreeMap::<String, usize>::new();
    let mut unknown = 0;
    for (number, error) in &outcomes {
        let entry = calls.get(number).copied().unwrap_or_default();
        check(*number, error.as_ref(), entry);
        if let Some(error) = error {
            assert_ne!(error.kind(), ErrorKind::Pagination);
            *errors.entry(format!("{:?}", error.kind())).or_default() += 1;
            unknown += usize::from(error.outcome_unknown());
        }
    }

    // The client is gone: so are its tasks and its connections.
    clients.block_on(async {
        let metrics = tokio::runtime::Handle::current().metrics();
        soon("tasks are left", || metrics.num_alive_tasks() == 0).await;
        soon("connections are left", || host.open() == 0).await;
        soon("files are left open", || open_files() <= files).await;
    });
    if let (Some(before), Some(after)) = (before, after) {
        // What the books of this test take up is its own matter.
        let most = 16 * 1024 + count / 2;
        assert!(
            after < before + most,
            "{before} KiB before, {after} KiB after"
        );
    }

    let heard: u64 = calls.values().map(|entry| u64::from(entry.heard)).sum();
    let faults = books.faults.lock().unwrap();
    println!(
        "{count} calls in {took:.1?}; {heard} requests heard, {} connections, {} of them slammed",
        host.accepted(),
        books.slammed.load(Ordering::SeqCst)
    );
    println!("{} faults: {faults:?}", faults.values().sum::<usize>());
    println!(
        "{} errors, {unknown} with an unknown outcome: {errors:?}",
        errors.values().sum::<usize>()
    );
    println!("memory: {before:?} KiB before, {after:?} KiB after");
    assert!(count < 2_000 || faults.len() == FAULTS.len(), "{faults:?}");
}

//! This crate beside loops written by hand on reqwest and serde, in one run. Prints ratios.
//!
//! `cargo bench --bench side_by_side` runs all; names as arguments run some. What runs in a child
//! process, so that its memory or its quota is its own, is this program again.

mod logins;
#[cfg(feature = "http2")]
mod protocols;
mod server;

use std::{
    fs,
    process::{Command, Stdio},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use canvas_groups::{
    Canvas, CategoryId, GroupId,
    groups::{CreateCategoryGroup, GetGroup, Group, ListGroupUsers},
    users::User,
};
use futures::{StreamExt, stream};
use server::{Bucket, Play};

const GROUP: GroupId = GroupId::new(1);

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["child-users", url] => return child_users(url),
        ["child-writes", url, name, count] => {
            return child_writes(url, name, count.parse().unwrap());
        }
        ["only", work, whose, url] => return only(work, whose, url),
        ["serve", users] => return serve(users.parse().unwrap()),
        _ => {}
    }
    let wanted = |name: &str| words.is_empty() || words.contains(&name);
    println!("| work | ours | by hand | ratio |\n|---|---|---|---|");
    if wanted("users") {
        users_without_wait();
    }
    if wanted("parallel") {
        users_in_parallel();
    }
    if wanted("small") {
        small_answers();
    }
    if wanted("logins") {
        logins::run();
    }
    #[cfg(feature = "http2")]
    if wanted("protocols") {
        protocols::run();
    }
    if wanted("memory") {
        memory();
    }
    if wanted("writes") {
        writes();
    }
}

/// Runs a future on a runtime of this thread alone; gives its CPU and wall time.
fn timed(work: impl Future<Output = ()>) -> (Duration, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (cpu, wall) = (thread_cpu(), Instant::now());
    runtime.block_on(work);
    (thread_cpu() - cpu, wall.elapsed())
}

/// The CPU time of this thread, from the kernel's accounts.
fn thread_cpu() -> Duration {
    let accounts = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux keeps accounts");
    Duration::from_nanos(accounts.split(' ').next().unwrap().parse().unwrap())
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    values[values.len() / 2]
}

/// Runs both sides in turn, and prints their medians and the ratio of these.
fn compare(name: &str, rounds: usize, ours: impl Fn() -> Duration, by_hand: impl Fn() -> Duration) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        left.push(ours());
        right.push(by_hand());
    }
    let (left, right) = (median(left), median(right));
    let ratio = left.as_secs_f64() / right.as_secs_f64();
    println!(
        "| {name} | {:.1} ms | {:.1} ms | {ratio:.2} |",
        ms(left),
        ms(right)
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn canvas(url: &str) -> Canvas {
    Canvas::new(url, "token").unwrap()
}

async fn our_users(url: &str, width: usize, expected: usize) {
    let mut users = canvas(url)
        .stream(ListGroupUsers::new(GROUP))
        .concurrency(width);
    let mut count = 0;
    while let Some(user) = users.try_next().await.unwrap() {
        count += usize::from(!user.name.is_empty());
    }
    assert_eq!(count, expected);
}

/// The loop that people write: get, read the header, go on.
async fn users_by_hand(url: &str, expected: usize) {
    let client = reqwest::Client::new();
    let mut next = Some(format!("{url}/api/v1/groups/1/users?per_page=100"));
    let mut count = 0;
    while let Some(url) = next {
        let response = client.get(url).bearer_auth("token").send().await.unwrap();
        let links = response.headers()["link"].to_str().unwrap();
        next = links
            .split(',')
            .find(|link| link.contains("rel=\"next\""))
            .map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        let users: Vec<User> = response.json().await.unwrap();
        count += users.iter().filter(|user| !user.name.is_empty()).count();
    }
    assert_eq!(count, expected);
}

/// The loop for the impatient, who knows that there are so many pages.
async fn users_by_hand_in_parallel(url: &str, expected: usize) {
    let client = reqwest::Client::new();
    let pages = stream::iter(1..=expected.div_ceil(100)).map(|page| {
        let request = client.get(format!(
            "{url}/api/v1/groups/1/users?per_page=100&page={page}"
        ));
        async move {
            let response = request.bearer_auth("token").send().await.unwrap();
            response.json::<Vec<User>>().await.unwrap()
        }
    });
    let count = pages
        .buffered(8)
        .fold(0, async |sum, page| sum + page.len())
        .await;
    assert_eq!(count, expected);
}

fn users_without_wait() {
    let total = 10_000;
    let url = server::start(Arc::new(Play::Users {
        total,
        wait: Duration::ZERO,
    }));
    compare(
        "10,000 users, page by page, no wait: CPU",
        15,
        || timed(our_users(&url, 1, total)).0,
        || timed(users_by_hand(&url, total)).0,
    );
}

fn users_in_parallel() {
    let total = 10_000;
    let url = server::start(Arc::new(Play::Users {
        total,
        wait: Duration::from_millis(50),
    }));
    compare(
        "10,000 users at 50 ms a page: wall, both 8 wide",
        7,
        || timed(our_users(&url, 8, total)).1,
        || timed(users_by_hand_in_parallel(&url, total)).1,
    );
    compare(
        "the same: ours 8 wide, by hand one page at a time",
        1,
        || timed(our_users(&url, 8, total)).1,
        || timed(users_by_hand(&url, total)).1,
    );
}

async fn our_groups(url: &str, times: usize) {
    let canvas = canvas(url);
    for _ in 0..times {
        assert_eq!(
            canvas.send(GetGroup::new(GROUP)).await.unwrap().id.get(),
            17
        );
    }
}

async fn groups_by_hand(url: &str, times: usize) {
    let client = reqwest::Client::new();
    for _ in 0..times {
        let request = client
            .get(format!("{url}/api/v1/groups/1"))
            .bearer_auth("token");
        let group: Group = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(group.id.get(), 17);
    }
}

fn small_answers() {
    let url = server::start(Arc::new(Play::Group));
    compare(
        "one small group, 2,000 times: CPU",
        9,
        || timed(our_groups(&url, 2_000)).0,
        || timed(groups_by_hand(&url, 2_000)).0,
    );
}

/// A server alone, for a profiler of the other side.
fn serve(users: usize) {
    let play = match users {
        0 => Play::Group,
        total => Play::Users {
            total,
            wait: Duration::ZERO,
        },
    };
    println!("{}", server::start(Arc::new(play)));
    std::thread::sleep(Duration::from_secs(600));
}

/// One side alone, for a profiler: 10,000 users, or one small group 2,000 times.
fn only(work: &str, whose: &str, url: &str) {
    timed(async {
        match (work, whose) {
            ("users", "ours") => our_users(url, 1, 10_000).await,
            ("users", _) => users_by_hand(url, 10_000).await,
            (_, "ours") => our_groups(url, 2_000).await,
            _ => groups_by_hand(url, 2_000).await,
        }
    });
}

fn child(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(words).stdout(Stdio::piped());
    command
}

fn peak_kib(total: usize) -> u64 {
    let url = server::start(Arc::new(Play::Users {
        total,
        wait: Duration::ZERO,
    }));
    let output = child(&["child-users", &url]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// Streams all users and prints the most memory that this process ever had, in KiB.
fn child_users(url: &str) {
    timed(async {
        let mut users = canvas(url).stream(ListGroupUsers::new(GROUP));
        while users.try_next().await.unwrap().is_some() {}
    });
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    println!("{}", peak.split_whitespace().nth(1).unwrap());
}

fn memory() {
    let (small, large) = (peak_kib(10_000), peak_kib(1_000_000));
    let mib = |kib: u64| kib as f64 / 1024.0;
    println!(
        "| peak memory of 1,000,000 users streamed, beside that of 10,000 | {:.1} MiB | {:.1} MiB | {:+.1} MiB |",
        mib(large),
        mib(small),
        mib(large) - mib(small)
    );
}

/// Creates so many groups, all started at once.
fn child_writes(url: &str, name: &str, count: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let done = runtime.block_on(async {
        let canvas = canvas(url);
        let calls = (0..count).map(|number| {
            let request =
                CreateCategoryGroup::new(CategoryId::new(4)).name(format!("{name} {number}"));
            tokio::spawn(canvas.send(request))
        });
        let calls: Vec<_> = calls.collect();
        let mut done = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(_) => done += 1,
                Err(error) => eprintln!("{error}"),
            }
        }
        done
    });
    println!("{done}");
}

/// 2,000 writes through the leaky bucket: what became of them, and in what time.
fn writes() {
    println!(
        "\n| 2,000 writes | done | refused | lost | doubled | share of the outflow |\n|---|---|---|---|---|---|"
    );
    for (clients, mark, cost) in [(1, 600.0, 0.75), (1, 700.0, 0.75), (2, 600.0, 0.75)] {
        let bucket = Bucket::new(mark, cost, Duration::from_millis(60));
        let play = Arc::new(Play::Bucket(bucket));
        let url = server::start(play.clone());
        let started = Instant::now();
        let count = (2_000 / clients).to_string();
        let children = (0..clients).map(|client| {
            let name = format!("client {client}");
            child(&["child-writes", &url, &name, &count])
                .spawn()
                .unwrap()
        });
        let children: Vec<_> = children.collect();
        let done: usize = children
            .into_iter()
            .map(|child| {
                let output = child.wait_with_output().unwrap();
                String::from_utf8(output.stdout)
                    .unwrap()
                    .trim()
                    .parse::<usize>()
                    .unwrap()
            })
            .sum();
        let seconds = started.elapsed().as_secs_f64();
        let Play::Bucket(bucket) = &*play else {
            unreachable!()
        };
        let ran = bucket.ran.lock().unwrap();
        let doubled: u32 = ran.values().map(|times| times - 1).sum();
        let lost = 2_000 - done;
        let refused = bucket.refused.load(Ordering::Relaxed);
        // The bucket is empty at first: it lets its mark through at once, then what leaks away.
        let least = (2_000.0 * cost - mark) / 10.0;
        println!(
            "| {clients} client(s), mark {mark}, cost {cost} | {done} | {refused} | {lost} | {doubled} | {:.2} ({seconds:.0} s) |",
            least / seconds
        );
        assert_eq!(ran.len(), done);
    }
}

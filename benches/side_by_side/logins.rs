//! What another login costs: a client that is derived from one, beside one that is built anew.

use std::{fs, hint::black_box, time::Instant};

use canvas_groups::Canvas;

const URL: &str = "https://school.instructure.com";

pub(crate) fn run() {
    const BUILT: u32 = 200;
    const DERIVED: u32 = 20_000;
    let school = Canvas::new(URL, "token").unwrap();
    // First, as what others leave behind would be used again and not be seen.
    let (us, kib) = cost(DERIVED, |number| school.with_token(token(number)).unwrap());
    let (built_us, built_kib) = cost(BUILT, |number| Canvas::new(URL, token(number)).unwrap());
    println!(
        "| another login, time: derived, beside built anew | {us:.1} µs | {built_us:.0} µs | {:.4} |",
        us / built_us
    );
    println!(
        "| another login, memory: derived, beside built anew | {kib:.2} KiB | {built_kib:.1} KiB | {:.4} |",
        kib / built_kib
    );
    assert!(
        us < 50.0 && kib < 4.0,
        "a login costs {us} µs and {kib} KiB"
    );
}

fn token(number: u32) -> String {
    format!("7~token-of-login-{number:052}")
}

/// Microseconds and KiB of memory for each of so many clients, all kept.
fn cost(count: u32, make: impl Fn(u32) -> Canvas) -> (f64, f64) {
    black_box(make(0));
    let mut kept = Vec::with_capacity(count as usize);
    let (before, started) = (resident_kib(), Instant::now());
    kept.extend((0..count).map(make));
    let time = started.elapsed();
    let memory = resident_kib() - before;
    drop(black_box(kept));
    let count = f64::from(count);
    (time.as_secs_f64() * 1e6 / count, memory / count)
}

fn resident_kib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

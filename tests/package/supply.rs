//! What others could slip in.

use std::{fs, path::Path};

#[test]
fn every_action_is_named_by_the_hash_of_its_commit() {
    let workflows = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    // They are no part of the package.
    let Ok(files) = fs::read_dir(workflows) else {
        assert!(!Path::new(env!("CARGO_MANIFEST_DIR")).join("fake").exists());
        return;
    };
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let (_, hash) = line.split_once('@').unwrap_or_default();
            let hash = hash.split_whitespace().next().unwrap_or_default();
            let is_hash = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_hash, "{line}");
            count += 1;
        }
    }
    assert!(count > 0);
}

/// The lowest version of a dependency that a program can be built with. A packed manifest has a table
/// for each.
fn floor(manifest: &str, name: &str) -> Vec<u32> {
    let short = format!("{name} = \"");
    let long = format!("{name} = {{ version = \"");
    let table = format!("[dependencies.{name}]\nversion = \"");
    let found = [long, table, short]
        .iter()
        .find_map(|before| manifest.split(&format!("\n{before}")).nth(1));
    let version = found.unwrap_or_else(|| panic!("no floor of {name}"));
    let version = version.split('"').next().unwrap();
    version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect()
}

#[test]
fn a_program_cannot_be_built_with_what_has_a_known_weakness() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap().replace("\r\n", "\n");
    for (name, good, advisory) in [
        ("bytes", [1, 11, 1], "RUSTSEC-2026-0007"),
        ("rustls", [0, 23, 5], "RUSTSEC-2024-0336"),
        ("rustls", [0, 23, 18], "RUSTSEC-2024-0399"),
        ("tokio", [1, 44, 2], "RUSTSEC-2025-0023"),
        // The first that needs an `idna` without it.
        ("url", [2, 5, 4], "RUSTSEC-2024-0421"),
    ] {
        let floor = floor(&manifest, name);
        assert!(floor >= good.to_vec(), "{advisory}: {name} {floor:?}");
    }
    // Whichever way rustls comes in.
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let features = features.split("\n[").next().unwrap();
    for feature in features.split("\n\n").flat_map(|part| part.split("\n##")) {
        if feature.contains("\"reqwest/rustls") {
            assert!(feature.contains("\"dep:rustls\""), "{feature}");
        }
    }
}

#[test]
fn weaknesses_are_looked_for_every_day() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(workflow) = fs::read_to_string(root.join(".github/workflows/ci.yml")) else {
        assert!(!root.join("fake").exists());
        return;
    };
    // Minute and hour alone are fixed: once a day.
    let schedule = workflow.lines().find_map(|line| {
        let (_, times) = line.split_once("cron: \"")?;
        times.strip_suffix('"')
    });
    let fields: Vec<_> = schedule.unwrap().split(' ').collect();
    assert_eq!(fields[2..], ["*", "*", "*"], "{fields:?}");
    let (_, job) = workflow.split_once("\n  advisories:\n").unwrap();
    let job = job.split("\n  checks:").next().unwrap();
    assert!(job.contains("bash .ci/advisories") && !job.contains("if:"));
    let script = fs::read_to_string(root.join(".ci/advisories")).unwrap();
    let check = script.lines().find(|line| line.contains("cargo deny"));
    assert!(check.unwrap().ends_with(" advisories"), "{check:?}");
}

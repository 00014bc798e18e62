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

#[test]
fn a_program_cannot_be_built_with_what_has_a_known_weakness() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let floor = manifest
        .lines()
        .find_map(|line| line.strip_prefix("bytes = "));
    // Where it is packed, the line is that of a table.
    if let Some(floor) = floor.filter(|line| line.starts_with('"')) {
        let floor: Vec<u32> = floor
            .trim_matches('"')
            .split('.')
            .map(|part| part.parse().unwrap())
            .collect();
        assert!(floor >= vec![1, 11, 1], "RUSTSEC-2026-0007: {floor:?}");
    } else {
        assert!(manifest.contains("[dependencies.bytes]"));
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

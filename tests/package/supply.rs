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

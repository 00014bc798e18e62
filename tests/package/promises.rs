//! The promises of SECURITY.md, held against the tests that are to break them.

use std::{collections::BTreeSet, fs, path::Path};

/// Sections all of whose points are promises.
const SECTIONS: [&str; 3] = ["Logins", "Uploads", "Limits"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    let text = fs::read_to_string(root().join(name)).unwrap();
    text.replace("\r\n", "\n")
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each promise with its tests.
fn rows() -> Vec<(String, Vec<String>)> {
    let readme = read("tests/README.md");
    let (_, table) = readme.split_once("## What SECURITY.md promises").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| "));
    let rows = rows.filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | "));
    let rows = rows.filter(|(promise, _)| *promise != "promise");
    rows.map(|(promise, tests)| {
        let tests = tests
            .split(", ")
            .map(|test| test.trim_matches('`').to_owned());
        (promise.to_owned(), tests.collect())
    })
    .collect()
}

/// All functions in a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let after = text.split("fn ").skip(1);
            found.extend(after.filter_map(|it| Some(it.split_once('(')?.0.to_owned())));
        }
    }
}

#[test]
fn every_promise_of_the_table_is_in_security_md_and_has_its_tests() {
    let security = flat(&read("SECURITY.md"));
    let mut known = BTreeSet::new();
    functions(&root().join("tests"), &mut known);
    functions(&root().join("src"), &mut known);
    // What needs the fakes is no part of the package.
    let is_packed = !root().join("fake").exists();
    let rows = rows();
    assert!(rows.len() > 40, "{}", rows.len());
    for (promise, tests) in rows {
        assert!(security.contains(&promise), "not in SECURITY.md: {promise}");
        assert!(!tests.is_empty(), "{promise}");
        for test in tests {
            let is_left_out = is_packed && test.contains("behind_a_relay");
            assert!(known.contains(&test) || is_left_out, "no test {test}");
        }
    }
}

#[test]
fn every_point_of_what_is_promised_has_a_test() {
    let security = read("SECURITY.md");
    let promises: Vec<_> = rows().into_iter().map(|(promise, _)| promise).collect();
    for section in SECTIONS {
        let (_, text) = security.split_once(&format!("## {section}\n")).unwrap();
        let text = text.split("\n## ").next().unwrap();
        let points: Vec<_> = text.split("\n* ").skip(1).map(flat).collect();
        assert!(!points.is_empty());
        for point in points {
            let is_tested = promises
                .iter()
                .any(|promise| point.contains(promise.as_str()));
            assert!(is_tested, "{section}: {point}");
        }
    }
}

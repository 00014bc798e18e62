//! The list of all routes against the snapshots: no route without a request, none with another's.

use std::{collections::BTreeSet, fs, path::Path};

pub(super) struct Row {
    pub(super) service: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) request: String,
    pub(super) list: String,
}

pub(super) fn rows() -> Vec<Row> {
    let table = include_str!("../../fixtures/routes.tsv");
    let rows = table.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [service, method, path, request, _, list, _] = cells[..] else {
            panic!("7 cells: {line}");
        };
        Row {
            service: service.into(),
            method: method.into(),
            path: path.into(),
            request: request.split(' ').next().unwrap().into(),
            list: list.into(),
        }
    });
    rows.collect()
}

fn snapshots() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requests/snapshots");
    let files = fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| Some(name.strip_suffix(".snap")?.to_owned()))
        .collect()
}

/// The request lines, routes and answers in a snapshot.
pub(super) fn variants(request: &str) -> Vec<(String, String, String)> {
    let text = snapshot_of(request);
    let lines = || text.lines().filter(|line| !line.is_empty());
    let sent = lines().filter(|line| {
        ["GET ", "POST ", "PUT ", "DELETE "]
            .iter()
            .any(|method| line.starts_with(method))
    });
    let known =
        lines().filter_map(|line| line.strip_prefix("route ")?.split_once(", answers with "));
    sent.zip(known)
        .map(|(sent, (route, answer))| (sent.into(), route.into(), answer.into()))
        .collect()
}

fn snapshot_of(request: &str) -> String {
    let file = format!(
        "tests/requests/snapshots/{}.snap",
        request.replace("::", "_")
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(file).unwrap() + "\n"
}

/// Whether a path has the form of a template, in which some segments are keys.
fn fits(path: &str, template: &str, is_key: impl Fn(&str) -> bool) -> bool {
    let (path, template): (Vec<_>, Vec<_>) =
        (path.split('/').collect(), template.split('/').collect());
    path.len() == template.len()
        && path
            .iter()
            .zip(template)
            .all(|(have, want)| is_key(want) || *have == want)
}

#[test]
fn every_route_has_a_request_with_a_snapshot() {
    let snapshots = snapshots();
    let expected: BTreeSet<_> = rows()
        .iter()
        .map(|row| row.request.replace("::", "_"))
        .collect();
    let missing: Vec<_> = expected.difference(&snapshots).collect();
    assert!(missing.is_empty(), "routes without a snapshot: {missing:?}");
    let strays: Vec<_> = snapshots.difference(&expected).collect();
    assert!(strays.is_empty(), "snapshots without a route: {strays:?}");
}

#[test]
fn the_lists_that_always_have_links_are_those_of_the_table() {
    for row in rows() {
        let is_linked = ["numeric", "bookmark", "uncounted"].contains(&&*row.list);
        let variants = variants(&row.request).len();
        let told = snapshot_of(&row.request)
            .matches("\neach page has links\n")
            .count();
        assert_eq!(
            told,
            if is_linked { variants } else { 0 },
            "{}",
            row.request
        );
    }
}

#[test]
fn every_snapshot_sends_what_its_route_says() {
    for row in rows() {
        let variants = variants(&row.request);
        assert!(!variants.is_empty(), "{}", row.request);
        for (sent, route, answer) in variants {
            let (method, target) = sent.split_once(' ').unwrap();
            let path = target.split('?').next().unwrap();
            assert_eq!(method, row.method, "{}", row.request);
            let is_key = |segment: &str| segment.starts_with(':');
            assert!(
                fits(path, &row.path, is_key),
                "{}: {path} for {}",
                row.request,
                row.path
            );
            let is_braced = |segment: &str| segment.starts_with('{');
            assert!(
                fits(path, &route, is_braced),
                "{}: {path} for {route}",
                row.request
            );
            assert_eq!(
                answer.starts_with("Page<"),
                !row.list.is_empty(),
                "{}: {answer}",
                row.request
            );
        }
    }
}

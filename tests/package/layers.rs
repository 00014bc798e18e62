//! The modules of the crate are layered: what a file imports is below it or beside it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::imports::{File, Names, home};

/// The layers, from the bottom up. A module may import what is below it or beside it.
const LAYERS: &[&[&str]] = &[
    &["error", "lenient", "made_of", "multipart"],
    &["credentials", "ids", "outgoing"],
    &["transport"],
    &["endpoint", "open_enum", "request"],
    &["page"],
    &["client"],
    &[
        "activity",
        "auth",
        "categories",
        "courses",
        "csv",
        "enrollments",
        "files",
        "groups",
        "guide",
        "lor",
        "memberships",
        "progress",
        "sections",
        "studio",
        "tags",
        "users",
    ],
    &["blocking", "roster"],
];

/// Modules that may import each other, because the records of the API show each other: a group its
/// category, a category its groups and the job that fills them; an enrollment its user, a user the
/// enrollments.
const CIRCLES: &[&[&str]] = &[
    &["categories", "groups", "progress"],
    &["enrollments", "users"],
];

#[test]
fn every_import_points_down_and_none_goes_in_a_circle() {
    let mut sources = Vec::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &Vec::new(),
        &mut sources,
    );
    assert!(sources.len() > 50, "the sources are elsewhere");
    let complaints = complaints(&sources);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn an_import_that_points_up_is_found_however_it_is_written() {
    for (module, source) in [
        ("error", "use crate::client::Client;"),
        ("error", "use crate::{lenient::text, client};"),
        ("error", "use crate::Client as Other;"),
        ("error", "fn f(_: crate::Client) {}"),
        (
            "error",
            "macro_rules! m { () => { $crate::Client::new() }; }",
        ),
        ("error::body", "use super::super::client::Client;"),
        (
            "error::body",
            "mod inner { use super::super::super::Client; }",
        ),
        ("transport::call", "use crate::page::Page;"),
        ("page", "fn f() { let _ = [0; { crate::client::SIZE }]; }"),
    ] {
        let found = complaints(&[
            (path(""), "mod client; pub use client::Client;".into()),
            (path("client"), "pub struct Client;".into()),
            (path("lenient"), String::new()),
            (path("page"), String::new()),
            (path("error"), String::new()),
            (path("transport"), String::new()),
            (path(module), source.into()),
        ]);
        assert_eq!(found.len(), 1, "{module}: {source}: {found:?}");
        assert!(found[0].contains("points up"), "{found:?}");
    }
}

#[test]
fn imports_that_point_down_stay_inside_or_serve_tests_are_fine() {
    let found = complaints(&[
        (path(""), "pub use error::Error; pub use ids::*;".into()),
        (
            path("error"),
            "//! See [`crate::client::Client`].\nmod body; use body::Body;".into(),
        ),
        (
            path("error::body"),
            "use super::{Error, kind}; const A: &str = \"crate::client\";".into(),
        ),
        (
            path("error::kind"),
            "#[cfg(test)] mod tests { use crate::client::Client; }".into(),
        ),
        (
            path("ids"),
            "use crate::{Error, error::Error as Other}; ids! { GroupId; }".into(),
        ),
        (
            path("client"),
            "use crate::GroupId; #[cfg(test)] use crate::tags::Tag;".into(),
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_circle_is_found_between_modules_and_between_the_files_of_one() {
    let pair = |one: &str, other: &str| {
        let (use_one, use_other) = (format!("use crate::{one};"), format!("use crate::{other};"));
        let mut sources = vec![(path(one), use_other), (path(other), use_one)];
        sources
            .extend(["", "ids", "transport", "transport::b"].map(|it| (path(it), String::new())));
        complaints(&sources)
    };
    assert_eq!(pair("lor", "studio"), ["a circle: lor, studio"]);
    assert_eq!(
        pair("transport::a", "transport::b::c"),
        ["a circle: transport::a, transport::b"]
    );
    assert_eq!(pair("groups", "categories"), [""; 0]);
}

#[test]
fn a_module_without_a_layer_and_a_name_without_a_home_are_found() {
    let found = complaints(&[
        (path(""), String::new()),
        (path("attic"), String::new()),
        (path("ids"), "use crate::Nowhere;".into()),
    ]);
    assert_eq!(
        found,
        [
            "attic has no layer: put it into `LAYERS`",
            "ids: crate::Nowhere is not in any module",
        ]
    );
}

fn path(text: &str) -> Names {
    text.split("::")
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Reads the sources below a folder, each with the path of its module.
fn read(folder: &Path, module: &Names, sources: &mut Vec<(Names, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let mut module = module.clone();
        if stem != "lib" {
            module.push(stem.to_owned());
        }
        if file.is_dir() {
            read(&file, &module, sources);
        } else if file.extension().is_some_and(|it| it == "rs") {
            sources.push((module, fs::read_to_string(&file).unwrap()));
        }
    }
}

/// What is wrong with the imports of a crate.
fn complaints(sources: &[(Names, String)]) -> Vec<String> {
    let modules = sources.iter().map(|(module, _)| module.clone()).collect();
    let mut files = BTreeMap::new();
    for (module, source) in sources {
        let mut file = File::default();
        file.scan(source.parse().unwrap(), module, &modules);
        files.insert(module.clone(), file);
    }
    let tests: BTreeSet<Names> = files.values().flat_map(|file| file.tests.clone()).collect();
    files.retain(|module, _| !tests.contains(module));

    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let top = files.keys().filter(|module| module.len() == 1);
    let mut found: Vec<_> = top
        .filter(|module| layer(&module[0]).is_none())
        .map(|module| format!("{} has no layer: put it into `LAYERS`", module[0]))
        .collect();
    let mut neighbours: BTreeMap<Names, BTreeSet<Names>> = BTreeMap::new();
    for (module, file) in &files {
        for used in &file.used {
            let import = format!("{}: crate::{}", module.join("::"), used.join("::"));
            let Some(home) = home(&files, used) else {
                found.push(format!("{import} is not in any module"));
                continue;
            };
            // Where the two paths part, one module stands beside the other. A module and what is
            // inside it are one.
            let shared = module
                .iter()
                .zip(&home)
                .take_while(|(one, other)| one == other)
                .count();
            if shared == module.len() || shared == home.len() {
                continue;
            }
            let layers = (layer(&module[0]), layer(&home[0]));
            if matches!(layers, (Some(from), Some(to)) if from < to) {
                found.push(format!("{import} points up"));
            } else {
                let (from, to) = (module[..=shared].to_vec(), home[..=shared].to_vec());
                neighbours.entry(from).or_default().insert(to);
            }
        }
    }
    found.extend(circles(&neighbours));
    found
}

/// The sets of modules each of which leads to all others of its set.
fn circles(neighbours: &BTreeMap<Names, BTreeSet<Names>>) -> BTreeSet<String> {
    let reached = |from: &Names| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.clone()];
        while let Some(module) = next.pop() {
            let new = neighbours.get(&module).into_iter().flatten();
            next.extend(new.filter(|it| seen.insert((*it).clone())).cloned());
        }
        seen
    };
    let circle = |from: &Names| {
        let ahead = reached(from).into_iter();
        let names: Vec<_> = ahead
            .filter(|it| reached(it).contains(from))
            .map(|it| it.join("::"))
            .collect();
        let is_allowed = CIRCLES
            .iter()
            .any(|circle| names.iter().all(|name| circle.contains(&name.as_str())));
        (!is_allowed).then(|| format!("a circle: {}", names.join(", ")))
    };
    neighbours.keys().filter_map(circle).collect()
}

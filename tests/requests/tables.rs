//! The tables of routes and requests in the docs, held against the list of all routes.

use std::{env, fmt::Write, fs, path::Path};

use super::routes::{Row, rows, variants};

/// The modules with requests for Canvas. Those for the other services name theirs.
const MODULES: [&str; 12] = [
    "groups",
    "memberships",
    "categories",
    "tags",
    "csv",
    "files",
    "activity",
    "progress",
    "courses",
    "sections",
    "users",
    "enrollments",
];

const TITLES: [(&str, &str); 3] = [
    ("canvas", "Canvas LMS"),
    ("lor", "Commons"),
    ("studio", "Studio"),
];

const HEAD: &str = "\
Every route with its request.

Paths are those below the root of the API: `/api/v1/` of Canvas, `/api/` of Commons,
`/api/public/v1/` of Studio. A request is in the module that stands before it. A `Page` is one page
of a list, and [`stream`](crate::Client::stream) gives all of it; where its pages are counted, they
are fetched [side by side](crate::guide::lists).
";

#[test]
fn the_table_of_routes_in_the_guide_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/routes.md");
    let wanted = chapter();
    if env::var_os("CANVAS_GROUPS_BLESS").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found.replace("\r\n", "\n") == wanted,
        "src/guide/routes.md is stale: `CANVAS_GROUPS_BLESS=1 cargo test --test requests` writes it anew"
    );
}

#[test]
fn every_request_is_in_the_table_of_its_module() {
    for row in rows() {
        let (module, name) = home(&row.request);
        let head = &sources(module)[0];
        let docs = head.lines().filter_map(|line| line.strip_prefix("//!"));
        let rows = docs.filter(|line| line.starts_with(" | "));
        let link = format!("[`{name}`]");
        assert_eq!(
            rows.filter(|row| row.contains(&link)).count(),
            1,
            "rows for {link} in the table at the head of the module {module}"
        );
    }
}

fn chapter() -> String {
    let mut text = HEAD.to_owned();
    for (service, title) in TITLES {
        text +=
            &format!("\n# {title}\n\n| route | request | answer | pages |\n|---|---|---|---|\n");
        for row in rows().iter().filter(|row| row.service == service) {
            writeln!(text, "{}", line(row)).unwrap();
        }
    }
    assert_eq!(
        text.matches("\n| `").count(),
        rows().len(),
        "rows of an unknown service"
    );
    text
}

fn line(row: &Row) -> String {
    let (module, name) = home(&row.request);
    let answers = variants(&row.request).into_iter();
    let answer = answers.map(|(_, _, answer)| answer).next().unwrap();
    let pages = match &*row.list {
        "numeric" => "counted",
        "bookmark" | "uncounted" => "one by one",
        _ => "",
    };
    format!(
        "| `{} {}` | [`{module}::{name}`](crate::{module}::{name}) | `{answer}` | {pages} |",
        row.method, row.path
    )
}

/// The module of a request, and its name there.
fn home(request: &str) -> (&str, &str) {
    if let Some(home) = request.split_once("::") {
        return home;
    }
    let declaration = format!("pub struct {request} {{");
    let is_home = |module: &&&str| {
        sources(module)
            .iter()
            .any(|text| text.contains(&declaration))
    };
    let module = MODULES.iter().find(is_home);
    let module = module.unwrap_or_else(|| panic!("no module has {request}"));
    (module, request)
}

/// The head of a module, and the files below it.
fn sources(module: &str) -> Vec<String> {
    let head = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{module}.rs"));
    let below = fs::read_dir(head.with_extension("")).into_iter().flatten();
    let below = below.map(|file| file.unwrap().path());
    [head]
        .into_iter()
        .chain(below.filter(|path| path.is_file()))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

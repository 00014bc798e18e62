use std::{collections::BTreeSet, fs, path::Path};

use crate::ErrorKind;

/// The kinds by name. A kind that is missing from the list does not compile.
macro_rules! kinds {
    ($($kind:ident)+) => {{
        let _is_listed = |kind: ErrorKind| match kind {
            $(ErrorKind::$kind => (),)+
        };
        [$(stringify!($kind)),+]
    }};
}

#[test]
fn the_table_of_errors_has_every_kind_once_and_in_order() {
    let kinds = kinds!(
        Configuration Request Connect Timeout Interrupted TooLarge Redirect Authentication
        LoginRequired TokenStore Scope Masquerade Forbidden UserAgent NotFound Invalid Conflict
        Throttled Server Status Decode Pagination Guard JobFailed UploadSource UploadStore
    );
    let chapter = include_str!("errors.md");
    let rows = chapter.lines().filter_map(|line| {
        let (kind, rest) = line.strip_prefix("| [`")?.split_once('`')?;
        let link = format!("](crate::ErrorKind::{kind}) |");
        rest.starts_with(&link).then_some(kind)
    });
    assert_eq!(rows.collect::<Vec<_>>(), kinds);
}

#[test]
fn every_chapter_is_in_the_guide_and_linked_from_its_head_and_the_readme() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide");
    let names = fs::read_dir(folder).unwrap().filter_map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        Some(name.strip_suffix(".md")?.to_owned())
    });
    let chapters: BTreeSet<_> = names.filter(|name| name != "index").collect();
    assert!(chapters.len() > 12, "{chapters:?}");
    for chapter in chapters {
        let module = format!("doc = include_str!(\"guide/{chapter}.md\")");
        let places = [
            (include_str!("../guide.rs"), module),
            (include_str!("index.md"), format!("]({chapter}):")),
            (include_str!("../../README.md"), format!("][{chapter}]")),
            (
                include_str!("../../README.md"),
                format!("canvas_groups/guide/{chapter}/"),
            ),
            (
                include_str!("../lib.rs"),
                format!("[{chapter}]: crate::guide::{chapter}\n"),
            ),
        ];
        for (text, wanted) in places {
            let text = text.replace("\r\n", "\n");
            assert!(text.contains(&wanted), "{wanted} is missing");
        }
    }
}

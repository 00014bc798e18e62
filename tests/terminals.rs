//! What the examples print of what servers say.

#[path = "../examples/shared/plain.rs"]
mod plain;

use std::{fs, path::Path};

use plain::{plain, plain_lines};

#[test]
fn names_are_printed_without_what_a_terminal_obeys_or_nobody_sees() {
    for (name, printed) in [
        ("Team \u{1b}[2J\u{1b}]0;owned\u{7}", "Team  [2J ]0;owned "),
        ("a\r\nSummary: all done", "a  Summary: all done"),
        ("a\u{9b}31m\u{85}b\u{0}\u{7f}", "a 31m b  "),
        ("abc\u{202e}txt.exe\u{202c}", "abctxt.exe"),
        ("\u{2066}a\u{2069}\u{200f}\u{61c}b\u{200b}\u{feff}", "ab"),
        ("\u{e0041}x\u{2028}y", "xy"),
        (
            "Grüße, 中文, עברית, 😀, e\u{301}",
            "Grüße, 中文, עברית, 😀, e\u{301}",
        ),
    ] {
        assert_eq!(plain(name), printed, "{name:?}");
        let lines = format!("one\n{name}\n");
        let in_lines = plain_lines(&lines);
        assert!(in_lines.starts_with("one\n") && in_lines.ends_with('\n'));
        assert_eq!(
            plain_lines(&format!("{printed}\n\n{printed}")),
            format!("{printed}\n\n{printed}")
        );
    }
}

#[test]
fn no_example_prints_past_the_functions_that_do_so() {
    fn files(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    let mut found = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"),
        &mut found,
    );
    assert!(found.len() > 20, "{}", found.len());
    let mut printing = Vec::new();
    for (name, text) in &found {
        let name = name.rsplit("examples").next().unwrap().replace('\\', "/");
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        // What this one prints there is the address of a fake.
        let lines = lines.filter(|line| !line.contains("sample::connect("));
        let prints = |line: &&str| {
            ["println!", "print!", "stdout()", "stderr()"]
                .iter()
                .any(|it| line.contains(it))
        };
        if lines.clone().any(|line| prints(&line)) {
            printing.push(name);
        }
    }
    printing.sort();
    // The two functions, the one for errors, and one that writes CSV and passes names through
    // `plain`. The fake quotes what it was told; `sync_groups` passes plans and reports through
    // `plain_lines`, asks in its own words, and dumps a file that is to be read again unchanged.
    let known = [
        "/export_roster.rs",
        "/fake_canvas.rs",
        "/shared/end.rs",
        "/shared/say.rs",
        "/shared/table.rs",
        "/sync_groups/apply.rs",
        "/sync_groups/ask.rs",
        "/sync_groups/dump.rs",
        "/sync_groups/main.rs",
        "/sync_groups/plan.rs",
    ];
    let unknown: Vec<_> = printing
        .iter()
        .filter(|it| !known.contains(&it.as_str()))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

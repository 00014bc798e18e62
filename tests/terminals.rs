//! What the examples print of what servers say.

#[path = "../examples/shared/plain.rs"]
mod plain;

use std::{fs, io::IsTerminal, path::Path};

use plain::{file_for, file_on_stdout, plain, plain_lines};

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

/// A name in a quoted cell or a JSON text is no less of a name.
#[test]
fn a_file_is_printed_on_a_terminal_as_names_are_and_elsewhere_as_it_is() {
    let file = "\"name\"\n\"Team \u{1b}]0;owned\u{7}\u{202e}\nx\"\n";
    assert_eq!(file_for(file, false), file);
    assert_eq!(file_for(file, true), "\"name\"\n\"Team  ]0;owned \nx\"\n");
    let json = "{\n  \"name\": \"\u{9b}31m\u{feff}é\"\n}\n";
    assert_eq!(file_for(json, false), json);
    assert_eq!(file_for(json, true), "{\n  \"name\": \" 31mé\"\n}\n");
    // A test has no terminal either.
    let is_plain = std::io::stdout().is_terminal();
    assert_eq!(file_on_stdout(file), file_for(file, is_plain));
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
    // The functions themselves, the one for errors, and those that pass what they print through
    // `plain`, `plain_lines` or, where it is a file, `file_on_stdout`. The fake quotes what it was
    // told, and `sync_groups` asks in its own words.
    let known = [
        "/export_roster.rs",
        "/fake_canvas.rs",
        "/shared/end.rs",
        "/shared/plain.rs",
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

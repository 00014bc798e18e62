//! CSV of any kind: reading and checking end without a panic, and what is accepted is read again.

use canvas_groups::{
    CategoryId, CourseId, Outgoing, UserId,
    csv::{Csv, CsvRow, GroupKey, GroupRow, ImportGroups, ImportTags, TagRow, UserKey},
};
use proptest::prelude::*;

/// The file within the form that is sent, if it is accepted.
fn sent(import: &impl canvas_groups::Endpoint) -> Option<Vec<u8>> {
    let sent = Outgoing::of(import).ok()?;
    let body = sent.body().unwrap();
    let find = |text: &[u8]| body.windows(text.len()).position(|part| part == text);
    let start = find(b"\r\n\r\n").unwrap() + 4;
    let boundary = sent
        .content_type()
        .unwrap()
        .split("boundary=")
        .nth(1)
        .unwrap();
    let end = find(format!("\r\n--{boundary}--").as_bytes()).unwrap();
    Some(body[start..end].to_vec())
}

/// Reads a file to its end, which comes after no more rows than it has bytes.
fn read<T: CsvRow>(file: &[u8]) -> Vec<canvas_groups::Result<T>> {
    let rows: Vec<_> = Csv::<T>::new(file.to_vec())
        .rows()
        .take(file.len() + 2)
        .collect();
    assert!(rows.len() <= file.len() + 1);
    rows
}

/// Pieces of which files are made that are right, or almost.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "canvas_user_id",
        "user_id",
        "login_id",
        "group_name",
        "canvas_group_id",
        "tag_name",
        "canvas_tag_set_id",
        "tag_set_name",
        "status",
        "name",
        "sections",
        "Login Id",
        "login_id\u{200b}",
        "sep=;",
        "sep=,",
        "\u{feff}",
        ",",
        ",",
        ",",
        ";",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\"",
        "\"\"",
        " ",
        "7",
        "x",
        "deleted",
        "active",
        "Team 1",
        "\u{a0}",
        "\0",
    ]);
    let pieces = prop::collection::vec(piece, 0..40);
    pieces.prop_map(|pieces| pieces.concat().into_bytes())
}

fn any_file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![pieces(), prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end_and_refused_or_sent_as_they_are(file in any_file()) {
        read::<GroupRow>(&file);
        read::<TagRow>(&file);
        for accepted in [
            sent(&ImportGroups::from_csv(CategoryId::new(1), file.clone())),
            sent(&ImportTags::from_csv(CourseId::new(1), file.clone())),
        ]
        .into_iter()
        .flatten()
        {
            prop_assert!(file.ends_with(&accepted), "nothing but the start is taken off");
        }
        let import = ImportGroups::from_csv(CategoryId::new(1), file.clone());
        prop_assert!(import.user_count() <= file.len());
        // The check and the reader agree on what a row is.
        if sent(&import).is_some() {
            prop_assert!(!read::<GroupRow>(&file).is_empty());
        }
        prop_assert_eq!(sent(&import.unchecked()).unwrap(), file);
    }

    #[test]
    fn rows_that_are_sent_are_read_again_as_they_were(
        rows in prop::collection::vec((any::<String>(), any::<String>(), any::<u64>()), 1..10)
    ) {
        let rows: Vec<_> = rows
            .iter()
            .enumerate()
            .map(|(number, (login, group, id))| {
                let mut row = GroupRow::new(UserKey::login(format!("{number}{login}.")), GroupKey::name(format!("T{group}.")));
                row.canvas_user_id = (id % 2 == 0).then_some(UserId::new(*id));
                row
            })
            .collect();
        let import = ImportGroups::new(CategoryId::new(1), rows.clone()).unchecked();
        let file = sent(&import).unwrap();
        // What is written passes the check of a ready file.
        let ready = ImportGroups::from_csv(CategoryId::new(1), file.clone());
        prop_assert_eq!(sent(&ready), Some(file.clone()));
        let again: Vec<_> = read::<GroupRow>(&file).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(again, rows);
    }
}

/// Names that are made of what separates cells and what begins a formula.
fn odd_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[;,\t\r\n \"'=+@＝a1\u{feff}-]{0,8}", 3)
}

fn begins_a_formula(cell: &str) -> bool {
    let is_unseen = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let is_number = cell.parse::<f64>().is_ok();
    cell.trim_start_matches(is_unseen)
        .starts_with(['=', '+', '-', '@', '＝'])
        && !is_number
}

proptest! {
    /// Neither in the cells as they are written, nor in those of a spreadsheet that splits at `;` or
    /// tabs, for which quotes within a line are letters like any other.
    #[test]
    fn no_separator_brings_a_formula_into_a_file_for_people(names in odd_names()) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["name", "login_id", "group_name"]).unwrap();
        writer.write_record(&names).unwrap();
        let safe = Csv::<GroupRow>::new(writer.into_inner().unwrap()).for_spreadsheets().unwrap();
        let mut reader = csv::Reader::from_reader(&*safe);
        for cell in reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
            prop_assert!(!begins_a_formula(&cell), "{cell:?}");
        }
        for cell in std::str::from_utf8(&safe).unwrap().split([';', '\t', '\r', '\n']) {
            prop_assert!(!begins_a_formula(cell), "{cell:?}");
        }
    }
}

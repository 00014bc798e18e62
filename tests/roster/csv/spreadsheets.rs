//! What spreadsheets do to files.

use super::*;

#[test]
fn a_number_that_was_shortened_is_an_error_that_says_what_to_do() {
    let columns = ["canvas_user_id", "user_id", "login_id"];
    for column in columns {
        let plan = plan(format!(
            "{column},group_name\n1E+13,Team 1\n4.346E+16,Team 1\n"
        ));
        let cells = found(&plan, Kind::CellInvalid);
        assert_eq!(cells.len(), 2, "{plan}");
        assert_eq!(
            cells[0].to_string(),
            format!(
                "row 2: column `{column}`: 1E+13 is a number that a spreadsheet has shortened: \
                 format the column as text and fill it in again"
            )
        );
        assert!(plan.is_empty(), "{plan}");
    }
    let plan = plan("user_id,canvas_group_id\nS001,1.3E+1\n");
    error(&plan, Kind::CellInvalid);
}

#[test]
fn eaten_zeros_are_suggested_and_never_taken() {
    let school = school().set("/students/2/sis_id", "00123");
    let plan = school.plan(&read("user_id,group_name\n123,Team 1\n"));
    let finding = error(&plan, Kind::PersonUnknown);
    assert!(finding.text.contains("there is 00123"), "{finding}");
    assert!(plan.is_empty());
}

#[test]
fn a_formula_that_failed_names_no_team_and_nobody() {
    for file in [
        "user_id,group_name\nS001,#N/A\n",
        "user_id,group_name\n#REF!,Team 1\n",
    ] {
        let plan = plan(file);
        error(&plan, Kind::CellInvalid);
        assert!(plan.is_empty(), "{plan}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_count_only_in_columns_that_are_read() {
    let plan = plan(b"user_id,group_name,Stra\xdfe\nS001,Team 1,M\xfcller\nS002,Team 1,\n");
    no_errors(&plan);
    assert!(plan.is_empty());
    assert!(found(&plan, Kind::Input)[0].text.contains("is not read"));

    let plan = super::plan(b"user_id,group_name\nS001,M\xfcller\nS002,Team 1\n");
    let finding = error(&plan, Kind::CellInvalid);
    assert_eq!(
        finding.to_string(),
        "row 2: column `group_name`: is not UTF-8: save the file as CSV in UTF-8"
    );
    // Who is in a cell that cannot be read does not look removed.
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn an_id_that_is_no_whole_number_is_an_error() {
    for id in ["12.0", "-3", "Team 1", "99999999999999999999999"] {
        let plan = plan(format!("user_id,canvas_group_id\nS001,{id}\n"));
        let finding = error(&plan, Kind::CellInvalid);
        assert!(finding.text.contains("is not an id"), "{finding}");
    }
}

#[test]
fn ids_above_two_to_the_53_are_exact() {
    let big = 43_460_000_000_000_001_u64;
    let school = school().set("/students/2/id", big);
    let file = format!("canvas_user_id,group_name\n1,Team 1\n2,Team 1\n{big},Team 1\n");
    let plan = school.plan(&read(&file));
    assert_eq!(ids(&plan), [format!("place:{big}:none->12")]);
    let next = file.replace(&big.to_string(), &(big + 1).to_string());
    error(&school.plan(&read(next)), Kind::PersonUnknown);
}

#[test]
fn a_hundred_damaged_cells_are_one_finding_with_the_first_lines() {
    let rows: String = (0..100).map(|_| "1E+13,Team 1\n").collect();
    let plan = plan(format!("user_id,group_name\n{rows}"));
    let finding = error(&plan, Kind::CellInvalid);
    assert_eq!(finding.count, 100);
    assert_eq!(finding.lines, [2, 3, 4, 5, 6]);
    assert!(
        finding
            .text
            .starts_with("100 cells cannot be read, first: "),
        "{finding}"
    );
}

#[test]
fn no_cell_of_a_file_is_in_a_plan_without_names() {
    let plan = plan("user_id,group_name,leader\nS\u{fc}nke 1E+13,Team 1,Ada\n1E+13,Team 1,no\n");
    let json = serde_json::to_string(&plan.without_names()).unwrap();
    for secret in ["1E+13", "Ada"] {
        assert!(!json.contains(secret), "{json}");
    }
}

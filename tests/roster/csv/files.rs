//! The forms that a file may have.

use super::*;

#[test]
fn a_canvas_export_plans_to_nothing() {
    let plan = plan(EXPORT);
    no_errors(&plan);
    assert!(plan.is_empty(), "{plan}");
    let [note] = &*plan.findings else {
        panic!("{plan}");
    };
    assert_eq!(
        note.to_string(),
        "rows 4, 6: 2 rows name no team: they say nothing"
    );
    assert_eq!((note.severity, note.count), (Severity::Note, 2));
}

#[test]
fn a_canvas_export_plans_to_nothing_with_staff_inactive_students_full_teams_and_doubles() {
    // Others are in no export, teams may be over their limit, and who is in two teams is shown in
    // any one of them.
    let school = school()
        .set("/groups/0/others", 2)
        .set("/groups/0/limit", 2)
        .set("/groups/1/members", vec![4, 1]);
    for unlisted in [Unlisted::Keep, Unlisted::Empty, Unlisted::Delete] {
        let policy = Policy::default().unlisted(unlisted);
        let plan = school.plan_by(&read(EXPORT), &policy);
        no_errors(&plan);
        assert!(plan.is_empty(), "{plan}");
        warning(&plan, Kind::InSeveral);
    }
    let other_way = EXPORT.replace("Section A,Team 1,12,\n\"2", "Section A,Team 2,17,P-2\n\"2");
    assert_ne!(other_way, EXPORT);
    assert!(school.plan(&read(other_way)).is_empty());
}

#[test]
fn a_canvas_export_plans_to_nothing_with_whatever_the_caller_may_see() {
    // Without the right to read SIS data in the root account the list shows no SIS ids of groups,
    // and the export does; in other languages two headings are others.
    let school = school().set("/rights", json!({"group_sis_ids_shown": false}));
    let plan = school.plan(&read(EXPORT));
    no_errors(&plan);
    assert!(plan.is_empty());
    let translated = EXPORT
        .replace("name,", "Nom,")
        .replace("group_Nom", "group_name");
    let translated = translated
        .replace("sections", "Cours")
        .replace(",Nom,", ",group_name,");
    let plan = school.plan(&read(&translated));
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.findings.len(), 1, "{translated}{plan}");
}

#[test]
fn every_separator_line_end_mark_and_case_of_headings_reads_the_same() {
    let plain = "user_id,group_name\nS003,\"Team 1\"\nS005,Team 2\n";
    let expected = read(plain);
    assert_eq!(ids(&school().plan(&expected)).len(), 4);
    let semicolons = plain.replace(',', ";");
    let variants = [
        semicolons.clone(),
        plain.replace(',', "\t"),
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("sep=;\r\n{semicolons}").replace("sep=;\r\n", ""),
        plain.replace("user_id,group_name", "USER ID,Group-Name"),
        plain.replace("user_id,group_name", " SIS_User_ID ,\"TEAM\""),
        plain.replace("user_id", "Student Number"),
        plain.replace("S003", "\"S003\""),
        plain.replace("S005,Team 2", "  S005 ,  Team 2  "),
        plain.trim_end().to_owned(),
    ];
    for variant in variants {
        assert_eq!(read(&variant), expected, "{variant:?}");
    }
    // A line that names the separator is a line of the file.
    let told = read(format!("sep=;\n{semicolons}"));
    assert_eq!(told.teams[0].members.named()[0].lines, [3]);
}

#[test]
fn a_quoted_separator_quote_and_line_break_are_parts_of_a_name() {
    let file = "login_id;group_name\nuser3;\"Bridges; \"\"big\"\" ones\"\nuser5;\"Two\nlines\"\nuser1;Last\n";
    let roster = read(file);
    let names: Vec<_> = roster.teams.iter().map(|team| team.keys.clone()).collect();
    assert_eq!(
        names,
        ["Bridges; \"big\" ones", "Two\nlines", "Last"].map(|name| vec![GroupKey::name(name)])
    );
    // Lines are those of an editor.
    let lines: Vec<_> = roster.teams.iter().map(|team| team.lines[0]).collect();
    assert_eq!(lines, [2, 3, 5]);
}

#[test]
fn an_unclosed_quote_does_not_swallow_the_rest_of_a_file() {
    let file = "user_id;group_name\nS001;Team 1\nS002;\"Team 1\nS004;Team 2\n";
    let text = refused(file, &Columns::new());
    assert!(
        text.contains("line 3: a quote begins a cell that does not end"),
        "{text}"
    );
    let text = refused("user_id;group_name\nS001;Team \"1\"\n", &Columns::new());
    assert!(
        text.contains("line 2: a quote stands within a cell"),
        "{text}"
    );
    // A comma is nothing special where semicolons separate.
    read("user_id;group_name\nS001;Team, \n");
}

#[test]
fn a_file_without_a_header_is_an_error_that_says_how_to_name_columns() {
    let text = refused("S001,Team 1\nS002,Team 1\n", &Columns::new());
    assert!(
        text.contains("line 1: no heading names the student"),
        "{text}"
    );
    assert!(text.contains("Columns::without_header"), "{text}");
    let columns = Columns::new().without_header([Column::UserId, Column::GroupName]);
    let roster = read_by("S001,Team 1\nS002,Team 1\n", &columns);
    assert_eq!(roster.teams[0].lines, [1, 2]);
    assert!(school().plan(&roster).is_empty());
    let text = refused("S001\n", &Columns::new().without_header([Column::UserId]));
    assert!(text.contains("names the team"), "{text}");
}

#[test]
fn headings_that_are_almost_right_are_named() {
    let text = refused("usr_id,group_name\nS001,Team 1\n", &Columns::new());
    assert!(text.contains("usr_id"), "{text}");
    assert!(text.contains("write it as `user_id`"), "{text}");
}

#[test]
fn unknown_columns_are_ignored_and_named_in_a_note() {
    let plan = plan("Mark,user_id,group_name,E-Mail,\n1.0,S001,Team 1,a@b.c,\n2,S002,Team 1,,\n");
    no_errors(&plan);
    assert!(plan.is_empty());
    let [note] = *found(&plan, Kind::Input) else {
        panic!("{plan}");
    };
    assert_eq!(
        note.to_string(),
        "the columns `Mark`, `E-Mail` are not read"
    );
    assert_eq!(note.severity, Severity::Note);
}

#[test]
fn two_columns_for_the_same_are_an_error_until_one_is_named() {
    let file = "user_id,Group,Team\nS003,A,Team 1\n";
    let text = refused(file, &Columns::new());
    assert!(
        text.contains("column `Group` and column `Team` hold the same"),
        "{text}"
    );
    let roster = read_by(file, &Columns::new().named("group", Column::Ignored));
    assert_eq!(roster.teams[0].keys, [GroupKey::name("Team 1")]);
}

#[test]
fn own_headings_are_mapped() {
    let columns = Columns::new()
        .named("Matrikelnummer", Column::UserId)
        .named("gruppe", Column::GroupName);
    let roster = read_by("MATRIKEL-NUMMER;Gruppe\nS003;Team 1\n", &columns);
    assert_eq!(
        roster.teams[0].members.named()[0].keys,
        [UserKey::sis("S003")]
    );
    assert!(roster.findings.is_empty());
}

#[test]
fn an_email_is_a_login_where_nothing_else_names_the_student() {
    let key = |file: &str| read(file).teams[0].members.named()[0].keys.clone();
    assert_eq!(
        key("email,team\nada@school.edu,Team 1\n"),
        [UserKey::login("ada@school.edu")]
    );
    assert_eq!(
        key("E-Mail,student_id,team\nada@school.edu,S001,Team 1\n"),
        [UserKey::sis("S001")]
    );
}

#[test]
fn an_empty_file_is_an_error_and_a_header_alone_a_warning() {
    for file in ["", "\u{feff}", "\n\r\n", " ,,\n"] {
        let text = refused(file, &Columns::new());
        assert!(text.contains("the file is empty"), "{text}");
    }
    let policy = Policy::default().unlisted(Unlisted::Empty);
    let plan = school().plan(&read("user_id,group_name\n"));
    assert!(plan.is_empty());
    assert!(
        warning(&plan, Kind::Input)
            .text
            .contains("names no student")
    );
    // With a policy for teams that are not listed, it is the guard that keeps the set.
    let plan = school().plan_by(&read("user_id,group_name\n"), &policy);
    assert!(
        canvas_groups::roster::Guard::default()
            .check_at(&plan, plan.taken_at)
            .is_err()
    );
}

#[test]
fn what_is_no_csv_is_told_with_the_way_to_save_it() {
    let utf16: Vec<u8> = "user_id,group_name"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let files = [
        ([&b"\xff\xfe"[..], &utf16].concat(), "is UTF-16"),
        (b"PK\x03\x04more".to_vec(), "a workbook"),
        (b" <html>".to_vec(), "a web page"),
        (utf16, "is not text"),
    ];
    for (file, expected) in files {
        let text = refused(file, &Columns::new());
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("save it as CSV in UTF-8"), "{text}");
    }
}

#[test]
fn what_a_file_said_is_kept_with_the_roster_and_in_the_plan() {
    let roster = read("user_id,group_name,Mark\n1E+13,Team 1,x\n");
    let json = serde_json::to_string(&roster).unwrap();
    assert_eq!(serde_json::from_str::<Roster>(&json).unwrap(), roster);
    let plan = school().plan(&roster);
    error(&plan, Kind::CellInvalid);
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

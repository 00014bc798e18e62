//! Rows and the people that they name.

use super::*;

#[test]
fn all_keys_of_a_row_must_name_one_person() {
    // The column of logins was sorted alone.
    let plan = plan("user_id,login_id,group_name\nS001,user2,Team 1\nS002,user1,Team 1\n");
    let disagreeing = found(&plan, Kind::PersonKeysDisagree);
    let lines: Vec<_> = disagreeing.iter().map(|finding| &*finding.lines).collect();
    assert_eq!(lines, [[2], [3]]);
    assert!(plan.has_errors() && plan.is_empty());
    let plan = super::plan("canvas_user_id,user_id,group_name\n1,S077,Team 1\n");
    error(&plan, Kind::PersonKeysDisagree);
}

#[test]
fn twice_in_a_team_is_a_note_and_in_two_teams_an_error_with_both_lines() {
    let plan = plan("user_id,group_name\nS001,Team 1\nS001,Team 1\nS002,Team 1\n");
    no_errors(&plan);
    let [note] = *found(&plan, Kind::PersonTwice) else {
        panic!("{plan}");
    };
    assert_eq!(note.lines, [2, 3]);
    let plan = super::plan("user_id,group_name\nS003,Team 1\nS005,Team 2\nS003,Team 2\n");
    assert_eq!(error(&plan, Kind::PersonInTwo).lines, [2, 4]);
}

#[test]
fn two_keys_of_one_person_are_one_person() {
    let plan = plan("user_id,login_id,group_name\nS003,,Team 1\n,user3,Team 2\n");
    assert_eq!(error(&plan, Kind::PersonInTwo).lines, [2, 3]);
}

#[test]
fn a_login_in_another_case_is_found_and_an_sis_id_in_another_case_is_suggested() {
    let file = "login_id,group_name\nUSER1,Team 1\nuser2,Team 1\nUser3,Team 1\n";
    assert_eq!(ids(&plan(file)), ["place:3:none->12"]);
    let plan = plan("user_id,group_name\ns003,Team 1\n");
    let finding = error(&plan, Kind::PersonUnknown);
    assert!(finding.text.contains("there is S003"), "{finding}");
    assert_eq!(finding.lines, [2]);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn an_address_that_two_people_have_is_an_error() {
    let school = school()
        .set("/students/0/login", "both@school.edu")
        .set("/students/2/login", "both@school.edu");
    let plan = school.plan(&read("email,team\nboth@school.edu,Team 1\n"));
    assert_eq!(error(&plan, Kind::PersonAmbiguous).lines, [2]);
    assert!(plan.is_empty());
}

#[test]
fn space_around_keys_and_marks_that_are_not_seen_do_not_count() {
    let file = "user_id,group_name\n S001\u{a0},Team 1\n\u{200b}S002,Team 1\nS003\t,Team 1\n";
    assert_eq!(ids(&plan(file)), ["place:3:none->12"]);
}

#[test]
fn a_row_of_nobody_keeps_the_others_of_its_team_and_is_an_error() {
    // Somebody's key is missing: whoever it is must not look removed.
    for file in [
        "user_id,group_name\nS001,Team 1\n,Team 1\n",
        "user_id,group_name,Mark\nS004,Team 2,\n,Team 1,1.0\n",
    ] {
        let plan = plan(file);
        let finding = error(&plan, Kind::PersonUnknown);
        assert!(finding.text.contains("names nobody"), "{finding}");
        assert_eq!(finding.lines, [3]);
        assert!(plan.is_empty(), "{plan}");
    }
}

#[test]
fn empty_team_cells_are_a_note_or_in_no_team_when_asked_for() {
    let file = "user_id,group_name\nS002,Team 1\nS001,\nS004,  \nS003,\n";
    let plan = plan(file);
    no_errors(&plan);
    // Who is not listed for a listed team leaves it; Team 2 is not listed.
    assert_eq!(ids(&plan), ["remove:12"]);
    let [note] = *found(&plan, Kind::Input) else {
        panic!("{plan}");
    };
    assert_eq!(
        note.to_string(),
        "rows 3, 4, 5: 3 rows name no team: they say nothing"
    );

    let plan = school().plan(&read_by(file, &Columns::new().without_team_is_out()));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:12", "remove:17"]);
    assert!(plan.findings.is_empty(), "{plan}");
}

#[test]
fn the_states_of_sis_imports_put_in_and_take_out() {
    let file = "group_id,user_id,status\nP-2,S003,accepted\nP-2,S005,Active\nP-2,S004,deleted\n";
    let plan = plan(file);
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        ["place:3:none->17", "place:5:none->17", "remove:17"]
    );
    // A team of which only departures are listed keeps the others.
    let plan = super::plan("group_name,user_id,status\nTeam 1,S001,deleted\n");
    no_errors(&plan);
    assert_eq!(plan.totals().removed, 1);
}

#[test]
fn any_other_state_is_an_error() {
    for state in ["invited", "completed", ""] {
        let plan = plan(format!("user_id,group_name,status\nS003,Team 1,{state}\n"));
        let finding = error(&plan, Kind::CellInvalid);
        assert!(
            finding
                .text
                .contains("use `accepted`, `active` or `deleted`"),
            "{finding}"
        );
        assert!(plan.is_empty(), "{plan}");
    }
}

#[test]
fn in_and_out_of_one_team_is_an_error() {
    let plan = plan("user_id,group_name,status\nS001,Team 1,active\nS001,Team 1,deleted\n");
    assert_eq!(error(&plan, Kind::PersonInTwo).lines, [2, 3]);
}

#[test]
fn a_leader_is_one_member_of_the_team() {
    let plan = plan("user_id,group_name,leader\nS001,Team 1,no\nS002,Team 1,Yes\nS004,Team 2,\n");
    no_errors(&plan);
    assert_eq!(ids(&plan), ["lead:12:2"]);
    let plan = super::plan("user_id,group_name,leader\nS001,Team 1,x\nS002,Team 1,x\n");
    assert_eq!(error(&plan, Kind::RowInvalid).lines, [2, 3]);
    let plan = super::plan("user_id,group_name,leader\nS001,Team 1,S002\n");
    error(&plan, Kind::CellInvalid);
}

#[test]
fn a_row_with_too_many_cells_is_an_error_and_removes_nobody() {
    let plan = plan("user_id,group_name\nS001,Team 1\nMoreno, Ada,Team 1\n");
    let finding = error(&plan, Kind::RowInvalid);
    assert_eq!(finding.lines, [3]);
    assert!(finding.text.contains("in quotes"), "{finding}");
    assert!(plan.is_empty(), "{plan}");
    // Cells in which nothing stands are none.
    no_errors(&super::plan(
        "user_id,group_name\nS001,Team 1,,\nS002,Team 1\n",
    ));
}

#[test]
fn rows_that_end_early_have_empty_cells() {
    let plan = plan("user_id,group_name,leader\nS001,Team 1\nS002,Team 1\nS003\n");
    no_errors(&plan);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn all_errors_are_told_and_not_the_first() {
    let plan = plan(
        "user_id,canvas_group_id,group_name,status\n\
         1E+13,12,Team 1,active\n\
         S001,x,Team 1,active\n\
         S002,12,Team 1,gone\n\
         S003,12,Team 2,active\n\
         S004,,team 2,active\n\
         S077,,Team 2,active\n",
    );
    assert_eq!(found(&plan, Kind::CellInvalid).len(), 3);
    for kind in [Kind::TeamKeysDisagree, Kind::NearMiss, Kind::PersonUnknown] {
        error(&plan, kind);
    }
}

#[test]
fn the_order_of_rows_makes_no_difference() {
    let rows = [
        "S003,Team 1",
        "S005,New",
        "S001,New",
        "S002,",
        "S004,Team 2",
        "X,Team 2",
    ];
    let file = |rows: &[&str]| format!("user_id,group_name\n{}\n", rows.join("\n"));
    let steps = |rows: &[&str]| {
        let steps = plan(file(rows)).steps;
        let without_lines = steps.into_iter().map(|mut step| {
            step.lines.clear();
            step
        });
        without_lines.collect::<Vec<_>>()
    };
    let expected = steps(&rows);
    let mut turned = rows;
    for _ in 0..rows.len() {
        turned.rotate_left(1);
        assert_eq!(steps(&turned), expected);
    }
    turned.reverse();
    assert_eq!(steps(&turned), expected);
}

#[test]
fn a_team_that_is_gone_and_from_which_all_are_taken_out_is_told_and_is_not_made() {
    let refuse = Policy::default().missing_teams(MissingTeams::Refuse);
    let (note, warning) = (Severity::Note, Severity::Warning);
    for (file, severity) in [
        (
            "group_name,user_id,status\nOld,S001,deleted\nOld,S003,deleted\n",
            note,
        ),
        ("group_id,user_id,status\nP-9,S001,deleted\n", note),
        // A number may be mistyped.
        ("canvas_group_id,user_id,status\n99,S001,deleted\n", warning),
        (
            "group_name,canvas_group_id,user_id,status\nOld,99,S001,deleted\n",
            warning,
        ),
        // Whoever has left the course, too, has to leave no team.
        (
            "group_name,group_id,user_id,status\nOld,P-9,S099,deleted\n",
            note,
        ),
    ] {
        for policy in [&Policy::default(), &refuse] {
            let plan = school().plan_by(&read(file), policy);
            no_errors(&plan);
            assert!(plan.is_empty(), "{plan}");
            let [note] = *found(&plan, Kind::TeamMissing) else {
                panic!("{plan}");
            };
            assert_eq!(note.severity, severity);
            assert!(
                note.text
                    .contains("is not in the set, so nobody has to leave it")
            );
            assert_eq!(note.lines[0], 2);
        }
    }
    // Unlisted teams are emptied all the same: all teams of the file are understood.
    let file = "group_name,user_id,status\nOld,S003,deleted\nTeam 1,S001,active\n";
    let policy = Policy::default().unlisted(Unlisted::Empty);
    let plan = school().plan_by(&read(file), &policy);
    no_errors(&plan);
    assert!(!plan.is_empty());
    // One who stays makes it a team, and a name that is nearly right is an error.
    let file = "group_name,user_id,status\nOld,S001,deleted\nOld,S003,active\n";
    assert_eq!(ids(&super::plan(file)), ["create:name:Old"]);
    error(
        &super::plan("group_name,user_id,status\nteam 1,S001,deleted\n"),
        Kind::NearMiss,
    );
}

//! Which teams rows name, and snapshots as files.

use super::*;

#[test]
fn all_keys_of_a_row_must_name_one_team() {
    // People export, change the names, and leave the ids.
    let edited = EXPORT.replace("Section A and Section B,Team 1", "Section A,Team 2");
    let plan = plan(&edited);
    let finding = error(&plan, Kind::TeamKeysDisagree);
    assert_eq!(finding.lines, [3]);
    // An id and a name of nothing that is there.
    let plan = super::plan(EXPORT.replace("Team 2,17,P-2", "Team 3,17,P-2"));
    error(&plan, Kind::TeamKeysDisagree);
}

#[test]
fn names_alone_are_the_way_out_for_an_export_with_new_names() {
    let edited = EXPORT.replace("Section A and Section B,Team 1", "Section A,Team 2");
    let columns = Columns::new().team_by(TeamBy::Name);
    let plan = school().plan(&read_by(&edited, &columns));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:2:12->17"]);
    let text = refused("user_id,group_name\n", &columns.team_by(TeamBy::SisId));
    assert!(text.contains("names the team"), "{text}");
}

#[test]
fn a_name_is_never_changed_by_a_file() {
    let plan = plan("user_id,canvas_group_id,group_name\nS004,17,Bridges\n");
    error(&plan, Kind::TeamKeysDisagree);
    assert!(plan.is_empty());
    let roster = read("user_id,group_id,group_name\nS004,P-2,Team 2\n");
    assert_eq!(roster.teams[0].name, None);
    assert!(school().plan(&roster).is_empty());
}

#[test]
fn rows_that_name_one_team_in_several_ways_are_of_one_team() {
    let file = "user_id,canvas_group_id,group_name\nS001,12,Team 1\nS002,,Team 1\nS003,12,\n";
    let plan = plan(file);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:3:none->12"]);
    // Also where one way names nobody, or only who leaves.
    let file = "user_id,canvas_group_id,group_name,status\n\
                S002,,Team 1,active\nS001,12,Team 1,deleted\n";
    let plan = super::plan(file);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:12"]);
}

#[test]
fn numbers_are_teams_by_a_pattern() {
    let file = "user_id,team_number\nS001,1\nS002,01\nS003,2\nS004,2\n";
    let text = refused(file, &Columns::new());
    assert!(
        text.contains("Columns::group_numbers(\"Team {}\")"),
        "{text}"
    );
    let roster = read_by(file, &Columns::new().group_numbers("Team {}"));
    assert_eq!(ids(&school().plan(&roster)), ["place:3:none->17"]);
    assert_eq!(
        roster,
        read_by(file, &Columns::new().group_numbers("Team "))
    );
    let odd = read_by(
        "user_id,group_number\nS001,one\n",
        &Columns::new().group_numbers("Team {}"),
    );
    error(&school().plan(&odd), Kind::CellInvalid);
    // Beside a name it is a key as well if there is a pattern, and is not read otherwise.
    let both = "user_id,group_number,group_name\nS001,2,Team 1\nS002,2,Team 1\n";
    let plan = plan(both);
    assert!(plan.is_empty());
    assert!(
        found(&plan, Kind::Input)[0]
            .text
            .contains("`group_number` is not read")
    );
    let plan = school().plan(&read_by(both, &Columns::new().group_numbers("Team {}")));
    error(&plan, Kind::TeamKeysDisagree);
}

#[test]
fn a_near_miss_makes_nothing() {
    for name in ["team 1", "Team  1", "Team\u{a0}1"] {
        let plan = plan(format!("user_id,group_name\nS003,{name}\n"));
        let finding = error(&plan, Kind::NearMiss);
        assert!(finding.text.contains("\"Team 1\" (12)"), "{finding}");
        assert_eq!(finding.lines, [2]);
        let guard = canvas_groups::roster::Guard::none();
        assert!(guard.check_at(&plan, plan.taken_at).is_err());
    }
}

#[test]
fn accents_in_two_characters_and_space_at_the_end_do_not_count() {
    let school = school().set("/groups/0/name", "Zoë");
    let file = "user_id,group_name\nS001,Zoe\u{308}\nS002,Zoë\u{a0}\n";
    let plan = school.plan(&read(file));
    no_errors(&plan);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn two_live_groups_of_one_name_are_an_error() {
    let school = school().group(18, "Team 1", []);
    let plan = school.plan(&read("user_id,group_name\nS001,Team 1\n"));
    error(&plan, Kind::NameAmbiguous);
    assert!(plan.is_empty());
}

#[test]
fn an_id_of_another_set_and_an_sis_id_of_nobody_with_a_known_name_are_errors() {
    error(
        &plan("user_id,canvas_group_id\nS001,99\n"),
        Kind::TeamUnknown,
    );
    let file = "user_id,group_id,group_name\nS001,P-1,Team 1\nS002,P-1,Team 1\n";
    error(&plan(file), Kind::SisIdDiffers);
}

#[test]
fn sis_ids_that_are_hidden_make_no_team() {
    let school = school().set("/rights", json!({"group_sis_ids_shown": false}));
    let plan = school.plan(&read("user_id,group_id,group_name\nS001,P-9,Team 9\n"));
    error(&plan, Kind::SisIdsHidden);
    assert!(plan.is_empty());
    // One that is known all the same is another's.
    let plan = school.plan(&read("user_id,canvas_group_id,group_id\nS004,17,P-9\n"));
    error(&plan, Kind::TeamKeysDisagree);
}

#[test]
fn names_of_any_letters_are_taken_and_of_256_characters_refused() {
    for name in ["🦀🦀", "A/B", "=SUM(1)", "'quoted", "#1"] {
        let plan = plan(format!("user_id,group_name\nS003,{name}\n"));
        no_errors(&plan);
        assert_eq!(ids(&plan), [format!("create:name:{name}")]);
    }
    let long = "é".repeat(255);
    no_errors(&plan(format!("user_id,group_name\nS003,{long}\n")));
    error(
        &plan(format!("user_id,group_name\nS003,{long}é\n")),
        Kind::NameInvalid,
    );
}

#[test]
fn a_team_with_nobody_is_listed_and_left_alone() {
    let plan = plan("user_id,group_name\n,Team 1\n,New\nS004,Team 2\n");
    no_errors(&plan);
    assert_eq!(ids(&plan), ["create:name:New"]);
    let [first, _] = *found(&plan, Kind::NobodyNamed) else {
        panic!("{plan}");
    };
    assert_eq!(
        first.to_string(),
        "row 2: \"Team 1\" has nobody in the file: its members are left alone"
    );
    assert!(plan.teams.iter().all(|team| team.is_listed));
}

#[test]
fn rows_of_several_sets_of_tags_are_an_error() {
    let file = "canvas_user_id,tag_name,canvas_tag_set_id\n1,Late,4\n2,Late,4\n";
    let read_well = read(file);
    assert!(read_well.findings.is_empty());
    assert_eq!(read_well.teams[0].members.named().len(), 2);
    let plan = plan(format!("{file}3,Extra time,5\n"));
    assert_eq!(error(&plan, Kind::RowInvalid).lines, [4]);
}

#[test]
fn a_snapshot_as_a_file_plans_to_nothing() {
    let school = school()
        .set("/groups/0/leader", 2)
        .set("/groups/1/members", vec![4, 1])
        .group(20, "=Empty; \"team\"", [])
        .set("/students/4/name", "Quist; \"Zoë\"\n, Jr.")
        .set("/students/3/sis_id", serde_json::Value::Null);
    let file = school.snapshot().to_csv();
    let expected = "\
name,canvas_user_id,user_id,login_id,group_name,canvas_group_id,group_id,leader
Name 1,1,S001,user1,Team 1,12,,
Name 2,2,S002,user2,Team 1,12,,yes
Name 4,4,,user4,Team 2,17,P-2,
,,,,\"'=Empty; \"\"team\"\"\",20,,
Name 3,3,S003,user3,,,,
\"Quist; \"\"Zoë\"\"\n, Jr.\",5,S005,user5,,,,
";
    assert_eq!(file, expected);
    let plan = school.plan(&read(&file));
    no_errors(&plan);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn a_snapshot_as_a_file_is_the_start_of_another_set() {
    let file = school().snapshot().to_csv();
    let roster = read_by(&file, &Columns::new().team_by(TeamBy::Name));
    let copy = School::with(5).plan(&roster);
    no_errors(&copy);
    assert_eq!(ids(&copy), ["create:name:Team 1", "create:name:Team 2"]);
}

#[test]
fn rows_come_after_what_a_roster_has_already() {
    let roster = roster()
        .team(Team::named("Team 1").limit(4))
        .with_csv(
            "user_id,group_name\nS001,Team 1\nS002,Team 1\n",
            &Columns::new(),
        )
        .unwrap();
    assert!(matches!(roster.teams[0].members, Members::LeftAlone));
    let plan = school().plan(&roster);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["limit:12:none->4"]);
    assert!(
        plan.steps.iter().all(|step| step.lines == [2, 3]),
        "{:?}",
        plan.steps
    );
    assert_eq!(plan.people.get(&UserId::new(1)), None);
}

//! Which student and which set is meant, and how many findings become one.

use canvas_groups::{
    CourseId, GroupId, UserId,
    csv::{GroupKey, UserKey},
    roster::{
        Columns, FindingKind as Kind, Member, MissingSet, Policy, Roster, Severity, Team,
        UnknownKeys,
    },
};

use crate::{SET, School, error, found, ids, no_errors, roster, users, warning};

fn one_team() -> School {
    School::with(3).group(12, "Team 1", [1, 2])
}

#[test]
fn a_login_in_another_case_is_the_same() {
    let team = Team::named("Team 1").at_least([UserKey::login("USER3")]);
    let plan = one_team().plan(&roster().team(team));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:3:none->12"]);
}

#[test]
fn an_sis_id_in_another_case_is_suggested_and_never_taken() {
    let team = Team::named("Team 1").at_least([UserKey::sis("s003")]);
    let plan = one_team().plan(&roster().team(team));
    let finding = error(&plan, Kind::PersonUnknown);
    assert_eq!(
        finding.text,
        "s003 is not an active student of the course; there is S003, which differs in case or \
         zeros: correct the row if it is meant"
    );
    assert!(plan.is_empty());
}

#[test]
fn eaten_zeros_are_suggested_and_never_taken() {
    let school = one_team().set("/students/2/sis_id", "0123");
    let team = Team::named("Team 1").at_least([UserKey::sis("123")]);
    let plan = school.plan(&roster().team(team));
    let finding = error(&plan, Kind::PersonUnknown);
    assert!(finding.text.contains("there is 0123"), "{finding}");
    assert!(plan.is_empty());
}

#[test]
fn after_a_failed_look_up_nobody_else_is_taken() {
    let members = [UserKey::sis("S003"), UserKey::sis("X"), UserKey::sis("Y")];
    let team = Team::named("Team 1").at_least(members);
    let policy = Policy::default().unknown_keys(UnknownKeys::Skip);
    let plan = one_team().plan_by(&roster().team(team), &policy);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:3:none->12"]);
    assert_eq!(found(&plan, Kind::PersonSkipped).len(), 2);
}

#[test]
fn an_address_that_two_people_have_is_an_error() {
    let school = one_team()
        .set("/students/0/login", "both@school.edu")
        .set("/students/2/login", "Both@school.edu");
    let team = Team::named("Team 1").at_least([UserKey::login("both@school.edu")]);
    let plan = school.plan(&roster().team(team));
    error(&plan, Kind::PersonAmbiguous);
    assert!(plan.is_empty());
}

#[test]
fn keys_of_a_row_that_name_two_people_are_an_error() {
    let both = Member::new(UserId::new(1))
        .and(UserKey::sis("S002"))
        .line(5);
    let plan = one_team().plan(&roster().team(Team::named("Team 1").at_least([both])));
    let finding = error(&plan, Kind::PersonKeysDisagree);
    assert_eq!(finding.lines, [5]);
    assert!(finding.text.starts_with("user 1 and S002 are two people"));
}

#[test]
fn no_key_steps_in_for_another_that_finds_nobody() {
    let both = Member::new(UserKey::sis("S001")).and(UserKey::login("nobody"));
    let policy = Policy::default().unknown_keys(UnknownKeys::Skip);
    let plan = one_team().plan_by(
        &roster().team(Team::named("Team 1").at_least([both])),
        &policy,
    );
    error(&plan, Kind::PersonKeysDisagree);
}

#[test]
fn keys_that_are_not_shown_find_nobody_and_say_which_right_is_missing() {
    let school = one_team().set(
        "/rights",
        canvas_groups::serde_json::json!({"user_sis_ids_shown": false}),
    );
    let team = |member: Member| roster().team(Team::named("Team 1").at_least([member]));
    let plan = school.plan(&team(UserKey::sis("S003").into()));
    let finding = error(&plan, Kind::KeysHidden);
    assert!(finding.text.contains("to read SIS data"), "{finding}");
    // A key beside it that can be looked up is enough, and one warning says what is not checked.
    let plan = school.plan(&team(Member::new(UserId::new(3)).and(UserKey::sis("S003"))));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:3:none->12"]);
    assert!(
        warning(&plan, Kind::KeysHidden)
            .text
            .starts_with("the SIS ids beside the Canvas ids cannot be checked"),
        "{plan}"
    );
}

#[test]
fn keys_that_cannot_be_checked_beside_others_are_one_warning_however_many_there_are() {
    use canvas_groups::serde_json::json;
    let both = |id: u64| {
        Member::new(login(id))
            .and(UserKey::sis("whatever"))
            .line(id)
    };
    fn login(id: u64) -> UserKey {
        UserKey::login(format!("user{id}"))
    }
    let wish = roster().team(Team::named("New").at_least((1..=20).map(both)));
    let hidden = School::with(20).set("/rights", json!({"user_sis_ids_shown": false}));
    let plan = hidden.plan(&wish);
    no_errors(&plan);
    let finding = warning(&plan, Kind::KeysHidden);
    assert_eq!(finding.count, 1);
    assert!(
        finding
            .text
            .starts_with("the SIS ids beside the logins cannot be checked"),
        "{finding}"
    );
    let sis_first = |id: u64| Member::new(UserKey::sis(format!("S{id:03}"))).and(login(id));
    let wish = roster().team(Team::named("New").at_least((1..=20).map(sis_first)));
    let hidden = School::with(20).set("/rights", json!({"logins_shown": false}));
    let text = &warning(&hidden.plan(&wish), Kind::KeysHidden).text.clone();
    assert!(text.starts_with("the logins beside the SIS ids"), "{text}");
    // Shown, they are checked.
    assert!(found(&School::with(20).plan(&wish), Kind::KeysHidden).is_empty());
    // Of teams.
    let hidden = School::with(1)
        .group(12, "One", [1])
        .set("/rights", json!({"group_sis_ids_shown": false}));
    let wish = roster().team(Team::id(GroupId::new(12)).and(GroupKey::sis("P-9")));
    let plan = hidden.plan(&wish);
    assert!(
        warning(&plan, Kind::SisIdsHidden)
            .text
            .starts_with("the SIS ids of teams beside their Canvas ids cannot be checked"),
        "{plan}"
    );
}

#[test]
fn two_keys_of_one_person_in_two_teams_are_an_error_with_both_lines() {
    let school = one_team().group(17, "Team 2", []);
    let plan = school.plan(
        &roster()
            .team(Team::named("Team 1").at_least([Member::new(UserKey::sis("S003")).line(2)]))
            .team(Team::named("Team 2").at_least([Member::new(UserKey::login("user3")).line(9)])),
    );
    let finding = error(&plan, Kind::PersonInTwo);
    assert_eq!(finding.lines, [2, 9]);
    assert!(plan.is_empty());
}

#[test]
fn twice_in_one_team_is_a_note() {
    let twice = [
        Member::new(UserKey::sis("S003")),
        Member::new(UserKey::login("user3")),
    ];
    let plan = one_team().plan(&roster().team(Team::named("Team 1").at_least(twice)));
    no_errors(&plan);
    assert_eq!(found(&plan, Kind::PersonTwice).len(), 1);
    assert_eq!(ids(&plan), ["place:3:none->12"]);
}

#[test]
fn wanted_in_and_out_is_an_error() {
    let team = Team::named("Team 1")
        .at_least([UserKey::sis("S003")])
        .without([UserKey::login("user3")]);
    error(&one_team().plan(&roster().team(team)), Kind::PersonInTwo);
    let roster = roster()
        .team(Team::named("Team 1").at_least([UserKey::sis("S003")]))
        .in_no_team([UserKey::sis("S003")]);
    error(&one_team().plan(&roster), Kind::PersonInTwo);
}

#[test]
fn two_hundred_keys_of_nobody_are_one_finding_with_the_first_lines() {
    let members = (1..=200).map(|line| Member::new(UserKey::sis(format!("X{line:03}"))).line(line));
    let plan = one_team().plan(&roster().team(Team::named("Team 1").at_least(members)));
    let finding = error(&plan, Kind::PersonUnknown);
    assert_eq!(finding.count, 200);
    assert_eq!(finding.lines, [1, 2, 3, 4, 5]);
    assert_eq!(
        finding.to_string(),
        "rows 1, 2, 3, 4, 5: 200 people are not active students of the course, first: X001 is not \
         an active student of the course"
    );
}

#[test]
fn all_errors_are_told_and_not_the_first() {
    let wish = roster()
        .team(Team::id(GroupId::new(99)))
        .team(Team::named("team 1"))
        .team(Team::named("New").limit(1).at_least([UserKey::sis("X")]));
    let plan = one_team().plan(&wish);
    for kind in [
        Kind::TeamUnknown,
        Kind::NearMiss,
        Kind::LimitInvalid,
        Kind::PersonUnknown,
    ] {
        error(&plan, kind);
    }
}

#[test]
fn ids_above_two_to_the_53_are_exact() {
    let big = 43_460_000_000_000_001_u64;
    let school = one_team().set("/students/2/id", big);
    let plan = school.plan(&roster().team(Team::named("Team 1").at_least(users([big]))));
    assert_eq!(ids(&plan), [format!("place:{big}:none->12")]);
    let plan = school.plan(&roster().team(Team::named("Team 1").at_least(users([big + 1]))));
    error(&plan, Kind::PersonUnknown);
}

#[test]
fn a_set_in_another_course_and_a_snapshot_of_another_set_are_errors() {
    let team = || Team::named("Team 1").at_least(users([3]));
    let plan = one_team().plan(&roster().must_be_in(CourseId::new(8)).team(team()));
    error(&plan, Kind::OtherCourse);
    let other = Roster::of(canvas_groups::CategoryId::new(5)).team(team());
    error(&one_team().plan(&other), Kind::OtherSet);
    let other = Roster::in_course(CourseId::new(7), "Labs").team(team());
    error(&one_team().plan(&other), Kind::OtherSet);
    no_errors(&one_team().plan(&Roster::in_course(CourseId::new(7), " Projects").team(team())));
    no_errors(&one_team().plan(&Roster::of(SET).must_be_in(CourseId::new(7)).team(team())));
}

#[test]
fn a_set_that_does_not_exist_yet_is_made_by_policy_alone() {
    let school = School::with(2).set("/set", None::<String>);
    let wish = Roster::in_course(CourseId::new(7), "Labs")
        .team(Team::named("Lab 1").members(users([1, 2])));
    error(&school.plan(&wish), Kind::SetMissing);
    let policy = Policy::default().missing_set(MissingSet::Make);
    let plan = school.plan_by(&wish, &policy);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["set:Labs", "create:name:Lab 1"]);
    // A set that was renamed by hand would be made a second time.
    let among = |sets: &[&str]| {
        let school = School::with(2).set("/set", None::<String>);
        school
            .set("/other_sets", sets.to_vec())
            .plan_by(&wish, &policy)
    };
    assert!(found(&among(&[]), Kind::SetMissing).is_empty());
    let plan = among(&["A", "B", "C", "D", "E", "F", "G"]);
    assert_eq!(
        warning(&plan, Kind::SetMissing).text,
        "the set \"Labs\" is made, beside \"A\", \"B\", \"C\", \"D\", \"E\", 2 others: if one of \
         them is the same under a new name, go by its id"
    );
    assert!(
        !among(&["A", "B", "C", "D", "E"])
            .to_string()
            .contains("other")
    );
    assert_eq!(plan.steps[1].needs[0].as_str(), "set:Labs");
    assert_eq!(
        crate::calls(&plan),
        [
            "POST courses/7/group_categories\n\n{\"name\":\"Labs\"}",
            "POST group_categories/4/groups\n\n{\"name\":\"Lab 1\",\"invitees\":{\"1\":\"1\",\"2\":\"1\"}}",
        ]
    );
    let near = school.set("/other_sets", vec!["labs"]);
    error(&near.plan_by(&wish, &policy), Kind::NearMiss);
}

#[test]
fn a_skipped_row_keeps_its_team_from_losing_anybody() {
    let school = one_team().group(17, "Team 2", [3]);
    let wish = roster()
        .team(Team::named("Team 1").members([UserKey::sis("S001"), UserKey::sis("X")]))
        .team(Team::named("Team 2").no_members());
    let policy = Policy::default().unknown_keys(UnknownKeys::Skip);
    let plan = school.plan_by(&wish, &policy);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:17"]);
    warning(&plan, Kind::PersonSkipped);
    // The one who is removed from the other team may be the one who was skipped.
    warning(&plan, Kind::SkippedMayLose);
    assert_eq!(found(&plan, Kind::KeptForSkipped).len(), 1);
}

#[test]
fn an_invited_student_whom_the_snapshot_shows_is_a_student() {
    let school = one_team().set("/students/2/is_invited", true);
    let plan = school.plan(&roster().team(Team::named("Team 1").at_least([UserKey::sis("S003")])));
    assert_eq!(ids(&plan), ["place:3:none->12"]);
}

#[test]
fn rows_as_an_export_has_them_plan_to_nothing() {
    // All keys of each person and team; staff and inactive members, an over-full team, and somebody
    // in two teams, who is listed in one.
    let school = School::with(5)
        .group(12, "Team 1", [1, 2, 3])
        .but("limit", 2)
        .but("others", 1)
        .group(17, "Team 2", [3, 4])
        .but("sis_id", "P-2");
    let row = |id: u64| {
        Member::new(UserId::new(id))
            .and(UserKey::sis(format!("S{id:03}")))
            .and(UserKey::login(format!("user{id}")))
    };
    let team = |id: u64, name: &str| Team::id(GroupId::new(id)).and(GroupKey::name(name));
    let plan = school.plan(
        &roster()
            .team(team(12, "Team 1").members([1, 2, 3].map(row)))
            .team(
                team(17, "Team 2")
                    .and(GroupKey::sis("P-2"))
                    .members([4].map(row)),
            ),
    );
    no_errors(&plan);
    assert!(plan.is_empty(), "{plan}");
    warning(&plan, Kind::InSeveral);
}

#[test]
fn who_left_the_course_and_should_be_in_no_team_is_only_noted_when_named_by_a_canvas_id() {
    // Students 8 and 9 were in no team when the snapshot was taken.
    let before = School::with(9).group(12, "Team 1", [1, 2]);
    let back = Roster::from(&before.snapshot());
    let now = School::with(7).group(12, "Team 1", [1, 2]);
    let plan = now.plan(&back);
    no_errors(&plan);
    assert!(plan.is_empty(), "{plan}");
    let notes = found(&plan, Kind::PersonSkipped);
    let texts: Vec<_> = notes.iter().map(|note| &*note.text).collect();
    assert_eq!(notes.len(), 2, "{texts:?}");
    assert!(texts[0].contains("user 8 ") && texts[1].contains("user 9 "));
    assert!(notes.iter().all(|note| note.severity == Severity::Note));
    // Who was in a team is missed in it, and a row that names somebody may be mistyped.
    let plan = School::with(1).group(12, "Team 1", [1]).plan(&back);
    assert!(plan.has_errors());
    for typed in [UserKey::sis("S099"), UserKey::login("user99")] {
        let plan = now.plan(&roster().in_no_team([typed]));
        error(&plan, Kind::PersonUnknown);
    }
    // So may a number in a file.
    let columns = Columns::new().without_team_is_out();
    let file = roster().with_csv("canvas_user_id,group_name\n99,\n", &columns);
    error(&now.plan(&file.unwrap()), Kind::PersonUnknown);
}

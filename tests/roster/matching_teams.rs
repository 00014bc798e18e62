//! Which group is meant.

use canvas_groups::{
    GroupId,
    csv::GroupKey,
    roster::{Change, FindingKind as Kind, MissingTeams, Policy, Severity, SisIds, Team},
};

use crate::{School, error, found, ids, no_errors, roster, users, warning};

fn one_team() -> School {
    School::with(3).group(12, "Team 1", [1, 2])
}

#[test]
fn space_around_a_name_and_the_form_of_its_accents_do_not_count() {
    let school = School::with(1).group(12, "Zoe\u{308} ", []);
    for name in ["Zoë", " Zoë\t", "\u{a0}Zoe\u{308}"] {
        let plan = school.plan(&roster().team(Team::named(name).at_least(users([1]))));
        no_errors(&plan);
        assert_eq!(ids(&plan), ["place:1:none->12"], "{name:?}");
    }
}

#[test]
fn a_near_miss_makes_nothing_and_names_the_live_team() {
    for name in ["team 1", "Team  1", "Team1", "Team\u{a0}1"] {
        let plan = one_team().plan(&roster().team(Team::named(name).at_least(users([3])).line(2)));
        let finding = error(&plan, Kind::NearMiss);
        assert!(finding.text.contains("\"Team 1\" (12)"), "{finding}");
        assert_eq!(finding.lines, [2]);
    }
    let plan = School::with(0).plan(&roster().team(Team::named("A b")).team(Team::named("a B")));
    error(&plan, Kind::NearMiss);
}

#[test]
fn no_team_is_matched_by_a_part_of_its_name() {
    let school = School::with(1).group(12, "Team 11", []);
    let plan = school.plan(&roster().team(Team::named("Team 1").at_least(users([1]))));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["create:name:Team 1"]);
}

#[test]
fn two_live_groups_of_one_name_are_an_error_with_both_ids() {
    let school = one_team().group(17, "Team 1", []);
    let plan = school.plan(&roster().team(Team::named("Team 1").at_least(users([3]))));
    let finding = error(&plan, Kind::NameAmbiguous);
    assert!(finding.text.contains("12 and 17"), "{finding}");
    // An id that claims one of them settles it.
    let both = roster()
        .team(Team::id(GroupId::new(12)).name("Team A"))
        .team(Team::named("Team 1").at_least(users([3])));
    let plan = school.plan(&both);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["rename:12", "place:3:none->17"]);
}

#[test]
fn an_id_of_another_set_is_an_error() {
    let plan = one_team().plan(&roster().team(Team::id(GroupId::new(99)).at_least(users([3]))));
    error(&plan, Kind::TeamUnknown);
    assert!(plan.is_empty());
}

#[test]
fn keys_of_a_team_that_disagree_are_an_error() {
    let school = one_team().group(17, "Team 2", []).but("sis_id", "P-2");
    for team in [
        Team::id(GroupId::new(12)).and(GroupKey::name("Team 2")),
        Team::id(GroupId::new(12)).and(GroupKey::sis("P-2")),
        Team::new(GroupKey::sis("P-2")).and(GroupKey::name("Team 3")),
        Team::named("Team 1").and(GroupKey::name("Team 2")),
    ] {
        let plan = school.plan(&roster().team(team.at_least(users([3])).line(4)));
        assert_eq!(error(&plan, Kind::TeamKeysDisagree).lines, [4]);
        assert!(plan.is_empty());
    }
}

#[test]
fn an_sis_id_of_nobody_and_its_name_on_a_live_group_is_adopted_by_policy_alone() {
    let wish = roster().team(Team::sis("P-1", "Team 1").at_least(users([3])));
    let plan = one_team().plan(&wish);
    let finding = error(&plan, Kind::SisIdDiffers);
    assert!(finding.text.contains("SisIds::Adopt"), "{finding}");
    assert!(plan.is_empty());

    let policy = Policy::default().sis_ids(SisIds::Adopt);
    let plan = one_team().plan_by(&wish, &policy);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["adopt:12:P-1", "place:3:none->12"]);

    // A group that has another SIS id is another team.
    let other = one_team().but("sis_id", "P-9");
    error(&other.plan_by(&wish, &policy), Kind::SisIdDiffers);
}

#[test]
fn an_sis_id_of_a_team_that_differs_in_case_or_zeros_makes_nothing() {
    let school = one_team().but("sis_id", "P-01");
    for id in ["p-01", "0P-01"] {
        let plan = school.plan(&roster().team(Team::sis(id, "New").at_least(users([3]))));
        let finding = error(&plan, Kind::NearMiss);
        assert!(finding.text.contains("there is P-01"), "{finding}");
        assert!(plan.is_empty());
    }
}

#[test]
fn teams_that_are_made_by_name_are_told() {
    let plan = one_team().plan(
        &roster()
            .team(Team::named("New"))
            .team(Team::sis("P-2", "Other")),
    );
    let [finding] = *found(&plan, Kind::MadeByName) else {
        panic!("{plan}");
    };
    assert!(
        finding.text.contains("\"New\" is made by name"),
        "{finding}"
    );
}

#[test]
fn sis_ids_that_are_known_serve_though_others_are_hidden() {
    let school = School::with(1)
        .group(11, "One", [1])
        .but("sis_id", "P-1")
        .group(12, "Two", [])
        .set(
            "/rights",
            canvas_groups::serde_json::json!({"group_sis_ids_shown": false}),
        );
    let known = roster().team(Team::new(GroupKey::sis("P-1")).members(users([1])));
    assert!(school.plan(&known).is_empty());
    assert!(!school.plan(&known).has_errors());
    let other = roster().team(Team::sis("P-2", "Two"));
    error(&school.plan(&other), Kind::SisIdsHidden);
}

#[test]
fn where_sis_ids_are_hidden_no_team_is_made() {
    use canvas_groups::serde_json::json;
    let wish = roster().team(Team::sis("P-1", "New").at_least(users([3])));
    for right in ["group_sis_ids_shown", "group_sis_ids_writable"] {
        let school = one_team().set("/rights", json!({ right: false }));
        let plan = school.plan(&wish);
        error(&plan, Kind::SisIdsHidden);
        assert!(plan.is_empty());
    }
    // A team that is there under its SIS id needs no right to write one.
    let school = School::with(3)
        .group(12, "New", [])
        .but("sis_id", "P-1")
        .set("/rights", json!({"group_sis_ids_writable": false}));
    assert_eq!(ids(&school.plan(&wish)), ["place:3:none->12"]);
}

#[test]
fn two_teams_that_would_end_with_one_name_are_an_error() {
    let school = one_team().group(17, "Team 2", []);
    let plan = school.plan(&roster().team(Team::id(GroupId::new(17)).name("Team 1")));
    error(&plan, Kind::NameTaken);
    let plan = school.plan(
        &roster()
            .team(Team::sis("P-1", "Team 9"))
            .team(Team::named("Team 9")),
    );
    error(&plan, Kind::NameTaken);
}

#[test]
fn names_that_are_swapped_are_renamed() {
    let school = one_team().group(17, "Team 2", []);
    let plan = school.plan(
        &roster()
            .team(Team::id(GroupId::new(12)).name("Team 2"))
            .team(Team::id(GroupId::new(17)).name("Team 1")),
    );
    no_errors(&plan);
    assert_eq!(ids(&plan), ["rename:12", "rename:17"]);
}

#[test]
fn a_team_is_found_by_a_former_name_and_renamed() {
    let team = Team::named("Bridges")
        .previously("Team 0")
        .previously("Team 1");
    let plan = one_team().plan(&roster().team(team.members(users([1, 2]))));
    no_errors(&plan);
    let Change::Rename(rename) = &plan.steps[0].change else {
        panic!("{plan}");
    };
    assert_eq!((&*rename.from, &*rename.to), ("Team 1", "Bridges"));
    assert_eq!(plan.steps.len(), 1);
}

#[test]
fn a_former_name_that_is_nearly_right_is_an_error_and_makes_no_twin() {
    let school = School::with(4)
        .group(12, "Team 1", [1, 2])
        .group(17, "Team 3", [3]);
    let wish = |former: &str| {
        Team::named("Bridges")
            .previously(former)
            .at_least(users([4]))
    };
    for former in ["team 3", "Team  3", "TEAM3"] {
        let plan = school.plan(&roster().team(wish(former)));
        let finding = error(&plan, Kind::NearMiss);
        assert!(finding.text.contains("\"Team 3\" (17)"), "{finding}");
        assert!(plan.is_empty());
    }
    // One that is right settles it, and so does a team that is listed.
    let plan = school.plan(&roster().team(wish("team 3").previously("Team 1")));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["rename:12", "place:4:none->12"]);
    let plan = school.plan(&roster().team(wish("team 3")).team(Team::named("Team 3")));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["create:name:Bridges"]);
}

#[test]
fn a_team_that_was_renamed_by_hand_makes_no_twin() {
    let school = School::with(4).group(12, "Bridges", [1, 2, 3]);
    let plan = school.plan(&roster().team(Team::named("Team 1").members(users([1, 2, 4]))));
    let finding = error(&plan, Kind::Renamed);
    assert!(finding.text.contains("\"Bridges\" (12)"), "{finding}");
    // Settled by its id, by a former name, or by listing both.
    for settled in [
        roster().team(Team::id(GroupId::new(12)).members(users([1, 2, 4]))),
        roster().team(
            Team::named("Team 1")
                .previously("Bridges")
                .members(users([1, 2, 4])),
        ),
        roster()
            .team(Team::named("Team 1").members(users([1, 2, 4])))
            .team(Team::named("Bridges")),
    ] {
        no_errors(&school.plan(&settled));
    }
}

#[test]
fn more_than_half_of_both_teams_is_an_error_and_half_of_the_new_one_a_warning() {
    // How many people the old team has, how many of them come, and how many others.
    for old in 1..=6_u64 {
        for (shared, others) in (1..=old).flat_map(|it| (0..=6_u64).map(move |other| (it, other))) {
            let school = School::with(20).group(12, "Old", 1..=old);
            let members = (1..=shared).chain(10..10 + others);
            let wish = roster().team(Team::named("New").members(users(members)));
            let plan = school.plan(&wish);
            let new = shared + others;
            let case = format!("{shared} of {old} in a team of {new}");
            let expected = match (2 * shared > new && 2 * shared > old, 2 * shared >= new) {
                (true, _) => Some(Severity::Error),
                (false, true) if shared > 1 => Some(Severity::Warning),
                _ => None,
            };
            let severities: Vec<_> = found(&plan, Kind::Renamed)
                .iter()
                .map(|finding| finding.severity)
                .collect();
            assert_eq!(severities, Vec::from_iter(expected), "{case}");
            assert_eq!(
                plan.has_errors(),
                expected == Some(Severity::Error),
                "{case}"
            );
            // Both are listed, so nothing is asked.
            let listed = school.plan(&wish.team(Team::named("Old")));
            assert!(found(&listed, Kind::Renamed).is_empty(), "{case}");
        }
    }
}

#[test]
fn a_question_about_a_new_name_says_whose_people_they_are() {
    let wish = |members: &[u64]| {
        let members = users(members.iter().copied());
        roster().team(Team::named("New").members(members))
    };
    let school = School::with(11).group(12, "Old", 1..=7);
    let plan = school.plan(&wish(&[1, 2, 3, 8]));
    let finding = warning(&plan, Kind::Renamed);
    assert!(
        finding.text.contains("3 of the people of \"Old\" (12)"),
        "{finding}"
    );
    let plan = school.plan(&wish(&[1, 2, 3, 4, 8]));
    let finding = error(&plan, Kind::Renamed);
    assert!(
        finding
            .text
            .contains("mostly of the people of \"Old\" (12)"),
        "{finding}"
    );
}

#[test]
fn missing_teams_are_made_or_refused() {
    let wish = roster().team(Team::named("New").at_least(users([3])));
    assert_eq!(ids(&one_team().plan(&wish)), ["create:name:New"]);
    let policy = Policy::default().missing_teams(MissingTeams::Refuse);
    let plan = one_team().plan_by(&wish, &policy);
    error(&plan, Kind::TeamMissing);
    assert!(plan.is_empty());
}

#[test]
fn names_may_be_of_emoji_and_have_slashes_and_255_characters() {
    for name in ["🚀🚀".to_owned(), "a/b".to_owned(), "é".repeat(255)] {
        let plan = one_team().plan(&roster().team(Team::named(&*name).at_least(users([3]))));
        no_errors(&plan);
        assert_eq!(ids(&plan), [format!("create:name:{name}")]);
    }
    for name in ["x".repeat(256), " ".to_owned(), String::new()] {
        let plan = one_team().plan(&roster().team(Team::named(&*name).at_least(users([3]))));
        error(&plan, Kind::NameInvalid);
    }
}

#[test]
fn teams_whose_names_are_two_flags_are_two_teams() {
    let flags = ["gbeng", "gbsct"].map(|place| {
        let letters = place.chars().map(|c| 0xe0000 + u32::from(c));
        let letters: String = letters.filter_map(char::from_u32).collect();
        format!("\u{1f3f4}{letters}\u{e007f}")
    });
    let wish = |names: &[&String]| {
        let teams = names.iter().zip(1..);
        roster().teams(teams.map(|(name, user)| Team::named(*name).members(users([user]))))
    };
    let [england, scotland] = &flags;
    let plan = School::with(2).plan(&wish(&[england, scotland]));
    no_errors(&plan);
    let made = [england, scotland].map(|name| format!("create:name:{name}"));
    assert_eq!(ids(&plan), made);
    // And one that is there is not taken for the other.
    let school = School::with(2).group(12, england, [1]);
    let plan = school.plan(&wish(&[england, scotland]));
    no_errors(&plan);
    assert_eq!(ids(&plan), made[1..]);
}

#[test]
fn a_team_that_is_listed_twice_is_one_team_if_the_wishes_agree() {
    let part = |id| Team::named("Team 1").members(users([id])).line(id);
    let plan = one_team().plan(&roster().team(part(1)).team(part(3)).team(part(2)));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:3:none->12"]);
    let plan = one_team().plan(
        &roster()
            .team(part(1))
            .team(part(2).limit(5))
            .team(part(3).limit(6)),
    );
    assert_eq!(error(&plan, Kind::TeamListedTwice).lines, [1, 2, 3]);
}

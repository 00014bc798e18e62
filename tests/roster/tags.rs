//! Sets of differentiation tags, of which a student may have several.

use canvas_groups::{
    CourseId, GroupId, UserId,
    roster::{FindingKind as Kind, MissingSet, Policy, Roster, Team, Unlisted},
    serde_json,
};

use crate::{School, calls, error, found, ids, model::Model, no_errors, roster, users};

fn tags() -> School {
    School::with(6)
        .set("/is_tags", true)
        .group(12, "Slow", [1, 2])
        .group(17, "Audio", [1, 3])
}

#[test]
fn a_student_may_have_several_tags() {
    let school = tags();
    let plan = school.plan(
        &roster()
            .team(Team::named("Slow").members(users([1, 2, 4])))
            .team(Team::named("Audio").members(users([1, 4]))),
    );
    no_errors(&plan);
    assert!(found(&plan, Kind::InSeveral).is_empty());
    assert_eq!(ids(&plan), ["give:12", "give:17", "take:17"]);
    assert_eq!(
        calls(&plan),
        [
            "POST groups/12/memberships\n\n{\"members\":[4]}",
            "POST groups/17/memberships\n\n{\"members\":[4]}",
            "DELETE groups/17/users?user_ids%5B%5D=3",
        ]
    );
    let totals = plan.totals();
    assert_eq!(
        (totals.placed, totals.removed, totals.moved, totals.notices),
        (2, 1, 0, 0)
    );
    let mut model = Model::of(&school.snapshot());
    model.apply(&plan);
    assert_eq!(
        model.teams_of(UserId::new(4)),
        [GroupId::new(12), GroupId::new(17)]
    );
}

#[test]
fn a_tag_that_is_not_taken_is_told() {
    let wish = roster().team(Team::named("Slow").without(users([1])));
    assert_eq!(ids(&tags().plan(&wish)), ["take:12"]);
    let plan = tags().plan_by(&wish, &Policy::add_only());
    assert!(plan.is_empty());
    assert_eq!(found(&plan, Kind::NotRemoved).len(), 1);
}

#[test]
fn tags_are_made_and_renamed_in_one_call_and_deleted_last() {
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let wish = roster()
        .team(Team::id(GroupId::new(12)).name("Steady"))
        .team(Team::named("Video").members(users([5])))
        .team(Team::named("Braille").members(users([5, 6])));
    let plan = tags().plan_by(&wish, &policy);
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        [
            "tags:1",
            "give:name:Braille",
            "give:name:Video",
            "take:17",
            "delete:17"
        ]
    );
    assert_eq!(plan.steps[1].needs[0].as_str(), "tags:1");
    assert_eq!(plan.steps[4].needs[0].as_str(), "take:17");
    assert_eq!(
        calls(&plan)[0],
        "POST courses/7/group_categories/bulk_manage_differentiation_tag\n\n\
         {\"operations\":{\"create\":[{\"name\":\"Braille\"},{\"name\":\"Video\"}],\
         \"update\":[{\"id\":12,\"name\":\"Steady\"}],\"delete\":[]},\"group_category\":{\"id\":4}}"
    );
    assert!(
        plan.to_string().contains("  > S005 Name 5: gets Video\n"),
        "{plan}"
    );
}

#[test]
fn a_new_set_of_tags_is_made_with_its_first_tags() {
    let school = School::with(2)
        .set("/is_tags", true)
        .set("/set", None::<String>);
    let wish = Roster::tags_in_course(CourseId::new(7), "Reading")
        .team(Team::named("Audio").members(users([1])));
    let plan = school.plan_by(&wish, &Policy::default().missing_set(MissingSet::Make));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["tags:1", "give:name:Audio"]);
    assert!(calls(&plan)[0].ends_with("\"group_category\":{\"name\":\"Reading\"}}"));
    assert_eq!(plan.totals().sets_made, 1);
}

#[test]
fn a_roster_of_tags_is_not_compared_with_groups_nor_one_of_groups_with_tags() {
    let course = CourseId::new(7);
    let make = Policy::default().missing_set(MissingSet::Make);
    let sets = [
        Roster::in_course(course, "Projects"),
        Roster::tags_in_course(course, "Projects"),
    ];
    for (is_there, is_tags) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut school = School::with(2).set("/is_tags", is_tags);
        if !is_there {
            school = school.set("/set", None::<String>);
        }
        let [mine, other] = [is_tags, !is_tags].map(|kind| sets[usize::from(kind)].clone());
        let team = || Team::named("One").members(users([1]));
        no_errors(&school.plan_by(&mine.team(team()), &make));
        let plan = school.plan_by(&other.team(team()), &make);
        let finding = error(&plan, Kind::OtherSet);
        assert!(
            finding.text.contains("take a snapshot of the roster's set"),
            "{finding}"
        );
    }
    // What a snapshot is made into knows which kind it is of.
    let back = Roster::from(&tags().snapshot());
    error(&School::with(2).plan(&back), Kind::OtherSet);
    let copy = back.copied_to(CourseId::new(8), "Copy");
    assert_eq!(
        copy.set,
        Roster::tags_in_course(CourseId::new(8), "Copy").set
    );
    let stored = serde_json::to_string(&copy).unwrap();
    assert_eq!(serde_json::from_str::<Roster>(&stored).unwrap(), copy);
    // A roster that was stored before there was a choice is one of groups.
    let groups = serde_json::to_string(&sets[0]).unwrap();
    assert!(!groups.contains("is_tags"), "{groups}");
}

#[test]
fn a_set_has_ten_tags_and_a_course_forty() {
    let new = |count: u64| roster().teams((1..=count).map(|tag| Team::named(format!("Tag {tag}"))));
    no_errors(&tags().plan(&new(8)));
    error(&tags().plan(&new(9)), Kind::TooManyTags);
    no_errors(&tags().set("/other_tags", 30).plan(&new(8)));
    error(
        &tags().set("/other_tags", 31).plan(&new(8)),
        Kind::TooManyTags,
    );
}

#[test]
fn limits_leaders_and_sis_ids_are_not_for_tags() {
    for team in [
        Team::named("Slow").limit(3),
        Team::named("Slow").leader(UserId::new(1)),
        Team::sis("T-1", "New"),
    ] {
        error(&tags().plan(&roster().team(team)), Kind::NotForTags);
    }
}

#[test]
fn a_new_tag_may_share_people_with_one_that_is_not_listed_unless_it_has_just_the_same() {
    let plan = |members: &[u64]| {
        let members = users(members.iter().copied());
        tags().plan(&roster().team(Team::named("New").members(members)))
    };
    let finding = error(&plan(&[1, 2]), Kind::Renamed).clone();
    assert!(finding.text.contains("\"Slow\" (12)"), "{finding}");
    for members in [&[1, 2, 3][..], &[1, 2, 3, 4], &[1, 2, 4]] {
        let plan = plan(members);
        no_errors(&plan);
        assert!(!found(&plan, Kind::Renamed).is_empty(), "{plan}");
    }
    for members in [&[1][..], &[1, 4], &[1, 2, 4, 5, 6]] {
        let plan = plan(members);
        assert!(found(&plan, Kind::Renamed).is_empty(), "{plan}");
    }
    // Whoever wants both lists both.
    let both = roster()
        .team(Team::named("New").members(users([1, 2])))
        .team(Team::named("Slow"));
    no_errors(&tags().plan(&both));
}

//! The dry run, as people read it.

use canvas_groups::{
    GroupId, UserId,
    csv::UserKey,
    roster::{Finding, FindingKind, Member, Severity, Team},
    serde_json::{self, json},
};

use crate::{School, roster, users};

fn school() -> School {
    School::with(12)
        .set("/students/0/name", "Ada Moreno")
        .set(
            "/students/11",
            json!({"id": 12, "name": "Zoë | Quist", "login": "zquist"}),
        )
        .group(12, "Team 1", [1, 2, 3])
        .group(17, "Team 3", [])
        .group(20, "Left", [4, 5, 6, 7, 8, 9])
        .group(21, "Left too", [10, 11, 12])
}

fn plan() -> canvas_groups::roster::Plan {
    let plan = school().plan(
        &roster()
            .team(Team::named("Team 1").members([2].map(UserId::new)))
            .team(Team::named("Team 3").members([
                Member::new(UserKey::sis("S001")).line(2),
                Member::new(UserKey::sis("S077")).line(12),
            ]))
            .team(Team::sis("P-61", "Team 61").members([UserKey::login("zquist")])),
    );
    assert!(plan.has_errors());
    plan
}

#[test]
fn a_plan_prints_what_it_would_do_what_is_wrong_and_what_it_comes_to() {
    assert_eq!(
        plan().to_string(),
        "\
Group set \"Projects\" (4), course 7. Read 2026-03-02 02:00:00 UTC.
  + Team 61 (P-61): 1 student
  > zquist Zoë | Quist: Left too -> Team 61
  > S001 Ada Moreno: Team 1 -> Team 3
  - S003 Name 3: Team 1 -> (none)
  !! row 12: S077 is not an active student of the course
  i \"Team 3\" (17) loses nobody, because somebody on its list is not known and may be in it under \
another key
Plan: 1 team made; 2 moved, 1 removed; 9 as they are; 1 team not listed, left alone (6 students). \
3 calls and 1 to verify, about a second; at most 2 students are notified.
"
    );
}

#[test]
fn a_plan_without_changes_says_so() {
    let plan = school().plan(&roster().team(Team::named("Team 3")));
    assert_eq!(
        plan.to_string(),
        "Group set \"Projects\" (4), course 7. Read 2026-03-02 02:00:00 UTC.\n\
         Plan: nothing to change; 12 as they are; 3 teams not listed, left alone (12 students). \
         No calls.\n"
    );
}

#[test]
fn every_kind_of_step_has_a_line() {
    let school = School::with(5)
        .group(12, "A", [1, 2])
        .but("limit", 2)
        .group(17, "B", [3, 4])
        .but("limit", 2)
        .group(20, "Same", [])
        .group(21, "Same", [5])
        .group(22, "Old", []);
    let policy =
        canvas_groups::roster::Policy::default().unlisted(canvas_groups::roster::Unlisted::Delete);
    let plan = school.plan_by(
        &roster()
            .team(
                Team::named("A")
                    .members(users([1, 3]))
                    .leader(UserId::new(3)),
            )
            .team(Team::named("B").members(users([2, 4])))
            .team(Team::id(GroupId::new(20)).members(users([5])).limit(9))
            .team(Team::id(GroupId::new(21)).no_members().name("Other")),
        &policy,
    );
    let text = plan.to_string();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("  i"))
        .collect();
    assert_eq!(
        lines[1..],
        [
            "  ~ Same (21): renamed to Other",
            "  > S005 Name 5: Same (21) -> Same (20)",
            "  > S003 Name 3: B -> A",
            "  > S002 Name 2: A -> B",
            "  ~ Same (20): no limit -> 9",
            "  ~ A: led by S003 Name 3",
            "  x Old: deleted",
            "Plan: 1 team renamed, 1 limit set, 1 leader set, 1 team deleted; 3 moved; \
             2 as they are. 9 calls and 3 to verify, about 3 seconds; at most 3 students are notified.",
        ]
    );
}

#[test]
fn without_names_nobody_is_named() {
    let plan = plan().without_names();
    let texts = [
        plan.to_string(),
        plan.to_markdown(),
        serde_json::to_string(&plan).unwrap(),
    ];
    for text in texts {
        for name in ["Ada", "Zoë", "Name 3", "zquist", "S001", "S003", "S077"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
    }
    let text = plan.to_string();
    assert!(text.contains("  > user 1: Team 1 -> Team 3\n"), "{text}");
    assert!(
        text.contains("  !! row 12: people are not active students of the course (1)\n"),
        "{text}"
    );
}

#[test]
fn a_table_in_markdown_escapes_what_could_be_read_as_markup() {
    let text = plan().to_markdown();
    assert!(
        text.contains("\n| `+` | Team 61 (P-61) | 1 student |\n"),
        "{text}"
    );
    assert!(
        text.contains("\n| `>` | zquist Zoë \\| Quist | Left too -\\> Team 61 |\n"),
        "{text}"
    );
    assert!(
        text.contains("\n* **Error**: row 12: S077 is not"),
        "{text}"
    );
    assert!(text.contains("\n**Plan:** 1 team made; 2 moved"), "{text}");
}

#[test]
fn no_name_makes_a_line_of_its_own_or_moves_the_cursor() {
    let marks = "\u{202e}\u{2066}\u{2069}\u{200f}\u{61c}\u{200b}\u{feff}\u{ad}\u{e0041}\u{3164}";
    let evil = &format!("A\n  - Everybody\u{1b}[2J\u{9b}31m\r\u{2028}\u{2029}\u{85}{marks}z");
    let school = School::with(3)
        .set("/set/name", evil.as_str())
        .set("/students/2/name", evil.as_str())
        .group(12, evil, [1])
        .but("leader", 1);
    let plan = school.plan(
        &roster()
            .team(Team::id(GroupId::new(12)).members(users([2, 3])))
            .team(Team::named(evil)),
    );
    let lines = 1 + plan.steps.len() + plan.findings.len() + 1;
    let mut report = canvas_groups::roster::Report::new(&plan, plan.taken_at);
    report.stopped = Some(evil.clone());
    for (text, lines) in [(plan.to_string(), lines), (report.to_string(), 3)] {
        assert_eq!(text.lines().count(), lines, "{text}");
        let is_odd = |c: char| c != '\n' && (c.is_control() || "\u{2028}\u{2029}".contains(c));
        assert!(!text.contains(is_odd), "{text:?}");
        assert!(!text.contains(|c| marks.contains(c)), "{text:?}");
    }
    for row in plan.to_markdown().split('\n') {
        assert!(
            !row.contains(|c: char| c.is_control() || marks.contains(c)),
            "{row:?}"
        );
    }
}

#[test]
fn findings_of_a_reader_are_told_with_the_others_errors_first() {
    let noticed = [
        Finding::new(Severity::Error, FindingKind::Input, "the file is cut short").line(3),
        Finding::new(
            Severity::Note,
            FindingKind::Input,
            "the column `colour` is not read",
        ),
    ];
    let plan = school()
        .plan(&roster().team(Team::named("Team 1").members(users([1, 2]))))
        .with_findings(noticed);
    assert!(plan.has_errors());
    let text = plan.to_string();
    assert!(
        text.contains("  !! row 3: the file is cut short\n  i the column"),
        "{text}"
    );
}

#[test]
fn plans_do_not_depend_on_the_reader_for_their_seconds() {
    let plan = School::with(400).plan(&roster().teams((0..100).map(|team| {
        Team::named(format!("Team {team}")).members(users(team * 4 + 1..=team * 4 + 4))
    })));
    let totals = plan.totals();
    assert_eq!((totals.writes, totals.verifications), (100, 1));
    assert_eq!(totals.seconds, 41);
    assert!(plan.to_string().ends_with(
        "100 calls and 1 to verify, about 41 seconds; at most 400 students are notified.\n"
    ));
    let unpublished = School::with(4).set("/course/is_published", false);
    let plan = unpublished.plan(&roster().team(Team::named("A").members(users([1]))));
    assert_eq!(plan.totals().notices, 0);
    assert!(plan.to_string().ends_with("no student is notified.\n"));
}

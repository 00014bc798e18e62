//! What plans and refusals say, in the words of the command line.

use crate::end::plain::plain_lines;

/// Methods that a text names, and the options that stand for them.
const OPTIONS: &[(&str, &str)] = &[
    ("Policy::sis_ids(SisIds::Adopt)", "--adopt-sis-ids"),
    ("Policy::missing_set(MissingSet::Make)", "--make-set"),
    (
        "Policy::missing_teams(MissingTeams::Make)",
        "leaving out --no-new-teams",
    ),
    ("Policy::moves(Moves::Do)", "leaving out --no-moves"),
    ("Policy::doubles(Doubles::Mend)", "--mend-doubles"),
    (
        "Policy::self_signup(SelfSignupSets::Ignore)",
        "--ignore-self-signup",
    ),
    (
        "Policy::submissions(Submissions::Warn)",
        "leaving out --refuse-submissions",
    ),
    ("Policy::rings(Rings::Turn)", "leaving out --no-rings"),
    ("Guard::removals(percent)", "--max-removals"),
    ("Guard::team_removals(percent)", "--max-team-removals"),
    ("Guard::moves(percent)", "--max-moves"),
    ("Guard::renames(percent)", "--max-renames"),
    ("Guard::deletions(teams)", "--max-deletions"),
    ("Guard::max_age(age)", "--max-age"),
    ("Guard::once(&plan)", "--reviewed, with the plan in a file,"),
    (
        "`Columns::group_numbers(\"Team {}\")`",
        "--team-numbers \"Team {}\"",
    ),
    (
        "`Columns::named(heading, Column::Ignored)`",
        "--column HEADING=ignored",
    ),
    (
        "with `Columns::named`, or with `Columns::without_header` if the file has no header",
        "with --column HEADING=COLUMN; if the file has no header, write one",
    ),
];

/// A text for people, in the words of the command line.
pub(crate) fn of_options(text: &str) -> String {
    let text = plain_lines(text);
    OPTIONS
        .iter()
        .fold(text, |text, (method, option)| text.replace(method, option))
}

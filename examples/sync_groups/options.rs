//! What a plan may do, and how much of it.

use std::{path::PathBuf, time::Duration};

use canvas_groups::roster::{
    Column, Columns, Doubles, Extras, Guard, MissingSet, MissingTeams, Moves, Policy, Rings,
    Roster, SelfSignupSets, SisIds, Submissions, TeamBy, UnknownKeys, Unlisted,
};
use clap::{Args, ValueEnum};

use crate::{
    end::Result,
    place::Place,
    sample::Sample,
    set::{Set, first},
};

/// The roster of the fake.
const SAMPLE: &str = include_str!("roster.csv");

#[derive(Args)]
pub(crate) struct RosterFile {
    /// The roster as CSV, with a header: one row for each student, with the team. The fake has one.
    /// `apply` takes a plan, too, whose name ends with .json.
    ///
    /// Students: canvas_user_id, user_id (SIS), login_id. Teams: group_name, canvas_group_id,
    /// group_id (SIS). Further names of columns are known, and `leader` and `status`; what Canvas
    /// exports is read as it is.
    #[arg(value_name = "FILE")]
    roster: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) set: Set,
    #[command(flatten)]
    columns: Reading,
    #[command(flatten)]
    pub(crate) policy: Rules,
}

#[derive(Args)]
#[command(next_help_heading = "Reading the file")]
struct Reading {
    /// Says what a column holds that is not known by its heading, such as Kennung=user_id.
    #[arg(long = "column", value_name = "HEADING=COLUMN", value_parser = column)]
    columns: Vec<(String, Column)>,
    /// Which column the teams go by, if not by all.
    #[arg(long)]
    team_by: Option<By>,
    /// Makes names of a column of numbers.
    #[arg(long, value_name = "PATTERN", num_args = 0..=1, default_missing_value = "Team {}")]
    team_numbers: Option<String>,
    /// Takes students whose row names no team out of theirs.
    #[arg(long)]
    without_team_is_out: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Name,
    CanvasId,
    SisId,
    Number,
}

#[derive(Clone, Copy, ValueEnum)]
enum UnlistedTeams {
    Keep,
    Empty,
    Delete,
}

#[derive(Args)]
#[command(next_help_heading = "What a plan does")]
pub(crate) struct Rules {
    /// Only makes teams and places students who have none.
    #[arg(long)]
    add_only: bool,
    /// Leaves students in their team who are not on its list.
    #[arg(long)]
    keep_extras: bool,
    /// What becomes of teams that the roster does not list.
    #[arg(long, value_name = "WHAT")]
    unlisted: Option<UnlistedTeams>,
    /// Leaves out rows of people who are not students of the course.
    #[arg(long)]
    skip_unknown: bool,
    /// Makes the set, if the course has none of this name.
    #[arg(long)]
    make_set: bool,
    /// Makes it an error if a team is not there.
    #[arg(long)]
    no_new_teams: bool,
    /// Makes it an error if somebody is in another team.
    #[arg(long)]
    no_moves: bool,
    /// Gives teams that are found by name the SIS id of the roster.
    #[arg(long)]
    adopt_sis_ids: bool,
    /// Makes it an error if somebody leaves or joins a group that handed something in.
    #[arg(long)]
    refuse_submissions: bool,
    /// Works on sets with self sign-up, too.
    #[arg(long)]
    ignore_self_signup: bool,
    /// Makes it an error if students change places between full teams.
    #[arg(long)]
    no_rings: bool,
    /// Takes students who are in two teams out of the one where they are not wanted.
    #[arg(long)]
    mend_doubles: bool,
}

#[derive(Args)]
#[command(next_help_heading = "How much a plan may change (the guard)")]
pub(crate) struct Limits {
    /// Students removed, in percent of those in the set; 3 always may. By default 20.
    #[arg(long, value_name = "PERCENT")]
    max_removals: Option<u32>,
    /// Students removed from one team of more than 4, in percent of it. By default 50.
    #[arg(long, value_name = "PERCENT")]
    max_team_removals: Option<u32>,
    /// Students moved, in percent of those in the set; 3 always may. By default 50.
    #[arg(long, value_name = "PERCENT")]
    max_moves: Option<u32>,
    /// Teams renamed, in percent of the teams; 3 always may. By default 20.
    #[arg(long, value_name = "PERCENT")]
    max_renames: Option<u32>,
    /// Teams deleted. By default none.
    #[arg(long, value_name = "TEAMS")]
    max_deletions: Option<u64>,
    /// The age of a plan, in hours. By default 24.
    #[arg(long, value_name = "HOURS")]
    max_age: Option<u64>,
}

impl Limits {
    /// Sets what is given.
    pub(crate) fn of(&self, mut guard: Guard) -> Guard {
        if let Some(percent) = self.max_removals {
            guard = guard.removals(percent);
        }
        if let Some(percent) = self.max_team_removals {
            guard = guard.team_removals(percent);
        }
        if let Some(percent) = self.max_moves {
            guard = guard.moves(percent);
        }
        if let Some(percent) = self.max_renames {
            guard = guard.renames(percent);
        }
        if let Some(teams) = self.max_deletions {
            guard = guard.deletions(teams);
        }
        if let Some(hours) = self.max_age {
            guard = guard.max_age(Duration::from_secs(hours.saturating_mul(3600)));
        }
        guard
    }
}

impl Reading {
    fn option(&self) -> Option<&'static str> {
        let Self {
            columns,
            team_by,
            team_numbers,
            without_team_is_out,
        } = self;
        first([
            (!columns.is_empty(), "--column"),
            (team_by.is_some(), "--team-by"),
            (team_numbers.is_some(), "--team-numbers"),
            (*without_team_is_out, "--without-team-is-out"),
        ])
    }
}

impl Rules {
    fn option(&self) -> Option<&'static str> {
        // Named one by one, so that a new option cannot be forgotten here.
        let Self {
            add_only,
            keep_extras,
            unlisted,
            skip_unknown,
            make_set,
            no_new_teams,
            no_moves,
            adopt_sis_ids,
            refuse_submissions,
            ignore_self_signup,
            no_rings,
            mend_doubles,
        } = self;
        first([
            (*add_only, "--add-only"),
            (*keep_extras, "--keep-extras"),
            (unlisted.is_some(), "--unlisted"),
            (*skip_unknown, "--skip-unknown"),
            (*make_set, "--make-set"),
            (*no_new_teams, "--no-new-teams"),
            (*no_moves, "--no-moves"),
            (*adopt_sis_ids, "--adopt-sis-ids"),
            (*refuse_submissions, "--refuse-submissions"),
            (*ignore_self_signup, "--ignore-self-signup"),
            (*no_rings, "--no-rings"),
            (*mend_doubles, "--mend-doubles"),
        ])
    }

    pub(crate) fn policy(&self) -> Policy {
        let mut policy = match self.add_only {
            true => Policy::add_only(),
            false => Policy::default(),
        };
        if let Some(unlisted) = self.unlisted {
            policy = policy.unlisted(match unlisted {
                UnlistedTeams::Keep => Unlisted::Keep,
                UnlistedTeams::Empty => Unlisted::Empty,
                UnlistedTeams::Delete => Unlisted::Delete,
            });
        }
        let said = [
            (
                self.keep_extras,
                (|it| it.extras(Extras::Keep)) as fn(Policy) -> Policy,
            ),
            (self.skip_unknown, |it| it.unknown_keys(UnknownKeys::Skip)),
            (self.make_set, |it| it.missing_set(MissingSet::Make)),
            (self.no_new_teams, |it| {
                it.missing_teams(MissingTeams::Refuse)
            }),
            (self.no_moves, |it| it.moves(Moves::Refuse)),
            (self.adopt_sis_ids, |it| it.sis_ids(SisIds::Adopt)),
            (self.refuse_submissions, |it| {
                it.submissions(Submissions::Refuse)
            }),
            (self.ignore_self_signup, |it| {
                it.self_signup(SelfSignupSets::Ignore)
            }),
            (self.no_rings, |it| it.rings(Rings::Refuse)),
            (self.mend_doubles, |it| it.doubles(Doubles::Mend)),
        ];
        let said = said.into_iter().filter(|(is_said, _)| *is_said);
        said.fold(policy, |policy, (_, set)| set(policy))
    }
}

impl RosterFile {
    /// The first option about rosters that is given.
    pub(crate) fn option(&self) -> Option<&'static str> {
        let (set, columns) = (&self.set, &self.columns);
        set.option()
            .or_else(|| columns.option())
            .or_else(|| self.policy.option())
    }

    /// The file, if one is given.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        self.roster.as_ref()
    }

    pub(crate) fn read(&self, place: &Place, sample: Option<&Sample>) -> Result<Roster> {
        let roster = self.set.roster(place, sample)?;
        let file = match (&self.roster, sample) {
            (Some(path), _) => std::fs::read(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?,
            (None, Some(_)) => SAMPLE.into(),
            (None, None) => return Err("there is no roster: give a file".into()),
        };
        let mut columns = Columns::new();
        for (heading, column) in &self.columns.columns {
            columns = columns.named(heading, *column);
        }
        if let Some(by) = self.columns.team_by {
            columns = columns.team_by(match by {
                By::Name => TeamBy::Name,
                By::CanvasId => TeamBy::CanvasId,
                By::SisId => TeamBy::SisId,
                By::Number => TeamBy::Number,
            });
        }
        if let Some(pattern) = &self.columns.team_numbers {
            columns = columns.group_numbers(pattern);
        }
        if self.columns.without_team_is_out {
            columns = columns.without_team_is_out();
        }
        Ok(roster.with_csv(file, &columns)?)
    }
}

fn column(text: &str) -> Result<(String, Column), String> {
    let (heading, name) = text.split_once('=').ok_or("write HEADING=COLUMN")?;
    let column = match name {
        "canvas_user_id" => Column::CanvasUserId,
        "user_id" => Column::UserId,
        "login_id" => Column::LoginId,
        "group_name" => Column::GroupName,
        "canvas_group_id" => Column::CanvasGroupId,
        "group_id" => Column::GroupId,
        "group_number" => Column::GroupNumber,
        "leader" => Column::Leader,
        "status" => Column::Status,
        "ignored" => Column::Ignored,
        _ => {
            let known = "canvas_user_id, user_id, login_id, group_name, canvas_group_id, group_id, \
                         group_number, leader, status, ignored";
            return Err(format!("columns are {known}"));
        }
    };
    Ok((heading.to_owned(), column))
}

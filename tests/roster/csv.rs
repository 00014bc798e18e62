//! Rosters from CSV, as people have it.

use canvas_groups::{
    ErrorKind, UserId,
    csv::{GroupKey, UserKey},
    roster::{
        Column, Columns, FindingKind as Kind, Members, MissingTeams, Plan, Policy, Roster,
        Severity, Team, TeamBy, Unlisted,
    },
    serde_json::{self, json},
};

use crate::{School, error, found, ids, no_errors, roster, warning};

/// Five students in two teams; `S003` and `S005` have none.
fn school() -> School {
    School::with(5)
        .group(12, "Team 1", [1, 2])
        .group(17, "Team 2", [4])
        .but("sis_id", "P-2")
}

fn read(file: impl AsRef<[u8]>) -> Roster {
    read_by(file, &Columns::new())
}

#[track_caller]
fn read_by(file: impl AsRef<[u8]>, columns: &Columns) -> Roster {
    roster().with_csv(file, columns).unwrap()
}

#[track_caller]
fn refused(file: impl AsRef<[u8]>, columns: &Columns) -> String {
    let error = roster().with_csv(file, columns).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    error.to_string()
}

fn plan(file: impl AsRef<[u8]>) -> Plan {
    school().plan(&read(file))
}

/// What Canvas exports of the school, with what a caller with all rights sees.
const EXPORT: &str = "\
name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id
\"1, Name\",1,S001,user1,Section A,Team 1,12,
\"2, Name\",2,S002,user2,Section A and Section B,Team 1,12,
\"3, Name\",3,S003,user3,Section A,,,
\"4, Name\",4,S004,user4,Section A,Team 2,17,P-2
\"5, Name\",5,S005,user5,Section A,,,
";

mod files;
mod properties;
mod rows;
mod spreadsheets;
mod teams;

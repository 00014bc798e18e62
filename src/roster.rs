//! Rosters: who should be in which group, and what has to change for it.
//!
//! | value | what it is | made by |
//! |---|---|---|
//! | [`Roster`] | what should be, in one group set | its setters, [`Roster::with_csv`], or [`Roster::from`] a snapshot |
//! | [`Snapshot`] | what is: the groups of the set, who is in them, the students of the course | [`Canvas::snapshot`](crate::Client::snapshot), or JSON |
//! | [`Plan`] | what has to change: steps, findings, totals | [`Plan::new`] |
//! | [`Guard`] | how much a plan may change | [`Guard::default`] and its setters |
//! | [`Report`] | what came of each step | [`Canvas::apply`](crate::Client::apply) |
//!
//! Only the two of them send anything. A plan is made by comparing values, and printing it is the
//! dry run:
//!
//! ```
//! use canvas_groups::{CategoryId, csv::UserKey, roster::{Guard, Plan, Policy, Roster, Snapshot, Team}};
//! # use canvas_groups::serde_json;
//! # let snapshot: Snapshot = serde_json::from_str(r#"{
//! #     "format": 1, "host": "school.instructure.com", "taken_at": "2026-03-02T02:00:00Z",
//! #     "course": {"id": 7}, "set": {"id": 4, "name": "Projects"},
//! #     "groups": [{"id": 12, "name": "Team 1", "members": [35]}, {"id": 17, "name": "Team 2"}],
//! #     "students": [{"id": 35, "name": "Ada Moreno", "sis_id": "S001"}]
//! # }"#)?;
//!
//! let roster = Roster::of(CategoryId::new(4))
//!     .team(Team::named("Team 1"))
//!     .team(Team::named("Team 2").members([UserKey::sis("S001")]));
//!
//! let plan = Plan::new(&roster, &snapshot, &Policy::default());
//! assert_eq!(plan.to_string(), "\
//! Group set \"Projects\" (4), course 7. Read 2026-03-02 02:00:00 UTC.
//!   > S001 Ada Moreno: Team 1 -> Team 2
//! Plan: 1 moved; 0 as they are. \
//! 1 call and 1 to verify, about a second; at most 1 student is notified.
//! ");
//! Guard::default().check_at(&plan, snapshot.taken_at)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod difference;
mod dump;
mod finding;
mod format;
mod guard;
mod input;
mod matching;
mod names;
mod order;
mod plan;
mod policy;
mod reading;
mod report;
mod show;
mod snapshot;
mod step;
mod wanted;

pub use apply::{Apply, ApplyEvent};
pub use finding::{Finding, FindingKind, Severity};
pub use guard::{BrokenRule, Guard, Refusal, Rule};
pub use input::{Column, Columns, TeamBy};
pub use plan::{Plan, PlanPerson, PlanTeam, Totals};
pub use policy::{
    Doubles, Extras, MissingSet, MissingTeams, Moves, Policy, Removals, Rings, SelfSignupSets,
    SisIds, Submissions, UnknownKeys, Unlisted,
};
pub use report::{Outcome, Report, StepReport};
pub use snapshot::{Rights, Snapshot, SnapshotCourse, SnapshotGroup, SnapshotSet, Student};
pub use step::{
    Adopt, Before, Change, ChangeTags, DeleteTeam, GiveTag, Made, MakeSet, MakeTeam, NewTeam,
    Place, Remove, Rename, SetLeader, SetLimit, Step, StepId, TakeTag, TeamAt, Turn,
};
pub use wanted::{Member, Members, Roster, SetKey, Team};

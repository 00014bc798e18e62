//! Which step may start when.
//!
//! Steps about one team or one person keep their order in the plan, and never run side by side;
//! creations may share the teams that they draw from. Rings follow each other, so that one team at most has
//! a seat too many. All other steps may.

use std::collections::{BTreeSet, HashMap};

use crate::{
    GroupId, UserId,
    roster::{Before, Change, NewTeam, Step, StepId, TeamAt},
};

/// What no two calls in flight may touch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Touched {
    Team(GroupId),
    New(NewTeam),
    Person(UserId),
    /// The one ring that may be under way.
    Ring,
}

/// What a step touches, and whether others may touch it too.
fn touched(change: &Change) -> Vec<(Touched, bool)> {
    fn at(team: &TeamAt) -> (Touched, bool) {
        let touched = match team {
            TeamAt::Group(group) => Touched::Team(*group),
            TeamAt::New(new) => Touched::New(new.clone()),
        };
        (touched, false)
    }
    fn moved(all: &mut Vec<(Touched, bool)>, before: &Before, is_shared: bool) {
        all.push((Touched::Person(before.user), false));
        let teams = before.teams.iter();
        all.extend(teams.map(|group| (Touched::Team(*group), is_shared)));
    }
    let group = |group: &GroupId| (Touched::Team(*group), false);
    let person = |user: &UserId| (Touched::Person(*user), false);
    let mut all = Vec::new();
    match change {
        Change::MakeSet(_) => {}
        Change::Rename(rename) => all.push(group(&rename.group)),
        Change::Adopt(adopt) => all.push(group(&adopt.group)),
        Change::Make(make) => {
            all.push((Touched::New(make.team()), false));
            for before in &make.people {
                moved(&mut all, before, true);
            }
        }
        Change::Limit(limit) => all.push(group(&limit.group)),
        Change::Place(place) => {
            all.push(at(&place.to));
            moved(&mut all, &place.before, false);
        }
        Change::Remove(remove) => {
            all.push(group(&remove.from));
            all.extend(remove.people.iter().map(|before| person(&before.user)));
        }
        Change::Turn(turn) => {
            all.push((Touched::Ring, false));
            all.push(group(&turn.group));
            for place in &turn.moves {
                moved(&mut all, &place.before, false);
            }
        }
        Change::Lead(lead) => {
            all.push(at(&lead.team));
            all.push(person(&lead.to));
        }
        Change::Delete(delete) => all.push(group(&delete.group)),
        Change::Tags(tags) => {
            let names = tags.create.iter().cloned().map(NewTeam::Name);
            all.extend(names.map(|new| (Touched::New(new), false)));
            all.extend(tags.rename.iter().map(|rename| group(&rename.group)));
            all.extend(tags.delete.iter().map(|delete| group(&delete.group)));
        }
        Change::Give(give) => {
            all.push(at(&give.tag));
            all.extend(give.people.iter().map(person));
        }
        Change::Take(take) => {
            all.push(group(&take.tag));
            all.extend(take.people.iter().map(person));
        }
    }
    all
}

/// Whether a step deletes a team. Those come last, after a look at who is still in them.
pub(super) fn deletes(change: &Change) -> bool {
    match change {
        Change::Delete(_) => true,
        Change::Tags(tags) => !tags.delete.is_empty(),
        _ => false,
    }
}

/// The steps of a plan by their places, with those that each has to wait for.
#[derive(Debug)]
pub(super) struct Schedule {
    /// How many steps each waits for.
    waits: Vec<usize>,
    /// Which steps wait for each.
    before: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    /// Steps that delete teams, and are held back until all others have ended.
    held: BTreeSet<usize>,
    open: usize,
}

impl Schedule {
    pub(super) fn of(steps: &[Step]) -> Self {
        let mut schedule = Self {
            waits: vec![0; steps.len()],
            before: vec![Vec::new(); steps.len()],
            ready: BTreeSet::new(),
            held: BTreeSet::new(),
            open: 0,
        };
        let places: HashMap<&StepId, usize> = steps
            .iter()
            .enumerate()
            .map(|(place, step)| (&step.id, place))
            .collect();
        /// Who touched something last: alone, and since then together with others.
        #[derive(Default)]
        struct Last {
            alone: Option<usize>,
            shared: Vec<usize>,
        }
        let mut last: HashMap<Touched, Last> = HashMap::new();
        for (place, step) in steps.iter().enumerate() {
            let mut after: BTreeSet<usize> = BTreeSet::new();
            after.extend(step.needs.iter().filter_map(|need| places.get(need)));
            for (what, is_shared) in touched(&step.change) {
                let last = last.entry(what).or_default();
                match is_shared {
                    true => {
                        after.extend(last.alone);
                        last.shared.push(place);
                    }
                    false => {
                        after.extend(last.alone.replace(place));
                        after.extend(last.shared.drain(..));
                    }
                }
            }
            after.retain(|earlier| *earlier < place);
            schedule.waits[place] = after.len();
            for earlier in after {
                schedule.before[earlier].push(place);
            }
            match deletes(&step.change) {
                true => schedule.held.insert(place),
                false => {
                    schedule.open += 1;
                    schedule.waits[place] == 0 && schedule.ready.insert(place)
                }
            };
        }
        schedule
    }

    /// The next step that may start.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// Notes that a step has ended, in whatever way.
    pub(super) fn ended(&mut self, place: usize) {
        self.open -= 1;
        for later in std::mem::take(&mut self.before[place]) {
            self.waits[later] -= 1;
            if self.waits[later] == 0 && !self.held.contains(&later) {
                self.ready.insert(later);
            }
        }
    }

    /// Whether only deletions are left, which wait to be let go.
    pub(super) fn has_only_held(&self) -> bool {
        self.open == 0 && !self.held.is_empty()
    }

    /// Lets the deletions start.
    pub(super) fn let_go(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.open += held.len();
        let ready = held.into_iter().filter(|place| self.waits[*place] == 0);
        self.ready.extend(ready);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{DeleteTeam, MakeTeam, Place, Remove, Rename, Turn};

    const A: GroupId = GroupId::new(1);
    const B: GroupId = GroupId::new(2);
    const C: GroupId = GroupId::new(3);

    fn before(user: u64, teams: &[GroupId]) -> Before {
        Before {
            user: UserId::new(user),
            teams: teams.to_vec(),
        }
    }

    fn place(user: u64, from: &[GroupId], to: GroupId) -> Change {
        Change::Place(Place {
            before: before(user, from),
            to: TeamAt::Group(to),
        })
    }

    fn make(name: &str, people: &[(u64, GroupId)]) -> Change {
        let people = people.iter().map(|(user, from)| before(*user, &[*from]));
        Change::Make(MakeTeam {
            name: name.to_owned(),
            sis_id: None,
            limit: None,
            people: people.collect(),
        })
    }

    fn steps(changes: impl IntoIterator<Item = Change>) -> Vec<Step> {
        let changes = changes.into_iter().enumerate();
        changes
            .map(|(place, change)| Step {
                id: StepId::new(place.to_string()),
                change,
                needs: Vec::new(),
                lines: Vec::new(),
            })
            .collect()
    }

    fn all_ready(schedule: &mut Schedule) -> Vec<usize> {
        std::iter::from_fn(|| schedule.next()).collect()
    }

    #[test]
    fn rings_follow_each_other_though_they_share_no_team() {
        let ring = |user: u64, one: GroupId, other: GroupId| {
            let there = [(user, one, other), (user + 1, other, one)];
            let moves = there.map(|(user, from, to)| Place {
                before: before(user, &[from]),
                to: TeamAt::Group(to),
            });
            Change::Turn(Turn {
                group: other,
                limit: 3,
                moves: moves.into(),
            })
        };
        let (d, e) = (GroupId::new(4), GroupId::new(5));
        let mut schedule = Schedule::of(&steps([ring(1, A, B), place(9, &[], e), ring(3, C, d)]));
        assert_eq!(all_ready(&mut schedule), [0, 1]);
        schedule.ended(0);
        assert_eq!(all_ready(&mut schedule), [2]);
    }

    #[test]
    fn moves_that_share_a_team_follow_each_other_and_others_do_not_wait() {
        let mut schedule = Schedule::of(&steps([
            place(1, &[A], B),
            place(2, &[B], A),
            place(3, &[], C),
            place(4, &[C], A),
        ]));
        assert_eq!(all_ready(&mut schedule), [0, 2]);
        schedule.ended(0);
        assert_eq!(all_ready(&mut schedule), [1]);
        schedule.ended(2);
        assert_eq!(all_ready(&mut schedule), [0; 0]);
        schedule.ended(1);
        assert_eq!(all_ready(&mut schedule), [3]);
    }

    #[test]
    fn creations_share_the_teams_that_they_draw_from_and_a_move_waits_for_all_of_them() {
        let mut schedule = Schedule::of(&steps([
            make("one", &[(1, A)]),
            make("two", &[(2, A)]),
            place(3, &[A], B),
            make("three", &[(4, A)]),
        ]));
        assert_eq!(all_ready(&mut schedule), [0, 1]);
        schedule.ended(0);
        assert_eq!(all_ready(&mut schedule), [0; 0]);
        schedule.ended(1);
        assert_eq!(all_ready(&mut schedule), [2]);
        schedule.ended(2);
        assert_eq!(all_ready(&mut schedule), [3]);
    }

    #[test]
    fn a_step_waits_for_what_it_needs_and_for_no_step_twice() {
        let mut steps = steps([place(1, &[A], B), place(2, &[], A)]);
        steps[1].needs = vec![StepId::new("0")];
        let mut schedule = Schedule::of(&steps);
        assert_eq!(all_ready(&mut schedule), [0]);
        schedule.ended(0);
        assert_eq!(all_ready(&mut schedule), [1]);
    }

    #[test]
    fn deletions_are_held_until_all_else_has_ended() {
        let mut schedule = Schedule::of(&steps([
            Change::Remove(Remove {
                from: A,
                people: vec![before(1, &[A])],
            }),
            Change::Delete(DeleteTeam {
                group: B,
                name: "B".to_owned(),
            }),
            Change::Rename(Rename {
                group: C,
                from: "C".to_owned(),
                to: "D".to_owned(),
            }),
        ]));
        assert_eq!(all_ready(&mut schedule), [0, 2]);
        schedule.ended(0);
        assert!(!schedule.has_only_held());
        schedule.ended(2);
        assert!(schedule.has_only_held());
        schedule.let_go();
        assert_eq!(all_ready(&mut schedule), [1]);
        assert!(!schedule.has_only_held());
    }
}

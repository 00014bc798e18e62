//! The calls of each step.

use std::sync::atomic::Ordering;

use super::{
    calls::{Site, Work, failure},
    making,
};
use crate::{
    Canvas, ErrorKind, GroupId, Result, UserId,
    memberships::{AddedMembers, CreateMembership, RemoveUser, RemoveUsers},
    roster::{
        Change, Made, Outcome, Place, Turn,
        reading::{is_empty, members_of},
    },
};

/// Makes the calls of a step.
pub(super) async fn work(site: Site, change: Change, made: Made) -> Work {
    let canvas = &site.canvas;
    let mut work = Work::new();
    match &change {
        Change::MakeSet(make) => making::set(&site, make).await,
        Change::Make(make) => making::team(&site, make, &made).await,
        Change::Tags(tags) => {
            let deleted: Vec<_> = tags.delete.iter().map(|delete| delete.group).collect();
            match kept(canvas, &deleted).await {
                Some(outcome) => work.ended(outcome),
                None => making::tags(&site, tags, &made).await,
            }
        }
        Change::Rename(rename) => {
            let outcome = work.send(canvas, rename.request()).await;
            work.settled(&outcome)
        }
        Change::Adopt(adopt) => {
            let outcome = work.send(canvas, adopt.request()).await;
            work.settled(&outcome)
        }
        Change::Limit(limit) => {
            let outcome = work.send(canvas, limit.request()).await;
            work.settled(&outcome)
        }
        Change::Lead(lead) => match lead.request(&made) {
            None => work.ended(not_made()),
            Some(request) => {
                let outcome = work.send(canvas, request).await;
                work.settled(&outcome)
            }
        },
        Change::Delete(delete) => {
            if let Some(outcome) = kept(canvas, &[delete.group]).await {
                return work.ended(outcome);
            }
            let outcome = work.send(canvas, delete.request()).await;
            match outcome {
                // It was there a moment ago, so an attempt whose answer was lost has deleted it.
                Err(error) if error.kind() == ErrorKind::NotFound => work.ended(Outcome::Done),
                outcome => work.settled(&outcome),
            }
        }
        Change::Place(place) => match place.request(&made) {
            None => work.ended(not_made()),
            Some(request) => {
                let outcome = put(&mut work, canvas, request).await;
                work.ended(outcome)
            }
        },
        Change::Turn(step) => turn(canvas, step).await,
        Change::Remove(remove) => removal(&site, remove.from, remove.requests()).await,
        Change::Take(take) => removal(&site, take.tag, take.requests()).await,
        Change::Give(give) => match give.request(&made) {
            None => work.ended(not_made()),
            Some(request) => {
                let tag = made.group(&give.tag);
                let outcome = work.send_twice(canvas, request).await;
                let outcome = given(canvas, tag, &give.people, outcome).await;
                work.ended(outcome)
            }
        },
    }
}

/// Why groups are not deleted, if they are not: somebody is in one of them, or nobody knows.
async fn kept(canvas: &Canvas, groups: &[GroupId]) -> Option<Outcome> {
    for group in groups {
        match is_empty(canvas, *group).await {
            Ok(true) => {}
            Ok(false) => return Some(Outcome::stale([])),
            Err(error) if error.kind() == ErrorKind::NotFound && groups.len() == 1 => {
                return Some(Outcome::AlreadySo);
            }
            Err(error) => return Some(Outcome::failed(error.without_body())),
        }
    }
    None
}

/// Puts one person into a group.
pub(super) async fn place(site: Site, place: Place, made: Made) -> Work {
    work(site, Change::Place(place), made).await
}

fn not_made() -> Outcome {
    Outcome::not_tried("what it needs was not made")
}

async fn put(work: &mut Work, canvas: &Canvas, request: CreateMembership) -> Outcome {
    let is_first = work.writes.len();
    match work.send_twice(canvas, request).await {
        // Of the second of two calls nobody can tell which of them made the membership.
        Ok(membership) if work.writes.len() == is_first + 1 => match membership.just_created {
            Some(false) => Outcome::AlreadySo,
            _ => Outcome::Done,
        },
        Ok(_) => Outcome::Done,
        Err(error) => failure(&error),
    }
}

async fn given(
    canvas: &Canvas,
    tag: Option<GroupId>,
    people: &[UserId],
    outcome: Result<AddedMembers>,
) -> Outcome {
    let left_out = match (outcome, tag) {
        (Err(error), _) => return failure(&error),
        (Ok(AddedMembers::Complete), _) | (_, None) => return Outcome::Done,
        (
            Ok(AddedMembers::Partial {
                invalid_user_ids,
                membership_errors,
                ..
            }),
            _,
        ) if membership_errors.is_empty() => invalid_user_ids,
        // The server does not say whose memberships failed.
        (Ok(AddedMembers::Partial { .. }), Some(tag)) => match members_of(canvas, [tag]).await {
            Err(_) => return Outcome::Unknown,
            Ok(members) => {
                let members = members.into_iter().next();
                let members = members.map(|(_, members)| members).unwrap_or_default();
                let people = people.iter().copied();
                people.filter(|user| !members.contains(user)).collect()
            }
        },
    };
    match (left_out.len(), people.len()) {
        (0, _) => Outcome::Done,
        (left, all) if left == all => {
            Outcome::failed("nobody of them can have the tag: they are not enrolled in the course")
        }
        _ => Outcome::partly(left_out),
    }
}

/// A seat more, the moves around, and the seat back, whatever became of the moves.
async fn turn(canvas: &Canvas, turn: &Turn) -> Work {
    let mut work = Work::new();
    let mut outcome = Outcome::Done;
    let mut moved = 0;
    match work.send(canvas, turn.raise()).await {
        Ok(_) => {
            for request in turn.requests() {
                match put(&mut work, canvas, request).await {
                    Outcome::Done | Outcome::AlreadySo => moved += 1,
                    other => {
                        outcome = other;
                        break;
                    }
                }
            }
        }
        // It may have been given all the same, so it is taken back.
        Err(error) if error.outcome_unknown() => outcome = failure(&error),
        Err(error) => return work.ended(failure(&error)),
    }
    if moved > 0 && outcome != Outcome::Done {
        let why = match outcome {
            Outcome::Failed { error } => Some(error),
            _ => None,
        };
        let left = turn.moves.iter().skip(moved);
        outcome = Outcome::partly_for(left.map(|place| place.before.user), why);
    }
    if let Err(error) = work.send(canvas, turn.lower()).await {
        outcome = Outcome::failed(format!(
            "{moved} of {} moved, and group {} may keep a limit of {} in the place of {}: set it \
             back ({error})",
            turn.moves.len(),
            turn.group,
            turn.limit.saturating_add(1),
            turn.limit
        ));
    }
    work.ended(outcome)
}

/// The removal of people from a group.
#[derive(Debug)]
struct Removal<'a> {
    site: &'a Site,
    group: GroupId,
    work: Work,
    /// How many were removed.
    removed: usize,
    /// Whom the caller may not remove, and those who were not tried.
    left_out: Vec<UserId>,
    /// What ended it early.
    trouble: Option<Outcome>,
}

/// Removes people from a group, all at once where the server can, else one by one.
async fn removal(site: &Site, group: GroupId, batches: Vec<RemoveUsers>) -> Work {
    let mut removal = Removal {
        site,
        group,
        work: Work::new(),
        removed: 0,
        left_out: Vec::new(),
        trouble: None,
    };
    for batch in &batches {
        let is_bulk = !site.lacks_bulk_removal.load(Ordering::Relaxed);
        if is_bulk && removal.bulk(batch).await {
            continue;
        }
        for user in batch.user_ids() {
            removal.one(*user).await;
        }
    }
    removal.outcome()
}

impl Removal<'_> {
    /// Returns whether the server can remove several at once.
    async fn bulk(&mut self, batch: &RemoveUsers) -> bool {
        if self.trouble.is_some() {
            self.left_out.extend_from_slice(batch.user_ids());
            return true;
        }
        match self.work.send(&self.site.canvas, batch).await {
            Ok(answer) => {
                let absent = answer.not_members(batch.user_ids());
                self.work.absent.extend(absent);
                self.removed += answer.deleted_user_ids.len();
                self.left_out.extend(answer.unauthorized_user_ids);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // No failure yet: servers of 2024 lack the route.
                self.work.writes.pop();
                return false;
            }
            Err(error) => {
                self.trouble = Some(failure(&error));
                self.left_out.extend_from_slice(batch.user_ids());
            }
        }
        true
    }

    async fn one(&mut self, user: UserId) {
        if self.trouble.is_some() {
            self.left_out.push(user);
            return;
        }
        let request = RemoveUser::new(self.group, user);
        match self.work.send(&self.site.canvas, request).await {
            Ok(_) => {
                let lacks_bulk_removal = &self.site.lacks_bulk_removal;
                lacks_bulk_removal.store(true, Ordering::Relaxed);
                self.removed += 1;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.work.absent.push(user),
            Err(error) if error.kind() == ErrorKind::Forbidden => self.left_out.push(user),
            Err(error) => {
                self.trouble = Some(failure(&error));
                self.left_out.push(user);
            }
        }
    }

    /// Who was no member is where the step wants them, so that is no failure.
    fn outcome(self) -> Work {
        let Self {
            work,
            removed,
            left_out,
            trouble,
            ..
        } = self;
        let why = match &trouble {
            Some(Outcome::Failed { error }) => Some(error.clone()),
            _ => None,
        };
        let outcome = match (left_out.is_empty(), removed + work.absent.len(), trouble) {
            (true, ..) if removed == 0 => Outcome::AlreadySo,
            (true, ..) => Outcome::Done,
            (_, 0, Some(trouble)) => trouble,
            (_, 0, None) => {
                Outcome::failed("these credentials may not remove them: check their rights")
            }
            _ => Outcome::partly_for(left_out, why),
        };
        work.ended(outcome)
    }
}

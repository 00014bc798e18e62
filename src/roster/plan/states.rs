//! The set and the course: whether they are the right ones, and whether they can be changed.

use super::{Findings, Policy, Roster, Snapshot};
use crate::{
    CategoryRef, CourseRef,
    roster::{FindingKind, MissingSet, SelfSignupSets, SetKey, finding::counted, names},
};

/// How many other sets are named.
const NAMED: usize = 5;

/// The name of the set, as it is or will be.
pub(super) fn name_of(roster: &Roster, snapshot: &Snapshot) -> String {
    match (&snapshot.set, &roster.set) {
        (Some(set), _) => set.name.clone(),
        (None, SetKey::InCourse { name, .. }) => names::exact(name).into_owned(),
        (None, SetKey::Existing { category, .. }) => category.to_string(),
    }
}

/// Checks that the snapshot is of the roster's set. Returns whether the set is to be made.
pub(super) fn set(
    roster: &Roster,
    snapshot: &Snapshot,
    policy: &Policy,
    findings: &mut Findings,
) -> bool {
    let is_course = |course: &CourseRef| {
        // By another key than the number, whoever took the snapshot has looked it up.
        course.to_string().parse::<u64>().is_err() || *course == snapshot.course.id.into()
    };
    let other_course = |course: String, findings: &mut Findings| {
        let text = format!(
            "the set is in course {}, not in course {course}: correct the course or the set",
            snapshot.course.id
        );
        findings.error(FindingKind::OtherCourse, &[], text);
    };
    let other_kind = |is_tags: bool, findings: &mut Findings| {
        if is_tags != snapshot.is_tags {
            let called = |is_tags| if is_tags { "tags" } else { "groups" };
            let text = format!(
                "the snapshot is of a set of {}, and the roster of a set of {}: take a snapshot of \
                 the roster's set",
                called(snapshot.is_tags),
                called(is_tags)
            );
            findings.error(FindingKind::OtherSet, &[], text);
        }
    };
    match (&roster.set, &snapshot.set) {
        (
            SetKey::Existing {
                category,
                course,
                is_tags,
            },
            set,
        ) => {
            if let Some(course) = course.filter(|course| *course != snapshot.course.id) {
                other_course(course.to_string(), findings);
            }
            let Some(set) = set else {
                let text = format!("there is no set {category}: correct it");
                findings.error(FindingKind::SetMissing, &[], text);
                return false;
            };
            other_kind(is_tags.unwrap_or(snapshot.is_tags), findings);
            let by_sis = set.sis_id.as_ref().map(CategoryRef::sis);
            let is_number = category.to_string().parse::<u64>().is_ok();
            let is_it = match is_number {
                true => *category == set.id.into(),
                false => by_sis.is_none_or(|by_sis| by_sis == *category),
            };
            if !is_it {
                let text = format!(
                    "the snapshot is of set {}, and the roster of set {category}: take a snapshot \
                     of the roster's set",
                    set.id
                );
                findings.error(FindingKind::OtherSet, &[], text);
            }
            false
        }
        (
            SetKey::InCourse {
                course,
                name,
                is_tags,
            },
            set,
        ) => {
            if !is_course(course) {
                other_course(course.to_string(), findings);
            }
            other_kind(*is_tags, findings);
            let name = names::exact(name);
            match set {
                Some(set) if names::exact(&set.name) == name => false,
                Some(set) => {
                    let text = format!(
                        "the snapshot is of the set \"{}\", and the roster of \"{name}\": take a \
                         snapshot of the roster's set",
                        set.name
                    );
                    findings.error(FindingKind::OtherSet, &[], text);
                    false
                }
                None => missing(&name, snapshot, policy, findings),
            }
        }
    }
}

fn missing(name: &str, snapshot: &Snapshot, policy: &Policy, findings: &mut Findings) -> bool {
    let folded = names::folded(name);
    let mut others = snapshot.other_sets.iter();
    let length = name.chars().count();
    let (kind, text) = if let Some(near) = others.find(|other| names::folded(other) == folded) {
        (
            FindingKind::NearMiss,
            format!(
                "the course has no set \"{name}\", and its set \"{near}\" differs in case or \
                 spaces only: correct the name"
            ),
        )
    } else if length == 0 || length > 255 {
        (
            FindingKind::NameInvalid,
            format!("the name of the set has {length} characters: use 1 to 255"),
        )
    } else if policy.missing_set == MissingSet::Refuse {
        (
            FindingKind::SetMissing,
            format!(
                "the course has no set \"{name}\": correct the name, or \
                 Policy::missing_set(MissingSet::Make) makes it"
            ),
        )
    } else {
        tell_others(name, snapshot, findings);
        return true;
    };
    findings.error(kind, &[], text);
    false
}

/// A set that somebody has renamed is one that the roster's name does not find.
fn tell_others(name: &str, snapshot: &Snapshot, findings: &mut Findings) {
    let others: Vec<_> = snapshot.other_sets.iter().collect();
    if others.is_empty() {
        return;
    }
    let named = others.iter().take(NAMED);
    let mut named: Vec<_> = named.map(|other| format!("\"{other}\"")).collect();
    if let Some(more) = others.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(counted(more as u64, "other", "others"));
    }
    let text = format!(
        "the set \"{name}\" is made, beside {}: if one of them is the same under a new name, go by \
         its id",
        named.join(", ")
    );
    findings.warn(FindingKind::SetMissing, &[], text);
}

/// What keeps a set from being changed.
pub(super) fn in_the_way(snapshot: &Snapshot, policy: &Policy, findings: &mut Findings) {
    if snapshot.course.is_concluded {
        let text = format!(
            "course {} has ended or was deleted: nothing in it can be changed",
            snapshot.course.id
        );
        findings.error(FindingKind::CourseConcluded, &[], text);
    }
    let Some(set) = &snapshot.set else { return };
    if let Some(role) = set.protecting_role() {
        let text = format!(
            "set {} has the role {role}: its members decide who is in which group",
            set.id
        );
        findings.error(FindingKind::ProtectedSet, &[], text);
    }
    if let Some(job) = set.running_job {
        let text = format!(
            "job {job} is running on set {}: wait for it, then take a new snapshot",
            set.id
        );
        findings.error(FindingKind::JobRunning, &[], text);
    }
    if set.self_signup.is_some() && policy.self_signup == SelfSignupSets::Refuse {
        let text = format!(
            "students sign up to set {} by themselves: switch that off, or allow it with \
             Policy::self_signup(SelfSignupSets::Ignore)",
            set.id
        );
        findings.error(FindingKind::SelfSignup, &[], text);
    }
    let fed = snapshot
        .groups
        .iter()
        .filter(|group| group.is_of_sis_import);
    let fed = fed.count();
    if set.is_of_sis_import || fed > 0 {
        let text = format!(
            "set {} is fed by SIS imports, as are {fed} of its groups: the next import may undo \
             the changes",
            set.id
        );
        findings.warn(FindingKind::SisFed, &[], text);
    }
}

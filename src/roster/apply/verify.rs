//! The last look: whether the set is what the steps made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::expected::Expected;

use crate::{
    Canvas, CategoryId, GroupId, Result, UserId,
    roster::{
        Change, Made, Plan, SnapshotGroup, names,
        reading::{SeenGroup, SeenSet, members_of, see_groups},
    },
};

/// Up to how many groups are all read for somebody who was not where a step expected them.
const SEARCHED: usize = 100;

/// Looks at the set again, in the main database. Returns what is not as the steps made it, one line
/// each. One call where all is well, and one more for each group whose number of members is another
/// than the steps made it. If somebody was not where a step expected them, one call more for each
/// group of the set, as long as it has no more than [`SEARCHED`].
pub(super) async fn verify(
    canvas: Canvas,
    set: CategoryId,
    plan_names: HashMap<GroupId, String>,
    expected: Expected,
) -> Vec<String> {
    match compare(&canvas, set, &plan_names, &expected).await {
        Ok(remaining) => remaining,
        Err(error) => vec![format!(
            "the set could not be looked at again, so make a new plan: {}",
            error.without_body()
        )],
    }
}

async fn compare(
    canvas: &Canvas,
    set: CategoryId,
    plan_names: &HashMap<GroupId, String>,
    expected: &Expected,
) -> Result<Vec<String>> {
    let (seen_set, seen) = see_groups(canvas, set.into()).await?;
    let groups: HashMap<GroupId, &SeenGroup> = seen.iter().map(|group| (group.id, group)).collect();
    let mut remaining = Vec::new();
    let mut unclear = Vec::new();
    for (group, then) in expected.counts_then() {
        match groups.get(&group) {
            // The report names the change itself for groups that are to be deleted.
            None => {
                let joined = expected.went.iter().filter(|went| went.to == Some(group));
                remaining.extend(joined.map(|went| {
                    format!("user {} is not in group {group}, which is gone", went.user)
                }));
            }
            Some(seen) if seen.members_count.map(i128::from) == Some(then) => {}
            Some(_) => unclear.push(group),
        }
    }
    // The number of members does not tell that somebody is in another group than was expected.
    let is_searched = seen.len() <= SEARCHED;
    if !expected.absent.is_empty() && is_searched {
        unclear = seen.iter().map(|group| group.id).collect();
    }
    let members: BTreeMap<GroupId, BTreeSet<UserId>> =
        members_of(canvas, unclear).await?.into_iter().collect();
    let called = |group: GroupId| {
        let shown = groups.get(&group).map(|group| group.shown().name);
        let name = shown.or_else(|| plan_names.get(&group).cloned());
        name.map_or_else(
            || format!("group {group}"),
            |name| format!("\"{name}\" ({group})"),
        )
    };
    for went in &expected.went {
        if let Some(to) = went.to
            && members
                .get(&to)
                .is_some_and(|members| !members.contains(&went.user))
        {
            remaining.push(format!("user {} is not in {}", went.user, called(to)));
        }
        let from = went.from.iter().filter(|from| Some(**from) != went.to);
        for from in from.filter(|from| {
            members
                .get(from)
                .is_some_and(|members| members.contains(&went.user))
        }) {
            remaining.push(format!("user {} is still in {}", went.user, called(*from)));
        }
    }
    let mut absent: Vec<_> = expected.absent.iter().collect();
    absent.sort_by_key(|absent| (absent.user, absent.from));
    for absent in absent {
        if !is_searched {
            let (user, from) = (absent.user, called(absent.from));
            remaining.push(format!("user {user} was not in {from}: make a new plan"));
            continue;
        }
        let elsewhere = members.iter().filter(|(group, members)| {
            let is_expected = **group == absent.from || absent.stays.contains(group);
            !is_expected && members.contains(&absent.user)
        });
        remaining.extend(elsewhere.map(|(group, _)| {
            let (user, from) = (absent.user, called(absent.from));
            format!("user {user} was not in {from} and is in {}", called(*group))
        }));
    }
    for change in &expected.changes {
        remaining.extend(differs(change, &seen_set, &groups, &expected.made));
    }
    Ok(remaining)
}

/// What is not as a change of a group made it.
fn differs(
    change: &Change,
    set: &SeenSet,
    groups: &HashMap<GroupId, &SeenGroup>,
    made: &Made,
) -> Vec<String> {
    let group = |id: GroupId| groups.get(&id).map(|group| group.shown());
    let check = |id: GroupId, is_so: &dyn Fn(&SnapshotGroup) -> bool, what: String| match group(id)
    {
        Some(group) if is_so(&group) => None,
        Some(_) => Some(format!("group {id} {what}")),
        None => Some(format!("group {id} is gone")),
    };
    let is_named =
        |name: &str, group: &SnapshotGroup| names::exact(&group.name) == names::exact(name);
    let has_sis_id = |wanted: &String, group: &SnapshotGroup| {
        !set.shows_sis_ids() || group.sis_id.as_ref() == Some(wanted)
    };
    let sis_id_differs = |wanted: &str| format!("does not have the SIS id {wanted}");
    match change {
        Change::Rename(step) => {
            let what = format!("is not named \"{}\"", step.to);
            let found = check(step.group, &|group| is_named(&step.to, group), what);
            found.into_iter().collect()
        }
        Change::Limit(step) => {
            let what = format!("does not have the limit of {}", step.to);
            let limit = |group: &SnapshotGroup| group.limit.or(set.shown().group_limit);
            let found = check(step.group, &|group| limit(group) == Some(step.to), what);
            found.into_iter().collect()
        }
        Change::Turn(step) => {
            let what = format!("does not have its limit of {} back", step.limit);
            let limit = |group: &SnapshotGroup| group.limit.or(set.shown().group_limit);
            let found = check(step.group, &|group| limit(group) == Some(step.limit), what);
            found.into_iter().collect()
        }
        Change::Lead(step) => {
            let what = format!("is not led by user {}", step.to);
            let id = made.group(&step.team);
            let found = id.and_then(|id| check(id, &|group| group.leader == Some(step.to), what));
            found.into_iter().collect()
        }
        Change::Make(step) => {
            let id = made.group(&crate::roster::TeamAt::New(step.team()));
            let Some(id) = id else { return Vec::new() };
            let what = format!("is not named \"{}\"", step.name);
            let name = check(id, &|group| is_named(&step.name, group), what);
            if group(id).is_none() {
                return name.into_iter().collect();
            }
            let sis_id = step.sis_id.as_ref().and_then(|wanted| {
                check(
                    id,
                    &|group| has_sis_id(wanted, group),
                    sis_id_differs(wanted),
                )
            });
            let limit = step.limit.and_then(|wanted| {
                let what = format!("does not have the limit of {wanted}");
                check(id, &|group| group.limit == Some(wanted), what)
            });
            name.into_iter().chain(sis_id).chain(limit).collect()
        }
        Change::Adopt(step) => {
            let wanted = &step.sis_id;
            let is_so = |group: &SnapshotGroup| has_sis_id(wanted, group);
            let found = check(step.group, &is_so, sis_id_differs(wanted));
            found.into_iter().collect()
        }
        Change::Delete(step) => {
            let found = group(step.group).map(|_| format!("group {} is still there", step.group));
            found.into_iter().collect()
        }
        Change::Tags(step) => {
            let renamed = step.rename.iter().filter_map(|rename| {
                let what = format!("is not named \"{}\"", rename.to);
                check(rename.group, &|group| is_named(&rename.to, group), what)
            });
            let deleted = step.delete.iter().filter_map(|delete| {
                group(delete.group).map(|_| format!("tag {} is still there", delete.group))
            });
            renamed.chain(deleted).collect()
        }
        _ => Vec::new(),
    }
}

/// The names of the groups of a plan.
pub(super) fn names_of(plan: &Plan) -> HashMap<GroupId, String> {
    let teams = plan.teams.iter();
    teams.map(|team| (team.group, team.name.clone())).collect()
}

//! Who is in which group.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};

use super::seen::SeenGroup;
use crate::{
    Canvas, GroupId, Result, UserId,
    memberships::{ListMemberships, Membership, MembershipState},
};

/// How many lists are read side by side.
const WIDTH: usize = 8;

/// Who is in which group. The export shows one group of each student, from a copy of the database:
/// where the number of members says otherwise, the memberships are read.
pub(super) async fn who_is_where(
    canvas: &Canvas,
    groups: &[SeenGroup],
    exported: &[(UserId, GroupId)],
    is_tags: bool,
) -> Result<BTreeMap<GroupId, BTreeSet<UserId>>> {
    let known = groups.iter().map(|group| (group.id, BTreeSet::new()));
    let mut inside: BTreeMap<GroupId, BTreeSet<UserId>> = known.collect();
    for (user, group) in exported {
        if let Some(members) = inside.get_mut(group) {
            members.insert(*user);
        }
    }
    let differ = groups.iter().filter(|group| {
        let count = inside.get(&group.id).map_or(0, BTreeSet::len) as u64;
        group.members_count != Some(count)
    });
    let differ: Vec<GroupId> = differ.map(|group| group.id).collect();
    inside.extend(members_of(canvas, differ).await?);
    if is_tags {
        return Ok(inside);
    }
    // Whoever is in two groups was perhaps moved between the reads.
    let mut first: HashMap<UserId, GroupId> = HashMap::new();
    let mut again = BTreeSet::new();
    for (group, members) in &inside {
        for user in members {
            if let Some(other) = first.insert(*user, *group) {
                again.extend([*group, other]);
            }
        }
    }
    inside.extend(members_of(canvas, again).await?);
    Ok(inside)
}

/// Whether nobody at all is in a group: members, those who were invited and those who asked to join,
/// of whatever section. The number of members does not tell, because it counts accepted members only,
/// and for callers who are limited to their sections only the students of these.
pub(in crate::roster) async fn is_empty(canvas: &Canvas, group: GroupId) -> Result<bool> {
    let list = canvas.stream(ListMemberships::new(group));
    let members: Vec<Membership> = list.try_collect().await?;
    Ok(members.is_empty())
}

/// The accepted members of groups, from the main database.
pub(in crate::roster) async fn members_of(
    canvas: &Canvas,
    groups: impl IntoIterator<Item = GroupId>,
) -> Result<Vec<(GroupId, BTreeSet<UserId>)>> {
    let reads: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let list = ListMemberships::new(group).filter_states([MembershipState::Accepted]);
            let list = canvas.stream(list);
            async move {
                let members = list.try_collect::<Vec<_>>().await?;
                let users = members.into_iter().filter_map(|member| member.user_id);
                Ok((group, users.collect()))
            }
        })
        .collect();
    stream::iter(reads)
        .buffer_unordered(WIDTH)
        .try_collect()
        .await
}

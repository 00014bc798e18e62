//! Students whom the export lacks, such as those who were only invited: the list of everybody in the
//! course has them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Sight;
use crate::{
    Canvas, CategoryId, GroupId, Result, UserId,
    categories::ListCategoryUsers,
    csv::UserKey,
    roster::{Member, SnapshotGroup, Student, names},
    users::User,
};

impl Sight {
    /// Counts people as students whom a plan counted as such, and the export lacks: the invited
    /// ones, whom its roster named. `others` are those whom the plan did not count, by group. One
    /// more call, where somebody is to be counted.
    pub(in crate::roster) async fn count_listed(
        &mut self,
        canvas: &Canvas,
        others: &HashMap<GroupId, u64>,
    ) -> Result<()> {
        let Some(set) = self.snapshot.set.as_ref().map(|set| set.id) else {
            return Ok(());
        };
        let more = |group: &SnapshotGroup| {
            let planned = others.get(&group.id);
            planned.map_or(0, |planned| group.others.saturating_sub(*planned))
        };
        if self.snapshot.groups.iter().all(|group| more(group) == 0) {
            return Ok(());
        }
        let users = canvas.stream(ListCategoryUsers::new(set));
        let users: Vec<_> = users.try_collect().await?;
        let known: HashSet<_> = self.snapshot.students.iter().map(|it| it.id).collect();
        let mut uncounted: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
        for user in users.iter().filter(|user| !known.contains(&user.id)) {
            for group in self.places.get(&user.id).into_iter().flatten() {
                uncounted.entry(*group).or_default().push(user.id);
            }
        }
        let mut counted = HashSet::new();
        for group in &mut self.snapshot.groups {
            let users = uncounted.remove(&group.id).unwrap_or_default();
            let more = usize::try_from(more(group)).unwrap_or(usize::MAX);
            let users = &users[..more.min(users.len())];
            group.others -= users.len() as u64;
            group.members.extend(users);
            counted.extend(users.iter().copied());
        }
        let users = users.into_iter().filter(|user| counted.contains(&user.id));
        self.snapshot.students.extend(users.map(listed));
        Ok(())
    }
}

/// Somebody whom the export lacks.
fn listed(user: User) -> Student {
    Student {
        id: user.id,
        name: user.sortable_name.unwrap_or(user.name),
        sis_id: user.sis_user_id,
        login: user.login_id,
        is_invited: true,
    }
}

/// Whether somebody is named whom the export does not have.
pub(super) fn lacks_somebody(named: &[&Member], students: &BTreeMap<UserId, Student>) -> bool {
    let each = || students.values();
    let sis_ids = each().filter_map(|student| student.sis_id.as_deref());
    let sis_ids: HashSet<_> = sis_ids.map(names::exact).collect();
    let logins = each().filter_map(|student| student.login.as_deref());
    let logins: HashSet<_> = logins.map(names::login).collect();
    let mut keys = named.iter().flat_map(|member| &member.keys);
    keys.any(|key| match key {
        UserKey::Canvas(id) => !students.contains_key(id),
        UserKey::Sis(id) => !sis_ids.contains(&names::exact(id)),
        UserKey::Login(login) => !logins.contains(&names::login(login)),
    })
}

/// Adds those named students whom the export lacks: the invited ones. The list has the students whose
/// enrollment is not inactive, concluded, rejected or deleted, and no staff. Whoever is not named stays
/// one of the others.
pub(super) async fn add_listed(
    canvas: &Canvas,
    set: CategoryId,
    named: &[&Member],
    students: &mut BTreeMap<UserId, Student>,
) -> Result<()> {
    let users = canvas.stream(ListCategoryUsers::new(set));
    let users: Vec<_> = users.try_collect().await?;
    let (mut ids, mut sis_ids, mut logins) = (HashSet::new(), HashSet::new(), HashSet::new());
    for key in named.iter().flat_map(|member| &member.keys) {
        match key {
            UserKey::Canvas(id) => ids.insert(*id),
            UserKey::Sis(id) => sis_ids.insert(names::exact(id)),
            UserKey::Login(login) => logins.insert(names::login(login)),
        };
    }
    let users = users.into_iter().filter(|user| {
        let sis_id = user.sis_user_id.as_deref().map(names::exact);
        let login = user.login_id.as_deref().map(names::login);
        ids.contains(&user.id)
            || sis_id.is_some_and(|id| sis_ids.contains(&id))
            || login.is_some_and(|login| logins.contains(&login))
    });
    for user in users {
        students.entry(user.id).or_insert_with(|| listed(user));
    }
    Ok(())
}

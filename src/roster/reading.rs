//! Taking snapshots: two calls a set, mostly.

mod export;
mod listed;
mod members;
mod no_set;
mod seen;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use export::Exported;
use listed::{add_listed, lacks_somebody};
use members::who_is_where;
pub(super) use members::{is_empty, members_of};
use no_set::see_no_set;
pub(super) use seen::{SeeSet, SeeSets, SeenGroup, SeenSet};

use super::{
    Member, Rights, Roster, SetKey, Snapshot, SnapshotCourse, SnapshotSet, Student, format::Format,
    names,
};
use crate::{
    Canvas, CategoryId, CategoryRef, CourseId, CourseRef, Error, ErrorKind, GroupId, Result,
    UserId,
    categories::{CategoryInclude, ListCategoryGroups, ListCourseCategories},
    courses::{CourseInclude, CourseState, GetCourse},
    groups::CollaborationState,
};

impl Canvas {
    /// Reads the set of a roster: its groups, who is in them, and the students of the course.
    ///
    /// Two calls, mostly: one for the set with its groups, and the export. Further ones where
    /// the two do not say the same, such as for groups with staff in them, for a set without groups,
    /// and where the roster names somebody whom the export lacks. Nothing is changed.
    ///
    /// Needs the right to manage groups in the course, for tags that to manage tags. Which SIS ids
    /// and logins it has depends on the caller's rights: see [`Rights`].
    ///
    /// The export comes from a copy of the server's database that may lag behind by seconds. Where
    /// that shows in the number of members, the memberships are read instead.
    ///
    /// # Errors
    /// Those of the calls: a list that cannot be read to its end is an error, never a shorter list.
    /// `NotFound` for a set that is given by its id and does not exist; one that is given by its
    /// name is `None` in the snapshot. `Request` for a set of an account, and for a name that several
    /// sets of the course have.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CategoryRef, csv::UserKey, roster::{Guard, Plan, Policy, Roster, Team}};
    ///
    /// let roster = Roster::of(CategoryRef::sis("PROJECTS-2026"))
    ///     .team(Team::sis("P-1", "Bridge builders").members([UserKey::sis("S001")]));
    ///
    /// let snapshot = canvas.snapshot(&roster).await?;
    /// let plan = Plan::new(&roster, &snapshot, &Policy::default());
    /// println!("{plan}");
    /// let report = canvas.apply(&plan, &Guard::default()).await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn snapshot(&self, roster: &Roster) -> Result<Snapshot> {
        let named = roster.teams.iter().flat_map(|team| {
            let members = team.members.named().iter();
            members.chain(&team.without).chain(&team.leader)
        });
        let named: Vec<&Member> = named.chain(&roster.in_no_team).collect();
        let sight = look(self, &roster.set, &named, true).await;
        Ok(sight.map_err(Error::without_body)?.snapshot)
    }
}

/// What was seen of a set, with everybody in its groups, students or not.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) snapshot: Snapshot,
    /// The groups that people are in, by number.
    pub(super) places: HashMap<UserId, Vec<GroupId>>,
}

/// The host of a client, as plans name it.
pub(super) fn host(canvas: &Canvas) -> String {
    let root = canvas.root();
    let name = root.host_str().unwrap_or_default();
    match root.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

/// Looks at a set. `named` are people who are to be found; `whole` says whether students matter
/// where there is no set yet.
pub(super) async fn look(
    canvas: &Canvas,
    key: &SetKey,
    named: &[&Member],
    whole: bool,
) -> Result<Sight> {
    let taken_at = Timestamp::now();
    match key {
        SetKey::Existing { category, .. } => {
            see(canvas, taken_at, category.clone(), None, named).await
        }
        SetKey::InCourse {
            course,
            name,
            is_tags,
        } => {
            let (found, others) = find(canvas, course, name, *is_tags).await?;
            let others = Others::of(others, *is_tags);
            match found {
                Some(set) => see(canvas, taken_at, set.id.into(), Some(others), named).await,
                None => see_no_set(canvas, taken_at, course, others, whole).await,
            }
        }
    }
}

/// The other sets of a course, as far as they are in the list of one kind.
#[derive(Debug)]
struct Others {
    sets: Vec<SeenSet>,
    is_tags: bool,
}

impl Others {
    fn of(sets: Vec<SeenSet>, is_tags: bool) -> Self {
        Self { sets, is_tags }
    }

    /// How many tags are in them.
    fn tags(&self) -> u64 {
        let sets = self.sets.iter().filter(|_| self.is_tags);
        sets.filter_map(|set| set.groups_count).sum()
    }

    fn names(self) -> Vec<String> {
        let sets = self.sets.into_iter();
        sets.filter_map(|set| set.name).collect()
    }
}

/// The set of a kind with a name in a course, and the others of that kind.
pub(super) async fn find(
    canvas: &Canvas,
    course: &CourseRef,
    name: &str,
    is_tags: bool,
) -> Result<(Option<SeenSet>, Vec<SeenSet>)> {
    let all: Vec<_> = canvas
        .stream(SeeSets::new(course.clone(), is_tags))
        .try_collect()
        .await?;
    let name = names::exact(name);
    let (mut found, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|set| {
        set.name
            .as_deref()
            .is_some_and(|it| names::exact(it) == name)
    });
    if let [first, second, ..] = &*found {
        return Err(Error::request_invalid(format!(
            "\"{name}\" is the name of several sets of the course, such as {} and {}: give the \
             id of the one that is meant",
            first.id, second.id
        )));
    }
    Ok((found.pop(), others))
}

/// The course itself, where no group tells whether it is over.
async fn see_course(canvas: &Canvas, course: CourseRef) -> Result<SnapshotCourse> {
    let request = GetCourse::new(course).include([CourseInclude::Concluded]);
    let course = canvas.send(request).await?;
    let is_state = |state| course.workflow_state == Some(state);
    Ok(SnapshotCourse {
        id: course.id,
        is_concluded: course.concluded == Some(true)
            || is_state(CourseState::Completed)
            || is_state(CourseState::Deleted),
        is_published: !is_state(CourseState::Unpublished),
    })
}

/// A set and all its groups, from the main database.
pub(super) async fn see_groups(
    canvas: &Canvas,
    category: CategoryRef,
) -> Result<(SeenSet, Vec<SeenGroup>)> {
    let mut set = canvas.send(SeeSet::new(category)).await?;
    let groups = match set.groups.take() {
        Some(groups) => groups,
        None => {
            let list = canvas.stream(ListCategoryGroups::new(set.id));
            let groups: Vec<_> = list.try_collect().await?;
            groups.into_iter().map(SeenGroup::from).collect()
        }
    };
    if let Some(count) = set.groups_count
        && count != groups.len() as u64
    {
        return Err(Error::new(
            ErrorKind::Decode,
            format!(
                "set {} has {count} groups, and {} were listed: somebody changes it now, so try \
                 again",
                set.id,
                groups.len()
            ),
        ));
    }
    Ok((set, groups))
}

async fn see(
    canvas: &Canvas,
    taken_at: Timestamp,
    category: CategoryRef,
    others: Option<Others>,
    named: &[&Member],
) -> Result<Sight> {
    let (set, seen) = see_groups(canvas, category).await?;
    let Some(course) = set.course_id else {
        return Err(Error::request_invalid(format!(
            "set {} belongs to an account: rosters are for sets of courses",
            set.id
        )));
    };
    let is_tags = match set.is_tag_set(&seen) {
        Some(is_tags) => is_tags,
        // It was in the list of those of groups.
        None if others.as_ref().is_some_and(|others| !others.is_tags) => false,
        None => is_empty_set_of_tags(canvas, course, set.id).await?,
    };
    let mut exported = match is_tags {
        true => Exported::tags(canvas, course, set.id).await?,
        false => Exported::groups(canvas, set.id).await?,
    };
    let inside = who_is_where(canvas, &seen, &exported.places, is_tags).await?;
    let logins = exported.students.values();
    let logins_shown = exported.students.is_empty() || logins.into_iter().any(has_login);
    if lacks_somebody(named, &exported.students) {
        add_listed(canvas, set.id, named, &mut exported.students).await?;
    }
    let with_students: HashSet<_> = exported.places.iter().map(|place| place.1).collect();
    let rights = Rights {
        // The export shows the ids of groups that have students, the set those of all.
        group_sis_ids_shown: set.sis_group_category_id.is_some()
            || exported.group_sis_ids_shown
                && seen.iter().all(|group| with_students.contains(&group.id)),
        group_sis_ids_writable: set.sis_import_id.is_some(),
        user_sis_ids_shown: exported.user_sis_ids_shown,
        logins_shown,
    };
    let mut places: HashMap<UserId, Vec<GroupId>> = HashMap::new();
    let mut groups = Vec::with_capacity(seen.len());
    for group in &seen {
        let mut shown = group.shown();
        shown.sis_id = shown
            .sis_id
            .or_else(|| exported.group_sis_ids.get(&group.id).cloned());
        for user in inside.get(&group.id).into_iter().flatten() {
            places.entry(*user).or_default().push(group.id);
            match exported.students.contains_key(user) {
                true => shown.members.push(*user),
                false => shown.others += 1,
            }
        }
        groups.push(shown);
    }
    for groups in places.values_mut() {
        groups.sort_unstable();
    }
    let snapshot = Snapshot {
        format: Format,
        host: host(canvas),
        taken_at,
        course: match seen.is_empty() {
            true => see_course(canvas, course.into()).await?,
            false => SnapshotCourse {
                id: course,
                is_concluded: seen.iter().any(|group| group.concluded == Some(true)),
                is_published: true,
            },
        },
        other_tags: match &others {
            _ if !is_tags => 0,
            Some(others) if others.is_tags => others.tags(),
            _ => other_tags(canvas, course, set.id).await?,
        },
        set: Some(SnapshotSet {
            is_of_sis_import: set.is_of_sis_import(),
            ..set.shown()
        }),
        other_sets: others.map(Others::names).unwrap_or_default(),
        is_tags,
        rights,
        groups,
        students: exported.students.into_values().collect(),
    };
    Ok(Sight { snapshot, places })
}

fn has_login(student: &Student) -> bool {
    student.login.is_some()
}

/// Whether a set without groups is one of tags: it is not among the sets of groups then, and is
/// among those of tags. Older servers do not know the difference, list all sets and have no tags.
async fn is_empty_set_of_tags(canvas: &Canvas, course: CourseId, set: CategoryId) -> Result<bool> {
    for (state, is_tags) in [
        (CollaborationState::Collaborative, false),
        (CollaborationState::NonCollaborative, true),
    ] {
        let list = ListCourseCategories::new(course).collaboration_state(state);
        let sets: Vec<_> = match canvas.stream(list).try_collect().await {
            Err(error) if error.kind() == ErrorKind::Forbidden && !is_tags => continue,
            sets => sets?,
        };
        if sets.iter().any(|other| other.id == set) {
            return Ok(is_tags);
        }
    }
    Err(Error::new(
        ErrorKind::NotFound,
        format!("set {set} is not among the sets of course {course}: it was deleted just now"),
    ))
}

async fn other_tags(canvas: &Canvas, course: CourseId, set: CategoryId) -> Result<u64> {
    let list = ListCourseCategories::new(course)
        .collaboration_state(CollaborationState::NonCollaborative)
        .include([CategoryInclude::GroupsCount]);
    let sets: Vec<_> = canvas.stream(list).try_collect().await?;
    let others = sets.iter().filter(|other| other.id != set);
    Ok(others.filter_map(|other| other.groups_count).sum())
}

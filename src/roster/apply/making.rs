//! Creations. What has no SIS id is never created twice: after a lost answer it is looked for.

use super::calls::{Site, Work, failure};
use crate::{
    CategoryId, Error, ErrorKind, GroupId, Result,
    groups::Group,
    roster::{
        ChangeTags, Made, MakeSet, MakeTeam, NewTeam, Outcome, names,
        reading::{SeenGroup, find, members_of, see_groups},
    },
};

/// Makes the set of a roster.
pub(super) async fn set(site: &Site, make: &MakeSet) -> Work {
    let mut work = Work::new();
    let error = match work.send(&site.canvas, make.request()).await {
        Ok(set) => {
            work.set = Some(set.id);
            return work;
        }
        Err(error) => error,
    };
    if error.outcome_unknown()
        && let Ok((Some(set), _)) = find(&site.canvas, &site.course.into(), &make.name, false).await
    {
        work.set = Some(set.id);
        return work;
    }
    work.ended(failure(&error))
}

/// Makes a team with its people.
pub(super) async fn team(site: &Site, make: &MakeTeam, made: &Made) -> Work {
    let mut work = Work::new();
    let (Some(set), Some(request)) = (made.set(), make.request(made)) else {
        return work.ended(Outcome::not_tried("the set was not made"));
    };
    let error = match work.send(&site.canvas, request.clone()).await {
        Ok(group) => return filled(site, make, work, group).await,
        Err(error) => error,
    };
    let is_lost = is_lost(&error);
    // Somebody else may have made it in this moment: then the SIS id is taken.
    let is_taken =
        make.sis_id.is_some() && matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict);
    if !is_lost && !is_taken {
        return work.ended(failure(&error));
    }
    match look_for(site, set, make).await {
        Ok(Some(group)) => found(site, make, work, group).await,
        Ok(None) if is_lost && make.sis_id.is_some() => {
            match work.send(&site.canvas, request).await {
                Ok(group) => filled(site, make, work, group).await,
                Err(again) => match look_for(site, set, make).await {
                    Ok(Some(group)) => found(site, make, work, group).await,
                    _ => work.ended(failure(&again)),
                },
            }
        }
        Ok(None) if is_lost => work.ended(Outcome::Unknown),
        Ok(None) => work.ended(failure(&error)),
        Err(_) if is_lost => work.ended(Outcome::Unknown),
        Err(_) => work.ended(failure(&error)),
    }
}

/// Whether nothing tells if a creation was carried out.
fn is_lost(error: &Error) -> bool {
    error.outcome_unknown() && (error.is_transient() || error.kind() == ErrorKind::Decode)
}

/// Compares the people of a new team with those who should be in it.
async fn filled(site: &Site, make: &MakeTeam, mut work: Work, group: Group) -> Work {
    if let Some(users) = &group.users {
        let people = make.people.iter();
        let rest = people.filter(|before| users.iter().all(|user| user.id != before.user));
        work.rest = rest.cloned().collect();
        work.made.push((make.team(), group.id));
        return work;
    }
    found(site, make, work, group.id).await
}

/// Fills up a team that is there.
async fn found(site: &Site, make: &MakeTeam, mut work: Work, group: GroupId) -> Work {
    work.made.push((make.team(), group));
    work.rest.clone_from(&make.people);
    if !work.rest.is_empty()
        && let Ok(members) = members_of(&site.canvas, [group]).await
    {
        for (_, members) in members {
            work.rest.retain(|before| !members.contains(&before.user));
        }
    }
    work
}

/// The team, if it is there: by its SIS id, which is shown to whoever may write one, or else by its
/// name among the groups that were not there when the plan was made.
async fn look_for(site: &Site, set: CategoryId, make: &MakeTeam) -> Result<Option<GroupId>> {
    let (_, groups) = see_groups(&site.canvas, set.into()).await?;
    let mut found = groups.iter().map(SeenGroup::shown).filter(|group| {
        let is_named = || names::exact(&group.name) == names::exact(&make.name);
        match &make.sis_id {
            Some(id) => group.sis_id.as_ref() == Some(id),
            None => is_named() && !site.known.contains(&group.id),
        }
    });
    // Of two nobody can tell which is the one that was made.
    Ok(match (found.next(), found.next()) {
        (Some(group), None) => Some(group.id),
        _ => None,
    })
}

/// Makes, renames and deletes tags, all or nothing.
pub(super) async fn tags(site: &Site, tags: &ChangeTags, made: &Made) -> Work {
    let mut work = Work::new();
    let Some(request) = tags.request(site.course, made) else {
        return work.ended(Outcome::not_tried("the set was not made"));
    };
    let error = match work.send(&site.canvas, request.clone()).await {
        Ok(result) => {
            let set = result.group_category.map(|set| set.id);
            let created = result.created.into_iter();
            note_tags(tags, created.map(|tag| (tag.name, tag.id)), &mut work);
            work.set = set.or(made.set());
            return work;
        }
        Err(error) => error,
    };
    if !is_lost(&error) {
        return work.ended(failure(&error));
    }
    match are_changed(site, tags, made, &mut work).await {
        Ok(true) => work,
        // Names and ids are what they will be, whether it ran before or not.
        Ok(false) if tags.create.is_empty() && tags.new_set.is_none() => {
            match work.send(&site.canvas, request).await {
                Ok(_) => work,
                Err(again) => work.ended(failure(&again)),
            }
        }
        _ => work.ended(Outcome::Unknown),
    }
}

/// Notes which of the tags to make were made. Returns whether all were.
fn note_tags(
    tags: &ChangeTags,
    found: impl Iterator<Item = (String, GroupId)>,
    work: &mut Work,
) -> bool {
    let found: Vec<_> = found.collect();
    for name in &tags.create {
        let mut found = found
            .iter()
            .filter(|(found, _)| names::exact(found) == names::exact(name));
        if let Some((_, tag)) = found.next() {
            work.made.push((NewTeam::Name(name.clone()), *tag));
        }
    }
    work.made.len() == tags.create.len()
}

/// Whether the tags are as they should be, after an answer that was lost.
async fn are_changed(site: &Site, tags: &ChangeTags, made: &Made, work: &mut Work) -> Result<bool> {
    let set = match (made.set(), &tags.new_set) {
        (Some(set), _) => Some(set),
        (None, Some(name)) => {
            let (set, _) = find(&site.canvas, &site.course.into(), name, true).await?;
            set.map(|set| set.id)
        }
        (None, None) => None,
    };
    let Some(set) = set else { return Ok(false) };
    let (_, groups) = see_groups(&site.canvas, set.into()).await?;
    let groups: Vec<_> = groups.iter().map(SeenGroup::shown).collect();
    let are_renamed = tags.rename.iter().all(|rename| {
        groups.iter().any(|tag| {
            tag.id == rename.group && names::exact(&tag.name) == names::exact(&rename.to)
        })
    });
    let are_gone = tags
        .delete
        .iter()
        .all(|delete| groups.iter().all(|tag| tag.id != delete.group));
    let new = groups
        .into_iter()
        .filter(|tag| !site.known.contains(&tag.id));
    let are_made = note_tags(tags, new.map(|tag| (tag.name, tag.id)), work);
    let is_done = are_renamed && are_gone && are_made;
    match is_done {
        true => work.set = Some(set),
        false => work.made.clear(),
    }
    Ok(is_done)
}

//! The steps of a set of tags, of which a student may have several.

use super::{Order, StepId};
use crate::roster::{
    Change, ChangeTags, DeleteTeam, GiveTag, MakeSet, Rename, Step, TakeTag, difference::Changes,
    finding::FindingKind, names,
};
use crate::tags::ManageTags;

/// How many tags a set may have.
const IN_SET: u64 = 10;
/// How many tags a course may have.
const IN_COURSE: u64 = 40;

impl Order<'_, '_> {
    pub(super) fn tag_steps(mut self, changes: &Changes, new_set: Option<MakeSet>) -> Vec<Step> {
        self.check_tags(changes);
        self.make_tags(new_set);
        let ids = |order: &Self, people: &[super::Person]| {
            let people = people.iter();
            people
                .map(|person| order.facts.people.get(person.student).id)
                .collect::<Vec<_>>()
        };
        let lines = |people: &[super::Person]| {
            let lines = people.iter().flat_map(|person| &person.lines);
            lines.copied().collect::<Vec<_>>()
        };
        for (node, people) in &changes.given {
            let give = GiveTag {
                tag: self.team(*node),
                people: ids(&self, people),
            };
            let id = StepId::new(format!("give:{}", give.tag));
            let needs = self.made.get(node).into_iter().cloned().collect();
            self.push(id, Change::Give(give), needs, &lines(people));
        }
        let mut taken = std::collections::BTreeMap::new();
        for (at, people) in &changes.taken {
            let take = TakeTag {
                tag: self.group(*at),
                people: ids(&self, people),
            };
            let id = StepId::new(format!("take:{}", take.tag));
            let id = self.push(id, Change::Take(take), Vec::new(), &lines(people));
            taken.insert(*at, id);
        }
        if !taken.is_empty() {
            let text = "tags carry due dates: who loses one may see other dates at once";
            self.findings.note(FindingKind::DueDates, &[], text);
        }
        for at in &changes.deleted {
            let group = self.facts.targets.groups[*at];
            let tags = ChangeTags {
                delete: vec![DeleteTeam {
                    group: group.id,
                    name: group.name.clone(),
                }],
                ..ChangeTags::default()
            };
            let id = StepId::new(format!("delete:{}", group.id));
            let needs = taken.get(at).into_iter().cloned().collect();
            self.push(id, Change::Tags(tags), needs, &[]);
        }
        self.steps
    }

    /// Makes and renames tags, as many in a call as it takes.
    fn make_tags(&mut self, new_set: Option<MakeSet>) {
        let facts = self.facts;
        let mut name_of_set = new_set.map(|set| set.name);
        let mut batch = ChangeTags {
            new_set: name_of_set.clone(),
            ..ChangeTags::default()
        };
        let mut nodes = Vec::new();
        let mut lines = Vec::new();
        let mut number = 0;
        let mut teams = facts.targets.teams.iter().zip(&facts.nodes).peekable();
        while let Some((team, node)) = teams.next() {
            match facts.targets.groups.get(*node) {
                None => {
                    batch.create.push(team.name.clone());
                    nodes.push(*node);
                    lines.extend(&team.lines);
                }
                Some(group) if names::exact(&group.name) != team.name => {
                    batch.rename.push(Rename {
                        group: group.id,
                        from: group.name.clone(),
                        to: team.name.clone(),
                    });
                    lines.extend(&team.lines);
                }
                Some(_) => {}
            }
            let count = batch.operation_count();
            if count < ManageTags::MAX_OPERATIONS && teams.peek().is_some() || count == 0 {
                continue;
            }
            number += 1;
            let needs = self.set.iter().cloned().collect();
            let full = std::mem::take(&mut batch);
            let id = StepId::new(format!("tags:{number}"));
            let id = self.push(id, Change::Tags(full), needs, &std::mem::take(&mut lines));
            if name_of_set.take().is_some() {
                self.set = Some(id.clone());
            }
            for node in nodes.drain(..) {
                self.made.insert(node, id.clone());
            }
        }
    }

    fn check_tags(&mut self, changes: &Changes) {
        let facts = self.facts;
        let new = facts.targets.teams.iter().filter(|team| team.at.is_none());
        let new = new.count() as u64;
        let in_set = facts.targets.groups.len() as u64 + new;
        if new > 0 && in_set > IN_SET {
            let deleted = match changes.deleted.len() {
                0 => String::new(),
                deleted => format!(" until {deleted} are deleted"),
            };
            let text = format!(
                "the set would have {in_set} tags{deleted}, and Canvas takes {IN_SET}: use fewer, \
                 or another set"
            );
            self.findings.error(FindingKind::TooManyTags, &[], text);
        }
        let in_course = in_set + facts.snapshot.other_tags;
        if new > 0 && in_course > IN_COURSE {
            let text = format!(
                "the course would have {in_course} tags, and Canvas takes {IN_COURSE}: use fewer"
            );
            self.findings.error(FindingKind::TooManyTags, &[], text);
        }
        for team in &facts.targets.teams {
            if team.leader.is_some() || team.sis_id.is_some() {
                let text = format!(
                    "\"{}\" is a tag: leaders and new SIS ids are for groups, so leave them out",
                    team.name
                );
                self.findings
                    .error(FindingKind::NotForTags, &team.lines, text);
            }
        }
    }
}

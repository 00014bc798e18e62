//! New groups in a set, and the students who are put into them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{checks::ValidationErrors, params::NewGroups};
use crate::canvas::{
    notices::NoticeKind,
    school::{Category, Context, MembershipState, School},
};

impl School {
    /// Makes groups in a set, and puts students into them where that is wanted.
    pub(super) fn fill(&mut self, category: u64, count: u64, wanted: &NewGroups) {
        let Some(set) = self.category(category) else {
            return;
        };
        let name = singular(&set.name);
        for number in 1..=count {
            self.make_group(category, &format!("{name} {number}"));
        }
        if count > 0 && wanted.assigns {
            match wanted.by_section {
                true => self.assign_by_section(category),
                false => drop(self.assign(category)),
            }
        }
    }

    /// Puts everybody who is in no group of a set into the group that is smallest at the time and
    /// has a place. Gives whom each group got.
    pub(super) fn assign(&mut self, category: u64) -> BTreeMap<u64, Vec<u64>> {
        let groups = self.groups_by_name(category).to_vec();
        let users: Vec<u64> = self.unassigned(category).collect();
        self.spread(&groups, &users)
    }

    /// Gives each section groups of its own, by the number of its students, and spreads these over
    /// them.
    pub(super) fn assign_by_section(&mut self, category: u64) {
        let groups = self.groups_by_name(category).to_vec();
        let sections: Vec<_> = self.by_section(category).into_values().collect();
        let mut shares = vec![1; sections.len()];
        for _ in sections.len()..groups.len() {
            // The next group goes to the section whose groups are the largest.
            let neediest = (0..sections.len()).max_by_key(|at| {
                let size = sections[*at].len() * 1_000_000 / shares[*at];
                (size, Reverse(*at))
            });
            if let Some(share) = neediest.and_then(|at| shares.get_mut(at)) {
                *share += 1;
            }
        }
        let mut rest = &groups[..];
        for (users, share) in sections.iter().zip(shares) {
            let (own, others) = rest.split_at(share.min(rest.len()));
            self.spread(own, users);
            rest = others;
        }
    }

    /// What keeps a set from being split by section.
    pub(super) fn check_section_split(
        &self,
        category: &Category,
        groups: u64,
        is_limited: bool,
        errors: &mut ValidationErrors,
    ) {
        let records = || category.groups.iter().filter_map(|id| self.group(*id));
        if records().any(|group| !group.members.is_empty()) {
            errors.add(
                "group_by_section",
                "Groups must be empty to assign by section",
            );
        }
        if is_limited || records().any(|group| group.max_membership.is_some()) {
            errors.add(
                "group_by_section",
                "Groups cannot have size restrictions to assign by section",
            );
        }
        let Context::Course(course) = category.context else {
            return;
        };
        if groups
            < self
                .sections_of(course, self.current_students(course))
                .len() as u64
        {
            errors.add(
                "create_group_count",
                "Must have at least as many groups as sections to assign by section",
            );
        }
    }

    /// Those in no group of a set, by the first of their sections.
    fn by_section(&self, category: u64) -> BTreeMap<Option<u64>, Vec<u64>> {
        match self.categories.get(&category).map(|set| set.context) {
            Some(Context::Course(course)) => self.sections_of(course, self.unassigned(category)),
            _ => [(None, self.unassigned(category).collect())].into(),
        }
    }

    fn sections_of(
        &self,
        course: u64,
        users: impl Iterator<Item = u64>,
    ) -> BTreeMap<Option<u64>, Vec<u64>> {
        let roster = self.courses.get(&course).map(|course| &course.roster);
        let mut sections: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for user in users {
            let enrollment = roster.and_then(|roster| roster.get(&user));
            let section = enrollment.and_then(|enrollment| enrollment.sections.first());
            sections.entry(section.copied()).or_default().push(user);
        }
        sections
    }

    fn spread(&mut self, groups: &[u64], users: &[u64]) -> BTreeMap<u64, Vec<u64>> {
        let sized = groups.iter().enumerate().filter_map(|(at, id)| {
            let size = self.group(*id)?.members.len();
            Some(Reverse((size, at, *id)))
        });
        let mut open: BinaryHeap<_> = sized.collect();
        let mut placed = BTreeMap::<_, Vec<_>>::new();
        for user in users {
            while let Some(Reverse((size, at, id))) = open.pop() {
                let has_room = self.group(id).is_some_and(|group| !self.is_full(group));
                if has_room {
                    // Rows written in bulk touch no submissions.
                    self.insert_member(*user, id, MembershipState::Accepted);
                    self.tell_anyway(*user, id, NoticeKind::NewMembership);
                    placed.entry(id).or_default().push(*user);
                    open.push(Reverse((size + 1, at, id)));
                    break;
                }
            }
        }
        placed
    }
}

/// The name of one of what a name of many names, in English.
fn singular(name: &str) -> String {
    const IRREGULAR: [(&str, &str); 4] = [
        ("people", "person"),
        ("children", "child"),
        ("women", "woman"),
        ("men", "man"),
    ];
    let cut = |ending: &str| {
        let at = name.len().checked_sub(ending.len())?;
        let (stem, last) = (name.get(..at)?, name.get(at..)?);
        last.eq_ignore_ascii_case(ending).then_some(stem)
    };
    for (many, one) in IRREGULAR {
        if let Some(stem) = cut(many) {
            // The first letter keeps its case.
            let kept = name.get(stem.len()..=stem.len()).unwrap_or_default();
            return format!("{stem}{kept}{}", &one[1..]);
        }
    }
    let unchanged = ["ss", "us", "is", "series", "species", "news"];
    if unchanged.into_iter().any(|ending| cut(ending).is_some()) {
        return name.to_owned();
    }
    if let Some(stem) = cut("ies").filter(|stem| stem.chars().count() > 1) {
        return format!("{stem}y");
    }
    let hissing = ["sses", "shes", "ches", "xes", "tuses", "buses", "ruses"];
    let ending = match hissing.into_iter().any(|ending| cut(ending).is_some()) {
        true => "es",
        false => "s",
    };
    cut(ending).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::singular;

    #[test]
    fn names_of_many_become_names_of_one() {
        let cases = [
            ("Study Groups", "Study Group"),
            ("Class", "Class"),
            ("Classes", "Class"),
            ("Courses", "Course"),
            ("Parties", "Party"),
            ("Time Series", "Time Series"),
            ("Lunches", "Lunch"),
            ("Viruses", "Virus"),
            ("People", "Person"),
            ("Lab Men", "Lab Man"),
            ("Teams é", "Teams é"),
            ("Lab 5", "Lab 5"),
            ("s", ""),
        ];
        for (many, one) in cases {
            assert_eq!(singular(many), one, "{many}");
        }
    }
}

//! Which set is meant.

use canvas_groups::{CategoryRef, CourseId, CourseRef, roster::Roster};
use clap::Args;

use crate::{
    end::Result,
    place::{Place, or_sample},
    sample::Sample,
};

#[derive(Args)]
pub(crate) struct Set {
    /// The group set: its id, an SIS id as sis_group_category_id:PROJECTS, or its address in the
    /// browser. The fake has one.
    #[arg(long, value_name = "SET", conflicts_with_all = ["course", "name"])]
    set: Option<String>,
    /// The course of the set: its id, or an SIS id as sis_course_id:MATH-101. Goes with --name.
    #[arg(long, requires = "name")]
    course: Option<CourseRef>,
    /// The name of the set in the course.
    #[arg(long, requires = "course")]
    name: Option<String>,
    /// The set of this name is one of differentiation tags. Goes with --course and --name: of a set
    /// that is given by --set it is known.
    #[arg(long, requires = "course", conflicts_with = "set")]
    tags: bool,
}

impl Set {
    /// The first option that is given.
    pub(crate) fn option(&self) -> Option<&'static str> {
        let Self {
            set,
            course,
            name,
            tags,
        } = self;
        let given = [
            (set.is_some(), "--set"),
            (course.is_some(), "--course"),
            (name.is_some(), "--name"),
            (*tags, "--tags"),
        ];
        first(given)
    }

    /// An empty roster of the set.
    pub(crate) fn roster(&self, place: &Place, sample: Option<&Sample>) -> Result<Roster> {
        if let (Some(course), Some(name)) = (&self.course, &self.name) {
            return Ok(match self.tags {
                true => Roster::tags_in_course(course.clone(), name),
                false => Roster::in_course(course.clone(), name),
            });
        }
        let sampled = sample.map(|sample| sample.school.category.to_string());
        let set = or_sample(self.set.clone(), "--set, or --course and --name", sampled)?;
        match set.contains("://") {
            true => of_address(&set, place),
            false => Ok(Roster::of(set.parse::<CategoryRef>()?)),
        }
    }
}

/// The first option of those that are given.
pub(crate) fn first(
    options: impl IntoIterator<Item = (bool, &'static str)>,
) -> Option<&'static str> {
    let mut options = options.into_iter();
    options.find_map(|(is_given, name)| is_given.then_some(name))
}

/// From an address of the web or of the API: the tab of a set in the list of a course's groups has
/// its id.
fn of_address(address: &str, place: &Place) -> Result<Roster> {
    let wrong = || {
        format!(
            "{address} is not the address of a group set: open the set among the groups of its \
             course, and copy the address, which ends with #tab- and a number"
        )
    };
    let url: url::Url = address.parse().map_err(|_| wrong())?;
    let origin = |url: &url::Url| url.origin().ascii_serialization();
    if let Some((root, _)) = place.given()?
        && root.parse().is_ok_and(|root| origin(&root) != origin(&url))
    {
        let there = origin(&url);
        return Err(format!("the group set is on {there}, and CANVAS_URL names {root}").into());
    }
    let parts: Vec<_> = url.path_segments().into_iter().flatten().collect();
    let after = |word: &str| {
        let at = parts.iter().position(|part| *part == word)?;
        parts.get(at + 1)?.parse::<u64>().ok()
    };
    let tab = url.fragment().and_then(|tab| tab.strip_prefix("tab-"));
    let tab = tab.and_then(|tab| tab.parse::<u64>().ok());
    let set = after("group_categories").or(tab).ok_or_else(wrong)?;
    let roster = Roster::of(canvas_groups::CategoryId::new(set));
    Ok(match after("courses") {
        Some(course) => roster.must_be_in(CourseId::new(course)),
        None => roster,
    })
}

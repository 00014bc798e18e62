//! Exports to CSV files: who is in which group, and who has which tags.

use std::collections::HashSet;

use http::{StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    rights::{Action, Right},
    school::{Context, Enrollment, School},
};
use crate::reply::{HandlerResult, Reply, ReplyBody};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("group_categories/:group_category_id/export", export_groups),
    get("courses/:course_id/group_categories/export_tags", export_tags),
];

pub(crate) fn export_groups(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    let category = request.category_record(id)?;
    let context = category.context;
    permit(request, Action::Manage, category.is_tags, context)?;
    let Context::Course(course) = context else {
        return Err(Reply::crash());
    };
    let school = request.replica();
    let sees_sis = sees_sis(request, context);
    let rows: Vec<_> = school
        .students_by_name(course)
        .map(|user| (user, school.groups_of(user, id).first().copied()))
        .collect();
    // Staff in a group count for this, too.
    let mut groups = category.groups.iter().filter_map(|id| school.group(*id));
    let has_groups = groups.any(|group| !group.members.is_empty());
    let mut file = csv::Writer::from_writer(Vec::new());
    let sis = |column: &'static str| sees_sis.then_some(column);
    let headings = ["name", "canvas_user_id"]
        .into_iter()
        .chain(sis("user_id"))
        .chain(["login_id", "sections", "group_name"])
        .chain(has_groups.then_some("canvas_group_id"))
        .chain(sis("group_id").filter(|_| has_groups));
    let mut is_written = file.write_record(headings);
    for (user, group) in rows {
        let mut cells = school.user_cells(user, sees_sis);
        cells.push(school.sections_as_phrase(course, user));
        let record = group.and_then(|group| school.group(group));
        cells.push(record.map(|group| group.name.clone()).unwrap_or_default());
        if has_groups {
            cells.push(group.map(|id| id.to_string()).unwrap_or_default());
            if sees_sis {
                let sis_id = record.and_then(|group| group.sis_id.clone());
                cells.push(sis_id.unwrap_or_default());
            }
        }
        is_written = is_written.and_then(|()| file.write_record(cells));
    }
    let name = format!("{}.csv", category.name);
    is_written.map_err(|_| Reply::crash())?;
    attached(&name, file)
}

pub(crate) fn export_tags(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    if !request.school.has_tags_on(context) {
        return Err(request.unauthorized());
    }
    permit(request, Action::Manage, true, context)?;
    let Context::Course(course) = context else {
        return Err(Reply::not_found());
    };
    let school = request.replica();
    let sees_sis = sees_sis(request, context);
    let sis = |column: &'static str| sees_sis.then_some(column);
    let headings = ["name", "canvas_user_id"]
        .into_iter()
        .chain(sis("user_id"))
        .chain(["login_id", "tag_name", "canvas_tag_id"])
        .chain(sis("tag_id"))
        .chain(["tag_set_name", "canvas_tag_set_id"])
        .chain(sis("tag_set_id"));
    // Rows of students without tags end after the login.
    let mut file = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    let mut is_written = file.write_record(headings);
    for user in school.students_by_name(course) {
        let cells = school.user_cells(user, sees_sis);
        let tags = school.tag_cells(user, context, sees_sis);
        if tags.is_empty() {
            is_written = is_written.and_then(|()| file.write_record(&cells));
        }
        for tag in tags {
            is_written = is_written.and_then(|()| file.write_record(cells.iter().chain(&tag)));
        }
    }
    is_written.map_err(|_| Reply::crash())?;
    let name = school.context_name(context).unwrap_or_default();
    attached(&format!("{name} Tags.csv"), file)
}

/// The refusal is a plain text here, and always a 401, since the route is one of CSV.
fn permit(
    request: &ApiRequest<'_>,
    action: Action,
    on_tags: bool,
    context: Context,
) -> Result<(), Reply> {
    match request.may_do(action, on_tags, context) {
        true => Ok(()),
        false => Err(Reply::text(StatusCode::UNAUTHORIZED, "Unauthorized")),
    }
}

fn sees_sis(request: &ApiRequest<'_>, context: Context) -> bool {
    let rights = [Right::ReadSis, Right::ManageSis];
    rights.into_iter().any(|right| request.may(right, context))
}

impl School {
    /// The cells that tell who somebody is.
    fn user_cells(&self, id: u64, sees_sis: bool) -> Vec<String> {
        let Some(user) = self.users.get(&id) else {
            return Vec::new();
        };
        let sis_id = sees_sis.then(|| user.sis_id.clone().unwrap_or_default());
        let cells = [user.sortable_name.clone(), id.to_string()];
        cells
            .into_iter()
            .chain(sis_id)
            .chain([user.login.clone()])
            .collect()
    }

    /// The active students of a course, by sortable name.
    fn students_by_name(&self, course: u64) -> impl Iterator<Item = u64> {
        let active: HashSet<u64> = self.students(course).collect();
        let students = self.current_students_by_name(course).iter().copied();
        students.filter(move |user| active.contains(user))
    }

    /// The cells of each tag that somebody has in a course, deleted ones too.
    fn tag_cells(&self, user: u64, context: Context, sees_sis: bool) -> Vec<Vec<String>> {
        let groups = self.users.get(&user).map(|user| user.groups.iter());
        let groups = groups.into_iter().flatten();
        let tags = groups.filter_map(|id| {
            let tag = self.groups.get(id)?;
            let set = self.categories.get(&tag.category)?;
            if tag.context != context || !set.is_tags {
                return None;
            }
            let sis = |id: &Option<String>| sees_sis.then(|| id.clone().unwrap_or_default());
            let cells = [tag.name.clone(), id.to_string()];
            let cells = cells.into_iter().chain(sis(&tag.sis_id));
            let cells = cells.chain([set.name.clone(), tag.category.to_string()]);
            Some(cells.chain(sis(&set.sis_id)).collect())
        });
        tags.collect()
    }

    /// The sections of somebody, such as `A, B, and C`.
    fn sections_as_phrase(&self, course: u64, user: u64) -> String {
        let course = self.courses.get(&course);
        let enrollment: Option<&Enrollment> = course.and_then(|course| course.roster.get(&user));
        let sections = enrollment.map(|enrollment| enrollment.sections.iter());
        let names: Vec<&str> = sections
            .into_iter()
            .flatten()
            .filter_map(|section| Some(&*self.sections.get(section)?.name))
            .collect();
        match &names[..] {
            [one, other] => format!("{one} and {other}"),
            [others @ .., last] if others.len() > 1 => {
                format!("{}, and {last}", others.join(", "))
            }
            names => names.concat(),
        }
    }
}

/// What stays as it is in the plain form of a file name.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b' ')
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'+')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~')
    .remove(b'-');

/// What stays as it is in the extended form.
const EXTENDED: &AsciiSet = &PLAIN.add(b' ').remove(b'&');

fn attached(name: &str, file: csv::Writer<Vec<u8>>) -> HandlerResult {
    let data = file.into_inner().map_err(|_| Reply::crash())?;
    let ascii = name.replace(|c: char| !c.is_ascii(), "?");
    let disposition = format!(
        "attachment; filename=\"{}\"; filename*=UTF-8''{}",
        utf8_percent_encode(&ascii, PLAIN),
        utf8_percent_encode(name, EXTENDED),
    );
    let reply = Reply::new(StatusCode::OK, ReplyBody::Raw("text/csv", data.into()));
    Ok(reply.header(header::CONTENT_DISPOSITION, &disposition))
}

//! CSV files: those that come in, and the export.

use std::collections::BTreeMap;

use wiremock::{Request, ResponseTemplate};

use super::school::School;

/// The filled cells of a row, by heading.
pub(super) type Row = BTreeMap<String, String>;

/// The rows of the file in a request; an error as the job later words it.
pub(super) fn rows(request: &Request) -> Result<Vec<Row>, String> {
    let file = attachment(request).ok_or("Unable to read file")?;
    let text = std::str::from_utf8(file).map_err(|_| "Invalid UTF-8")?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let malformed = |_| "Malformed CSV".to_owned();
    let headings = reader.headers().map_err(malformed)?.clone();
    let rows = reader.records().map(|record| {
        let record = record.map_err(malformed)?;
        let cells = headings.iter().zip(&record);
        let filled = cells.filter(|(_, cell)| !cell.trim().is_empty());
        let owned = filled.map(|(heading, cell)| (heading.to_owned(), cell.trim().to_owned()));
        Ok(owned.collect())
    });
    rows.collect()
}

/// What is between the head of the part `attachment` and the boundary after it.
fn attachment(request: &Request) -> Option<&[u8]> {
    let content_type = request.headers.get("content-type")?.to_str().ok()?;
    let (_, boundary) = content_type.split_once("boundary=")?;
    let end = format!("\r\n--{}", boundary.trim_matches('"'));
    let body = &request.body[..];
    let name = position(body, b"name=\"attachment\"")?;
    let start = name + position(&body[name..], b"\r\n\r\n")? + 4;
    let file = &body[start..];
    Some(&file[..position(file, end.as_bytes())?])
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut windows = bytes.windows(wanted.len());
    windows.position(|window| window == wanted)
}

/// One row for each student, with a group or without.
pub(super) fn export(school: &School, category: u64) -> ResponseTemplate {
    let mut columns = vec![
        "name",
        "canvas_user_id",
        "user_id",
        "login_id",
        "sections",
        "group_name",
    ];
    let students = school.students.iter();
    let placed: Vec<_> = students
        .map(|student| (student, school.group_of(category, student.id)))
        .collect();
    if placed.iter().any(|(_, group)| group.is_some()) {
        columns.extend(["canvas_group_id", "group_id"]);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut outcome = writer.write_record(&columns);
    for (student, id) in placed {
        let group = id.and_then(|id| school.groups.get(&id));
        let cells = [
            format!("{}, {}", student.last, student.first),
            student.id.to_string(),
            student.sis_id(),
            student.login(),
            student.sections().to_owned(),
            group.map(|group| group.name.clone()).unwrap_or_default(),
            id.map(|id| id.to_string()).unwrap_or_default(),
            String::new(),
        ];
        outcome = outcome.and(writer.write_record(&cells[..columns.len()]));
    }
    match (outcome, writer.into_inner()) {
        (Ok(()), Ok(file)) => ResponseTemplate::new(200).set_body_raw(file, "text/csv"),
        _ => ResponseTemplate::new(500),
    }
}

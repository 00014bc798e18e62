//! The files of a group.

use serde_json::Value;

use super::{includes, records::File};
use crate::{
    canvas::{api_request::ApiRequest, school::School},
    reply::HandlerResult,
};

pub(super) fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let group = request.group()?;
    let school = &request.school;
    request.permit(school.may_use_files(request.caller, group))?;
    let params = &request.params;
    let term = request.search_term()?;
    let kinds = params.list("content_types");
    // Older servers leave none out.
    let excluded = match request.settings.is_old {
        true => Vec::new(),
        false => params.list("exclude_content_types"),
    };
    let files = school.files.ready(group).filter(|(_, file)| {
        let is_of = |kinds: &[String]| kinds.iter().any(|kind| is_of(file, kind));
        (kinds.is_empty() || is_of(&kinds))
            && !is_of(&excluded)
            && term
                .as_deref()
                .is_none_or(|term| file.name.to_lowercase().contains(term))
    });
    let sort = params.text("sort").unwrap_or_default();
    let mut files: Vec<_> = files
        .map(|(id, file)| (sort_key(school, file, &sort), id))
        .collect();
    files.sort();
    if params.text("order").as_deref() == Some("desc") {
        files.reverse();
    }
    let ids: Vec<u64> = files.into_iter().map(|(_, id)| id).collect();
    let mut includes = includes(params);
    if sort == "user" {
        includes.push("user".to_owned());
    }
    request.numbered(&ids, |id| {
        Value::from(request.school.show_file(id, request.url, &includes))
    })
}

/// Whether a file is of a media type, or of one of those that a word such as `image` stands for.
fn is_of(file: &File, kind: &str) -> bool {
    match file.content_type.strip_prefix(kind) {
        Some(rest) => rest.is_empty() || (rest.starts_with('/') && !kind.contains('/')),
        None => false,
    }
}

/// A number or a text, by which files are sorted. The name decides between those that are equal.
fn sort_key(school: &School, file: &File, sort: &str) -> (i128, String, String) {
    let name = file.name.to_lowercase();
    let text = |text: &str| (0, text.to_lowercase(), name.clone());
    let number = |number: i128| (number, String::new(), name.clone());
    match sort {
        "size" => number(file.content.len() as i128),
        "created_at" => number(file.created_at.as_nanosecond()),
        "updated_at" => number(file.updated_at.as_nanosecond()),
        "content_type" => text(&file.content_type),
        "user" => {
            let user = school.users.get(&file.user);
            text(user.map_or("", |user| &user.sortable_name))
        }
        _ => text(""),
    }
}

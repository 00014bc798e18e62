//! The first step of an upload: Canvas hears about a file and says where to send it.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::{
    records::{File, FileError, FileState, OnDuplicate},
    show, store,
};
use crate::{
    canvas::{
        api_request::ApiRequest,
        finder::plain_id,
        jobs::{NewJob, Subject},
        settings::UploadEnding,
    },
    params::Params,
    reply::{HandlerResult, Reply},
    secret::random,
};

/// How long the store waits for a file.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Where files are that no folder is named for.
const DEFAULT_FOLDER: &str = "unfiled";

const SUBMISSIONS: &str = "Submissions";

pub(super) fn announce(request: &mut ApiRequest<'_>) -> HandlerResult {
    let group = group(request)?;
    let params = &request.params;
    let url = params.filled("url");
    let is_submission = params.flag("submit_assignment") == Some(true);
    let on_duplicate = match params.filled("on_duplicate").as_deref() {
        None | Some("overwrite") => OnDuplicate::Overwrite,
        Some("rename") => OnDuplicate::Rename,
        Some("error") if !request.settings.is_old => OnDuplicate::Error,
        Some(_) => {
            let message = "invalid on_duplicate option";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
    };
    let size = params
        .number("size")
        .and_then(|size| u64::try_from(size).ok());
    if !is_submission && !request.school.fits(group, size.unwrap_or(0)) {
        return Err(FileError::Quota.reply());
    }
    let name = params.filled("name").or_else(|| params.filled("filename"));
    let name = name.or_else(|| last_part(url.as_deref()?));
    let name = name.unwrap_or_else(|| "unknown".to_owned());
    let content_type = params.filled("content_type");
    let content_type = content_type.unwrap_or_else(|| show::content_type(&name).to_owned());
    let category = params.filled("category");
    let includes = params.list("success_include");
    let folder = folder(request, group, is_submission)?;
    let has_duplicate = request.school.files.named(group, folder, &name).is_some();
    if on_duplicate == OnDuplicate::Error && has_duplicate {
        return Err(FileError::Duplicate.reply());
    }
    let file = File {
        group,
        folder,
        user: request.caller,
        name,
        content_type,
        category: category.unwrap_or_else(|| "uncategorized".to_owned()),
        uuid: random(40),
        content: Bytes::new(),
        state: FileState::Awaited,
        on_duplicate,
        counts_for_quota: !is_submission,
        includes,
        awaited_until: Instant::now() + PATIENCE,
        created_at: Timestamp::now(),
        updated_at: Timestamp::now(),
    };
    let id = request.school.keep_file(file);
    match url {
        Some(url) => fetch(request, id, url),
        None => instructions(request, id),
    }
}

/// The group, by its number alone, to which the caller may add files.
fn group(request: &ApiRequest<'_>) -> Result<u64, Reply> {
    let text = request.path.get("group_id");
    // Old servers take SIS ids, and know no tags here.
    let is_old = request.settings.is_old;
    let id = match is_old {
        true => request.school.find_group(text),
        false => plain_id(text),
    };
    let group = id.and_then(|id| Some((id, request.school.group(id)?)));
    let Some((id, group)) = group else {
        if is_old {
            return Err(Reply::not_found());
        }
        return Err(refusal(StatusCode::NOT_FOUND, "Group not found"));
    };
    if !is_old && request.school.is_tag(group) {
        let message = "Not authorized to upload file to Differentiation Tag";
        return Err(refusal(StatusCode::UNAUTHORIZED, message));
    }
    request.permit(request.school.may_use_files(request.caller, id))?;
    Ok(id)
}

fn folder(request: &mut ApiRequest<'_>, group: u64, is_submission: bool) -> Result<u64, Reply> {
    let params = &request.params;
    let path = params.filled("parent_folder_path");
    let path = path.or_else(|| params.filled("folder"));
    let path = match (params.filled("parent_folder_id"), path) {
        (Some(_), Some(_)) => {
            let message = "Can't set folder path and folder id";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
        (Some(id), None) => {
            let id = id.parse().ok();
            let id = id.filter(|id| request.school.files.has_folder(*id, group));
            let message = "The specified resource does not exist.";
            return id.ok_or_else(|| refusal(StatusCode::NOT_FOUND, message));
        }
        (None, _) if is_submission => SUBMISSIONS.to_owned(),
        (None, path) => path.unwrap_or_else(|| DEFAULT_FOLDER.to_owned()),
    };
    Ok(request.school.folder(group, &path))
}

/// The name of what is at an address.
fn last_part(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let last = url.path_segments()?.next_back()?;
    let name = percent_decode_str(last).decode_utf8_lossy();
    (!name.is_empty()).then(|| name.into_owned())
}

/// Starts the job that fetches a file from an address.
fn fetch(request: &mut ApiRequest<'_>, id: u64, url: String) -> HandlerResult {
    let job = request.school.start(NewJob {
        tag: "upload_via_url",
        subject: Subject::User(request.caller),
        user: Some(request.caller),
        queued: request.settings.job_duration / 4,
        running: request.settings.job_duration - request.settings.job_duration / 4,
        work: Arc::new(move |school| school.fetch_file(id, &url)),
    });
    let progress = request.school.show_progress(job, request.url);
    Ok(Reply::ok(json!({ "progress": progress })))
}

/// Where and how to send a file.
fn instructions(request: &ApiRequest<'_>, id: u64) -> HandlerResult {
    let file = request.school.files.get(id).ok_or_else(Reply::not_found)?;
    let (name, uuid) = (&file.name, &file.uuid);
    let ending = match request.settings.upload_ending {
        UploadEnding::Created => ("success_action_status", "201".to_owned()),
        UploadEnding::Redirect => {
            let next = store::confirmation(request.url, id, uuid);
            ("success_action_redirect", next)
        }
    };
    let policy = STANDARD.encode(json!({ "id": id }).to_string());
    let fields = [
        ("Filename", name.clone()),
        ("key", format!("group_{}/{uuid}/{name}", file.group)),
        ("acl", "private".to_owned()),
        ending,
        ("content-type", file.content_type.clone()),
        ("Policy", policy),
    ];
    let fields = Params::of_pairs(fields.map(|(name, value)| (name.to_owned(), value)));
    let signature = store::signature(&request.school.files.secret, &fields);
    let mut upload_params = fields.into_map();
    upload_params.insert("Signature".to_owned(), Value::from(signature));
    Ok(Reply::ok(json!({
        "upload_url": format!("{}/files_api", request.url),
        "upload_params": upload_params,
        "file_param": store::FILE_PARAM,
    })))
}

fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, json!({ "message": message }))
}

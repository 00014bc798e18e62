//! The first step of an upload: Canvas is told of a file and says where to send it.

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
    records::{File, FileState, Misfit, OnDuplicate},
    show, store,
};
use crate::fake::{
    canvas::{
        jobs::{NewJob, Subject},
        settings::UploadEnding,
        visit::Visit,
    },
    params::Params,
    reply::{Answer, Reply},
    secret::random,
};

/// How long the store waits for a file.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Where files are that no folder is named for.
const DEFAULT_FOLDER: &str = "unfiled";

const SUBMISSIONS: &str = "Submissions";

pub(super) fn announce(visit: &mut Visit<'_>) -> Answer {
    let group = group(visit)?;
    let params = &visit.params;
    let url = params.filled("url");
    let is_submission = params.flag("submit_assignment") == Some(true);
    let on_duplicate = match params.filled("on_duplicate").as_deref() {
        None | Some("overwrite") => OnDuplicate::Overwrite,
        Some("rename") => OnDuplicate::Rename,
        Some("error") => OnDuplicate::Error,
        Some(_) => {
            let message = "invalid on_duplicate option";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
    };
    let size = params
        .number("size")
        .and_then(|size| u64::try_from(size).ok());
    if !is_submission && !visit.school.fits(group, size.unwrap_or(0)) {
        return Err(Misfit::Quota.reply());
    }
    let name = params.filled("name").or_else(|| params.filled("filename"));
    let name = name.or_else(|| last_part(url.as_deref()?));
    let name = name.unwrap_or_else(|| "unknown".to_owned());
    let content_type = params.filled("content_type");
    let content_type = content_type.unwrap_or_else(|| show::content_type(&name).to_owned());
    let category = params.filled("category");
    let includes = params.list("success_include");
    let folder = folder(visit, group, is_submission)?;
    let has_duplicate = visit.school.files.named(group, folder, &name).is_some();
    if on_duplicate == OnDuplicate::Error && has_duplicate {
        return Err(Misfit::Duplicate.reply());
    }
    let file = File {
        group,
        folder,
        user: visit.caller,
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
    let id = visit.school.keep_file(file);
    match url {
        Some(url) => fetch(visit, id, url),
        None => instructions(visit, id),
    }
}

/// The group, by its number alone, to which the caller may add files.
fn group(visit: &Visit<'_>) -> Result<u64, Reply> {
    let id = visit.path.get("group_id").parse().ok();
    let group = id.and_then(|id| Some((id, visit.school.group(id)?)));
    let Some((id, group)) = group else {
        return Err(refusal(StatusCode::NOT_FOUND, "Group not found"));
    };
    if visit.school.is_tag(group) {
        let message = "Not authorized to upload file to Differentiation Tag";
        return Err(refusal(StatusCode::UNAUTHORIZED, message));
    }
    visit.permit(visit.school.may_use_files(visit.caller, id))?;
    Ok(id)
}

fn folder(visit: &mut Visit<'_>, group: u64, is_submission: bool) -> Result<u64, Reply> {
    let params = &visit.params;
    let path = params.filled("parent_folder_path");
    let path = path.or_else(|| params.filled("folder"));
    let path = match (params.filled("parent_folder_id"), path) {
        (Some(_), Some(_)) => {
            let message = "Can't set folder path and folder id";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
        (Some(id), None) => {
            let id = id.parse().ok();
            let id = id.filter(|id| visit.school.files.has_folder(*id, group));
            let message = "The specified resource does not exist.";
            return id.ok_or_else(|| refusal(StatusCode::NOT_FOUND, message));
        }
        (None, _) if is_submission => SUBMISSIONS.to_owned(),
        (None, path) => path.unwrap_or_else(|| DEFAULT_FOLDER.to_owned()),
    };
    Ok(visit.school.folder(group, &path))
}

/// The name of what is at an address.
fn last_part(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let last = url.path_segments()?.next_back()?;
    let name = percent_decode_str(last).decode_utf8_lossy();
    (!name.is_empty()).then(|| name.into_owned())
}

/// Starts the job that fetches a file from an address.
fn fetch(visit: &mut Visit<'_>, id: u64, url: String) -> Answer {
    let job = visit.school.start(NewJob {
        tag: "upload_via_url",
        subject: Subject::User(visit.caller),
        user: Some(visit.caller),
        queued: Duration::ZERO,
        running: visit.settings.job_duration,
        work: Arc::new(move |school| school.fetch_file(id, &url)),
    });
    let progress = visit.school.show_progress(job, visit.url);
    Ok(Reply::ok(json!({ "progress": progress })))
}

/// Where and how to send a file.
fn instructions(visit: &Visit<'_>, id: u64) -> Answer {
    let file = visit.school.files.get(id).ok_or_else(Reply::not_found)?;
    let (name, uuid) = (&file.name, &file.uuid);
    let ending = match visit.settings.upload_ending {
        UploadEnding::Created => ("success_action_status", "201".to_owned()),
        UploadEnding::Redirect => {
            let next = store::confirmation(visit.url, id, uuid);
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
    let signature = store::signature(&visit.school.files.secret, &fields);
    let mut upload_params = fields.into_map();
    upload_params.insert("Signature".to_owned(), Value::from(signature));
    Ok(Reply::ok(json!({
        "upload_url": format!("{}/files_api", visit.url),
        "upload_params": upload_params,
        "file_param": store::FILE_PARAM,
    })))
}

fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, json!({ "message": message }))
}

//! The store: it takes files for the second step of an upload, and gives them out.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::records::{FileError, FileState};
use crate::{
    canvas::{open_request::OpenRequest, settings::UploadEnding},
    params::Params,
    reply::{HandlerResult, Reply, ReplyBody},
};

/// The name of the part that holds a file.
pub(super) const FILE_PARAM: &str = "attachment[uploaded_data]";

/// Takes a file. The signature alone authorizes it, and a token is refused.
pub(super) fn take(request: &mut OpenRequest<'_>) -> HandlerResult {
    let http = request.http;
    if http.header(header::AUTHORIZATION).is_some() || request.params.has("access_token") {
        return Err(leak());
    }
    let rejected = || Reply::empty(StatusCode::BAD_REQUEST);
    let body = &http.parsed;
    let file = body.files.first().filter(|file| {
        body.files.len() == 1
            && body.ends_with_file
            && (file.part == FILE_PARAM || file.part == "file")
    });
    let content = file.ok_or_else(rejected)?.data.clone();
    let school = &mut request.data.school;
    let id = signed_id(&school.files.secret, &body.params).ok_or_else(rejected)?;
    let file = school.files.get_mut(id).ok_or_else(rejected)?;
    if file.state != FileState::Awaited || file.awaited_until <= Instant::now() {
        return Err(rejected());
    }
    file.content = content;
    file.state = FileState::Stored;
    let (uuid, includes) = (file.uuid.clone(), file.includes.clone());
    match request.settings.upload_ending {
        UploadEnding::Redirect => {
            let next = confirmation(request.url, id, &uuid);
            Ok(Reply::empty(StatusCode::SEE_OTHER).header(header::LOCATION, &next))
        }
        UploadEnding::Created => {
            school.finish_file(id).map_err(FileError::reply)?;
            let shown = school.show_file(id, request.url, &includes);
            let next = format!(
                "{}/api/v1/files/{id}?include[]=enhanced_preview_url",
                request.url
            );
            let reply = Reply::json(StatusCode::CREATED, shown);
            Ok(reply.header(header::LOCATION, &next))
        }
    }
}

/// Gives out a file to everybody who has its address.
pub(super) fn download(request: &mut OpenRequest<'_>) -> HandlerResult {
    let id = request.path.get("id").parse().ok();
    let file = id.and_then(|id| request.data.school.files.get(id));
    let verifier = request.params.text("verifier");
    let file = file.filter(|file| file.is_ready() && verifier.as_ref() == Some(&file.uuid));
    let file = file.ok_or_else(Reply::not_found)?;
    let body = ReplyBody::File(file.content_type.clone(), file.content.clone());
    Ok(Reply::new(StatusCode::OK, body))
}

/// Where the third step goes.
pub(super) fn confirmation(url: &str, id: u64, uuid: &str) -> String {
    format!("{url}/api/v1/files/{id}/create_success?uuid={uuid}")
}

/// The signature over fields: it is another one when a field is added, dropped or changed.
pub(super) fn signature(secret: &str, fields: &Params) -> String {
    let mut hash = Sha256::new();
    hash.update(secret);
    let fields = fields.clone().into_map();
    let signed = fields.iter().filter(|(name, _)| *name != "Signature");
    for (name, value) in signed {
        hash.update(Value::from(vec![Value::from(name.as_str()), value.clone()]).to_string());
    }
    STANDARD.encode(hash.finalize())
}

/// The file that the fields are for, if they are unchanged.
fn signed_id(secret: &str, fields: &Params) -> Option<u64> {
    if fields.text("Signature")? != signature(secret, fields) {
        return None;
    }
    let policy = STANDARD.decode(fields.text("Policy")?).ok()?;
    let policy: Value = serde_json::from_slice(&policy).ok()?;
    policy.get("id")?.as_u64()
}

/// The refusal of a request that is authorized in two ways.
fn leak() -> Reply {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InvalidArgument</Code>\
                <Message>Only one auth mechanism allowed</Message></Error>";
    Reply::new(
        StatusCode::BAD_REQUEST,
        ReplyBody::Raw("application/xml", body.into()),
    )
}

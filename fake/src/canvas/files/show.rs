//! Files as Canvas shows them.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::canvas::{
    json::{members, time},
    school::School,
};

impl School {
    pub(super) fn show_file(&self, id: u64, url: &str, includes: &[String]) -> Map<String, Value> {
        let Some(file) = self.files.get(id) else {
            return Map::new();
        };
        let (group, uuid) = (file.group, &file.uuid);
        let updated_at = time(file.updated_at);
        let mut shown = members(json!({
            "id": id,
            "uuid": uuid,
            "folder_id": file.folder,
            "display_name": file.name,
            "filename": form_urlencoded::byte_serialize(file.name.as_bytes()).collect::<String>(),
            "upload_status": "success",
            "content-type": file.content_type,
            "url": format!("{url}/files/{id}/download?download_frd=1&verifier={uuid}"),
            "size": file.content.len(),
            "created_at": time(file.created_at),
            "updated_at": updated_at,
            "modified_at": updated_at,
            "unlock_at": null,
            "lock_at": null,
            "locked": false,
            "hidden": false,
            "hidden_for_user": false,
            "locked_for_user": false,
            "thumbnail_url": null,
            "mime_class": mime_class(&file.content_type),
            "media_entry_id": null,
            "category": file.category,
            "preview_url": format!("/groups/{group}/files/{id}/file_preview?annotate=0"),
        }));
        if includes.iter().any(|include| include == "user") {
            shown.insert("user".to_owned(), self.show_display(file.user, url));
        }
        shown
    }
}

/// The content type that the ending of a name stands for.
pub(super) fn content_type(name: &str) -> &'static str {
    let (_, ending) = name.rsplit_once('.').unwrap_or_default();
    match &*ending.to_lowercase() {
        "csv" => "text/csv",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "gif" => "image/gif",
        "htm" | "html" => "text/html",
        "jpg" | "jpeg" => "image/jpeg",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "txt" => "text/plain",
        "zip" => "application/zip",
        _ => "unknown/unknown",
    }
}

fn mime_class(content_type: &str) -> &'static str {
    let (kind, subtype) = content_type.split_once('/').unwrap_or_default();
    match (kind, subtype) {
        ("text", "html") => "html",
        ("text", _) => "text",
        ("image", _) => "image",
        ("audio", _) => "audio",
        ("video", _) => "video",
        (_, "pdf") => "pdf",
        (_, "zip") => "zip",
        (_, subtype) if subtype.contains("word") => "doc",
        _ => "file",
    }
}

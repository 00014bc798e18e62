//! Files as the server shows them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{NoneAsEmptyString, serde_as, skip_serializing_none};

use crate::{FileId, FolderId, groups::UserDisplay, made_of::made_of, open_enum::open_enum};

open_enum! {
    /// The state of an upload.
    pub enum UploadStatus {
        /// The file is there.
        Success = "success",
        /// It has not arrived yet.
        Pending = "pending",
        /// It did not arrive.
        Failed = "failed",
    }
}

/// A file.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct File {
    /// The id.
    pub id: FileId,
    /// The UUID. Some servers no longer send it.
    pub uuid: Option<String>,
    /// The folder that the file is in.
    pub folder_id: Option<FolderId>,
    /// The name to show.
    pub display_name: Option<String>,
    /// The name of the file, which may be percent-encoded.
    pub filename: Option<String>,
    /// The state of the upload.
    pub upload_status: Option<UploadStatus>,
    /// The media type, such as `application/pdf`.
    #[serde(rename = "content-type")]
    pub content_type: Option<String>,
    /// Where to download it; `None` where it is locked for the caller. The address may let
    /// everyone in who has it.
    #[serde_as(as = "NoneAsEmptyString")]
    #[serde(default)]
    pub url: Option<String>,
    /// How long it is, in bytes.
    pub size: Option<u64>,
    /// When it was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When the record last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub updated_at: Option<Timestamp>,
    /// When the content last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub modified_at: Option<Timestamp>,
    /// From when on it can be read.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub unlock_at: Option<Timestamp>,
    /// Until when it can be read.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub lock_at: Option<Timestamp>,
    /// Whether it is locked.
    pub locked: Option<bool>,
    /// Whether it is hidden.
    pub hidden: Option<bool>,
    /// Whether it is hidden from the caller.
    pub hidden_for_user: Option<bool>,
    /// Whether it is locked for the caller.
    pub locked_for_user: Option<bool>,
    /// What locks it for the caller, as the server words it.
    pub lock_info: Option<serde_json::Value>,
    /// Why it is locked for the caller, as HTML.
    pub lock_explanation: Option<String>,
    /// A small picture of it; `None` where there is none or it is locked for the caller.
    #[serde_as(as = "NoneAsEmptyString")]
    #[serde(default)]
    pub thumbnail_url: Option<String>,
    /// The kind of content in one word, such as `pdf`, `image` or `file`.
    pub mime_class: Option<String>,
    /// The media that was made of it.
    pub media_entry_id: Option<String>,
    /// What the file is for; mostly `uncategorized`.
    pub category: Option<String>,
    /// Where to preview it: a path on the host.
    pub preview_url: Option<String>,
    /// Where to open it in the document viewer: a path on the host.
    pub canvadoc_session_url: Option<String>,
    /// Where to open it in the former document viewer: a path on the host.
    pub crocodoc_session_url: Option<String>,
    /// Who sees it, where that can be chosen.
    pub visibility_level: Option<String>,
    /// Under which rights it is used, if somebody said so.
    pub usage_rights: Option<UsageRights>,
    /// Who uploaded it.
    pub user: Option<UserDisplay>,
    /// The picture of a user that it was made into, as the server words it.
    pub avatar: Option<serde_json::Value>,
}

made_of! {
    File { id: FileId; uuid, folder_id, display_name, filename, upload_status, content_type, url, size, created_at, updated_at, modified_at, unlock_at, lock_at, locked, hidden, hidden_for_user, locked_for_user, lock_info, lock_explanation, thumbnail_url, mime_class, media_entry_id, category, preview_url, canvadoc_session_url, crocodoc_session_url, visibility_level, usage_rights, user, avatar }
}

open_enum! {
    /// On what grounds a file may be used.
    pub enum UseJustification {
        /// The uploader made it.
        OwnCopyright = "own_copyright",
        /// It has a Creative Commons licence.
        CreativeCommons = "creative_commons",
        /// Nobody owns it.
        PublicDomain = "public_domain",
        /// The owner allows it.
        UsedByPermission = "used_by_permission",
        /// The law allows it.
        FairUse = "fair_use",
    }
}

/// Under which rights a file is used.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct UsageRights {
    /// Who holds the copyright.
    pub legal_copyright: Option<String>,
    /// On what grounds the file may be used.
    pub use_justification: Option<UseJustification>,
    /// The licence, such as `cc_by_sa`.
    pub license: Option<String>,
    /// The name of the licence.
    pub license_name: Option<String>,
}

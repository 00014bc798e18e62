//! The first step of an upload, and what it answers.

use std::fmt;

use http::HeaderValue;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess},
};
use serde_json::value::RawValue;

use super::UploadStatus;
use crate::{
    Error, FileId, FolderId, GroupId, List, Result, ids::is_blank, made_of::made_of,
    open_enum::open_enum, progress::Progress, request::request,
};

open_enum! {
    /// What happens when the folder has a file with this name.
    pub enum OnDuplicate {
        /// The new file takes its place.
        Overwrite = "overwrite",
        /// The new file gets another name.
        Rename = "rename",
        /// The upload fails with `Conflict`. Undocumented; servers of 2024 and before refuse the
        /// value with `Invalid`.
        Error = "error",
    }
}

request! {
    /// Announces a file to a group and asks where to send it.
    ///
    /// This is the first of three steps, which [`Canvas::upload`](crate::Client::upload) takes
    /// together: give it this request and the content. Sent alone, it answers with the
    /// instructions for the second step and makes no file.
    ///
    /// Needs the right to add files to the group: its members and administrators have it. The
    /// group is given by its number alone.
    ///
    /// A developer key with scopes needs the scope of this route,
    /// `url:POST|/api/v1/groups/:group_id/files`, and for the last step
    /// `url:GET|/api/v1/files/:id/create_success`, or `url:GET|/api/v1/files/:id` where the store
    /// answers with 201. Without the second, the last step is taken without the token, by an
    /// address that lets in everyone who has it, where the server gives one.
    ///
    /// Stores of the kind of S3 take files of 1 byte to 10 GiB: an empty file is refused there. The
    /// instructions are valid for 30 minutes, with the file service of hosted Canvas for 10.
    ///
    /// # Errors
    /// `NotFound` also for an unknown folder; `Invalid` when the quota does not suffice, which some
    /// servers tell in the second step, or for both an id and a path of a folder; `Forbidden` also
    /// for a differentiation tag, which has no files; `Conflict` with `OnDuplicate::Error`.
    ///
    /// Source: *Upload a file*.
    #[doc(alias = "upload")]
    POST "groups/{group}/files" => UploadInstructions;
    pub struct UploadFile {
        path { group: GroupId }
        required {
            /// the name of the file. A slash in it is part of the name, not of a path.
            name: String = impl Into<String>
        }
        optional {
            /// How long the file is, in bytes: the server can then refuse at once what does not
            /// fit into the quota. Filled in for bytes and files on disk.
            size: u64,
            /// The media type. Left out, the server guesses it from the name.
            content_type: String = impl Into<String>,
            /// The folder; by default the group's own for uploads. Not with `parent_folder_path`.
            parent_folder_id: FolderId,
            /// The folder by its path, such as `reports/2026`; made if it is not there. Not with
            /// `parent_folder_id`.
            parent_folder_path: String = impl Into<String>,
            /// What happens when there is a file with this name; it is overwritten by default.
            on_duplicate: OnDuplicate = impl Into<OnDuplicate>,
            /// Asks for more about the new file, such as `preview_url`. Undocumented.
            success_include: List<String> = impl Into<List<String>>,
            /// What the file is for; `uncategorized` by default. Undocumented.
            category: String = impl Into<String>,
            /// Puts the file into the group's folder for submissions, outside of the quota.
            /// Undocumented.
            submit_assignment: bool,
            // `no_redirect` is left out: with it the store does not say where to confirm the file,
            // and the third step could not be taken.
        }
    }
}

request! {
    /// Has the server fetch a file for a group from an address.
    ///
    /// Give it to [`Canvas::upload_from_url`](crate::Client::upload_from_url), which takes the
    /// second step too, where the server's store asks for one.
    ///
    /// Rights as for [`UploadFile`]. The address must be open to everyone.
    ///
    /// # Errors
    /// As [`UploadFile`]. Whether the address could be fetched shows later, in the progress.
    ///
    /// Source: *Upload a file*.
    POST "groups/{group}/files" => UploadInstructions;
    pub struct UploadFromUrl {
        path { group: GroupId }
        required {
            /// the name that the file gets.
            name: String = impl Into<String>,
            /// the address to fetch it from.
            url: String = impl Into<String>
        }
        optional {
            /// How long the file is, in bytes.
            size: u64,
            /// The media type. Left out, the server guesses it from the name.
            content_type: String = impl Into<String>,
            /// The folder; by default the group's own for uploads. Not with `parent_folder_path`.
            parent_folder_id: FolderId,
            /// The folder by its path, such as `reports/2026`; made if it is not there. Not with
            /// `parent_folder_id`.
            parent_folder_path: String = impl Into<String>,
            /// What happens when there is a file with this name; it is overwritten by default.
            on_duplicate: OnDuplicate = impl Into<OnDuplicate>,
            /// Asks for more about the new file. Undocumented.
            success_include: List<String> = impl Into<List<String>>,
            /// What the file is for; `uncategorized` by default. Undocumented.
            category: String = impl Into<String>,
            /// Puts the file into the group's folder for submissions, outside of the quota.
            /// Undocumented.
            submit_assignment: bool,
        }
    }
}

impl UploadFile {
    pub(super) fn check(&self) -> Result<()> {
        check_folder(self.parent_folder_id, self.parent_folder_path.as_deref())?;
        check_name_and_type(&self.name, self.content_type.as_deref())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn media_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    pub(super) fn declared_size(&self) -> Option<u64> {
        self.size
    }
}

impl UploadFromUrl {
    pub(super) fn check(&self) -> Result<()> {
        if is_blank(&self.url) {
            return Err(Error::request_invalid(
                "the address to fetch the file from is blank: give it one",
            ));
        }
        check_folder(self.parent_folder_id, self.parent_folder_path.as_deref())?;
        check_name_and_type(&self.name, self.content_type.as_deref())
    }
}

fn check_folder(id: Option<FolderId>, path: Option<&str>) -> Result<()> {
    match (id, path) {
        (Some(_), Some(_)) => Err(Error::request_invalid(
            "name the folder by id or by path, not by both",
        )),
        _ => Ok(()),
    }
}

fn check_name_and_type(name: &str, media_type: Option<&str>) -> Result<()> {
    if is_blank(name) {
        return Err(Error::request_invalid(
            "the name of the file is blank: give it one",
        ));
    }
    if media_type.is_some_and(|media_type| HeaderValue::from_str(media_type).is_err()) {
        return Err(Error::request_invalid(
            "the content type has a line break or another control character in it",
        ));
    }
    Ok(())
}

/// What the first step of an upload answers: where and how to send the file.
///
/// It holds keys to the store, so its `Debug` shows neither the address nor the values.
///
/// An answer with neither `upload_url` nor `progress` nor `id` says nothing of an upload, and is not
/// read as one.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "Announced")]
#[non_exhaustive]
pub struct UploadInstructions {
    /// Where to send the file, by `POST` and without the token.
    pub upload_url: Option<String>,
    /// The fields that go before the file.
    pub upload_params: UploadParams,
    /// The name of the field that holds the file; `file` if there is none.
    pub file_param: Option<String>,
    /// The job that fetches the file, where it comes from an address.
    pub progress: Option<Progress>,
    /// The id of the file to come. Older servers, where it comes from an address.
    pub id: Option<FileId>,
    /// The state of its upload. Older servers, where it comes from an address.
    pub upload_status: Option<UploadStatus>,
    /// Where to ask for its state. Older servers, where it comes from an address.
    pub status_url: Option<String>,
}

/// The parts of instructions, any of which may be missing.
#[derive(Deserialize)]
struct Announced {
    upload_url: Option<String>,
    #[serde(default)]
    upload_params: UploadParams,
    file_param: Option<String>,
    progress: Option<Progress>,
    id: Option<FileId>,
    upload_status: Option<UploadStatus>,
    status_url: Option<String>,
}

impl TryFrom<Announced> for UploadInstructions {
    type Error = &'static str;

    fn try_from(answer: Announced) -> Result<Self, Self::Error> {
        let upload_url = answer.upload_url.filter(|url| !is_blank(url));
        if upload_url.is_none() && answer.progress.is_none() && answer.id.is_none() {
            return Err("none of `upload_url`, `progress` and `id` is there");
        }
        Ok(Self {
            upload_url,
            upload_params: answer.upload_params,
            file_param: answer.file_param,
            progress: answer.progress,
            id: answer.id,
            upload_status: answer.upload_status,
            status_url: answer.status_url,
        })
    }
}

impl fmt::Debug for UploadInstructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadInstructions")
            .field("upload_params", &self.upload_params)
            .field("file_param", &self.file_param)
            .field("progress", &self.progress)
            .field("id", &self.id)
            .field("upload_status", &self.upload_status)
            .finish_non_exhaustive()
    }
}

/// The fields that a store wants before the file, in the order in which the server gave them.
///
/// The store checks a signature over them: send them all, unchanged. Their `Debug` shows the names
/// alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct UploadParams(Vec<(String, String)>);

impl UploadParams {
    /// Names and values, in order. What the server gave as another kind of value than a text is
    /// its JSON; nothing is the empty text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for UploadParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

impl<'de> Deserialize<'de> for UploadParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InOrder)
    }
}

/// Reads a map into a list: a map type of any kind would lose the order or repeated names.
struct InOrder;

impl<'de> de::Visitor<'de> for InOrder {
    type Value = UploadParams;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of upload parameters")
    }

    fn visit_unit<E: de::Error>(self) -> Result<UploadParams, E> {
        Ok(UploadParams::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UploadParams, A::Error> {
        let mut params = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            let json = value.get();
            let value = match json {
                "null" => String::new(),
                // A number stays as it was written, digit for digit.
                _ if !json.starts_with('"') => json.to_owned(),
                _ => serde_json::from_str(json).map_err(de::Error::custom)?,
            };
            params.push((name, value));
        }
        Ok(UploadParams(params))
    }
}

/// How the server fetches a file from an address.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum UrlUpload {
    /// A job fetches the file. When it is completed, [`file_id`](Progress::file_id) tells which
    /// file it is; when it failed, `message` says why.
    Progress(Progress),
    /// The server still has to fetch the file. Older servers.
    Pending(PendingFile),
}

/// A file that an older server fetches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingFile {
    /// The id of the file to come.
    pub id: FileId,
    /// The state of its upload.
    pub upload_status: Option<UploadStatus>,
    /// Where to ask for its state.
    pub status_url: Option<String>,
}

made_of! {
    PendingFile { id: FileId; upload_status, status_url }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_40_upload_params_keep_their_order_and_any_json_value() {
        let json = r#"{"upload_url":"https://store/?token=s3cret","upload_params":
            {"z":"\u00fc\n\"","a":1.10,"null":null,"yes":true,"list":[1, {"b":2,"a":1}],
             "z":"again","big":123456789012345678901234567890,"signature":"s3cret"}}"#;
        let read: UploadInstructions = serde_json::from_str(json).unwrap();
        let params: Vec<_> = read.upload_params.iter().collect();
        assert_eq!(
            params,
            [
                ("z", "ü\n\""),
                ("a", "1.10"),
                ("null", ""),
                ("yes", "true"),
                ("list", r#"[1, {"b":2,"a":1}]"#),
                ("z", "again"),
                ("big", "123456789012345678901234567890"),
                ("signature", "s3cret"),
            ]
        );
        assert!(!format!("{read:?}").contains("s3cret"));

        let none = r#"{"upload_url":"x","upload_params":null,"file_param":null,"progress":null}"#;
        let read: UploadInstructions = serde_json::from_str(none).unwrap();
        assert_eq!(read.upload_params, UploadParams::default());
    }

    #[test]
    fn instructions_say_where_to_send_a_file_or_which_one_the_server_fetches() {
        for (json, is_one) in [
            (r#"{"upload_url":"https://store/"}"#, true),
            (r#"{"progress":{"id":5}}"#, true),
            (r#"{"id":569,"upload_status":"pending"}"#, true),
            ("{}", false),
            (r#"{"ok":true}"#, false),
            (r#"{"upload_url":null,"progress":null,"id":null}"#, false),
            (r#"{"upload_url":"","upload_params":{"key":"a"}}"#, false),
            (r#"{"upload_url":" "}"#, false),
            (
                r#"{"upload_params":{"key":"a"},"file_param":"file"}"#,
                false,
            ),
            (r#"{"status_url":"https://canvas/files/1/status"}"#, false),
            (r#"{"status":"queued"}"#, false),
        ] {
            let read = serde_json::from_str::<UploadInstructions>(json);
            assert_eq!(read.is_ok(), is_one, "{json}: {read:?}");
        }
    }
}

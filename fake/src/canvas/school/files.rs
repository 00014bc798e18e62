//! The files of groups: their folders and quotas, and how uploads end.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use url::{ParseError, Url};

use super::School;
use crate::canvas::{
    files::records::{File, FileError, FileState, OnDuplicate},
    jobs::Done,
};
use canvas_groups::{FileId, GroupId};

const MEGABYTE: u64 = 1_000_000;

impl School {
    /// The folder of a group with this path, which is made if there is none.
    pub(crate) fn folder(&mut self, group: u64, path: &str) -> u64 {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let key = (group, parts.join("/"));
        if let Some(id) = self.files.folder(&key) {
            return id;
        }
        let id = self.next_id();
        self.files.add_folder(id, key);
        id
    }

    /// Whether a file of this size fits into what is left of the quota of a group.
    pub(crate) fn fits(&self, group: u64, size: u64) -> bool {
        let quota = self.groups.get(&group).map_or(0, |g| g.storage_quota_mb);
        let counted = self.files.ready(group).map(|(_, file)| file);
        let counted = counted.filter(|file| file.counts_for_quota);
        let used: u64 = counted.map(|file| file.content.len() as u64).sum();
        used.saturating_add(size) <= quota.saturating_mul(MEGABYTE)
    }

    pub(crate) fn keep_file(&mut self, file: File) -> u64 {
        let id = self.next_id();
        self.files.add(id, file);
        id
    }

    /// Makes a file visible that the store has, in the way that was asked for where another one
    /// has its name.
    pub(crate) fn finish_file(&mut self, id: u64) -> Result<(), FileError> {
        let Some(file) = self.files.get(id) else {
            return Ok(());
        };
        let (group, folder, on_duplicate) = (file.group, file.folder, file.on_duplicate);
        if file.counts_for_quota && !self.fits(group, file.content.len() as u64) {
            return Err(FileError::QuotaLimits);
        }
        let mut name = file.name.clone();
        if let Some(other) = self.files.named(group, folder, &name) {
            match on_duplicate {
                OnDuplicate::Error => return Err(FileError::Duplicate),
                OnDuplicate::Overwrite => {
                    if let Some(other) = self.files.get_mut(other) {
                        other.state = FileState::Deleted;
                    }
                    if let Some(group) = self.groups.get_mut(&group) {
                        group.images.remove(&other);
                    }
                }
                OnDuplicate::Rename => {
                    let is_free = |name: &String| self.files.named(group, folder, name).is_none();
                    let mut others = (1_u32..).map(|number| numbered(&name, number));
                    name = others.find(is_free).unwrap_or_default();
                }
            }
        }
        let Some(file) = self.files.get_mut(id) else {
            return Ok(());
        };
        file.name = name;
        file.state = FileState::Ready;
        file.updated_at = Timestamp::now();
        if file.content_type.starts_with("image/")
            && let Some(group) = self.groups.get_mut(&group)
        {
            group.images.insert(id);
        }
        Ok(())
    }

    /// Does what the server does that was told an address. The file has to be at that address
    /// ([`publish`](Self::publish)) by then.
    pub(crate) fn fetch_file(&mut self, id: u64, url: &str) -> Result<Done, String> {
        match Url::parse(url) {
            Ok(address) if address.has_host() => {}
            // A path alone is no failure of the reading.
            Ok(_) | Err(ParseError::RelativeUrlWithoutBase) if is_path(url) => {
                return Err(format!("No host provided for the URL: {url}"));
            }
            _ => return Err(format!("Could not parse the URL: {url}")),
        }
        let Some(content) = self.files.at(url).cloned() else {
            return Err("Invalid response code, expected 200 got 404".to_owned());
        };
        if let Some(file) = self.files.get_mut(id) {
            file.content = content;
            file.state = FileState::Stored;
        }
        let outcome = self.finish_file(id);
        outcome.map_err(|error| error.message().to_owned())?;
        Ok(Done {
            results: Some(json!({ "id": id })),
            message: None,
        })
    }

    /// Puts a file at an address of the web, from where
    /// [`UploadFromUrl`](canvas_groups::files::UploadFromUrl) has it fetched. The fake looks here
    /// and calls nobody.
    pub fn publish(&mut self, url: impl Into<String>, content: impl Into<Bytes>) {
        self.files.publish(url.into(), content.into());
    }

    /// The files of a group that are there, by id.
    pub fn files_of(&self, group: GroupId) -> Vec<FileId> {
        let files = self.files.ready(group.get());
        files.map(|(id, _)| FileId::new(id)).collect()
    }

    /// What is in a file; `None` if there is no such file.
    pub fn file_content(&self, file: FileId) -> Option<Bytes> {
        let file = self.files.get(file.get()).filter(|file| file.is_ready())?;
        Some(file.content.clone())
    }

    /// Says how much the files of a group may have together, in megabytes. A group begins with
    /// 50.
    pub fn set_storage_quota_mb(&mut self, group: GroupId, quota: u64) {
        if let Some(group) = self.groups.get_mut(&group.get()) {
            group.storage_quota_mb = quota;
        }
    }
}

/// Whether an address that names no host is one by the signs that it consists of.
fn is_path(url: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(c);
    url.chars().all(is_sign)
}

/// Such as `report-1.pdf` of `report.pdf`.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}-{number}.{ending}"),
        _ => format!("{name}-{number}"),
    }
}

//! What a school keeps of files.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    fake::{canvas::school::School, reply::Reply, secret::random},
    ids::{FileId, GroupId},
};

const MEGABYTE: u64 = 1024 * 1024;

/// All files, and the folders that they are in.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    all: BTreeMap<u64, File>,
    /// The files of each group, deleted ones too.
    of_group: HashMap<u64, BTreeSet<u64>>,
    /// The group and path of each folder.
    folders: BTreeMap<u64, (u64, String)>,
    by_path: HashMap<(u64, String), u64>,
    /// What is found at which address.
    web: HashMap<String, Bytes>,
    /// What uploads are signed with.
    pub(crate) secret: String,
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) group: u64,
    pub(crate) folder: u64,
    pub(crate) user: u64,
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) category: String,
    pub(crate) uuid: String,
    pub(crate) content: Bytes,
    pub(crate) state: FileState,
    pub(crate) on_duplicate: OnDuplicate,
    pub(crate) counts_for_quota: bool,
    /// What the last answer of its upload is to have in addition.
    pub(crate) includes: Vec<String>,
    /// Until when the store takes it.
    pub(crate) awaited_until: Instant,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    /// Announced; the store does not have it yet.
    Awaited,
    /// In the store, not confirmed.
    Stored,
    Ready,
    Deleted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDuplicate {
    Overwrite,
    Rename,
    Error,
}

/// Why a file cannot be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    Quota,
    Duplicate,
}

impl Misfit {
    pub(crate) fn reply(self) -> Reply {
        let status = match self {
            Self::Quota => StatusCode::BAD_REQUEST,
            Self::Duplicate => StatusCode::CONFLICT,
        };
        Reply::json(status, json!({ "message": self.message() }))
    }

    fn message(self) -> &'static str {
        match self {
            Self::Quota => "file size exceeds quota limits",
            Self::Duplicate => "file already exists; use on_duplicate='overwrite' or 'rename'",
        }
    }
}

impl File {
    pub(crate) fn is_ready(&self) -> bool {
        self.state == FileState::Ready
    }
}

impl Files {
    pub(crate) fn new() -> Self {
        Self {
            all: BTreeMap::new(),
            of_group: HashMap::new(),
            folders: BTreeMap::new(),
            by_path: HashMap::new(),
            web: HashMap::new(),
            secret: random(32),
        }
    }

    pub(crate) fn get(&self, id: u64) -> Option<&File> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut File> {
        self.all.get_mut(&id)
    }

    /// Whether this is a folder of the group.
    pub(crate) fn has_folder(&self, id: u64, group: u64) -> bool {
        let folder = self.folders.get(&id);
        folder.is_some_and(|(owner, _)| *owner == group)
    }

    fn ready(&self, group: u64) -> impl Iterator<Item = (u64, &File)> {
        let files = self.of_group.get(&group).into_iter().flatten();
        let files = files.filter_map(|id| Some((*id, self.all.get(id)?)));
        files.filter(|(_, file)| file.is_ready())
    }

    /// The file with this name in a folder.
    pub(crate) fn named(&self, group: u64, folder: u64, name: &str) -> Option<u64> {
        let mut files = self.ready(group);
        let found = files.find(|(_, file)| file.folder == folder && file.name == name);
        found.map(|(id, _)| id)
    }
}

impl School {
    /// The folder of a group with this path, which is made if there is none.
    pub(crate) fn folder(&mut self, group: u64, path: &str) -> u64 {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let key = (group, parts.join("/"));
        if let Some(id) = self.files.by_path.get(&key) {
            return *id;
        }
        let id = self.next_id();
        self.files.folders.insert(id, key.clone());
        self.files.by_path.insert(key, id);
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
        self.files
            .of_group
            .entry(file.group)
            .or_default()
            .insert(id);
        self.files.all.insert(id, file);
        id
    }

    /// Makes a file visible that the store has, in the way that was asked for where another one
    /// has its name.
    pub(crate) fn finish_file(&mut self, id: u64) -> Result<(), Misfit> {
        let Some(file) = self.files.get(id) else {
            return Ok(());
        };
        let (group, folder, on_duplicate) = (file.group, file.folder, file.on_duplicate);
        if file.counts_for_quota && !self.fits(group, file.content.len() as u64) {
            return Err(Misfit::Quota);
        }
        let mut name = file.name.clone();
        if let Some(other) = self.files.named(group, folder, &name) {
            match on_duplicate {
                OnDuplicate::Error => return Err(Misfit::Duplicate),
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
    pub(crate) fn fetch_file(&mut self, id: u64, url: &str) -> Result<Option<Value>, String> {
        let Some(content) = self.files.web.get(url).cloned() else {
            return Err("Invalid response code, expected 200 got 404".to_owned());
        };
        if let Some(file) = self.files.get_mut(id) {
            file.content = content;
            file.state = FileState::Stored;
        }
        let outcome = self.finish_file(id);
        outcome.map_err(|misfit| misfit.message().to_owned())?;
        Ok(Some(json!({ "id": id })))
    }

    /// Puts a file at an address of the web, from where
    /// [`UploadFromUrl`](crate::files::UploadFromUrl) has it fetched. The fake looks here and
    /// calls nobody.
    pub fn publish(&mut self, url: impl Into<String>, content: impl Into<Bytes>) {
        self.files.web.insert(url.into(), content.into());
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

/// Such as `report-1.pdf` of `report.pdf`.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}-{number}.{ending}"),
        _ => format!("{name}-{number}"),
    }
}

//! The records of files and folders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::{reply::Reply, secret::random};

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
pub(crate) enum FileError {
    /// What was announced does not fit.
    Quota,
    /// What came does not fit.
    QuotaLimits,
    Duplicate,
}

impl FileError {
    pub(crate) fn reply(self) -> Reply {
        let status = match self {
            Self::Quota | Self::QuotaLimits => StatusCode::BAD_REQUEST,
            Self::Duplicate => StatusCode::CONFLICT,
        };
        Reply::json(status, json!({ "message": self.message() }))
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Quota => "file size exceeds quota",
            Self::QuotaLimits => "file size exceeds quota limits",
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

    /// What the address of a picture ends with, which only those can know who were told.
    pub(crate) fn thumbnail_key(&self, id: u64) -> String {
        let hash = Sha256::digest(format!("{}/{id}", self.secret));
        URL_SAFE_NO_PAD.encode(hash)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut File> {
        self.all.get_mut(&id)
    }

    pub(crate) fn add(&mut self, id: u64, file: File) {
        self.of_group.entry(file.group).or_default().insert(id);
        self.all.insert(id, file);
    }

    /// The folder of a group with this path.
    pub(crate) fn folder(&self, key: &(u64, String)) -> Option<u64> {
        self.by_path.get(key).copied()
    }

    pub(crate) fn add_folder(&mut self, id: u64, key: (u64, String)) {
        self.folders.insert(id, key.clone());
        self.by_path.insert(key, id);
    }

    /// What is at an address of the web.
    pub(crate) fn at(&self, url: &str) -> Option<&Bytes> {
        self.web.get(url)
    }

    pub(crate) fn publish(&mut self, url: String, content: Bytes) {
        self.web.insert(url, content);
    }

    /// Whether this is a folder of the group.
    pub(crate) fn has_folder(&self, id: u64, group: u64) -> bool {
        let folder = self.folders.get(&id);
        folder.is_some_and(|(owner, _)| *owner == group)
    }

    pub(crate) fn ready(&self, group: u64) -> impl Iterator<Item = (u64, &File)> {
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

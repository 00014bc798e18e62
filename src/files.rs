//! Files of a group: listing and uploading them.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the files of a group | [`ListGroupFiles`] | to read the group's files: members and administrators |
//! | upload a file | [`UploadFile`] by [`Canvas::upload`](crate::Client::upload) | to add files: members and administrators |
//! | have the server fetch one | [`UploadFromUrl`] by [`Canvas::upload_from_url`](crate::Client::upload_from_url) | the same |
//!
//! [`Canvas::upload`](crate::Client::upload) takes the three steps of an upload as one call:
//! the request announces the file and Canvas names a store for it, the store gets the file, and Canvas
//! confirms it. [`Canvas::upload_from_url`](crate::Client::upload_from_url) has the server fetch
//! the file from an address instead.
//!
//! Source: the Groups, Files and *Uploading Files* chapters of the Canvas LMS REST API.

mod confirm;
mod fetched;
mod keys;
mod list;
mod model;
mod requests;
mod source;
mod upload;

pub use list::{FileInclude, FileSort, ListGroupFiles};
pub use model::{File, UploadStatus, UsageRights, UseJustification};
pub use requests::{
    OnDuplicate, PendingFile, UploadFile, UploadFromUrl, UploadInstructions, UploadParams,
    UrlUpload,
};
pub use source::Source;
pub use upload::{Upload, UploadProgress};

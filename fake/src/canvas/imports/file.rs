//! The file of an import.

use bytes::Bytes;
use http::header;

use crate::{canvas::api_request::ApiRequest, reply::Reply};

/// A file as it was sent.
#[derive(Debug)]
pub(super) struct ImportFile {
    pub(super) data: Bytes,
    pub(super) is_csv: bool,
}

impl ImportFile {
    /// The part `attachment` of a form, or the whole body.
    pub(super) fn of(request: &ApiRequest<'_>) -> Result<Self, Reply> {
        let http = request.http;
        let mut files = http.parsed.files.iter();
        if let Some(file) = files.find(|file| file.part == "attachment") {
            let kind = file.content_type.as_deref().unwrap_or_default();
            let is_named = file.name.to_lowercase().ends_with(".csv");
            return Ok(Self {
                data: file.data.clone(),
                is_csv: is_named || kind.starts_with("text/csv") || kind.starts_with("text/plain"),
            });
        }
        if http.query("extension").is_some() {
            // The branch of this parameter hands on what is no file.
            return Err(Reply::crash());
        }
        let content_type = http.header(header::CONTENT_TYPE).unwrap_or_default();
        let charset = content_type
            .to_lowercase()
            .split_once("charset=")
            .map(|(_, charset)| charset.trim_matches(['"', ' ']).to_owned());
        if charset.is_some_and(|charset| charset != "utf-8") {
            // The error has no name where it would be raised.
            return Err(Reply::crash());
        }
        let is_form = content_type.starts_with("multipart/");
        Ok(Self {
            data: match is_form {
                true => Bytes::new(),
                false => http.body.clone(),
            },
            is_csv: true,
        })
    }
}

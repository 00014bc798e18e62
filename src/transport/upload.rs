//! Sends a file to the store that Canvas names for it: a streamed `POST` without credentials.

mod body;
mod stores;

use std::{
    fmt,
    pin::{Pin, pin},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use tokio::{
    io::AsyncRead,
    time::{Instant, timeout_at},
};
use tracing::{Instrument, debug, debug_span};
use url::Url;

use super::{
    CallOptions, Transport,
    body::{Coding, read_start},
    connection::not_sent_or_lost,
    http_date::retry_after,
    redact::Secrets,
    saturating_add,
};
use crate::error::{Diagnosis, Error, ErrorDetail, ErrorKind, Result};
use body::{SharedBody, UploadBody};
use stores::OutOfReach;

pub(crate) use stores::Stores;

/// Where the bytes of a file come from.
pub(crate) type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// An upload to a store.
pub(crate) struct StoreUpload {
    pub(crate) url: Url,
    pub(crate) content_type: String,
    /// What comes before the file.
    pub(crate) head: Bytes,
    /// The file, and how long it is if that is known.
    pub(crate) file: (Reader, Option<u64>),
    /// What comes after the file.
    pub(crate) tail: Bytes,
    /// How long nothing may move before the upload fails.
    pub(crate) stall_timeout: Duration,
    /// Called with the number of bytes of the file that were sent.
    pub(crate) on_progress: Option<Box<dyn FnMut(u64) + Send>>,
    /// What must not appear in an error.
    pub(crate) secrets: Secrets,
}

/// What the store answered to an upload that it accepted.
#[derive(Debug)]
pub(crate) struct StoreAnswer {
    pub(crate) status: StatusCode,
    /// Where to confirm the upload.
    pub(crate) location: Option<Url>,
    pub(crate) body: Bytes,
}

/// What stays the same in all attempts of an upload.
struct PreparedUpload {
    url: Url,
    content_type: HeaderValue,
    body: SharedBody,
    stall_timeout: Duration,
    secrets: Secrets,
}

impl Transport {
    /// Sends an upload, without credentials, and follows no redirect.
    ///
    /// It is sent again only if no connection could be made. There is no limit for the whole time
    /// that it takes: it fails when nothing has moved for a while.
    pub(crate) async fn upload(
        &self,
        upload: StoreUpload,
        options: &CallOptions,
    ) -> Result<StoreAnswer> {
        let line = format!("POST {}", upload.url.origin().ascii_serialization());
        let span = debug_span!(
            "canvas_groups.upload",
            otel.kind = "client",
            http.request.method = "POST",
        );
        self.upload_attempts(upload, options)
            .instrument(span)
            .await
            .map_err(|error| error.of_call(&Method::POST, line))
    }

    async fn upload_attempts(
        &self,
        upload: StoreUpload,
        options: &CallOptions,
    ) -> Result<StoreAnswer> {
        let http = self.stores.client(&upload.url, &self.http)?;
        let upload = PreparedUpload {
            content_type: HeaderValue::from_str(&upload.content_type)
                .map_err(|_| Error::request_invalid("the content type is invalid"))?,
            body: SharedBody::new(UploadBody::new(
                upload.head,
                upload.file,
                upload.tail,
                upload.on_progress,
            )),
            url: upload.url,
            stall_timeout: upload.stall_timeout,
            secrets: upload.secrets,
        };
        let started = Instant::now();
        let mut count = 0;
        loop {
            count += 1;
            let error = match Self::upload_once(&http, &upload).await {
                Ok(answer) => {
                    self.budget.earn();
                    return Ok(answer);
                }
                Err(error) => error.with_attempts(count, started.elapsed()),
            };
            debug!(attempt = count, kind = ?error.kind(), status = ?error.status(), "delivery failed");
            // What was read from the source cannot be read again, and may have reached the store.
            if error.kind() != ErrorKind::Connect || upload.body.has_begun() {
                return Err(error);
            }
            let pause = options.retry.pause(count, &error, fastrand::f64());
            let is_allowed = options.retry.allows(count, &Method::POST, &error);
            let left = options.deadline.saturating_sub(started.elapsed());
            if !is_allowed || pause >= left || !self.budget.spend(&error) {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn upload_once(http: &reqwest::Client, upload: &PreparedUpload) -> Result<StoreAnswer> {
        let mut request = reqwest::Request::new(Method::POST, upload.url.clone());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, upload.content_type.clone());
        *request.body_mut() = Some(reqwest::Body::wrap(upload.body.clone()));

        upload.body.touch();
        let mut sending = pin!(http.execute(request));
        let outcome = loop {
            let end = upload.end();
            match timeout_at(end, sending.as_mut()).await {
                Ok(outcome) => break outcome,
                Err(_) if upload.end() > end => {}
                Err(_) => return Err(upload.body.stalled(upload.stall_timeout)),
            }
        };
        match outcome {
            Ok(response) => upload.read(response).await,
            Err(error) => {
                if let Some(refusal) = OutOfReach::behind(&error) {
                    return Err(refusal.into());
                }
                let failure = upload.body.take_failure();
                Err(failure.unwrap_or_else(|| not_sent_or_lost(error, "the store")))
            }
        }
    }
}

impl PreparedUpload {
    /// When the upload fails, unless something moves before.
    fn end(&self) -> Instant {
        saturating_add(self.body.last_move(), self.stall_timeout)
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<StoreAnswer> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let body = read_start(
            &mut response,
            &Coding::of(&headers),
            saturating_add(Instant::now(), self.stall_timeout),
        )
        .await;
        let location = self.location(&headers);
        // These two ask for the same upload once more, elsewhere, and tell of no file.
        let is_elsewhere = matches!(status.as_u16(), 307 | 308);
        if is_elsewhere {
            return Err(Error::new(
                ErrorKind::UploadStore,
                "the store sends the upload on to another address, where it is not sent: begin \
                 the upload again, and report it to the server's administrators if that stays",
            )
            .with_status(status));
        }
        let is_pointer = matches!(status.as_u16(), 301..=303) && location.is_some();
        if !status.is_success() && !is_pointer {
            return Err(refused(status, &headers, &self.secrets.scrub(&body)));
        }
        if !self.body.is_done() {
            return Err(Error::new(
                ErrorKind::UploadStore,
                "the store answered before it had the whole file",
            )
            .with_status(status));
        }
        Ok(StoreAnswer {
            status,
            location,
            body: body.into(),
        })
    }

    fn location(&self, headers: &HeaderMap) -> Option<Url> {
        let location = headers.get(LOCATION)?;
        let location = std::str::from_utf8(location.as_bytes()).ok()?;
        self.url.join(location).ok()
    }
}

/// The error of a store that did not accept the file.
fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let mut diagnosis = Diagnosis::of(body);
    diagnosis.details.extend(detail_in_xml(body));
    // Stores answer so with other statuses too.
    let has_code = |code: &str| {
        let mut codes = diagnosis.details.iter().filter_map(|it| it.code.as_deref());
        codes.any(|it| it == code)
    };
    let kind = match status.as_u16() {
        408 => ErrorKind::Timeout,
        400..=499 if has_code("RequestTimeout") => ErrorKind::Timeout,
        429 => ErrorKind::Throttled,
        400..=499 if has_code("SlowDown") => ErrorKind::Throttled,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::UploadStore,
    };
    Error::answered(kind, status, diagnosis)
        .with_answer_headers(None, retry_after(headers, SystemTime::now()))
        .with_may_have_run(status.is_server_error() || kind == ErrorKind::Timeout)
}

/// The code and message of the XML that S3 and similar stores answer with.
fn detail_in_xml(body: &[u8]) -> Option<ErrorDetail> {
    let body = std::str::from_utf8(body).ok()?;
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(unescape_xml(text.trim()))
    };
    body.trim_start().starts_with('<').then_some(())?;
    let (code, message) = (element("Code"), element("Message"));
    (code.is_some() || message.is_some()).then_some(ErrorDetail {
        field: None,
        code,
        message,
    })
}

fn unescape_xml(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

impl fmt::Debug for StoreUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreUpload").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_refuses_for_now_is_transient() {
        use ErrorKind::{Server, Throttled, Timeout, UploadStore};
        let cases = [
            (429, "", Throttled),
            (429, "RequestTimeout", Timeout),
            (503, "SlowDown", Server),
            (400, "SlowDown", Throttled),
            (400, "RequestTimeout", Timeout),
            (408, "", Timeout),
            (400, "EntityTooLarge", UploadStore),
            (403, "AccessDenied", UploadStore),
        ];
        for (status, code, kind) in cases {
            let body = format!("<Error><Code>{code}</Code></Error>");
            let status = StatusCode::from_u16(status).unwrap();
            let error = refused(status, &HeaderMap::new(), body.as_bytes());
            assert_eq!(error.kind(), kind, "{status} {code}");
            assert_eq!(error.is_transient(), kind != UploadStore, "{status} {code}");
        }
    }

    #[test]
    fn the_words_of_a_store_are_read_from_its_xml() {
        let body = "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>\
                    <Message>Policy &quot;a &amp;lt; b&quot; expired.</Message></Error>";
        let error = refused(StatusCode::FORBIDDEN, &HeaderMap::new(), body.as_bytes());
        assert_eq!(error.kind(), ErrorKind::UploadStore);
        assert_eq!(error.details()[0].code.as_deref(), Some("AccessDenied"));
        assert_eq!(
            error.to_string(),
            "403 Forbidden: Policy \"a &lt; b\" expired."
        );
        for odd in ["<Error><Code>x", "<html></html>", "", "\u{0}<Code>"] {
            assert_eq!(
                refused(StatusCode::BAD_REQUEST, &HeaderMap::new(), odd.as_bytes()).details(),
                []
            );
        }
    }
}

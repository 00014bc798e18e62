//! The three steps of an upload as one call.

mod last_step;

use std::{fmt, future::IntoFuture, io::Cursor, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::Method;

use super::{
    File, PendingFile, Source, UploadFile, UploadFromUrl, UploadInstructions, UrlUpload,
    keys::{add_keys, keys_in},
};
use crate::{
    client::Canvas,
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
    multipart::{MultipartForm, random_boundary},
    transport::{Reader, Secrets, StoreUpload, runtime},
};
use last_step::{Sent, confirm};

pub(super) use last_step::file_id;

const STEP_1: &str = "step 1 of the upload, announcing the file";
const STEP_2: &str = "step 2 of the upload, sending the file";
const STEP_3: &str = "step 3 of the upload, confirming the file";

impl Canvas {
    /// Uploads a file to a group.
    ///
    /// The request announces the file and the server names a store, the store gets it, and the server
    /// confirms it: three requests, of which the second goes without the token and the third only
    /// to the server that this client is for.
    ///
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, files::{OnDuplicate, Source, UploadFile}};
    ///
    /// let lecture = UploadFile::new(GroupId::new(7), "lecture.mp4")
    ///     .parent_folder_path("lectures/2026")
    ///     .on_duplicate(OnDuplicate::Rename);
    /// let file = canvas
    ///     .upload(lecture, Source::path("/videos/lecture-4.mp4"))
    ///     .on_progress(|progress| println!("{} bytes", progress.sent))
    ///     .await?;
    /// println!("file {}", file.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Limits
    ///
    /// The first and the third step are calls like all others, each with the client's time limits
    /// and its retries. The second has no time limit, since a file may be of any size: it fails
    /// when nothing has moved for a while, a minute by default
    /// ([`stall_timeout`](Upload::stall_timeout)). It is started again only while no connection to
    /// the store can be made, and does not count among the calls in flight.
    ///
    /// # Errors
    ///
    /// An error says in which step it happened. Beside those of [`UploadFile`]:
    ///
    /// * `Request`: the name is blank, the content type is not a valid one, two folders are named, or
    ///   [`size`](UploadFile::size) is not the length of the source. Nothing was sent.
    /// * `UploadSource`: the source cannot be read, or ends before or goes on after its length. No file
    ///   is made.
    /// * `UploadStore`: the store refused the file; [`details`](Error::details) and
    ///   [`body`](Error::body) hold what it said. Or the server names a store that is not reached by
    ///   `https`, unless [`allow_http`](crate::ClientBuilder::allow_http) was said, one on this
    ///   machine while the server is elsewhere, or one at a private address, unless
    ///   [`allow_private_stores`](crate::ClientBuilder::allow_private_stores) was said: nothing was
    ///   sent to it.
    /// * `UploadStore` also if the store sends the file on to another address (307, 308), or names an
    ///   address of the server that is not one of a file to confirm it.
    /// * `Timeout`: nothing moved for too long.
    /// * `Decode`: the last step answered with something else than this file, or with less of it.
    /// * `Redirect`: the store sends on to another host than the server's. The token was not sent
    ///   there.
    ///
    /// A file that was sent but not confirmed stays invisible. Whether it was is unknown after an error
    /// of the last step ([`outcome_unknown`](Error::outcome_unknown)). Uploading it again does no harm
    /// with [`OnDuplicate::Overwrite`](super::OnDuplicate::Overwrite), the default.
    ///
    /// Source: *Uploading Files*.
    pub fn upload(&self, request: UploadFile, source: impl Into<Source>) -> Upload {
        Upload {
            canvas: self.clone(),
            request,
            source: source.into(),
            stall_timeout: STALL_TIMEOUT,
            on_progress: None,
        }
    }

    /// Has the server fetch a file for a group from an address, and tells where to watch that.
    ///
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, files::UploadFromUrl};
    ///
    /// let url = "https://files.example.edu/syllabus.pdf";
    /// let upload = UploadFromUrl::new(GroupId::new(7), "syllabus.pdf", url);
    /// let upload = canvas.upload_from_url(upload).await?;
    /// println!("fetched as file {}", canvas.wait_for_file(upload).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`upload`](Self::upload), and `Request` also for a blank address. Whether the address could
    /// be fetched shows later: [`wait_for_file`](Self::wait_for_file) waits for it.
    ///
    /// Source: *Uploading Files*.
    pub fn upload_from_url(
        &self,
        request: UploadFromUrl,
    ) -> impl Future<Output = Result<UrlUpload>> + Send + use<> {
        let canvas = self.clone();
        async move { fetch(&canvas, request).await }
    }
}

const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// An upload that has not started: what [`Canvas::upload`](crate::Client::upload) returns. Await it.
#[must_use = "an upload begins when it is awaited"]
pub struct Upload {
    canvas: Canvas,
    request: UploadFile,
    source: Source,
    stall_timeout: Duration,
    on_progress: Option<Box<dyn FnMut(UploadProgress) + Send>>,
}

/// How much of an upload is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// How many bytes of the file were handed to the connection.
    pub sent: u64,
    /// How many it has, where that is known.
    pub total: Option<u64>,
}

impl Upload {
    /// Calls a function each time that a piece of the file, at most 128 KiB, is on its way.
    ///
    /// It is called while the file is sent, so it should do little and not block.
    pub fn on_progress(mut self, tell: impl FnMut(UploadProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// How long it may take until the next piece of the file is sent, whether the source or the store
    /// is slow, and after the last piece until the store answers. Default: one minute.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.stall_timeout = limit;
        self
    }

    async fn run(self) -> Result<File> {
        let (canvas, mut keys) = (self.canvas.clone(), Secrets::default());
        let outcome = self.steps(&mut keys).await;
        outcome.map_err(|error| handed_out(&canvas, &keys, error))
    }

    /// The three steps. What opens the store is added to `keys`.
    async fn steps(self, keys: &mut Secrets) -> Result<File> {
        runtime()?;
        self.request.check()?;
        let (reader, length) = self.source.open().await?;
        let length = agreed(self.request.declared_size(), length)?;
        let request = match length {
            Some(length) => self.request.size(length),
            None => self.request,
        };
        let instructions = self.canvas.send(&request).await;
        let instructions = instructions.map_err(|error| refused(error, keys))?;
        let line = line(&self.canvas, &request);
        let upload = StoreUpload {
            stall_timeout: self.stall_timeout,
            on_progress: self.on_progress.map(|mut tell| {
                let total = length;
                Box::new(move |sent| tell(UploadProgress { sent, total })) as _
            }),
            ..packed(
                &self.canvas,
                &instructions,
                Some((&request, reader, length)),
                &line,
                keys,
            )?
        };
        let (transport, options) = self.canvas.parts();
        let answer = (transport.upload(upload, options).await)
            .map_err(|error| error.with_context(STEP_2))?;
        // The store has the file by now, so it may be there whatever the last step answered.
        let sent = Sent { length };
        confirm(&self.canvas, answer, sent, keys)
            .await
            .map_err(|error| {
                error
                    .of_call(&Method::POST, line)
                    .with_may_have_run(true)
                    .with_context(STEP_3)
            })
    }
}

impl IntoFuture for Upload {
    type Output = Result<File>;
    type IntoFuture = BoxFuture<'static, Result<File>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("request", &self.request)
            .field("source", &self.source)
            .field("stall_timeout", &self.stall_timeout)
            .finish_non_exhaustive()
    }
}

/// The length that the request and the source state; they must not differ.
fn agreed(declared: Option<u64>, actual: Option<u64>) -> Result<Option<u64>> {
    match (declared, actual) {
        (Some(declared), Some(actual)) if declared != actual => {
            Err(Error::request_invalid(format!(
                "the size is said to be {declared} bytes, but the source has {actual}: leave it \
                 out, or correct it"
            )))
        }
        _ => Ok(actual.or(declared)),
    }
}

/// The first step, for messages.
fn line(canvas: &Canvas, request: &impl Endpoint) -> String {
    format!("POST {}{}", canvas.parts().0.root.path(), request.path())
}

/// The error of instructions that cannot be followed. The server has taken the first step, and may
/// fetch the file already.
fn unusable(problem: &str, line: &str) -> Error {
    Error::new(ErrorKind::Decode, problem)
        .of_call(&Method::POST, line)
        .with_may_have_run(true)
        .with_context(STEP_1)
}

/// What goes to the store: the fields as the server gave them, then the file, if there is one. `line`
/// is the call that the server answered with these instructions.
fn packed(
    canvas: &Canvas,
    instructions: &UploadInstructions,
    file: Option<(&UploadFile, Reader, Option<u64>)>,
    line: &str,
    keys: &mut Secrets,
) -> Result<StoreUpload> {
    let Some(address) = &instructions.upload_url else {
        return Err(unusable("the answer has no upload_url", line));
    };
    let url = (canvas.parts().0.root.join(address))
        .map_err(|error| unusable("upload_url is no address", line).with_source(error))?;

    add_keys(&url, instructions, keys);
    let mut secrets = keys.clone();
    secrets.extend(&canvas.parts().0.known_secrets(), usize::MAX);
    let mut form = MultipartForm::new(random_boundary()?);
    for (name, value) in instructions.upload_params.iter() {
        form.field(name, value);
    }
    let content_type = form.content_type();
    let (head, file, tail) = match file {
        Some((request, reader, length)) => {
            let name = instructions.file_param.as_deref();
            let name = name.filter(|name| !name.is_empty()).unwrap_or("file");
            let media_type = request.media_type().unwrap_or("application/octet-stream");
            form.begin_file(name, request.name(), media_type);
            let (head, tail) = form.around_file();
            (head, (reader, length), tail)
        }
        None => {
            let nothing: Reader = Box::pin(Cursor::new(Bytes::new()));
            let (head, tail) = form.without_file();
            (head, (nothing, Some(0)), tail)
        }
    };
    Ok(StoreUpload {
        secrets,
        url,
        content_type,
        head: head.into(),
        file,
        tail: tail.into(),
        stall_timeout: STALL_TIMEOUT,
        on_progress: None,
    })
}

/// An error as it leaves the upload. A store on the school's own Canvas knows the token as well, and
/// Canvas knows the keys to the store.
fn handed_out(canvas: &Canvas, keys: &Secrets, error: Error) -> Error {
    let mut secrets = canvas.parts().0.known_secrets();
    secrets.extend(keys, usize::MAX);
    secrets.hidden_in(error)
}

/// The error of the first step, whose answer has the keys to the store in it.
fn refused(error: Error, keys: &mut Secrets) -> Error {
    keys.extend(&keys_in(error.body().unwrap_or_default()), usize::MAX);
    let error = error.with_context(STEP_1);
    match error.status() {
        Some(status) if status.is_success() => error.without_quotes(),
        _ => error,
    }
}

async fn fetch(canvas: &Canvas, request: UploadFromUrl) -> Result<UrlUpload> {
    let mut keys = Secrets::default();
    let outcome = fetch_steps(canvas, request, &mut keys).await;
    outcome.map_err(|error| handed_out(canvas, &keys, error))
}

async fn fetch_steps(
    canvas: &Canvas,
    request: UploadFromUrl,
    keys: &mut Secrets,
) -> Result<UrlUpload> {
    request.check()?;
    let instructions = canvas.send(&request).await;
    let instructions = instructions.map_err(|error| refused(error, keys))?;
    let line = line(canvas, &request);
    if instructions.upload_url.is_some() {
        let upload = packed(canvas, &instructions, None, &line, keys)?;
        let (transport, options) = canvas.parts();
        (transport.upload(upload, options).await).map_err(|error| error.with_context(STEP_2))?;
    }
    match (instructions.progress, instructions.id) {
        (Some(progress), _) => Ok(UrlUpload::Progress(progress)),
        (None, Some(id)) => Ok(UrlUpload::Pending(PendingFile {
            id,
            upload_status: instructions.upload_status,
            status_url: instructions.status_url,
        })),
        (None, None) => Err(unusable(
            "the answer names neither a progress nor a file",
            &line,
        )),
    }
}

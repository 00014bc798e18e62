//! The wait for a file that the server fetches from an address.

use futures::FutureExt;
use serde::Deserialize;
use serde_json::Value;

use super::{PendingFile, UploadStatus, UrlUpload, confirm, upload::file_id};
use crate::{
    FileId, ProgressId,
    client::Canvas,
    error::{Error, ErrorKind, Result},
    ids::is_same_number,
    outgoing::Route,
    progress::{Job, Progress, ProgressState, Wait},
    transport::{Call, Target},
};

impl Canvas {
    /// Waits until the server has fetched a file, however it tells of that, and returns the id of
    /// the file.
    ///
    /// It waits as [`wait`](Self::wait) does with its default settings. To show how far a current
    /// server is, wait for the [`Progress`] in [`UrlUpload::Progress`] instead.
    ///
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, files::UploadFromUrl};
    ///
    /// let url = "https://files.example.edu/syllabus.pdf";
    /// let request = UploadFromUrl::new(GroupId::new(7), "syllabus.pdf", url);
    /// let file = canvas.wait_for_file(canvas.upload_from_url(request).await?).await?;
    /// println!("fetched as file {file}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`wait`](Self::wait): [`ErrorKind::JobFailed`] when the file could not be fetched.
    /// [`ErrorKind::Decode`] when the server does not say which file it is, or where to ask for
    /// it, and [`ErrorKind::Redirect`] when that is on another host; nothing is sent there.
    pub fn wait_for_file(
        &self,
        upload: UrlUpload,
    ) -> impl Future<Output = Result<FileId>> + Send + use<> {
        let canvas = self.clone();
        async move {
            match upload {
                UrlUpload::Progress(job) => {
                    let job = canvas.wait(job).await?;
                    job.file_id().ok_or_else(|| {
                        undecodable("the job that fetched the file does not name the file")
                    })
                }
                UrlUpload::Pending(file) => {
                    let id = file.id;
                    wait_for(&canvas, &file)?.await.map(|_| id)
                }
            }
        }
    }
}

/// What older servers answer at the `status_url` of a file.
#[derive(Deserialize)]
struct Fetched {
    upload_status: UploadStatus,
    message: Option<String>,
    /// The file, once it is there.
    attachment: Option<Value>,
}

impl Fetched {
    /// The state of the file with this id, as far as the answer does not name another one.
    fn into_progress(self, id: FileId) -> Progress {
        let told = self.attachment.as_ref().and_then(|file| file.get("id"));
        let id = told
            .and_then(|told| FileId::deserialize(told).ok())
            .unwrap_or(id);
        let mut job = Progress::new(ProgressId::new(id.get()));
        job.tag = Some("fetching a file".to_owned());
        job.message = self.message;
        job.workflow_state = Some(match self.upload_status.as_str() {
            "ready" | "success" => ProgressState::Completed,
            "errored" | "failed" => ProgressState::Failed,
            _ => ProgressState::Running,
        });
        job
    }
}

fn wait_for(canvas: &Canvas, file: &PendingFile) -> Result<Wait> {
    let route = Route::of_record("files/{file}/{key}/status");
    let (transport, options) = canvas.parts();
    let address = file.status_url.as_deref().unwrap_or_default();
    if address.is_empty() {
        return Err(undecodable(
            "the server does not say where to ask for the file: list the files of the group later",
        ));
    }
    let url = transport.root.join(address).map_err(|error| {
        undecodable("the `status_url` of the file is no address").with_source(error)
    })?;
    let as_user = options.as_user.as_deref();
    let url = confirm::checked_status(&url, &transport.root, as_user)?;
    if !file_id(&url).is_some_and(|id| is_same_number(id, file.id.get())) {
        return Err(undecodable(
            "the `status_url` of the file is that of another one, so it is not asked: list the \
             files of the group later",
        ));
    }
    let (transport, options, id) = (transport.clone(), options.clone(), file.id);
    let behind = transport.clone();
    let ask = move || {
        let target = Target::page(url.clone(), route, options.as_user.as_deref());
        let call = Call::new(&transport, target, options.clone()).start();
        async move { Ok(call?.await?.json::<Fetched>()?.into_progress(id)) }.boxed()
    };
    let job = Job::from(ProgressId::new(file.id.get()));
    Ok(Wait::new(job, ask).hiding(behind))
}

fn undecodable(message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
}

//! The body of an upload: what is read from the source, piece by piece, as the connection takes it.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::{io::ReadBuf, time::Instant};

use super::Reader;
use crate::error::{Error, ErrorKind};

/// How much is read at a time, and so roughly how much memory an upload takes.
const PIECE: usize = 128 * 1024;

/// A body that is being sent, and how far it is.
pub(super) struct UploadBody {
    head: Bytes,
    reader: Reader,
    length: Option<u64>,
    tail: Bytes,
    on_progress: Option<Box<dyn FnMut(u64) + Send>>,
    part: NextPart,
    buffer: BytesMut,
    sent: u64,
    last_move: Instant,
    failure: Option<Error>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NextPart {
    Head,
    File { source_is_slow: bool },
    Nothing,
}

const WAITING_FOR_SOURCE: NextPart = NextPart::File {
    source_is_slow: true,
};
const WAITING_FOR_STORE: NextPart = NextPart::File {
    source_is_slow: false,
};

impl UploadBody {
    pub(super) fn new(
        head: Bytes,
        (reader, length): (Reader, Option<u64>),
        tail: Bytes,
        on_progress: Option<Box<dyn FnMut(u64) + Send>>,
    ) -> Self {
        Self {
            head,
            reader,
            length,
            tail,
            on_progress,
            part: NextPart::Head,
            buffer: BytesMut::new(),
            sent: 0,
            last_move: Instant::now(),
            failure: None,
        }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let piece = match self.part {
            NextPart::Head => {
                self.part = WAITING_FOR_STORE;
                Some(Ok(self.head.clone()))
            }
            NextPart::File { .. } => {
                self.part = WAITING_FOR_SOURCE;
                let outcome = ready!(self.poll_file(context));
                self.part = WAITING_FOR_STORE;
                match outcome {
                    Ok(piece) if piece.is_empty() => {
                        self.part = NextPart::Nothing;
                        Some(Ok(self.tail.clone()))
                    }
                    Ok(piece) => Some(Ok(piece)),
                    Err(error) => Some(Err(error)),
                }
            }
            NextPart::Nothing => None,
        };
        self.last_move = Instant::now();
        Poll::Ready(piece)
    }

    /// The next piece of the file; empty at its end.
    fn poll_file(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        let left = self.length.map(|length| length - self.sent);
        let is_at_end = left == Some(0);
        // At its end the source is read once more: a longer one must not be cut off silently.
        let wanted = left.map_or(PIECE, |left| left.clamp(1, PIECE as u64) as usize);
        let read = match self.poll_read(context, wanted) {
            Poll::Pending if is_at_end => return Poll::Ready(Ok(Bytes::new())),
            outcome => ready!(outcome),
        };
        Poll::Ready(match (read, left) {
            (Err(error), _) => Err(source("the source cannot be read").with_source(error)),
            (Ok(piece), Some(0)) if !piece.is_empty() => Err(source(format!(
                "the source goes on after the {} bytes that were declared",
                self.sent
            ))),
            (Ok(piece), Some(left)) if piece.is_empty() && left > 0 => Err(source(format!(
                "the source ended after {} of the {} bytes that were declared",
                self.sent,
                self.sent + left
            ))),
            (Ok(piece), _) => {
                self.sent += piece.len() as u64;
                if let Some(on_progress) = self.on_progress.as_mut().filter(|_| !piece.is_empty()) {
                    on_progress(self.sent);
                }
                Ok(piece)
            }
        })
    }

    fn poll_read(&mut self, context: &mut Context<'_>, wanted: usize) -> Poll<io::Result<Bytes>> {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::zeroed(PIECE);
        }
        let wanted = wanted.min(self.buffer.len());
        let mut buffer = ReadBuf::new(&mut self.buffer[..wanted]);
        ready!(self.reader.as_mut().poll_read(context, &mut buffer))?;
        let read = buffer.filled().len();
        Poll::Ready(Ok(self.buffer.split_to(read).freeze()))
    }
}

fn source(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UploadSource, message)
}

/// A handle on a body: one is given to the HTTP client, and the other tells how far it is.
///
/// The lock makes a body that threads may share out of a source that they may not. It is never
/// contended.
#[derive(Clone)]
pub(super) struct SharedBody(Arc<Mutex<UploadBody>>);

impl SharedBody {
    pub(super) fn new(body: UploadBody) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    fn lock(&self) -> MutexGuard<'_, UploadBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the start of an attempt as movement.
    pub(super) fn touch(&self) {
        self.lock().last_move = Instant::now();
    }

    pub(super) fn last_move(&self) -> Instant {
        self.lock().last_move
    }

    /// Whether anything was given to a connection.
    pub(super) fn has_begun(&self) -> bool {
        self.lock().part != NextPart::Head
    }

    pub(super) fn is_done(&self) -> bool {
        self.lock().part == NextPart::Nothing
    }

    /// Why the source ended the upload, if it did.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.lock().failure.take()
    }

    /// The error for a body that no longer moves. It says what the upload was waiting for.
    pub(super) fn stalled(&self, limit: Duration) -> Error {
        let seconds = limit.as_secs_f32();
        let (who, may_have_run) = match self.lock().part {
            NextPart::Head => ("no connection to the store", false),
            WAITING_FOR_SOURCE => ("nothing came from the source", false),
            NextPart::File { .. } => ("the store took nothing", false),
            NextPart::Nothing => ("the store did not answer", true),
        };
        Error::new(ErrorKind::Timeout, format!("{who} for {seconds} seconds"))
            .with_may_have_run(may_have_run)
    }
}

impl Body for SharedBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let mut body = self.lock();
        Poll::Ready(match ready!(body.poll_piece(context)) {
            None => None,
            Some(Ok(piece)) => Some(Ok(Frame::data(piece))),
            Some(Err(error)) => {
                body.failure = Some(error);
                Some(Err(Broken))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_done()
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.lock();
        match body.length {
            Some(length) if body.part == NextPart::Head => {
                let around = body.head.len() + body.tail.len();
                SizeHint::with_exact(length.saturating_add(around as u64))
            }
            _ => SizeHint::new(),
        }
    }
}

/// Ends a body that cannot continue. The reason is kept in the body.
#[derive(Debug, thiserror::Error)]
#[error("the source of the upload failed")]
pub(super) struct Broken;

impl fmt::Debug for SharedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBody").finish_non_exhaustive()
    }
}

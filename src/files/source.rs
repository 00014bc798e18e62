//! Where the content of an upload comes from.

use std::{
    fmt,
    io::Cursor,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::io::AsyncRead;

use crate::{
    error::{Error, ErrorKind, Result},
    transport::Reader,
};

/// The content of a file to upload: bytes, a file on disk, or anything that can be read.
///
/// It is read piece by piece as the store takes it, so that the memory an upload needs does not
/// grow with the file. A text is the content itself; for the path of a file use
/// [`Source::path`].
///
/// ```
/// use canvas_groups::files::Source;
///
/// let from_memory = Source::from("a,b\n1,2\n");
/// let from_disk = Source::path("lecture.mp4");
/// # let socket = tokio::io::empty();
/// let from_anywhere = Source::reader(socket);
/// ```
pub struct Source(Kind);

enum Kind {
    Bytes(Bytes),
    Path(PathBuf),
    Reader(Reader, Option<u64>),
}

impl Source {
    /// Bytes in memory.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }

    /// A file on disk. It is opened when the upload begins.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Path(path.into()))
    }

    /// Anything that can be read, to its end.
    ///
    /// Where the length is known, state it: stores such as S3 do not take a file without, and the
    /// server cannot check the quota before the file is sent. See
    /// [`reader_with_length`](Self::reader_with_length) and [`UploadFile::size`], which do the
    /// same.
    ///
    /// [`UploadFile::size`]: super::UploadFile::size
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self(Kind::Reader(Box::pin(reader), None))
    }

    /// Anything that can be read, with the number of its bytes. If it has fewer or more, the upload
    /// fails.
    pub fn reader_with_length(reader: impl AsyncRead + Send + 'static, length: u64) -> Self {
        Self(Kind::Reader(Box::pin(reader), Some(length)))
    }

    /// Opens it for reading, and returns its length where that is known.
    pub(super) async fn open(self) -> Result<(Reader, Option<u64>)> {
        match self.0 {
            Kind::Bytes(bytes) => {
                let length = bytes.len() as u64;
                Ok((Box::pin(Cursor::new(bytes)), Some(length)))
            }
            Kind::Path(path) => open(&path).await.map_err(|error| {
                let message = format!("the file {} cannot be read", path.display());
                Error::new(ErrorKind::UploadSource, message).with_source(error)
            }),
            Kind::Reader(reader, length) => Ok((reader, length)),
        }
    }
}

async fn open(path: &Path) -> std::io::Result<(Reader, Option<u64>)> {
    let file = tokio::fs::File::open(path).await?;
    let metadata = file.metadata().await?;
    if metadata.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    // Pipes and devices report 0 and have more.
    let length = metadata.is_file().then_some(metadata.len());
    Ok((Box::pin(file), length))
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<&'static [u8]> for Source {
    fn from(bytes: &'static [u8]) -> Self {
        Self::bytes(bytes)
    }
}

impl<const N: usize> From<&'static [u8; N]> for Source {
    fn from(bytes: &'static [u8; N]) -> Self {
        Self::bytes(&bytes[..])
    }
}

impl<const N: usize> From<[u8; N]> for Source {
    fn from(bytes: [u8; N]) -> Self {
        Self::bytes(bytes.to_vec())
    }
}

/// The text is the content, not a path.
impl From<&'static str> for Source {
    fn from(text: &'static str) -> Self {
        Self::bytes(text)
    }
}

/// The text is the content, not a path.
impl From<String> for Source {
    fn from(text: String) -> Self {
        Self::bytes(text)
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "Source({} bytes)", bytes.len()),
            Kind::Path(path) => write!(f, "Source({})", path.display()),
            Kind::Reader(_, Some(length)) => write!(f, "Source(a reader of {length} bytes)"),
            Kind::Reader(_, None) => f.write_str("Source(a reader)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn texts_and_arrays_are_the_content_itself() {
        for source in [
            Source::from("a,b"),
            Source::from("a,b".to_owned()),
            Source::from(b"a,b"),
            Source::from(*b"a,b"),
            Source::from(&b"a,b"[..]),
            Source::from(b"a,b".to_vec()),
        ] {
            let (mut reader, length) = source.open().await.unwrap();
            let mut content = String::new();
            reader.read_to_string(&mut content).await.unwrap();
            assert_eq!((content.as_str(), length), ("a,b", Some(3)));
        }
    }
}

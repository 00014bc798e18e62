//! Reads the bodies of answers, and undoes the encoding that this crate asks for.

use std::io::{self, Write};

use bytes::{Bytes, BytesMut};
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header::CONTENT_ENCODING};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind, one_line};

/// How much of a failed answer's body is read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// How a body is encoded on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
    /// One that was not asked for, as the server names it.
    Unknown(String),
}

impl Coding {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(CONTENT_ENCODING) {
            return Self::Plain;
        }
        let values = headers.get_all(CONTENT_ENCODING).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let all = values.collect::<Vec<_>>().join(",");
        let names = all.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
        match *names.collect::<Vec<_>>() {
            [] => Self::Plain,
            // The second name is the older one of the same encoding.
            [name]
                if ["gzip", "x-gzip"]
                    .iter()
                    .any(|it| name.eq_ignore_ascii_case(it)) =>
            {
                Self::Gzip
            }
            ref names => Self::Unknown(one_line(&names.join(", "))),
        }
    }
}

/// Why a body could not be read to its end.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge(usize),
    Broken(reqwest::Error),
    /// It is no gzip, or not a whole one.
    Damaged(io::Error),
    Encoded(String),
}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        let error = match error {
            BodyError::TooLarge(limit) => Self::new(
                ErrorKind::TooLarge,
                format!("the answer has more than the {limit} bytes allowed"),
            ),
            BodyError::Broken(error) => Self::new(
                ErrorKind::Interrupted,
                "the connection broke within the answer",
            )
            .with_source(error.without_url()),
            BodyError::Damaged(error) => Self::new(
                ErrorKind::Interrupted,
                "the gzip encoding of the answer is damaged or breaks off",
            )
            .with_source(error),
            BodyError::Encoded(name) => Self::new(
                ErrorKind::Decode,
                format!(
                    "the answer has the content encoding `{name}`, which was not asked for and \
                     cannot be undone: have the server or the proxy before it send gzip or none"
                ),
            ),
        };
        error.with_may_have_run(true)
    }
}

/// Reads a body of at most `limit` bytes, counted after its encoding was undone.
pub(super) async fn read_body(
    response: &mut reqwest::Response,
    coding: &Coding,
    limit: usize,
) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    let mut whole = Bytes::new();
    // Only where there is something to undo: one takes tens of KiB.
    let mut gzip = (*coding == Coding::Gzip).then(|| Gunzip::new(limit));
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        match (coding, &mut gzip) {
            (Coding::Unknown(_), _) if chunk.is_empty() => continue,
            (Coding::Unknown(name), _) => return Err(BodyError::Encoded(name.clone())),
            (_, Some(gzip)) => {
                gzip.add(&chunk)?;
                continue;
            }
            (_, None) => {}
        }
        if whole.len() + body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        if whole.is_empty() && body.is_empty() {
            whole = chunk;
            continue;
        }
        body.extend_from_slice(&std::mem::take(&mut whole));
        body.extend_from_slice(&chunk);
    }
    match gzip {
        Some(gzip) => Ok(gzip.finish()?.into()),
        None if body.is_empty() => Ok(whole),
        None => Ok(body.freeze()),
    }
}

/// Reads as much of a failed answer's body as there is. What counts is the status, even if the body
/// cannot be read.
pub(super) async fn read_start(
    response: &mut reqwest::Response,
    coding: &Coding,
    end: Instant,
) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY {
        match timeout_at(end, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    body.truncate(MAX_ERROR_BODY);
    match coding {
        Coding::Plain => body,
        Coding::Gzip => {
            let mut gzip = Gunzip::new(MAX_ERROR_BODY);
            let _ = gzip.add(&body);
            gzip.so_far()
        }
        Coding::Unknown(_) => Vec::new(),
    }
}

/// Undoes gzip as its bytes come in. A body may have several members, one after the other.
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Capped>,
    is_empty: bool,
}

impl Gunzip {
    pub(super) fn new(limit: usize) -> Self {
        let capped = Capped {
            bytes: Vec::new(),
            limit,
            is_full: false,
        };
        Self {
            decoder: MultiGzDecoder::new(capped),
            is_empty: true,
        }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), BodyError> {
        self.is_empty &= bytes.is_empty();
        let added = self.decoder.write_all(bytes);
        added.map_err(|error| self.failed(error))
    }

    /// What was encoded, if nothing of it is missing.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, BodyError> {
        if !self.is_empty {
            let finished = self.decoder.try_finish();
            finished.map_err(|error| self.failed(error))?;
        }
        Ok(self.so_far())
    }

    fn so_far(mut self) -> Vec<u8> {
        let _ = self.decoder.flush();
        std::mem::take(&mut self.decoder.get_mut().bytes)
    }

    fn failed(&self, error: io::Error) -> BodyError {
        let capped = self.decoder.get_ref();
        match capped.is_full {
            true => BodyError::TooLarge(capped.limit),
            false => BodyError::Damaged(error),
        }
    }
}

/// Takes a limited number of bytes: a small body can unfold into any number.
struct Capped {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.limit.saturating_sub(self.bytes.len());
        if bytes.len() > room {
            self.bytes.extend_from_slice(&bytes[..room]);
            self.is_full = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn coding(values: &[&str]) -> Coding {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(CONTENT_ENCODING, value);
        }
        Coding::of(&headers)
    }

    #[test]
    fn every_content_encoding_is_undone_or_named() {
        for none in [&[][..], &[""], &["identity"], &["Identity", " , "]] {
            assert_eq!(coding(none), Coding::Plain, "{none:?}");
        }
        for gzip in [
            "gzip",
            "GZIP",
            " x-gzip ",
            "X-GZip",
            "identity, gzip",
            ",gzip,",
        ] {
            assert_eq!(coding(&[gzip]), Coding::Gzip, "{gzip}");
        }
        for other in [
            "br",
            "zstd",
            "deflate",
            "compress",
            "exi",
            "dcb",
            "aes128gcm",
            "gzip;q=1",
            "g zip",
            "ü",
        ] {
            assert_eq!(coding(&[other]), Coding::Unknown(other.to_owned()));
        }
        for two in [
            &["gzip, gzip"][..],
            &["gzip", "gzip"],
            &["gzip,gzip,identity"],
        ] {
            assert_eq!(coding(two), Coding::Unknown("gzip, gzip".to_owned()));
        }
        assert_eq!(
            coding(&["br, gzip"]),
            Coding::Unknown("br, gzip".to_owned())
        );
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unzipped(pieces: &[&[u8]], limit: usize) -> Result<Vec<u8>, BodyError> {
        let mut gzip = Gunzip::new(limit);
        pieces.iter().try_for_each(|piece| gzip.add(piece))?;
        gzip.finish()
    }

    proptest! {
        #[test]
        fn gzip_of_any_number_of_members_in_any_pieces_is_read_whole(
            members in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
            piece in 1_usize..300,
            cut in 1_usize..20,
        ) {
            let packed: Vec<u8> = members.iter().flat_map(|member| gzip(member)).collect();
            let whole = members.concat();
            let pieces: Vec<_> = packed.chunks(piece).collect();
            prop_assert_eq!(&unzipped(&pieces, whole.len()).unwrap(), &whole);
            if let Some(limit) = whole.len().checked_sub(1) {
                let error = unzipped(&pieces, limit).unwrap_err();
                prop_assert!(matches!(error, BodyError::TooLarge(_)), "{:?}", error);
            }
            if !members.is_empty() {
                let error = unzipped(&[&packed[..packed.len() - cut]], 1 << 20).unwrap_err();
                prop_assert!(matches!(error, BodyError::Damaged(_)), "{:?}", error);
            }
        }

        #[test]
        fn bytes_of_any_kind_are_no_gzip_and_do_no_harm(
            bytes in prop::collection::vec(any::<u8>(), 1..200),
            after in any::<bool>(),
        ) {
            let mut packed = if after { gzip(b"first") } else { Vec::new() };
            packed.extend_from_slice(&bytes);
            let _ = unzipped(&[&packed], 1000);
        }
    }
}

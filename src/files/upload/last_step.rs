//! The last step of an upload: the store sends on to the server, which confirms the file.

use http::StatusCode;
use url::Url;

use crate::{
    client::Canvas,
    error::{Error, ErrorKind, Result},
    files::{File, UploadStatus, confirm},
    ids::{is_same_number, number_in},
    outgoing::Route,
    transport::{Call, Secrets, StoreAnswer, Target},
};

/// The third step: follows the store's answer to the file.
pub(super) async fn confirm(
    canvas: &Canvas,
    answer: StoreAnswer,
    sent: Sent,
    keys: &Secrets,
) -> Result<File> {
    let id = answer.location.as_ref().and_then(file_id);
    let finished = (answer.status == StatusCode::CREATED || answer.location.is_none())
        .then(|| file_in(&answer.body, id, sent))
        .flatten();
    let outcome = match &answer.location {
        Some(location) => follow(canvas, location, sent, keys).await,
        None => Err(Error::new(
            ErrorKind::UploadStore,
            "the store took the file but did not say where to go on",
        )
        .with_status(answer.status)),
    };
    match (outcome, finished) {
        // The file is there already, even if it cannot be shown again.
        (Err(_), Some(file)) => Ok(file),
        (outcome, _) => outcome,
    }
}

/// The id of the file that an address names, without the number of its shard. What comes after it,
/// such as the key of a state, may be a number as well.
pub(in crate::files) fn file_id(url: &Url) -> Option<u64> {
    let segments: Vec<&str> = url.path_segments()?.collect();
    let mut ids = segments
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(at, segment)| {
            let rest = (*segment == "files").then(|| &segments[at + 1..])?;
            let id = match rest {
                ["s3_success", id, ..] | [id, ..] => id,
                [] => return None,
            };
            confirm::is_id(id).then_some(*id)
        });
    // The path of the server itself comes before and may be like one of a file.
    number_in(ids.next()?)
}

/// The file that an answer shows, if it is one and not some record of the store's own.
fn file_in(body: &[u8], id: Option<u64>, sent: Sent) -> Option<File> {
    let file: File = serde_json::from_slice(body).ok()?;
    sent.is_shown_as(&file, id).then_some(file)
}

/// What is known of the file that was sent.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub(super) length: Option<u64>,
}

impl Sent {
    /// Whether a record is a file, the one whose id is known, and whole. Its number may stand with
    /// that of its shard in front.
    fn is_shown_as(self, file: &File, id: Option<u64>) -> bool {
        let has_name = file.display_name.is_some() || file.filename.is_some();
        let is_of = |id| is_same_number(file.id.get(), id);
        // Of a file that is locked for the caller the server does not tell the size.
        let shown = file.size.filter(|_| file.locked_for_user != Some(true));
        let lengths = self.length.zip(shown);
        has_name
            && id.is_none_or(is_of)
            && file.upload_status != Some(UploadStatus::Failed)
            && lengths.is_none_or(|(sent, shown)| sent == shown)
    }
}

const CONFIRM: &str = "files/{file}/create_success";

async fn follow(canvas: &Canvas, location: &Url, sent: Sent, keys: &Secrets) -> Result<File> {
    let (transport, options) = canvas.parts();
    let mut secrets = transport.known_secrets();
    secrets.extend(keys, usize::MAX);
    let as_user = options.as_user.as_deref();
    let location = &confirm::checked(location, &transport.root, as_user, &secrets)?;
    let get = |url: Url, template| {
        let route = Route::of_record(template);
        Target::page(url, route, options.as_user.as_deref())
    };
    let send = |target| Call::new(transport, target, options.clone()).start();
    let answer = match send(get(location.clone(), CONFIRM))?.await {
        // An earlier attempt confirmed the file, and its answer was lost: ask for the file itself.
        Err(error) if error.kind() == ErrorKind::Invalid && error.follows_a_lost_attempt() => {
            let Some(path) = location.path().strip_suffix("/create_success") else {
                return Err(error);
            };
            let mut file = location.clone();
            file.set_path(path);
            file.set_query(None);
            send(get(file, "files/{file}"))?.await?
        }
        // The address lets in who knows its `uuid`, also without a token that has the scope.
        Err(error) if error.kind() == ErrorKind::Scope && has_uuid(location) => {
            let open = Target {
                is_open: true,
                ..Target::page(location.clone(), Route::of_record(CONFIRM), None)
            };
            match send(open)?.await {
                Ok(answer) => answer,
                // It says what to do, and the refusal of a call without a token does not.
                Err(_) => return Err(error),
            }
        }
        outcome => outcome?,
    };
    let file: File = answer.json()?;
    let id = file_id(location);
    if id.is_some() && sent.is_shown_as(&file, id) {
        return Ok(file);
    }
    Err(answer.described(Error::new(
        ErrorKind::Decode,
        "the answer is not the file that was sent, or not all of it: list the files of the group \
         to see whether it is there",
    )))
}

fn has_uuid(url: &Url) -> bool {
    url.query_pairs()
        .any(|(name, value)| name == "uuid" && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_file_is_read_from_every_address_that_confirms_it_or_tells_its_state() {
        for (path, id) in [
            ("api/v1/files/569/create_success?uuid=1", Some(569)),
            ("api/v1/files/569", Some(569)),
            ("api/v1/files/1~569/create_success", Some(569)),
            ("api/v1/files/10000000000569", Some(10_000_000_000_569)),
            ("api/v1/groups/17/files/569/create_success", Some(569)),
            ("files/s3_success/569", Some(569)),
            ("files/s3_success/1~569", Some(569)),
            ("1/files/api/v1/files/569", Some(569)),
            ("files/7/api/v1/files/569/create_success", Some(569)),
            ("api/v1/files/569/status", Some(569)),
            ("api/v1/files/569/9Xy_-z/status", Some(569)),
            ("api/v1/files/569/20261231/status", Some(569)),
            ("files/1~569/1~7/status", Some(569)),
            ("files/569/files/status", Some(569)),
            ("files/s3_success", None),
            ("files/x/569", None),
            ("files", None),
            ("files/x/create_success", None),
            ("groups/17", None),
            ("", None),
        ] {
            let url = Url::parse("https://canvas.example.edu/").unwrap();
            assert_eq!(file_id(&url.join(path).unwrap()), id, "{path}");
        }
    }
}

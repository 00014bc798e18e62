//! Where an upload may be confirmed: a store chooses the address, and the token goes there.

use url::Url;

use crate::{
    error::{Error, ErrorKind, Result},
    transport::{AS_USER, Secrets, has_other_separators, stays_below, users_to_act_as},
};

/// Checks the address that a store sends on to. It has to be one at which the server shows a file or
/// confirms one: everything else would be a call that the store makes with the token of the user.
///
/// # Errors
/// `Redirect` for another server, `UploadStore` for another call to the same one.
pub(super) fn checked(
    location: &Url,
    root: &Url,
    as_user: Option<&str>,
    secrets: &Secrets,
) -> Result<Url> {
    if location.origin() != root.origin() {
        return Err(elsewhere("the store sends on to", location, root));
    }
    let url = without_fragment(location);
    if !is_fit(&url, root, as_user, &confirms) {
        return Err(not_asked("no address that confirms an upload"));
    }
    if secrets.are_in(url.path()) {
        return Err(not_asked("an address with a secret in its path"));
    }
    Ok(url)
}

/// Checks the address at which older servers tell how far they are with a file.
///
/// # Errors
/// As [`checked`], with `Decode` in the place of `UploadStore`: the server itself gives it.
pub(super) fn checked_status(status: &Url, root: &Url, as_user: Option<&str>) -> Result<Url> {
    if status.origin() != root.origin() {
        return Err(elsewhere("the server says to ask", status, root));
    }
    let url = without_fragment(status);
    match is_fit(&url, root, as_user, &tells_a_state) {
        true => Ok(url),
        false => Err(Error::new(
            ErrorKind::Decode,
            "the `status_url` of the file is not an address that tells of a file, so it is not \
             asked: list the files of the group later",
        )),
    }
}

fn elsewhere(what: &str, url: &Url, root: &Url) -> Error {
    Error::new(
        ErrorKind::Redirect,
        format!(
            "{what} {}, but the token belongs to {} and was not sent there",
            url.origin().ascii_serialization(),
            root.origin().ascii_serialization(),
        ),
    )
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// Whether the credentials may be sent to an address of the server.
fn is_fit(url: &Url, root: &Url, as_user: Option<&str>, names: &dyn Fn(&[&str]) -> bool) -> bool {
    let has_login = !url.username().is_empty() || url.password().is_some();
    !has_login && is_of_a_file(url.path(), root, names) && !acts_as_another(url, as_user)
}

fn not_asked(what: &str) -> Error {
    Error::new(
        ErrorKind::UploadStore,
        format!(
            "the store sends on to {what}, so nothing was sent there: list the files of the group \
             to see whether it has the file, and report this to the server's administrators"
        ),
    )
}

/// Whether a path is one of a file, below the root of the API or beside it, perhaps in a context
/// such as `groups/ID`.
fn is_of_a_file(path: &str, root: &Url, names: &dyn Fn(&[&str]) -> bool) -> bool {
    const CONTEXTS: [&str; 3] = ["accounts", "courses", "groups"];
    let beside = root.path().strip_suffix("api/v1/").unwrap_or(root.path());
    let below = path.strip_prefix(root.path());
    let Some(rest) = below.or_else(|| path.strip_prefix(beside)) else {
        return false;
    };
    let segments: Vec<&str> = rest.split('/').collect();
    let file = match segments.as_slice() {
        [context, id, file @ ..] if CONTEXTS.contains(context) && is_id(id) => file,
        file => file,
    };
    names(file) && stays_below(path, beside)
}

fn confirms(file: &[&str]) -> bool {
    match file {
        ["files", id] | ["files", id, "create_success"] | ["files", "s3_success", id] => is_id(id),
        _ => false,
    }
}

fn tells_a_state(file: &[&str]) -> bool {
    match file {
        ["files", id] | ["files", id, "status"] | ["files", id, _, "status"] => is_id(id),
        _ => false,
    }
}

/// A number, perhaps with that of its shard in front.
pub(super) fn is_id(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let (shard, number) = text.split_once('~').unwrap_or(("0", text));
    is_number(shard) && is_number(number)
}

/// Whether an address asks to act as somebody else than the client does.
fn acts_as_another(url: &Url, as_user: Option<&str>) -> bool {
    let is_own = |(name, user): &(String, String)| name == AS_USER && Some(&**user) == as_user;
    has_other_separators(url) || !users_to_act_as(url).iter().all(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(location: &str, as_user: Option<&str>) -> Result<Url> {
        let root = Url::parse("https://canvas.example.edu/prefix/api/v1/").unwrap();
        let secrets = Secrets::new(vec!["1234567890123".into()]);
        let location = Url::parse(location).unwrap();
        checked(&location, &root, as_user, &secrets)
    }

    #[test]
    fn only_what_the_reference_names_confirms_an_upload() {
        let at = |path: &str| format!("https://canvas.example.edu{path}");
        for path in [
            "/prefix/api/v1/files/569/create_success?uuid=ABC",
            "/prefix/api/v1/files/569?include[]=enhanced_preview_url",
            "/prefix/api/v1/files/10000000000569",
            "/prefix/api/v1/files/1~569/create_success",
            "/prefix/api/v1/groups/17/files/569/create_success",
            "/prefix/files/569/create_success?uuid=ABC",
            "/prefix/files/s3_success/569",
            "/prefix/groups/17/files/569",
            "/prefix/api/v1/files/569?as_user_id=5",
            "/prefix/api/v1/files/569/create_success?uuid=a%3Bas_user_id%3D6",
            "/prefix/api/v1/courses/17/files/569",
            "/prefix/accounts/17/files/569",
        ] {
            assert!(outcome(&at(path), Some("5")).is_ok(), "{path}");
        }
        for path in [
            "/logout",
            "/prefix/logout",
            "/prefix/login/oauth2/token",
            "/prefix/api/graphql",
            "/prefix/api/v1/users/self",
            "/prefix/api/v1/groups/17",
            "/prefix/api/v1/files",
            "/prefix/api/v1/files/",
            "/prefix/api/v1/files/569/",
            "/prefix/api/v1/files/569/public_url",
            "/prefix/api/v1/files/569/create_success/more",
            "/prefix/api/v1/files/x/create_success",
            "/prefix/api/v1/files/1~2~3",
            "/prefix/api/v1/files/~",
            "/prefix/api/v1/folders/5/files/569",
            "/prefix/api/v1/groups/x/files/569",
            "/prefix/api/v1/groups/17/files/569%2f..%2f..",
            "/prefix/api/v1/files/%2e%2e/create_success",
            "/prefix/api/v1/files%2f569/create_success",
            "/api/v1/files/569",
            "/files/569",
            "/prefix/api/v1//files/569",
            // The secret of these tests is a number.
            "/prefix/api/v1/files/1234567890123",
            "/prefix/api/v1/files/569?as_user_id=6",
            "/prefix/api/v1/files/569?as_user_id=5&as_user_id=6",
            "/prefix/api/v1/files/569?as_user_id[]=6",
            "/prefix/api/v1/files/569?as%5Fuser%5Fid=6",
            "/prefix/api/v1/files/569?AS_USER_ID=6",
            "/prefix/api/v1/files/569?become_user_id=6",
            "/prefix/api/v1/files/569?uuid=a;as_user_id=6",
            "/prefix/api/v1/files/569?uuid=a;become_user_id=6",
            "/prefix/api/v1/files/569?;as_user_id=6",
            "/prefix/api/v1/files/569?as_user_id=5;as_user_id=6",
            "/prefix/api/v1/files/569?as_user_id=5;",
            "/prefix/api/v1/files/569?[as_user_id]=6",
            "/prefix/api/v1/files/569?[as_user_id]=5",
            "/prefix/api/v1/files/569?]as_user_id=6",
            "/prefix/api/v1/files/569?[[]become_user_id=6",
            "/prefix/api/v1/files/569?%5Bas_user_id%5D=6",
            "/prefix/api/v1/files/569?uuid=a&%20as_user_id=6",
            "/prefix/api/v1/files/569?uuid=a&+as_user_id=6",
            "/prefix/api/v1/files/569?uuid=a&%00as_user_id=6",
            "/prefix/api/v1/users/5/files/569",
            "/prefix/api/v1/users/5/files/569/create_success",
            "/prefix/users/5/files/569",
        ] {
            let error = outcome(&at(path), Some("5")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UploadStore, "{path}");
        }
        assert!(outcome(&at("/prefix/api/v1/files/569?as_user_id=5"), None).is_err());
        for login in ["user@", "user:password@", ":password@"] {
            let url = format!("https://{login}canvas.example.edu/prefix/api/v1/files/569");
            assert!(outcome(&url, None).is_err(), "{login}");
        }
        for elsewhere in [
            "http://canvas.example.edu/prefix/api/v1/files/569",
            "https://canvas.example.edu:8443/prefix/api/v1/files/569",
            "https://evil.example/prefix/api/v1/files/569",
        ] {
            let error = outcome(elsewhere, None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Redirect, "{elsewhere}");
        }
    }

    #[test]
    fn only_an_address_of_a_file_tells_how_far_the_server_is_with_it() {
        let root = Url::parse("https://canvas.example.edu/api/v1/").unwrap();
        let outcome = |path: &str| {
            let url = root.join(path).unwrap();
            checked_status(&url, &root, None).map_err(|error| error.kind())
        };
        for path in [
            "files/569/9Xy_-z/status",
            "/files/569/status",
            "/api/v1/files/569",
        ] {
            assert!(outcome(path).is_ok(), "{path}");
        }
        for path in [
            "/logout",
            "users/self",
            "files/x/9Xy/status",
            "files/569/a/b/status",
            "files/569/..%2f..%2fusers%2fself%2f/status",
            "files/569/9Xy/status?as_user_id=5",
            "files/569/9Xy/status?a=b;as_user_id=5",
            "users/5/files/569/9Xy/status",
            "https://user:password@canvas.example.edu/api/v1/files/569",
        ] {
            assert_eq!(outcome(path), Err(ErrorKind::Decode), "{path}");
        }
        assert_eq!(
            outcome("https://evil.example/files/569/status"),
            Err(ErrorKind::Redirect)
        );
    }

    #[test]
    fn a_fragment_is_not_kept() {
        let url = "https://canvas.example.edu/prefix/api/v1/files/569#secret";
        assert_eq!(outcome(url, None).unwrap().fragment(), None);
    }
}

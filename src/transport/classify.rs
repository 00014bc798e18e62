//! What an answer without success means.

use std::time::SystemTime;

use http::{
    HeaderMap, StatusCode,
    header::{LOCATION, WWW_AUTHENTICATE},
};
use url::Url;

use super::{AS_USER, answer::request_id, http_date::retry_after};
use crate::error::{Diagnosis, Error, ErrorKind};

/// What an answer without success means. Decided by status, headers and shape: all texts may be
/// translated, except those of the token check, the
/// throttle and a masquerade within another.
pub(super) fn classify(
    from: &Url,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    challenges: bool,
) -> Error {
    // A 303 names the page that shows what was done. The other redirects ask for the same request
    // elsewhere, so it was not carried out.
    let may_have_run = status.is_server_error()
        || [StatusCode::SEE_OTHER, StatusCode::REQUEST_TIMEOUT].contains(&status);
    let diagnosis = Diagnosis::of(body);
    let kind = match status.as_u16() {
        300..=399 if headers.contains_key(LOCATION) => {
            return redirected(status, headers, from).with_may_have_run(may_have_run);
        }
        401 if challenges && is_challenged(headers) && diagnosis.has_status => {
            return Error::answered(ErrorKind::Authentication, status, diagnosis)
                .with_answer_headers(request_id(headers), None)
                .with_token_lost();
        }
        401 if !challenges || is_challenged(headers) => ErrorKind::Authentication,
        401 if diagnosis.says("Insufficient scopes on access token.") => ErrorKind::Scope,
        401 if diagnosis.errors_is_text && is_of_masquerade(from, &diagnosis) => {
            ErrorKind::Masquerade
        }
        401 => ErrorKind::Forbidden,
        403 if diagnosis.mentions("rate limit exceeded") => ErrorKind::Throttled,
        403 if diagnosis.mentions("user agent") || diagnosis.mentions("user-agent") => {
            ErrorKind::UserAgent
        }
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        407 => ErrorKind::Connect,
        408 => ErrorKind::Timeout,
        400 | 422 => ErrorKind::Invalid,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Status,
    };
    // The errors of Canvas are objects; the documentation of the others names no form but JSON.
    let is_of_server = match challenges {
        true => diagnosis.is_object,
        false => diagnosis.is_json,
    };
    let error = Error::answered(kind, status, diagnosis).with_form_of_server(is_of_server);
    let error = match kind {
        ErrorKind::Connect => error.lasting(),
        _ => error,
    };
    error
        // Only Canvas challenges.
        .with_sis(challenges)
        .with_answer_headers(request_id(headers), retry_after(headers, SystemTime::now()))
        .with_may_have_run(may_have_run)
}

/// Names where the answer points, but neither path nor query: they may hold secrets.
fn redirected(status: StatusCode, headers: &HeaderMap, from: &Url) -> Error {
    let origin = headers.get(LOCATION).and_then(|location| {
        let origin = Url::parse(location.to_str().ok()?).ok()?.origin();
        (origin != from.origin()).then(|| origin.ascii_serialization())
    });
    let place = origin.as_deref().unwrap_or("another path of the same host");
    Error::new(ErrorKind::Redirect, format!("redirected to {place}"))
        .with_status(status)
        .with_answer_headers(request_id(headers), None)
}

/// Whether a refusal is about the user to act as. Others have its shape too.
fn is_of_masquerade(from: &Url, diagnosis: &Diagnosis) -> bool {
    from.query_pairs().any(|(name, _)| name == AS_USER)
        || diagnosis.mentions("cannot change masquerade")
}

/// Whether a 401 is about the token itself; without a challenge it is about a permission.
fn is_challenged(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    let mut parts = challenges.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    parts.any(|part| {
        let scheme = part.trim_ascii_start().get(..6).unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer")
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn from() -> Url {
        Url::parse("https://canvas.example.edu/api/v1/groups").unwrap()
    }

    type Headers<'a> = &'a [(&'static str, &'a str)];

    fn kind(status: u16, headers: Headers<'_>, body: &str) -> ErrorKind {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        classify(&from(), status, &map, body.as_bytes(), true).kind()
    }

    #[test]
    fn what_an_answer_means_as_a_table() {
        let bearer = [("www-authenticate", "Bearer realm=\"canvas-lms\"")];
        let token = r#"{"errors":[{"message":"Invalid access token."}]}"#;
        let scope = r#"{"errors":[{"message":"Insufficient scopes on access token."}]}"#;
        let refused = r#"{"status":"unauthorized","errors":[{"message":"kein Zugriff"}]}"#;
        let masquerade = r#"{"errors":"Invalid as_user_id"}"#;
        let within = r#"{"errors":"Cannot change masquerade"}"#;
        let agent = r#"{"error":"Forbidden","message":"send a valid user agent."}"#;
        let to = [("location", "https://other.example/x?token=1")];
        let cases: &[(u16, Headers<'_>, &str, ErrorKind)] = &[
            (401, &bearer, token, ErrorKind::Authentication),
            (
                401,
                &[("www-authenticate", "Canvas OAuth 2.0")],
                token,
                ErrorKind::Forbidden,
            ),
            (401, &[], scope, ErrorKind::Scope),
            (401, &[], masquerade, ErrorKind::Forbidden),
            (401, &[], within, ErrorKind::Masquerade),
            (401, &bearer, masquerade, ErrorKind::Authentication),
            (401, &[], refused, ErrorKind::Forbidden),
            (403, &[], refused, ErrorKind::Forbidden),
            (
                403,
                &[],
                "403 Forbidden (Rate Limit Exceeded)\n",
                ErrorKind::Throttled,
            ),
            (403, &[], agent, ErrorKind::UserAgent),
            (429, &[], "<html>slow down</html>", ErrorKind::Throttled),
            (404, &[], "", ErrorKind::NotFound),
            (400, &[], "{}", ErrorKind::Invalid),
            (422, &[], "{}", ErrorKind::Invalid),
            (409, &[], "{}", ErrorKind::Conflict),
            (407, &[], "<html>", ErrorKind::Connect),
            (408, &[], "", ErrorKind::Timeout),
            (502, &[], "<html>", ErrorKind::Server),
            (302, &to, "", ErrorKind::Redirect),
            (304, &[], "", ErrorKind::Status),
            (418, &[], "", ErrorKind::Status),
        ];
        for (status, headers, body, expected) in cases {
            assert_eq!(kind(*status, headers, body), *expected, "{status} {body}");
        }
    }

    #[test]
    fn trap_20_no_meaning_is_read_from_texts_that_are_translated() {
        // The same words in another place, and other words in this place, change nothing.
        let moved = r#"{"errors":[{"message":"not found"}],"status":"unauthenticated"}"#;
        assert_eq!(kind(403, &[], moved), ErrorKind::Forbidden);
        assert_eq!(kind(401, &[], moved), ErrorKind::Forbidden);
        assert_eq!(
            kind(404, &[], r#"{"message":"nicht erlaubt"}"#),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn a_text_for_errors_is_about_the_user_to_act_as_only_where_one_was_named() {
        for (query, expected) in [
            ("?as_user_id=5", ErrorKind::Masquerade),
            (
                "?per_page=1&as_user_id=sis_user_id:x",
                ErrorKind::Masquerade,
            ),
            ("?per_page=1", ErrorKind::Forbidden),
            ("?x=as_user_id", ErrorKind::Forbidden),
            ("", ErrorKind::Forbidden),
        ] {
            let url = from().join(query).unwrap();
            let body = br#"{"errors":"kein Zugriff"}"#;
            let error = classify(
                &url,
                StatusCode::UNAUTHORIZED,
                &HeaderMap::new(),
                body,
                true,
            );
            assert_eq!(error.kind(), expected, "{query}");
        }
    }

    #[test]
    fn a_challenge_with_a_status_says_that_no_token_arrived_in_any_language() {
        let mut headers = HeaderMap::new();
        headers.append(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"canvas-lms\""),
        );
        for (body, is_lost) in [
            (r#"{"status":"unauthenticated","errors":[]}"#, true),
            (
                r#"{"status":"nicht angemeldet","errors":[{"message":"x"}]}"#,
                true,
            ),
            (r#"{"status":401}"#, false),
            (r#"{"errors":[{"message":"Invalid access token."}]}"#, false),
        ] {
            let body = body.as_bytes();
            let error = classify(&from(), StatusCode::UNAUTHORIZED, &headers, body, true);
            assert_eq!(error.kind(), ErrorKind::Authentication);
            assert_eq!(error.is_token_lost(), is_lost, "{error:?}");
        }
    }

    #[test]
    fn where_there_are_no_challenges_every_401_is_about_the_credentials() {
        let refused = br#"{"statusCode":401,"error":"Unauthorized","message":"no session"}"#;
        let kind = |body, challenges| {
            classify(
                &from(),
                StatusCode::UNAUTHORIZED,
                &HeaderMap::new(),
                body,
                challenges,
            )
            .kind()
        };
        assert_eq!(kind(refused, false), ErrorKind::Authentication);
        assert_eq!(kind(b"", false), ErrorKind::Authentication);
        assert_eq!(kind(refused, true), ErrorKind::Forbidden);
    }
}

//! Paths that somebody on the way may read in another way.

use percent_encoding::percent_decode;

/// Whether a path stays below `root`, also for who undoes escapes in it before its segments are
/// looked at, takes a backslash for a slash, or leaves parameters of a segment out.
pub(crate) fn stays_below(path: &str, root: &str) -> bool {
    let mut read = path.as_bytes().to_vec();
    loop {
        let has_root = read.starts_with(root.as_bytes());
        if !has_root || has_odd_segment(&read) {
            return false;
        }
        let decoded: Vec<u8> = percent_decode(&read).collect();
        if decoded.len() == read.len() {
            return true;
        }
        read = decoded;
    }
}

/// Whether a segment leads upwards or stays, or the path may end early.
fn has_odd_segment(path: &[u8]) -> bool {
    let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
    let is_odd = |segment: &[u8]| {
        let name = segment.split(|byte| *byte == b';').next();
        matches!(name.unwrap_or_default(), b"." | b"..")
    };
    path.iter().any(u8::is_ascii_control) || segments.any(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_leave_the_api_once_it_is_read_otherwise_is_found() {
        let below = |rest: &str| stays_below(&format!("/api/v1/{rest}"), "/api/v1/");
        for fine in [
            "groups/7/users",
            "groups/sis_group_id:a%2Fb/users",
            "groups/sis_group_id:a%252Fb/users",
            "groups/sis_group_id:a%5Cb/users",
            "groups/sis_group_id:..a%2F...%2Fb../users",
            "groups/sis_group_id:100%25/users",
            "groups/sis_group_id:%GG%/users",
            "groups/%C3%BC;v=1/users",
            "",
        ] {
            assert!(below(fine), "{fine}");
        }
        for odd in [
            "..",
            "../login",
            "groups%2f..%2f..%2flogin",
            "groups%2F%2E%2E%2Flogin",
            "%2e%2e/login",
            ".%2e/login",
            "%2e/groups",
            "groups/%5c..%5c..%5clogin",
            "groups\\..\\..\\login",
            "%252e%252e/login",
            "%25252e%25252e%25252flogin",
            "groups/..%3bx/login",
            "groups/..;x/login",
            "groups/%2e%2e%3b/login",
            "groups%00/login",
            "groups%0d%0aHost:evil/login",
            "groups/sis_group_id:a%2F..%2Fb/users",
        ] {
            assert!(!below(odd), "{odd}");
        }
        for outside in ["/api/v1", "/login", "/API/v1/groups", "/api%2fv1/groups"] {
            assert!(!stays_below(outside, "/api/v1/"), "{outside}");
        }
        // A root with an escape of its own.
        assert!(stays_below("/a b/api/v1/groups", "/a b/api/v1/"));
    }
}

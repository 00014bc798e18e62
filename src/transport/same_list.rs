//! Whether a page belongs to the list that it is said to continue.

use percent_encoding::percent_decode_str;

use crate::ids::{is_same_number, number_in};

/// Whether two paths are those of one list. Servers name a record by its number in links, whatever
/// it was named by before; the same number may be written with that of its shard in front.
pub(crate) fn is_same_list(from: &str, to: &str, template: &str) -> bool {
    if from == to {
        return true;
    }
    let split = |path: &str| -> Vec<String> {
        let parts = path.split('/');
        let decoded = parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned());
        decoded.collect()
    };
    let (from, to, template) = (split(from), split(to), split(template));
    // A template is only for traces, so it need not fit.
    let is_key = |at: usize| {
        template.len() != from.len() || template[at] == "self" || template[at].contains('{')
    };
    from.len() == to.len()
        && from
            .iter()
            .zip(&to)
            .enumerate()
            .all(|(at, (from, to))| from == to || is_key(at) && may_be_called(from, to))
}

/// Whether the key of a record may become this one in a link.
fn may_be_called(from: &str, to: &str) -> bool {
    match (number_in(from), number_in(to)) {
        (Some(from), Some(to)) => is_same_number(from, to),
        (None, Some(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_stays_on_its_route_however_its_record_is_called() {
        // From, to, and whether it is the same list.
        let users = [
            ("groups/7/users", "groups/7/users", true),
            ("groups/7/users", "groups/8/users", false),
            ("groups/7/users", "groups/7/memberships", false),
            ("groups/7/users", "courses/7/users", false),
            ("groups/7/users", "groups/7", false),
            ("groups/7/users", "groups/7/users/", false),
            ("groups/7/users", "groups/7/users/1", false),
            ("groups/7/users", "groups/10000000000007/users", true),
            ("groups/10000000000007/users", "groups/7/users", true),
            (
                "groups/10000000000007/users",
                "groups/20000000000008/users",
                false,
            ),
            ("groups/7/users", "groups/007/users", true),
            ("groups/7/users", "groups/sis_group_id:7/users", false),
            ("groups/7/users", "groups/self/users", false),
            ("groups/sis_group_id:G1/users", "groups/7/users", true),
            (
                "groups/sis_group_id:G1/users",
                "groups/sis_group_id:G1/users",
                true,
            ),
            (
                "groups/sis_group_id%3AG%201/users",
                "groups/sis_group_id:G%201/users",
                true,
            ),
            (
                "groups/sis_group_id:G1/users",
                "groups/sis_group_id:G2/users",
                false,
            ),
            ("groups/hex:sis_group_id:4731/users", "groups/7/users", true),
            ("groups/lti_context_id:abc/users", "groups/7/users", true),
            ("groups/uuid:abc/users", "groups/7/users", true),
            ("groups/self/users", "groups/7/users", true),
            ("groups/1~7/users", "groups/7/users", true),
            ("groups/1~7/users", "groups/10000000000007/users", true),
            ("groups/1~7/users", "groups/8/users", false),
            ("groups/7/users", "groups/1~7/users", true),
        ];
        for (from, to, expected) in users {
            assert_eq!(
                is_same_list(from, to, "groups/{group}/users"),
                expected,
                "{from} {to}"
            );
        }
        // The words of a route are no keys, except for the one that stands for a user.
        assert!(!is_same_list("users/search", "users/7", "users/search"));
        assert!(is_same_list(
            "users/self/groups",
            "users/7/groups",
            "users/self/groups"
        ));
        assert!(!is_same_list(
            "users/7/groups",
            "users/8/groups",
            "users/self/groups"
        ));
        assert!(!is_same_list("courses", "groups", "courses"));
        // A template of a user's own need not fit.
        assert!(is_same_list("x/y/7", "x/y/7", "folders"));
        assert!(!is_same_list("x/y/7", "x/z/7", "folders"));
    }

    proptest! {
        #[test]
        fn the_same_number_is_the_same_record_on_every_shard(
            number in 1_u64..10_000_000_000_000,
            other in 1_u64..10_000_000_000_000,
            shards in prop::array::uniform2(0_u64..900_000),
        ) {
            let [from, to] = shards.map(|shard| shard * 10_000_000_000_000);
            let path = |number: u64| format!("courses/{number}/users");
            let template = "courses/{course}/users";
            prop_assert!(is_same_list(&path(from + number), &path(to + number), template));
            let is_same = is_same_list(&path(from + number), &path(to + other), template);
            prop_assert_eq!(is_same, number == other);
        }
    }
}

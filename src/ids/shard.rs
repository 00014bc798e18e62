//! Numbers with those of their shard: the server writes the same id in several forms.

use std::borrow::Cow;

/// How many numbers a shard has.
const SHARD: u64 = 10_000_000_000_000;

/// Whether two numbers name the same record: either may have that of its shard in front.
pub(crate) fn is_same_number(one: u64, other: u64) -> bool {
    one % SHARD == other % SHARD
}

/// The number in a key. `1~7` is number 7 of shard 1.
pub(crate) fn number_in(key: &str) -> Option<u64> {
    let digits = |text: &str| -> Option<u64> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    match key.split_once('~') {
        Some((shard, number)) => digits(shard).and(digits(number)),
        None => digits(key),
    }
}

/// A key as it is compared: a number without that of its shard, any other text as it is.
pub(crate) fn without_shard(key: &str) -> Cow<'_, str> {
    match number_in(key) {
        Some(number) => (number % SHARD).to_string().into(),
        None => key.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_with_that_of_its_shard() {
        for (key, id, is_same) in [
            ("7", 7, true),
            ("007", 7, true),
            ("1~7", 7, true),
            ("10000000000007", 7, true),
            ("1~7", 10_000_000_000_007, true),
            ("7", 8, false),
            ("1~7", 8, false),
            ("10000000000007", 20_000_000_000_008, false),
        ] {
            let number = number_in(key).unwrap();
            assert_eq!(is_same_number(number, id), is_same, "{key} {id}");
            assert_eq!(is_same_number(id, number), is_same, "{key} {id}");
            let other = id.to_string();
            assert_eq!(
                without_shard(key) == without_shard(&other),
                is_same,
                "{key} {id}"
            );
        }
        for key in [
            "",
            "~",
            "7~",
            "~7",
            "1~2~3",
            "self",
            "sis_group_id:7",
            "-7",
            "7.0",
        ] {
            assert_eq!(number_in(key), None, "{key}");
            assert_eq!(without_shard(key), key);
        }
    }
}

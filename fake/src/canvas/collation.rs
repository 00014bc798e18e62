//! The order of names: by the root collation of the ICU, with numbers by their value. Accents and
//! the case of letters only count between names that are the same without them.

use std::{cmp::Ordering, sync::LazyLock};

use icu_collator::{
    CollatorBorrowed, CollatorPreferences, options::CollatorOptions,
    preferences::CollationNumericOrdering,
};

/// `None` only if the crate came without its data, which it does not.
static COLLATOR: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::default();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    CollatorBorrowed::try_new(preferences, CollatorOptions::default()).ok()
});

/// What is compared in the place of a name that is compared often.
pub(crate) fn sort_key(name: &str) -> Box<[u8]> {
    let mut key = Vec::with_capacity(name.len() * 2);
    match &*COLLATOR {
        Some(collator) => match collator.write_sort_key_to(name, &mut key) {
            Ok(()) => {}
            Err(never) => match never {},
        },
        None => key.extend_from_slice(name.to_lowercase().as_bytes()),
    }
    key.into_boxed_slice()
}

/// How two names stand to each other, where keys would not pay.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    match &*COLLATOR {
        Some(collator) => collator.compare(one, other),
        None => one.to_lowercase().cmp(&other.to_lowercase()),
    }
}

/// The ids in the order of their names; of those with one name, by id.
pub(crate) fn sorted<'a>(named: impl Iterator<Item = (&'a str, u64)>) -> Vec<u64> {
    let mut keyed: Vec<_> = named.map(|(name, id)| (sort_key(name), id)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_people_would() {
        let names = [
            "_draft", "1", "2", "11", "11/4", "11/4.5", "11/44", "Amy", "bob", "Élan", "elbow",
            "Team 2", "team 10", "Zoe", "Ωmega",
        ];
        for (at, name) in names.iter().enumerate() {
            for later in &names[at + 1..] {
                assert_eq!(
                    compare(name, later),
                    Ordering::Less,
                    "{name} before {later}"
                );
                assert!(sort_key(name) < sort_key(later), "{name} before {later}");
            }
        }
        // Case and accents decide last.
        assert_eq!(compare("resume b", "Résumé C"), Ordering::Less);
        assert_eq!(compare("ann", "Ann"), Ordering::Less);
    }
}

//! What happened in groups.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

/// The stream items, by group and then in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(BTreeMap<u64, Vec<Item>>);

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    /// The discussion or announcement that it is about.
    pub(crate) topic: u64,
    pub(crate) title: String,
    /// In HTML.
    pub(crate) message: String,
    pub(crate) created_at: Timestamp,
    pub(crate) read_by: BTreeSet<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Announcement,
    Discussion,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Announcement => "Announcement",
            Self::Discussion => "DiscussionTopic",
        }
    }

    /// The key under which the id of its topic stands.
    pub(crate) fn topic_key(self) -> &'static str {
        match self {
            Self::Announcement => "announcement_id",
            Self::Discussion => "discussion_topic_id",
        }
    }
}

impl Streams {
    pub(crate) fn add(&mut self, group: u64, item: Item) {
        self.0.entry(group).or_default().push(item);
    }

    /// The items of a group, newest first.
    pub(crate) fn of(&self, group: u64) -> impl Iterator<Item = &Item> {
        self.0.get(&group).into_iter().flatten().rev()
    }

    pub(crate) fn get_mut(&mut self, group: u64, id: u64) -> Option<&mut Item> {
        self.0
            .get_mut(&group)?
            .iter_mut()
            .find(|item| item.id == id)
    }
}

//! Which group and which student is meant by the keys of a roster.

mod people;
mod teams;

pub(super) use people::{People, key_text};
pub(super) use teams::{Mode, Targets, quoted};

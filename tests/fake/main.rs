//! The fakes, seen from outside.

mod activity;
mod categories;
mod category_groups;
mod common;
mod communities;
mod group_lists;
mod groups;
mod imports;
mod jobs;
mod memberships;
mod server;
mod tag_members;
mod tags;

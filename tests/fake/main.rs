//! The fakes, seen from outside.

mod activity;
mod communities;
mod group_lists;
mod groups;
mod memberships;
mod server;
mod tag_members;

//! The fakes, seen from outside.

mod categories;
mod common;
mod imports;
mod jobs;
mod server;
mod tags;

//! Everything that can break between a client and its server: how each call ends, that it ends in
//! time, that nothing runs twice unseen, and that nothing is lost without an error.
//!
//! The cases with their ends are tabled in `tests/README.md`.

mod calls;
mod clock;
#[path = "../common/mod.rs"]
mod common;
mod connection;
mod content;
mod fan_out;
mod framing;
mod lists;
mod quota;
mod sizes;
mod storms;
mod tokens;

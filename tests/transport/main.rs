//! What goes over the wire and what is made of what comes back: the traps, one after the other.
//! Ordinary answers come from a mock that refuses every request it was not told of; broken ones
//! from a bare socket that plays a script.

mod answers;
mod base_url;
mod bodies;
mod by_page;
#[path = "../common/mod.rs"]
mod common;
mod dates;
mod deletions;
mod errors;
mod hints;
mod list_ends;
mod page_links;
mod pages;
mod retry;
mod runtime;
mod secrets;
mod sent;
mod successes;
mod support;
mod time;

//! Clients and servers that several test binaries share. Each uses a part of them.
#![allow(dead_code)]

pub(crate) mod client;
pub(crate) mod host;
pub(crate) mod play;
pub(crate) mod socket;

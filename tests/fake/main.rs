//! The fakes, seen from outside.

mod server;

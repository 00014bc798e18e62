//! What services need of a client: many logins, the circumstances of answers, lists that go on
//! elsewhere, and a network of their own.

#[path = "../common/mod.rs"]
mod common;
mod endless;
mod logins;
mod network;
mod resume;
mod runtime;
mod told;

#![doc = include_str!("guide.md")]
//!
//! # Where to find what
//!
//! | what for | item |
//! |---|---|
//! | a Canvas, and what is in it | [`FakeCanvas`], [`School`] |
//! | a Commons beside it | [`FakeLor`] |
//! | a Studio, and what is in it | [`FakeStudio`], [`Institution`] |
//! | answers that fail, are late or get lost | [`Fault`] |
//! | how the quota fills and empties | [`Throttle`] |
//! | routes of your own | [`FakeCanvasBuilder::route`] |
//! | the requests received so far | [`Recorded`] |
//! | somebody else who changes the school | [`FakeCanvas::before`] |
//! | whom changes of groups tell | [`School::notices`] |
//! | the submissions that they touch | [`School::touched_submissions`] |
//! | exports that lag behind writes | [`FakeCanvas::hold_replica`], [`Hold`] |
//! | logins by OAuth2 | [`NewKey`], [`DeveloperKey`] |

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod canvas;
mod clock;
mod faults;
mod guarded;
mod handle;
mod http_request;
mod journal;
mod lor;
mod oauth;
mod paging;
mod params;
mod reply;
mod route;
mod secret;
mod server;
mod studio;

pub use canvas::{
    FakeCanvas, FakeCanvasBuilder, Hold, NewUser, Notice, NoticeKind, Role, RouteAnswer,
    RouteRequest, School, SisAccess, SmallSchool, Throttle, UploadEnding,
};
pub use faults::Fault;
pub use journal::Recorded;
pub use lor::{FakeLor, FakeLorBuilder};
pub use oauth::{DeveloperKey, NewKey};
pub use studio::{FakeStudio, FakeStudioBuilder, Institution, SmallInstitution};

//! Servers on loopback that behave like Canvas, Commons and Studio. The guide shows
//! [how to test with them](crate::guide::fake).
//!
//! | what for | item |
//! |---|---|
//! | a Canvas, and what is in it | [`FakeCanvas`], [`School`] |
//! | a Commons beside it | [`FakeLor`] |
//! | a Studio, and what is in it | [`FakeStudio`], [`Institution`] |
//! | answers that fail, are late or get lost | [`Fault`] |
//! | how the quota fills and empties | [`Throttle`] |
//! | what was asked so far | [`Recorded`] |
//! | logins by OAuth2 | [`NewKey`], [`DeveloperKey`] |

mod canvas;
mod faults;
mod guarded;
mod handle;
mod http_request;
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
    FakeCanvas, FakeCanvasBuilder, NewUser, Role, School, SmallSchool, Throttle, UploadEnding,
};
pub use faults::{Fault, Recorded};
pub use lor::{FakeLor, FakeLorBuilder};
pub use oauth::{DeveloperKey, NewKey};
pub use studio::{FakeStudio, FakeStudioBuilder, Institution, SmallInstitution};

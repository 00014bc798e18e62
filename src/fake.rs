//! Servers on loopback that behave like Canvas, Commons and Studio.

mod call;
mod canvas;
mod faults;
mod handle;
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

//! Servers on loopback that behave like Canvas, Commons and Studio.

mod call;
mod canvas;
mod faults;
mod paging;
mod params;
mod reply;
mod route;
mod server;

pub use canvas::{FakeCanvas, FakeCanvasBuilder, NewUser, Role, School, SmallSchool, Throttle};
pub use faults::{Fault, Recorded};

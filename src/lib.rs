#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

pub mod auth;
pub mod categories;
mod client;
pub mod csv;
mod endpoint;
mod error;
pub mod files;
pub mod groups;
mod ids;
pub mod memberships;
mod multipart;
mod open_enum;
mod page;
pub mod progress;
mod request;
mod transport;
pub mod users;

pub use client::{Canvas, Client, ClientBuilder};
pub use endpoint::{Content, Deleted, Endpoint, FromResponse, Outgoing, Service, service};
pub use error::{Error, ErrorDetail, ErrorKind, Result};
pub use http;
pub use ids::*;
pub use page::{Page, Pages, Paginator};
pub use request::List;
pub use transport::RetryPolicy;

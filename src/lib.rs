#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//!
//! [`Client`], as [`Canvas`], [`Lor`] or [`Studio`], has the two verbs and the steps of a call;
//! [`ClientBuilder`] its settings, [`RetryPolicy`] among them. [`Endpoint`] is what a request is,
//! and how to write your own; [`Outgoing`] shows what it sends. Lists come as [`Page`] or
//! [`Paginator`]. What goes wrong is an [`Error`] of an [`ErrorKind`]. Credentials are in [`auth`],
//! requests and models in the module of their resource.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

pub mod activity;
pub mod auth;
pub mod categories;
mod client;
pub mod csv;
mod endpoint;
mod error;
pub mod files;
pub mod groups;
mod ids;
mod lenient;
pub mod lor;
pub mod memberships;
mod multipart;
mod open_enum;
mod page;
pub mod progress;
mod request;
pub mod studio;
pub mod tags;
mod transport;
pub mod users;

pub use client::{Canvas, Client, ClientBuilder, Lor, Studio};
pub use endpoint::{Content, Deleted, Endpoint, FromResponse, Outgoing, Service, service};
pub use error::{Error, ErrorDetail, ErrorKind, Result};
pub use ids::*;
pub use page::{NextPage, Page, Pages, Paginator};
pub use request::{List, UserIds};
pub use transport::RetryPolicy;

// Their types stand in public signatures.
pub use {bytes, http, jiff, secrecy, serde_json, url};

#![doc = concat!("[call]: data:image/svg+xml;base64,", include_str!("../docs/call.svg.base64"))]
//! [guide]: crate::guide
//! [clients]: crate::guide::clients
//! [rosters]: crate::guide::rosters
//! [requests]: crate::guide::requests
//! [lists]: crate::guide::lists
//! [errors]: crate::guide::errors
//! [throttling]: crate::guide::throttling
//! [jobs]: crate::guide::jobs
//! [files]: crate::guide::files
//! [tags]: crate::guide::tags
//! [commons]: crate::guide::commons
//! [studio]: crate::guide::studio
//! [blocking]: crate::guide::blocking
//! [endpoints]: crate::guide::endpoints
//! [features]: crate::guide::features
//! [stability]: crate::guide::stability
//! [routes]: crate::guide::routes
#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//!
//! | item | what for |
//! |---|---|
//! | [`roster`] | who should be in which group: a dry run, a guard, an apply |
//! | [`Canvas`], [`Lor`], [`Studio`] | clients: a [`Client`] of each service, with the two verbs and the steps of a call |
//! | [`ClientBuilder`], [`RetryPolicy`], [`Network`] | settings |
//! | [`Endpoint`], [`Outgoing`] | what a request is, and what it sends |
//! | [`Page`], [`Paginator`], [`NextPage`] | lists |
//! | [`CallInfo`], [`Quota`] | the circumstances of an answer, and what is left of the quota |
//! | [`GroupId`], [`GroupRef`] and their like | which record: by its number, or by a key of the institution such as an SIS id |
//! | [`Error`], [`ErrorKind`] | what went wrong |
//! | [`auth`] | credentials: tokens, OAuth2, sessions of Commons, your own |
//! | [`canvas-groups-fake`](https://docs.rs/canvas-groups-fake/latest/canvas_groups_fake/) | servers for tests, in a crate of their own |
//! | [`guide`] | how it all goes together |
//!
//! Requests and models are in the module of their resource:
//!
//! | module | what for |
//! |---|---|
//! | [`groups`] | groups of a course or account, their users, what may be done there |
//! | [`memberships`] | who is in which group, one by one and in bulk |
//! | [`categories`] | group sets: making, changing, splitting students over the groups |
//! | [`tags`](mod@tags) | differentiation tags in bulk; tags are groups, and most requests serve them too |
//! | [`csv`](mod@csv) | rosters in and out |
//! | [`files`](mod@files) | uploads to a group |
//! | [`activity`] | what happened in a group |
//! | [`progress`] | background jobs |
//! | [`courses`], [`sections`], [`enrollments`], [`users`] | the way to the groups: which courses there are, and who is in them |
//! | [`lor`] | Commons |
//! | [`studio`](mod@studio) | Studio |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

pub mod activity;
pub mod auth;
#[cfg(feature = "blocking")]
pub mod blocking;
pub mod categories;
mod client;
pub mod courses;
mod credentials;
pub mod csv;
mod endpoint;
pub mod enrollments;
mod error;
pub mod files;
pub mod groups;
pub mod guide;
mod ids;
mod lenient;
pub mod lor;
mod made_of;
pub mod memberships;
mod multipart;
mod open_enum;
mod outgoing;
mod page;
pub mod progress;
mod request;
pub mod roster;
pub mod sections;
pub mod studio;
pub mod tags;
mod transport;
pub mod users;

pub use client::{Canvas, Client, ClientBuilder, Lor, Studio};
pub use endpoint::{Content, Deleted, Done, Endpoint, FromResponse, Service, service};
pub use error::{Error, ErrorDetail, ErrorKind, Result};
pub use ids::*;
pub use outgoing::Outgoing;
pub use page::{NextPage, Page, Pages, Paginator};
pub use request::{List, SisId, UserIds};
pub use transport::{CallInfo, Network, Quota, RetryPolicy};

// Their types stand in public signatures.
pub use {bytes, futures, http, jiff, secrecy, serde, serde_json, url};

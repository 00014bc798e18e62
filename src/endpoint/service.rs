//! The services, as types: what [`Endpoint::Service`](crate::Endpoint::Service) and
//! [`Client`](crate::Client) name.

use http::HeaderName;
use secrecy::SecretString;

use super::{Service, sealed};
use crate::{credentials::Authorization, error::Result};

/// Canvas LMS.
#[derive(Debug, Clone, Copy)]
pub enum Canvas {}

impl sealed::Service for Canvas {}
impl Service for Canvas {
    const API_ROOT: &'static str = "api/v1/";
    const PER_PAGE: Option<u32> = Some(100);
    const CHALLENGES: bool = true;
}

/// Canvas Commons, whose API calls itself LOR: learning object repository.
#[derive(Debug, Clone, Copy)]
pub enum Lor {}

impl sealed::Service for Lor {}
impl Service for Lor {
    const API_ROOT: &'static str = "api/";
    const PER_PAGE: Option<u32> = None;
    const ITEMS: Option<&'static str> = Some("items");
    const SHOWS_DELETED: bool = true;
    fn authorization(secret: SecretString) -> Result<Authorization> {
        Authorization::header(HeaderName::from_static("x-session-id"), secret)
    }
}

/// Canvas Studio.
#[derive(Debug, Clone, Copy)]
pub enum Studio {}

impl sealed::Service for Studio {}
impl Service for Studio {
    const API_ROOT: &'static str = "api/public/v1/";
    const PER_PAGE: Option<u32> = None;
}

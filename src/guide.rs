#![doc = include_str!("guide/index.md")]

#[doc = include_str!("guide/clients.md")]
pub mod clients {}

#[doc = include_str!("guide/rosters.md")]
pub mod rosters {}

#[doc = include_str!("guide/requests.md")]
pub mod requests {}

#[doc = include_str!("guide/lists.md")]
pub mod lists {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/throttling.md")]
pub mod throttling {}

#[doc = include_str!("guide/jobs.md")]
pub mod jobs {}

#[doc = include_str!("guide/files.md")]
pub mod files {}

#[doc = include_str!("guide/tags.md")]
pub mod tags {}

#[doc = include_str!("guide/commons.md")]
pub mod commons {}

#[doc = include_str!("guide/studio.md")]
pub mod studio {}

#[doc = include_str!("guide/endpoints.md")]
pub mod endpoints {}

#[doc = include_str!("guide/features.md")]
pub mod features {}

#[doc = include_str!("guide/stability.md")]
pub mod stability {}

#[doc = include_str!("guide/routes.md")]
pub mod routes {}

#[cfg(test)]
mod tests;

//! Logging in by OAuth2, and keeping the tokens alive: against stand-ins on this machine.

mod answers;
mod credentials;
mod endpoint;
mod files;
mod given_up;
mod killed;
mod listener;
mod lost;
mod memory;
mod origins;
mod renewal;
mod revocations;
mod school;
mod secrets;
mod storing;
mod storms;
mod vault;

//! Trap 18, all at once: a full round of calls against servers that tell back everything they were
//! sent, and no secret in anything that people could come to read.

mod batch;
mod canvas;
mod commons;
mod errors;
mod oauth;
mod promises;
mod servers;
mod shown;

use std::{
    error::Error as StdError,
    fmt::Debug,
    io::Write as _,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use canvas_groups::{
    Canvas, ErrorKind, GroupId, Lor, Network, Outgoing, Result, RetryPolicy, Studio,
    auth::{
        Authorization, Carrier, ClientAuthentication, Credentials, FileStore, LorSession,
        MemoryStore, OAuth, OAuthApp, OAuthAppBuilder, StaticToken, TokenStore, Tokens,
    },
    groups::{CreateGroup, DeleteGroup, GetGroup, ListMyGroups, UpdateGroup},
    lor,
    studio::{self, ListGroupUsers, Permission, UpdateGroupUsers},
};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{any, method, path, path_regex},
};

use canvas::*;
use servers::*;
use shown::*;

/// With letters that JSON, forms and addresses write in other ways.
const STATIC: &str = "7~S3CRET-static/+=&01";
const ACCESS: &str = "7~S3CRET-access/+=&02";
const ACCESS_2: &str = "7~S3CRET-access/+=&03";
const ACCESS_3: &str = "7~S3CRET-access/+=&04";
const REFRESH: &str = "7~S3CRET-refresh/+=&05";
const REFRESH_2: &str = "7~S3CRET-refresh/+=&06";
const REFRESH_3: &str = "7~S3CRET-refresh/+=&07";
const CODE: &str = "S3CRET-code/+=&0123456789";
const CLIENT_SECRET: &str = "S3CRET-\"of\\the\"-key/+=&0";
const SESSION: &str = "S3CRET-session:+&%/1234";
const JWT: &str = "eyJhbGciOi.S3CRET-jwt.sIgNaTuRe";
const STUDIO: &str = "S3CRET-studio/+=&89";
const CLIENT_ID: &str = "10000000000001";

fn shown() -> Shown {
    let mut shown = Shown::new();
    let pair = format!("{CLIENT_ID}:{CLIENT_SECRET}");
    shown.hide(&STANDARD.encode(&pair));
    // What of it is the secret's own.
    shown.hide(&STANDARD.encode(&pair)[24..]);
    shown
}

//! Trap 18, all at once: a full round of calls against servers that tell back everything they were
//! sent, and no secret in anything that people could come to read.

mod batch;
mod canvas;
mod commons;
mod errors;
mod oauth;
mod servers;

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    fmt::{Debug, Write},
    io::Write as _,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, Lor, Outgoing, Result, RetryPolicy, Studio,
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
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{any, method, path, path_regex},
};

use canvas::*;
use servers::*;

/// In all secrets that are chosen here, so that a piece of one is found as well.
const MARK: &str = "S3CRET";

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

// What must not be seen, and where it is looked for.

/// All that was shown in a test: where, and the text.
#[derive(Default)]
struct Shown {
    texts: Vec<(String, String)>,
    hidden: BTreeSet<String>,
}

impl Shown {
    fn new() -> Self {
        traces();
        let mut this = Self::default();
        this.hide(MARK);
        let pair = format!("{CLIENT_ID}:{CLIENT_SECRET}");
        this.hide(&STANDARD.encode(&pair));
        // What of it is the secret's own.
        this.hide(&STANDARD.encode(&pair)[24..]);
        this
    }

    /// Hides a secret in all the forms in which it could be written.
    fn hide(&mut self, secret: &str) {
        // Every spelling of such a secret has one of the mark in it.
        if secret == MARK || !secret.contains(MARK) {
            self.hidden.extend(spellings(secret));
        }
    }

    fn debug(&mut self, place: &str, value: &dyn Debug) {
        let text = format!("{value:?}\n{value:#?}");
        self.texts.push((place.to_owned(), text));
    }

    fn error(&mut self, place: &str, error: &Error) {
        let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}", error.details());
        for part in [error.body(), error.request(), error.request_id()] {
            write!(text, "\n{part:?}").unwrap();
        }
        let mut source = StdError::source(error);
        while let Some(cause) = source {
            write!(text, "\n{cause}\n{cause:?}\n{cause:#?}").unwrap();
            source = cause.source();
        }
        self.texts.push((place.to_owned(), text));
    }

    /// The failure that an outcome has to be.
    fn failure<T: Debug>(&mut self, place: &str, outcome: Result<T>) -> Error {
        let error = match outcome {
            Err(error) => error,
            Ok(value) => panic!("{place}: a success: {value:?}"),
        };
        self.error(place, &error);
        error
    }

    /// Looks through it all, and through what was traced so far.
    fn check(mut self) {
        let traced = traces().text().clone();
        for (at, line) in traced.lines().enumerate() {
            self.texts.push((format!("trace {at}"), line.to_owned()));
        }
        let mut leaks = Vec::new();
        for (place, text) in &self.texts {
            for line in text.lines() {
                let found = self.hidden.iter().find(|secret| line.contains(&***secret));
                if let Some(secret) = found {
                    leaks.push(format!("{place}: `{secret}` in: {line:.900}"));
                    break;
                }
            }
        }
        let count = leaks.len();
        assert!(leaks.is_empty(), "{count} leaks\n{}", leaks.join("\n"));
        assert!(self.texts.len() > 20, "something was shown at all");
    }
}

/// All ways in which a secret comes back.
fn spellings(secret: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::to_string(secret).unwrap();
    let json = json.trim_matches('"').to_owned();
    let bytes = |write: fn(u8) -> String| secret.bytes().map(write).collect::<String>();
    vec![
        secret.to_owned(),
        secret.to_lowercase(),
        secret.to_uppercase(),
        form.to_lowercase(),
        form.replace("%7E", "~"),
        form.replace('%', "%25"),
        form,
        json.replace('/', "\\/"),
        json.replace('\\', "\\\\"),
        json,
        unicode(secret),
        unicode(secret).to_uppercase().replace("\\U", "\\u"),
        bytes(|byte| format!("%{byte:02x}")),
        bytes(|byte| format!("%{byte:02X}")),
        bytes(|byte| format!("&#{byte};")),
        bytes(|byte| format!("&#x{byte:x};")),
        secret
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('/', "&sol;"),
    ]
}

fn unicode(text: &str) -> String {
    let units = text.encode_utf16();
    units.fold(String::new(), |all, unit| format!("{all}\\u{unit:04x}"))
}

/// Writes down everything that is traced, by every crate and on every thread.
#[derive(Clone, Default)]
struct Traces(Arc<Mutex<String>>);

fn traces() -> &'static Traces {
    static ALL: OnceLock<Traces> = OnceLock::new();
    ALL.get_or_init(|| {
        let traces = Traces::default();
        tracing::subscriber::set_global_default(traces.clone()).unwrap();
        traces
    })
}

impl Traces {
    fn text(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, place: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(place.to_owned());
        record(&mut line);
        writeln!(self.text(), "{}", line.0.replace('\n', " ")).unwrap();
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Traces {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What the stand-in says of itself is not the crate's.
        !metadata.target().starts_with("wiremock")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        let place = format!("{} {}", metadata.target(), metadata.name());
        self.note(&place, |line| span.record(line));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        self.note("record", |line| values.record(line));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.note(event.metadata().target(), |line| event.record(line));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

//! What is shown in a test, and what must not be seen in it.

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    fmt::{Debug, Write},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use canvas_groups::{Error, Result};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// In all secrets that are chosen here, so that a piece of one is found as well.
pub(crate) const MARK: &str = "S3CRET";

/// All that was shown in a test: where, and the text.
#[derive(Default)]
pub(crate) struct Shown {
    texts: Vec<(String, String)>,
    hidden: BTreeSet<String>,
}

impl Shown {
    pub(crate) fn new() -> Self {
        traces();
        let mut this = Self::default();
        this.hide(MARK);
        this
    }

    /// Hides a secret in all the forms in which it could be written.
    pub(crate) fn hide(&mut self, secret: &str) {
        // Every spelling of such a secret has one of the mark in it.
        if secret == MARK || !secret.contains(MARK) {
            self.hidden.extend(spellings(secret));
        }
    }

    pub(crate) fn debug(&mut self, place: &str, value: &dyn Debug) {
        let text = format!("{value:?}\n{value:#?}");
        self.texts.push((place.to_owned(), text));
    }

    pub(crate) fn error(&mut self, place: &str, error: &Error) {
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
    pub(crate) fn failure<T: Debug>(&mut self, place: &str, outcome: Result<T>) -> Error {
        let error = match outcome {
            Err(error) => error,
            Ok(value) => panic!("{place}: a success: {value:?}"),
        };
        self.error(place, &error);
        error
    }

    /// Looks through it all, and through what was traced so far.
    pub(crate) fn check(mut self) {
        let traced = traces().text().clone();
        assert!(!self.texts.is_empty(), "something was shown at all");
        assert!(!traced.is_empty(), "something was traced at all");
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
    }
}

/// All ways in which a secret comes back.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
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

pub(crate) fn unicode(text: &str) -> String {
    let units = text.encode_utf16();
    units.fold(String::new(), |all, unit| format!("{all}\\u{unit:04x}"))
}

/// Writes down everything that is traced, by every crate and on every thread.
#[derive(Clone, Default)]
pub(crate) struct Traces(Arc<Mutex<String>>);

pub(crate) fn traces() -> &'static Traces {
    static ALL: OnceLock<Traces> = OnceLock::new();
    ALL.get_or_init(|| {
        let traces = Traces::default();
        tracing::subscriber::set_global_default(traces.clone()).unwrap();
        log::set_logger(Box::leak(Box::new(traces.clone()))).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        traces
    })
}

impl Traces {
    pub(crate) fn text(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, place: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(place.to_owned());
        record(&mut line);
        writeln!(self.text(), "{}", line.0.replace('\n', " ")).unwrap();
    }
}

/// What the libraries below it log in the older way.
impl log::Log for Traces {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        !metadata.target().starts_with("wiremock")
    }
    fn log(&self, record: &log::Record<'_>) {
        if log::Log::enabled(self, record.metadata()) {
            let place = format!("{LOGGED} {} {}", record.level(), record.target());
            self.note(&place, |line| line.0 += &format!(" {}", record.args()));
        }
    }
    fn flush(&self) {}
}

/// What a line from a logger begins with.
pub(crate) const LOGGED: &str = "logged";

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

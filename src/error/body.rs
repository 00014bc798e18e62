//! Reads the error bodies of all servers, whatever their shape.

use serde_json::Value;

use super::{ErrorDetail, excerpt};
use crate::lenient::{is_invisible, without_mark};

/// How many bytes of the server's words go into the one line of an error.
const SUMMARY_LIMIT: usize = 400;

/// What a body says about a failure.
#[derive(Debug, Default)]
pub(crate) struct Diagnosis {
    pub(crate) details: Vec<ErrorDetail>,
    pub(crate) report_id: Option<u64>,
    pub(crate) body: Option<String>,
    /// Whether `errors` is a bare text, the shape of a refused masquerade.
    pub(crate) errors_is_text: bool,
    /// The user whom the one to act as was merged into.
    pub(crate) merged_into_user_id: Option<u64>,
    /// Whether the body has a `status` in words, which may be translated.
    pub(crate) has_status: bool,
    /// Whether the body is a JSON object, as the errors of Canvas are.
    pub(crate) is_object: bool,
    /// Whether the body is JSON of any form.
    pub(crate) is_json: bool,
    plain: Option<String>,
}

impl Diagnosis {
    /// Reads a body. Its content type is ignored: servers send text as JSON and the reverse.
    pub(crate) fn of(body: &[u8]) -> Self {
        let mut this = Self {
            body: (!body.is_empty()).then(|| excerpt(body)),
            ..Self::default()
        };
        let text = without_mark(body);
        match serde_json::from_slice(text) {
            Ok(json) => this.read_json(&json),
            Err(_) => this.plain = plain_text(text),
        }
        this
    }

    /// Reads an error body that is part of another one.
    pub(crate) fn of_json(json: &Value) -> Self {
        let mut this = Self::default();
        this.read_json(json);
        this
    }

    fn read_json(&mut self, json: &Value) {
        self.is_json = true;
        match json {
            Value::Object(map) => {
                self.is_object = true;
                self.read_object(map);
            }
            Value::String(text) => self.plain = Some(text.clone()),
            _ => {}
        }
    }

    /// A code with its description, as OAuth puts them into the query of a redirect.
    pub(crate) fn coded(code: String, description: Option<String>) -> Self {
        Self {
            details: vec![ErrorDetail {
                field: None,
                code: Some(code),
                message: description,
            }],
            ..Self::default()
        }
    }

    fn read_object(&mut self, map: &serde_json::Map<String, Value>) {
        if let Some(errors) = map.get("errors") {
            self.errors_is_text = errors.is_string();
            self.read_errors(None, errors);
        }
        const MESSAGES: [&str; 5] = ["message", "error_description", "detail", "error", "title"];
        let message = MESSAGES.iter().find_map(|key| text(map.get(*key)?));
        let code = ["error_code", "error"]
            .iter()
            .find_map(|key| text(map.get(*key)?))
            .filter(|code| Some(code) != message.as_ref());
        let is_told = |detail: &ErrorDetail| detail.message == message;
        if message.is_some() && !self.details.iter().any(is_told) {
            // What is wrong in general comes before what it is about.
            let general = ErrorDetail {
                field: map.get("validation").and_then(only_key),
                code,
                message,
            };
            self.details.insert(0, general);
        }
        for key in MESSAGES {
            if let Some(nested @ (Value::Array(_) | Value::Object(_))) = map.get(key) {
                self.read_errors(None, nested);
            }
        }
        self.report_id = map.get("error_report_id").and_then(number);
        self.merged_into_user_id = map.get("merged_into_user_id").and_then(number);
        self.has_status = map.get("status").is_some_and(Value::is_string);
        self.plain = map.get("status").and_then(text);
    }

    /// `errors` is a list, an object of lists, an object of texts, or a text.
    fn read_errors(&mut self, field: Option<&str>, errors: &Value) {
        match errors {
            Value::Array(items) => items.iter().for_each(|item| self.read_errors(field, item)),
            Value::Object(map) if is_detail(map) => self.details.push(ErrorDetail {
                field: ["field", "attribute"]
                    .iter()
                    .find_map(|key| text(map.get(*key)?))
                    .or_else(|| field.map(str::to_owned)),
                code: ["error_code", "code", "type"]
                    .iter()
                    .find_map(|key| text(map.get(*key)?)),
                message: map.get("message").and_then(text),
            }),
            Value::Object(map) => map
                .iter()
                .for_each(|(name, value)| self.read_errors(Some(name), value)),
            Value::Null => {}
            other => self.details.push(ErrorDetail {
                field: field.map(str::to_owned),
                code: None,
                message: text(other),
            }),
        }
    }

    /// Whether one of the messages is exactly this.
    pub(crate) fn says(&self, message: &str) -> bool {
        let mut messages = self
            .details
            .iter()
            .filter_map(|detail| detail.message.as_deref());
        messages.any(|found| found == message)
    }

    /// Whether the body contains this text of lower case letters.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        let body = self.body.as_deref().unwrap_or_default();
        body.to_ascii_lowercase().contains(text)
    }

    /// The server's words in one bounded line.
    pub(crate) fn summary(&self) -> String {
        let words: Vec<String> = self.details.iter().filter_map(in_words).collect();
        let line = if words.is_empty() {
            self.plain.clone().unwrap_or_default()
        } else {
            words.join("; ")
        };
        one_line(&line)
    }
}

/// Whether an object is one error rather than a map of fields to errors.
fn is_detail(map: &serde_json::Map<String, Value>) -> bool {
    map.get("message").is_some_and(Value::is_string)
        || ["error_code", "code", "type", "attribute", "field"]
            .iter()
            .any(|key| map.get(*key).is_some_and(Value::is_string))
}

/// The parameter that Commons found wrong, if it is just one.
fn only_key(validation: &Value) -> Option<String> {
    match validation.get("keys")?.as_array()?.as_slice() {
        [key] => text(key),
        _ => None,
    }
}

fn in_words(detail: &ErrorDetail) -> Option<String> {
    let message = detail.message.as_ref().or(detail.code.as_ref())?;
    Some(match detail.field.as_deref() {
        None | Some("base") => message.clone(),
        Some(field) => format!("{field}: {message}"),
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The text of a body that is not JSON; of a web page, its title at most.
fn plain_text(body: &[u8]) -> Option<String> {
    let start = excerpt(body);
    let trimmed = start.trim();
    if !trimmed.starts_with('<') {
        return (!trimmed.is_empty()).then(|| trimmed.to_owned());
    }
    let lower = trimmed.to_ascii_lowercase();
    let from = lower.find("<title>")? + "<title>".len();
    let to = from + lower[from..].find("</title>")?;
    Some(format!("a web page, \"{}\"", trimmed[from..to].trim()))
}

/// The same detail without marks that nobody sees: with them a text can look like another one.
pub(super) fn seen(mut detail: ErrorDetail) -> ErrorDetail {
    let ErrorDetail {
        field,
        code,
        message,
    } = &mut detail;
    for text in [field, code, message].into_iter().flatten() {
        text.retain(|c| !is_invisible(c));
    }
    detail
}

/// Folds white space and control characters, leaves marks out that nobody sees, and bounds the
/// length.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let before = line.len();
        if !line.is_empty() {
            line.push(' ');
        }
        let start = line.len();
        line.extend(
            word.chars()
                .filter(|c| !is_invisible(*c))
                .take(SUMMARY_LIMIT + 1),
        );
        if line.len() == start {
            line.truncate(before);
        }
        if line.len() > SUMMARY_LIMIT {
            let cut = (0..=SUMMARY_LIMIT)
                .rev()
                .find(|&at| line.is_char_boundary(at));
            line.truncate(cut.unwrap_or(0));
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests;

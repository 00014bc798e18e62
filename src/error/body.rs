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
    /// Whether the body is a JSON object, as the errors of the servers are.
    pub(crate) is_object: bool,
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
mod tests {
    use super::*;

    /// What is read from a body: `field|code|message` of each detail, and the line.
    fn read(body: &str) -> (Vec<String>, String) {
        let diagnosis = Diagnosis::of(body.as_bytes());
        let details = diagnosis.details.iter().map(|detail| {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            format!(
                "{}|{}|{}",
                part(&detail.field),
                part(&detail.code),
                part(&detail.message)
            )
        });
        (details.collect(), diagnosis.summary())
    }

    #[test]
    fn trap_21_errors_is_a_list_an_object_of_lists_an_object_of_strings_or_a_string() {
        let cases: &[(&str, &[&str], &str)] = &[
            (
                r#"{"errors":[{"message":"The specified resource does not exist."}]}"#,
                &["||The specified resource does not exist."],
                "The specified resource does not exist.",
            ),
            (
                r#"{"errors":[{"message":"An error occurred.","error_code":"not_found"}],"error_report_id":"9007199254740993"}"#,
                &["|not_found|An error occurred."],
                "An error occurred.",
            ),
            (
                r#"{"status":"unauthorized","errors":[{"message":"not permitted"}]}"#,
                &["||not permitted"],
                "not permitted",
            ),
            (
                r#"{"errors":{"name":[{"attribute":"name","type":"too_long","message":"Enter a shorter group name"}],"base":[{"type":"limit","message":"Full"}]}}"#,
                &[
                    "base|limit|Full",
                    "name|too_long|Enter a shorter group name",
                ],
                "Full; name: Enter a shorter group name",
            ),
            (
                r#"{"errors":[{"field":"name","message":"blank","error_code":"blank"},{"field":null,"message":"x"}]}"#,
                &["name|blank|blank", "||x"],
                "name: blank; x",
            ),
            (
                r#"{"errors":[{"field":"search_term","code":"invalid","message":"3 or more characters is required"}]}"#,
                &["search_term|invalid|3 or more characters is required"],
                "search_term: 3 or more characters is required",
            ),
            (
                r#"{"errors":"Invalid as_user_id","merged_into_user_id":7}"#,
                &["||Invalid as_user_id"],
                "Invalid as_user_id",
            ),
            (
                r#"{"errors":{"jwt":"required"}}"#,
                &["jwt||required"],
                "jwt: required",
            ),
            (
                r#"{"errors":{"base":"Unexpected error, ID: 123"},"status":"500 Internal Server Error"}"#,
                &["base||Unexpected error, ID: 123"],
                "Unexpected error, ID: 123",
            ),
            (
                r#"{"status":"bad_request","errors":[{"page":"bad bookmark"}]}"#,
                &["page||bad bookmark"],
                "page: bad bookmark",
            ),
            (
                r#"{"message":"no SIS right"}"#,
                &["||no SIS right"],
                "no SIS right",
            ),
            (r#"{"status":"not found"}"#, &[], "not found"),
            (r#"{"error":"nope"}"#, &["||nope"], "nope"),
            (
                r#"{"error":"invalid_grant","error_description":"authorization_code not found"}"#,
                &["|invalid_grant|authorization_code not found"],
                "authorization_code not found",
            ),
            (
                r#"{"error":"Forbidden","message":"send a valid user agent"}"#,
                &["|Forbidden|send a valid user agent"],
                "send a valid user agent",
            ),
            (
                r#"{"statusCode":400,"error":"Bad Request","message":"\"name\" is too long","validation":{"source":"payload","keys":["name"]}}"#,
                &["name|Bad Request|\"name\" is too long"],
                "name: \"name\" is too long",
            ),
            (
                r#"{"statusCode":400,"error":"Bad Request","message":"both","validation":{"keys":["a","b"]}}"#,
                &["|Bad Request|both"],
                "both",
            ),
            (
                r#"{"statusCode":404,"error":"Not Found"}"#,
                &["||Not Found"],
                "Not Found",
            ),
            (r#""gone""#, &[], "gone"),
            (
                r#"{"errors":["one","two"]}"#,
                &["||one", "||two"],
                "one; two",
            ),
            ("{}", &[], ""),
            ("", &[], ""),
            (
                "403 Forbidden (Rate Limit Exceeded)\n",
                &[],
                "403 Forbidden (Rate Limit Exceeded)",
            ),
            (
                "<html><head><TITLE>502 Bad\nGateway</TITLE></head><body>long</body></html>",
                &[],
                "a web page, \"502 Bad Gateway\"",
            ),
            ("[1, 2]", &[], ""),
            (
                "{\"errors\": [{\"message\": \"cut",
                &[],
                "{\"errors\": [{\"message\": \"cut",
            ),
        ];
        for (body, details, line) in cases {
            let (read_details, read_line) = read(body);
            assert_eq!(&read_details, details, "{body}");
            assert_eq!(&read_line, line, "{body}");
        }
    }

    #[test]
    fn a_report_id_is_read_as_number_and_as_text() {
        for body in [
            r#"{"error_report_id":"9007199254740993"}"#,
            r#"{"error_report_id":9007199254740993}"#,
        ] {
            assert_eq!(
                Diagnosis::of(body.as_bytes()).report_id,
                Some(9_007_199_254_740_993)
            );
        }
    }

    #[test]
    fn what_is_wrong_in_general_is_told_beside_what_it_is_about() {
        let cases: &[(&str, &str)] = &[
            (
                r#"{"error":"Invalid changes","errors":[{"message":"user_id is unknown"}]}"#,
                "Invalid changes; user_id is unknown",
            ),
            (
                r#"{"message":"Not saved","errors":{"name":[{"attribute":"name","type":"blank","message":"missing"}]}}"#,
                "Not saved; name: missing",
            ),
            (
                r#"{"message":"Not saved","errors":"no right"}"#,
                "Not saved; no right",
            ),
            (r#"{"message":"Not saved","errors":[]}"#, "Not saved"),
            (
                r#"{"message":"same","errors":[{"message":"same"}]}"#,
                "same",
            ),
            (
                r#"{"message":["name is blank","id is blank"],"error":"Bad Request"}"#,
                "Bad Request; name is blank; id is blank",
            ),
            (
                r#"{"error":{"code":"gone","message":"It is gone"}}"#,
                "It is gone",
            ),
            (
                r#"{"title":"Bad","detail":"The cursor is old","status":400}"#,
                "The cursor is old",
            ),
        ];
        for (body, line) in cases {
            assert_eq!(read(body).1, *line, "{body}");
        }
    }

    #[test]
    fn marks_that_nobody_sees_are_left_out() {
        let marks = [
            '\u{202e}',
            '\u{202a}',
            '\u{2066}',
            '\u{2069}',
            '\u{200e}',
            '\u{200f}',
            '\u{61c}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{feff}',
            '\u{ad}',
            '\u{e0041}',
        ];
        for mark in marks {
            for body in [
                format!("{{\"message\":\"{mark}a{mark}b {mark} c{mark}\"}}"),
                format!("{mark}a{mark}b {mark} c{mark}"),
                format!("<title>{mark}a{mark}b {mark} c{mark}</title>"),
            ] {
                let (_, line) = read(&body);
                let expected = match body.starts_with('<') {
                    true => "a web page, \"ab c\"",
                    false => "ab c",
                };
                assert_eq!(line, expected, "{:x}", u32::from(mark));
            }
        }
        assert_eq!(
            read("Gruppe \u{5e9}\u{5dc} \u{4e2d} \u{1f600} e\u{301}").1,
            "Gruppe \u{5e9}\u{5dc} \u{4e2d} \u{1f600} e\u{301}"
        );
    }

    #[test]
    fn the_line_stays_one_line_and_bounded() {
        let long = format!(r#"{{"message":"a\nb\u0007{}"}}"#, "ü".repeat(1000));
        let (_, line) = read(&long);
        assert!(line.starts_with("a b ü") && !line.contains('\n'));
        assert!(line.len() <= SUMMARY_LIMIT + '…'.len_utf8());
    }
}

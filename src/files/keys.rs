//! What opens a store: stores repeat it in their error messages.

use secrecy::SecretString;
use url::Url;

use super::UploadInstructions;
use crate::transport::Secrets;

/// Parts of the names that such values have.
const NAMES: [&str; 6] = [
    "signature",
    "policy",
    "token",
    "credential",
    "keyid",
    "secret",
];

fn is_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// Adds the keys that are in the address of a store and in the fields that go to it.
pub(super) fn add_keys(url: &Url, instructions: &UploadInstructions, keys: &mut Secrets) {
    let fields = instructions.upload_params.iter();
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let query = url.query_pairs().into_owned();
    for (_, value) in fields.chain(query).filter(|(name, _)| is_key(name)) {
        keys.add(&value.into());
    }
}

/// The keys in the beginning of an answer that is no instruction, or no whole one: the texts behind
/// their names.
pub(super) fn keys_in(body: &str) -> Secrets {
    let mut keys = Secrets::default();
    let mut texts = texts(body).peekable();
    while let Some((text, end)) = texts.next() {
        let is_name = body[end..].trim_start().starts_with(':');
        if let Some((value, _)) = texts.peek().filter(|_| is_name && is_key(&text)) {
            keys.add(&SecretString::from(value.clone()));
        }
        // An address has its key in the query.
        if let Ok(url) = Url::parse(&text) {
            for (_, value) in url.query_pairs().filter(|(name, _)| is_key(name)) {
                keys.add(&SecretString::from(value.into_owned()));
            }
        }
    }
    keys
}

/// The JSON texts in a body, each with the place behind it. The last one may break off.
fn texts(body: &str) -> impl Iterator<Item = (String, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + body.get(at..)?.find('"')?;
        let bytes = body.as_bytes();
        let mut end = begin + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        at = (end + 1).min(bytes.len());
        let json = body.get(begin..at)?;
        let text = serde_json::from_str(json).unwrap_or_else(|_| json[1..].to_owned());
        Some((text, at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_a_body_of_any_shape() {
        let body = r#"{"message": "no", "Policy" : "p0l1cy-\/1234", "x": {"x-amz-signature":"s1gn4ture"},
            "upload_url": "https://s.example/?token=t0ken-1234&x=harmless-1", "key": "harmless-2",
            "X-Amz-Credential": "cr3dential-that-breaks-o"#;
        let keys = keys_in(body);
        for key in [
            "p0l1cy-\\/1234",
            "s1gn4ture",
            "t0ken-1234",
            "cr3dential-that-breaks-o",
        ] {
            assert!(keys.are_in(key), "{key}");
        }
        assert!(!keys.are_in("harmless-1 harmless-2 message"));
        for odd in ["", "\"", "\"\\", "{\"token\":", "{\"token\"}", "ü\"ü"] {
            assert!(!keys_in(odd).are_in("something"), "{odd}");
        }
    }
}

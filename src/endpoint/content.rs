//! Parameters in the form in which they are sent.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

use crate::error::{Error, ErrorKind, Result};

/// The parameters of a request in the form in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(pub(super) Encoded);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Encoded {
    Query(String),
    Body { content_type: String, bytes: Bytes },
}

const JSON: &str = "application/json";

impl Content {
    /// The fields of a value: a query for `GET` and `DELETE`, a JSON body otherwise.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] when the value does not serialise to an object.
    pub fn parameters<T: Serialize + ?Sized>(method: &Method, fields: &T) -> Result<Self> {
        if *method == Method::GET || *method == Method::DELETE {
            return Self::query(fields);
        }
        match serde_json::to_vec(fields).map_err(encoding)? {
            body if body.starts_with(b"{") => Ok(Self::bytes(JSON, body)),
            // A value without fields.
            body if body == b"null" => Ok(Self::bytes(JSON, "{}")),
            _ => Err(Error::request_invalid(
                "the parameters of a body must be an object",
            )),
        }
    }

    /// A query in the form that Rails reads: `a=1&list[]=x&map[key]=y`, brackets percent-encoded.
    /// `null` and empty lists are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] when the value does not serialise to an object.
    pub fn query<T: Serialize + ?Sized>(fields: &T) -> Result<Self> {
        match serde_json::to_value(fields).map_err(encoding)? {
            fields @ (Value::Object(_) | Value::Null) => {
                Ok(Self(Encoded::Query(rails_query(&fields))))
            }
            _ => Err(Error::request_invalid(
                "the parameters of a query must be an object",
            )),
        }
    }

    /// A JSON body.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] when the value cannot be serialised.
    pub fn json<T: Serialize + ?Sized>(fields: &T) -> Result<Self> {
        let bytes = serde_json::to_vec(fields).map_err(encoding)?;
        Ok(Self::bytes(JSON, bytes))
    }

    /// A body of any content type, sent as it is.
    pub fn bytes(content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self(Encoded::Body {
            content_type: content_type.into(),
            bytes: bytes.into(),
        })
    }
}

/// Writes parameters as Rails reads them.
fn rails_query(fields: &Value) -> String {
    fn put(query: &mut form_urlencoded::Serializer<'_, String>, key: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => {
                query.append_pair(key, text);
            }
            Value::Array(items) => {
                let key = format!("{key}[]");
                items.iter().for_each(|item| put(query, &key, item));
            }
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                if key.is_empty() {
                    put(query, name, value);
                } else {
                    put(query, &format!("{key}[{name}]"), value);
                }
            }),
            Value::Bool(_) | Value::Number(_) => {
                query.append_pair(key, &value.to_string());
            }
        }
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    put(&mut query, "", fields);
    query.finish()
}

pub(super) fn encoding(error: serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Request,
        format!("the request cannot be sent: {error}"),
    )
}

//! Times and objects in answers.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// A point in time as Canvas writes it, in whole seconds.
pub(crate) fn time(at: Timestamp) -> String {
    let whole = Timestamp::from_second(at.as_second());
    whole.unwrap_or(at).to_string()
}

/// The members of a JSON object.
pub(crate) fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_lies_in_the_future() {
        let at = "2026-03-04T15:06:07.9Z".parse().unwrap();
        assert_eq!(time(at), "2026-03-04T15:06:07Z");
    }
}

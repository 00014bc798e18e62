//! Parameters as Canvas reads them: path, query and body in one set, whatever the body's form.

use serde_json::{Map, Value};

/// How many brackets a name may have.
const DEPTH: usize = 100;

/// Whether a name has more brackets than Rails reads.
pub(crate) fn is_too_deep(key: &str) -> bool {
    key.matches('[').count() > DEPTH
}

/// The parameters of a request. Those of the path win over the query, the query over the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Map<String, Value>);

/// How deep keys nest; what lies deeper is cut off.
const DEEPEST: usize = 32;

impl Params {
    /// Pairs of a query or form, in which `a[b]` is a member and `a[]` an element. Names that are
    /// too deep are left out: taking them apart takes as much of the stack.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut params = Map::new();
        for (key, value) in pairs.into_iter().filter(|(key, _)| !is_too_deep(key)) {
            let (name, rest) = match key.find('[').filter(|start| *start > 0) {
                Some(start) => key.split_at(start),
                None => (&*key, ""),
            };
            let keys: Vec<&str> = rest
                .split('[')
                .skip(1)
                .take(DEEPEST)
                .map(|key| key.trim_end_matches(']'))
                .collect();
            put(params.entry(name).or_insert(Value::Null), &keys, value);
        }
        Self(params)
    }

    /// The members of a JSON body.
    pub(crate) fn of_json(body: Value) -> Self {
        match body {
            Value::Object(members) => Self(members),
            _ => Self::default(),
        }
    }

    /// Takes what `other` has too.
    pub(crate) fn overlay(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Cuts a list down to one element, if it has that; what is no list goes altogether.
    pub(crate) fn keep_only(&mut self, key: &str, element: &str) {
        let keeps = matches!(self.get(key), Some(Value::Array(_))) && self.asks_for(key, element);
        match keeps {
            true => self.0.insert(key.to_owned(), Value::from(vec![element])),
            false => self.0.remove(key),
        };
    }

    /// Whether it was sent, even if it is empty or null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The value as it was sent.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The text or number as text; `None` if it was not sent, or is null, a list or an object.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(text_of)
    }

    /// As [`text`](Self::text), but an empty one counts as not sent.
    pub(crate) fn filled(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.trim().is_empty())
    }

    /// The number that a text begins with, as Rails casts it.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(number_of)
    }

    /// Yes or no; `None` if it was not sent or is empty.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(flag_of)
    }

    /// Yes or no as a record of the database takes it: only a few words are a no, and an empty one
    /// is nothing.
    pub(crate) fn attribute_flag(&self, key: &str) -> Option<bool> {
        const NO: [&str; 9] = ["false", "FALSE", "f", "F", "off", "OFF", "0", "0.0", "-0"];
        let text = self.text(key)?;
        (!text.is_empty()).then(|| !NO.contains(&&*text))
    }

    /// All elements; one value that is no list is a list of one, whatever is in it.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        self.elements(key).iter().filter_map(text_of).collect()
    }

    /// The elements of a list of ids, each the number that its text begins with, or 0.
    pub(crate) fn ids(&self, key: &str) -> Vec<u64> {
        self.elements(key).iter().map(id_of).collect()
    }

    /// As [`ids`](Self::ids), but the commas in a text separate elements. Few parameters are read
    /// like this.
    pub(crate) fn split_ids(&self, key: &str) -> Vec<u64> {
        match self.get(key) {
            Some(Value::String(text)) => text.split(',').map(|id| id_of(&id.into())).collect(),
            _ => self.ids(key),
        }
    }

    fn elements(&self, key: &str) -> &[Value] {
        match self.get(key) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(elements)) => elements,
            Some(value) => std::slice::from_ref(value),
        }
    }

    /// Whether a list has this element.
    pub(crate) fn asks_for(&self, key: &str, element: &str) -> bool {
        self.list(key).iter().any(|other| other == element)
    }

    /// All of them.
    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

/// Rails' reading of a text, number or boolean as text.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A value as an id; what is no number is 0, which is nobody's.
fn id_of(value: &Value) -> u64 {
    let number = number_of(value).unwrap_or_default();
    u64::try_from(number).unwrap_or_default()
}

pub(crate) fn number_of(value: &Value) -> Option<i64> {
    let text = text_of(value)?;
    let text = text.trim();
    let digits = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || (*at == 0 && *c == '-')))
        .map_or(text.len(), |(at, _)| at);
    text[..digits].parse().ok()
}

pub(crate) fn flag_of(value: &Value) -> Option<bool> {
    let text = text_of(value)?.trim().to_lowercase();
    match &*text {
        "" => None,
        "yes" | "y" | "true" | "t" | "on" | "1" => Some(true),
        _ => Some(number_of(value).is_some_and(|number| number != 0)),
    }
}

/// Puts a value where the rest of its key says.
fn put(place: &mut Value, keys: &[&str], value: String) {
    match keys {
        [] => *place = Value::String(value),
        ["", rest @ ..] => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let Value::Array(elements) = place else {
                return;
            };
            // A key that the last object has already begins the next one.
            let last = elements.last_mut().filter(|last| match (rest, last) {
                ([key, ..], Value::Object(members)) => !members.contains_key(*key),
                _ => false,
            });
            match last {
                Some(last) => put(last, rest, value),
                None => {
                    let mut element = Value::Null;
                    put(&mut element, rest, value);
                    elements.push(element);
                }
            }
        }
        [key, rest @ ..] => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            if let Value::Object(members) = place {
                put(members.entry(*key).or_insert(Value::Null), rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Value {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
        Value::Object(Params::of_pairs(pairs).into_map())
    }

    #[test]
    fn brackets_nest_lists_and_objects() {
        assert_eq!(
            form("name=a&name=b&members[]=1&members[]=2&leader[id]=7&a[b][c]=d"),
            json!({ "name": "b", "members": ["1", "2"], "leader": { "id": "7" }, "a": { "b": { "c": "d" } } })
        );
        assert_eq!(
            form("l[][id]=1&l[][role]=x&l[][id]=2"),
            json!({ "l": [{ "id": "1", "role": "x" }, { "id": "2" }] })
        );
    }

    #[test]
    fn keys_nest_only_so_deep() {
        let deep = format!("a{}=1&b=2", "[x]".repeat(100_000));
        let params = form(&deep);
        assert_eq!(params["b"], "2");
    }

    #[test]
    fn values_are_cast_as_rails_does() {
        let params = Params::of_json(json!({
            "yes": "on", "no": "off", "odd": "3 apples", "none": null,
            "ids": ["4", "x", 5, "6abc", " 7", "-8", {}], "commas": "1,2", "one": 9
        }));
        assert_eq!(params.flag("yes"), Some(true));
        assert_eq!(params.flag("no"), Some(false));
        assert_eq!(
            (params.flag("odd"), params.number("odd")),
            (Some(true), Some(3))
        );
        assert_eq!((params.flag("none"), params.has("none")), (None, true));
        assert_eq!(params.ids("ids"), [4, 0, 5, 6, 7, 0, 0]);
        assert_eq!(params.ids("commas"), [1]);
        assert_eq!(params.split_ids("commas"), [1, 2]);
        assert_eq!(
            (params.ids("one"), params.split_ids("one")),
            (vec![9], vec![9])
        );
        assert_eq!(params.list("commas"), ["1,2"]);
        assert_eq!(params.list("none"), [""; 0]);
    }
}

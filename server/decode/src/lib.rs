//! Decodes JSON request bodies as Sensu Go's server does, and reports the position of each error.
//!
//! The rules of Sensu Go 5.0.0 (reference, part 2.0):
//!
//! - Keys match field names in any case.
//! - A field that is `null` is treated as absent; so is a body that is `null`.
//! - The last of several equal keys counts, but equal keys with objects are merged.
//! - Only the first JSON value of the body is read.
//! - Text that is not valid Unicode is replaced by U+FFFD.
//!
//! Bodies for which Sensu Go responds with 500 are client errors here (D5).

mod lenient;
mod message;
mod position;
mod tree;

use std::cell::RefCell;
use std::fmt::{Display, Formatter};

use serde::de::DeserializeOwned;
use serde_json::Value;

use lenient::Lenient;

/// A decoded value, and the fields that were ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Paths of fields that the type does not have, such as `metadata.lables` (D41).
    pub unknown: Vec<String>,
}

/// Error: a body that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The message for the client.
    pub message: String,
    /// JSON pointer to the value that does not fit the type; `None` if the body is not JSON.
    pub field: Option<String>,
}

impl Display for DecodeError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Decodes a request body.
///
/// # Errors
/// [`DecodeError`] if the body is empty, is not JSON, or does not fit the type. The message has line
/// and column, both from 1, and the field: `line 2, column 11: size: invalid type: ...`.
pub fn from_slice<T: DeserializeOwned>(body: &[u8]) -> Result<Decoded<T>, DecodeError> {
    if body.trim_ascii().is_empty() {
        return Err(not_json("the request body is empty".into()));
    }
    let text = position::without_lone_surrogates(String::from_utf8_lossy(body));
    let value = match tree::parse(&text).map_err(|error| syntax_error(&error))? {
        Value::Null => Value::Object(serde_json::Map::new()),
        value => value,
    };
    decode(value).map_err(|error| type_error(&text, &error))
}

/// Decodes a value that was parsed before, for example from YAML, by the same rules.
///
/// # Errors
/// [`DecodeError`] with the field that does not fit the type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<Decoded<T>, DecodeError> {
    decode(value).map_err(|error| {
        let (path, problem) = (error.path(), message::plain(&error.inner().to_string()));
        let message = match path.to_string().as_str() {
            "." => problem,
            field => format!("{field}: {problem}"),
        };
        DecodeError { message, field: Some(position::pointer(path)) }
    })
}

fn decode<T: DeserializeOwned>(
    value: Value,
) -> Result<Decoded<T>, serde_path_to_error::Error<serde_json::Error>> {
    let unknown = RefCell::new(Vec::new());
    let value = serde_path_to_error::deserialize(Lenient::new(value, &unknown))?;
    Ok(Decoded { value, unknown: unknown.into_inner() })
}

fn syntax_error(error: &serde_json::Error) -> DecodeError {
    let (line, column) = (error.line(), error.column());
    let whole = error.to_string();
    let suffix = format!(" at line {line} column {column}");
    let problem = whole.strip_suffix(&suffix).unwrap_or(&whole);
    not_json(format!("line {line}, column {column}: {problem}"))
}

fn not_json(message: String) -> DecodeError {
    DecodeError { message, field: None }
}

fn type_error(text: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> DecodeError {
    let (path, problem) = (error.path(), message::plain(&error.inner().to_string()));
    let (line, column) = position::of_path(text, path).unwrap_or((1, 1));
    let field = path.to_string();
    let message = match field.as_str() {
        "." => format!("line {line}, column {column}: {problem}"),
        _ => format!("line {line}, column {column}: {field}: {problem}"),
    };
    DecodeError { message, field: Some(position::pointer(path)) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Thing {
        name: String,
        size: u32,
        ratio: f64,
        tags: Vec<String>,
        labels: BTreeMap<String, String>,
        inner: Option<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        deep: bool,
        other: u32,
    }

    fn thing(text: &str) -> Thing {
        from_slice(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")).value
    }

    fn error(body: &[u8]) -> String {
        from_slice::<Thing>(body).expect_err("an error").to_string()
    }

    #[test]
    fn a_parsed_value_is_decoded_by_the_same_rules() {
        let read = from_value::<Thing>(serde_json::json!({"NAME": "a", "tags": null, "zzz": 1}));
        let read = read.unwrap();
        assert_eq!((read.value.name.as_str(), &read.unknown[..]), ("a", &["zzz".to_owned()][..]));
        let error = from_value::<Thing>(serde_json::json!({"inner": {"other": "x"}}));
        let message = error.unwrap_err().to_string();
        assert!(message.starts_with("inner.other: ") && !message.contains("line"), "{message}");
    }

    #[test]
    fn keys_match_in_any_case_and_null_is_absent() {
        let read = thing(
            r#" {"NAME":"a","Size":1,"tags":null,"inner":{"DEEP":true},"labels":{"A":"b"}} "#,
        );
        assert_eq!((read.name.as_str(), read.size), ("a", 1));
        assert_eq!(read.inner, Some(Inner { deep: true, other: 0 }));
        assert_eq!(read.labels["A"], "b", "the keys of a map are not field names");
        assert_eq!(thing("null"), Thing::default());
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_objects_are_merged() {
        let read = thing(r#"{"name":"a","name":"b","inner":{"deep":true},"inner":{"other":2}}"#);
        assert_eq!(read.name, "b");
        assert_eq!(read.inner, Some(Inner { deep: true, other: 2 }));
        assert_eq!(thing(r#"{"name":"a","NAME":"b"}"#).name, "b");
    }

    #[test]
    fn only_the_first_value_is_read() {
        assert_eq!(thing(r#"{"name":"a"} junk"#).name, "a");
        assert_eq!(thing(r#"{"name":"a"}{"name":"b"}"#).name, "a");
    }

    #[test]
    fn invalid_unicode_is_replaced() {
        assert_eq!(thing(r#"{"name":"\ud800"}"#).name, "\u{fffd}");
        assert_eq!(thing(r#"{"name":"\ud83d\ude00 \\ud800"}"#).name, "\u{1f600} \\ud800");
        let read: Thing = from_slice(b"{\"name\":\"\xff\"}").unwrap().value;
        assert_eq!(read.name, "\u{fffd}");
    }

    #[test]
    fn errors_have_a_position() {
        assert_eq!(error(b""), "the request body is empty");
        assert_eq!(error(b" \n"), "the request body is empty");
        assert_eq!(
            error(b"{\n  \"size\": \"10\"\n}"),
            "line 2, column 11: size: invalid type: string \"10\", expected an integer from 0 to \
             4294967295"
        );
        assert!(error(br#"{"inner":{"deep":1}}"#).starts_with("line 1, column 18: inner.deep: "));
        assert!(error(br#"{"tags":["a",1]}"#).starts_with("line 1, column 14: tags[1]: "));
        assert!(error(br#"{"labels":{"a":1}}"#).starts_with("line 1, column 16: labels.a: "));
        for body in
            [&b"{"[..], b"{a:1}", b"{'a':1}", b"{\"a\":1,}", b"{\"a\":NaN}", b"\xef\xbb\xbf{}"]
        {
            assert!(error(body).starts_with("line 1, column "), "{}", error(body));
        }
        assert!(error(b"[]").starts_with("line 1, column 1: invalid type: list"));
    }

    #[test]
    fn fractions_and_texts_are_not_integers() {
        for bad in ["1.5", "1e1", "10.0", "-1", "4294967296", "\"1\""] {
            assert!(error(format!(r#"{{"size":{bad}}}"#).as_bytes()).contains("size"), "{bad}");
        }
        assert!((thing(r#"{"ratio":1}"#).ratio - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn unknown_fields_are_ignored_and_reported() {
        let read = from_slice::<Thing>(br#"{"name":"a","zzz":1,"inner":{"yyy":[1]}}"#).unwrap();
        assert_eq!(read.unknown, ["zzz", "inner.yyy"]);
    }

    #[test]
    fn the_path_of_an_unknown_field_has_keys_and_indices() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Lists {
            things: BTreeMap<String, Vec<Inner>>,
        }
        let body = br#"{"things":{"a":[{},{"deep":true,"x":1}],"b":[{"y":{}}]},"z":[]}"#;
        let read = from_slice::<Lists>(body).unwrap();
        assert_eq!(read.unknown, ["z", "things.a[1].x", "things.b[0].y"]);
        assert!(read.value.things["a"][1].deep);
    }

    /// If the key were copied for each of its items, this would take hours.
    #[test]
    fn a_long_key_with_many_items_is_decoded() {
        let (key, items) = ("k".repeat(4_000_000), vec!["\"\""; 500_000].join(","));
        let body = format!(r#"{{"{key}":[{items}]}}"#);
        let read = from_slice::<BTreeMap<String, Vec<String>>>(body.as_bytes()).unwrap();
        assert_eq!(read.value[&key].len(), 500_000);
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let deep = |n: usize| format!(r#"{{"zz":{}1{}}}"#, "[".repeat(n), "]".repeat(n));
        assert!(from_slice::<Thing>(deep(100).as_bytes()).is_ok());
        assert!(
            from_slice::<Thing>(deep(200_000).as_bytes()).is_ok(),
            "ignored fields may nest deeper"
        );
        assert!(error(&deep(200_000).into_bytes()[..300_000]).contains("EOF"));
    }
}

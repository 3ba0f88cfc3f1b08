//! Request bodies, read as Sensu's server reads JSON, with the place of a mistake in the message.
//!
//! The rules are those of the reference, part 2.0: keys match fields whatever their case, `null`
//! leaves a field as if it were not there, of duplicate keys the last counts and duplicate objects
//! merge, only the first value of the body is read, and text that is not Unicode becomes U+FFFD.
//! What Sensu answers with 500 is an error of the caller here (D5), with line, column and field.

mod lenient;
mod place;
mod tree;

use std::cell::RefCell;
use std::fmt::{Display, Formatter};

use serde::de::DeserializeOwned;
use serde_json::Value;

use lenient::Lenient;

/// A value, and what was dropped on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// The paths of fields that the type does not have (D41).
    pub unknown: Vec<String>,
}

/// Why a body is not what it should be, worded for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(String);

impl Display for DecodeError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

/// The value that a body describes.
///
/// # Errors
/// [`DecodeError`] if the body is empty, is not JSON, or does not fit the type.
pub fn from_slice<T: DeserializeOwned>(body: &[u8]) -> Result<Decoded<T>, DecodeError> {
    if body.trim_ascii().is_empty() {
        return Err(DecodeError("the request body is empty".into()));
    }
    let text = place::without_lone_surrogates(String::from_utf8_lossy(body));
    let value = match tree::parse(&text).map_err(|error| syntax(&error))? {
        // As in the reference, `null` for the whole body is an object without fields.
        Value::Null => Value::Object(serde_json::Map::new()),
        value => value,
    };
    fitted(value).map_err(|error| mismatch(&text, &error))
}

/// The value that something describes which was read before, from whatever format.
///
/// # Errors
/// [`DecodeError`] with the field that does not fit the type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<Decoded<T>, DecodeError> {
    fitted(value).map_err(|error| match error.path().to_string().as_str() {
        "." => DecodeError(error.inner().to_string()),
        field => DecodeError(format!("{field}: {}", error.inner())),
    })
}

fn fitted<T: DeserializeOwned>(
    value: Value,
) -> Result<Decoded<T>, serde_path_to_error::Error<serde_json::Error>> {
    let unknown = RefCell::new(Vec::new());
    let value = serde_path_to_error::deserialize(Lenient::new(value, &unknown))?;
    Ok(Decoded { value, unknown: unknown.into_inner() })
}

fn syntax(error: &serde_json::Error) -> DecodeError {
    let (line, column) = (error.line(), error.column());
    let whole = error.to_string();
    let place = format!(" at line {line} column {column}");
    let what = whole.strip_suffix(&place).unwrap_or(&whole);
    DecodeError(format!("line {line}, column {column}: {what}"))
}

fn mismatch(text: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> DecodeError {
    let (path, what) = (error.path(), error.inner());
    let (line, column) = place::of(text, path).unwrap_or((1, 1));
    let field = path.to_string();
    if field == "." {
        return DecodeError(format!("line {line}, column {column}: {what}"));
    }
    DecodeError(format!("line {line}, column {column}: {field}: {what}"))
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
        from_slice(text.as_bytes()).unwrap_or_else(|why| panic!("{text}: {why}")).value
    }

    fn refused(body: &[u8]) -> String {
        from_slice::<Thing>(body).expect_err("is refused").to_string()
    }

    #[test]
    fn what_was_read_before_is_fitted_likewise() {
        let read = from_value::<Thing>(serde_json::json!({"NAME": "a", "tags": null, "zzz": 1}));
        let read = read.unwrap();
        assert_eq!((read.value.name.as_str(), &read.unknown[..]), ("a", &["zzz".to_owned()][..]));
        let refused = from_value::<Thing>(serde_json::json!({"inner": {"other": "x"}}));
        let said = refused.unwrap_err().to_string();
        assert!(said.starts_with("inner.other: ") && !said.contains("line"), "{said}");
    }

    #[test]
    fn keys_match_whatever_their_case_and_null_is_nothing() {
        let read = thing(
            r#" {"NAME":"a","Size":1,"tags":null,"inner":{"DEEP":true},"labels":{"A":"b"}} "#,
        );
        assert_eq!((read.name.as_str(), read.size), ("a", 1));
        assert_eq!(read.inner, Some(Inner { deep: true, other: 0 }));
        assert_eq!(read.labels["A"], "b", "the keys of a map are not field names");
        assert_eq!(thing("null"), Thing::default());
    }

    #[test]
    fn the_last_duplicate_counts_and_objects_merge() {
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
    fn text_that_is_not_unicode_is_replaced() {
        assert_eq!(thing(r#"{"name":"\ud800"}"#).name, "\u{fffd}");
        assert_eq!(thing(r#"{"name":"\ud83d\ude00 \\ud800"}"#).name, "\u{1f600} \\ud800");
        let read: Thing = from_slice(b"{\"name\":\"\xff\"}").unwrap().value;
        assert_eq!(read.name, "\u{fffd}");
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(refused(b""), "the request body is empty");
        assert_eq!(refused(b" \n"), "the request body is empty");
        assert_eq!(
            refused(b"{\n  \"size\": \"10\"\n}"),
            "line 2, column 11: size: invalid type: string \"10\", expected u32"
        );
        assert!(refused(br#"{"inner":{"deep":1}}"#).starts_with("line 1, column 18: inner.deep: "));
        assert!(refused(br#"{"tags":["a",1]}"#).starts_with("line 1, column 14: tags[1]: "));
        assert!(refused(br#"{"labels":{"a":1}}"#).starts_with("line 1, column 16: labels.a: "));
        for body in
            [&b"{"[..], b"{a:1}", b"{'a':1}", b"{\"a\":1,}", b"{\"a\":NaN}", b"\xef\xbb\xbf{}"]
        {
            assert!(refused(body).starts_with("line 1, column "), "{}", refused(body));
        }
        assert!(refused(b"[]").starts_with("line 1, column 1: invalid type: sequence"));
    }

    #[test]
    fn integers_are_integers() {
        for bad in ["1.5", "1e1", "10.0", "-1", "4294967296", "\"1\""] {
            assert!(refused(format!(r#"{{"size":{bad}}}"#).as_bytes()).contains("size"), "{bad}");
        }
        assert!((thing(r#"{"ratio":1}"#).ratio - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn unknown_fields_are_dropped_and_named() {
        let read = from_slice::<Thing>(br#"{"name":"a","zzz":1,"inner":{"yyy":[1]}}"#).unwrap();
        assert_eq!(read.unknown, ["zzz", "inner.yyy"]);
    }

    #[test]
    fn nesting_is_bounded_and_does_not_overflow() {
        let deep = |n: usize| format!(r#"{{"zz":{}1{}}}"#, "[".repeat(n), "]".repeat(n));
        assert!(from_slice::<Thing>(deep(100).as_bytes()).is_ok());
        assert!(from_slice::<Thing>(deep(200_000).as_bytes()).is_ok(), "nobody asked for it");
        assert!(refused(&deep(200_000).into_bytes()[..300_000]).contains("EOF"));
    }
}

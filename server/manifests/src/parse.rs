//! Parses JSON and YAML texts that hold any number of values.

use serde_json::Value;

use crate::ManifestError;

/// Parses a text into its values. A text that begins with `{` or `[` and has no `---` line is JSON:
/// values one after the other. Anything else is YAML. Lists are flattened; nulls are left out.
///
/// # Errors
/// If the text is neither JSON nor YAML; the message gives line and column.
pub fn parse(text: &str) -> Result<Vec<Value>, ManifestError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_json = text.trim_start().starts_with(['{', '[']);
    let has_separator = text.lines().any(|line| line.trim_end() == "---");
    let values: Vec<Value> = match is_json && !has_separator {
        true => {
            let stream = serde_json::Deserializer::from_str(text).into_iter();
            stream.collect::<Result<_, _>>().map_err(|error| ManifestError(error.to_string()))?
        }
        false => parse_yaml(text)?,
    };
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(values) => values,
        value => vec![value],
    });
    Ok(flat.filter(|value| !value.is_null()).collect())
}

/// Booleans are strict: `y` and `on` are strings, as in YAML 1.2.
fn parse_yaml(text: &str) -> Result<Vec<Value>, ManifestError> {
    // The file belongs to the caller, so its size needs no limit.
    let options = serde_saphyr::options! { strict_booleans: true, budget: None };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| ManifestError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_may_hold_several_values() {
        let texts = [
            "{\"a\": 1}\n{\"b\": 2}",
            "[{\"a\": 1}, {\"b\": 2}]",
            "{\"a\": 1}\n---\n{\"b\": 2}",
            "---\na: 1\n---\nb: 2\n",
            "# first\n---\na: 1\n---\n---\nb: 2\n",
            "\u{feff}{\"a\": 1}{\"b\": 2}",
        ];
        for text in texts {
            assert_eq!(parse(text).unwrap(), [json!({"a": 1}), json!({"b": 2})], "{text}");
        }
    }

    #[test]
    fn yaml_has_no_size_limit_and_strict_booleans() {
        let many = "---\nname: y\nport: 010\nempty: ''\n".repeat(3000);
        let values = parse(&many).unwrap();
        assert_eq!(values.len(), 3000);
        assert_eq!(values[0]["name"], "y");
        assert_eq!(values[0]["empty"], "");
    }

    #[test]
    fn syntax_errors_name_the_line() {
        for (text, line) in [("{\"a\": 1}\n{\"b\" 2}", "line 2"), ("a: 1\nb: [\n", "line 2")] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(line), "{error}");
        }
    }
}

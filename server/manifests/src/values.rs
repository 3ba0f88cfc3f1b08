//! From a text to its values.

use serde_json::Value;

use crate::Unreadable;

/// The values of a text: JSON, one after the other or in lists, or YAML.
///
/// # Errors
/// [`Unreadable`] if it is neither, with the place of the mistake.
pub fn values(text: &str) -> Result<Vec<Value>, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = text.trim_start().starts_with(['{', '[']);
    let divided = text.lines().any(|line| line.trim_end() == "---");
    let values: Vec<Value> = match json && !divided {
        true => {
            let stream = serde_json::Deserializer::from_str(text).into_iter();
            stream.collect::<Result<_, _>>().map_err(|error| Unreadable(error.to_string()))?
        }
        false => yaml(text)?,
    };
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(values) => values,
        value => vec![value],
    });
    Ok(flat.filter(|value| !value.is_null()).collect())
}

/// The documents of a YAML text. `y` and `on` are texts, as YAML 1.2 has it.
fn yaml(text: &str) -> Result<Vec<Value>, Unreadable> {
    // The files are the user's own: they may be as long as they like.
    let options = serde_saphyr::options! { strict_booleans: true, budget: None };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn several_documents_are_several() {
        let many = [
            "{\"a\": 1}\n{\"b\": 2}",
            "[{\"a\": 1}, {\"b\": 2}]",
            "{\"a\": 1}\n---\n{\"b\": 2}",
            "---\na: 1\n---\nb: 2\n",
            "# first\n---\na: 1\n---\n---\nb: 2\n",
            "\u{feff}{\"a\": 1}{\"b\": 2}",
        ];
        for text in many {
            assert_eq!(values(text).unwrap(), [json!({"a": 1}), json!({"b": 2})], "{text}");
        }
    }

    #[test]
    fn yaml_may_be_long_and_means_what_it_says() {
        let many = "---\nname: y\nport: 010\nempty: ''\n".repeat(3000);
        let values = values(&many).unwrap();
        assert_eq!(values.len(), 3000);
        assert_eq!(values[0]["name"], "y");
        assert_eq!(values[0]["empty"], "");
    }

    #[test]
    fn the_place_of_a_mistake_is_said() {
        for (text, place) in [("{\"a\": 1}\n{\"b\" 2}", "line 2"), ("a: 1\nb: [\n", "line 2")] {
            let said = values(text).unwrap_err().to_string();
            assert!(said.contains(place), "{said}");
        }
    }
}

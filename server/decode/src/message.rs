//! Messages about values that do not fit a type, without terms of Rust and serde.

/// Descriptions of types by serde, and in terms of JSON.
const TYPES: [(&str, &str); 9] = [
    ("u8", "an integer from 0 to 255"),
    ("u16", "an integer from 0 to 65535"),
    ("u32", "an integer from 0 to 4294967295"),
    ("u64", "an integer from 0"),
    ("i32", "an integer"),
    ("i64", "an integer"),
    ("f64", "a number"),
    ("a sequence", "a list"),
    ("a map", "an object"),
];

/// Descriptions of values by serde, and in terms of JSON.
const VALUES: [(&str, &str); 5] = [
    ("sequence", "list"),
    ("map", "object"),
    ("floating point", "number"),
    ("unit value", "null"),
    ("Option value", "null"),
];

/// The message for a client. `problem` is serde's: `invalid type: string "a", expected u32`.
pub(super) fn plain(problem: &str) -> String {
    // The expected type comes last, after text of the client.
    let Some((actual, expected)) = problem.rsplit_once(", expected ") else {
        return problem.to_owned();
    };
    let is_struct = expected.starts_with("struct ");
    let known = TYPES.iter().find(|(name, _)| *name == expected);
    let expected = if is_struct { "an object" } else { known.map_or(expected, |(_, plain)| plain) };
    let actual = VALUES
        .iter()
        .find_map(|(name, plain)| {
            let (kind, value) = actual.split_once(": ")?;
            let rest = value.strip_prefix(name)?;
            Some(format!("{kind}: {plain}{rest}"))
        })
        .unwrap_or_else(|| actual.to_owned());
    format!("{actual}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_json() {
        for (serde, expected) in [
            (
                "invalid type: string \"a, expected u8\", expected u32",
                "invalid type: string \"a, expected u8\", expected an integer from 0 to 4294967295",
            ),
            ("invalid type: map, expected a sequence", "invalid type: object, expected a list"),
            (
                "invalid type: sequence, expected struct CheckConfig",
                "invalid type: list, expected an object",
            ),
            (
                "invalid value: floating point `1.5`, expected i64",
                "invalid value: number `1.5`, expected an integer",
            ),
            (
                "invalid type: integer `1`, expected a string",
                "invalid type: integer `1`, expected a string",
            ),
            ("EOF while parsing", "EOF while parsing"),
        ] {
            assert_eq!(plain(serde), expected);
        }
    }
}

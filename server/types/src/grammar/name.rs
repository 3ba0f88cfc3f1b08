//! Validation of names: Sensu Go's four patterns, without `.` and `..`.

use crate::Invalid;

/// A format of names, as the OpenAPI document describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Format {
    /// The format in words.
    pub description: &'static str,
    /// A regular expression for exactly the valid names, without anchors.
    pub expression: &'static str,
}

impl Format {
    /// A regular expression for exactly the valid names, with anchors.
    #[must_use]
    pub fn pattern(self) -> String {
        format!("^({})$", self.expression)
    }
}

/// The names that [`plain`] accepts.
pub const PLAIN: Format = Format {
    description: "letters, digits, `_`, `.` and `-`",
    expression: r"(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9_.-]*",
};
/// The names that [`username`] accepts.
pub const USERNAME: Format = Format {
    description: "lower-case letters, digits, `_`, `.` and `-`",
    expression: r"(\.{0,2}[a-z0-9_-]|\.{3})[a-z0-9_.-]*",
};
/// The names that [`with_colon`] accepts.
pub const WITH_COLON: Format = Format {
    description: "at least two letters, digits, `_`, `.` and `-`, and one `:` between others",
    expression: r"(([A-Za-z0-9_-][A-Za-z0-9_.-]|\.[A-Za-z0-9_-]|\.\.[A-Za-z0-9_.-])[A-Za-z0-9_.-]*|[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+)",
};
/// The names that [`is_asset`] accepts.
pub const ASSET: Format = Format {
    description: "lower-case letters, digits, `/`, `_`, `.` and `-`",
    expression: r"(\.{0,2}[a-z0-9/_-]|\.{3})[a-z0-9/_.-]*",
};

/// Validates the name of a check, entity, namespace or most other objects: letters, digits, `_`, `.`
/// and `-`.
///
/// # Errors
/// [`Invalid`] with Sensu Go's message, which begins with `subject`: `check name must not be empty`.
pub fn plain(subject: &str, name: &str) -> Result<(), Invalid> {
    matching(subject, name, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// Validates the name of a user: lower-case letters, digits, `_`, `.` and `-`.
///
/// # Errors
/// As [`plain`].
pub fn username(subject: &str, name: &str) -> Result<(), Invalid> {
    matching(subject, name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c))
}

/// Validates the name of a role, binding or subscription: as [`plain`], but at least two characters,
/// and one colon is allowed between others.
///
/// # Errors
/// As [`plain`].
pub fn with_colon(subject: &str, name: &str) -> Result<(), Invalid> {
    matching(subject, name, |c| c.is_ascii_alphanumeric() || "_.-:".contains(c))?;
    let inside = !name.starts_with(':') && !name.ends_with(':');
    if name.len() < 2 || !inside || name.matches(':').count() > 1 {
        return Err(invalid(subject, SPECIAL));
    }
    Ok(())
}

/// Whether the text is the name of an asset: lower-case letters, digits, `/`, `_`, `.` and `-`.
#[must_use]
pub fn is_asset(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/_.-".contains(c);
    !name.is_empty() && name.chars().all(legal) && !is_relative(name)
}

const EMPTY: &str = "must not be empty";
const SPECIAL: &str = "cannot contain spaces or special characters";

fn matching(subject: &str, name: &str, legal: impl Fn(char) -> bool) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(invalid(subject, EMPTY));
    }
    if !name.chars().all(legal) || is_relative(name) {
        return Err(invalid(subject, SPECIAL));
    }
    Ok(())
}

fn invalid(subject: &str, problem: &str) -> Invalid {
    Invalid::new(format!("{subject} {problem}").trim_start().to_owned())
}

/// `.` and `..` fit the patterns but mean something else in a path (D8).
fn is_relative(name: &str) -> bool {
    matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn expressions_match_exactly_the_valid_names(name in "[aZ9_.:/* \n-]{0,5}") {
            let matches = |format: Format| {
                regress::Regex::new(&format.pattern()).expect("a pattern").find(&name).is_some()
            };
            proptest::prop_assert_eq!(matches(PLAIN), plain("", &name).is_ok());
            proptest::prop_assert_eq!(matches(USERNAME), username("", &name).is_ok());
            proptest::prop_assert_eq!(matches(WITH_COLON), with_colon("", &name).is_ok());
            proptest::prop_assert_eq!(matches(ASSET), is_asset(&name));
        }
    }

    #[test]
    fn patterns_are_those_of_sensu_go() {
        for good in ["a", "A_1.b-c", "0"] {
            assert_eq!(plain("", good), Ok(()), "{good}");
        }
        for bad in ["a b", "a:b", "a/b", "é", ".", ".."] {
            assert_eq!(plain("", bad), Err(Invalid::new(SPECIAL)), "{bad}");
        }
        assert_eq!(plain("", ""), Err(Invalid::new(EMPTY)));
        assert_eq!(plain("hook name", ""), Err(Invalid::new("hook name must not be empty")));
        assert!(username("", "a.b").is_ok() && username("", "A").is_err());
        for good in ["aa", "a:b", "system:agents"] {
            assert!(with_colon("", good).is_ok(), "{good}");
        }
        for bad in ["a", ":a", "a:", "a:b:c", "a b"] {
            assert!(with_colon("", bad).is_err(), "{bad}");
        }
        assert!(is_asset("sensu/cpu-1.0_x") && !is_asset("Sensu") && !is_asset(""));
    }
}

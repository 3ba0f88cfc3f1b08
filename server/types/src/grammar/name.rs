//! Validation of names: Sensu Go's four patterns, without `.` and `..`.

use crate::Invalid;

/// The names that [`plain`] accepts.
pub const PLAIN: &str = "letters, digits, `_`, `.` and `-`";
/// The names that [`username`] accepts.
pub const USERNAME: &str = "lower-case letters, digits, `_`, `.` and `-`";
/// The names that [`with_colon`] accepts.
pub const WITH_COLON: &str =
    "at least two letters, digits, `_`, `.` and `-`, and one `:` between others";
/// The names that [`is_asset`] accepts.
pub const ASSET: &str = "lower-case letters, digits, `/`, `_`, `.` and `-`";

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

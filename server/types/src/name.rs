//! What a name may contain: the reference's four patterns, and two words that are never names.

use crate::resource::Invalid;

/// Names of checks, entities, namespaces and most other things: letters, digits, `_`, `.`, `-`.
///
/// # Errors
/// [`Invalid`] with the reference's suffix; the caller puts what is named in front.
pub fn plain(name: &str) -> Result<(), Invalid> {
    judge(name, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// Names of users: lower-case letters, digits, `_`, `.`, `-`.
///
/// # Errors
/// [`Invalid`] with the reference's suffix.
pub fn username(name: &str) -> Result<(), Invalid> {
    judge(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c))
}

/// Names of roles, bindings and subscriptions: as [`plain`], with one colon allowed inside and
/// at least two characters.
///
/// # Errors
/// [`Invalid`] with the reference's suffix.
pub fn with_colon(name: &str) -> Result<(), Invalid> {
    judge(name, |c| c.is_ascii_alphanumeric() || "_.-:".contains(c))?;
    let inside = !name.starts_with(':') && !name.ends_with(':');
    if name.len() < 2 || !inside || name.matches(':').count() > 1 {
        return Invalid::because(SPECIAL);
    }
    Ok(())
}

/// Names of assets: lower-case letters, digits, `/`, `_`, `.`, `-`.
#[must_use]
pub fn is_asset(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/_.-".contains(c);
    !name.is_empty() && name.chars().all(legal) && !is_relative(name)
}

const EMPTY: &str = "must not be empty";
const SPECIAL: &str = "cannot contain spaces or special characters";

fn judge(name: &str, legal: impl Fn(char) -> bool) -> Result<(), Invalid> {
    if name.is_empty() {
        return Invalid::because(EMPTY);
    }
    if !name.chars().all(legal) || is_relative(name) {
        return Invalid::because(SPECIAL);
    }
    Ok(())
}

/// `.` and `..` fit the patterns but mean something else in a path (D8).
fn is_relative(name: &str) -> bool {
    matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_follow_the_reference() {
        for good in ["a", "A_1.b-c", "0"] {
            assert_eq!(plain(good), Ok(()), "{good}");
        }
        for bad in ["a b", "a:b", "a/b", "é", ".", ".."] {
            assert_eq!(plain(bad), Err(Invalid(SPECIAL.into())), "{bad}");
        }
        assert_eq!(plain(""), Err(Invalid(EMPTY.into())));
        assert!(username("a.b").is_ok() && username("A").is_err());
        for good in ["aa", "a:b", "system:agents"] {
            assert!(with_colon(good).is_ok(), "{good}");
        }
        for bad in ["a", ":a", "a:", "a:b:c", "a b"] {
            assert!(with_colon(bad).is_err(), "{bad}");
        }
        assert!(is_asset("sensu/cpu-1.0_x") && !is_asset("Sensu") && !is_asset(""));
    }
}

//! Syntax of query strings and percent escapes, checked before a request is interpreted (D5).

use crate::error::Error;

/// Checks that a query string can be decoded (D5).
///
/// # Errors
/// [`Error::Invalid`] for an invalid percent escape, or a semicolon, which is a separator to some
/// servers only.
pub(crate) fn validate(query: Option<&str>) -> Result<(), Error> {
    let query = query.unwrap_or_default();
    if !has_valid_escapes(query) {
        return Err(Error::invalid("the query string has an invalid percent escape"));
    }
    if query.contains(';') {
        return Err(Error::invalid("the query string has a semicolon; encode it as %3B"));
    }
    Ok(())
}

/// Whether every percent sign begins an escape.
pub(crate) fn has_valid_escapes(text: &str) -> bool {
    let whole = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_query_strings_are_rejected() {
        for good in [None, Some("a=1&b=%41%c3%a9"), Some("a=1&&b&=c"), Some("a=+")] {
            assert!(validate(good).is_ok(), "{good:?}");
        }
        for bad in ["a=%zz", "a=%4", "%", "a=1;b=2"] {
            assert!(validate(Some(bad)).is_err(), "{bad}");
        }
    }
}

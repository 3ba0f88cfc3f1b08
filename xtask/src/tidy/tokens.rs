//! A tokenizer for Rust that knows just enough to find paths: identifiers and punctuation, without
//! comments and literals.

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An identifier or keyword.
    Name(&'a str),
    /// `::`.
    Separator,
    /// Any other character.
    Mark(char),
}

/// Splits a source file into tokens. A file that does not compile gives some tokens, and no error.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next() {
        tokens.extend(token);
    }
    tokens
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The next token; `Some(None)` for what is skipped, `None` at the end.
    fn next(&mut self) -> Option<Option<Token<'a>>> {
        let rest = self.text.get(self.at..)?;
        let first = rest.chars().next()?;
        if rest.starts_with("//") {
            self.at += rest.find('\n').unwrap_or(rest.len());
            return Some(None);
        }
        if rest.starts_with("/*") {
            self.at += block_comment(rest);
            return Some(None);
        }
        if let Some(length) = literal(rest) {
            self.at += length;
            return Some(None);
        }
        if is_name(first) {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            self.at += length;
            return Some(rest.get(..length).map(Token::Name));
        }
        if rest.starts_with("::") {
            self.at += 2;
            return Some(Some(Token::Separator));
        }
        self.at += first.len_utf8();
        Some((!first.is_whitespace()).then_some(Token::Mark(first)))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of a block comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of the string, character or lifetime that a text begins with.
fn literal(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - body.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let content = raw.trim_start_matches('#').strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = content.find(&end).map_or(content.len(), |at| at + end.len());
        return Some(prefix + 1 + hashes + 1 + length);
    }
    match body.chars().next()? {
        '"' => Some(prefix + quoted(body, '"')),
        '\'' => Some(prefix + character(body)),
        _ => None,
    }
}

/// Length of a text in quotes, with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of a character literal, or of the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut following = text.chars().skip(1);
    match (following.next(), following.next()) {
        (Some('\\'), _) => quoted(text, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let name = |token| if let Token::Name(name) = token { Some(name) } else { None };
        tokens(text).into_iter().filter_map(name).collect()
    }

    #[test]
    fn comments_and_literals_are_skipped() {
        assert_eq!(names("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
        assert_eq!(names(r##"a "b \" c" r#"d " e"# b"f" c"g" r"h\" i"##), ["a", "i"]);
        assert_eq!(names(r"a 'b' '\'' '\\' c"), ["a", "c"]);
    }

    #[test]
    fn lifetimes_are_no_characters() {
        assert_eq!(
            names("fn f<'a>(x: &'a str) -> &'static B"),
            ["fn", "f", "a", "x", "a", "str", "static", "B"]
        );
    }

    #[test]
    fn raw_names_and_paths_are_tokens() {
        let expected = [Token::Name("crate"), Token::Separator, Token::Name("b"), Token::Mark(';')];
        assert_eq!(tokens("crate::b;"), expected);
        assert_eq!(names("r#type bytes rest"), ["r", "type", "bytes", "rest"]);
    }
}

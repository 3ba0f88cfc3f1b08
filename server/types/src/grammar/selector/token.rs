//! Lexer of selectors.

use std::fmt::{Display, Formatter};

use crate::Invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Comma,
    And,
    Equal,
    NotEqual,
    In,
    NotIn,
    Matches,
    True,
    False,
    Word(&'a str),
    Number(&'a str),
    Quoted(&'a str),
    End,
}

impl Display for Token<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let sign = match self {
            Self::Open => "[",
            Self::Close => "]",
            Self::Comma => ",",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Matches => "matches",
            Self::True => "true",
            Self::False => "false",
            Self::Word(text) | Self::Number(text) | Self::Quoted(text) => {
                return write!(f, "{text:?}");
            }
            Self::End => return f.write_str("the end"),
        };
        write!(f, "{sign:?}")
    }
}

/// Splits a text into tokens, each with its column in characters, from 1. The last token is
/// [`Token::End`].
///
/// # Errors
/// [`Invalid`] with the column of a text that is not a token.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Invalid> {
    let (mut tokens, mut rest, mut column) = (Vec::new(), text, 1);
    loop {
        let token = rest.trim_start();
        column += rest.chars().take_while(|letter| letter.is_whitespace()).count();
        let (kind, after) =
            next(token).map_err(|problem| Invalid::new(format!("column {column}: {problem}")))?;
        tokens.push((column, kind));
        if kind == Token::End {
            return Ok(tokens);
        }
        let length = token.len().saturating_sub(after.len());
        column += token.get(..length).unwrap_or_default().chars().count();
        rest = after;
    }
}

/// The first token of a text, and the rest of the text.
fn next(text: &str) -> Result<(Token<'_>, &str), String> {
    for (sign, token) in SIGNS {
        if let Some(after) = text.strip_prefix(sign) {
            return Ok((token, after));
        }
    }
    if let Some(inside) = text.strip_prefix(QUOTES) {
        let (quoted, after) = inside.split_once(QUOTES).ok_or("the closing quote is missing")?;
        return Ok((Token::Quoted(quoted), after));
    }
    match text.chars().next() {
        None => Ok((Token::End, text)),
        Some(first) if starts_word(first) => {
            let (word, after) = word(text)?;
            Ok((keyword(word).unwrap_or(Token::Word(word)), after))
        }
        Some('-' | '0'..='9') => number(text),
        Some('=') => Err("use == to compare".into()),
        Some('!' | '&') => Err("operators are ==, != and &&".into()),
        Some(_) => Err("a word begins with a letter or _; put other text in quotes".into()),
    }
}

/// As in Sensu Go, either quote ends a text that the other began.
const QUOTES: [char; 2] = ['"', '\''];

const SIGNS: [(&str, Token<'static>); 6] = [
    ("[", Token::Open),
    ("]", Token::Close),
    (",", Token::Comma),
    ("&&", Token::And),
    ("==", Token::Equal),
    ("!=", Token::NotEqual),
];

/// The word at the beginning of a text, and the rest of the text.
fn word(text: &str) -> Result<(&str, &str), String> {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '.' if !letters.peek().is_some_and(|(_, next)| starts_word(*next)) => {
                return Err("a letter or _ must follow a .; put other text in quotes".into());
            }
            '_' | '.' | '/' => {}
            _ if letter.is_alphabetic() || letter.is_numeric() => {}
            _ if letter.is_whitespace() || "[]!&,\"'".contains(letter) => {
                return Ok(text.split_at(at));
            }
            '=' => return Err("write a space before ==".into()),
            _ => return Err(format!("a word cannot contain {letter:?}; put it in quotes")),
        }
    }
    Ok((text, ""))
}

/// The number at the beginning of a text, and the rest of the text.
fn number(text: &str) -> Result<(Token<'_>, &str), String> {
    let ends = |letter: char| letter.is_whitespace() || "[],&".contains(letter);
    let (number, after) = text.split_at(text.find(ends).unwrap_or(text.len()));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    match digits(whole) && digits(fraction) {
        true => Ok((Token::Number(number), after)),
        false => Err("a word begins with a letter or _; put other text in quotes".into()),
    }
}

fn starts_word(letter: char) -> bool {
    letter == '_' || letter.is_alphabetic()
}

/// The token of a keyword, in any case.
fn keyword(word: &str) -> Option<Token<'static>> {
    let known = [
        ("in", Token::In),
        ("notin", Token::NotIn),
        ("matches", Token::Matches),
        ("true", Token::True),
        ("false", Token::False),
    ];
    known.into_iter().find(|(text, _)| text.eq_ignore_ascii_case(word)).map(|(_, token)| token)
}

//! Splits a template into texts and actions, and actions into tokens.

use super::Failure;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Item<'t> {
    /// Text between actions, without what trim markers remove.
    Text(&'t str),
    /// The tokens between `{{` and `}}`, and the position of the end.
    Action(Vec<Token<'t>>, usize),
}

/// A token of an action.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// Begin and end in the template, in bytes.
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Whether there is white space before it.
    pub(super) is_separate: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'t> {
    Dot,
    /// `.name`
    Field(&'t str),
    /// `$name`; the name is empty for `$`.
    Variable(&'t str),
    /// A keyword, a function, or a constant.
    Name(&'t str),
    Text(String),
    Integer(i64),
    Float(f64),
    Pipe,
    Open,
    Close,
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

/// Splits a template.
pub(super) fn split(template: &str) -> Result<Vec<Item<'_>>, Failure> {
    let mut items = Vec::new();
    let mut position = 0;
    let mut trims_begin = false;
    loop {
        let rest = from(template, position);
        let text = rest.split_once("{{").map(|(text, _)| text);
        let action = position + text.map_or(rest.len(), str::len) + 2;
        let mut literal = text.unwrap_or(rest);
        if trims_begin {
            literal = literal.trim_start();
        }
        let trims_end = text.is_some() && starts_trimmed(from(template, action));
        if trims_end {
            literal = literal.trim_end();
        }
        if !literal.is_empty() {
            items.push(Item::Text(literal));
        }
        if text.is_none() {
            return Ok(items);
        }
        let mut lexer = Lexer { template, position: action + usize::from(trims_end) };
        if trims_end {
            lexer.skip_space();
        }
        if lexer.rest().starts_with("/*") {
            trims_begin = lexer.comment()?;
        } else {
            let (tokens, trims) = lexer.action()?;
            items.push(Item::Action(tokens, lexer.position));
            trims_begin = trims;
        }
        position = lexer.position;
    }
}

fn from(template: &str, position: usize) -> &str {
    template.get(position..).unwrap_or_default()
}

/// Whether the text after `{{` begins with a trim marker.
fn starts_trimmed(rest: &str) -> bool {
    rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(is_space))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

struct Lexer<'t> {
    template: &'t str,
    position: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        from(self.template, self.position)
    }

    fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches(is_space);
        self.position += rest.len() - trimmed.len();
        trimmed.len() < rest.len()
    }

    /// Skips a text. Returns whether it was there.
    fn skip(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.position += text.len();
        }
        is_there
    }

    /// Skips the end of an action. Returns whether it trims the following text. `None` if the action does not end
    /// here.
    fn end(&mut self, is_separate: bool) -> Option<bool> {
        if self.skip("}}") {
            return Some(false);
        }
        (is_separate && self.skip("-}}")).then_some(true)
    }

    fn comment(&mut self) -> Result<bool, Failure> {
        let begin = self.position;
        let Some((comment, _)) = self.rest().split_once("*/") else {
            return Err(Failure::syntax(begin, "unclosed comment"));
        };
        self.position += comment.len() + 2;
        let is_separate = self.skip_space();
        match self.end(is_separate) {
            Some(trims) if trims || !is_separate => Ok(trims),
            _ => Err(Failure::syntax(begin, "comment ends before closing delimiter")),
        }
    }

    /// The tokens of an action, and whether it trims the following text.
    fn action(&mut self) -> Result<(Vec<Token<'t>>, bool), Failure> {
        let mut tokens = Vec::new();
        loop {
            let is_separate = self.skip_space();
            if let Some(trims) = self.end(is_separate) {
                return Ok((tokens, trims));
            }
            let begin = self.position;
            let kind = self.token()?;
            tokens.push(Token { kind, begin, end: self.position, is_separate });
        }
    }

    fn token(&mut self) -> Result<Kind<'t>, Failure> {
        let begin = self.position;
        let Some(first) = self.rest().chars().next() else {
            return Err(Failure::syntax(begin, "unclosed action"));
        };
        let symbols = [
            (":=", Kind::Declare),
            ("=", Kind::Assign),
            ("|", Kind::Pipe),
            ("(", Kind::Open),
            (")", Kind::Close),
            (",", Kind::Comma),
        ];
        for (text, kind) in symbols {
            if self.skip(text) {
                return Ok(kind);
            }
        }
        match first {
            '"' => self.quoted(),
            '`' => self.raw(),
            '$' => {
                self.position += 1;
                Ok(Kind::Variable(self.word()))
            }
            '.' => {
                self.position += 1;
                match self.word() {
                    "" => Ok(Kind::Dot),
                    name => Ok(Kind::Field(name)),
                }
            }
            '0'..='9' | '-' | '+' => self.number(),
            c if is_word(c) => Ok(Kind::Name(self.word())),
            c => Err(Failure::syntax(begin, format!("unexpected {c:?} in action"))),
        }
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    fn number(&mut self) -> Result<Kind<'t>, Failure> {
        let begin = self.position;
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        self.position += length;
        let digits = text.trim_start_matches(['+', '-']);
        // Go reads 010 as octal.
        let is_octal = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let is_plain = digits.starts_with(|c: char| c.is_ascii_digit()) && !is_octal;
        let integer = text.parse().map(Kind::Integer).ok();
        let float = || text.parse().ok().filter(|value: &f64| value.is_finite()).map(Kind::Float);
        integer
            .or_else(float)
            .filter(|_| is_plain)
            .ok_or_else(|| Failure::syntax(begin, format!("bad number syntax: {text:?}")))
    }

    fn raw(&mut self) -> Result<Kind<'t>, Failure> {
        let begin = self.position;
        self.position += 1;
        let Some((text, _)) = self.rest().split_once('`') else {
            return Err(Failure::syntax(begin, "unterminated raw quoted string"));
        };
        self.position += text.len() + 1;
        Ok(Kind::Text(text.to_owned()))
    }

    fn quoted(&mut self) -> Result<Kind<'t>, Failure> {
        let begin = self.position;
        self.position += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.position += offset + 1;
                    return Ok(Kind::Text(text));
                }
                '\n' => break,
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c @ ('"' | '\\')) => text.push(c),
                    _ => return Err(Failure::syntax(begin, "unsupported escape in quoted string")),
                },
                c => text.push(c),
            }
        }
        Err(Failure::syntax(begin, "unterminated quoted string"))
    }
}

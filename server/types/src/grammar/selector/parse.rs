//! Parser of selectors.

use super::token::{Token, tokens};
use super::{Operation, Test};
use crate::Invalid;

/// Parses the operations of a selector.
///
/// # Errors
/// [`Invalid`] with the column and the token expected there.
pub(super) fn operations(text: &str) -> Result<Vec<Operation>, Invalid> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut operations = Vec::new();
    if parser.peek() == Token::End {
        return Ok(operations);
    }
    loop {
        operations.push(parser.operation()?);
        match parser.peek() {
            Token::End => return Ok(operations),
            Token::And => parser.at += 1,
            _ => return parser.expected("&& or the end"),
        }
    }
}

struct Parser<'a> {
    /// Ends with [`Token::End`].
    tokens: Vec<(usize, Token<'a>)>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn operation(&mut self) -> Result<Operation, Invalid> {
        let name = match self.peek() {
            Token::Word(name) | Token::Quoted(name) => name.to_owned(),
            _ => return self.expected("the name of a label or field"),
        };
        self.at += 1;
        let operator = self.peek();
        let negated = matches!(operator, Token::NotEqual | Token::NotIn);
        let known = matches!(
            operator,
            Token::Equal | Token::NotEqual | Token::Matches | Token::In | Token::NotIn
        );
        if !known {
            return self.expected("==, !=, matches, in or notin");
        }
        self.at += 1;
        let test = match operator {
            Token::In | Token::NotIn => self.list()?,
            Token::Matches => Test::Contains(self.operand()?),
            _ => Test::OneOf([self.operand()?].into()),
        };
        Ok(Operation { name, test, negated })
    }

    /// Parses the right side of `in` and `notin`.
    fn list(&mut self) -> Result<Test, Invalid> {
        if let Token::Word(word) = self.peek() {
            self.at += 1;
            return Ok(Test::Within { operand: word.to_owned(), bare: true });
        }
        if self.peek() != Token::Open {
            return self.expected("[ or the name of a field");
        }
        self.at += 1;
        let mut values = vec![self.value()?];
        loop {
            match self.peek() {
                Token::Comma => {
                    self.at += 1;
                    values.push(self.value()?);
                }
                Token::Close => {
                    self.at += 1;
                    break;
                }
                _ => return self.expected(", or ]"),
            }
        }
        Ok(match <[String; 1]>::try_from(values) {
            Ok([operand]) => Test::Within { operand, bare: false },
            Err(values) => Test::OneOf(values.into_iter().collect()),
        })
    }

    /// Parses the right side of the other operators. As in Sensu Go, it can be the word `matches`.
    fn operand(&mut self) -> Result<String, Invalid> {
        if self.peek() == Token::Matches {
            self.at += 1;
            return Ok("matches".to_owned());
        }
        self.value()
    }

    fn value(&mut self) -> Result<String, Invalid> {
        let value = match self.peek() {
            Token::Word(text) | Token::Number(text) | Token::Quoted(text) => text,
            Token::True => "true",
            Token::False => "false",
            _ => return self.expected("a value"),
        };
        self.at += 1;
        Ok(value.to_owned())
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).map_or(Token::End, |(_, token)| *token)
    }

    fn expected<T>(&self, what: &str) -> Result<T, Invalid> {
        let column = self.tokens.get(self.at).map_or(1, |(column, _)| *column);
        Err(Invalid::new(format!("column {column}: found {}, expected {what}", self.peek())))
    }
}

//! Parses a template.

use super::Failure;
use super::functions::Function;
use super::lexer::{self, Item, Kind, Token};

/// Deepest nesting of blocks and groups.
const MAX_DEPTH: usize = 50;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Node<'t> {
    Text(&'t str),
    Print(Pipeline<'t>),
    Block(Block<'t>),
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub(super) struct Block<'t> {
    pub(super) kind: BlockKind,
    pub(super) pipeline: Pipeline<'t>,
    pub(super) body: Vec<Node<'t>>,
    pub(super) otherwise: Vec<Node<'t>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    If,
    With,
    Range,
}

/// Commands of which each gets the value of the one before as its last argument.
#[derive(Debug)]
pub(super) struct Pipeline<'t> {
    /// Variables that get the value.
    pub(super) variables: Vec<&'t str>,
    /// Whether the variables exist already.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command<'t>>,
}

/// A call of a function, or an operand.
#[derive(Debug)]
pub(super) struct Command<'t> {
    pub(super) function: Option<Function>,
    /// The arguments of the function, or the single operand.
    pub(super) operands: Vec<Operand<'t>>,
    pub(super) position: usize,
    pub(super) source: &'t str,
}

/// A value, and the names of fields to follow from it.
#[derive(Debug)]
pub(super) struct Operand<'t> {
    pub(super) base: Base<'t>,
    pub(super) fields: Vec<&'t str>,
    /// The position that Go names in errors.
    pub(super) position: usize,
    pub(super) source: &'t str,
}

#[derive(Debug)]
pub(super) enum Base<'t> {
    Dot,
    /// The data for an empty name.
    Variable(&'t str),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Nil,
    Group(Pipeline<'t>),
}

/// Parses a template.
pub(super) fn parse(template: &str) -> Result<Vec<Node<'_>>, Failure> {
    let items = lexer::split(template)?;
    let mut parser = Parser { template, items: items.iter() };
    match parser.nodes(0)? {
        (nodes, Stop::Template) => Ok(nodes),
        (_, Stop::End(position)) => Err(Failure::syntax(position, "unexpected {{end}}")),
        (_, Stop::Else(cursor)) => Err(Failure::syntax(cursor.position(), "unexpected {{else}}")),
    }
}

struct Parser<'t, 'i> {
    template: &'t str,
    items: std::slice::Iter<'i, Item<'t>>,
}

/// What ends a list of nodes.
enum Stop<'t, 'i> {
    Template,
    End(usize),
    /// The rest of the action, after `else`.
    Else(Cursor<'t, 'i>),
}

impl<'t, 'i> Parser<'t, 'i> {
    fn nodes(&mut self, depth: usize) -> Result<(Vec<Node<'t>>, Stop<'t, 'i>), Failure> {
        let mut nodes = Vec::new();
        while let Some(item) = self.items.next() {
            let (tokens, end) = match item {
                Item::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Item::Action(tokens, end) => (tokens, *end),
            };
            let mut cursor = Cursor { template: self.template, tokens, end };
            let kind = match cursor.peek() {
                Some(Kind::Name("if")) => BlockKind::If,
                Some(Kind::Name("with")) => BlockKind::With,
                Some(Kind::Name("range")) => BlockKind::Range,
                Some(Kind::Name("end")) => {
                    cursor.next();
                    cursor.expect_end()?;
                    return Ok((nodes, Stop::End(cursor.position())));
                }
                Some(Kind::Name("else")) => {
                    cursor.next();
                    return Ok((nodes, Stop::Else(cursor)));
                }
                _ => {
                    let pipeline = cursor.pipeline(depth, false)?;
                    cursor.expect_end()?;
                    nodes.push(Node::Print(pipeline));
                    continue;
                }
            };
            cursor.next();
            nodes.push(Node::Block(self.block(kind, cursor, depth)?));
        }
        Ok((nodes, Stop::Template))
    }

    fn block(
        &mut self,
        kind: BlockKind,
        mut cursor: Cursor<'t, 'i>,
        depth: usize,
    ) -> Result<Block<'t>, Failure> {
        let position = cursor.position();
        if depth >= MAX_DEPTH {
            return Err(Failure::syntax(position, "nested too deeply"));
        }
        let pipeline = cursor.pipeline(depth, kind == BlockKind::Range)?;
        cursor.expect_end()?;
        let (body, stop) = self.nodes(depth + 1)?;
        let otherwise = match stop {
            Stop::End(_) => Vec::new(),
            Stop::Template => return Err(Failure::syntax(position, "unexpected EOF")),
            Stop::Else(mut cursor) if cursor.peek() == Some(&Kind::Name("if")) => {
                cursor.next();
                vec![Node::Block(self.block(BlockKind::If, cursor, depth + 1)?)]
            }
            Stop::Else(cursor) => {
                cursor.expect_end()?;
                match self.nodes(depth + 1)? {
                    (nodes, Stop::End(_)) => nodes,
                    (_, Stop::Else(cursor)) => {
                        return Err(Failure::syntax(
                            cursor.position(),
                            "expected end; found {{else}}",
                        ));
                    }
                    (_, Stop::Template) => return Err(Failure::syntax(position, "unexpected EOF")),
                }
            }
        };
        Ok(Block { kind, pipeline, body, otherwise })
    }
}

/// The tokens of an action that are not parsed yet.
struct Cursor<'t, 'i> {
    template: &'t str,
    tokens: &'i [Token<'t>],
    end: usize,
}

impl<'t, 'i> Cursor<'t, 'i> {
    fn peek(&self) -> Option<&'i Kind<'t>> {
        self.tokens.first().map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<&'i Token<'t>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn skip(&mut self, kind: &Kind<'_>) -> bool {
        let is_there = self.peek() == Some(kind);
        if is_there {
            self.next();
        }
        is_there
    }

    fn position(&self) -> usize {
        self.tokens.first().map_or(self.end, |token| token.begin)
    }

    fn unexpected(&self) -> Failure {
        let source =
            self.tokens.first().and_then(|token| self.template.get(token.begin..token.end));
        let message = match source {
            Some(source) => format!("unexpected {source:?} in action"),
            None => "missing value in action".to_owned(),
        };
        Failure::syntax(self.position(), message)
    }

    fn expect_end(&self) -> Result<(), Failure> {
        if self.tokens.is_empty() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Variables with `:=` or `=`, then commands. Only `range` can have two variables.
    fn pipeline(&mut self, depth: usize, is_range: bool) -> Result<Pipeline<'t>, Failure> {
        if depth > MAX_DEPTH {
            return Err(Failure::syntax(self.position(), "nested too deeply"));
        }
        let (mut variables, mut assigns) = (Vec::new(), false);
        let kinds: Vec<_> = self.tokens.iter().take(4).map(|token| &token.kind).collect();
        let begins: &[&str] = match kinds.as_slice() {
            [Kind::Variable(name), Kind::Declare | Kind::Assign, ..] => &[*name],
            [
                Kind::Variable(one),
                Kind::Comma,
                Kind::Variable(two),
                Kind::Declare | Kind::Assign,
            ] if is_range => &[*one, *two],
            _ => &[],
        };
        if !begins.is_empty() {
            if begins.contains(&"") {
                return Err(self.unexpected());
            }
            variables = begins.to_vec();
            // One token for each variable, and one after each.
            for _ in 0..variables.len() * 2 {
                assigns = self.next().is_some_and(|token| token.kind == Kind::Assign);
            }
        }
        let mut commands = vec![self.command(depth)?];
        while self.skip(&Kind::Pipe) {
            commands.push(self.command(depth)?);
        }
        Ok(Pipeline { variables, assigns, commands })
    }

    fn command(&mut self, depth: usize) -> Result<Command<'t>, Failure> {
        let (position, begin) = (self.position(), self.tokens);
        let mut function = None;
        if let Some(Kind::Name(name)) = self.peek()
            && !is_constant(name)
        {
            let found = Function::named(name);
            let error = || Failure::syntax(position, format!("function {name:?} not defined"));
            function = Some(found.ok_or_else(error)?);
            self.next();
        }
        let mut operands = Vec::new();
        while !matches!(self.peek(), None | Some(Kind::Pipe | Kind::Close)) {
            // Only white space and parentheses separate operands.
            let is_separate = self.tokens.first().is_some_and(|token| token.is_separate);
            if !is_separate && (function.is_some() || !operands.is_empty()) {
                return Err(self.unexpected());
            }
            operands.push(self.operand(depth)?);
        }
        if function.is_none() && operands.len() != 1 {
            let message = match operands.is_empty() {
                true => return Err(self.unexpected()),
                false => "only functions have arguments",
            };
            return Err(Failure::syntax(position, message));
        }
        let source = self.source(begin);
        Ok(Command { function, operands, position, source })
    }

    /// The text from a token to the last one that was read.
    fn source(&self, begin: &[Token<'t>]) -> &'t str {
        let read = begin.len() - self.tokens.len();
        let read = begin.get(..read).unwrap_or_default();
        let range = read.first().zip(read.last()).map(|(first, last)| first.begin..last.end);
        range.and_then(|range| self.template.get(range)).unwrap_or_default()
    }

    fn operand(&mut self, depth: usize) -> Result<Operand<'t>, Failure> {
        let begin = self.tokens;
        let Some(Token { kind, begin: start, .. }) = begin.first() else {
            return Err(self.unexpected());
        };
        let mut position = *start;
        let mut fields = Vec::new();
        let base = match kind {
            Kind::Dot => Base::Dot,
            Kind::Field(name) => {
                fields.push(*name);
                Base::Dot
            }
            Kind::Variable(name) => Base::Variable(name),
            Kind::Text(text) => Base::Text(text.clone()),
            Kind::Integer(value) => Base::Integer(*value),
            Kind::Float(value) => Base::Float(*value),
            Kind::Name("true") => Base::Bool(true),
            Kind::Name("false") => Base::Bool(false),
            Kind::Name("nil") => Base::Nil,
            Kind::Open => {
                self.next();
                let pipeline = self.pipeline(depth + 1, false)?;
                if self.peek() != Some(&Kind::Close) {
                    return Err(self.unexpected());
                }
                Base::Group(pipeline)
            }
            _ => return Err(self.unexpected()),
        };
        self.next();
        let mut is_first = true;
        while let [Token { kind: Kind::Field(name), is_separate: false, begin, .. }, ..] =
            self.tokens
        {
            if is_first {
                position = *begin;
            }
            is_first = false;
            fields.push(*name);
            self.next();
        }
        let has_fields = matches!(base, Base::Dot | Base::Variable(_) | Base::Group(_));
        if !has_fields && !fields.is_empty() {
            return Err(Failure::syntax(position, "unexpected . after term"));
        }
        Ok(Operand { base, fields, position, source: self.source(begin) })
    }
}

fn is_constant(name: &str) -> bool {
    matches!(name, "true" | "false" | "nil")
}

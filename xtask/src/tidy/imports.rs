//! The paths that a Rust file names: in `use` trees and in expressions, outside test modules.

use super::tokens::{Token, tokens};

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import<'a> {
    /// Inline modules around it, outermost first.
    pub(super) inside: Vec<&'a str>,
    /// The segments of the path.
    pub(super) path: Vec<&'a str>,
    /// The name that a `use` gives it.
    pub(super) name: Option<&'a str>,
}

/// The paths in a source file: each leaf of a `use` tree, and each path that starts with `crate`, `super`
/// or `self`. Items marked `#[cfg(test)]` are skipped: tests may use everything.
pub(super) fn imports(text: &str) -> Vec<Import<'_>> {
    let mut reader =
        Reader { tokens: tokens(text), at: 0, depth: 0, inside: Vec::new(), found: Vec::new() };
    while reader.at < reader.tokens.len() {
        reader.step();
    }
    reader.found
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
    /// Inline modules, and the depth of their content.
    inside: Vec<(&'a str, usize)>,
    found: Vec<Import<'a>>,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn name(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead)? {
            Token::Name(name) => Some(name),
            Token::Separator | Token::Mark(_) => None,
        }
    }

    fn is_mark(&self, ahead: usize, mark: char) -> bool {
        self.peek(ahead) == Some(Token::Mark(mark))
    }

    fn step(&mut self) {
        match self.peek(0) {
            Some(Token::Mark('{')) => self.depth += 1,
            Some(Token::Mark('}')) => {
                self.depth = self.depth.saturating_sub(1);
                self.inside.retain(|(_, depth)| *depth <= self.depth);
            }
            Some(Token::Mark('#')) if self.is_test_attribute() => return self.skip_item(),
            Some(Token::Name("mod")) if self.is_mark(2, '{') => {
                if let Some(name) = self.name(1) {
                    self.inside.push((name, self.depth + 1));
                }
                self.at += 1;
            }
            Some(Token::Name("use")) => {
                self.at += 1;
                return self.tree(&mut Vec::new());
            }
            Some(Token::Name("in"))
                if self.at > 0 && self.tokens.get(self.at - 1) == Some(&Token::Mark('(')) =>
            {
                // The path of `pub(in path)` imports nothing.
                while self.peek(0).is_some() && !self.is_mark(0, ')') {
                    self.at += 1;
                }
            }
            Some(Token::Name("crate" | "super" | "self"))
                if self.peek(1) == Some(Token::Separator) =>
            {
                return self.expression();
            }
            _ => {}
        }
        self.at += 1;
    }

    /// Whether `#[cfg(test)]` comes next.
    fn is_test_attribute(&self) -> bool {
        let expected = [
            Token::Mark('#'),
            Token::Mark('['),
            Token::Name("cfg"),
            Token::Mark('('),
            Token::Name("test"),
            Token::Mark(')'),
            Token::Mark(']'),
        ];
        self.tokens.get(self.at..self.at + expected.len()) == Some(&expected[..])
    }

    /// Skips an item with its attributes: to a semicolon, or over a block.
    fn skip_item(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            if depth == 0 && token == Token::Mark('}') {
                // The end of what the item is in.
                return;
            }
            self.at += 1;
            match token {
                Token::Mark('{' | '[' | '(') => depth += 1,
                Token::Mark(closing @ ('}' | ']' | ')')) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && closing == '}' {
                        return;
                    }
                }
                Token::Mark(';') if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// Reads a part of a `use` tree, up to what ends it.
    fn tree(&mut self, before: &mut Vec<&'a str>) {
        let kept = before.len();
        loop {
            match self.peek(0) {
                Some(Token::Name("as")) => {
                    self.add(before.clone(), self.name(1));
                    self.at += 2;
                    break;
                }
                Some(Token::Name(name)) => {
                    before.push(name);
                    self.at += 1;
                    if !matches!(self.peek(0), Some(Token::Separator | Token::Name("as"))) {
                        self.add(before.clone(), Some(name));
                        break;
                    }
                }
                Some(Token::Separator) => self.at += 1,
                Some(Token::Mark('*')) => {
                    self.add(before.clone(), None);
                    self.at += 1;
                    break;
                }
                Some(Token::Mark('{')) => {
                    self.at += 1;
                    while self.peek(0).is_some() && !self.is_mark(0, '}') {
                        match self.is_mark(0, ',') {
                            true => self.at += 1,
                            false => self.tree(before),
                        }
                    }
                    self.at += 1;
                    break;
                }
                _ => {
                    self.at += 1;
                    break;
                }
            }
        }
        before.truncate(kept);
    }

    fn add(&mut self, mut path: Vec<&'a str>, mut name: Option<&'a str>) {
        // `a::{self}` names `a`.
        if path.len() > 1 && path.last() == Some(&"self") {
            path.pop();
            name = match name {
                Some("self") => path.last().copied(),
                name => name,
            };
        }
        let inside = self.inside.iter().map(|(name, _)| *name).collect();
        self.found.push(Import { inside, path, name });
    }

    /// Reads a path outside a `use`.
    fn expression(&mut self) {
        let mut path: Vec<&str> = self.name(0).into_iter().collect();
        self.at += 1;
        while self.peek(0) == Some(Token::Separator) {
            let Some(name) = self.name(1) else { break };
            path.push(name);
            self.at += 2;
        }
        self.add(path, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        imports(text).iter().map(|import| import.path.join("::")).collect()
    }

    #[test]
    fn use_trees_are_expanded() {
        let text = "pub(crate) use crate::{a::{self, B as C, d::*}, e::F};\nuse std::fmt;";
        assert_eq!(
            paths(text),
            ["crate::a", "crate::a::B", "crate::a::d", "crate::e::F", "std::fmt"]
        );
        let names: Vec<_> = imports(text).iter().map(|import| import.name).collect();
        assert_eq!(names, [Some("a"), Some("C"), None, Some("F"), Some("fmt")]);
    }

    #[test]
    fn paths_in_code_are_found() {
        let text = "fn f() -> crate::a::B { super::c::d::<crate::e::F>(self::g) }";
        assert_eq!(paths(text), ["crate::a::B", "super::c::d", "crate::e::F", "self::g"]);
    }

    #[test]
    fn inline_modules_are_tracked() {
        let text = "mod a { use super::b; fn f() { if x {} } } use super::c;";
        let found = imports(text);
        assert_eq!(found[0].inside, ["a"]);
        assert!(found[1].inside.is_empty());
    }

    #[test]
    fn tests_comments_and_visibilities_are_skipped() {
        let text = "
            // use crate::a;
            pub(in crate::http) struct S;
            #[cfg(test)]
            #[expect(dead_code)]
            mod tests { use crate::b; fn f() { {} } }
            #[cfg(test)] use crate::c;
            use crate::d;
        ";
        assert_eq!(paths(text), ["crate::d"]);
    }
}

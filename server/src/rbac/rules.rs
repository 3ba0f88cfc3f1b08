//! The rules of a role, in a form in which a request is compared with sets instead of lists.

use sensu_types::role::Rule;

use super::policy::{AccessRequest, Verb};

/// The rules of a role.
#[derive(Debug)]
pub(super) struct Rules(Box<[CompiledRule]>);

#[derive(Debug)]
struct CompiledRule {
    verbs: Verbs,
    resources: Resources,
    /// Empty for any name.
    names: Set,
}

/// One bit for each verb.
#[derive(Clone, Copy, Debug)]
struct Verbs(u8);

#[derive(Debug)]
enum Resources {
    Any,
    Listed(Set),
}

/// A sorted list of texts.
#[derive(Debug)]
struct Set(Box<[Box<str>]>);

impl Rules {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        Self(rules.into_iter().map(CompiledRule::new).collect())
    }

    /// Number of rules.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a rule matches verb, resource and name.
    pub(super) fn allow(&self, request: &AccessRequest<'_>) -> bool {
        self.0.iter().any(|rule| rule.allows(request))
    }
}

impl CompiledRule {
    fn new(rule: Rule) -> Self {
        let verbs = rule.verbs.iter().fold(0, |bits, verb| bits | Verbs::named(verb).0);
        let resources = match rule.resources.iter().any(|resource| resource == "*") {
            true => Resources::Any,
            false => Resources::Listed(Set::new(rule.resources)),
        };
        Self { verbs: Verbs(verbs), resources, names: Set::new(rule.resource_names) }
    }

    fn allows(&self, request: &AccessRequest<'_>) -> bool {
        let resource = match &self.resources {
            Resources::Any => true,
            Resources::Listed(listed) => listed.contains(request.resource),
        };
        self.verbs.0 & Verbs::of(request.verb).0 != 0
            && resource
            && (self.names.0.is_empty() || self.names.contains(request.name))
    }
}

impl Verbs {
    const ALL: Self = Self(u8::MAX);

    fn of(verb: Verb) -> Self {
        Self(match verb {
            Verb::Get => 1,
            Verb::List => 2,
            Verb::Create => 4,
            Verb::Update => 8,
            Verb::Delete => 16,
        })
    }

    /// The verbs that a text in a rule stands for: `*` for all, none if it is not a verb.
    fn named(text: &str) -> Self {
        let verbs = [Verb::Get, Verb::List, Verb::Create, Verb::Update, Verb::Delete];
        match verbs.into_iter().find(|verb| verb.as_str() == text) {
            Some(verb) => Self::of(verb),
            None if text == "*" => Self::ALL,
            None => Self(0),
        }
    }
}

impl Set {
    fn new(texts: Vec<String>) -> Self {
        let mut texts: Vec<Box<str>> = texts.into_iter().map(String::into_boxed_str).collect();
        texts.sort_unstable();
        texts.dedup();
        Self(texts.into())
    }

    fn contains(&self, text: &str) -> bool {
        self.0.binary_search_by(|item| (**item).cmp(text)).is_ok()
    }
}

//! Names: nouns for kinds, and the names of objects.
//!
//! The name of an object is a list of parts: one, or two for events (entity and check).

use clap::{Arg, ArgMatches};
use serde_json::Value;

use super::Descriptor;
use crate::args::required;
use crate::pointer;

/// A part of the names of a kind.
#[derive(Debug)]
pub(crate) struct NamePart {
    /// Positional argument.
    pub argument: &'static str,
    /// Help text of the argument; empty for the noun of the kind.
    pub help: &'static str,
    /// Pointer of the part in an object.
    pub pointer: &'static str,
}

impl NamePart {
    /// The name in the metadata of an object.
    pub(crate) const METADATA_NAME: Self = Self::at("/metadata/name");

    /// The whole name, at a pointer.
    pub(crate) const fn at(pointer: &'static str) -> Self {
        Self { argument: "name", help: "", pointer }
    }
}

/// A noun for objects of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noun {
    article: &'static str,
    pub singular: &'static str,
    pub plural: &'static str,
}

impl Noun {
    /// A noun that begins with a consonant.
    pub(crate) const fn a(singular: &'static str, plural: &'static str) -> Self {
        Self { article: "a", singular, plural }
    }

    /// A noun that begins with a vowel.
    pub(crate) const fn an(singular: &'static str, plural: &'static str) -> Self {
        Self { article: "an", singular, plural }
    }

    /// The singular with its article: `an entity`.
    pub(crate) fn with_article(self) -> String {
        format!("{} {}", self.article, self.singular)
    }

    /// The singular with a capital letter: `Entity`.
    pub(crate) fn capitalized(self) -> String {
        let mut characters = self.singular.chars();
        let first = characters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(characters).collect()
    }
}

impl Descriptor {
    /// The positional arguments for the name of an existing object.
    pub(crate) fn name_arguments(&self) -> Vec<Arg> {
        let argument = |part: &NamePart| {
            let value_name = part.argument.to_ascii_uppercase();
            let arg = Arg::new(part.argument).value_name(value_name).required(true);
            match part.help {
                "" => arg.help(format!("Name of the {}", self.noun.singular)),
                help => arg.help(help),
            }
        };
        self.name.iter().map(argument).collect()
    }

    /// The name that the arguments give.
    pub(crate) fn name_from_matches(&self, matches: &ArgMatches) -> Vec<String> {
        self.name.iter().map(|part| required(matches, part.argument).to_owned()).collect()
    }

    /// The name of an object. Missing parts are empty.
    pub(crate) fn name_of(&self, object: &Value) -> Vec<String> {
        let name: Vec<String> =
            self.name.iter().map(|part| pointer::text(object, part.pointer)).collect();
        match name.iter().all(String::is_empty) {
            true if self.name.len() == 1 => vec![(self.default_name)(object)],
            _ => name,
        }
    }

    /// The name of an object as one text: `web-1/check-cpu`.
    pub(crate) fn display_name(&self, object: &Value) -> String {
        self.name_of(object).join("/")
    }

    /// Whether no part of the name is missing.
    pub(crate) fn has_name(&self, object: &Value) -> bool {
        !self.name_of(object).iter().any(String::is_empty)
    }

    /// Sets the name of an object.
    pub(crate) fn set_name(&self, object: &mut Value, name: &[String]) {
        for (part, text) in self.name.iter().zip(name) {
            pointer::set(object, part.pointer, text.as_str().into());
        }
    }

    /// The field of the object that holds the name, for kinds without metadata.
    pub(crate) fn name_field(&self) -> Option<&'static str> {
        let [part] = self.name else { return None };
        part.pointer.strip_prefix('/').filter(|field| !field.contains('/'))
    }
}

//! Options of list requests: their flags and their query parameters.

use clap::{Arg, ArgMatches, value_parser};

use crate::args::{flag, is_set, option, optional};

const LABEL_SELECTOR: &str = "label-selector";
const FIELD_SELECTOR: &str = "field-selector";
const ALL_NAMESPACES: &str = "all-namespaces";

/// Selectors and limits of a list request.
#[derive(Debug, Default)]
pub(crate) struct ListOptions {
    /// Query parameters: selectors, and the number of items per response.
    pub query: Vec<(&'static str, String)>,
    /// Maximum number of items in total; unlimited if `None`.
    pub limit: Option<usize>,
}

impl ListOptions {
    /// The options that the flags [`selectors`] and [`limits`] give.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Self {
        let mut options = Self::default();
        for (flag, parameter) in
            [(LABEL_SELECTOR, "labelSelector"), (FIELD_SELECTOR, "fieldSelector")]
        {
            if let Some(selector) = optional(matches, flag).filter(|text| !text.is_empty()) {
                options.query.push((parameter, selector.to_owned()));
            }
        }
        let number = |flag| matches.try_get_one::<u32>(flag).ok().flatten().copied();
        let (limit, chunk) = (number("limit"), number("chunk-size").filter(|size| *size > 0));
        if let Some(size) = [limit, chunk].into_iter().flatten().min() {
            options.query.push(("limit", size.to_string()));
        }
        options.limit = limit.map(|limit| limit as usize);
        options
    }

    /// Whether there is a selector.
    pub(crate) fn has_selector(&self) -> bool {
        self.query.iter().any(|(name, _)| name.ends_with("Selector"))
    }

    /// Adds a condition to the field selector.
    pub(crate) fn and_field(&mut self, condition: &str) {
        match self.query.iter_mut().find(|(name, _)| *name == "fieldSelector") {
            Some((_, selector)) => *selector = format!("{selector} && {condition}"),
            None => self.query.push(("fieldSelector", condition.to_owned())),
        }
    }
}

/// `--label-selector` and `--field-selector`.
pub(crate) fn selectors() -> [Arg; 2] {
    let selector = |flag, help| option(flag, "SELECTOR", help).allow_hyphen_values(true);
    [
        selector(
            LABEL_SELECTOR,
            "Select objects by label, such as 'region == us && tier in [web]'",
        ),
        selector(FIELD_SELECTOR, "Select objects by field, such as 'check.publish == true'"),
    ]
}

/// `--limit` and `--chunk-size`.
pub(crate) fn limits() -> [Arg; 2] {
    [
        option("limit", "NUMBER", "Maximum number of objects to list [default: all]")
            .value_parser(value_parser!(u32).range(1..)),
        option(
            "chunk-size",
            "NUMBER",
            "Objects per request [default: the server decides]; all are listed",
        )
        .value_parser(value_parser!(u32)),
    ]
}

/// `--all-namespaces`.
pub(crate) fn all_namespaces() -> Arg {
    flag(ALL_NAMESPACES, "List objects of all namespaces")
}

/// Whether `--all-namespaces` is set.
pub(crate) fn is_all_namespaces(matches: &ArgMatches) -> bool {
    is_set(matches, ALL_NAMESPACES)
}

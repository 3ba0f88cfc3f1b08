//! Assets: archives with the programs that checks, filters, mutators, handlers and hooks run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::combination::{Rejected, Values};
use crate::grammar::selector::{Field, fields};
use crate::grammar::{expression, http_url, name, schema};
use crate::invalid::Validated as _;
use crate::meta::{NAME, NAMESPACE};
use crate::{Invalid, Namespaced, ObjectMeta, Resource};

/// An archive that is downloaded and unpacked before a command that uses it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Asset {
    /// HTTP or HTTPS URL of the archive. Required unless `builds` is set. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "url_schema")]
    pub url: String,
    /// SHA-512 checksum of the archive in hexadecimal, at least 128 characters. Required unless `builds`
    /// is set. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(min = 128))]
    pub sha512: String,
    /// JavaScript expressions about the entity. The asset is used for entities for which all are true.
    /// All filters of an asset together: at most %expressions% expressions, with %expression-bytes% bytes and
    /// %property-escapes% Unicode property escapes.
    pub filters: Vec<String>,
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// HTTP headers of the download request. Omitted if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Archives for different platforms, as an alternative to `url` and `sha512`. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub builds: Vec<AssetBuild>,
}

/// One of several archives of an asset, for the entities that its filters select.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct AssetBuild {
    /// HTTP or HTTPS URL of the archive. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "required_url_schema")]
    pub url: String,
    /// SHA-512 checksum of the archive in hexadecimal, at least 128 characters. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "sha512_schema")]
    pub sha512: String,
    /// JavaScript expressions about the entity. The archive is used for entities for which all are true.
    /// All filters of an asset together: at most %expressions% expressions, with %expression-bytes% bytes and
    /// %property-escapes% Unicode property escapes.
    pub filters: Vec<String>,
    /// HTTP headers of the download request. Omitted if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// An asset needs an archive, with URL and checksum, or builds.
pub(super) const REJECTED: Rejected = Rejected::always(&[
    &[("builds", Values::Unset), ("url", Values::Unset)],
    &[("url", Values::Set), ("sha512", Values::Unset)],
    &[("url", Values::Unset), ("sha512", Values::Set)],
]);

impl Resource for Asset {
    const KIND: &'static str = "Asset";
    const PLURAL: &'static str = "assets";
    const NAMES: name::Format = name::ASSET;
    const SINGULAR: &'static str = "asset";
    const FIELDS: &'static [Field<Self>] =
        &[Field::new("filters", |asset| fields::list(&asset.filters))];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn validate(&self) -> Result<(), Invalid> {
        validate_name(&self.metadata.name).at(NAME)?;
        if self.metadata.namespace.is_empty() {
            return Err(Invalid::new("namespace cannot be empty").at(NAMESPACE));
        }
        // An asset with builds needs no archive of its own.
        if self.builds.is_empty() || !self.sha512.is_empty() || !self.url.is_empty() {
            validate_archive(&self.url, &self.sha512)?;
        }
        let mut checker = expression::Checker::default();
        checker.check_all(&self.filters).at("/filters")?;
        for (index, build) in self.builds.iter().enumerate() {
            validate_archive(&build.url, &build.sha512)
                .and_then(|()| checker.check_all(&build.filters).at("/filters"))
                .map_err(|error| error.prefixed(format_args!("build {index}: ")))
                .at(format!("/builds/{index}"))?;
        }
        Ok(())
    }

    fn has_expressions(&self) -> bool {
        !self.filters.is_empty() || self.builds.iter().any(|build| !build.filters.is_empty())
    }

    fn example(name: &str) -> Value {
        json!({
            "metadata": {"name": name},
            "url": "https://example.com/asset.tar.gz",
            "sha512": "0".repeat(128),
        })
    }
}

fn sha512_schema(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    let mut schema = schema::text();
    schema.string().min_length = Some(128);
    schema::mark_required(schema)
}

fn url_schema(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::pattern(&http_url::pattern()).into()
}

fn required_url_schema(
    generator: &mut schemars::r#gen::SchemaGenerator,
) -> schemars::schema::Schema {
    schema::mark_required(url_schema(generator).into_object())
}

fn validate_archive(url: &str, sha512: &str) -> Result<(), Invalid> {
    if sha512.is_empty() {
        return Err(Invalid::new("SHA-512 checksum cannot be empty").at("/sha512"));
    }
    if sha512.len() < 128 {
        let message = "SHA-512 checksum must be at least 128 characters";
        return Err(Invalid::new(message).at("/sha512"));
    }
    if url.is_empty() {
        return Err(Invalid::new("URL cannot be empty").at("/url"));
    }
    validate_url(url).at("/url")
}

fn validate_url(text: &str) -> Result<(), Invalid> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    if !["http", "https"].iter().any(|one| scheme.eq_ignore_ascii_case(one)) {
        return Err(Invalid::new("URL must be HTTP or HTTPS"));
    }
    if http_url::is_valid(text) { Ok(()) } else { Err(Invalid::new("invalid URL provided")) }
}

/// Validates the name of an asset.
pub(crate) fn validate_name(name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(Invalid::new("name cannot be empty"));
    }
    if !name::is_asset(name) {
        return Err(Invalid::new(
            "name must be lowercase and may only contain forward slashes, underscores, dashes and \
             numbers",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let error = |change: &dyn Fn(&mut Asset)| {
            let mut asset = Asset::fixture("a/b");
            change(&mut asset);
            asset.validate().expect_err("invalid").message
        };
        assert_eq!(Asset::fixture("a/b").validate(), Ok(()));
        assert_eq!(error(&|a| a.metadata.name.clear()), "name cannot be empty");
        assert!(error(&|a| a.metadata.name = "A".into()).starts_with("name must be lowercase"));
        assert_eq!(error(&|a| a.metadata.namespace.clear()), "namespace cannot be empty");
        assert_eq!(error(&|a| a.sha512.clear()), "SHA-512 checksum cannot be empty");
        assert!(error(&|a| a.sha512 = "0".repeat(127)).contains("at least 128"));
        assert_eq!(error(&|a| a.url.clear()), "URL cannot be empty");
        assert_eq!(error(&|a| a.url = "ftp://x/y".into()), "URL must be HTTP or HTTPS");
        let build = |url: &str| AssetBuild {
            url: url.into(),
            sha512: "0".repeat(128),
            ..AssetBuild::default()
        };
        let two = Asset {
            url: String::new(),
            sha512: String::new(),
            builds: vec![build("http://x/a"), build("http://x/b")],
            ..Asset::fixture("a/b")
        };
        assert_eq!(two.validate(), Ok(()), "an asset with builds needs no archive of its own");
        assert_eq!(
            error(&|a| a.builds = vec![build("http://x/a"), build("")]),
            "build 1: URL cannot be empty"
        );
        assert!(
            error(&|a| a.filters = vec!["(".into()]).starts_with("syntax error in expression 0")
        );
    }
}

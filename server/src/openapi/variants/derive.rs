//! Derives the schema of a type for a role.

use std::collections::BTreeMap;

use anyhow::Context as _;
use sensu_types::name;
use serde_json::{Map, Value, json};

use super::names::{self, Kinds, Paths};
use super::{SCHEMAS, combinations, metadata, nullable, reference};

/// Where a schema is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Response,
    /// A request, other than those below.
    Input,
    /// A request to create an object, with its name.
    Create,
    /// A merge patch.
    Patch,
}

/// A schema of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variant {
    /// The schema that it is derived from.
    pub(super) base: String,
    pub(super) role: Role,
    /// The identifying fields.
    pub(super) names: Paths,
    /// The format of names in a request that must contain them.
    pub(super) format: Option<name::Format>,
    /// Whether `null` is accepted.
    is_nullable: bool,
    /// The name of the schema. Empty until it is derived.
    pub(super) name: String,
}

impl Variant {
    pub(super) fn of(base: &str, role: Role) -> Self {
        let base = base.to_owned();
        let names = Paths::new();
        Self { base, role, names, format: None, is_nullable: false, name: String::new() }
    }

    /// The name of the schema, without the suffix of its role.
    pub(super) fn name_without_suffix(&self) -> &str {
        match self.base.as_str() {
            metadata::BASE => metadata::name_of(self),
            name => name,
        }
    }

    /// The schema of a property.
    fn below(&self, base: &str, field: &str) -> Self {
        let names = names::below(&self.names, field);
        let format = self.format.filter(|_| !names.is_empty());
        Self { names, format, ..Self::of(base, self.role) }
    }
}

/// The schemas derived so far.
pub(super) struct Derived<'a> {
    base: &'a Map<String, Value>,
    kinds: &'a Kinds,
    /// The schemas by variants without names.
    schemas: BTreeMap<Variant, (String, Value)>,
}

impl<'a> Derived<'a> {
    pub(super) fn new(base: &'a Map<String, Value>, kinds: &'a Kinds) -> Self {
        Self { base, kinds, schemas: BTreeMap::new() }
    }

    /// The schemas.
    pub(super) fn into_schemas(self) -> Vec<(Variant, Value)> {
        let named = self.schemas.into_iter();
        named.map(|(variant, (name, schema))| (Variant { name, ..variant }, schema)).collect()
    }

    /// Replaces the references in a part of an operation by references to schemas of a role.
    pub(super) fn rewrite(&mut self, part: &mut Value, role: Role) -> anyhow::Result<()> {
        match part {
            Value::Object(map) => {
                if let Some(base) = target(map.get("$ref")) {
                    let variant = self.variant_of_kind(&base, role);
                    let name = self.add(&variant)?;
                    map.insert("$ref".into(), reference(&name));
                }
                map.iter_mut()
                    .filter(|(key, _)| !["example", "examples", "headers"].contains(&key.as_str()))
                    .try_for_each(|(_, value)| self.rewrite(value, role))
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.rewrite(item, role)),
            _ => Ok(()),
        }
    }

    /// The variant of a schema that a body consists of.
    fn variant_of_kind(&self, base: &str, role: Role) -> Variant {
        let (names, format) = match (self.kinds.get(base), role) {
            (Some(kind), Role::Response) => (names::in_responses(kind), None),
            (Some(kind), Role::Create) if !kind.name_is_computed => {
                (names::in_requests(kind), Some(kind.names))
            }
            (Some(kind), Role::Input | Role::Create) => (names::in_requests(kind), None),
            _ => (Paths::new(), None),
        };
        Variant { names, format, ..Variant::of(base, role) }
    }

    /// Adds a schema and those that it refers to. Returns its name.
    pub(super) fn add(&mut self, variant: &Variant) -> anyhow::Result<String> {
        let base = self.base.get(&variant.base).with_context(|| format!("no {}", variant.base))?;
        let mut variant = variant.clone();
        let is_for_create = || !combinations::name_fields(&variant.base).is_empty();
        if variant.role == Role::Create && variant.format.is_none() && !is_for_create() {
            variant.role = Role::Input;
        }
        if base.get("properties").is_none() {
            // Texts and maps are the same in every role, except that a patch can remove some of them.
            let role = if variant.is_nullable { Role::Patch } else { Role::Response };
            variant =
                Variant { is_nullable: variant.is_nullable, ..Variant::of(&variant.base, role) };
        }
        if let Some((name, _)) = self.schemas.get(&variant) {
            return Ok(name.clone());
        }
        let name = self.name_of(&variant);
        self.schemas.insert(variant.clone(), (name.clone(), Value::Null));
        let schema = self.derive(&variant, base.clone())?;
        self.schemas.insert(variant, (name.clone(), schema));
        Ok(name)
    }

    fn name_of(&self, variant: &Variant) -> String {
        let Variant { base, role, .. } = variant;
        let is_in_responses =
            || self.schemas.keys().any(|one| one.base == *base && one.role == Role::Response);
        let name = variant.name_without_suffix();
        match role {
            Role::Input if is_in_responses() => format!("{name}Input"),
            Role::Response | Role::Input => name.to_owned(),
            Role::Create => format!("{name}Create"),
            Role::Patch => format!("{name}Patch"),
        }
    }

    fn derive(&mut self, variant: &Variant, mut schema: Value) -> anyhow::Result<Value> {
        let Some(map) = schema.as_object_mut() else { return Ok(schema) };
        let in_requests = texts(map.shift_remove("required"));
        let in_responses = texts(map.shift_remove("x-returned"));
        if variant.is_nullable {
            nullable::make(map);
        }
        let Some(Value::Object(properties)) = map.shift_remove("properties") else {
            return Ok(schema);
        };
        let is_response = variant.role == Role::Response;
        let mut kept = Map::new();
        let mut required: Vec<Value> = Vec::new();
        for (field, mut property) in properties {
            let is_excluded = property[if is_response { "writeOnly" } else { "readOnly" }] == true;
            if is_excluded || metadata::is_in_url(variant, &field) {
                continue;
            }
            // What a request must contain is stored, and returned.
            let is_required =
                in_requests.contains(&field) || is_response && in_responses.contains(&field);
            let identifies = names::require(&variant.names, &field);
            if variant.role == Role::Patch {
                self.patch_property(&mut property, !is_required && !is_identity(&field))?;
            } else {
                let is_name = identifies && (is_response || variant.format.is_some());
                if is_required || is_name {
                    required.push(field.as_str().into());
                }
                self.property(&mut property, variant, &field)?;
                if let Some(map) = property.as_object_mut().filter(|_| is_name)
                    && map.get("type").is_some_and(|kind| kind == "string")
                {
                    metadata::restrict(map, variant.format);
                }
            }
            kept.insert(field, property);
        }
        map.insert("properties".into(), kept.into());
        if !required.is_empty() {
            map.insert("required".into(), required.into());
        }
        if matches!(variant.role, Role::Input | Role::Create) {
            combinations::exclude(map, &variant.base, variant.role, self.base);
        }
        Ok(schema)
    }

    /// Replaces the references in a property of a variant.
    fn property(&mut self, property: &mut Value, of: &Variant, field: &str) -> anyhow::Result<()> {
        match property {
            Value::Object(map) => {
                if let Some(base) = target(map.get("$ref")) {
                    let name = self.add(&of.below(&base, field))?;
                    map.insert("$ref".into(), reference(&name));
                }
                map.values_mut().try_for_each(|value| self.property(value, of, field))
            }
            Value::Array(items) => {
                items.iter_mut().try_for_each(|item| self.property(item, of, field))
            }
            _ => Ok(()),
        }
    }

    /// A property of a merge patch. Objects are merged, everything else is replaced.
    fn patch_property(&mut self, property: &mut Value, is_removable: bool) -> anyhow::Result<()> {
        let Some(map) = property.as_object_mut() else { return Ok(()) };
        // An absent field keeps its value.
        map.shift_remove("default");
        let pointer = if map.contains_key("allOf") { "/allOf/0/$ref" } else { "/$ref" };
        if let Some(base) = target(property.pointer(pointer)) {
            let is_nullable = is_removable && base != "ObjectMeta";
            let name = self.add(&Variant { is_nullable, ..Variant::of(&base, Role::Patch) })?;
            if is_nullable {
                // Generators do not see `null` through `allOf`, which the description needs.
                *property = json!({ "$ref": reference(&name) });
            } else if let Some(target) = property.pointer_mut(pointer) {
                *target = reference(&name);
            }
            return Ok(());
        }
        let Some(map) = property.as_object_mut() else { return Ok(()) };
        if is_removable {
            map.insert("nullable".into(), true.into());
        }
        if let Some(Value::Object(values)) = map.get_mut("additionalProperties") {
            values.insert("nullable".into(), true.into());
        }
        self.property(property, &Variant::of("", Role::Input), "")
    }
}

/// Whether a field of metadata identifies the object, and so cannot be removed.
fn is_identity(field: &str) -> bool {
    ["name", "namespace", "username"].contains(&field)
}

/// The name of the schema that a reference names.
fn target(reference: Option<&Value>) -> Option<String> {
    reference?.as_str()?.strip_prefix(SCHEMAS).map(str::to_owned)
}

fn texts(list: Option<Value>) -> Vec<String> {
    let items = match list {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

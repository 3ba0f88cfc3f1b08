//! The generated client of the test kit: the module `dev` of `sensu-client`.
//!
//! Its methods are named like the operations without their prefix: `clock_advance` for `dev_clock_advance`.

use anyhow::Context as _;
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use quote::quote;
use serde_json::Value;

use crate::client::{accept_null, module, written};
use crate::{segments, simplify};

/// Prefix of all operation IDs of the document.
const PREFIX: &str = "dev_";

/// Generates the client of the document of the test kit.
///
/// # Errors
/// If the document is invalid, or contains something that progenitor does not support.
pub(crate) fn from_document(document: &str) -> anyhow::Result<String> {
    let mut document = simplify::simplified_test_kit(document)?;
    shorten_ids(&mut document);
    let document: OpenAPI = serde_json::from_value(document)?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_inner_type(quote! { crate::session::Session })
        // The type of the main client, so that errors convert to `crate::Error`.
        .with_replacement("ErrorResponse", "crate::types::ErrorResponse", std::iter::empty());
    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .context("progenitor cannot generate a client of the test kit")?;
    let mut file: syn::File = syn::parse2(segments::check_parameters(tokens))?;
    accept_null(module(&mut file.items, "types").context("no types")?);
    Ok(written(&file))
}

fn shorten_ids(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(id)) = map.get_mut("operationId")
                && let Some(short) = id.strip_prefix(PREFIX)
            {
                *id = short.to_owned();
            }
            map.values_mut().for_each(shorten_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(shorten_ids),
        _ => {}
    }
}

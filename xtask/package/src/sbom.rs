//! The bill of materials of a program, in the `CycloneDX` format, by cargo-sbom.

use serde_json::{Value, json};

use crate::source_date::formatted;
use crate::stage::Stage;
use crate::tools::{Tool, output};

const CARGO_SBOM: Tool = Tool { name: "cargo-sbom", version: "0.10.0" };

/// The components that a program is built from, as JSON.
pub(crate) fn sbom(stage: &Stage, program: &str) -> anyhow::Result<Vec<u8>> {
    let mut cargo_sbom = CARGO_SBOM.command()?;
    cargo_sbom.args(["--cargo-package", program, "--output-format", "cyclone_dx_json_1_6"]);
    let text = output(cargo_sbom.current_dir(xtask::root()))?;
    // Paths of the machine that builds are of no use to readers.
    let root = format!("file://{}", xtask::root().display());
    let text = String::from_utf8(text)?.replace(&root, "file://");
    let mut bom: Value = serde_json::from_str(&text)?;
    if let Some(fields) = bom.as_object_mut() {
        fields.remove("serialNumber");
    }
    if let Some(metadata) = bom.get_mut("metadata").and_then(Value::as_object_mut) {
        let time = formatted(stage.date, "+%Y-%m-%dT%H:%M:%SZ")?;
        metadata.insert("timestamp".into(), json!(time));
        // The name of the user who builds.
        metadata.remove("authors");
    }
    for (list, key) in [("components", "bom-ref"), ("dependencies", "ref")] {
        if let Some(list) = bom.get_mut(list).and_then(Value::as_array_mut) {
            list.sort_by_key(|item| item.get(key).map(Value::to_string));
        }
    }
    let mut bytes = serde_json::to_vec_pretty(&bom)?;
    bytes.push(b'\n');
    Ok(bytes)
}

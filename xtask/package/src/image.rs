//! The container image of the server, as an archive that `podman load`, `docker load` and `skopeo` read: an OCI image
//! layout of one layer, with the index of Docker beside it.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::image_root::{self, USER};
use crate::source_date::formatted;
use crate::stage::Stage;
use crate::tarball::Tarball;
use crate::{VERSION, checksums, folder};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A part of the image, stored under its checksum.
struct Blob {
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Blob {
    fn json(media_type: &'static str, value: &Value) -> anyhow::Result<Self> {
        Ok(Self { media_type, bytes: serde_json::to_vec(value)? })
    }

    fn path(&self) -> String {
        format!("blobs/sha256/{}", checksums::sha256(&self.bytes))
    }

    fn descriptor(&self) -> Value {
        json!({
            "mediaType": self.media_type,
            "digest": format!("sha256:{}", checksums::sha256(&self.bytes)),
            "size": self.bytes.len(),
        })
    }
}

/// Builds the image.
pub(crate) fn build(stage: &Stage) -> anyhow::Result<PathBuf> {
    let root = image_root::build(stage)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&root)?;
    let layer = Blob { media_type: LAYER, bytes: encoder.finish()? };
    let created = formatted(stage.date, "+%Y-%m-%dT%H:%M:%SZ")?;
    let config = Blob::json(CONFIG, &configuration(&created, &checksums::sha256(&root)))?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor(),
        "layers": [layer.descriptor()],
    });
    let manifest = Blob::json(MANIFEST, &manifest)?;
    let annotations = json!({
        "org.opencontainers.image.ref.name": VERSION,
        "io.containerd.image.name": format!("docker.io/library/sensu-server:{VERSION}"),
    });
    let mut entry = manifest.descriptor();
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("annotations".into(), annotations);
    }
    let index = json!({ "schemaVersion": 2, "manifests": [entry] });
    // Read by releases of Docker before 25.
    let docker = json!([{
        "Config": config.path(),
        "RepoTags": [format!("sensu-server:{VERSION}")],
        "Layers": [layer.path()],
    }]);
    let path = folder().join(format!("sensu-server-{VERSION}-image.tar"));
    let mut tarball = Tarball::new(fs::File::create(&path)?, stage.date);
    tarball.directory("blobs", 0o755)?;
    tarball.directory("blobs/sha256", 0o755)?;
    for blob in [&layer, &config, &manifest] {
        tarball.file(&blob.path(), 0o644, &blob.bytes)?;
    }
    tarball.file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    tarball.file("index.json", 0o644, &serde_json::to_vec(&index)?)?;
    tarball.file("manifest.json", 0o644, &serde_json::to_vec(&docker)?)?;
    tarball.finish()?;
    Ok(path)
}

/// How containers run the image.
fn configuration(created: &str, layer: &str) -> Value {
    const SECOND: u64 = 1_000_000_000;
    json!({
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "8080/tcp": {}, "8081/tcp": {} },
            "Env": [
                "PATH=/usr/bin",
                "SENSU_STATE_DIR=/data",
                "SENSU_API_LISTEN_ADDRESS=0.0.0.0:8080",
            ],
            "Entrypoint": ["/usr/bin/sensu-server"],
            "Cmd": ["start"],
            "Volumes": { "/data": {} },
            "WorkingDir": "/data",
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "sensu-server",
                "org.opencontainers.image.version": VERSION,
                "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
                "org.opencontainers.image.source": "https://github.com/sensu-api/sensu-api",
            },
            // An extension of Docker, which others ignore.
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/sensu-server", "healthcheck"],
                "Interval": 30 * SECOND,
                "Timeout": 6 * SECOND,
                "StartPeriod": 10 * SECOND,
                "Retries": 3,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer}")] },
        "history": [{ "created": created, "created_by": "cargo xtask package image" }],
    })
}

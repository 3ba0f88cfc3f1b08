//! Files for encrypted connections.

use std::path::PathBuf;

/// Certificate and private key.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM file with the certificate chain.
    pub cert_file: PathBuf,
    /// PEM file with the private key, in PKCS #8.
    pub key_file: PathBuf,
}

//! SHA-512 checksums.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha512};

/// Computes a checksum, in lower-case hexadecimal digits.
#[derive(Default)]
pub(super) struct Checksum(Sha512);

impl Checksum {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> String {
        HEXLOWER.encode(&self.0.finalize())
    }
}

/// The checksum of a file.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut checksum = Checksum::default();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(checksum.finish());
        }
        checksum.update(chunk.get(..count).unwrap_or_default());
    }
}

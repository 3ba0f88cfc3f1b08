//! Files of resources, as `sensuctl dump` and people write them: found, read and taken apart.
//!
//! A file holds documents: JSON, one after the other or in a list, or YAML, divided by `---`. A
//! document is an object with its type and version around it ([`Wrapped`]). What may be in an object
//! is not known here: whoever reads documents, the server or the command line, knows.

mod files;
mod values;
mod wrapped;

use std::fmt::{Display, Formatter};

pub use files::{Text, texts};
pub use values::values;
pub use wrapped::Wrapped;

/// Why something cannot be read, worded for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub(crate) String);

impl Display for Unreadable {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

//! Combinations of field values that a type's validation rejects, whatever its other fields contain. The
//! schemas of requests exclude them.
//!
//! A combination is stated beside the validation of its type. Contract tests send every combination of
//! values to both.

/// Fields, by their path in the object (`socket/host`), and values that are rejected together.
pub type Combination = &'static [(&'static str, Values)];

/// Values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Absent, `null`, an empty text or list, or 0.
    Unset,
    /// All others.
    Set,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Absent, empty, or one of these texts.
    UnsetOr(&'static [&'static str]),
    /// A reference that has no name or another type, or a list with such a reference.
    NotReferencesTo(Types),
}

/// Types of objects, by their `api_version`.
pub type Types = &'static [(&'static str, &'static [&'static str])];

/// The combinations that a type rejects in requests that contain the object as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The combinations.
    pub combinations: &'static [Combination],
    /// Fields that the name consists of. If there are any, the combinations concern only requests that create an
    /// object: the URL of all others contains the name.
    pub name_fields: &'static [&'static str],
}

impl Rejected {
    /// Combinations that are rejected in all requests.
    pub(crate) const fn always(combinations: &'static [Combination]) -> Self {
        Self { combinations, name_fields: &[] }
    }
}

//! Blocks of the configuration that the API manages.

use gw_model::Micros;

/// A provider or a model that the API manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    /// `provider` or `model`.
    pub kind: String,
    /// Unique for its kind.
    pub name: String,
    /// JSON.
    pub document: String,
    /// What must not be shown of it.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows with each change, from 1.
    pub revision: i64,
}

//! Providers and models that the API manages, in the copy.

use crate::types::StoredBlock;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct BlockOut {
    kind: String,
    name: String,
    document: String,
    sealed: Option<Vec<u8>>,
    created_at: i64,
    updated_at: i64,
    revision: i64,
}

impl BlockOut {
    pub(super) fn of(block: &StoredBlock) -> Self {
        let StoredBlock { kind, name, document, sealed, created_at, updated_at, revision } = block.clone();
        Self { kind, name, document, sealed, created_at, updated_at, revision }
    }

    pub(super) fn block(self) -> StoredBlock {
        let Self { kind, name, document, sealed, created_at, updated_at, revision } = self;
        StoredBlock { kind, name, document, sealed, created_at, updated_at, revision }
    }
}

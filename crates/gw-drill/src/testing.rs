//! What the tests of this crate share.

use gw_model::catalog::{Catalog, ModelInfo, ProviderSpec};
use std::collections::HashMap;
use std::sync::Arc;

/// A catalogue that knows nothing.
#[derive(Default)]
pub(crate) struct NoCatalog(HashMap<Arc<str>, ProviderSpec>);

impl Catalog for NoCatalog {
    fn provider(&self, _: &str) -> Option<&ProviderSpec> {
        None
    }

    fn providers(&self) -> &HashMap<Arc<str>, ProviderSpec> {
        &self.0
    }

    fn model(&self, _: &str, _: &str) -> Option<ModelInfo> {
        None
    }

    fn model_names(&self, _: &str) -> Vec<&str> {
        Vec::new()
    }
}

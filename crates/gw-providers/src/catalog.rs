//! The catalogue that is built into the binary: providers from `catalog/*.toml`, models from
//! `catalog/models.tsv`. Models stay text until they are asked for, so thousands of them cost no memory.

mod file;
mod line;
mod providers;
mod table;

pub(crate) use providers::StreamUsage;

use gw_model::catalog::{Catalog, ModelInfo, ProviderSpec};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use providers::Providers;
use table::Table;

/// Handle of the built-in catalogue; costs nothing to copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddedCatalog;

/// The built-in catalogue.
#[must_use]
pub fn catalog() -> &'static EmbeddedCatalog {
    &EmbeddedCatalog
}

fn providers() -> &'static Providers {
    static PROVIDERS: OnceLock<Providers> = OnceLock::new();
    PROVIDERS.get_or_init(Providers::load)
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(include_str!("../catalog/models.tsv")))
}

impl EmbeddedCatalog {
    /// Files of the catalogue that cannot be read, with the reason; empty in a sound build.
    #[must_use]
    pub fn faults(&self) -> &'static [String] {
        &providers().faults
    }

    /// Where the prices come from: the header line that names source, version and licence.
    #[must_use]
    pub fn source(&self) -> &'static str {
        table().source()
    }

    /// How a provider at `host` treats usage in streams.
    pub(crate) fn stream_usage(self, host: &str) -> StreamUsage {
        providers().stream_usage(host)
    }
}

impl Catalog for EmbeddedCatalog {
    fn provider(&self, name: &str) -> Option<&ProviderSpec> {
        providers().specs.get(name)
    }

    fn providers(&self) -> &HashMap<Arc<str>, ProviderSpec> {
        &providers().specs
    }

    /// The model, else what a fine-tuned model (`ft:BASE:owner:...`) was made from, else what the provider's
    /// file says of all other models.
    fn model(&self, price_key: &str, model: &str) -> Option<ModelInfo> {
        if price_key.is_empty() {
            return None;
        }
        let own = providers();
        own.model(price_key, model)
            .or_else(|| table().model(price_key, model))
            .or_else(|| table().model(price_key, fine_tuned_from(model)?))
            .or_else(|| table().model(price_key, crate::hosted::listed_name(price_key, model)?))
            .or_else(|| own.model(price_key, "*"))
    }

    fn model_names(&self, price_key: &str) -> Vec<&str> {
        let mut names = table().names(price_key);
        names.extend(providers().model_names(price_key));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// `ft:gpt-4o:owner::id` is priced as `ft:gpt-4o`.
fn fine_tuned_from(model: &str) -> Option<&str> {
    let base = model.strip_prefix("ft:")?;
    let end = base.find(':')?;
    model.get(..3 + end)
}

#[cfg(test)]
mod tests;

//! Prices: which are in force, which were before, and past calls that are to cost what they should have. It must not know HTTP.

pub(crate) mod book;
pub(crate) mod history;
pub(crate) mod recosting;

use gw_model::snapshot::Target;
use gw_model::{PriceSheet, Snapshot};

/// What a model costs at a provider, where callers name it so; `None` where nobody knows, or an alias
/// has it at more than one price.
pub(crate) fn in_force(snapshot: &Snapshot, alias: &str, provider: &str, model: &str) -> Option<PriceSheet> {
    let is_it =
        |target: &&std::sync::Arc<Target>| *target.provider.name == *provider && *target.model == *model;
    let mut of_alias =
        snapshot.models.get(alias).into_iter().flat_map(|named| named.targets.iter().filter(is_it));
    let sheet = match of_alias.next() {
        // Which of two targets a call came to nobody knows any more.
        Some(target) if of_alias.any(|other| other.info.prices != target.info.prices) => return None,
        Some(target) => target.info.prices.clone(),
        None => beside_aliases(snapshot, provider, model)?,
    };
    (!sheet.rates.is_empty()).then_some(sheet)
}

/// The same where no alias says otherwise.
fn beside_aliases(snapshot: &Snapshot, provider: &str, model: &str) -> Option<PriceSheet> {
    if let Some(custom) = snapshot.custom_info(provider, model) {
        return Some(custom.prices.clone());
    }
    let provider = snapshot.providers.get(provider)?;
    Some(snapshot.catalog.model(&provider.price_key, model)?.prices)
}

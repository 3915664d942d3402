//! Which models there are, and which of them a caller may use.

use gw_model::catalog::ModelInfo;
use gw_model::{KeyPolicy, Snapshot};
use std::sync::Arc;

/// A model that can be called.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// The name to call it by.
    pub(crate) id: String,
    /// `alias`, or the provider's name.
    pub(crate) owner: String,
    /// Facts of its first target.
    pub(crate) info: Arc<ModelInfo>,
    /// Names of the providers behind it, in order.
    pub(crate) providers: Vec<String>,
}

/// Everything that can be called by name, aliases first; with a policy, only what it allows.
pub(crate) fn list(snapshot: &Snapshot, policy: Option<&KeyPolicy>) -> Vec<Listed> {
    let mut aliases: Vec<_> = snapshot.models.values().collect();
    aliases.sort_by(|a, b| a.name.cmp(&b.name));
    let aliases = aliases.into_iter().map(|model| Listed {
        id: model.name.to_string(),
        owner: "alias".to_owned(),
        info: model.targets.first().map(|t| Arc::clone(&t.info)).unwrap_or_default(),
        providers: model.targets.iter().map(|t| t.provider.name.to_string()).collect(),
    });
    let mut out: Vec<Listed> = aliases.collect();
    if snapshot.direct_models {
        direct(snapshot, &mut out);
    }
    out.retain(|m| policy.is_none_or(|p| p.allows_model(&[&m.id])));
    out
}

fn direct(snapshot: &Snapshot, out: &mut Vec<Listed>) {
    for provider in snapshot.providers.values() {
        let listed = provider.listed_models.iter().map(|m| &**m);
        let mut names: Vec<&str> = listed.chain(snapshot.catalog.model_names(&provider.price_key)).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let custom = snapshot.custom_info(&provider.name, name);
            let info = custom
                .or_else(|| snapshot.catalog.model(&provider.price_key, name).map(Arc::new))
                .unwrap_or_default();
            out.push(Listed {
                id: format!("{}/{name}", provider.name),
                owner: provider.name.to_string(),
                info,
                providers: vec![provider.name.to_string()],
            });
        }
    }
}

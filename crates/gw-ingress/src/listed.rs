//! Which models there are, which of them a caller may use, and what is known of them.

use gw_model::catalog::ModelInfo;
use gw_model::snapshot::Target;
use gw_model::{Ability, Snapshot};
use gw_store::memory::KeyEntry;
use std::sync::Arc;

/// A model that can be called.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name to call it by.
    pub id: String,
    /// `alias`, or the provider's name.
    pub owner: String,
    /// Facts: of an alias, the prices of its first target, the bounds that all targets keep, and the abilities that
    /// at least one has, since calls are led to it.
    pub info: Arc<ModelInfo>,
    /// Names of the providers behind it, in order.
    pub providers: Vec<String>,
    /// It is made of a dynamic route.
    pub is_route: bool,
    /// Of an alias, all of its targets, as a provider and its model, in the same order.
    pub targets: Vec<String>,
}

/// Everything that can be called by name, aliases first; with a key, only what it allows.
pub fn list(snapshot: &Snapshot, key: Option<&KeyEntry>) -> Vec<Listed> {
    let mut aliases: Vec<_> = snapshot.models.values().collect();
    aliases.sort_by(|a, b| a.name.cmp(&b.name));
    let aliases = aliases.into_iter().map(|model| Listed {
        id: model.name.to_string(),
        owner: "alias".to_owned(),
        is_route: model.group.node.is_some(),
        info: of_targets(&model.targets),
        providers: model.targets.iter().map(|t| t.provider.name.to_string()).collect(),
        targets: model.targets.iter().map(|t| format!("{}/{}", t.provider.name, t.model)).collect(),
    });
    let mut out: Vec<Listed> = aliases.collect();
    if snapshot.direct_models {
        direct(snapshot, &mut out);
    }
    out.retain(|m| key.is_none_or(|key| key.allows_model(&[&m.id])));
    if let Some(key) = key.filter(|key| !key.allows_every_provider()) {
        out.retain(|m| m.providers.iter().any(|name| key.allows_provider(name)));
    }
    out
}

/// What is known of the targets of an alias together.
fn of_targets(targets: &[Arc<Target>]) -> Arc<ModelInfo> {
    let Some((first, others)) = targets.split_first() else { return Arc::default() };
    if others.is_empty() {
        return Arc::clone(&first.info);
    }
    let mut info = ModelInfo::clone(&first.info);
    for other in others.iter().map(|target| &target.info) {
        info.max_input_tokens = smaller(info.max_input_tokens, other.max_input_tokens);
        info.max_output_tokens = smaller(info.max_output_tokens, other.max_output_tokens);
        for ability in &other.capabilities {
            if !info.capabilities.contains(ability) {
                info.capabilities.push(Arc::clone(ability));
            }
        }
        for ability in Ability::ALL {
            let is_missing = info.lacks.has(*ability) && other.lacks.has(*ability);
            info.lacks.set(*ability, is_missing);
        }
    }
    Arc::new(info)
}

/// The smaller of two bounds; 0 is unknown.
fn smaller(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, known) | (known, 0) => known,
        (one, other) => one.min(other),
    }
}

/// The models that the catalogue knows of a provider that is not configured; `None` when it does not know it.
pub fn of_catalog(snapshot: &Snapshot, provider: &str) -> Option<Vec<Listed>> {
    let spec = snapshot.catalog.provider(provider)?;
    let names = snapshot.catalog.model_names(&spec.price_key);
    let listed = names.into_iter().map(|name| Listed {
        id: format!("{provider}/{name}"),
        owner: provider.to_owned(),
        info: snapshot.catalog.model(&spec.price_key, name).map(Arc::new).unwrap_or_default(),
        providers: vec![provider.to_owned()],
        is_route: false,
        targets: Vec::new(),
    });
    Some(listed.collect())
}

impl Listed {
    /// The abilities that something is known of, by name, in a stable order.
    pub fn abilities(&self) -> Vec<(&'static str, bool)> {
        let names = Ability::ALL.iter().map(|ability| (ability.as_str(), Some(*ability)));
        let names = names.chain(MORE_ABILITIES.iter().map(|name| (*name, None)));
        let known = names.filter_map(|(name, ability)| {
            let has = self.info.capabilities.iter().any(|known| **known == *name);
            let lacks = ability.is_some_and(|ability| self.info.lacks.has(ability));
            (has || lacks).then_some((name, has))
        });
        known.collect()
    }

    /// Is the ability known to be there (true) or missing (false)?
    pub fn can(&self, ability: Ability) -> Option<bool> {
        self.abilities().iter().find(|(name, _)| *name == ability.as_str()).map(|(_, can)| *can)
    }
}

/// Abilities that callers ask about and that steer nothing.
const MORE_ABILITIES: &[&str] =
    &["audio_output", "computer_use", "prompt_caching", "system_messages", "video_input", "web_search"];

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
                is_route: false,
                targets: Vec::new(),
            });
        }
    }
}

//! Limits of what is called: of aliases, of models at providers, of providers. What a target says is of its deployment, so
//! two targets of one deployment may not say different things.

use super::limits::limits;
use crate::errors::Faults;
use crate::place::At;
use crate::settings::FileSettings;
use crate::settings::limits::LimitSettings;
use crate::settings::models::{ModelSettings, TargetSettings};
use crate::shape::NamedEntry;
use gw_model::AccountId;
use gw_model::limits::Limits;
use gw_model::snapshot::Quota;
use std::collections::HashMap;

/// All of them, each once.
pub(super) fn compile(file: &FileSettings, faults: &mut Faults) -> Vec<Quota> {
    let mut found = Found { quotas: Vec::new(), places: HashMap::new(), faults };
    for NamedEntry { name, value, .. } in &file.providers.value.0 {
        if let Some(at) = &value.limits {
            found.add(Quota::of_provider(name.as_str()), name.as_str(), at);
        }
    }
    for entry in &file.models.value.0 {
        found.alias(entry);
    }
    found.quotas
}

struct Found<'f> {
    quotas: Vec<Quota>,
    /// By what they are of.
    places: HashMap<AccountId, usize>,
    faults: &'f mut Faults,
}

impl Found<'_> {
    fn alias(&mut self, entry: &NamedEntry<ModelSettings>) {
        if let Some(at) = &entry.value.limits {
            self.add(Quota::of_model(&entry.name), &entry.name, at);
        }
        for target in &entry.value.targets.value {
            self.target(&target.value);
        }
    }

    fn target(&mut self, target: &TargetSettings) {
        for nested in target.targets.iter().flat_map(|nested| &nested.value.0) {
            self.target(&nested.value);
        }
        let Some(at) = &target.limits else { return };
        let (Some(provider), Some(model)) = (&target.provider, &target.model) else {
            let message =
                "'limits' are of a provider's model: write them at the targets within, or at the alias";
            self.faults.add(at.place, message);
            return;
        };
        let (provider, model) = (provider.value.as_str(), model.value.as_str());
        self.add(Quota::of_deployment(provider, model), &format!("{provider}/{model}"), at);
    }

    fn add(&mut self, id: AccountId, name: &str, at: &At<LimitSettings>) {
        let limits: Limits = limits(&at.value, self.faults);
        if let Some(known) = self.places.get(&id).and_then(|place| self.quotas.get(*place)) {
            if known.limits != limits {
                let message = format!(
                    "the limits of '{name}' stand elsewhere too, and are others there: they are of all its calls \
                     together, so state them once"
                );
                self.faults.add(at.place, message);
            }
            return;
        }
        self.places.insert(id, self.quotas.len());
        self.quotas.push(Quota { id, name: name.into(), limits });
    }
}

#[cfg(test)]
mod tests;

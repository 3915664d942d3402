//! Limits and budgets of what is called: of aliases, of models at providers, of providers. What a target says is of its
//! deployment, so two targets of one deployment may not say different things.

use super::keys::budgets;
use super::limits::{limits, refuse_providers};
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::FileSettings;
use crate::settings::limits::{BudgetSettings, LimitSettings};
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
        let said =
            Said { limits: value.limits.as_ref(), budget: value.budget.as_ref(), budgets: &value.budgets };
        found.refuse_providers(&said);
        found.add(Quota::of_provider(name.as_str()), name.as_str(), &said);
    }
    for entry in &file.models.value.0 {
        found.alias(entry);
    }
    found.quotas
}

/// What is said at one place.
struct Said<'s> {
    limits: Option<&'s At<LimitSettings>>,
    budget: Option<&'s At<BudgetSettings>>,
    budgets: &'s At<Vec<At<BudgetSettings>>>,
}

impl Said<'_> {
    /// Where it is said, and what; `None` when nothing is.
    fn first(&self) -> Option<(Place, &'static str)> {
        let limits = self.limits.map(|at| (at.place, "limits"));
        let one = self.budget.map(|at| (at.place, "budgets"));
        let several = self.budgets.value.first().map(|_| (self.budgets.place, "budgets"));
        limits.or(one).or(several)
    }
}

struct Found<'f> {
    quotas: Vec<Quota>,
    /// By what they are of.
    places: HashMap<AccountId, usize>,
    faults: &'f mut Faults,
}

impl Found<'_> {
    fn alias(&mut self, entry: &NamedEntry<ModelSettings>) {
        let ModelSettings { limits, budget, budgets, .. } = &entry.value;
        let said = Said { limits: limits.as_ref(), budget: budget.as_ref(), budgets };
        self.add(Quota::of_model(&entry.name), &entry.name, &said);
        for target in &entry.value.targets.value {
            self.target(&target.value);
        }
    }

    fn target(&mut self, target: &TargetSettings) {
        for nested in target.targets.iter().flat_map(|nested| &nested.value.0) {
            self.target(&nested.value);
        }
        let TargetSettings { limits, budget, budgets, .. } = target;
        let said = Said { limits: limits.as_ref(), budget: budget.as_ref(), budgets };
        let Some((place, what)) = said.first() else { return };
        let (Some(provider), Some(model)) = (&target.provider, &target.model) else {
            let message = format!(
                "'{what}' are of a provider's model: write them at the targets within, or at the alias"
            );
            self.faults.add(place, message);
            return;
        };
        self.refuse_providers(&said);
        let (provider, model) = (provider.value.as_str(), model.value.as_str());
        self.add(Quota::of_deployment(provider, model), &format!("{provider}/{model}"), &said);
    }

    fn refuse_providers(&mut self, said: &Said<'_>) {
        if let Some(limits) = said.limits {
            refuse_providers(&limits.value, self.faults);
        }
    }

    fn add(&mut self, id: AccountId, name: &str, said: &Said<'_>) {
        let Some((place, what)) = said.first() else { return };
        let limits = said.limits.map_or_else(Limits::default, |at| limits(&at.value, self.faults));
        let budgets = budgets(said.budget, said.budgets, self.faults);
        if let Some(known) = self.places.get(&id).and_then(|place| self.quotas.get(*place)) {
            if known.limits != limits || known.budgets != budgets {
                let message = format!(
                    "the {what} of '{name}' stand elsewhere too, and are others there: they are of all its calls \
                     together, so state them once"
                );
                self.faults.add(place, message);
            }
            return;
        }
        self.places.insert(id, self.quotas.len());
        self.quotas.push(Quota { id, name: name.into(), limits, budgets });
    }
}

#[cfg(test)]
mod tests;

//! What aliases ask for besides one target's answer: mirrors and ensembles. Made when all aliases are there, as these
//! name each other. Names that stand for nothing, circles and numbers that do not go together are faults.

use super::models::{self, Known};
use super::targets::{Gathering, missing_alias, within};
use crate::errors::Faults;
use crate::place::At;
use crate::settings::models::{ModelSettings, StrategyName};
use crate::settings::subcalls::{EnsembleSettings, MirrorSettings};
use crate::shape::{NamedEntry, Text};
use gw_model::snapshot::{Model, Target};
use gw_model::subcalls::{Ensemble, MAX_SUB_CALLS, Mirror};
use std::collections::HashMap;
use std::sync::Arc;

/// The aliases as they are without any of this.
type Plain = HashMap<Arc<str>, Arc<Model>>;

/// Adds to the aliases what they ask for.
pub(super) fn add(known: &Known<'_>, models: &mut Plain, faults: &mut Faults) {
    let mut added = Vec::new();
    for entry in &known.models.0 {
        let Some(model) = models.get(entry.name.as_str()) else { continue };
        let mut adding = Adding { known, models, entry, faults };
        let mirror = entry.value.mirror.as_ref().and_then(|at| adding.mirror(at));
        let ensemble = adding.ensemble(model);
        if mirror.is_some() || ensemble.is_some() {
            added.push(Arc::new(Model { mirror, ensemble, ..Model::clone(model) }));
        }
    }
    for model in added {
        models.insert(Arc::clone(&model.name), model);
    }
}

struct Adding<'a, 'f> {
    known: &'a Known<'a>,
    models: &'a Plain,
    entry: &'a NamedEntry<ModelSettings>,
    faults: &'f mut Faults,
}

impl Adding<'_, '_> {
    fn mirror(&mut self, at: &At<MirrorSettings>) -> Option<Mirror> {
        let settings = &at.value;
        if self.entry.value.strategy.value == StrategyName::Ensemble {
            self.faults.add(at.place, "an ensemble can not have a mirror: remove 'mirror'");
            return None;
        }
        self.refuse_circle(&settings.model);
        Some(Mirror {
            model: self.named(&settings.model)?,
            percent: settings.percent.value.small(),
            max_in_flight: settings.max_in_flight.value.small(),
        })
    }

    /// A mirror of a mirror of itself would be a question for whoever reads the file, though copies are not copied.
    fn refuse_circle(&mut self, first: &At<Text>) {
        let mut path = vec![self.entry.name.as_str()];
        let mut next = first.value.as_str();
        while !path.contains(&next) {
            path.push(next);
            let mirror = self.known.models.get(next).and_then(|settings| settings.mirror.as_ref());
            let Some(mirror) = mirror else { return };
            next = mirror.value.model.value.as_str();
        }
        // Others that are led into a circle are not at fault.
        if next == self.entry.name {
            let path = path.join("' -> '");
            self.faults.add(
                first.place,
                format!("mirror '{path}' -> '{next}' is a circle: remove one of its links"),
            );
        }
    }

    /// What a name stands for: an alias, or `provider/model`.
    fn named(&mut self, name: &At<Text>) -> Option<Arc<Model>> {
        let (place, name) = (name.place, name.value.as_str());
        if let Some(settings) = self.known.models.get(name) {
            if settings.strategy.value == StrategyName::Ensemble {
                self.faults.add(place, within(name));
                return None;
            }
            // An alias with a fault of its own is not there.
            return self.models.get(name).map(Arc::clone);
        }
        let providers = self.known.providers;
        let direct = name.split_once('/').filter(|(_, model)| !model.is_empty());
        let found = direct.and_then(|(provider, model)| Some((providers.providers.get(provider)?, model)));
        let Some((provider, model)) = found else {
            self.faults.add(place, missing_alias(name, self.known));
            return None;
        };
        let info = providers.info(provider, model, self.known.catalog);
        Some(Arc::new(Model::single(name.into(), Target::plain(provider, model, info))))
    }

    fn ensemble(&mut self, model: &Model) -> Option<Ensemble> {
        let settings = &self.entry.value;
        let is_ensemble = settings.strategy.value == StrategyName::Ensemble;
        let block = match &settings.ensemble {
            Some(at) if !is_ensemble => {
                self.faults
                    .add(at.place, "'ensemble' is for strategy ensemble: remove it, or set 'strategy'");
                return None;
            }
            None if is_ensemble => {
                let message = "strategy 'ensemble' needs 'ensemble' with 'judge' or 'majority: true'";
                self.faults.add(settings.strategy.place, message);
                return None;
            }
            None => return None,
            Some(at) => at,
        };
        let panel = self.panel(model);
        let judge = self.judge(block, model);
        self.check_numbers(block, settings.targets.value.len());
        self.check_prices(block, panel.iter().chain(&judge));
        let block = &block.value;
        Some(Ensemble {
            panel,
            judge,
            prompt: block.prompt.as_ref().map(|prompt| prompt.value.as_str().into()),
            quorum: block.quorum.value.size(),
            timeout_ms: block.timeout_ms.value.get(),
            straggler_ms: block.straggler_ms.value.get(),
            max_cost: block.max_cost_usd.as_ref().map(|cost| cost.value.0),
        })
    }

    /// Each target as a model of its own, with the alias's retries and time limits.
    fn panel(&mut self, model: &Model) -> Vec<Arc<Model>> {
        let settings = &self.entry.value;
        // The alias was gathered before, with all faults of its targets.
        let (mut known_faults, mut known_warnings) = (Faults::default(), Faults::default());
        let mut member = |target| {
            let mut gathering =
                Gathering::new(self.known, &mut known_faults, &mut known_warnings, self.entry);
            let group = gathering.only(target, settings.drop_params.as_ref())?;
            let (targets, groups) = gathering.finish();
            let fallbacks = gw_model::routing::Fallbacks::default();
            Some(Arc::new(Model { group, groups, targets, fallbacks, ..model.clone() }))
        };
        settings.targets.value.iter().filter_map(&mut member).collect()
    }

    fn judge(&mut self, block: &At<EnsembleSettings>, model: &Model) -> Option<Arc<Model>> {
        let settings = &block.value;
        match (&settings.judge, settings.majority.value) {
            (Some(_), true) => {
                self.faults
                    .add(settings.majority.place, "'judge' and 'majority' exclude each other: remove one");
                None
            }
            (None, false) => {
                self.faults.add(block.place, "an ensemble needs 'judge', or 'majority: true'");
                None
            }
            (None, true) => {
                if let Some(prompt) = &settings.prompt {
                    self.faults.add(prompt.place, "'prompt' is for a judge: remove it, or name a 'judge'");
                }
                None
            }
            (Some(judge), false) => {
                let judge = self.named(judge)?;
                // Callers see the name that they asked for.
                Some(Arc::new(Model { name: Arc::clone(&model.name), ..Model::clone(&judge) }))
            }
        }
    }

    /// What has no price can not be kept within one.
    fn check_prices<'m>(
        &mut self,
        block: &At<EnsembleSettings>,
        models: impl Iterator<Item = &'m Arc<Model>>,
    ) {
        let Some(cost) = &block.value.max_cost_usd else { return };
        let mut targets = models.flat_map(|model| &model.targets);
        if let Some(target) = targets.find(|target| !target.info.prices.prices_tokens()) {
            let (model, provider) = (&target.model, &target.provider.name);
            let message =
                format!("the price of '{model}' at '{provider}' is not known: state it in 'prices'");
            self.faults.add(cost.place, message);
        }
    }

    fn check_numbers(&mut self, block: &At<EnsembleSettings>, panel: usize) {
        let settings = &self.entry.value;
        let quorum = &block.value.quorum;
        if panel > usize::from(MAX_SUB_CALLS) {
            let message =
                format!("an ensemble has at most {MAX_SUB_CALLS} targets, and this one has {panel}");
            self.faults.add(settings.targets.place, message);
        }
        if quorum.value.size() > panel {
            let place = if block.value.quorum.place == crate::place::Place::NONE {
                block.place
            } else {
                quorum.place
            };
            let message = format!("'quorum' is {}, and there are only {panel} targets", quorum.value.get());
            self.faults.add(place, message);
        }
    }
}

/// Compiles all aliases.
pub(super) fn compile(known: &Known<'_>, faults: &mut Faults, warnings: &mut Faults) -> Plain {
    let mut compiled = models::compile(known, faults, warnings);
    add(known, &mut compiled, faults);
    compiled
}

//! Aliases: targets that exist, weights that add up, and the facts of each target's model.

use super::providers::Providers;
use super::{credentials, prices};
use crate::errors::Faults;
use crate::place::At;
use crate::settings::drop_params::DropParamsSetting;
use crate::settings::models::{ModelSettings, StrategyName, TargetSettings};
use crate::settings::retry::RetrySettings;
use crate::settings::timeouts::TimeoutSettings;
use crate::shape::{Named, NamedEntry};
use gw_model::catalog::{Catalog, ModelInfo};
use gw_model::nearest::nearest;
use gw_model::snapshot::{Model, RetryPolicy, Strategy, Target, Timeouts};
use std::collections::HashMap;
use std::sync::Arc;

/// Most targets of one alias.
const MAX_TARGETS: usize = 100;

pub(super) fn compile(
    settings: &Named<ModelSettings>,
    providers: &Providers,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> HashMap<Arc<str>, Arc<Model>> {
    let mut models = HashMap::with_capacity(settings.0.len());
    for entry in &settings.0 {
        if entry.name.contains(|c: char| c.is_whitespace() || c == '*') {
            faults.add(entry.place, format!("model name '{}' may not have spaces or '*'", entry.name));
            continue;
        }
        let model = model(entry, providers, catalog, faults);
        models.insert(Arc::clone(&model.name), Arc::new(model));
    }
    models
}

fn model(
    entry: &NamedEntry<ModelSettings>,
    providers: &Providers,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> Model {
    let settings = &entry.value;
    let targets = &settings.targets;
    let strategy = match settings.strategy.value {
        StrategyName::Fallback => Strategy::Fallback,
        StrategyName::Weighted => Strategy::Weighted,
    };
    if targets.value.is_empty() {
        faults.add(targets.place, format!("model '{}' has no targets: add at least one", entry.name));
    }
    if targets.value.len() > MAX_TARGETS {
        faults.add(targets.place, format!("model '{}' has more than {MAX_TARGETS} targets", entry.name));
    }
    let weights: u64 = targets.value.iter().map(|target| target.value.weight.value.get()).sum();
    if strategy == Strategy::Weighted && weights == 0 && !targets.value.is_empty() {
        faults
            .add(targets.place, format!("all weights of model '{}' are 0: give one target more", entry.name));
    }
    Model {
        name: entry.name.as_str().into(),
        strategy,
        targets: targets
            .value
            .iter()
            .filter_map(|t| target(t, settings.drop_params.as_ref(), providers, catalog, faults))
            .map(Arc::new)
            .collect(),
        retry: retry(&settings.retry.value, faults),
        timeouts: timeouts(&settings.timeout.value),
    }
}

fn target(
    at: &At<TargetSettings>,
    drop_of_alias: Option<&At<DropParamsSetting>>,
    providers: &Providers,
    catalog: &dyn Catalog,
    faults: &mut Faults,
) -> Option<Target> {
    let settings = &at.value;
    let (name, model) = (settings.provider.value.as_str(), settings.model.value.as_str());
    if model.is_empty() {
        faults.add(settings.model.place, "'model' is empty: write the model's name at the provider");
    }
    let Some(provider) = providers.providers.get(name) else {
        if !providers.broken.iter().any(|broken| broken == name) {
            faults.add(settings.provider.place, missing(name, providers));
        }
        return None;
    };
    let credential = settings.credential.as_ref();
    if let Some(wanted) = credential.filter(|wanted| !credentials::has(provider, wanted.value.as_str())) {
        let message = format!("provider '{name}' has no credential '{}'", wanted.value.as_str());
        faults.add(wanted.place, message);
    }
    let mut info = providers.info(provider, model, catalog);
    if let Some(facts) = &settings.prices {
        let base = ModelInfo::clone(&info);
        info =
            Arc::new(prices::resolve(&facts.value, facts.place, base, &provider.price_key, catalog, faults));
    }
    if let Some(drop) = settings.drop_params.as_ref().or(drop_of_alias) {
        Arc::make_mut(&mut info).drop_params = drop.value.0.clone();
    }
    Some(Target {
        provider: Arc::clone(provider),
        model: model.into(),
        weight: settings.weight.value.small(),
        credential: credential.map(|name| name.value.as_str().into()),
        info,
    })
}

fn missing(name: &str, providers: &Providers) -> String {
    let names = providers.providers.keys().map(AsRef::as_ref);
    match nearest(name, names) {
        Some(near) => format!("there is no provider '{name}', did you mean '{near}'?"),
        None => format!("there is no provider '{name}': add it under 'providers'"),
    }
}

fn retry(settings: &RetrySettings, faults: &mut Faults) -> RetryPolicy {
    let (backoff, longest) = (settings.backoff_ms, settings.max_backoff_ms);
    if backoff.value.get() > longest.value.get() {
        let message = format!("'backoff_ms' is larger than 'max_backoff_ms' ({})", longest.value.get());
        faults.add(backoff.place, message);
    }
    RetryPolicy {
        attempts: settings.attempts.value.small(),
        on: match &settings.on {
            Some(on) => on.value.iter().map(|failure| failure.value.0).collect(),
            None => RetryPolicy::default().on,
        },
        backoff_ms: backoff.value.get(),
        max_backoff_ms: longest.value.get(),
    }
}

const fn timeouts(settings: &TimeoutSettings) -> Timeouts {
    Timeouts {
        connect_ms: settings.connect_ms.value.get(),
        first_byte_ms: settings.first_byte_ms.value.get(),
        idle_ms: settings.idle_ms.value.get(),
        total_ms: settings.total_ms.value.get(),
    }
}

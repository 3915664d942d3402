//! Aliases: what each stands for, with its retries and time limits. Which targets that comes to is `targets`' to find.

use super::providers::Providers;
use super::targets::Gathering;
use super::{hedge, outlier};
use crate::errors::Faults;
use crate::place::Place;
use crate::settings::models::{FailurePolicyName, ModelSettings};
use crate::settings::retry::RetrySettings;
use crate::settings::timeouts::TimeoutSettings;
use crate::shape::{Named, NamedEntry};
use gw_model::catalog::Catalog;
use gw_model::routing::{FailurePolicy, Fallbacks};
use gw_model::snapshot::{Model, RetryPolicy, Target, Timeouts};
use std::collections::HashMap;
use std::sync::Arc;

/// What aliases are made from.
pub(super) struct Known<'a> {
    pub(super) models: &'a Named<ModelSettings>,
    pub(super) providers: &'a Providers,
    pub(super) catalog: &'a dyn Catalog,
}

pub(super) fn compile(
    known: &Known<'_>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> HashMap<Arc<str>, Arc<Model>> {
    let mut models = HashMap::with_capacity(known.models.0.len());
    for entry in &known.models.0 {
        if entry.name.contains(|c: char| c.is_whitespace() || c == '*') {
            faults.add(entry.place, format!("model name '{}' may not have spaces or '*'", entry.name));
            continue;
        }
        let model = model(entry, known, faults, warnings);
        models.insert(Arc::clone(&model.name), Arc::new(model));
    }
    models
}

fn model(
    entry: &NamedEntry<ModelSettings>,
    known: &Known<'_>,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> Model {
    let settings = &entry.value;
    let mut gathering = Gathering::new(known, faults, warnings, entry);
    let group = gathering.alias(settings);
    let lists = &settings.fallbacks.value;
    let failure_policy = match settings.failure_policy.value {
        FailurePolicyName::Normal => FailurePolicy::Normal,
        FailurePolicyName::FailClosed => FailurePolicy::FailClosed,
        FailurePolicyName::AlwaysAnswer => FailurePolicy::AlwaysAnswer,
    };
    let fallbacks = Fallbacks {
        default: gathering.fallback(&lists.default),
        context_window: gathering.fallback(&lists.context_window),
        content_policy: gathering.fallback(&lists.content_policy),
    };
    let has_fallbacks = fallbacks.default.is_some()
        || fallbacks.context_window.is_some()
        || fallbacks.content_policy.is_some();
    let (targets, groups) = gathering.finish();
    if failure_policy == FailurePolicy::FailClosed && has_fallbacks {
        let message = "'fallbacks' name other models, and 'failure_policy: fail-closed' never goes to one: remove \
                       one of the two";
        faults.add(settings.failure_policy.place, message);
    }
    let hedge = hedge::hedge(settings, targets.len(), faults);
    let outlier = outlier::outlier(settings, targets.len(), faults);
    warn_of_useless_queue(settings, &targets, warnings);
    Model {
        name: entry.name.as_str().into(),
        group,
        groups,
        targets,
        fallbacks,
        failure_policy,
        max_targets: settings.max_targets.value.small(),
        retry: retry(&settings.retry.value, faults),
        timeouts: timeouts(&settings.timeout.value),
        hedge,
        outlier,
        queue: settings.queue.value.policy(),
        mirror: None,
        ensemble: None,
        guardrails: settings.guardrails.value.0.iter().map(|name| name.value.as_str().into()).collect(),
    }
}

/// Nobody waits where no target says how many calls it takes.
fn warn_of_useless_queue(settings: &ModelSettings, targets: &[Arc<Target>], warnings: &mut Faults) {
    let is_written = settings.queue.value.place != Place::NONE;
    let has_places = |target: &Arc<Target>| target.capacity.is_some_and(|has| has.max_parallel.is_some());
    if is_written && !targets.iter().any(has_places) {
        let message =
            "no call ever waits here: give a target 'capacity: { max_parallel: ... }', or remove 'queue'";
        warnings.add(settings.queue.place, message);
    }
}

pub(super) fn retry(settings: &RetrySettings, faults: &mut Faults) -> RetryPolicy {
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
        first_token_ms: settings.first_token_ms.value.get(),
    }
}

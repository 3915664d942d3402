//! Outlier ejection of an alias: numbers that do not go together, and models without peers.

use crate::errors::Faults;
use crate::place::Place;
use crate::settings::models::{ModelSettings, StrategyName};
use gw_model::routing::OutlierPolicy;

/// `targets` is how many the alias has, those of aliases within it included.
pub(super) fn outlier(
    settings: &ModelSettings,
    targets: usize,
    faults: &mut Faults,
) -> Option<OutlierPolicy> {
    let at = settings.outlier.as_ref()?;
    let block = &at.value;
    if settings.strategy.value == StrategyName::Ensemble {
        faults.add(at.place, "an ensemble asks all of its targets at once: remove 'outlier'");
    } else if targets == 1 {
        let message = "'outlier' compares targets with each other: add a second one, or remove 'outlier'";
        faults.add(at.place, message);
    }
    let (first, longest) = (&block.eject_seconds, &block.max_eject_seconds);
    if first.value.get() > longest.value.get() {
        let place = if first.place == Place::NONE { longest.place } else { first.place };
        let message = format!("'eject_seconds' is larger than 'max_eject_seconds' ({})", longest.value.get());
        faults.add(place, message);
    }
    Some(OutlierPolicy {
        factor_permille: block.factor.value.permille(),
        min_requests: block.min_requests.value.small(),
        window_ms: block.window_seconds.value.get() * 1000,
        max_ejected_percent: block.max_ejected_percent.value.small(),
        eject_ms: first.value.get() * 1000,
        max_eject_ms: longest.value.get() * 1000,
    })
}

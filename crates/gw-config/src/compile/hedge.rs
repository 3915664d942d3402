//! Hedging of an alias: settings that exclude each other, and models that have nobody to ask besides.

use crate::errors::Faults;
use crate::place::At;
use crate::settings::hedge::{AfterName, HedgeSettings};
use crate::settings::models::{ModelSettings, StrategyName};
use gw_model::routing::{Hedge, HedgeAfter};

/// Shortest silence unless the file says otherwise, in milliseconds.
const MIN_MS: u64 = 50;
/// Longest, in milliseconds.
const MAX_MS: u64 = 10_000;

/// `targets` is how many the alias has, those of aliases within it included.
pub(super) fn hedge(settings: &ModelSettings, targets: usize, faults: &mut Faults) -> Option<Hedge> {
    let at = settings.hedge.as_ref()?;
    if settings.strategy.value == StrategyName::Ensemble {
        faults.add(at.place, "an ensemble asks all of its targets at once: remove 'hedge'");
    } else if targets == 1 {
        faults.add(at.place, "'hedge' needs a second target to ask: add one, or remove 'hedge'");
    }
    let after = after(at, faults);
    let block = &at.value;
    Some(Hedge {
        after,
        max_percent: block.max_percent.value.small(),
        burst: block.burst.value.small(),
        attempts: block.attempts.value.small(),
    })
}

fn after(at: &At<HedgeSettings>, faults: &mut Faults) -> HedgeAfter {
    let block = &at.value;
    let Some(after_ms) = &block.after_ms else {
        let min_ms = block.min_ms.as_ref().map_or(MIN_MS, |min| min.value.get());
        let max_ms = block.max_ms.as_ref().map_or(MAX_MS.max(min_ms), |max| max.value.get());
        if min_ms > max_ms {
            let place = block.max_ms.as_ref().or(block.min_ms.as_ref()).map_or(at.place, |at| at.place);
            faults.add(place, format!("'max_ms' is smaller than 'min_ms' ({min_ms})"));
        }
        let permille = match block.after.as_ref().map(|after| after.value) {
            Some(AfterName::P90) => 900,
            Some(AfterName::P95) | None => 950,
            Some(AfterName::P99) => 990,
        };
        return HedgeAfter::Percentile { permille, min_ms, max_ms };
    };
    if let Some(after) = &block.after {
        faults.add(after.place, "'after' and 'after_ms' exclude each other: remove one");
    }
    for (name, bound) in [("min_ms", &block.min_ms), ("max_ms", &block.max_ms)] {
        if let Some(bound) = bound {
            faults.add(bound.place, format!("'{name}' is for 'after': remove it, or 'after_ms'"));
        }
    }
    HedgeAfter::Ms(after_ms.value.get())
}

//! Sums of money in metrics: counted in nano-dollars, shown in dollars. A sum of floats would drift from what the records
//! say; one division at the end does not, up to some millions of dollars.

use gw_model::NanoUsd;
use prometheus_client::encoding::{CounterValueEncoder, EncodeCounterValue};
use prometheus_client::metrics::counter::{Atomic, Counter};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts money.
pub(super) type UsdCounter = Counter<Shown, NanoUsdSum>;

/// An amount as a metric shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown(pub(super) NanoUsd);

impl EncodeCounterValue for Shown {
    #[expect(clippy::cast_precision_loss, reason = "for display only; exact up to 2^53 nano-dollars")]
    fn encode(&self, encoder: &mut CounterValueEncoder) -> Result<(), std::fmt::Error> {
        (self.0.0 as f64 / 1e9).encode(encoder)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct NanoUsdSum(AtomicU64);

impl Atomic<Shown> for NanoUsdSum {
    fn inc(&self) -> Shown {
        self.inc_by(Shown(NanoUsd(1)))
    }

    fn inc_by(&self, v: Shown) -> Shown {
        Shown(NanoUsd(self.0.fetch_add(v.0.0, Ordering::Relaxed)))
    }

    fn get(&self) -> Shown {
        Shown(NanoUsd(self.0.load(Ordering::Relaxed)))
    }
}

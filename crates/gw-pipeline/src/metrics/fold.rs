//! What becomes of the journal, read when metrics are: how much of it reached the store, and what could not be read.

use gw_store::fold::FoldStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use std::fmt;

/// Says how far the fold is; `None` while there is none.
pub(super) type Look = Box<dyn Fn() -> Option<FoldStats> + Send + Sync>;

/// See the module.
pub(super) struct FoldCollector(pub(super) Look);

impl fmt::Debug for FoldCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoldCollector").finish_non_exhaustive()
    }
}

impl Collector for FoldCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = (self.0)().unwrap_or_default();
        let mut counter = |name, help, value: u64| {
            let family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(family)
        };
        counter("fold_records", "Records that went from the journal into the store", stats.records)?;
        counter("fold_rounds", "Transactions that brought them there", stats.rounds)?;
        counter("fold_failed_rounds", "Transactions that failed, to be made up for", stats.failed_rounds)?;
        let help = "Bytes of the journal that could not be read as entries";
        counter("journal_corrupt_bytes", help, stats.corrupt_bytes)
    }
}

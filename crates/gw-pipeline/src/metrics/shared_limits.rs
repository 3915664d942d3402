//! Metrics of limits that gateways count together. Registered only where they do.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct SharedLimitMetrics {
    /// 1 while limits and budgets hold for all gateways together.
    pub up: Gauge,
    /// How many gateways there were when that was last known.
    pub nodes: Gauge,
    /// Calls that had to go by what this gateway knows by itself.
    pub alone: Counter,
}

impl SharedLimitMetrics {
    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    pub(crate) fn register(&self, registry: &mut Registry) {
        let text = "1 while limits and budgets hold for all gateways together";
        registry.register("shared_limits_up", text, self.up.clone());
        let text = "Gateways that count limits together, as seen last";
        registry.register("shared_limits_nodes", text, self.nodes.clone());
        let text = "Holds that were judged by this gateway alone, as Redis could not be asked";
        registry.register("shared_limits_alone", text, self.alone.clone());
    }
}

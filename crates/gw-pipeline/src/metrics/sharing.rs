//! Counters of what gateways tell each other of deployments. Registered only where they meet anywhere: elsewhere a gauge
//! that stands at 0 would look like an outage.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MessageLabels {
    outcome: &'static str,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct SharingMetrics {
    /// 1 while Redis is connected.
    pub up: Gauge,
    /// Changes that were told to others.
    pub sent: Counter,
    /// Changes that others told.
    pub received: Counter,
    /// Changes that were not told, or not looked at, as too many came at once.
    pub dropped: Counter,
    /// Messages that were none of ours, or of another version.
    pub malformed: Counter,
}

impl SharingMetrics {
    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    pub(super) fn register(registry: &mut Registry) -> Self {
        let messages: Family<MessageLabels, Counter> = Family::default();
        let counter = |outcome| messages.get_or_create(&MessageLabels { outcome }).clone();
        let (sent, received) = (counter("sent"), counter("received"));
        let (dropped, malformed) = (counter("dropped"), counter("malformed"));
        let up = Gauge::default();
        registry.register("redis_up", "1 while Redis is connected", up.clone());
        registry.register("redis_messages", "Messages between gateways, by what came of them", messages);
        Self { up, sent, received, dropped, malformed }
    }
}

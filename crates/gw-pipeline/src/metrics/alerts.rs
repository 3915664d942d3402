//! Counters of alerts: looks, what they found, and who was told. They are not of the request path, but stand where all metrics
//! are declared.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LookLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EventLabels {
    kind: &'static str,
    event: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DeliveryLabels {
    channel: &'static str,
    outcome: &'static str,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct AlertMetrics {
    looks: Family<LookLabels, Counter>,
    events: Family<EventLabels, Counter>,
    deliveries: Family<DeliveryLabels, Counter>,
    /// Alerts that go on.
    pub firing: Gauge,
    /// Notices that wait to be told.
    pub waiting: Gauge,
}

impl AlertMetrics {
    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    pub(super) fn register(&self, registry: &mut Registry) {
        let text = "Looks for alerts, by what came of them";
        registry.register("alerts_evaluations", text, self.looks.clone());
        let text = "What alerts did, by the kind of their rule: firing, repeated, resolved";
        registry.register("alerts_events", text, self.events.clone());
        let text = "Notices by the kind of channel: sent, retry, failed, dropped";
        registry.register("alerts_deliveries", text, self.deliveries.clone());
        registry.register("alerts_firing", "Alerts that go on", self.firing.clone());
        registry.register("alerts_waiting", "Notices that wait to be told", self.waiting.clone());
    }

    /// Notes a look: `ok`, or `failed` where figures or what is known could not be read.
    pub fn note_look(&self, outcome: &'static str) {
        self.looks.get_or_create(&LookLabels { outcome }).inc();
    }

    /// Notes what an alert of a kind of rule did.
    pub fn note_event(&self, kind: &'static str, event: &'static str) {
        self.events.get_or_create(&EventLabels { kind, event }).inc();
    }

    /// Notes what became of so many notices.
    pub fn note_delivery(&self, channel: &'static str, outcome: &'static str, count: u64) {
        self.deliveries.get_or_create(&DeliveryLabels { channel, outcome }).inc_by(count);
    }
}

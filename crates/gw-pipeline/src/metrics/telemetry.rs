//! Counters of what is told to collectors of OpenTelemetry: how much went out, and how much was dropped.

use gw_model::telemetry::Signal;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DropLabels {
    signal: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ExportLabels {
    signal: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SentLabels {
    signal: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct UntoldLabels {
    reason: &'static str,
}

/// Why something was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Too much was waiting.
    QueueFull,
    /// The collector was away, or busy, for too long.
    Unreachable,
    /// The collector does not want it.
    Rejected,
    /// The process ended before.
    Shutdown,
}

impl Dropped {
    const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Unreachable => "unreachable",
            Self::Rejected => "rejected",
            Self::Shutdown => "shutdown",
        }
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct TelemetryMetrics {
    dropped: Family<DropLabels, Counter>,
    exports: Family<ExportLabels, Counter>,
    sent: Family<SentLabels, Counter>,
    untold: Family<UntoldLabels, Counter>,
}

impl TelemetryMetrics {
    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "otlp_exports",
            "Requests to collectors, by what came of them",
            self.exports.clone(),
        );
        registry.register(
            "otlp_sent",
            "Spans, events and readings of all metrics that collectors took",
            self.sent.clone(),
        );
        let text = "Spans, events and readings of all metrics that collectors did not get";
        registry.register("otlp_dropped", text, self.dropped.clone());
        let text = "Calls whose span has not what was asked and answered, by the reason";
        registry.register("otlp_content_dropped", text, self.untold.clone());
    }

    /// Notes that so many were not told.
    pub fn note_dropped(&self, signal: Signal, reason: Dropped, count: u64) {
        let labels = DropLabels { signal: signal.as_str(), reason: reason.as_str() };
        self.dropped.get_or_create(&labels).inc_by(count);
    }

    /// Notes a request to a collector: `ok`, `partial`, `retry` or `failed`.
    pub fn note_export(&self, signal: Signal, outcome: &'static str) {
        self.exports.get_or_create(&ExportLabels { signal: signal.as_str(), outcome }).inc();
    }

    /// Notes that a collector took so many.
    pub fn note_sent(&self, signal: Signal, count: u64) {
        self.sent.get_or_create(&SentLabels { signal: signal.as_str() }).inc_by(count);
    }

    /// Notes that a call's prompt and answer were not told: `no_room`, `late` or `unreadable`.
    pub fn note_untold(&self, reason: &'static str) {
        self.untold.get_or_create(&UntoldLabels { reason }).inc();
    }

    /// A request was not even looked at.
    pub(crate) fn note_overflow(&self, signals: impl Iterator<Item = Signal>) {
        for signal in signals {
            self.note_dropped(signal, Dropped::QueueFull, 1);
        }
    }
}

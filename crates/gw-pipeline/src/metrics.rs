//! Counters and gauges of the request path, with bounded label sets. Names and units follow Prometheus'
//! conventions. It must not carry keys, end users or anything a caller writes, save model names up to a cap.

mod alerts;
mod bodies;
mod fold;
mod labels;
mod shared_limits;
mod sharing;
mod telemetry;
mod usd;

pub use alerts::AlertMetrics;
pub use shared_limits::SharedLimitMetrics;
pub use sharing::SharingMetrics;
pub use telemetry::{Dropped, TelemetryMetrics};

use crate::health::Checked;
use gw_model::snapshot::Model;
use gw_model::{ErrorCode, Micros, NanoUsd, Outcome, Priority, Record, SubCallRole, WireFormat};
use gw_store::fold::FoldStats;
use labels::{
    AskLabels, AttemptLabels, CacheLabels, CheckLabels, CredentialLabels, GuardrailLabels, HedgeLabels,
    IntroductionLabels, ModelLabels, RefusalLabels, RequestLabels, SemanticLabels, ShedLabels, SimilarLabels,
    SkipLabels, SubCallLabels, TargetLabels, TokenLabels,
};
use parking_lot::Mutex;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::HashSet;
use std::sync::Arc;
use usd::{Shown, UsdCounter};

/// Distinct model labels before further ones are counted as `other`.
const MAX_MODEL_LABELS: usize = 500;

/// Upper bounds of the duration histograms, in seconds.
const BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// See the module.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    cost: Family<TargetLabels, UsdCounter>,
    failed_attempts: Family<AttemptLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    credential_refreshes: Family<CredentialLabels, Counter>,
    introductions: Family<IntroductionLabels, Counter>,
    semantic_choices: Family<SemanticLabels, Counter>,
    health_checks: Family<CheckLabels, Counter>,
    duration: Family<TargetLabels, Histogram, fn() -> Histogram>,
    first_byte: Family<TargetLabels, Histogram, fn() -> Histogram>,
    overrun: UsdCounter,
    sub_calls: Family<SubCallLabels, Counter>,
    mirrors_skipped: Family<SkipLabels, Counter>,
    hedges: Family<HedgeLabels, Counter>,
    shed: Family<ShedLabels, Counter>,
    guardrails: Family<GuardrailLabels, Counter>,
    asks: Family<AskLabels, Counter>,
    waits: Family<ModelLabels, Histogram, fn() -> Histogram>,
    lag: Histogram,
    cache: Family<CacheLabels, Counter>,
    similar: Family<SimilarLabels, Counter>,
    saved: UsdCounter,
    /// Sub-calls of requests without an ending.
    pub sub_calls_in_flight: Gauge,
    /// Callers that wait for an answer that another call fetches, or are getting it.
    pub cache_passengers: Gauge,
    /// Turns that others are compared with; set when scraped.
    pub cache_index_entries: Gauge,
    /// Answers in the cache; set when scraped.
    pub cache_entries: Gauge,
    /// What they take in memory, in bytes; set when scraped.
    pub cache_bytes: Gauge,
    /// Upstream requests without an ending.
    pub in_flight: Gauge,
    /// Streams being sent to callers.
    pub open_streams: Gauge,
    /// Sessions over a WebSocket.
    pub open_sessions: Gauge,
    /// Records that could not be written.
    pub records_lost: Counter,
    /// Calls refused because the journal was full or failed.
    pub storage_refusals: Counter,
    /// Calls that a limit or budget would have refused that is only watched.
    pub shadow_refusals: Counter,
    /// Tries that went by a target since the limits of its deployment or provider let nothing through.
    pub tries_over_limits: Counter,
    /// Configurations refused at reload.
    pub config_reload_failures: Counter,
    /// Configurations put in force after the first.
    pub config_reloads: Counter,
    /// Entries of the audit log.
    pub audit_entries: Counter,
    /// Calls whose bodies are kept.
    pub bodies_written: Counter,
    /// Calls whose bodies were dropped since too much waited, or the database did not take them.
    pub bodies_dropped: Counter,
    /// Calls whose bodies could not be masked, and are not kept.
    pub bodies_unmasked: Counter,
    /// Segments of bodies that were sent to object storage.
    pub body_segments_sent: Counter,
    /// Times that object storage was of no use for bodies.
    pub body_storage_failures: Counter,
    /// Bytes of segments of bodies here, where they are sent to object storage.
    pub body_spool_bytes: Gauge,
    /// Entries of the audit log that could not be written.
    pub audit_failures: Counter,
    /// 1 while the store can be written.
    pub store_up: Gauge,
    /// Holds without a settlement; set when scraped.
    pub open_reservations: Gauge,
    /// Client connections.
    pub open_connections: Gauge,
    model_labels: Mutex<HashSet<String>>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("gatewright")),
            requests: Family::default(),
            tokens: Family::default(),
            cost: Family::default(),
            failed_attempts: Family::default(),
            refusals: Family::default(),
            credential_refreshes: Family::default(),
            introductions: Family::default(),
            semantic_choices: Family::default(),
            health_checks: Family::default(),
            duration: Family::new_with_constructor(histogram),
            first_byte: Family::new_with_constructor(histogram),
            overrun: UsdCounter::default(),
            sub_calls: Family::default(),
            mirrors_skipped: Family::default(),
            hedges: Family::default(),
            shed: Family::default(),
            guardrails: Family::default(),
            asks: Family::default(),
            waits: Family::new_with_constructor(histogram),
            lag: histogram(),
            cache: Family::default(),
            similar: Family::default(),
            cache_index_entries: Gauge::default(),
            saved: UsdCounter::default(),
            sub_calls_in_flight: Gauge::default(),
            cache_passengers: Gauge::default(),
            cache_entries: Gauge::default(),
            cache_bytes: Gauge::default(),
            in_flight: Gauge::default(),
            open_streams: Gauge::default(),
            open_sessions: Gauge::default(),
            records_lost: Counter::default(),
            storage_refusals: Counter::default(),
            shadow_refusals: Counter::default(),
            tries_over_limits: Counter::default(),
            config_reload_failures: Counter::default(),
            config_reloads: Counter::default(),
            audit_entries: Counter::default(),
            bodies_written: Counter::default(),
            bodies_dropped: Counter::default(),
            bodies_unmasked: Counter::default(),
            body_segments_sent: Counter::default(),
            body_storage_failures: Counter::default(),
            body_spool_bytes: Gauge::default(),
            audit_failures: Counter::default(),
            store_up: Gauge::default(),
            open_reservations: Gauge::default(),
            open_connections: Gauge::default(),
            model_labels: Mutex::default(),
        };
        metrics.register();
        metrics
    }

    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    fn register_cache(&self, r: &mut Registry) {
        r.register("cache_requests", "Requests that asked the cache, by what it had", self.cache.clone());
        r.register(
            "cache_comparisons",
            "Requests that were compared by what they mean, by what came of it",
            self.similar.clone(),
        );
        r.register(
            "cache_index_entries",
            "Turns that others are compared with",
            self.cache_index_entries.clone(),
        );
        r.register("cache_saved_usd", "What answers from the cache would have cost", self.saved.clone());
        r.register("cache_passengers", "Callers of answers that others fetch", self.cache_passengers.clone());
        r.register("cache_entries", "Answers in the cache", self.cache_entries.clone());
        r.register("cache_bytes", "What they take in memory", self.cache_bytes.clone());
    }

    #[expect(clippy::disallowed_methods, reason = "this is where metrics are registered")]
    fn register(&self) {
        let mut guard = self.registry.lock();
        let r = &mut *guard;
        r.register("requests", "Requests ended", self.requests.clone());
        r.register("tokens", "Tokens used, by kind", self.tokens.clone());
        r.register("cost_usd", "Cost of ended requests in US dollars", self.cost.clone());
        r.register("failed_attempts", "Tries that did not bring an answer", self.failed_attempts.clone());
        r.register("refusals", "Requests that the gateway refused, by its error code", self.refusals.clone());
        r.register(
            "credential_refreshes",
            "Credentials of providers that were obtained, or could not be",
            self.credential_refreshes.clone(),
        );
        r.register(
            "token_introductions",
            "Tokens of identity providers that were checked, once for each token",
            self.introductions.clone(),
        );
        r.register(
            "semantic_choices",
            "What came of prompts at semantic routes",
            self.semantic_choices.clone(),
        );
        r.register("health_checks", "Health checks, by what they found", self.health_checks.clone());
        r.register("request_duration_seconds", "Arrival to last byte", self.duration.clone());
        r.register("first_byte_seconds", "Arrival to first byte of the answer", self.first_byte.clone());
        r.register("sub_calls", "Sub-calls of requests that ended", self.sub_calls.clone());
        r.register("sub_calls_in_flight", "Sub-calls of requests", self.sub_calls_in_flight.clone());
        r.register("mirrors_skipped", "Requests that were not copied", self.mirrors_skipped.clone());
        r.register("hedges", "Second targets asked while the first was silent", self.hedges.clone());
        r.register("guardrail_findings", "What guardrails found, once a call", self.guardrails.clone());
        r.register("guardrail_questions", "Questions of guardrails to others", self.asks.clone());
        r.register("shed_requests", "Requests refused since there was too much to do", self.shed.clone());
        r.register("queue_seconds", "How long requests waited for a place at a target", self.waits.clone());
        r.register("worker_lag_seconds", "How late workers come to what is due", self.lag.clone());
        self.register_cache(r);
        r.register("budget_overrun_usd", "Usage above its hold, in US dollars", self.overrun.clone());
        r.register(
            "upstream_requests_in_flight",
            "Upstream requests without an ending",
            self.in_flight.clone(),
        );
        r.register("open_streams", "Streams being sent to callers", self.open_streams.clone());
        r.register("open_sessions", "Sessions over a WebSocket", self.open_sessions.clone());
        r.register("records_lost", "Records that could not be written", self.records_lost.clone());
        r.register(
            "storage_refusals",
            "Calls refused for want of journal space",
            self.storage_refusals.clone(),
        );
        r.register(
            "shadow_refusals",
            "Calls that limits or budgets that are only watched would have refused",
            self.shadow_refusals.clone(),
        );
        r.register("tries_over_limits", "Targets passed over for limits", self.tries_over_limits.clone());
        r.register("config_reloads", "Configurations put in force", self.config_reloads.clone());
        r.register(
            "config_reload_failures",
            "Configurations refused at reload",
            self.config_reload_failures.clone(),
        );
        self.register_bodies(r);
        r.register("audit_entries", "Entries of the audit log", self.audit_entries.clone());
        let text = "Entries of the audit log that could not be written";
        r.register("audit_failures", text, self.audit_failures.clone());
        r.register("store_up", "1 while the store can be written", self.store_up.clone());
        r.register("open_reservations", "Holds without a settlement", self.open_reservations.clone());
        r.register("open_connections", "Client connections", self.open_connections.clone());
    }

    /// Lets another part of the process register metrics of its own.
    pub fn with_registry(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock());
    }

    /// Registers what is counted between gateways. Call it once.
    pub fn sharing(&self) -> SharingMetrics {
        SharingMetrics::register(&mut self.registry.lock())
    }

    /// Shows how far the fold is. Call it once.
    pub fn follow_fold(&self, look: impl Fn() -> Option<FoldStats> + Send + Sync + 'static) {
        self.registry.lock().register_collector(Box::new(fold::FoldCollector(Box::new(look))));
    }

    /// Registers what is counted of alerts. Call it once.
    pub fn alerts(&self) -> AlertMetrics {
        let alerts = AlertMetrics::default();
        alerts.register(&mut self.registry.lock());
        alerts
    }

    /// Registers what is counted of telemetry. Call it once.
    pub(crate) fn telemetry(&self) -> TelemetryMetrics {
        let telemetry = TelemetryMetrics::default();
        telemetry.register(&mut self.registry.lock());
        telemetry
    }

    /// All metrics in the Prometheus text format (OpenMetrics).
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        self.open_reservations.set(gw_store::memory::open_reservations());
        let mut out = String::new();
        text::encode(&mut out, &self.registry.lock())?;
        Ok(out)
    }

    pub(crate) fn note_overrun(&self, amount: NanoUsd) {
        if amount > NanoUsd::ZERO {
            self.overrun.inc_by(Shown(amount));
        }
    }

    /// Counts a request that asked the cache.
    pub(crate) fn note_cache(&self, result: &'static str) {
        self.cache.get_or_create(&CacheLabels { result }).inc();
    }

    /// Counts a request that was compared by what it means.
    pub(crate) fn note_similar(&self, outcome: &'static str) {
        self.similar.get_or_create(&SimilarLabels { outcome }).inc();
    }

    /// Counts what an answer from the cache would have cost.
    pub(crate) fn note_saved(&self, amount: NanoUsd) {
        if amount > NanoUsd::ZERO {
            self.saved.inc_by(Shown(amount));
        }
    }

    pub(crate) fn note_sub_call(&self, role: SubCallRole, outcome: Outcome) {
        let labels = SubCallLabels { role: role.as_str(), outcome: outcome.as_str() };
        self.sub_calls.get_or_create(&labels).inc();
    }

    /// Counts a request that should have been copied. Its model is an alias.
    pub(crate) fn note_skipped_mirror(&self, model: &str, reason: &'static str) {
        let labels = SkipLabels { model: self.model_label(model), reason };
        self.mirrors_skipped.get_or_create(&labels).inc();
    }

    /// Counts what became of a hedge. Its model is an alias.
    pub(crate) fn note_hedge(&self, model: &str, event: &'static str) {
        let labels = HedgeLabels { model: self.model_label(model), event };
        self.hedges.get_or_create(&labels).inc();
    }

    /// Counts a call that was refused since there was too much to do.
    pub(crate) fn note_shed(&self, reason: &'static str, priority: Priority) {
        self.shed.get_or_create(&ShedLabels { reason, priority: priority.as_str() }).inc();
    }

    /// Counts a question of a guardrail, by what came of it. Its name comes from the configuration.
    pub(crate) fn note_ask(&self, guardrail: &str, outcome: &'static str) {
        let labels = AskLabels { guardrail: guardrail.to_owned(), outcome };
        self.asks.get_or_create(&labels).inc();
    }

    /// Counts what a guardrail found in a call. Its name comes from the configuration.
    pub(crate) fn note_guardrail(&self, guardrail: &str, action: &'static str, side: &'static str) {
        let labels = GuardrailLabels { guardrail: guardrail.to_owned(), action, side };
        self.guardrails.get_or_create(&labels).inc();
    }

    /// Notes how late a worker was.
    pub(crate) fn note_lag(&self, late: Micros) {
        self.lag.observe(seconds(u64::try_from(late).unwrap_or(0)));
    }

    /// Notes how long a call waited for a place.
    pub(crate) fn note_wait(&self, model: &str, waited_us: u64) {
        let labels = ModelLabels { model: self.model_label(model) };
        self.waits.get_or_create(&labels).observe(seconds(waited_us));
    }

    /// Counts a credential that was obtained, or could not be. Names come from the configuration.
    pub fn note_credential(&self, provider: &str, credential: &str, is_good: bool) {
        let labels = CredentialLabels {
            provider: provider.to_owned(),
            credential: credential.to_owned(),
            outcome: if is_good { "ok" } else { "failed" },
        };
        self.credential_refreshes.get_or_create(&labels).inc();
    }

    /// Counts a token that was found good, or was refused with that code.
    pub fn note_introduction(&self, refused: Option<ErrorCode>) {
        let outcome = refused.map_or("ok", ErrorCode::as_str);
        self.introductions.get_or_create(&IntroductionLabels { outcome }).inc();
    }

    /// Counts what came of a prompt at a semantic group. Models are aliases, whose names come from the configuration.
    pub(crate) fn note_semantic(&self, model: &str, outcome: &'static str) {
        let labels = SemanticLabels { model: model.to_owned(), outcome };
        self.semantic_choices.get_or_create(&labels).inc();
    }

    /// Counts a health check. Names come from the configuration.
    pub(crate) fn note_check(&self, provider: &str, found: Checked) {
        let outcome = match found {
            Checked::Good => "good",
            Checked::Bad => "bad",
            Checked::Unclear => "unclear",
        };
        let labels = CheckLabels { provider: provider.to_owned(), outcome };
        self.health_checks.get_or_create(&labels).inc();
    }

    /// Caps the number of model labels: callers can name models freely under `provider/*`.
    fn model_label(&self, model: &str) -> String {
        let mut seen = self.model_labels.lock();
        if seen.contains(model) {
            return model.to_owned();
        }
        if seen.len() >= MAX_MODEL_LABELS {
            return "other".to_owned();
        }
        seen.insert(model.to_owned());
        model.to_owned()
    }

    pub(crate) fn handles(&self, key: &EndingKey) -> EndingHandles {
        let model = self.model_label(&key.model);
        let provider = key.provider.clone();
        let target = TargetLabels { model: model.clone(), provider: provider.clone() };
        let tokens = |kind| {
            let labels = TokenLabels { model: model.clone(), provider: provider.clone(), kind };
            self.tokens.get_or_create(&labels).clone()
        };
        let labels = RequestLabels {
            format: key.format.as_str(),
            model: model.clone(),
            provider: provider.clone(),
            outcome: key.outcome.as_str(),
            status: key.status,
        };
        EndingHandles {
            requests: self.requests.get_or_create(&labels).clone(),
            input: tokens("input"),
            output: tokens("output"),
            cached: tokens("cached"),
            cost: self.cost.get_or_create(&target).clone(),
            duration: self.duration.get_or_create(&target).clone(),
            first_byte: self.first_byte.get_or_create(&target).clone(),
            failed_attempts: self.failed_attempts.clone(),
            refusals: self.refusals.clone(),
            details: [tokens("cache_write"), tokens("reasoning")],
        }
    }
}

/// An ended call, to be counted.
pub(crate) struct Ending<'a> {
    pub(crate) record: &'a Record,
    pub(crate) model: Option<&'a Model>,
}

/// What decides the labels of an ended call.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub(crate) struct EndingKey {
    format: WireFormat,
    outcome: Outcome,
    status: u16,
    model: Arc<str>,
    provider: String,
}

impl Ending<'_> {
    pub(crate) fn key(&self) -> EndingKey {
        EndingKey {
            format: self.record.format,
            outcome: self.record.outcome,
            status: self.record.status,
            // A name that resolved to nothing is a caller's text: not a label.
            model: self.model.map_or_else(|| "none".into(), |m| Arc::clone(&m.name)),
            provider: self.record.last_attempt().map_or_else(|| "none".to_owned(), |a| a.provider.clone()),
        }
    }
}

/// Metric handles of one label set, looked up once.
pub(crate) struct EndingHandles {
    requests: Counter,
    input: Counter,
    output: Counter,
    cached: Counter,
    cost: UsdCounter,
    duration: Histogram,
    first_byte: Histogram,
    failed_attempts: Family<AttemptLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    /// Written to caches of providers, and spent on reasoning.
    details: [Counter; 2],
}

/// Seconds, for histograms.
#[expect(clippy::cast_precision_loss, reason = "a metric's precision suffices")]
fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

impl EndingHandles {
    pub(crate) fn count(&self, record: &Record) {
        // What a request starts is no further request.
        if record.parent.is_none() {
            self.requests.inc();
            self.duration.observe(seconds(record.total_us));
            if let Some(us) = record.first_byte_us {
                self.first_byte.observe(seconds(us));
            }
        }
        if record.outcome == Outcome::Refused && record.parent.is_none() {
            self.refusals.get_or_create(&RefusalLabels { code: record.error_code.clone() }).inc();
        }
        for attempt in &record.attempts {
            self.input.inc_by(attempt.usage.input_tokens);
            self.output.inc_by(attempt.usage.output_tokens);
            self.cached.inc_by(attempt.usage.cached_tokens);
            let details = [attempt.usage.cache_writes(), attempt.usage.reasoning_tokens];
            for (counter, count) in self.details.iter().zip(details).filter(|(_, count)| *count > 0) {
                counter.inc_by(count);
            }
            self.cost.inc_by(Shown(attempt.cost));
            if !attempt.reason.is_empty() {
                let labels =
                    AttemptLabels { provider: attempt.provider.clone(), reason: attempt.reason.clone() };
                self.failed_attempts.get_or_create(&labels).inc();
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! The board as metrics: read when they are scraped. Only deployments that had trouble are listed, up to a cap: callers
//! can name models freely under `provider/*`.

use super::board::{Board, DeploymentView};
use gw_model::Clock;
use gw_model::routing::HealthPolicy;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::sync::Arc;

/// Most deployments that are listed.
const MAX_LISTED: usize = 500;

/// See the module.
#[derive(Debug)]
pub(crate) struct BoardCollector<C> {
    pub(crate) board: Arc<Board>,
    pub(crate) clock: Arc<C>,
}

impl<C: Clock + std::fmt::Debug + 'static> Collector for BoardCollector<C> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut views = self.board.views(&HealthPolicy::default(), self.clock.now());
        // Another gateway may have had the trouble.
        let is_away = |view: &DeploymentView| view.tripped_until.is_some() || view.parked_until.is_some();
        views.retain(|view| view.trips + view.pauses + view.ejections > 0 || is_away(view));
        views.truncate(MAX_LISTED);
        let is = |so: bool| i64::from(so);
        let gauge = |value| Sample::Gauge(ConstGauge::new(value));
        let counter = |value| Sample::Counter(ConstCounter::new(value));
        let mut family = |name, help, value: &dyn Fn(&DeploymentView) -> Sample| {
            let kind = value(&DeploymentView::default()).metric_type();
            let mut family = encoder.encode_descriptor(name, help, None, kind)?;
            views.iter().try_for_each(|view| value(view).encode(family.encode_family(&labels(view))?))
        };
        let help = "1 while a deployment is taken for down";
        family("deployment_down", help, &|view| gauge(is(view.tripped_until.is_some())))?;
        let help = "1 while a deployment's provider wants a pause";
        family("deployment_paused", help, &|view| gauge(is(view.parked_until.is_some())))?;
        let help = "1 while a deployment is behind its peers as an outlier";
        family("deployment_ejected", help, &|view| gauge(is(view.ejected_until.is_some())))?;
        let help = "How often a deployment was ejected as an outlier";
        family("deployment_ejections", help, &|view| counter(view.ejections))?;
        let help = "How often a deployment was taken for down";
        family("deployment_trips", help, &|view| counter(view.trips))?;
        let help = "How often a deployment's provider asked for a pause";
        family("deployment_pauses", help, &|view| counter(view.pauses))?;
        self.encode_waiting(&mut encoder)
    }
}

impl<C> BoardCollector<C> {
    /// How many calls wait, by model; there are at most as many models here as calls that wait.
    fn encode_waiting(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "Requests that wait for a place at a target";
        let mut family = encoder.encode_descriptor("waiting_requests", help, None, MetricType::Gauge)?;
        let mut waiting = self.board.waiting();
        waiting.sort();
        waiting.into_iter().take(MAX_LISTED).try_for_each(|(model, count)| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let labels = [("model", model.to_string())];
            ConstGauge::new(count).encode(family.encode_family(&labels)?)
        })
    }
}

/// One value.
enum Sample {
    Gauge(ConstGauge<i64>),
    Counter(ConstCounter<u64>),
}

impl Sample {
    fn metric_type(&self) -> MetricType {
        match self {
            Self::Gauge(gauge) => gauge.metric_type(),
            Self::Counter(counter) => counter.metric_type(),
        }
    }

    fn encode(&self, encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            Self::Gauge(gauge) => gauge.encode(encoder),
            Self::Counter(counter) => counter.encode(encoder),
        }
    }
}

/// The credential stands there only where a target is bound to one.
fn labels(view: &DeploymentView) -> Vec<(&'static str, String)> {
    let credential = view.credential.as_ref().map(|name| ("credential", name.to_string()));
    let named = [("provider", view.provider.to_string()), ("model", view.model.to_string())];
    named.into_iter().chain(credential).collect()
}

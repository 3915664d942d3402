//! How often a gateway took any of its targets for down, from its metrics.

use crate::wire::Server;
use bytes::Bytes;
use http::Method;
use std::time::Duration;

/// Longest wait for the metrics.
const PATIENCE: Duration = Duration::from_secs(5);

/// The metric.
const NAME: &str = "gatewright_deployment_trips_total{";

/// Of all targets of all gateways; `None` when one does not show its metrics.
pub(super) async fn count(gateways: &[Server]) -> Option<u64> {
    let mut sum = 0;
    for gateway in gateways {
        let exchange = gateway.exchange(Method::GET, "/metrics", Bytes::new());
        let reply = tokio::time::timeout(PATIENCE, exchange).await.ok()?.ok()?;
        sum += reply.status.is_success().then(|| trips(&String::from_utf8_lossy(&reply.body)))??;
    }
    Some(sum)
}

/// The sum over all targets; a target without trouble does not stand there. `None` when these are no metrics.
fn trips(text: &str) -> Option<u64> {
    let is_metrics = text.lines().any(|line| line.starts_with("# TYPE "));
    let values = text.lines().filter(|line| line.starts_with(NAME));
    is_metrics.then(|| values.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
}

#[cfg(test)]
mod tests;

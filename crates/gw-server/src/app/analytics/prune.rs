//! Removes sums by time that are older than the configuration keeps them.

use super::DAY;
use crate::app::state::App;
use gw_config::compile::RollupSettings;
use gw_store::analytics::Span;

/// Removes what is too old, some thousand rows at a time.
pub(crate) fn prune(app: &App, settings: &RollupSettings) {
    let now = app.gateway.clock().now();
    // Coarser sums are read in the place of finer ones: they stay as long at least.
    let hour_days = settings.hour_days.max(settings.minute_days);
    let day_days = settings.day_days.max(hour_days);
    let kept = [(Span::Minute, settings.minute_days), (Span::Hour, hour_days), (Span::Day, day_days)];
    let mut is_less = false;
    for (span, days) in kept {
        let before = now.saturating_sub(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY));
        loop {
            match app.storage.database.remove_rollups(span, before) {
                Ok(0) => break,
                // What calls had in common goes with the last of their sums, and those of days stay longest.
                Ok(_) => is_less |= span == Span::Day,
                Err(error) => return tracing::error!(%error, "old sums by time stay"),
            }
        }
    }
    if is_less && let Err(error) = app.storage.database.remove_series() {
        tracing::error!(%error, "what old sums by time had in common stays");
    }
}

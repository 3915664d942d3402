//! Sums by minute, hour and day, for charts, reports and alerts.

use crate::shape::{Whole, settings};

settings! {
    /// Sums by minute, hour and day (docs/guides/analytics.md). Read at start.
    pub struct AnalyticsSettings {
        /// Days that sums by minute are kept.
        default(7) minute_retention_days: Whole<1, 3_650>,
        /// Days that sums by hour are kept.
        default(100) hour_retention_days: Whole<1, 3_650>,
        /// Days that sums by day are kept.
        default(1_100) day_retention_days: Whole<1, 36_500>,
        /// Most callers (by key, user, model and how their calls went) that one gateway tells apart in a minute; calls of further ones are counted without key and user.
        default(2_000) max_minute_series: Whole<100, 1_000_000>,
        /// The same for an hour.
        default(20_000) max_hour_series: Whole<100, 1_000_000>,
    }
}

//! Time limits of a model alias.

use crate::shape::{Whole, settings};

settings! {
    /// Time limits, each in milliseconds.
    pub struct TimeoutSettings {
        /// For TCP and TLS to the provider.
        default(5_000) connect_ms: Whole<1, 600_000>,
        /// From the last byte of the request to the head of the answer.
        default(120_000) first_byte_ms: Whole<1, 3_600_000>,
        /// From the head of a stream to its first token, while another target is left.
        default(60_000) first_token_ms: Whole<1, 3_600_000>,
        /// Between two pieces of the answer.
        default(60_000) idle_ms: Whole<1, 3_600_000>,
        /// For the whole request, retries included.
        default(600_000) total_ms: Whole<1, 86_400_000>,
    }
}

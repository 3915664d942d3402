//! Limits of sessions over a WebSocket (OpenAI's Realtime).

use crate::shape::{Whole, settings};

settings! {
    /// Limits of one session over a WebSocket.
    pub struct RealtimeBlock {
        /// Largest message, of the client or the provider, in bytes.
        default(16_777_216) max_message_bytes: Whole<1_024, 1_073_741_824>,
        /// Longest life of a session, in milliseconds.
        default(7_200_000) max_session_ms: Whole<1_000, 86_400_000>,
        /// Silence of a side after which it gets a ping, and after as much again is taken for gone, in milliseconds. 0 turns it off.
        default(60_000) idle_ms: Whole<0, 3_600_000>,
        /// Most bytes that wait to be written, in each direction. Above that, the other side is not read.
        default(1_048_576) buffer_bytes: Whole<1_024, 1_073_741_824>,
    }
}

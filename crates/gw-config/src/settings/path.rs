//! Limits of the request path.

use super::realtime::RealtimeBlock;
use crate::shape::{Whole, settings};

settings! {
    /// Limits of the request path.
    pub struct PathBlock {
        /// Output tokens that are reserved when neither the request nor the model states a maximum.
        default(4_096) reserve_output_tokens: Whole<1, 10_000_000>,
        /// Largest request body, in bytes.
        default(67_108_864) max_body_bytes: Whole<1_024, 4_294_967_296>,
        /// Largest `x-gatewright-metadata`, in bytes; a larger one is refused with 400, as one that is no JSON object. Records keep 1 KiB of it.
        default(8_192) max_metadata_bytes: Whole<1_024, 65_536>,
        /// Deepest JSON nesting of a request.
        default(128) max_json_depth: Whole<8, 1_000>,
        /// Largest whole answer that is held back to state its cost in a header, in bytes. 0 turns it off.
        default(1_048_576) cost_header_buffer_bytes: Whole<0, 1_073_741_824>,
        /// Largest answer that is translated between formats, in bytes.
        default(67_108_864) max_translated_bytes: Whole<1_024, 4_294_967_296>,
        /// Largest event of a stream, in bytes.
        default(8_388_608) max_event_bytes: Whole<1_024, 1_073_741_824>,
        /// Silence after which a stream gets an SSE comment, in milliseconds. 0 turns it off.
        default(15_000) stream_ping_ms: Whole<0, 600_000>,
        /// Sessions over a WebSocket.
        section realtime: RealtimeBlock,
    }
}

//! The parsers that strangers' bytes reach.

use super::Target;

/// Every target.
pub(super) const TARGETS: &[Target] = &[
    ("upstream::chunked", gw_upstream::fuzzing::chunked),
    ("upstream::head", gw_upstream::fuzzing::head),
    ("wire::eventstream", gw_wire::fuzzing::fuzz_eventstream),
    ("wire::json_scan", gw_wire::fuzzing::fuzz_json_scan),
    ("wire::multipart", gw_wire::fuzzing::fuzz_multipart),
    ("wire::sse", gw_wire::fuzzing::fuzz_sse),
    ("wire::streams", gw_wire::fuzzing::fuzz_streams),
    ("wire::websocket", gw_wire::fuzzing::fuzz_websocket),
];

//! Names of the filters of records, for whoever takes them: the admin API's lists, live reading, exports and their schedules.
//! What they mean is known where they are read.

/// Of a call.
pub const FILTERS_OF_CALLS: [&str; 71] = [
    "include",
    "key_id",
    "team_id",
    "organization_id",
    "project_id",
    "user_id",
    "customer_id",
    "tag_id",
    "customer",
    "tag",
    "session",
    "trace_id",
    "user_agent",
    "model",
    "provider",
    "upstream_model",
    "format",
    "endpoint",
    "stream",
    "outcome",
    "status",
    "error_code",
    "error_detail",
    "usage_source",
    "tried_provider",
    "try_reason",
    "role",
    "cache",
    "guardrail",
    "guardrail_kind",
    "guardrail_side",
    "region",
    "route_node",
    "parameter",
    "metadata",
    "client_ip",
    "dropped_parameter",
    "media",
    "min_cost_usd",
    "max_cost_usd",
    "min_saved_usd",
    "max_saved_usd",
    "min_total_ms",
    "max_total_ms",
    "min_first_byte_ms",
    "max_first_byte_ms",
    "min_queue_ms",
    "max_queue_ms",
    "min_connect_ms",
    "max_connect_ms",
    "min_guardrails_ms",
    "max_guardrails_ms",
    "min_answer_guardrails_ms",
    "max_answer_guardrails_ms",
    "min_tokens_per_second",
    "max_tokens_per_second",
    "min_tokens",
    "max_tokens",
    "min_input_tokens",
    "max_input_tokens",
    "min_output_tokens",
    "max_output_tokens",
    "min_cached_tokens",
    "max_cached_tokens",
    "min_cache_write_tokens",
    "max_cache_write_tokens",
    "min_reasoning_tokens",
    "max_reasoning_tokens",
    "min_attempts",
    "max_attempts",
    "has_body",
];

/// Of what was said about it later.
const FILTERS_OF_FEEDBACK: [&str; 3] = ["feedback", "min_score", "max_score"];

/// All that may be asked of a record that is there.
pub const FILTERS: [&str; 74] = joined(&[&FILTERS_OF_CALLS, &FILTERS_OF_FEEDBACK]);

/// Names one behind the other, all `N` of them; with another number it does not compile.
#[must_use]
pub const fn joined<const N: usize>(parts: &[&[&'static str]]) -> [&'static str; N] {
    let (mut out, mut at, mut part) = ([""; N], 0, 0);
    while part < parts.len() {
        let mut place = 0;
        while place < parts[part].len() {
            out[at] = parts[part][place];
            (at, place) = (at + 1, place + 1);
        }
        part += 1;
    }
    assert!(at == N, "the number of names");
    out
}

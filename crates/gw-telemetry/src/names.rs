//! Names of attributes, metrics and events. Those without `gatewright` are of OpenTelemetry's semantic conventions: the general ones in the
//! version of [`SCHEMA_URL`], those for generative AI (in development) as their own repository had them in November 2026.
//! A test compares them with the published list.

/// The version of the general conventions.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// The scope of all that is told.
pub const SCOPE: &str = "gatewright";

pub use attribute::*;

/// Attributes.
mod attribute {
    /// What kind of operation.
    pub const OPERATION_NAME: &str = "gen_ai.operation.name";
    /// Who is asked.
    pub const PROVIDER_NAME: &str = "gen_ai.provider.name";
    /// The model that is asked for.
    pub const REQUEST_MODEL: &str = "gen_ai.request.model";
    /// Set on streams.
    pub const REQUEST_STREAM: &str = "gen_ai.request.stream";
    /// Requests that belong together.
    pub const CONVERSATION_ID: &str = "gen_ai.conversation.id";
    /// Input tokens, cached ones included.
    pub const USAGE_INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
    /// Output tokens, reasoning included.
    pub const USAGE_OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
    /// Input tokens read from the provider's cache.
    pub const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
    /// Input tokens written to it.
    pub const USAGE_CACHE_CREATION: &str = "gen_ai.usage.cache_creation.input_tokens";
    /// Output tokens spent on reasoning.
    pub const USAGE_REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
    /// What the model was told to be; on wish only, as the next two.
    pub const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
    /// The conversation.
    pub const INPUT_MESSAGES: &str = "gen_ai.input.messages";
    /// The answer.
    pub const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
    /// Seconds to the first piece of a stream.
    pub const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
    /// `input` or `output`.
    pub const TOKEN_TYPE: &str = "gen_ai.token.type";
    /// What went wrong, in a word.
    pub const ERROR_TYPE: &str = "error.type";
    /// Host that is asked.
    pub const SERVER_ADDRESS: &str = "server.address";
    /// Its port.
    pub const SERVER_PORT: &str = "server.port";
    /// Status of an answer.
    pub const HTTP_STATUS: &str = "http.response.status_code";
    /// How often a request was sent before.
    pub const RESEND_COUNT: &str = "http.request.resend_count";
    /// The end user.
    pub const USER_ID: &str = "user.id";
    /// Set on what is counted in one set for want of room.
    pub const OVERFLOW: &str = "otel.metric.overflow";
    /// Who tells it.
    pub const SERVICE_NAME: &str = "service.name";
    /// Its version.
    pub const SERVICE_VERSION: &str = "service.version";
    /// Which of several.
    pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
}

/// Attributes of our own.
pub mod own {
    /// The request's id, as in `x-request-id` and the logs.
    pub const REQUEST_ID: &str = "gatewright.request.id";
    /// The caller's wire format.
    pub const FORMAT: &str = "gatewright.format";
    /// How the request ended.
    pub const OUTCOME: &str = "gatewright.outcome";
    /// The gateway's error code.
    pub const ERROR_CODE: &str = "gatewright.error.code";
    /// Tries that were made.
    pub const ATTEMPTS: &str = "gatewright.attempts";
    /// Which try it was, from 1.
    pub const ATTEMPT: &str = "gatewright.attempt";
    /// What the cache had.
    pub const CACHE: &str = "gatewright.cache";
    /// Cost in US dollars; for display, the records have it exactly.
    pub const COST_USD: &str = "gatewright.cost_usd";
    /// What an answer from the cache saved.
    pub const SAVED_USD: &str = "gatewright.saved_usd";
    /// The key.
    pub const KEY_ID: &str = "gatewright.key.id";
    /// The team.
    pub const TEAM_ID: &str = "gatewright.team.id";
    /// The provider's configured name.
    pub const PROVIDER: &str = "gatewright.provider";
    /// What a sub-call is to its request.
    pub const SUB_CALL_ROLE: &str = "gatewright.sub_call.role";
    /// A guardrail.
    pub const GUARDRAIL: &str = "gatewright.guardrail.name";
    /// What it did, or what came of asking.
    pub const GUARDRAIL_OUTCOME: &str = "gatewright.guardrail.outcome";
    /// `request` or `response`.
    pub const GUARDRAIL_SIDE: &str = "gatewright.guardrail.side";
    /// Which part of the program logged a line.
    pub const LOG_TARGET: &str = "gatewright.log.target";
    /// What the line says besides; the name of it stands behind this.
    pub const LOG_FIELD: &str = "gatewright.log.field.";
    /// Where usage comes from: `upstream` or `estimated`.
    pub const USAGE_SOURCE: &str = "gatewright.usage.source";
}

/// Metrics of the conventions.
pub mod metric {
    /// Time that an operation at a provider took.
    pub const CLIENT_DURATION: &str = "gen_ai.client.operation.duration";
    /// Tokens that it used.
    pub const CLIENT_TOKENS: &str = "gen_ai.client.token.usage";
    /// Time to the first piece of a stream from a provider.
    pub const CLIENT_FIRST_CHUNK: &str = "gen_ai.client.operation.time_to_first_chunk";
    /// Time that a request took here.
    pub const SERVER_DURATION: &str = "gen_ai.server.request.duration";
    /// Time to the first token of an answer.
    pub const SERVER_FIRST_TOKEN: &str = "gen_ai.server.time_to_first_token";
    /// Time of each further token.
    pub const SERVER_PER_TOKEN: &str = "gen_ai.server.time_per_output_token";
}

/// The event of a request.
pub const EVENT_REQUEST: &str = "gatewright.request";

/// The event of a line of the gateway's own log.
pub const EVENT_LINE: &str = "gatewright.log";

/// The event of a guardrail's finding, within the request's span.
pub const EVENT_FINDING: &str = "gatewright.guardrail.finding";

//! The small types that every codec of this crate shares: options and results of writing a request,
//! what a writer of answers needs to know, and the error of reading an upstream's answer.
//! Serves the translate steps of the request path. It must not know any one wire format.

use crate::translate::ToolNames;
use bytes::Bytes;
use gw_model::DropParams;
use std::fmt;

/// Why an upstream's answer could not be read. Internal: callers see a [`gw_model::Refusal`] made from it.
#[derive(Debug)]
pub enum WireError {
    /// A body or frame is not JSON.
    Json {
        /// What the parser said.
        source: serde_json::Error,
    },
    /// It is JSON of another shape than the format has.
    Shape {
        /// What is wrong, with the member's path: `choices is not an array`.
        what: &'static str,
    },
    /// Something grew beyond a limit.
    TooLarge {
        /// What grew.
        what: &'static str,
        /// The limit, in the unit of `what`.
        limit: usize,
    },
    /// The upstream reported a failure in the place of an answer, with a status of success.
    Reported {
        /// Its kind or code, as the upstream names it; may be empty.
        kind: String,
        /// Its message; may be empty.
        message: String,
    },
    /// The stream ended before the answer was complete.
    Cut,
    /// The formats cannot be translated into each other.
    Untranslatable {
        /// What stands in the way.
        what: &'static str,
    },
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Never what stands there: its own words quote the answer.
            Self::Json { source } => write!(
                f,
                "the upstream's answer is not valid JSON: {:?} error at line {} column {}",
                source.classify(),
                source.line(),
                source.column()
            ),
            Self::Shape { what } => write!(f, "the upstream's answer has an unexpected shape: {what}"),
            Self::TooLarge { what, limit } => {
                write!(f, "the upstream's answer is too large: {what} > {limit}")
            }
            Self::Reported { kind, message } => {
                write!(f, "the upstream reported a failure in place of an answer: {kind} {message}")
            }
            Self::Cut => f.write_str("the upstream's stream ended before the answer was complete"),
            Self::Untranslatable { what } => write!(f, "the answer cannot be translated: {what}"),
        }
    }
}

impl WireError {
    /// The same for logs, which leave the host: nothing of what an upstream said.
    #[must_use]
    pub fn for_log(&self) -> String {
        match self {
            Self::Reported { .. } => "the upstream reported a failure in place of an answer".to_owned(),
            other => other.to_string(),
        }
    }
}

impl std::error::Error for WireError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json { source } => Some(source),
            _ => None,
        }
    }
}

impl From<serde_json::Error> for WireError {
    fn from(source: serde_json::Error) -> Self {
        Self::Json { source }
    }
}

/// What the gateway adds to or demands of a request when it writes it for a target.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name of the model at the target; the request's own when `None`.
    pub model: Option<String>,
    /// Ask the upstream for usage at the end of a stream.
    pub include_usage: bool,
    /// Bound on output tokens to send when the request has none and the format or policy demands one.
    pub default_max_output_tokens: Option<u64>,
    /// Largest bound on output tokens that may be sent; larger ones are clamped. `None`: no clamp.
    pub clamp_max_output_tokens: Option<u64>,
    /// Parameters to rename in the written body: from, to.
    pub rename: Vec<(String, String)>,
    /// Which parameters are left out where they would be refused.
    pub drop_params: DropParams,
}

/// A written request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The body.
    pub body: Vec<u8>,
    /// Parameters that the target's format cannot express and that were left out, in the caller's spelling.
    pub dropped: Vec<String>,
    /// Bodies of further requests, where one call becomes several: their answers belong together in that order.
    pub more: Vec<Vec<u8>>,
    /// Names of tools that were spelled as the target takes them.
    pub tool_names: ToolNames,
}

/// What a writer of answers needs besides the events.
#[derive(Clone, Debug, Default)]
pub struct WriteContext {
    /// Names of tools that the request was sent with, to be turned back.
    pub tool_names: ToolNames,
    /// Id of the answer when the upstream gave none.
    pub fallback_id: String,
    /// Model name of the answer when the upstream gave none.
    pub fallback_model: String,
    /// Seconds since the epoch, for formats that state it, when the upstream gave none.
    pub created: i64,
    /// The caller asked for usage at the end of a stream (always, in formats where usage is not optional).
    pub include_usage: bool,
    /// The caller's own request, for formats whose answers repeat parts of it.
    pub request: Bytes,
    /// The id under which the gateway stores the answer, in place of the upstream's, in formats that store answers.
    pub stored_as: Option<String>,
    /// The stream is to be a JSON array, where the format knows such streams.
    pub json_array: bool,
    /// Input tokens by the gateway's own estimate, for answers that must state some when the upstream states none.
    pub input_tokens: u64,
}

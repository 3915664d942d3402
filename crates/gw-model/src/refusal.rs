//! Why the gateway itself refuses a call. Each code has one status and one place in the public contract;
//! writers in `gw-wire` turn a [`Refusal`] into the caller's format.

use std::borrow::Cow;
use std::sync::Arc;

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $status:literal;)+) => {
        /// A stable machine code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$meta])* $variant),+ }
        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The code as it stands in `x-gatewright-error` and in bodies.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }
        }
    };
}

codes! {
    /// No credential, an unknown, expired or revoked one.
    InvalidApiKey = "invalid_api_key", 401;
    /// The signature of a caller that signs its requests is wrong.
    InvalidSignature = "invalid_signature", 403;
    /// The key may not call this model.
    ModelNotAllowed = "model_not_allowed", 403;
    /// The key may not use this endpoint.
    EndpointNotAllowed = "endpoint_not_allowed", 403;
    /// The key may not be used from this address.
    AddressNotAllowed = "address_not_allowed", 403;
    /// The key may not be used from this web page.
    OriginNotAllowed = "origin_not_allowed", 403;
    /// The key may not be used at this time.
    TimeNotAllowed = "time_not_allowed", 403;
    /// The key may not call this tool.
    ToolNotAllowed = "tool_not_allowed", 403;
    /// The key's calls may not go where the model is served.
    RegionNotAllowed = "region_not_allowed", 403;
    /// A condition of the key, or of what it belongs to, refuses the call.
    PolicyDenied = "policy_denied", 403;
    /// A budget has not enough left.
    BudgetExceeded = "budget_exceeded", 402;
    /// A rate limit is reached.
    RateLimitExceeded = "rate_limit_exceeded", 429;
    /// Too many requests at the same time.
    ConcurrencyLimitExceeded = "concurrency_limit_exceeded", 429;
    /// The request is malformed.
    InvalidRequest = "invalid_request", 400;
    /// The target cannot do what a parameter asks.
    UnsupportedParameter = "unsupported_parameter", 400;
    /// A guardrail blocked the request or the answer.
    GuardrailBlocked = "guardrail_blocked", 400;
    /// The input does not fit the model.
    ContextLengthExceeded = "context_length_exceeded", 400;
    /// No such model.
    ModelNotFound = "model_not_found", 404;
    /// No such path or object.
    NotFound = "not_found", 404;
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The client took too long to send its request.
    RequestTimeout = "request_timeout", 408;
    /// The body is larger than allowed.
    RequestTooLarge = "request_too_large", 413;
    /// A feature that this version does not have.
    NotImplemented = "not_implemented", 501;
    /// The upstream failed.
    UpstreamError = "upstream_error", 502;
    /// No target can take the call now.
    NoHealthyTarget = "no_healthy_target", 503;
    /// The gateway has too much to do.
    Overloaded = "overloaded", 503;
    /// The limit store cannot be reached.
    LimitsUnavailable = "limits_unavailable", 503;
    /// The journal's disk is full.
    StorageFull = "storage_full", 503;
    /// The keys of an identity provider cannot be read, so that its tokens cannot be checked.
    IdentityUnavailable = "identity_unavailable", 503;
    /// The database cannot be used at present.
    StorageUnavailable = "storage_unavailable", 503;
    /// The gateway is shutting down.
    ShuttingDown = "shutting_down", 503;
    /// Only an answer from the cache was asked for, and there is none.
    NotCached = "not_cached", 504;
    /// The upstream took too long.
    UpstreamTimeout = "upstream_timeout", 504;
    /// A fault of the gateway itself.
    Internal = "internal_error", 500;
}

/// A refusal: code, a message for the caller, and what the caller's format wants besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code; it decides the status.
    pub code: ErrorCode,
    /// One or two sentences: what is wrong and the way out. Never internal text.
    pub message: Cow<'static, str>,
    /// The parameter at fault, in the caller's spelling.
    pub param: Option<Cow<'static, str>>,
    /// Seconds after which a retry makes sense; 429 and 503 carry it.
    pub retry_after_seconds: Option<u32>,
    /// Another try would end the same way, though the status may let callers think otherwise.
    pub is_final: bool,
    /// What the caller gets as an answer like any other in place of an error, where its format has answers in words.
    pub answer: Option<Arc<str>>,
}

impl Refusal {
    /// A refusal with a message.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { code, message, param: None, retry_after_seconds: None, is_final: false, answer: None }
    }

    /// Names the parameter at fault.
    #[must_use]
    pub fn param(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(name.into());
        self
    }

    /// Says when to try again, in whole seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Gives the caller an answer in words in place of an error.
    #[must_use]
    pub fn answer(mut self, words: Option<Arc<str>>) -> Self {
        self.answer = words;
        self
    }

    /// Says that another try would end the same way.
    #[must_use]
    pub const fn final_if(mut self, is_final: bool) -> Self {
        self.is_final = is_final;
        self
    }
}

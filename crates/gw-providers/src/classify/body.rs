//! What an error's body says: its own kind and message, and the words in them that change what a status means.
//! Serves [`super::class`]. It must not know statuses' meanings, nor trust text that a caller may have put there:
//! what counts against a deployment or a credential is read from machine codes and from how a message begins.

use gw_model::catalog::ProviderKind;
use gw_model::{ErrorClass, ErrorCode, WireFormat};
use gw_wire::bedrock_converse::errors::{ERROR_TYPE_HEADER, plain_kind};
use gw_wire::json::cursor::DEPTH_CEILING;
use gw_wire::json::{Kind, Object};
use gw_wire::openai_responses::error as responses;
use http::HeaderMap;
use memchr::memmem;

/// The part of a text that is looked at when it is no JSON.
const MAX_TEXT_BYTES: usize = 2048;

/// Machine codes, in lower case, and the class that each says whatever the status is.
const KINDS: &[(ErrorClass, &[&str])] = &[
    (
        ErrorClass::QuotaExhausted,
        &[
            "billing_error",
            "billing_hard_limit_reached",
            "billing_not_active",
            "credit_balance_exhausted",
            "exceeded_current_quota_error",
            "insufficient_balance",
            "insufficient_credits",
            "insufficient_quota",
            "organization_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "payment_required",
            "project_spend_limit_exceeded",
            "servicequotaexceededexception",
        ],
    ),
    (
        ErrorClass::Overloaded,
        &[
            // Mistral, which has a word for it only as the type.
            "3505",
            "engine_overloaded_error",
            "flex_capacity_exceeded",
            "model_capacity_exhausted",
            "modelnotreadyexception",
            "no_capacity",
            "nocapacity",
            "overloaded",
            "overloaded_error",
            "queue_exceeded",
            "server_is_overloaded",
            "service_tier_capacity_exceeded",
            "service_unavailable",
            "service_unavailable_error",
            "serviceunavailableexception",
            "slow_down",
            "unavailable",
        ],
    ),
    (
        ErrorClass::RateLimited,
        &[
            "rate_limit_error",
            "rate_limit_exceeded",
            "rate_limit_reached_error",
            "ratelimitreached",
            "requests",
            "resource_exhausted",
            "throttlingexception",
            "tokens",
            "too_many_requests",
            "toomanyrequestsexception",
        ],
    ),
    (
        ErrorClass::NotFound,
        &[
            "deploymentnotfound",
            "invalid_model",
            "model_decommissioned",
            "model_not_available",
            "model_not_found",
        ],
    ),
    (ErrorClass::Timeout, &["deadline_exceeded", "modeltimeoutexception", "timeout", "timeout_error"]),
    (
        ErrorClass::Auth,
        &[
            "accessdeniedexception",
            "authentication_error",
            "expiredtokenexception",
            "invalid_api_key",
            "permission_denied",
            "permission_error",
            "unauthenticated",
            "unrecognizedclientexception",
        ],
    ),
    (ErrorClass::ContextLength, &["request_too_large"]),
    (
        ErrorClass::BadRequest,
        &[
            "failed_precondition",
            "invalid_argument",
            "invalid_prompt",
            "invalid_request_error",
            "validationexception",
        ],
    ),
];

/// How messages begin that say that an account has nothing left.
const NO_CREDIT: &[&str] = &[
    "billing hard limit",
    "insufficient balance",
    "insufficient credits",
    "this request requires more credits",
    "you have reached your specified",
    "you have run out of credits",
    "your account",
    "your credit balance is too low",
    "your newly created team",
    "your team",
];
/// What such a message says further on, when its beginning leaves it open.
const CREDIT: &[&str] = &["balance", "billing", "credits", "quota", "spending limit", "usage limit"];

/// How messages begin that are about a model or deployment.
const ABOUT_MODEL: &[&str] = &[
    "could not resolve the foundation model",
    "deployment",
    "invalid model",
    "model",
    "no endpoints found",
    "not found the model",
    "publisher model",
    "the api deployment",
    "the deployment",
    "the model",
    "the provided model identifier",
    "the requested model",
    "unable to access model",
];
/// What such a message says further on.
const MISSING: &[&str] = &[
    "could not resolve",
    "decommissioned",
    "does not exist",
    "identifier is invalid",
    "invalid model",
    "no endpoints found",
    "not exist",
    "not found",
    "not found the model",
    "not supported. supported models are",
    "unable to access model",
];

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Said {
    provider: Option<ProviderKind>,
    /// Machine code, in lower case.
    kind: String,
    /// Message, in lower case.
    message: String,
    /// What the codecs know it by.
    code: Option<ErrorCode>,
    /// The status that the body repeats, or has in place of the head.
    pub(super) status: Option<u16>,
    /// Whether it is an error in any known shape.
    pub(super) is_error: bool,
    /// Whether it is an answer without content, whose prompt the provider blocked.
    pub(super) blocks_prompt: bool,
    has_daily_limit: bool,
}

impl Said {
    /// Reads the first bytes of a body, or an event's data.
    pub(super) fn read(headers: &HeaderMap, body: &[u8], provider: ProviderKind) -> Self {
        let mut said = Self { provider: Some(provider), ..Self::default() };
        if body.is_empty() && headers.is_empty() {
            return said;
        }
        let format = crate::error_format(provider, own_format(provider), body);
        let failed = || responses::of_frame(body).filter(|error| !error.kind.is_empty());
        if let Some(error) = gw_wire::errors::read_as(format, body) {
            (said.is_error, said.code) = (true, error.code);
            (said.kind, said.message) = (error.kind.to_ascii_lowercase(), error.message.to_ascii_lowercase());
        } else if let Some(error) = failed() {
            (said.is_error, said.code) = (true, error.code());
            (said.kind, said.message) = (error.kind.to_ascii_lowercase(), error.message.to_ascii_lowercase());
        } else {
            // A proxy's page, or JSON that was cut off.
            let text =
                String::from_utf8_lossy(body.get(..MAX_TEXT_BYTES.min(body.len())).unwrap_or_default());
            said.code = responses::recognise("", &text);
            said.message = text.to_ascii_lowercase();
        }
        let named = headers.get(ERROR_TYPE_HEADER).and_then(|value| value.to_str().ok());
        if let Some(kind) = named.filter(|_| provider == ProviderKind::Bedrock) {
            said.is_error = true;
            said.kind = plain_kind(kind).to_ascii_lowercase();
        }
        said.status = stated_status(body);
        if is_google(provider) {
            said.has_daily_limit = memmem::find(body, b"PerDay").is_some();
            said.blocks_prompt = !said.is_error && memmem::find(body, br#""blockReason""#).is_some();
        }
        said
    }

    /// The class that its machine code says.
    pub(super) fn named(&self) -> Option<ErrorClass> {
        KINDS.iter().find(|(_, kinds)| kinds.contains(&self.kind.as_str())).map(|(class, _)| *class)
    }

    /// Whether the gateway's account has nothing left.
    pub(super) fn has_no_credit(&self) -> bool {
        self.named() == Some(ErrorClass::QuotaExhausted)
            // A body that was cut off before its end.
            || (!self.is_error && self.message.contains(r#""insufficient_quota""#))
            || (NO_CREDIT.iter().any(|start| self.message.starts_with(start))
                && CREDIT.iter().any(|word| self.message.contains(word)))
    }

    /// Whether a limit of many hours is reached, in the words of a 429.
    pub(super) fn is_out_of_quota(&self) -> bool {
        match self.provider {
            // Google has one status for all limits, and one message for most. No limit at all is no limit that
            // passes.
            Some(ProviderKind::Gemini | ProviderKind::Vertex) => self.has_daily_limit || self.has_no_quota(),
            _ => self.has_no_credit() || self.message.starts_with("you exceeded your current quota"),
        }
    }

    fn has_no_quota(&self) -> bool {
        let mut behind = self.message.split("limit: 0").skip(1);
        behind.any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether the provider has no capacity.
    pub(super) fn is_overloaded(&self) -> bool {
        const WORDS: &[&str] = &["overloaded", "over capacity", "at capacity", "no capacity available"];
        self.named() == Some(ErrorClass::Overloaded) || WORDS.iter().any(|words| self.message.contains(words))
    }

    /// Whether a limit on tokens per minute is below what this one request has.
    pub(super) fn can_never_pass(&self) -> bool {
        self.message.starts_with("request too large for")
    }

    /// Whether the model or deployment does not exist.
    pub(super) fn misses_model(&self) -> bool {
        let starts = |start: &&str| self.message.starts_with(*start);
        self.named() == Some(ErrorClass::NotFound)
            || (ABOUT_MODEL.iter().any(starts) && MISSING.iter().any(|words| self.message.contains(words)))
            || self.message.ends_with("is not a valid model id")
            // Anthropic names it, and no more.
            || (self.kind == "not_found_error" && self.message.starts_with("model:"))
    }

    /// Whether the prompt does not fit.
    pub(super) fn is_too_long(&self) -> bool {
        self.code == Some(ErrorCode::ContextLengthExceeded)
    }

    /// Whether the provider's filter refused the prompt.
    pub(super) fn is_against_policy(&self) -> bool {
        self.code == Some(ErrorCode::GuardrailBlocked)
    }
}

/// The format that a provider's own errors have.
const fn own_format(provider: ProviderKind) -> WireFormat {
    match provider {
        ProviderKind::Gemini => WireFormat::GeminiGenerate,
        ProviderKind::Bedrock => WireFormat::BedrockConverse,
        ProviderKind::Cohere => WireFormat::CohereChat,
        ProviderKind::Anthropic | ProviderKind::Vertex => WireFormat::AnthropicMessages,
        ProviderKind::OpenAiCompatible | ProviderKind::AzureOpenAi | ProviderKind::Emulator => {
            WireFormat::OpenAiChat
        }
    }
}

const fn is_google(provider: ProviderKind) -> bool {
    matches!(provider, ProviderKind::Gemini | ProviderKind::Vertex)
}

/// A status in the body: `error.code` as a number or a numeral.
fn stated_status(body: &[u8]) -> Option<u16> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let error = object.get("error").filter(|error| error.kind == Kind::Object)?.object().ok()?;
    let code = error.get("code")?;
    let code = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    u16::try_from(code).ok().filter(|status| (400..=599).contains(status))
}

/// Whether a 400 says that the gateway's key is not valid, as Google's do.
pub(super) fn is_key_error(body: &[u8], kind: ProviderKind) -> bool {
    is_google(kind)
        && [&b"API_KEY_INVALID"[..], b"API key not valid", b"API key expired"]
            .iter()
            .any(|words| memmem::find(body, words).is_some())
}

/// Whether a 403 is about what the caller sent: xAI's and OpenRouter's content policies answer so.
pub(super) fn is_policy(body: &[u8]) -> bool {
    let words = [&b"violates usage guidelines"[..], b"input was flagged", b"content_policy_violation"];
    words.iter().any(|words| memmem::find(body, words).is_some())
}

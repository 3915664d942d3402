//! Families of models, which differ in what they take besides the format's own members. Serves the request
//! writer. It must not grow into a catalogue: names that tell nothing get what every family takes.

/// Whose model it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's Claude.
    Claude,
    /// Amazon's Nova of the first generation.
    Nova1,
    /// Amazon's Nova since the second generation, which reasons.
    Nova,
    /// OpenAI's open models.
    OpenAi,
    /// Mistral's.
    Mistral,
    /// Named, but none of these.
    Other,
    /// The name does not tell: an inference profile of the account, a prompt, an endpoint.
    Unknown,
}

/// The family of a model id, inference profile or ARN.
pub(super) fn of(model: &str) -> Family {
    let has = |part: &str| model.contains(part);
    if has("claude") || has("anthropic.") {
        Family::Claude
    } else if has("nova-micro-v1") || has("nova-lite-v1") || has("nova-pro-v1") || has("nova-premier-v1") {
        Family::Nova1
    } else if has("amazon.nova") {
        Family::Nova
    } else if has("openai.") || has("gpt-oss") {
        Family::OpenAi
    } else if has("mistral.") {
        Family::Mistral
    } else if model.starts_with("arn:") && !has("foundation-model/") && !has(":inference-profile/") {
        Family::Unknown
    } else if model.contains('.') {
        Family::Other
    } else {
        Family::Unknown
    }
}

impl Family {
    /// Whether it may take marks of prompt caching.
    pub(super) const fn may_cache(self) -> bool {
        matches!(self, Self::Claude | Self::Nova | Self::Nova1 | Self::Unknown)
    }

    /// Whether it may take marks of prompt caching behind tools.
    pub(super) const fn may_cache_tools(self) -> bool {
        matches!(self, Self::Claude | Self::Unknown)
    }

    /// Whether it may take its own reasoning back.
    pub(super) const fn takes_reasoning_back(self) -> bool {
        matches!(self, Self::Claude | Self::Unknown)
    }

    /// Whether a tool's result may say that it is an error.
    pub(super) const fn takes_status(self) -> bool {
        matches!(self, Self::Claude | Self::Nova | Self::Nova1 | Self::Unknown)
    }
}

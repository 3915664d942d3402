//! Where each format says what it asks of a model. Serves `adapt`. It must not decide what becomes of it.

use crate::gemini::names;
use crate::json::{Kind, Object, Value};
use gw_model::WireFormat;

/// A member: at the top level, or within the top-level object `holder`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) holder: Option<&'static str>,
    pub(super) name: &'static str,
    /// The value that asks for what happens anyway, as a number.
    default: Option<f64>,
}

pub(super) const fn top(name: &'static str, default: Option<f64>) -> Place {
    Place { holder: None, name, default }
}

const fn within(holder: &'static str, name: &'static str, default: Option<f64>) -> Place {
    Place { holder: Some(holder), name, default }
}

const CONFIG: &str = "generationConfig";
const INFERENCE: &str = "inferenceConfig";
const FIELDS: &str = "additionalModelRequestFields";

const CHAT: &[Place] = &[
    top("temperature", Some(1.0)),
    top("top_p", Some(1.0)),
    top("top_k", None),
    top("min_p", None),
    top("presence_penalty", Some(0.0)),
    top("frequency_penalty", Some(0.0)),
    top("logit_bias", None),
];
const RESPONSES: &[Place] = &[top("temperature", Some(1.0)), top("top_p", Some(1.0))];
const MESSAGES: &[Place] = &[top("temperature", Some(1.0)), top("top_p", Some(1.0)), top("top_k", None)];
const COHERE: &[Place] = &[
    top("temperature", None),
    top("p", None),
    top("k", None),
    top("presence_penalty", Some(0.0)),
    top("frequency_penalty", Some(0.0)),
];
const GEMINI: &[Place] = &[
    within(CONFIG, "temperature", Some(1.0)),
    within(CONFIG, "topP", Some(1.0)),
    within(CONFIG, "topK", None),
    within(CONFIG, "presencePenalty", Some(0.0)),
    within(CONFIG, "frequencyPenalty", Some(0.0)),
];
const CONVERSE: &[Place] = &[
    within(INFERENCE, "temperature", Some(1.0)),
    within(INFERENCE, "topP", Some(1.0)),
    within(FIELDS, "top_k", None),
    within(FIELDS, "top_p", None),
];

const REASONING_CHAT: &[Place] = &[top("reasoning_effort", None)];
const REASONING_RESPONSES: &[Place] = &[top("reasoning", None)];
const REASONING_MESSAGES: &[Place] = &[top("thinking", None)];
const REASONING_GEMINI: &[Place] = &[within(CONFIG, "thinkingConfig", None)];
const REASONING_CONVERSE: &[Place] =
    &[within(FIELDS, "thinking", None), within(FIELDS, "reasoning_config", None)];
const TOOLS_CHAT: &[Place] = &[
    top("tools", None),
    top("functions", None),
    top("tool_choice", None),
    top("function_call", None),
    top("parallel_tool_calls", None),
];
const TOOLS_RESPONSES: &[Place] =
    &[top("tools", None), top("tool_choice", None), top("parallel_tool_calls", None)];
const TOOLS_MESSAGES: &[Place] = &[top("tools", None), top("tool_choice", None)];
const TOOLS_GEMINI: &[Place] = &[top("tools", None), top("toolConfig", None)];
const TOOLS_CONVERSE: &[Place] = &[top("toolConfig", None)];
const SCHEMA_CHAT: &[Place] = &[top("response_format", None)];
const SCHEMA_RESPONSES: &[Place] = &[within("text", "format", None)];
const SCHEMA_MESSAGES: &[Place] = &[top("output_format", None), within("output_config", "format", None)];
const SCHEMA_GEMINI: &[Place] = &[
    within(CONFIG, "responseSchema", None),
    within(CONFIG, "responseJsonSchema", None),
    within(CONFIG, "responseFormat", None),
];
const SCHEMA_CONVERSE: &[Place] = &[within("outputConfig", "textFormat", None)];

/// Members that say how to draw from what a model offers.
pub(super) const fn sampling(format: WireFormat) -> &'static [Place] {
    match format {
        WireFormat::OpenAiChat | WireFormat::OpenAiCompletions => CHAT,
        WireFormat::OpenAiResponses => RESPONSES,
        WireFormat::AnthropicMessages => MESSAGES,
        WireFormat::CohereChat => COHERE,
        WireFormat::GeminiGenerate => GEMINI,
        WireFormat::BedrockConverse => CONVERSE,
        _ => &[],
    }
}

/// Members that say how much to reason.
pub(super) const fn reasoning(format: WireFormat) -> &'static [Place] {
    match format {
        WireFormat::OpenAiChat => REASONING_CHAT,
        WireFormat::OpenAiResponses => REASONING_RESPONSES,
        WireFormat::AnthropicMessages | WireFormat::CohereChat => REASONING_MESSAGES,
        WireFormat::GeminiGenerate => REASONING_GEMINI,
        WireFormat::BedrockConverse => REASONING_CONVERSE,
        _ => &[],
    }
}

/// The tools, and what only makes sense beside them.
pub(super) const fn tools(format: WireFormat) -> &'static [Place] {
    match format {
        WireFormat::OpenAiChat => TOOLS_CHAT,
        WireFormat::OpenAiResponses => TOOLS_RESPONSES,
        WireFormat::AnthropicMessages | WireFormat::CohereChat => TOOLS_MESSAGES,
        WireFormat::GeminiGenerate => TOOLS_GEMINI,
        WireFormat::BedrockConverse => TOOLS_CONVERSE,
        _ => &[],
    }
}

/// Members that hold the answer to a schema.
pub(super) const fn schema(format: WireFormat) -> &'static [Place] {
    match format {
        WireFormat::OpenAiChat | WireFormat::CohereChat => SCHEMA_CHAT,
        WireFormat::OpenAiResponses => SCHEMA_RESPONSES,
        WireFormat::AnthropicMessages => SCHEMA_MESSAGES,
        WireFormat::GeminiGenerate => SCHEMA_GEMINI,
        WireFormat::BedrockConverse => SCHEMA_CONVERSE,
        _ => &[],
    }
}

/// The members of `format` that OpenAI's name of a parameter means.
pub(super) fn meant<'n>(format: WireFormat, name: &'n str) -> impl Iterator<Item = &'static Place> + use<'n> {
    let is_cohere = format == WireFormat::CohereChat;
    let own = match name {
        "top_p" if is_cohere => "p",
        "top_k" if is_cohere => "k",
        name => name,
    };
    let reasoning: &[Place] = match name {
        "reasoning_effort" | "reasoning" | "thinking" => reasoning(format),
        _ => &[],
    };
    let sampling = sampling(format).iter().filter(move |place| names::is(own, place.name));
    sampling.chain(reasoning)
}

impl Place {
    /// Does it stand in the body, with whatever value?
    pub(super) fn stands(&self, body: &Object<'_>) -> bool {
        match self.holder {
            None => names::get(body, self.name).is_some(),
            Some(holder) => inner(body, holder, self.name).is_some(),
        }
    }

    /// The name as it stands in the body, and the value, unless that is `null` or asks for what happens anyway.
    pub(super) fn find<'a>(&self, body: &Object<'a>) -> Option<Value<'a>> {
        let value = match self.holder {
            None => names::get(body, self.name),
            Some(holder) => inner(body, holder, self.name),
        }?;
        let stated = (value.kind == Kind::Number).then(|| value.raw().parse::<f64>().ok()).flatten();
        match (self.default, stated) {
            (Some(default), Some(stated)) if (stated - default).abs() < f64::EPSILON => None,
            _ => Some(value),
        }
    }
}

/// A member of a top-level object; `null` counts as absent.
pub(super) fn inner<'a>(body: &Object<'a>, holder: &str, name: &str) -> Option<Value<'a>> {
    names::get(&names::object(body, holder)?, name)
}

/// Are there tools that the caller runs? Those of a provider's own are another ability.
pub(super) fn has_callers_tools(format: WireFormat, body: &Object<'_>) -> bool {
    let listed = |name: &str| names::get(body, name).is_some_and(|value| value.elements().next().is_some());
    match format {
        WireFormat::OpenAiChat | WireFormat::CohereChat => listed("tools") || listed("functions"),
        WireFormat::BedrockConverse => body.get("toolConfig").is_some_and(|value| !value.is_null()),
        WireFormat::GeminiGenerate => {
            let mut tools = names::get(body, "tools").into_iter().flat_map(|tools| names::elements(&tools));
            tools.any(|tool| {
                tool.object().is_ok_and(|tool| names::get(&tool, "functionDeclarations").is_some())
            })
        }
        WireFormat::OpenAiResponses | WireFormat::AnthropicMessages => {
            let Some(tools) = body.get("tools") else { return false };
            tools.elements().any(|tool| match kind(&tool).as_deref() {
                None => tool.kind == Kind::Object,
                Some(kind) => matches!(kind, "function" | "custom"),
            })
        }
        _ => false,
    }
}

/// The `type` of an object.
pub(super) fn kind(value: &Value<'_>) -> Option<String> {
    let found = value.members().find(|(name, _)| *name == "type")?.1;
    found.as_str().map(std::borrow::Cow::into_owned)
}

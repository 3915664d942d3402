//! Where each format has which parameter, and under which name. Plain data.

use crate::gemini::names;
use gw_model::WireFormat;
use gw_model::access::parameter_key;
use std::borrow::Cow;

/// Where a format has a parameter.
pub(super) struct Place {
    /// The object that it stands in; none is the request itself.
    pub(super) within: Option<&'static str>,
    pub(super) name: Cow<'static, str>,
    /// It is a list, also of one.
    pub(super) is_list: bool,
}

/// The object of a request that has parameters, by a member's name.
pub(super) fn containers(format: WireFormat, name: &str) -> Option<&'static str> {
    match format {
        WireFormat::GeminiGenerate if names::is(name, "generationConfig") => Some("generationConfig"),
        WireFormat::BedrockConverse => {
            ["inferenceConfig", "additionalModelRequestFields"].into_iter().find(|known| *known == name)
        }
        WireFormat::OpenAiResponses if name == "reasoning" => Some("reasoning"),
        _ => None,
    }
}

/// Which parameter a member of a format is.
pub(super) fn key_of(format: WireFormat, name: &str) -> String {
    let key = parameter_key(name);
    match (format, key.as_str()) {
        (WireFormat::CohereChat, "p") => "topp".to_owned(),
        (WireFormat::CohereChat, "k") => "topk".to_owned(),
        (WireFormat::OpenAiResponses, "text") => "responseformat".to_owned(),
        (WireFormat::GeminiGenerate, "toolconfig") => "toolchoice".to_owned(),
        (WireFormat::BedrockConverse, "toolconfig") => "tools".to_owned(),
        _ => key,
    }
}

/// Which parameter a member of such an object is.
pub(super) fn key_within(format: WireFormat, container: &str, name: &str) -> String {
    match (container, name) {
        ("reasoning", "effort") => "reasoningeffort".to_owned(),
        ("reasoning", other) => format!("reasoning.{other}"),
        _ => key_of(format, name),
    }
}

/// Where a format has a parameter; `name` is how the wish spells it.
pub(super) fn place(format: WireFormat, key: &str, name: &str) -> Option<Place> {
    let found = match format {
        WireFormat::OpenAiChat => match key {
            "maxtokens" => top("max_completion_tokens"),
            key => own(key, name)?,
        },
        WireFormat::OpenAiCompletions => match key {
            "reasoningeffort" | "responseformat" => return None,
            key => own(key, name)?,
        },
        WireFormat::OpenAiResponses => match key {
            "maxtokens" => top("max_output_tokens"),
            "reasoningeffort" => within("reasoning", "effort"),
            "stop" | "n" | "seed" | "presencepenalty" | "frequencypenalty" | "topk" | "logprobs"
            | "logitbias" | "responseformat" => return None,
            key => own(key, name)?,
        },
        WireFormat::AnthropicMessages => match key {
            "temperature" | "topp" | "topk" | "maxtokens" => own(key, name)?,
            "stop" => list(top("stop_sequences")),
            "servicetier" => top("service_tier"),
            _ => return None,
        },
        WireFormat::GeminiGenerate => match gemini(key)? {
            "stopSequences" => list(within("generationConfig", "stopSequences")),
            name => within("generationConfig", name),
        },
        WireFormat::BedrockConverse => match key {
            "temperature" => within("inferenceConfig", "temperature"),
            "topp" => within("inferenceConfig", "topP"),
            "maxtokens" => within("inferenceConfig", "maxTokens"),
            "stop" => list(within("inferenceConfig", "stopSequences")),
            _ => return None,
        },
        WireFormat::CohereChat => match key {
            "topp" => top("p"),
            "topk" => top("k"),
            "stop" => list(top("stop_sequences")),
            "temperature" | "maxtokens" | "seed" | "presencepenalty" | "frequencypenalty" | "logprobs" => {
                own(key, name)?
            }
            _ => return None,
        },
        WireFormat::OpenAiEmbeddings => match key {
            "dimensions" => top("dimensions"),
            "encodingformat" => top("encoding_format"),
            _ => return None,
        },
        _ => return None,
    };
    Some(found)
}

fn gemini(key: &str) -> Option<&'static str> {
    Some(match key {
        "temperature" => "temperature",
        "topp" => "topP",
        "topk" => "topK",
        "maxtokens" => "maxOutputTokens",
        "n" => "candidateCount",
        "stop" => "stopSequences",
        "seed" => "seed",
        "presencepenalty" => "presencePenalty",
        "frequencypenalty" => "frequencyPenalty",
        _ => return None,
    })
}

/// As OpenAI's formats spell it; what is not known here as the wish does. What only embeddings have is not put into others.
fn own(key: &str, name: &str) -> Option<Place> {
    Some(match key {
        "dimensions" | "encodingformat" => return None,
        "maxtokens" => top("max_tokens"),
        "topp" => top("top_p"),
        "topk" => top("top_k"),
        "presencepenalty" => top("presence_penalty"),
        "frequencypenalty" => top("frequency_penalty"),
        "reasoningeffort" => top("reasoning_effort"),
        "responseformat" => top("response_format"),
        "stop" => top("stop"),
        "n" => top("n"),
        _ => Place { within: None, name: Cow::Owned(name.to_owned()), is_list: false },
    })
}

const fn top(name: &'static str) -> Place {
    Place { within: None, name: Cow::Borrowed(name), is_list: false }
}

const fn within(container: &'static str, name: &'static str) -> Place {
    Place { within: Some(container), name: Cow::Borrowed(name), is_list: false }
}

fn list(place: Place) -> Place {
    Place { is_list: true, ..place }
}

//! Recorded exchanges that do not keep their whole meaning, each with the reason. One that is listed here and
//! passes is a failure too, so that the list stays true.

use gw_model::WireFormat::{
    self, AnthropicMessages as Messages, BedrockConverse as Converse, CohereChat as Cohere,
    GeminiGenerate as Gemini,
};

/// Where an exception holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Every,
    Only(&'static [WireFormat]),
    But(&'static [WireFormat]),
}

impl To {
    fn holds(self, to: WireFormat) -> bool {
        match self {
            Self::Every => true,
            Self::Only(formats) => formats.contains(&to),
            Self::But(formats) => !formats.contains(&to),
        }
    }
}

/// Part of the name of the exchange, where it holds, and why.
const ANSWERS: &[(&str, To, &str)] = &[
    ("azure-grok-4-1-fast-non-reasoning-replaces", To::Only(&[Messages, Converse]), MORE_CACHED),
    ("azure-grok-4-1-fast-non-reasoning-can-use-tools", To::Only(&[Messages, Converse]), MORE_CACHED),
    ("azure-grok-4-1-fast-non-reasoning-supports-streaming", To::Only(&[Messages, Converse]), MORE_CACHED),
    ("openai/parallel-tool-call-wrapper.1-stream", To::Every, "lines of the recording are not complete JSON"),
    (
        "anthropic/anthropic-programmatic-tool-calling.1.json",
        To::But(&[WireFormat::OpenAiChat]),
        "a final answer repeats the calls that the provider's own code made, and the other format tells by \
         calls that the caller is to run them",
    ),
    (
        "anthropic/spliced-message-start-stream",
        To::Only(&[Gemini]),
        "the upstream broke off a call's arguments, and the other format takes objects only",
    ),
];

const MORE_CACHED: &str =
    "the upstream states more cached tokens than input tokens, which the other format cannot say";

/// As above, of requests.
const REQUESTS: &[(&str, To, &str)] = &[(
    "bedrock/pai-bedrock-cache-messages-with-document-as-last-content-2",
    To::Only(&[Messages, Cohere]),
    "documents of plain text become text",
)];

fn find(list: &'static [(&str, To, &str)], name: &str, to: WireFormat) -> Option<&'static str> {
    let found = list.iter().find(|(known, holds, _)| name.contains(known) && holds.holds(to));
    found.map(|(_, _, reason)| *reason)
}

/// Why the answer does not keep its meaning.
pub(crate) fn of_answer(name: &str, to: WireFormat) -> Option<&'static str> {
    find(ANSWERS, name, to)
}

/// Why the request does not keep its meaning.
pub(crate) fn of_request(name: &str, to: WireFormat) -> Option<&'static str> {
    find(REQUESTS, name, to)
}

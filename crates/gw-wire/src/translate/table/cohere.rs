//! Members of Cohere chat requests. Serves the table. It must not list what is translated.

use super::{Member, NO_COMPLETION, NO_DOCUMENTS, NO_LOGPROBS};
use gw_model::WireFormat::{GeminiGenerate as Gemini, OpenAiChat as Chat};

pub(super) const MEMBERS: &[Member] = &[
    Member::drop("citation_options", &["{}", "{\"mode\":\"OFF\"}", "{\"mode\":\"DISABLED\"}"]),
    Member::refuse("documents", &["[]"], NO_DOCUMENTS),
    Member::drop("frequency_penalty", &["0"])
        .kept_by(&[(Chat, "frequency_penalty"), (Gemini, "frequency_penalty")]),
    Member::refuse("logprobs", &["false"], NO_LOGPROBS),
    Member::drop("presence_penalty", &["0"])
        .kept_by(&[(Chat, "presence_penalty"), (Gemini, "presence_penalty")]),
    Member::drop("priority", &["0"]),
    Member::refuse("raw_prompting", &["false"], NO_COMPLETION),
    Member::drop("safety_mode", &["\"CONTEXTUAL\""]),
];

pub(super) const SPELLING: &[(&str, &str)] = &[
    ("max_completion_tokens", "max_tokens"),
    ("reasoning", "thinking"),
    ("reasoning_content", "messages.content.thinking"),
    ("reasoning_effort", "thinking"),
    ("stop", "stop_sequences"),
    ("thinking", "messages.content.thinking"),
    ("tools.function.strict", "strict_tools"),
    ("top_k", "k"),
    ("top_p", "p"),
];

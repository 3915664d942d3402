//! Members of OpenAI completions requests. Serves the table. It must not list what is translated.

use super::{Member, NO_COMPLETION, NO_LOGPROBS};
use gw_model::WireFormat::{CohereChat as Cohere, GeminiGenerate as Gemini, OpenAiChat as Chat};

pub(super) const MEMBERS: &[Member] = &[
    Member::refuse("best_of", &["1"], NO_COMPLETION),
    Member::refuse("echo", &["false"], NO_COMPLETION),
    Member::drop("frequency_penalty", &["0"]).kept_by(&[
        (Chat, "frequency_penalty"),
        (Gemini, "frequency_penalty"),
        (Cohere, "frequency_penalty"),
    ]),
    Member::drop("logit_bias", &["{}"]).kept_by(&[(Chat, "logit_bias")]),
    Member::refuse("logprobs", &[], NO_LOGPROBS),
    Member::drop("presence_penalty", &["0"]).kept_by(&[
        (Chat, "presence_penalty"),
        (Gemini, "presence_penalty"),
        (Cohere, "presence_penalty"),
    ]),
    Member::refuse("suffix", &["\"\""], NO_COMPLETION),
];

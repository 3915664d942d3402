//! What a request may ask of a model, by the names of its top-level members. Serves `facts`. It must not look at
//! values: whoever fits a request to a target does.

use gw_model::{Abilities, Ability, WireFormat};

/// What stands in objects of the body may be anything.
pub(super) fn of_format(format: WireFormat) -> Abilities {
    if format.has_model_in_path() { Abilities::ALL } else { Abilities::default() }
}

/// Notes what a member is about.
pub(super) fn note(name: &str, asks: &mut Abilities) {
    let ability = match name {
        "temperature" | "top_p" | "top_k" | "min_p" | "p" | "k" | "presence_penalty"
        | "frequency_penalty" | "logit_bias" => {
            asks.set(Ability::SamplingWhileReasoning, true);
            Ability::Sampling
        }
        "reasoning_effort" | "reasoning" | "thinking" => Ability::Reasoning,
        "tools" | "functions" => Ability::Tools,
        "parallel_tool_calls" => Ability::ParallelTools,
        "response_format" | "text" | "output_format" | "output_config" => Ability::JsonSchema,
        "max_tokens" => Ability::MaxTokens,
        _ => return,
    };
    asks.set(ability, true);
}

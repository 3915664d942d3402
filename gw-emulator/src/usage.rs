//! Usage figures as reported, true or false as a fault wants them. Billing never passes through here:
//! the statistics always hold the truth.

use serde_json::{Value, json};

use crate::fault::{Faults, WrongUsage};

/// One reported figure.
pub(crate) fn figure(tokens: u64, faults: &Faults) -> Value {
    match faults.wrong_usage {
        None => json!(tokens),
        Some(WrongUsage::Tenfold) => json!(tokens.saturating_mul(10)),
        Some(WrongUsage::Zero) => json!(0),
        Some(WrongUsage::Negative) => json!(-1 - i64::try_from(tokens).unwrap_or(0)),
        Some(WrongUsage::Text) => json!("many"),
    }
}

/// OpenAI's `usage` object. The total is never scaled, so that a false usage does not even add up.
pub(crate) fn openai(input: u64, output: u64, faults: &Faults) -> Value {
    let total = match faults.wrong_usage {
        Some(WrongUsage::Tenfold) | None => json!(input + output),
        Some(_) => figure(input + output, faults),
    };
    json!({
        "prompt_tokens": figure(input, faults),
        "completion_tokens": figure(output, faults),
        "total_tokens": total,
        "prompt_tokens_details": {
            "cached_tokens": faults.cached_tokens.unwrap_or(0).min(input), "audio_tokens": 0
        },
        "completion_tokens_details": {
            "reasoning_tokens": faults.reasoning_tokens.unwrap_or(0), "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0
        }
    })
}

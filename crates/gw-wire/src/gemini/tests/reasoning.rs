//! How much to think, by the model's generation.

use super::{read, written};
use gw_model::chat::Reasoning;
use serde_json::{Value, json};

fn config(model: &str, reasoning: Reasoning) -> (Value, Vec<String>) {
    let mut request = read(&json!({"contents":[{"parts":[{"text":"x"}]}]}));
    request.model = model.to_owned();
    request.reasoning = Some(reasoning);
    let (body, dropped) = written(&request);
    (body["generationConfig"]["thinkingConfig"].clone(), dropped)
}

fn effort(word: &str) -> Reasoning {
    Reasoning::Effort(word.to_owned())
}

#[test]
fn the_second_generation_takes_a_budget() {
    for (model, reasoning, expected) in [
        ("gemini-2.5-flash", effort("low"), json!({"thinkingBudget":1024,"includeThoughts":true})),
        ("google/gemini-2.5-pro", effort("high"), json!({"thinkingBudget":24576,"includeThoughts":true})),
        ("gemini-2.5-flash", Reasoning::Off, json!({"thinkingBudget":0})),
        ("gemini-2.5-flash", effort("none"), json!({"thinkingBudget":0})),
        ("gemini-2.5-pro", Reasoning::Off, json!({"thinkingBudget":128})),
        ("gemini-2.5-flash", Reasoning::Adaptive, json!({"thinkingBudget":-1,"includeThoughts":true})),
        ("gemini-2.5-flash-lite", Reasoning::Budget(1), json!({"thinkingBudget":512,"includeThoughts":true})),
        (
            "gemini-2.5-pro",
            Reasoning::Budget(u64::MAX),
            json!({"thinkingBudget":32768,"includeThoughts":true}),
        ),
        ("gemini-flash-latest", effort("medium"), json!({"thinkingBudget":8192,"includeThoughts":true})),
    ] {
        assert_eq!(config(model, reasoning).0, expected, "{model}");
    }
}

#[test]
fn the_third_generation_takes_a_level() {
    for (model, reasoning, expected) in [
        (
            "gemini-3-flash-preview",
            effort("minimal"),
            json!({"thinkingLevel":"minimal","includeThoughts":true}),
        ),
        ("gemini-3-pro-preview", effort("minimal"), json!({"thinkingLevel":"low","includeThoughts":true})),
        ("gemini-3-pro-preview", effort("medium"), json!({"thinkingLevel":"high","includeThoughts":true})),
        ("gemini-3.1-pro", effort("medium"), json!({"thinkingLevel":"medium","includeThoughts":true})),
        ("gemini-3-flash", effort("xhigh"), json!({"thinkingLevel":"high","includeThoughts":true})),
        ("gemini-3-flash", Reasoning::Off, json!({"thinkingLevel":"minimal"})),
        ("gemini-3-pro", Reasoning::Adaptive, json!({"includeThoughts":true})),
        ("gemini-3-pro", Reasoning::Budget(500), json!({"thinkingBudget":500,"includeThoughts":true})),
    ] {
        assert_eq!(config(model, reasoning).0, expected, "{model}");
    }
}

#[test]
fn models_that_do_not_think_are_not_asked() {
    assert_eq!(config("gemini-2.0-flash", effort("low")), (Value::Null, vec!["reasoning_effort".to_owned()]));
    assert_eq!(config("gemma-3-27b-it", Reasoning::Off), (Value::Null, vec![]));
}

#[test]
fn a_caller_of_this_format_keeps_its_wish() {
    for thinking in [
        json!({"thinkingLevel":"low","includeThoughts":true}),
        json!({"thinkingLevel":"low","includeThoughts":false}),
        json!({"includeThoughts":true}),
    ] {
        let request = read(&json!({"contents":[{"parts":[{"text":"x"}]}],
            "generationConfig":{"thinkingConfig":thinking}}));
        assert_eq!(written(&request).0["generationConfig"]["thinkingConfig"], thinking);
    }
}

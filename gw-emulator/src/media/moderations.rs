//! Moderation: flags texts with the words `kill` (violence) and `hate`. It must not judge.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::fields::wrong_type;
use crate::tokens;

const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// Answers a request for moderation; one that names no model means the newest.
pub(super) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let model = super::model(body, cx).unwrap_or("omni-moderation-latest");
    let input =
        body.get("input").filter(|input| !input.is_null()).ok_or_else(|| Rejection::missing("input"))?;
    let texts = texts(input)?;
    let results: Vec<Value> = texts.iter().map(|text| judge(text)).collect();
    let read = texts.iter().map(|text| tokens::count(text)).sum();
    Ok(Answer::whole(&json!({"id": cx.id("modr-"), "model": model, "results": results}), read, 0))
}

/// Each text is judged by itself; parts of one content are judged together.
fn texts(input: &Value) -> Result<Vec<String>, Rejection> {
    let wrong = || wrong_type("input", "a string, strings, or parts of content", input);
    match input {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(list) if list.iter().all(Value::is_object) && !list.is_empty() => {
            Ok(vec![list.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")])
        }
        Value::Array(list) => {
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
            list.iter().map(text).collect()
        }
        _ => Err(wrong()),
    }
}

fn judge(text: &str) -> Value {
    let text = text.to_lowercase();
    let is = |category: &str| match category {
        "violence" => text.contains("kill"),
        "hate" => text.contains("hate"),
        _ => false,
    };
    let each = |value: &dyn Fn(bool) -> Value| -> Map<String, Value> {
        CATEGORIES.iter().map(|category| ((*category).to_owned(), value(is(category)))).collect()
    };
    json!({
        "flagged": CATEGORIES.iter().any(|category| is(category)),
        "categories": each(&|flagged| json!(flagged)),
        "category_scores": each(&|flagged| json!(if flagged { 0.95 } else { 0.001 })),
        "category_applied_input_types": each(&|_| json!(["text"]))
    })
}

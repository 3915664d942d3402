//! Reads `tools` and `toolConfig`. It must not choose what is called; the service's own tools are accepted
//! and never called.

use serde_json::{Map, Value, json};

use super::names::member;
use crate::answer::Rejection;
use crate::prompt::{Prompt, Tool, ToolChoice};
use crate::tokens;

/// Deepest schema that is read; what is deeper is left out.
const MAX_DEPTH: u8 = 32;

/// Reads the tool members into the prompt.
pub(super) fn read(body: &Value, prompt: &mut Prompt) -> Result<(), Rejection> {
    let wrong = |text: String| Err(Rejection::new(400, text));
    let groups =
        member(body, "tools").map(|tools| tools.as_array().map_or(std::slice::from_ref(tools), |t| t));
    for group in groups.into_iter().flatten() {
        let functions = member(group, "functionDeclarations").and_then(Value::as_array);
        for (index, function) in functions.into_iter().flatten().enumerate() {
            prompt.input_tokens += tokens::count(&function.to_string());
            let name = member(function, "name").and_then(Value::as_str).unwrap_or("");
            if !is_name(name) {
                return wrong(format!(
                    "* GenerateContentRequest.tools[0].function_declarations[{index}].name: Invalid function \
                     name. Must start with a letter or an underscore and hold letters, digits, '_', '.', ':' \
                     and '-' up to a length of 128."
                ));
            }
            let schema = match (member(function, "parameters"), member(function, "parametersJsonSchema")) {
                (Some(_), Some(_)) => {
                    return wrong("Only one of parameters and parameters_json_schema may be set.".to_owned());
                }
                (Some(schema), None) => json_schema(schema),
                (None, Some(schema)) => schema.clone(),
                (None, None) => json!({"type": "object"}),
            };
            if prompt.tools.iter().any(|tool| tool.name == name) {
                return wrong(format!("Duplicate function declaration found: {name}"));
            }
            prompt.tools.push(Tool { name: name.to_owned(), schema });
        }
    }
    if let Some(calling) =
        member(body, "toolConfig").and_then(|config| member(config, "functionCallingConfig"))
    {
        prompt.choice = choice(calling, prompt)?;
    }
    Ok(())
}

fn choice(calling: &Value, prompt: &mut Prompt) -> Result<ToolChoice, Rejection> {
    let wrong = |text: String| Err(Rejection::new(400, text));
    let allowed = member(calling, "allowedFunctionNames").and_then(Value::as_array);
    let allowed: Vec<&str> = allowed.into_iter().flatten().filter_map(Value::as_str).collect();
    let mode = member(calling, "mode").and_then(Value::as_str).unwrap_or("AUTO").to_ascii_uppercase();
    let choice = match mode.as_str() {
        "AUTO" | "VALIDATED" | "MODE_UNSPECIFIED" => ToolChoice::Auto,
        "NONE" => ToolChoice::None,
        "ANY" => ToolChoice::Required,
        other => {
            return wrong(format!("Invalid value at 'tool_config.function_calling_config.mode': {other}"));
        }
    };
    if allowed.is_empty() {
        return Ok(choice);
    }
    if !matches!(mode.as_str(), "ANY" | "VALIDATED") {
        return wrong("Allowed function names may only be set when the mode is ANY or VALIDATED.".to_owned());
    }
    if let Some(name) = allowed.iter().find(|name| !prompt.tools.iter().any(|tool| tool.name == **name)) {
        return wrong(format!("The allowed function '{name}' is not declared."));
    }
    prompt.tools.retain(|tool| allowed.contains(&tool.name.as_str()));
    Ok(choice)
}

fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts
        && name.len() <= 128
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
}

/// A schema of the service's own kind, whose types are written in capitals, as JSON Schema.
pub(super) fn json_schema(schema: &Value) -> Value {
    lowered(schema, MAX_DEPTH)
}

fn lowered(schema: &Value, depth: u8) -> Value {
    let Some(object) = schema.as_object().filter(|_| depth > 0) else { return Value::Null };
    let mut out = Map::new();
    for (name, value) in object {
        let value = match (name.as_str(), value) {
            ("type", Value::String(kind)) => json!(kind.to_ascii_lowercase()),
            ("properties", Value::Object(all)) => {
                all.iter().map(|(name, one)| (name.clone(), lowered(one, depth - 1))).collect()
            }
            ("items", one) => lowered(one, depth - 1),
            ("anyOf" | "any_of", Value::Array(all)) => {
                all.iter().map(|one| lowered(one, depth - 1)).collect()
            }
            // Bounds are 64-bit numbers, which its JSON writes as text.
            ("minItems" | "maxItems" | "minLength" | "maxLength", Value::String(number)) => {
                number.parse::<u64>().map_or(Value::Null, |number| json!(number))
            }
            (_, other) => other.clone(),
        };
        out.insert(if name == "any_of" { "anyOf".to_owned() } else { name.clone() }, value);
    }
    Value::Object(out)
}

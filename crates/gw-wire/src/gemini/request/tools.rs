//! Tools and the choice among them, read. Serves the request reader. It must not drop a tool that the provider
//! runs: those stay opaque.

use super::fields::{Fields, object, wrong};
use crate::gemini::names::{self, camel, get, is, json, text};
use crate::gemini::schema;
use crate::json::{Kind, Object, Value};
use gw_model::Refusal;
use gw_model::chat::{ChatRequest, Tool, ToolChoice};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// Reads `tools`.
pub(super) fn read(list: &Value<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if !matches!(list.kind, Kind::Array | Kind::Object) {
        return Err(wrong("tools", "must be an array of tools"));
    }
    for (index, value) in names::elements(list).iter().enumerate() {
        let at = format!("tools[{index}]");
        let tool = object(value, &at)?;
        for member in &tool.members {
            let value = tool.value(member);
            if value.is_null() {
                continue;
            }
            if is(&member.key, "functionDeclarations") {
                for (index, declaration) in names::elements(&value).iter().enumerate() {
                    let at = format!("{at}.functionDeclarations[{index}]");
                    request.tools.push(function(&object(declaration, &at)?, &at)?);
                }
                continue;
            }
            let name = serde_json::Value::from(camel(&member.key).as_ref());
            let raw = RawValue::from_string(format!("{{{name}:{}}}", value.raw()));
            let raw = raw.map_err(|_| wrong(at.clone(), "is nested too deeply"))?;
            request.tools.push(Tool::Opaque(Arc::from(raw)));
        }
    }
    Ok(())
}

fn function(declaration: &Object<'_>, at: &str) -> Result<Tool, Refusal> {
    let too_deep = || wrong(at.to_owned(), "is nested too deeply");
    let is_schema = |value: &Value<'_>| value.kind == Kind::Object;
    let plain = get(declaration, "parametersJsonSchema").filter(is_schema);
    let parameters = match (plain, get(declaration, "parameters").filter(is_schema)) {
        (Some(schema), _) => Some(json(&schema).ok_or_else(too_deep)?),
        (None, Some(dialect)) => Some(schema::from_dialect(&json(&dialect).ok_or_else(too_deep)?)),
        (None, None) => None,
    };
    Ok(Tool::Function {
        name: text(declaration, "name").ok_or_else(|| wrong(at.to_owned(), "needs `name`, a string"))?,
        description: text(declaration, "description").filter(|text| !text.is_empty()),
        parameters,
        strict: None,
        cache_control: None,
    })
}

/// Reads `toolConfig`.
pub(super) fn read_config(mut fields: Fields<'_>, request: &mut ChatRequest) -> Result<(), Refusal> {
    if let Some(mut calling) = fields.object("functionCallingConfig", "toolConfig.functionCallingConfig.")? {
        let mode = calling.text("mode")?.unwrap_or_default();
        let allowed = calling.take("allowedFunctionNames");
        let names: Vec<String> = allowed
            .iter()
            .flat_map(Value::elements)
            .filter_map(|v| v.as_str().map(Cow::into_owned))
            .collect();
        let mut keep = |name: &str, value: Option<gw_model::chat::Json>| {
            request.extra.extend(value.map(|v| (format!("toolConfig.functionCallingConfig.{name}"), v)));
        };
        request.tool_choice = match (mode.to_ascii_uppercase().as_str(), names.as_slice()) {
            ("" | "MODE_UNSPECIFIED", _) => None,
            ("AUTO", _) => Some(ToolChoice::Auto),
            ("NONE", _) => Some(ToolChoice::None),
            ("ANY", [name]) => Some(ToolChoice::Tool(name.clone())),
            ("ANY", names) => {
                if !names.is_empty() {
                    keep("allowedFunctionNames", allowed.as_ref().and_then(json));
                }
                Some(ToolChoice::Required)
            }
            ("VALIDATED", _) => {
                keep("mode", RawValue::from_string("\"VALIDATED\"".to_owned()).ok().map(Arc::from));
                keep("allowedFunctionNames", allowed.as_ref().and_then(json));
                None
            }
            _ => {
                let what = "must be AUTO, ANY, NONE or VALIDATED";
                return Err(wrong("toolConfig.functionCallingConfig.mode", what));
            }
        };
        calling.rest(&mut request.extra)?;
    }
    fields.rest(&mut request.extra)
}

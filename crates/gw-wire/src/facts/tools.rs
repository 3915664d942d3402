//! The names of the tools that a request brings, in every format that has tools. Serves authorization; it is read only where
//! it matters to the caller's rules. What has no name of its own goes by its type: what providers run themselves (a search,
//! a computer, servers of MCP) is a tool like others. It must not judge the names.

use crate::json::{JsonError, Kind, Object, Value};
use gw_model::WireFormat;

/// Deepest nesting that is read; a request has been checked before.
const MAX_DEPTH: usize = 1024;

/// What servers of MCP are called whose tools are not known here.
const MCP: &str = "mcp";

/// The names, each as often as it stands there.
///
/// # Errors
/// It is no JSON, or two readers could understand it differently: names that stand twice.
pub fn tool_names(format: WireFormat, body: &[u8]) -> Result<Vec<String>, JsonError> {
    let mut found = Vec::new();
    let Some(read) = reader(format) else { return Ok(found) };
    let request = Object::parse(body, MAX_DEPTH)?;
    for member in &request.members {
        let value = request.value(member);
        if !value.is_null() {
            read(&member.key, value, &mut found)?;
        }
    }
    Ok(found)
}

/// The names of the tools of a session's settings.
pub(crate) fn tools_of_session(settings: &Object<'_>) -> Result<Vec<String>, JsonError> {
    let mut found = Vec::new();
    if let Some(tools) = settings.get("tools") {
        responses("tools", tools, &mut found)?;
    }
    Ok(found)
}

type Read = fn(&str, Value<'_>, &mut Vec<String>) -> Result<(), JsonError>;

fn reader(format: WireFormat) -> Option<Read> {
    Some(match format {
        WireFormat::OpenAiChat | WireFormat::CohereChat => chat,
        WireFormat::OpenAiResponses => responses,
        WireFormat::AnthropicMessages => messages,
        WireFormat::GeminiGenerate => gemini,
        WireFormat::BedrockConverse => converse,
        _ => return None,
    })
}

fn text(object: &Object<'_>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(Into::into)
}

/// The elements that are objects; others are no tools of any provider.
fn objects<'a>(list: Value<'a>) -> impl Iterator<Item = Result<Object<'a>, JsonError>> {
    list.elements().filter(|element| element.kind == Kind::Object).map(|element| element.object())
}

/// Its own name, that of the part that has it, or its type.
fn named(tool: &Object<'_>, parts: &[&str]) -> Result<String, JsonError> {
    for part in parts {
        let part = tool.get(part).filter(|part| part.kind == Kind::Object);
        if let Some(name) = part.map(|part| part.object()).transpose()?.and_then(|part| text(&part, "name")) {
            return Ok(name);
        }
    }
    Ok(text(tool, "name").or_else(|| text(tool, "type")).unwrap_or_default())
}

fn all_named(list: Value<'_>, parts: &[&str], found: &mut Vec<String>) -> Result<(), JsonError> {
    for tool in objects(list) {
        found.push(named(&tool?, parts)?);
    }
    Ok(())
}

fn chat(member: &str, value: Value<'_>, found: &mut Vec<String>) -> Result<(), JsonError> {
    match member {
        "tools" => all_named(value, &["function", "custom"], found),
        "functions" => all_named(value, &[], found),
        "web_search_options" => {
            found.push("web_search".to_owned());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn responses(member: &str, value: Value<'_>, found: &mut Vec<String>) -> Result<(), JsonError> {
    if member != "tools" {
        return Ok(());
    }
    for tool in objects(value) {
        let tool = tool?;
        let kind = text(&tool, "type").unwrap_or_default();
        match (kind.as_str(), tool.get("tools")) {
            ("function" | "custom", _) => found.push(text(&tool, "name").unwrap_or_default()),
            ("namespace", Some(within)) => all_named(within, &[], found)?,
            _ => found.push(kind),
        }
    }
    Ok(())
}

fn messages(member: &str, value: Value<'_>, found: &mut Vec<String>) -> Result<(), JsonError> {
    match member {
        "tools" => all_named(value, &[], found),
        "mcp_servers" => {
            found.extend(value.elements().map(|_| MCP.to_owned()));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn gemini(member: &str, value: Value<'_>, found: &mut Vec<String>) -> Result<(), JsonError> {
    if member != "tools" {
        return Ok(());
    }
    // One tool may stand there without brackets.
    let single = (value.kind == Kind::Object).then(|| value.object());
    for tool in single.into_iter().chain(objects(value)) {
        let tool = tool?;
        for member in &tool.members {
            match &*member.key {
                "functionDeclarations" | "function_declarations" => {
                    all_named(tool.value(member), &[], found)?;
                }
                kind => found.push(camel(kind)),
            }
        }
    }
    Ok(())
}

/// As Google writes it; it reads it with `_` too.
fn camel(name: &str) -> String {
    let mut parts = name.split('_').filter(|part| !part.is_empty());
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut rest = part.chars();
        camel.extend(rest.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(rest.as_str());
    }
    camel
}

fn converse(member: &str, value: Value<'_>, found: &mut Vec<String>) -> Result<(), JsonError> {
    if member != "toolConfig" || value.kind != Kind::Object {
        return Ok(());
    }
    let Some(tools) = value.object()?.get("tools") else { return Ok(()) };
    for tool in objects(tools) {
        let tool = tool?;
        // A mark for the cache is no tool.
        if tool.get("cachePoint").is_none() {
            found.push(named(&tool, &["toolSpec", "systemTool"])?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

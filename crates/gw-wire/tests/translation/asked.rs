//! What a request asks, whatever format it came in.

use gw_model::chat::{ChatRequest, Part, PartKind, Role, Tool, ToolChoice};
use serde_json::Value;

/// The meaning that translation must keep.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Asked {
    model: String,
    /// Who speaks, in order; one letter for turns of one speaker that follow each other.
    pub(crate) turns: String,
    text: Vec<String>,
    media: usize,
    /// Name and arguments.
    calls: Vec<(String, Value)>,
    /// Which call each result belongs to.
    results: Vec<Option<usize>>,
    pub(crate) tools: Vec<Offered>,
    pub(crate) forced_tool: Option<String>,
    pub(crate) max_output_tokens: Option<u64>,
    pub(crate) stop: Vec<String>,
    pub(crate) has_format: bool,
    stream: bool,
    ids: Vec<String>,
}

/// A tool.
#[derive(Debug, PartialEq)]
pub(crate) struct Offered {
    pub(crate) name: String,
    description: Option<String>,
    /// The schema's skeleton: which properties there are, of what types, and which are required.
    schema: Value,
}

/// What `request` asks.
pub(crate) fn asked(request: &ChatRequest) -> Asked {
    let mut asked = Asked {
        model: request.model.clone(),
        max_output_tokens: request.max_output_tokens,
        stop: request.stop.clone(),
        has_format: request
            .response_format
            .as_ref()
            .is_some_and(|format| !matches!(format, gw_model::chat::ResponseFormat::Text)),
        stream: request.stream,
        ..Asked::default()
    };
    request.system.iter().for_each(|part| asked.note(part));
    for message in &request.messages {
        let before = (asked.text.len(), asked.media, asked.calls.len(), asked.results.len());
        message.parts.iter().for_each(|part| asked.note(part));
        let says = before != (asked.text.len(), asked.media, asked.calls.len(), asked.results.len());
        let who = if message.role == Role::Assistant { 'a' } else { 'u' };
        if says && message.role != Role::System && !asked.turns.ends_with(who) {
            asked.turns.push(who);
        }
    }
    if asked.turns.is_empty() {
        // Instructions alone are a prompt.
        asked.turns.push('u');
    }
    // Instructions from the midst of a conversation move to its head in some formats.
    asked.text.sort();
    for tool in &request.tools {
        let Tool::Function { name, description, parameters, .. } = tool else { continue };
        let schema = parameters.as_ref().map_or(Value::Null, |s| serde_json::from_str(s.get()).unwrap());
        asked.tools.push(Offered {
            name: name.clone(),
            description: description.clone().filter(|text| !text.is_empty()),
            schema: skeleton(&schema),
        });
    }
    if let Some(ToolChoice::Tool(name)) = &request.tool_choice {
        asked.forced_tool = Some(name.clone());
    }
    asked.ids.clear();
    asked
}

impl Asked {
    /// What stands in paths is not carried from one body to the next.
    pub(crate) fn forget_the_path(&mut self) {
        self.model.clear();
        self.stream = false;
    }

    fn note(&mut self, part: &Part) {
        match &part.kind {
            // Parts of one turn may be joined with line feeds.
            PartKind::Text(text) | PartKind::Refusal(text) => {
                // A tool's failure is said in words where there is no mark for it.
                let lines = text.split('\n').map(|line| line.trim_start_matches("Error:").trim_start());
                self.text.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
            }
            PartKind::Image { .. } | PartKind::Document { .. } | PartKind::Audio { .. } => self.media += 1,
            PartKind::ToolCall { id, name, arguments } => {
                let arguments = if arguments.is_empty() { "{}" } else { arguments.as_str() };
                self.calls.push((name.clone(), serde_json::from_str(arguments).unwrap()));
                self.ids.push(id.clone());
            }
            PartKind::ToolResult { id, parts, .. } => {
                self.results.push(self.ids.iter().rposition(|known| known == id));
                parts.iter().for_each(|part| self.note(part));
            }
            _ => {}
        }
    }
}

fn skeleton(schema: &Value) -> Value {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Value::Null };
    let mut required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    required.sort_unstable();
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| (name.clone(), skeleton(schema))).collect();
    match properties.is_empty() {
        true => Value::Null,
        false => serde_json::json!({ "properties": properties, "required": required }),
    }
}

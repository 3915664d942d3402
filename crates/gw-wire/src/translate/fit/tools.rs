//! Tools that a provider runs, which other providers do not have. Serves the fitting of requests. It must not
//! leave out a function.

use super::{kind_of, name};
use gw_model::WireFormat;
use gw_model::chat::{ChatRequest, Tool, ToolChoice};
use gw_model::refusal::{ErrorCode, Refusal};

/// Gemini's list of the functions that may be called.
const ALLOWED: &str = "toolConfig.functionCallingConfig.allowedFunctionNames";

/// Leaves the functions that a caller of Gemini's format allows: other formats have no list of them besides
/// the tools.
pub(super) fn allow(from: WireFormat, request: &mut ChatRequest) {
    if from != WireFormat::GeminiGenerate {
        return;
    }
    let allowed = request.extra.iter().find(|(name, _)| name == ALLOWED);
    let Some(names) = allowed.and_then(|(_, list)| serde_json::from_str::<Vec<String>>(list.get()).ok())
    else {
        return;
    };
    if !names.is_empty() {
        request.tools.retain(|tool| match tool {
            Tool::Function { name, .. } => names.contains(name),
            Tool::Opaque(_) => true,
        });
    }
}

/// Leaves out or refuses tools that are no functions.
pub(super) fn fit(
    from: WireFormat,
    to: WireFormat,
    request: &mut ChatRequest,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    match from {
        // Agents send these with every request, whether the model is to use them or not.
        WireFormat::OpenAiResponses => {
            let has_tools = !request.tools.is_empty();
            request.tools.retain(|tool| {
                if let Tool::Opaque(raw) = tool {
                    name(dropped, &format!("tools.{}", kind_of(raw)));
                }
                matches!(tool, Tool::Function { .. })
            });
            if has_tools && request.tools.is_empty() && request.tool_choice == Some(ToolChoice::Required) {
                name(dropped, "tool_choice");
                request.tool_choice = None;
            }
            Ok(())
        }
        // OpenAI's two formats share their custom tools: the writer knows.
        WireFormat::OpenAiChat if to == WireFormat::OpenAiResponses => Ok(()),
        _ => match request.tools.iter().position(|tool| matches!(tool, Tool::Opaque(_))) {
            Some(index) => Err(refused(from, index, &request.tools)),
            None => Ok(()),
        },
    }
}

fn refused(from: WireFormat, index: usize, tools: &[Tool]) -> Refusal {
    let kind = match tools.get(index) {
        Some(Tool::Opaque(raw)) => kind_of(raw),
        _ => String::new(),
    };
    let param = if from == WireFormat::BedrockConverse { "toolConfig.tools" } else { "tools" };
    let message = format!(
        "`{param}` has a `{kind}` tool, which only its own provider's models know. Leave it out, or choose such \
         a model."
    );
    Refusal::new(ErrorCode::UnsupportedParameter, message).param(param)
}

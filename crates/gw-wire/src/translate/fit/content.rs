//! Content that only its own provider can use: sealed reasoning, what its own tools did, files it stores. Serves
//! the fitting of requests. What a user sends must arrive or be refused; what a model said that means nothing to
//! others is left out and named.

use super::makers::takes_back;
use super::{kind_of, name};
use crate::translate::table::spelling;
use gw_model::WireFormat::{self, AnthropicMessages, OpenAiChat, OpenAiCompletions, OpenAiResponses};
use gw_model::chat::{ChatRequest, MediaSource, Part, PartKind, Role};
use gw_model::refusal::{ErrorCode, Refusal};

/// Items of Responses that answer a call of a provider's tool, or go with such tools: they leave with them.
const BESIDES_TOOLS: &[&str] = &[
    "additional_tools",
    "apply_patch_call_output",
    "computer_call_output",
    "local_shell_call_output",
    "mcp_approval_response",
    "shell_call_output",
    "tool_search_output",
];

struct Pass<'a> {
    from: WireFormat,
    to: WireFormat,
    dropped: &'a mut Vec<String>,
}

/// Fits the conversation.
pub(super) fn fit(
    from: WireFormat,
    to: WireFormat,
    request: &mut ChatRequest,
    dropped: &mut Vec<String>,
) -> Result<(), Refusal> {
    let mut pass = Pass { from, to, dropped };
    pass.parts(&mut request.system, Role::System)?;
    let mut is_emptied = false;
    for message in &mut request.messages {
        let before = message.parts.len();
        pass.parts(&mut message.parts, message.role)?;
        is_emptied |= before > 0 && message.parts.is_empty();
    }
    if is_emptied {
        request.messages.retain(|message| !message.parts.is_empty());
    }
    Ok(())
}

enum Fate {
    Stays,
    Goes,
}

impl Pass<'_> {
    fn parts(&mut self, parts: &mut Vec<Part>, role: Role) -> Result<(), Refusal> {
        let mut kept = 0_usize;
        let mut goes: Vec<usize> = Vec::new();
        for (index, part) in parts.iter_mut().enumerate() {
            match self.part(&mut part.kind, role)? {
                Fate::Stays => kept += 1,
                Fate::Goes => goes.push(index),
            }
        }
        if kept < parts.len() {
            let mut index = 0_usize;
            parts.retain(|_| {
                let stays = !goes.contains(&index);
                index += 1;
                stays
            });
        }
        Ok(())
    }

    fn part(&mut self, kind: &mut PartKind, role: Role) -> Result<Fate, Refusal> {
        match kind {
            PartKind::Thinking { signature: Some(seal), .. } | PartKind::RedactedThinking(seal)
                if !takes_back(self.to, seal) =>
            {
                name(self.dropped, spelling(self.from, "thinking"));
                Ok(Fate::Goes)
            }
            // Hidden reasoning is a signature there.
            PartKind::RedactedThinking(_) if self.to == WireFormat::GeminiGenerate => Ok(Fate::Goes),
            PartKind::Opaque(raw) => {
                let kind = kind_of(raw);
                self.opaque(&kind, role)
            }
            PartKind::Image { source, .. } | PartKind::Document { source, .. } => {
                self.source(source)?;
                Ok(Fate::Stays)
            }
            PartKind::ToolResult { parts, .. } => {
                // What a tool gave may be of many kinds; those that only its provider reads are left out.
                self.parts(parts, Role::Assistant)?;
                Ok(Fate::Stays)
            }
            _ => Ok(Fate::Stays),
        }
    }

    fn opaque(&mut self, kind: &str, role: Role) -> Result<Fate, Refusal> {
        // Callers of these write blocks of other formats into their own; the target's writer knows its own.
        if matches!(self.from, OpenAiChat | OpenAiCompletions | WireFormat::CohereChat)
            && role != Role::Assistant
        {
            return Ok(Fate::Stays);
        }
        let goes = role == Role::Assistant
            || (self.from == OpenAiResponses && BESIDES_TOOLS.contains(&kind))
            || (self.from == AnthropicMessages && role == Role::System);
        if !goes {
            return Err(self.refused(kind));
        }
        name(self.dropped, &format!("{}.{kind}", self.place()));
        Ok(Fate::Goes)
    }

    /// Files are stored at one provider, and addresses of its cloud are read by none but it.
    fn source(&self, source: &MediaSource) -> Result<(), Refusal> {
        let is_shared = self.from == OpenAiChat && self.to == OpenAiResponses;
        match source {
            MediaSource::File(_) if !is_shared => Err(self.refused("stored file")),
            MediaSource::Url(url) if self.from == WireFormat::BedrockConverse && url.starts_with("s3://") => {
                Err(self.refused("s3Location"))
            }
            _ => Ok(()),
        }
    }

    /// Where content stands in the caller's format.
    const fn place(&self) -> &'static str {
        match self.from {
            OpenAiResponses => "input",
            WireFormat::GeminiGenerate => "contents.parts",
            _ => "messages.content",
        }
    }

    fn refused(&self, what: &str) -> Refusal {
        let param = match self.from {
            OpenAiResponses => "input",
            WireFormat::GeminiGenerate => "contents",
            _ => "messages",
        };
        let message = format!(
            "A content block of kind `{what}` cannot be expressed for the model chosen. \
             Send text, base64 images or base64 PDF documents, or choose a model of the block's own provider."
        );
        Refusal::new(ErrorCode::UnsupportedParameter, message).param(param)
    }
}

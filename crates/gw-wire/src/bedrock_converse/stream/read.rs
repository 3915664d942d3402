//! Messages of an upstream's stream to events. Serves the translate stage of streamed answers. It must not
//! hold content: every piece goes out as it comes.

use crate::bedrock_converse::usage::{TierIn, WireUsage};
use crate::bedrock_converse::{blob, citation, errors, ids, stop};
use crate::cited::MAX_HELD;
use crate::codec::WireError;
use crate::eventstream::Message;
use bytes::Bytes;
use gw_model::event::{Citation, Event};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads one stream, message by message.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    /// The block that events were given out for and that has no end yet.
    open: Option<u32>,
    /// The block whose kind no events exist for.
    skipped: Option<u32>,
    /// The stop reason has come.
    stopped: bool,
    /// The usage has come.
    metered: bool,
    finished: bool,
    /// The block of the last text.
    last_text: Option<u32>,
    /// Citations whose block goes on: some models cite before the text, others in a block of its own behind it.
    citations: Vec<Citation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartIn<'a> {
    #[serde(default)]
    content_block_index: u32,
    #[serde(default, borrow)]
    start: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockStartIn<'a> {
    #[serde(default, borrow)]
    tool_use: Option<ToolStartIn<'a>>,
    #[serde(default, borrow)]
    tool_result: Option<&'a RawValue>,
    #[serde(default, borrow)]
    image: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolStartIn<'a> {
    #[serde(default, borrow)]
    tool_use_id: Cow<'a, str>,
    #[serde(default)]
    name: String,
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeltaFrameIn<'a> {
    #[serde(default)]
    content_block_index: u32,
    #[serde(borrow)]
    delta: DeltaIn<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeltaIn<'a> {
    text: Option<String>,
    tool_use: Option<ToolDeltaIn>,
    reasoning_content: Option<ReasoningDeltaIn>,
    #[serde(default, borrow)]
    citation: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ToolDeltaIn {
    #[serde(default)]
    input: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasoningDeltaIn {
    text: Option<String>,
    signature: Option<String>,
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopIn<'a> {
    stop_reason: Option<String>,
    #[serde(default, borrow)]
    additional_model_response_fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataIn {
    usage: Option<WireUsage>,
    service_tier: Option<TierIn>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionIn {
    message: Option<String>,
    original_message: Option<String>,
}

impl Reader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one message and appends the events it holds. Events of unknown types hold none.
    ///
    /// # Errors
    /// [`WireError::Json`] when the payload is not JSON of the format's shape, [`WireError::Shape`] when the
    /// headers do not say what the message is.
    pub fn frame(&mut self, message: &Message, out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.finished {
            return Ok(());
        }
        let headers = &message.headers;
        match headers.text(":message-type").unwrap_or("event") {
            "event" => {
                let kind = headers
                    .text(":event-type")
                    .ok_or(WireError::Shape { what: "an event-stream message without `:event-type`" })?;
                self.event(kind, &message.payload, out)
            }
            "exception" => {
                let kind = headers.text(":exception-type").unwrap_or_default();
                self.exception(kind, &message.payload, out);
                Ok(())
            }
            "error" => {
                let kind = headers.text(":error-code").unwrap_or_default().to_owned();
                let message = headers.text(":error-message").unwrap_or_default().to_owned();
                self.finished = true;
                out.push(Event::Error { kind, message });
                Ok(())
            }
            _ => Err(WireError::Shape { what: "an event-stream message of unknown `:message-type`" }),
        }
    }

    /// The bytes of the stream have ended. Usage comes after the stop reason and may be missing; without a
    /// stop reason the answer was cut.
    ///
    /// # Errors
    /// [`WireError::Cut`] when the upstream gave no stop reason.
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), WireError> {
        if !self.finished && !self.stopped {
            return Err(WireError::Cut);
        }
        self.end(out);
        Ok(())
    }

    fn event(&mut self, kind: &str, payload: &[u8], out: &mut Vec<Event>) -> Result<(), WireError> {
        match kind {
            "contentBlockDelta" => {
                let frame: DeltaFrameIn<'_> = serde_json::from_slice(payload)?;
                self.start(out);
                self.delta(frame.content_block_index, frame.delta, out);
            }
            "contentBlockStart" => {
                let frame: StartIn<'_> = serde_json::from_slice(payload)?;
                self.start(out);
                self.block_start(frame, out)?;
            }
            "contentBlockStop" => {
                self.close(out);
                self.cite(out);
            }
            "messageStart" => self.start(out),
            "messageStop" => {
                let frame: StopIn<'_> = serde_json::from_slice(payload)?;
                self.start(out);
                self.close(out);
                self.stopped = true;
                if let Some(reason) = frame.stop_reason {
                    let sequence = stop::sequence(frame.additional_model_response_fields);
                    out.push(Event::Finish { choice: 0, reason: stop::read(&reason, sequence) });
                }
            }
            "metadata" => {
                let frame: MetadataIn = serde_json::from_slice(payload)?;
                self.start(out);
                self.metered = true;
                if let Some(usage) = frame.usage {
                    out.push(Event::Usage(usage.usage(frame.service_tier.as_ref())));
                }
            }
            exception if exception.ends_with("Exception") => self.exception(exception, payload, out),
            _ => {}
        }
        if self.stopped && self.metered {
            self.end(out);
        }
        Ok(())
    }

    fn exception(&mut self, kind: &str, payload: &[u8], out: &mut Vec<Event>) {
        self.finished = true;
        let found: ExceptionIn = serde_json::from_slice(payload).unwrap_or_default();
        let message = found.message.or(found.original_message).unwrap_or_default();
        out.push(Event::Error { kind: errors::plain_kind(kind).to_owned(), message });
    }

    /// Begins the answer, also for an upstream that does not say that it begins.
    fn start(&mut self, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start { id: String::new(), model: String::new(), created: None });
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        if !self.finished {
            self.finished = true;
            out.push(Event::End);
        }
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        self.skipped = None;
        if let Some(block) = self.open.take() {
            if self.last_text == Some(block) {
                self.cite(out);
            }
            out.push(Event::BlockEnd { choice: 0, block });
        }
    }

    /// Gives the citations that were held, for the last text.
    fn cite(&mut self, out: &mut Vec<Event>) {
        let Some(block) = self.last_text else { return };
        out.extend(self.citations.drain(..).map(|citation| {
            let citation = Box::new(citation);
            Event::Citation { choice: 0, block, citation }
        }));
    }

    /// Ends the block before, for an upstream that does not say that it ended.
    fn enter(&mut self, block: u32, out: &mut Vec<Event>) {
        if self.open != Some(block) {
            self.close(out);
            self.open = Some(block);
        }
    }

    fn block_start(&mut self, frame: StartIn<'_>, out: &mut Vec<Event>) -> Result<(), WireError> {
        let (choice, block) = (0, frame.content_block_index);
        self.close(out);
        let Some(raw) = frame.start else { return Ok(()) };
        let found: BlockStartIn<'_> = serde_json::from_str(raw.get())?;
        match found.tool_use {
            Some(call) if call.kind != "server_tool_use" => {
                self.open = Some(block);
                let id = ids::decode(&call.tool_use_id).into_owned();
                out.push(Event::ToolStart { choice, block, id, name: call.name });
            }
            None if found.tool_result.is_none() && found.image.is_none() => {}
            _ => {
                self.skipped = Some(block);
                out.push(Event::Opaque { choice, block, json: Bytes::copy_from_slice(raw.get().as_bytes()) });
            }
        }
        Ok(())
    }

    fn delta(&mut self, block: u32, delta: DeltaIn<'_>, out: &mut Vec<Event>) {
        let choice = 0;
        if self.skipped == Some(block) {
            return;
        }
        let mut give = |event| {
            self.enter(block, out);
            out.push(event);
        };
        if let Some(text) = delta.text.filter(|text| !text.is_empty()) {
            give(Event::Text { choice, block, text });
            self.last_text = Some(block);
        }
        let mut give = |event| {
            self.enter(block, out);
            out.push(event);
        };
        if let Some(reasoning) = delta.reasoning_content {
            if let Some(text) = reasoning.text.filter(|text| !text.is_empty()) {
                give(Event::Thinking { choice, block, text });
            }
            if let Some(signature) = reasoning.signature.filter(|signature| !signature.is_empty()) {
                give(Event::ThinkingSignature { choice, block, signature });
            }
            if let Some(data) = reasoning.redacted_content.filter(|data| !data.is_empty()) {
                give(Event::RedactedThinking { choice, block, data: blob::read(&data) });
            }
        }
        if let Some(ToolDeltaIn { input: json }) = delta.tool_use
            && !json.is_empty()
            // Arguments of a call that never began belong to nothing.
            && self.open == Some(block)
        {
            out.push(Event::ToolArguments { choice, block, json });
        }
        if let Some(raw) = delta.citation {
            let has_room = self.citations.len() < MAX_HELD;
            self.citations.extend(citation::read(raw.get()).filter(|_| has_room));
        }
    }
}

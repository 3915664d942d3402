//! What a client's event asks for: read before it may go upstream.

use crate::json::{JsonError, Kind, Object, Value};
use gw_model::Span;
use memchr::memmem;

/// Nesting of an event; OpenAI's own are far flatter, but for the schemas of tools.
const MAX_DEPTH: usize = 128;

/// How a client's event concerns the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// `response.create`: a response that will be billed.
    Response,
    /// `session.update`, also of a transcription session.
    Session,
    /// `input_audio_buffer.append`: sound, as base64.
    Audio,
    /// Anything else.
    #[default]
    Other,
}

/// A model that an event names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The value with its quotes, within the event.
    pub span: Span,
    /// The member, for messages: `session.model`.
    pub param: &'static str,
}

/// What an event asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientEvent {
    /// Its kind.
    pub asks: Asks,
    /// The client's own name for it.
    pub event_id: Option<String>,
    /// Models that it names for the conversation.
    pub models: Vec<Named>,
    /// A model of another kind: what the caller's speech is to be written down with.
    pub transcription_model: Option<String>,
    /// Bound on the output of one response.
    pub max_output_tokens: Option<u64>,
}

/// Reads an event.
///
/// # Errors
/// It is no JSON object, or one that two readers could understand differently; see [`may_steer`].
pub fn read(text: &[u8]) -> Result<ClientEvent, JsonError> {
    let object = Object::parse(text, MAX_DEPTH)?;
    let mut event = ClientEvent::default();
    let kind = object.get("type").and_then(|v| v.as_str());
    event.asks = match kind.as_deref() {
        Some("response.create") => Asks::Response,
        Some("session.update" | "transcription_session.update") => Asks::Session,
        Some("input_audio_buffer.append") => Asks::Audio,
        _ => Asks::Other,
    };
    if !matches!(event.asks, Asks::Response | Asks::Session) {
        return Ok(event);
    }
    event.event_id = object.get("event_id").and_then(|v| v.as_str()).map(Into::into);
    event.name(object.get("model"), "model");
    for (member, param) in [("session", "session.model"), ("response", "response.model")] {
        let Some(inner) = object.get(member).filter(|v| v.kind == Kind::Object) else { continue };
        let inner = inner.object()?;
        event.name(inner.get("model"), param);
        let bound = inner.get("max_output_tokens").or_else(|| inner.get("max_response_output_tokens"));
        event.max_output_tokens = bound.and_then(|v| v.as_u64()).or(event.max_output_tokens);
        event.transcription_model = transcription_model(&inner)?.or(event.transcription_model.take());
    }
    Ok(event)
}

impl ClientEvent {
    fn name(&mut self, value: Option<Value<'_>>, param: &'static str) {
        let Some(value) = value.filter(|v| !v.is_null()) else { return };
        // What is no text names no model, and is for the provider to refuse.
        let name = value.as_str().map_or_else(|| value.raw().to_owned(), Into::into);
        self.models.push(Named { name, span: value.span, param });
    }
}

/// `audio.input.transcription.model`, and where it stood before: `input_audio_transcription.model`.
fn transcription_model(session: &Object<'_>) -> Result<Option<String>, JsonError> {
    let mut found = None;
    let older = session.get("input_audio_transcription").filter(|v| v.kind == Kind::Object);
    let mut newer = session.get("audio").filter(|v| v.kind == Kind::Object);
    for step in ["input", "transcription"] {
        let Some(value) = newer else { break };
        newer = value.object()?.get(step).filter(|v| v.kind == Kind::Object);
    }
    for settings in [older, newer].into_iter().flatten() {
        let model = settings.object()?.get("model").and_then(|v| v.as_str().map(Into::into));
        found = model.or(found);
    }
    Ok(found)
}

/// The names of the tools that an event brings, for the session or for one response.
///
/// # Errors
/// It is no JSON object, or one that two readers could understand differently.
pub fn tool_names(text: &[u8]) -> Result<Vec<String>, JsonError> {
    let object = Object::parse(text, MAX_DEPTH)?;
    let mut found = Vec::new();
    for member in ["session", "response"] {
        if let Some(inner) = object.get(member).filter(|v| v.kind == Kind::Object) {
            found.extend(crate::facts::tools_of_session(&inner.object()?)?);
        }
    }
    Ok(found)
}

/// The names of what an event says of the session, or of a response; nothing is said by `null`.
///
/// # Errors
/// As [`tool_names`].
pub fn parameters(text: &[u8]) -> Result<Vec<String>, JsonError> {
    let object = Object::parse(text, MAX_DEPTH)?;
    let mut found = Vec::new();
    for member in ["session", "response"] {
        if let Some(inner) = object.get(member).filter(|v| v.kind == Kind::Object) {
            let inner = inner.object()?;
            let said = inner.members.iter().filter(|one| !inner.value(one).is_null());
            found.extend(said.map(|one| one.key.to_string()));
        }
    }
    Ok(found)
}

/// Could a provider that reads more than JSON find an event in this that the gateway has a say in? Asked of what
/// [`read`] did not understand: names twice, broken syntax, other encodings.
#[must_use]
pub fn may_steer(message: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [b"session.update", b"response.create", b"\"model\"", b"\\u00"];
    // UTF-16 and UTF-32 are UTF-8 with zeros between, as far as these words go.
    let plain: Vec<u8> = message.iter().copied().filter(|byte| *byte != 0).collect();
    let begins = plain.iter().copied().find(|byte| matches!(byte, b'{' | b'['));
    begins.is_some() && WORDS.iter().any(|word| memmem::find(&plain, word).is_some())
}

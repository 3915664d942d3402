//! What messages hold besides text: looked for when the target is known not to read it, or to want plain texts.
//! Serves `adapt`. It must not look at messages of calls to targets that take them.

use super::Work;
use super::ask::{has_callers_tools, kind, schema};
use crate::gemini::names;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::splice::Edit;
use crate::json::{Kind, Object, Value, Writer};
use bytes::Bytes;
use gw_model::{Abilities, Ability, Call, ErrorCode, Refusal, WireFormat};
use memchr::memmem;

/// How deep results of tools may hold results of tools.
const MAX_NESTING: u8 = 4;

/// Kinds of content besides text, and what is said of a model that does not take them.
const KINDS: &[(Ability, &str)] = &[
    (Ability::Vision, "reads no images"),
    (Ability::Documents, "reads no documents"),
    (Ability::AudioInput, "hears no audio"),
];

/// The abilities to read content that the model lacks and the call may need.
pub(super) fn suspected(call: &Call, lacks: Abilities) -> Abilities {
    let mut found = Abilities::default();
    if !KINDS.iter().any(|(ability, _)| lacks.has(*ability)) {
        return found;
    }
    if markers(call.format).iter().any(|m| memmem::find(&call.body, m.as_bytes()).is_some()) {
        KINDS.iter().for_each(|(ability, _)| found.set(*ability, lacks.has(*ability)));
    }
    found
}

/// What a request holds or offers besides texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Images.
    pub images: bool,
    /// Audio.
    pub audio: bool,
    /// Tools that the caller runs.
    pub tools: bool,
}

/// What the request of `body` holds besides texts. For conditions, which ask of it only when they read it.
#[must_use]
pub fn contents(call: &Call, body: &Bytes) -> Contents {
    let is_marked = markers(call.format).iter().any(|m| memmem::find(body, m.as_bytes()).is_some());
    let may_have_tools = call.facts.asks.has(Ability::Tools);
    if !(is_marked || may_have_tools) {
        return Contents::default();
    }
    let Ok(object) = Object::parse(body, DEPTH_CEILING) else { return Contents::default() };
    Contents {
        images: is_marked && holds(call.format, &object, Ability::Vision),
        audio: is_marked && holds(call.format, &object, Ability::AudioInput),
        tools: may_have_tools && has_callers_tools(call.format, &object),
    }
}

/// Is the answer to be JSON, by a schema or without one? For routing, which asks only where it counts.
#[must_use]
pub fn wants_json(call: &Call, body: &Bytes) -> bool {
    if !call.facts.asks.has(Ability::JsonSchema) {
        return false;
    }
    let Ok(object) = Object::parse(body, DEPTH_CEILING) else { return false };
    let json = || names::get(&names::object(&object, "generationConfig")?, "responseMimeType")?.as_str();
    let places = schema(call.format).iter();
    places.filter_map(|place| place.find(&object)).any(|format| kind(&format).as_deref() != Some("text"))
        || (call.format == WireFormat::GeminiGenerate
            && json().is_some_and(|kind| kind == "application/json"))
}

/// Refuses content that the model does not read.
pub(super) fn refuse(work: &Work<'_>, suspected: Abilities, body: &Object<'_>) -> Result<(), Refusal> {
    let format = work.call.format;
    for (ability, what) in KINDS.iter().filter(|(ability, _)| suspected.has(*ability)) {
        if !holds(format, body, *ability) {
            continue;
        }
        let param = list_name(format);
        let message = format!(
            "`{}` {what}, as far as is known here. Choose another model, or state otherwise in its \
             `capabilities` in the configuration.",
            work.limits.name
        );
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param(param));
    }
    Ok(())
}

/// Texts of which one must stand in a body that holds more than text.
const fn markers(format: WireFormat) -> &'static [&'static str] {
    match format {
        WireFormat::OpenAiChat | WireFormat::CohereChat => {
            &["\"image_url\"", "\"file\"", "\"input_audio\"", "\"document\""]
        }
        WireFormat::OpenAiResponses => &["\"input_image\"", "\"input_file\"", "\"input_audio\""],
        WireFormat::AnthropicMessages => &["\"image\"", "\"document\""],
        WireFormat::BedrockConverse => &["\"image\"", "\"document\"", "\"audio\""],
        WireFormat::GeminiGenerate => &["\"inlineData\"", "\"inline_data\"", "\"fileData\"", "\"file_data\""],
        _ => &[],
    }
}

const fn list_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::OpenAiResponses => "input",
        WireFormat::GeminiGenerate => "contents",
        _ => "messages",
    }
}

fn holds(format: WireFormat, body: &Object<'_>, ability: Ability) -> bool {
    let Some(list) = body.get(list_name(format)) else { return false };
    list.elements().any(|message| {
        let mut members = message.members();
        members.any(|(name, value)| {
            matches!(name, "content" | "parts" | "output") && any_part(&value, ability, MAX_NESTING)
        })
    })
}

fn any_part(list: &Value<'_>, ability: Ability, nesting: u8) -> bool {
    list.elements().any(|part| is_of(&part, ability) || inner(&part, ability, nesting))
}

/// Results of tools hold parts themselves.
fn inner(part: &Value<'_>, ability: Ability, nesting: u8) -> bool {
    if nesting == 0 {
        return false;
    }
    part.members().any(|(name, value)| match name {
        "content" | "parts" => any_part(&value, ability, nesting - 1),
        "toolResult" | "functionResponse" | "function_response" => inner(&value, ability, nesting - 1),
        _ => false,
    })
}

/// Is the part of the kind that takes `ability` to read?
fn is_of(part: &Value<'_>, ability: Ability) -> bool {
    if let Some(kind) = kind(part) {
        return match ability {
            Ability::Vision => matches!(kind.as_str(), "image_url" | "input_image" | "image"),
            Ability::AudioInput => kind == "input_audio",
            Ability::Documents => match kind.as_str() {
                "file" | "input_file" => true,
                "document" => is_document_file(part),
                _ => false,
            },
            _ => false,
        };
    }
    part.members().any(|(name, value)| match name {
        "image" => ability == Ability::Vision,
        "document" => ability == Ability::Documents,
        "audio" => ability == Ability::AudioInput,
        "inlineData" | "inline_data" | "fileData" | "file_data" => has_type(&value, ability),
        _ => false,
    })
}

/// A document that is text already is read by any model.
fn is_document_file(part: &Value<'_>) -> bool {
    let source = part.members().find(|(name, _)| *name == "source");
    source.is_some_and(|(_, source)| matches!(kind(&source).as_deref(), Some("base64" | "url" | "file")))
}

/// Google names what a part is by its media type.
fn has_type(data: &Value<'_>, ability: Ability) -> bool {
    let found = data.members().find(|(name, _)| names::is(name, "mimeType"));
    let Some(media_type) = found.and_then(|(_, value)| value.as_str()) else { return false };
    match ability {
        Ability::Vision => media_type.starts_with("image/"),
        Ability::AudioInput => media_type.starts_with("audio/"),
        Ability::Documents => media_type == "application/pdf",
        _ => false,
    }
}

/// Writes content that is a list of texts as one text, for providers that know nothing else.
pub(super) fn as_text(work: &mut Work<'_>, body: &Object<'_>) -> Result<(), Refusal> {
    if work.call.format != WireFormat::OpenAiChat {
        return Ok(());
    }
    let Some(messages) = body.get("messages") else { return Ok(()) };
    for message in messages.elements() {
        let content = message.members().find(|(name, _)| *name == "content");
        let Some((_, content)) = content.filter(|(_, value)| value.kind == Kind::Array) else { continue };
        let mut text = String::new();
        for part in content.elements() {
            let found = part.members().find(|(name, _)| *name == "text");
            match (kind(&part).as_deref(), found.and_then(|(_, value)| value.as_str())) {
                (Some("text"), Some(piece)) => text.push_str(&piece),
                _ => {
                    let message = "This model's provider takes texts only. Leave other parts out, or choose \
                                   another model.";
                    return Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param("messages"));
                }
            }
        }
        let mut written = Writer::with_capacity(text.len() + 2);
        written.string(&text);
        work.adapted.edits.push(Edit::replace(content.span, Bytes::from(written.into_bytes())));
    }
    Ok(())
}

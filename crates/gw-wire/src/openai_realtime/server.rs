//! What a server's event says: which responses began and ended, and what they used. The provider is believed: what
//! cannot be read counts as not said.

use crate::json::{Kind, Object, Value};
use memchr::memmem;

/// Nesting that is followed.
const MAX_DEPTH: usize = 128;

/// Token counts of one response, by what they are charged as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All input tokens.
    pub input: u64,
    /// All output tokens.
    pub output: u64,
    /// Of the input: read from the cache, of any kind.
    pub cached: u64,
    /// Of the input: sound, cached or not.
    pub audio_in: u64,
    /// Of the input: pictures, cached or not.
    pub image_in: u64,
    /// Of the cached: sound.
    pub cached_audio: u64,
    /// Of the cached: pictures.
    pub cached_image: u64,
    /// Of the output: sound.
    pub audio_out: u64,
}

/// What was charged for, in the provider's own figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// Tokens.
    Tokens(Counts),
    /// Milliseconds of sound.
    Duration(u64),
}

/// What a server's event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The session's settings: with which model speech is written down.
    Session {
        /// The model, when speech is written down at all.
        transcription_model: Option<String>,
    },
    /// Something that the client asked for is refused, or failed.
    Error,
    /// A response begins.
    Created,
    /// A response is over, however it ended.
    Done {
        /// What it used; `None` when it does not say.
        charged: Option<Charged>,
    },
    /// A piece of the caller's speech was written down.
    Transcribed {
        /// What it used; `None` when it does not say.
        charged: Option<Charged>,
    },
    /// A piece of what a response says.
    Said {
        /// About so many bytes of it; sound is base64.
        bytes: usize,
        /// It is sound.
        is_audio: bool,
    },
    /// Anything else.
    Other,
}

/// What stands around the words of a piece, about: type, ids and indexes.
const ENVELOPE_BYTES: usize = 180;

/// Reads an event.
#[must_use]
pub fn read(text: &[u8]) -> ServerEvent {
    // Most events are pieces of speech, which need no parsing to be told apart.
    const WORDS: [&[u8]; 4] = [b"response.", b"session.", b"transcription.completed", b"\"error\""];
    const ENDINGS: [&[u8]; 6] =
        [b"\"error\"", b".created\"", b".done\"", b".updated\"", b".completed\"", b"\\u"];
    let has = |words: &[&[u8]]| words.iter().any(|word| memmem::find(text, word).is_some());
    if !has(&WORDS) {
        return ServerEvent::Other;
    }
    if !has(&ENDINGS) {
        return piece(text);
    }
    let Ok(object) = Object::parse(text, MAX_DEPTH) else { return ServerEvent::Other };
    let kind = object.get("type").and_then(|v| v.as_str());
    match kind.as_deref() {
        Some(
            "session.created"
            | "session.updated"
            | "transcription_session.created"
            | "transcription_session.updated",
        ) => {
            let session = object.get("session");
            ServerEvent::Session { transcription_model: session.and_then(|s| transcription_model(&s)) }
        }
        Some("error") => ServerEvent::Error,
        Some("response.created") => ServerEvent::Created,
        Some("response.done") => {
            let usage = object.get("response").and_then(|response| member(response, "usage"));
            ServerEvent::Done { charged: usage.as_ref().and_then(charged) }
        }
        Some("conversation.item.input_audio_transcription.completed") => {
            ServerEvent::Transcribed { charged: object.get("usage").as_ref().and_then(charged) }
        }
        _ => piece(text),
    }
}

fn piece(text: &[u8]) -> ServerEvent {
    if memmem::find(text, b".delta\"").is_none() {
        return ServerEvent::Other;
    }
    let is_audio = memmem::find(text, b"audio.delta\"").is_some();
    ServerEvent::Said { bytes: text.len().saturating_sub(ENVELOPE_BYTES).max(1), is_audio }
}

fn member<'a>(value: Value<'a>, name: &str) -> Option<Value<'a>> {
    value.members().find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn transcription_model(session: &Value<'_>) -> Option<String> {
    let newer = ["audio", "input", "transcription"].into_iter().try_fold(*session, member);
    let settings = newer.filter(|v| v.kind == Kind::Object);
    let settings = settings.or_else(|| member(*session, "input_audio_transcription"))?;
    member(settings, "model")?.as_str().map(Into::into)
}

fn charged(usage: &Value<'_>) -> Option<Charged> {
    let number = |value: &Value<'_>, name: &str| member(*value, name).and_then(|v| v.as_u64());
    if let Some(seconds) = member(*usage, "seconds").filter(|v| v.kind == Kind::Number) {
        return Some(Charged::Duration(milliseconds(seconds.raw())));
    }
    let (input, output) = (number(usage, "input_tokens"), number(usage, "output_tokens"));
    if input.is_none() && output.is_none() {
        return None;
    }
    let details = |names: [&str; 2]| names.into_iter().find_map(|name| member(*usage, name));
    let mut counts = Counts { input: input.unwrap_or(0), output: output.unwrap_or(0), ..Counts::default() };
    if let Some(details) = details(["input_token_details", "input_tokens_details"]) {
        let of = |name: &str| number(&details, name).unwrap_or(0);
        counts.cached = of("cached_tokens").min(counts.input);
        counts.audio_in = of("audio_tokens").min(counts.input);
        counts.image_in = of("image_tokens").min(counts.input - counts.audio_in);
        if let Some(cached) = member(details, "cached_tokens_details") {
            let of = |name: &str| number(&cached, name).unwrap_or(0);
            counts.cached_audio = of("audio_tokens").min(counts.cached).min(counts.audio_in);
            let rest = counts.cached - counts.cached_audio;
            counts.cached_image = of("image_tokens").min(rest).min(counts.image_in);
        }
    }
    if let Some(details) = details(["output_token_details", "output_tokens_details"]) {
        counts.audio_out = number(&details, "audio_tokens").unwrap_or(0).min(counts.output);
    }
    Some(Charged::Tokens(counts))
}

/// A decimal of seconds in milliseconds, rounded up; what has an exponent or a sign counts as nothing.
fn milliseconds(seconds: &str) -> u64 {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let Ok(whole) = whole.parse::<u64>() else { return 0 };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let head: String = fraction.chars().chain("000".chars()).take(3).collect();
    let more = fraction.bytes().skip(3).any(|b| b != b'0');
    let thousandths = head.parse::<u64>().unwrap_or(0) + u64::from(more);
    whole.saturating_mul(1000).saturating_add(thousandths)
}

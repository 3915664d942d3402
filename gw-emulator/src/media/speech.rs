//! Speech: sound as long as the text would take to say. It must not speak.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{files, model, text, usage};
use crate::answer::{Answer, Content, Context, Rejection};
use crate::fields::{range, string};
use crate::tokens;

/// Longest text, in characters.
const MAX_CHARACTERS: usize = 4096;
/// Milliseconds of a character, and of a token of sound.
const CHARACTER_MS: u64 = 66;
const TOKEN_MS: u64 = 48;
/// Bytes of sound in one event.
const PIECE_BYTES: usize = 4096;

/// Answers a request for speech.
pub(super) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    model(body, cx)?;
    let input = text(body, "input")?;
    let characters = input.chars().count();
    if input.is_empty() || characters > MAX_CHARACTERS {
        let text = format!("'input' must have from 1 to {MAX_CHARACTERS} characters.");
        return Err(Rejection::param("input", "string_above_max_length", text));
    }
    if body.get("voice").is_none_or(Value::is_null) {
        return Err(Rejection::missing("voice"));
    }
    range(body, "speed", 0.25, 4.0)?;
    let format = string(body, "response_format")?.unwrap_or("mp3");
    let ms = characters as u64 * CHARACTER_MS;
    let Some((mut sound, content_type)) = files::sound(format, ms) else {
        let text = format!("'{format}' is no format; use mp3, opus, aac, flac, wav or pcm.");
        return Err(Rejection::param("response_format", "invalid_value", text));
    };
    if let Some(bytes) = cx.faults.huge_bytes {
        sound = sound.iter().copied().cycle().take(usize::try_from(bytes).unwrap_or(0)).collect();
    }
    let (words, spoken) = (tokens::count(input), ms.div_ceil(TOKEN_MS));
    match string(body, "stream_format")? {
        None | Some("audio") => {
            let content = Content::Bytes(sound, content_type);
            Ok(Answer { content, input_tokens: words, output_tokens: spoken })
        }
        Some("sse") => Ok(stream(&sound, words, spoken, cx)),
        Some(other) => {
            let text = format!("'{other}' is no stream format; use audio or sse.");
            Err(Rejection::param("stream_format", "invalid_value", text))
        }
    }
}

fn stream(sound: &[u8], words: u64, spoken: u64, cx: &Context<'_>) -> Answer {
    let mut frames = cx.frames();
    let pieces = sound.chunks(if cx.faults.huge_bytes.is_some() { sound.len() } else { PIECE_BYTES });
    let count = pieces.len() as u64;
    for (index, piece) in pieces.enumerate() {
        let index = index as u64;
        let share = spoken * (index + 1) / count - spoken * index / count;
        let event = json!({"type": "speech.audio.delta", "audio": STANDARD.encode(piece)});
        frames.event(None, &[&event.to_string()], share);
    }
    let mut done = json!({"type": "speech.audio.done"});
    if !cx.faults.no_usage {
        done["usage"] = usage(words, spoken, ("input_token_details", json!({"text_tokens": words})), cx);
    }
    frames.event(None, &[&done.to_string()], 0);
    Answer { content: Content::Stream(frames), input_tokens: words, output_tokens: 0 }
}

//! Transcripts and translations: a text that tells the file's name and size. It must not listen.

use serde_json::{Value, json};

use super::{model, truth, usage};
use crate::answer::{Answer, Content, Context, Rejection};
use crate::tokens;

/// Tokens of sound in a second.
const TOKENS_A_SECOND: f64 = 10.0;

struct Heard {
    text: String,
    seconds: f64,
    /// Charged by tokens, not by seconds.
    by_tokens: bool,
    input: u64,
    output: u64,
}

/// Answers a request for a transcript, or for its translation.
pub(super) fn answer(body: &Value, is_translation: bool, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let model = model(body, cx)?;
    let file = body.get("file").filter(|file| file.is_object()).ok_or_else(|| Rejection::missing("file"))?;
    let heard = hear(file, !model.contains("whisper"), cx);
    let format = body.get("response_format").and_then(Value::as_str).unwrap_or("json");
    // The oldest model does not stream, and translations are its work.
    if truth(body, "stream")? && heard.by_tokens && !is_translation {
        return Ok(stream(&heard, cx));
    }
    let content = match format {
        "json" | "diarized_json" => heard.json(json!({"text": heard.text}), is_translation, cx),
        "verbose_json" => {
            let task = if is_translation { "translate" } else { "transcribe" };
            let segment = json!({"id": 0, "start": 0.0, "end": heard.seconds, "text": heard.text});
            let verbose = json!({
                "task": task, "language": "english", "duration": heard.seconds, "text": heard.text,
                "segments": [segment]
            });
            heard.json(verbose, is_translation, cx)
        }
        "text" => Content::Bytes(format!("{}\n", heard.text).into(), "text/plain; charset=utf-8"),
        "srt" => {
            let text =
                format!("1\n{} --> {}\n{}\n\n", clock(0.0, ','), clock(heard.seconds, ','), heard.text);
            Content::Bytes(text.into(), "application/x-subrip; charset=utf-8")
        }
        "vtt" => {
            let times = format!("{} --> {}", clock(0.0, '.'), clock(heard.seconds, '.'));
            Content::Bytes(format!("WEBVTT\n\n{times}\n{}\n\n", heard.text).into(), "text/vtt; charset=utf-8")
        }
        other => {
            let text = format!("'{other}' is no format; use json, text, srt, verbose_json or vtt.");
            return Err(Rejection::param("response_format", "invalid_value", text));
        }
    };
    Ok(Answer { content, input_tokens: heard.input, output_tokens: heard.output })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no file plays so long")]
fn hear(file: &Value, by_tokens: bool, cx: &Context<'_>) -> Heard {
    let name = file["filename"].as_str().unwrap_or_default();
    let text = match (cx.faults.huge_bytes, &cx.faults.text) {
        (Some(bytes), _) => "huge ".chars().cycle().take(usize::try_from(bytes).unwrap_or(0)).collect(),
        (None, Some(text)) => text.clone(),
        (None, None) => format!("You sent {name}, {} bytes.", file["bytes"]),
    };
    let seconds = file["seconds"].as_f64().unwrap_or(0.0);
    let input = if by_tokens { (seconds * TOKENS_A_SECOND).ceil() as u64 } else { 0 };
    let output = if by_tokens { tokens::count(&text) } else { 0 };
    Heard { text, seconds, by_tokens, input, output }
}

impl Heard {
    fn usage(&self, cx: &Context<'_>) -> Value {
        if self.by_tokens {
            let details = json!({"text_tokens": 0, "audio_tokens": self.input});
            return usage(self.input, self.output, ("input_token_details", details), cx);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no file plays so long")]
        let seconds = self.seconds.ceil() as u64;
        json!({"type": "duration", "seconds": crate::usage::figure(seconds, cx.faults)})
    }

    /// Translations state no usage.
    fn json(&self, mut body: Value, is_translation: bool, cx: &Context<'_>) -> Content {
        if !cx.faults.no_usage && !is_translation {
            body["usage"] = self.usage(cx);
        }
        Content::Whole(body.to_string())
    }
}

fn stream(heard: &Heard, cx: &Context<'_>) -> Answer {
    let mut frames = cx.frames();
    for (text, tokens) in tokens::groups(&heard.text, cx.frame_count()) {
        let event = json!({"type": "transcript.text.delta", "delta": text});
        frames.event(None, &[&event.to_string()], tokens);
    }
    let mut done = json!({"type": "transcript.text.done", "text": heard.text});
    if !cx.faults.no_usage {
        done["usage"] = heard.usage(cx);
    }
    frames.event(None, &[&done.to_string()], 0);
    frames.event(None, &["[DONE]"], 0);
    Answer { content: Content::Stream(frames), input_tokens: heard.input, output_tokens: 0 }
}

/// `00:00:01,500`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no file plays so long")]
fn clock(seconds: f64, point: char) -> String {
    let ms = (seconds * 1000.0).round() as u64;
    format!("{:02}:{:02}:{:02}{point}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

//! Usage of images, speech and transcripts, whole and as their streams' last events state it. Serves `usage`. It
//! must not fail: a figure that is missing or mistyped counts as not stated.

use super::counts::tokens_of;
use crate::json::{Kind, Object, Value};
use gw_model::media::counted;
use gw_model::{Media, Usage};

/// Longest recording that is believed, in milliseconds: about 50 days.
const MAX_MS: f64 = 4.2e9;

/// Usage of an answer with images: their number at least, which is all that some providers state.
pub(super) fn of_images(object: &Object<'_>) -> Option<Usage> {
    let images = object.get("data").map_or(0, |data| data.elements().count() as u64);
    let mut usage = object.get("usage").as_ref().and_then(images_usage).unwrap_or_default();
    usage.media.output_images = counted(images);
    (usage != Usage::default()).then_some(usage)
}

/// A `usage` object of images. Output tokens are images' unless it says otherwise.
pub(super) fn images_usage(usage: &Value<'_>) -> Option<Usage> {
    let stated = Stated::read(usage)?;
    Some(Usage {
        input_tokens: stated.input,
        output_tokens: stated.output,
        cached_tokens: stated.cached,
        media: Media {
            image_input_tokens: counted(stated.image_in),
            image_output_tokens: counted(stated.image_out.unwrap_or(stated.output)),
            ..Media::default()
        },
        ..Usage::default()
    })
}

/// Usage of a transcript: tokens, or the recording's seconds, which verbose answers also state beside the text.
pub(super) fn of_transcript(object: &Object<'_>) -> Option<Usage> {
    let stated = object.get("usage").as_ref().and_then(audio_usage);
    stated.or_else(|| seconds(object.get("duration").as_ref()?))
}

/// A `usage` object of speech or a transcript.
pub(super) fn audio_usage(usage: &Value<'_>) -> Option<Usage> {
    let named = |wanted: &str| usage.members().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    // Mistral's name for it comes second; it states tokens as well.
    let timed = named("seconds").or_else(|| named("prompt_audio_seconds")).as_ref().and_then(seconds);
    let Some(stated) = Stated::read(usage) else { return timed };
    Some(Usage {
        input_tokens: stated.input,
        output_tokens: stated.output,
        cached_tokens: stated.cached,
        audio_input_tokens: stated.audio_in,
        audio_output_tokens: stated.audio_out,
        ..timed.unwrap_or_default()
    })
}

/// The figures of a `usage` object in OpenAI's newer spelling.
#[derive(Default)]
struct Stated {
    input: u64,
    output: u64,
    cached: u64,
    image_in: u64,
    image_out: Option<u64>,
    audio_in: u64,
    audio_out: u64,
}

impl Stated {
    /// `None` when it states no tokens.
    fn read(usage: &Value<'_>) -> Option<Self> {
        let mut stated = Self::default();
        let mut is_stated = false;
        let mut total = 0;
        for (name, value) in usage.members() {
            match name {
                "input_tokens" | "prompt_tokens" | "output_tokens" | "completion_tokens" => {
                    let Some(tokens) = tokens_of(&value) else { continue };
                    is_stated = true;
                    let slot =
                        if name.starts_with(['i', 'p']) { &mut stated.input } else { &mut stated.output };
                    *slot = tokens;
                }
                "total_tokens" => total = tokens_of(&value).unwrap_or(0),
                "input_tokens_details" | "input_token_details" | "prompt_tokens_details" => {
                    stated.read_input(&value);
                }
                "output_tokens_details" | "output_token_details" | "completion_tokens_details" => {
                    stated.read_output(&value);
                }
                _ => {}
            }
        }
        // Some leave the tokens of a recording out of the input and count them in the total only.
        stated.input = stated.input.max(total.saturating_sub(stated.output));
        is_stated.then_some(stated)
    }

    fn read_input(&mut self, details: &Value<'_>) {
        for (name, value) in details.members() {
            match (name, tokens_of(&value)) {
                ("image_tokens", Some(tokens)) => self.image_in = tokens,
                ("audio_tokens", Some(tokens)) => self.audio_in = tokens,
                ("cached_tokens", Some(tokens)) => self.cached = tokens,
                _ => {}
            }
        }
    }

    fn read_output(&mut self, details: &Value<'_>) {
        for (name, value) in details.members() {
            match (name, tokens_of(&value)) {
                ("image_tokens", Some(tokens)) => self.image_out = Some(tokens),
                ("audio_tokens", Some(tokens)) => self.audio_out = tokens,
                _ => {}
            }
        }
    }
}

/// Seconds, which may have a fraction, as what was consumed.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn seconds(value: &Value<'_>) -> Option<Usage> {
    if value.kind != Kind::Number {
        return None;
    }
    let ms = value.raw().parse::<f64>().ok()? * 1000.0;
    let input_ms = (0.0..MAX_MS).contains(&ms).then(|| ms.ceil() as u32)?;
    Some(Usage { media: Media { input_ms, ..Media::default() }, ..Usage::default() })
}

/// The type of a stream's event that ends an image, speech or a transcript.
pub(super) fn is_last(kind: &str) -> bool {
    matches!(
        kind,
        "image_generation.completed" | "image_edit.completed" | "speech.audio.done" | "transcript.text.done"
    )
}

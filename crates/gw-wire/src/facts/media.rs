//! Requests for images, speech, transcripts and moderation: what they ask for and the most that can come of it.
//! Serves `facts`, for JSON bodies and forms alike. It must not judge what only the upstream knows (voices, sizes).

use super::kinds::{boolean, check_spelling, count, string, user_name, wrong_kind};
use super::{ROUTING_MEMBERS, invalid, prompt};
use crate::estimate;
use crate::json::{Kind, Value};
use gw_model::media::counted;
use gw_model::{CallFacts, Refusal, WireFormat};

/// The model of a moderation request that names none, as OpenAI's API has it.
pub(super) const MODERATION_MODEL: &str = "omni-moderation-latest";

/// Names that a stage acts on: no other spelling of them may slip by.
pub(super) const READ_MEMBERS: &[&str] = &[
    "model",
    "stream",
    "stream_format",
    "n",
    "prompt",
    "input",
    "instructions",
    "speed",
    "size",
    "quality",
    "partial_images",
    "image",
    "images",
    "mask",
    "file",
    "user",
];

/// Output tokens of an image, by quality: above what token-priced models make of any usual size.
const IMAGE_TOKENS: u64 = 8_000;
const LOW_IMAGE_TOKENS: u64 = 1_000;
const MEDIUM_IMAGE_TOKENS: u64 = 4_000;
/// Images of more pixels than this count twice.
const USUAL_PIXELS: u64 = 1_600_000;
/// Output tokens of an image that is sent before it is done.
const PARTIAL_IMAGE_TOKENS: u64 = 100;
/// Input tokens of an image that is edited, seen in its finest detail.
const EDITED_IMAGE_TOKENS: u64 = 7_500;
/// Tokens of a second of recorded speech, and of its transcript with times and speakers.
const HEARD_TOKENS: u64 = 20;
const WRITTEN_TOKENS: u64 = 60;
/// Most tokens that a transcript is taken to have; a stream that goes on holds more.
const MAX_TRANSCRIPT_TOKENS: u64 = 4_096;

/// What a request asks for, however it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// Text that is drawn, spoken or judged, in tokens; `None` when there is none.
    text: Option<u64>,
    /// More of it that is no text to be spoken.
    more_tokens: u64,
    characters: u64,
    spoken_ms: u64,
    /// Hundredths of the usual speed of speech.
    speed: Option<u64>,
    images: u32,
    recorded_ms: Option<u64>,
    image_tokens: Option<u64>,
    is_large: bool,
    partial_images: u64,
}

impl Asked {
    /// The text to draw or to go by.
    pub(super) fn take_text(&mut self, tokens: u64) {
        self.text = Some(tokens.saturating_add(self.text.unwrap_or(0)));
    }

    /// An image to edit, or a mask.
    pub(super) const fn take_image(&mut self) {
        self.images = self.images.saturating_add(1);
    }

    /// The recording.
    pub(super) fn take_recording(&mut self, file: &[u8]) {
        self.recorded_ms = Some(estimate::audio::file_ms(file));
    }

    pub(super) fn take_quality(&mut self, quality: &str) {
        self.image_tokens = match quality {
            "low" => Some(LOW_IMAGE_TOKENS),
            "medium" => Some(MEDIUM_IMAGE_TOKENS),
            _ => None,
        };
    }

    /// `WIDTHxHEIGHT`; other texts leave the size to the model.
    pub(super) fn take_size(&mut self, size: &str) {
        let sides =
            size.split_once('x').and_then(|(w, h)| Some((w.parse::<u64>().ok()?, h.parse::<u64>().ok()?)));
        self.is_large = sides.is_some_and(|(width, height)| width.saturating_mul(height) > USUAL_PIXELS);
    }

    pub(super) const fn take_partial_images(&mut self, count: u32) {
        self.partial_images = count as u64;
    }

    fn take_speech(&mut self, text: &str) {
        self.characters = text.chars().count() as u64;
        self.spoken_ms = estimate::audio::spoken_ms(text);
    }
}

/// Reads one member of a JSON body.
pub(super) fn read(
    format: WireFormat,
    name: &str,
    value: &Value<'_>,
    facts: &mut CallFacts,
    asked: &mut Asked,
) -> Result<(), Refusal> {
    let is_image = matches!(format, WireFormat::OpenAiImages | WireFormat::OpenAiImageEdits);
    match name {
        "model" => {
            facts.model = string("model", value)?;
            facts.model_span = Some(value.span);
        }
        "user" => facts.user = Some(user_name("user", value)?),
        "prompt" if is_image => asked.take_text(tokens("prompt", value)?),
        "stream" if is_image => facts.stream = boolean("stream", value)?,
        "n" if is_image => facts.choices = count("n", value)?,
        "size" if is_image => asked.take_size(&string("size", value)?),
        "quality" if is_image => asked.take_quality(&string("quality", value)?),
        "partial_images" if is_image && value.as_u64() != Some(0) => {
            asked.take_partial_images(count("partial_images", value)?);
        }
        "image" | "images" | "mask" if is_image => take_images(name, value, facts, asked),
        "input" if format == WireFormat::OpenAiSpeech => {
            asked.take_text(tokens("input", value)?);
            asked.take_speech(&value.as_str().unwrap_or_default());
        }
        "instructions" if format == WireFormat::OpenAiSpeech => {
            asked.more_tokens = tokens("instructions", value)?;
        }
        "speed" if format == WireFormat::OpenAiSpeech => asked.speed = speed(value)?,
        "stream_format" if format == WireFormat::OpenAiSpeech => {
            facts.stream = string("stream_format", value)? == "sse";
        }
        "input" if format == WireFormat::OpenAiModerations => asked.take_text(judged(value)?),
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], false)?,
    }
    Ok(())
}

/// What only the whole request tells: is anything missing, and how much can come of it.
pub(super) fn complete(format: WireFormat, asked: &Asked, facts: &mut CallFacts) -> Result<(), Refusal> {
    let text = asked.text.unwrap_or(0).saturating_add(asked.more_tokens);
    facts.input_tokens = text.saturating_add(estimate::REQUEST_TOKENS);
    match format {
        WireFormat::OpenAiImages | WireFormat::OpenAiImageEdits => {
            if asked.text.is_none() {
                return Err(invalid("prompt", "`prompt` is missing. Say what the image is to show."));
            }
            if format == WireFormat::OpenAiImageEdits && asked.images == 0 {
                return Err(invalid("image", "`image` is missing. Send at least one image to edit."));
            }
            let edited = EDITED_IMAGE_TOKENS.saturating_mul(u64::from(asked.images));
            facts.input_tokens = facts.input_tokens.saturating_add(edited);
            let usual = asked.image_tokens.unwrap_or(IMAGE_TOKENS);
            let size = if asked.is_large { usual * 2 } else { usual };
            facts.max_output_tokens = Some(size + asked.partial_images.saturating_mul(PARTIAL_IMAGE_TOKENS));
            facts.media.input_images = asked.images;
            facts.media.output_images = facts.choices;
        }
        WireFormat::OpenAiSpeech => {
            if asked.text.is_none() {
                return Err(invalid("input", "`input` is missing. Send the text to speak."));
            }
            let ms = asked.spoken_ms.saturating_mul(100) / asked.speed.unwrap_or(100).clamp(1, 1000);
            facts.media.input_characters = counted(asked.characters);
            facts.media.output_ms = counted(ms);
            facts.max_output_tokens = Some(estimate::audio::speech_tokens(ms));
        }
        WireFormat::OpenAiTranscriptions | WireFormat::OpenAiTranslations => {
            let Some(ms) = asked.recorded_ms else {
                return Err(invalid("file", "`file` is missing. Send the recording."));
            };
            let seconds = ms.div_ceil(1000);
            facts.input_tokens = facts.input_tokens.saturating_add(seconds.saturating_mul(HEARD_TOKENS));
            let written = seconds.saturating_mul(WRITTEN_TOKENS).saturating_add(estimate::REQUEST_TOKENS);
            facts.max_output_tokens = Some(written.min(MAX_TRANSCRIPT_TOKENS));
            facts.media.input_ms = counted(ms);
        }
        _ => {
            if asked.text.is_none() {
                return Err(invalid("input", "`input` is missing. Send what is to be judged."));
            }
            facts.max_output_tokens = Some(0);
        }
    }
    Ok(())
}

fn tokens(name: &'static str, value: &Value<'_>) -> Result<u64, Refusal> {
    if value.kind != Kind::String {
        return Err(wrong_kind(name, "a string", value));
    }
    let raw = value.raw().as_bytes();
    Ok(estimate::json_string_tokens(raw.get(1..raw.len() - 1).unwrap_or_default()))
}

/// Images of a JSON body: one object or several, each a URL or a file that the provider stores.
fn take_images(name: &str, value: &Value<'_>, facts: &mut CallFacts, asked: &mut Asked) {
    let mut take = |image: &Value<'_>| {
        asked.take_image();
        if image.members().any(|(name, id)| name == "file_id" && !id.is_null()) {
            facts.stored = Some("file_id");
        }
    };
    if value.kind == Kind::Array && name != "mask" {
        value.elements().for_each(|image| take(&image));
    } else {
        take(value);
    }
}

/// The text and the images to be judged.
fn judged(value: &Value<'_>) -> Result<u64, Refusal> {
    let is_parts = value.elements().any(|part| part.kind == Kind::Object);
    if !is_parts {
        return prompt::count(value, "input").map(|counted| counted.tokens);
    }
    let part = |part: Value<'_>| {
        let text = part.members().find(|(name, _)| *name == "text").map(|(_, text)| text.raw().len() as u64);
        // A letter a token is more than any text has.
        text.unwrap_or(estimate::IMAGE_TOKENS)
    };
    Ok(value.elements().map(part).fold(0, u64::saturating_add))
}

/// A factor as hundredths: digits and two decimals are all that matter.
fn speed(value: &Value<'_>) -> Result<Option<u64>, Refusal> {
    if value.kind != Kind::Number {
        return Err(wrong_kind("speed", "a number", value));
    }
    let raw = value.raw();
    let (whole, fraction) = raw.split_once('.').unwrap_or((raw, ""));
    let fraction: String = fraction.chars().chain("00".chars()).take(2).collect();
    let hundredths =
        |whole: &str| whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(fraction.parse().ok()?);
    Ok(hundredths(whole))
}

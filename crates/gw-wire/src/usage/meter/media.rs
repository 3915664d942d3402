//! Meters streams of images, speech and transcripts. Serves [`super::StreamMeter`]. Each has one event that says
//! that it is complete and what it consumed; what comes before is media, or text of a transcript.

use super::StreamMeter;
use super::count_string;
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{Kind, Object};
use crate::usage::media;
use gw_model::{Usage, WireFormat};

impl StreamMeter {
    pub(super) fn media_event(&mut self, data: &[u8]) {
        let Ok(object) = Object::parse(data, DEPTH_CEILING) else { return };
        let kind = object.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
        if media::is_last(&kind) {
            self.finishes = self.finishes.saturating_add(1);
            let stated = object.get("usage").filter(|usage| !usage.is_null());
            let is_image = matches!(self.format, WireFormat::OpenAiImages | WireFormat::OpenAiImageEdits);
            let usage = match is_image {
                true => stated.as_ref().and_then(media::images_usage),
                false => stated.as_ref().and_then(media::audio_usage),
            };
            self.add_usage(usage, is_image);
        } else if kind == "transcript.text.delta" {
            let delta = object.get("delta").filter(|delta| delta.kind == Kind::String);
            let counted = delta.and_then(|delta| {
                count_string(data, &mut Cursor::new(data, delta.span.start, DEPTH_CEILING))
            });
            self.output_tokens = self.output_tokens.saturating_add(counted.unwrap_or(0));
        } else if kind == "error" || object.get("error").is_some_and(|error| !error.is_null()) {
            self.read_error(data);
        }
    }

    /// Each image of a stream states its own usage.
    fn add_usage(&mut self, stated: Option<Usage>, is_image: bool) {
        let mut usage = match (self.usage, stated) {
            (earlier, None) => earlier.unwrap_or_default(),
            (None, Some(usage)) => usage,
            (Some(earlier), Some(usage)) => sum(earlier, usage),
        };
        usage.media.output_images = usage.media.output_images.saturating_add(u32::from(is_image));
        if usage != Usage::default() {
            self.usage = Some(usage);
        }
    }
}

fn sum(earlier: Usage, later: Usage) -> Usage {
    let mut sum = earlier;
    sum.input_tokens = sum.input_tokens.saturating_add(later.input_tokens);
    sum.output_tokens = sum.output_tokens.saturating_add(later.output_tokens);
    sum.cached_tokens = sum.cached_tokens.saturating_add(later.cached_tokens);
    let (media, more) = (&mut sum.media, &later.media);
    media.image_input_tokens = media.image_input_tokens.saturating_add(more.image_input_tokens);
    media.image_output_tokens = media.image_output_tokens.saturating_add(more.image_output_tokens);
    sum
}

//! What a call consumed as far as its upstream does not say. It must not know prices.

use super::Open;
use gw_model::media::counted;
use gw_model::{Media, Usage};

impl Open {
    /// An estimate of output tokens, at most what the call could have asked for: JSON around an answer, base64
    /// and the like would count for more than the provider bills.
    pub(crate) fn estimated_output(&self, tokens: u64) -> u64 {
        tokens.min(self.output_bound)
    }

    /// What a call consumed whose upstream does not say: the input, and what was seen of the output. Images are
    /// made before anything of them is seen, and count whole.
    pub(crate) fn estimated_usage(&self, output_tokens: u64) -> Usage {
        let mut usage = Usage { input_tokens: self.input_tokens, output_tokens, ..Usage::default() };
        if !self.media.is_none() {
            usage.media = Media { output_ms: 0, ..self.media };
            if self.media.output_images > 0 {
                usage.output_tokens = self.output_bound;
                usage.media.image_output_tokens = counted(self.output_bound);
            }
        }
        usage
    }

    /// Adds to what an upstream states what it need not say: the pieces that the request itself had.
    pub(crate) const fn add_request_media(&self, usage: &mut Usage) {
        let media = &mut usage.media;
        let asked = &self.media;
        media.input_images = asked.input_images;
        media.input_characters = asked.input_characters;
        if media.input_ms == 0 {
            media.input_ms = asked.input_ms;
        }
        // Images that were not counted are as many as were asked for.
        if media.output_images == 0 {
            media.output_images = asked.output_images;
        }
    }
}

//! What images, speech and recordings consume beside plain tokens. Serves metering and prices. Small, since it is
//! part of every usage; counts that do not fit stand at the largest number.

use serde::{Deserialize, Serialize};

/// Units of media of one attempt, or the most that a request can make of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// Input tokens that were images; part of the input tokens.
    pub image_input_tokens: u32,
    /// Output tokens that were images; part of the output tokens.
    pub image_output_tokens: u32,
    /// Images in the request.
    pub input_images: u32,
    /// Images in the answer.
    pub output_images: u32,
    /// Characters of text in the request, where text is charged so.
    pub input_characters: u32,
    /// Milliseconds of the recording in the request.
    pub input_ms: u32,
    /// Milliseconds of the recording in the answer.
    pub output_ms: u32,
}

impl Media {
    /// True when there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Takes over every figure that `later` states (non-zero).
    pub const fn merge(&mut self, later: &Self) {
        const fn take(mine: &mut u32, theirs: u32) {
            if theirs != 0 {
                *mine = theirs;
            }
        }
        take(&mut self.image_input_tokens, later.image_input_tokens);
        take(&mut self.image_output_tokens, later.image_output_tokens);
        take(&mut self.input_images, later.input_images);
        take(&mut self.output_images, later.output_images);
        take(&mut self.input_characters, later.input_characters);
        take(&mut self.input_ms, later.input_ms);
        take(&mut self.output_ms, later.output_ms);
    }

    /// What the counts are called.
    pub const NAMES: &'static [&'static str] = &[
        "image_input_tokens",
        "image_output_tokens",
        "input_images",
        "output_images",
        "input_characters",
        "input_ms",
        "output_ms",
    ];

    /// The counts by name, for reports: those that are not zero.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u32)> {
        [
            ("image_input_tokens", self.image_input_tokens),
            ("image_output_tokens", self.image_output_tokens),
            ("input_images", self.input_images),
            ("output_images", self.output_images),
            ("input_characters", self.input_characters),
            ("input_ms", self.input_ms),
            ("output_ms", self.output_ms),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}

/// A count as media hold it.
#[must_use]
pub fn counted(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

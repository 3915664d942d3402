//! Version 2 of a record: the same fields, and behind them the media of the attempts that had some. Records without
//! any are still written as version 1, which takes no more bytes for them.

use super::{RecordFrame, RecordOut};
use gw_model::{AttemptRecord, Media};
use serde::{Deserialize, Serialize};

/// The version of such records.
pub(super) const VERSION: u8 = 2;

/// A [`Media`] of an attempt as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in Media")]
pub struct MediaFrame {
    /// Position in the record's attempts.
    pub attempt: u8,
    pub image_input_tokens: u32,
    pub image_output_tokens: u32,
    pub input_images: u32,
    pub output_images: u32,
    pub input_characters: u32,
    pub input_ms: u32,
    pub output_ms: u32,
}

impl MediaFrame {
    fn new(attempt: u8, media: &Media) -> Self {
        Self {
            attempt,
            image_input_tokens: media.image_input_tokens,
            image_output_tokens: media.image_output_tokens,
            input_images: media.input_images,
            output_images: media.output_images,
            input_characters: media.input_characters,
            input_ms: media.input_ms,
            output_ms: media.output_ms,
        }
    }

    /// What it was written from.
    #[must_use]
    pub const fn media(&self) -> Media {
        Media {
            image_input_tokens: self.image_input_tokens,
            image_output_tokens: self.image_output_tokens,
            input_images: self.input_images,
            output_images: self.output_images,
            input_characters: self.input_characters,
            input_ms: self.input_ms,
            output_ms: self.output_ms,
        }
    }
}

/// A record of this version, to be written.
#[derive(Serialize)]
pub(super) struct Out<'a> {
    pub(super) record: RecordOut<'a>,
    pub(super) media: Vec<MediaFrame>,
}

/// A record of this version, as read.
#[derive(Deserialize)]
struct In<'a> {
    #[serde(borrow)]
    record: RecordFrame<'a>,
    media: Vec<MediaFrame>,
}

/// The media of these attempts; empty when there are none.
pub(super) fn of(attempts: &[AttemptRecord]) -> Vec<MediaFrame> {
    let numbered = (0u8..).zip(attempts).filter(|(_, attempt)| !attempt.usage.media.is_none());
    numbered.map(|(number, attempt)| MediaFrame::new(number, &attempt.usage.media)).collect()
}

/// Reads a record of this version.
pub(super) fn read(payload: &[u8]) -> postcard::Result<RecordFrame<'_>> {
    postcard::from_bytes::<In<'_>>(payload).map(|read| RecordFrame { media: read.media, ..read.record })
}

//! What media of the kinds that formats name count. Serves the walk. It must not look into them.

use crate::estimate::{
    AUDIO_BASE_TOKENS, DOCUMENT_BASE_TOKENS, DOCUMENT_UNKNOWN_TOKENS, IMAGE_TOKENS, VIDEO_BASE_TOKENS,
    VIDEO_UNKNOWN_TOKENS,
};

/// A kind of media, as far as providers count them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Image,
    Audio,
    Video,
    Pdf,
    /// Text, or a document that is packed text.
    Text,
}

impl Media {
    /// By a media type.
    pub(super) fn of_type(media_type: &[u8]) -> Self {
        let starts = |with: &[u8]| media_type.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with));
        match () {
            () if starts(b"image/") => Self::Image,
            () if starts(b"audio/") => Self::Audio,
            () if starts(b"video/") => Self::Video,
            () if starts(b"application/pdf") => Self::Pdf,
            () => Self::Text,
        }
    }

    /// Tokens of a medium that is there, as `base64_bytes` of base64.
    pub(super) const fn inline(self, base64_bytes: u64) -> u64 {
        match self {
            Self::Image => IMAGE_TOKENS,
            Self::Audio => AUDIO_BASE_TOKENS + base64_bytes.div_ceil(64),
            Self::Video => VIDEO_BASE_TOKENS + base64_bytes.div_ceil(32),
            Self::Pdf => DOCUMENT_BASE_TOKENS + base64_bytes.div_ceil(16),
            Self::Text => DOCUMENT_BASE_TOKENS + base64_bytes.div_ceil(3),
        }
    }

    /// Tokens of a medium that is elsewhere.
    pub(super) const fn reference(self) -> u64 {
        match self {
            Self::Image => IMAGE_TOKENS,
            Self::Video => VIDEO_UNKNOWN_TOKENS,
            Self::Audio | Self::Pdf | Self::Text => DOCUMENT_UNKNOWN_TOKENS,
        }
    }
}

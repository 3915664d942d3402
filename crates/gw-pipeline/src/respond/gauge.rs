//! What an answer that flows by consumed: members of a JSON object too large to hold, or the length of speech.
//! Serves [`super::large`]. It must not hold more than a few values and the first bytes.

use super::{headers, meter};
use crate::ticket::Open;
use gw_model::media::counted;
use gw_model::{Usage, UsageSource, WireFormat};
use gw_wire::estimate::{self, audio};
use gw_wire::json::member::MemberScanner;
use gw_wire::openai_responses::stored::Made;
use gw_wire::usage::{self, WANTED_MEMBERS};
use http::header::{self, HeaderMap};

/// How much of a recording's beginning is kept to tell its bit rate by, in bytes: tags may stand in front.
const HEAD_BYTES: usize = 4 << 10;

/// See the module.
pub(super) enum Gauge {
    /// A JSON object.
    Object {
        /// Its format.
        format: WireFormat,
        /// Finds usage.
        scanner: MemberScanner,
        /// Estimate of the output seen, for an answer that states no usage.
        output_tokens: u64,
    },
    /// Speech.
    Recording {
        /// Its first bytes.
        head: Vec<u8>,
        /// How many there were.
        bytes: u64,
        /// Samples without a header.
        is_raw: bool,
    },
}

impl Gauge {
    /// For an answer with these headers.
    pub(super) fn new(format: WireFormat, map: &HeaderMap) -> Self {
        if format == WireFormat::OpenAiSpeech && !headers::is_json(map) {
            let kind = map.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let is_raw = kind.starts_with("audio/pcm") || kind.starts_with("audio/L16");
            return Self::Recording { head: Vec::new(), bytes: 0, is_raw };
        }
        Self::Object { format, scanner: MemberScanner::new(WANTED_MEMBERS), output_tokens: 0 }
    }

    /// Takes the next piece.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        match self {
            Self::Object { scanner, output_tokens, .. } => {
                scanner.feed(piece);
                *output_tokens = output_tokens.saturating_add(estimate::text_tokens(piece));
            }
            Self::Recording { head, bytes, .. } => {
                let room = HEAD_BYTES.saturating_sub(head.len()).min(piece.len());
                head.extend_from_slice(piece.get(..room).unwrap_or_default());
                *bytes = bytes.saturating_add(piece.len() as u64);
            }
        }
    }

    /// The ids of an answer that its provider stores.
    pub(super) fn stored(&self) -> Option<Made> {
        match self {
            Self::Object { scanner, .. } => usage::stored_from_scanner(scanner),
            Self::Recording { .. } => None,
        }
    }

    /// The figure to charge.
    pub(super) fn charged(&self, ticket: &Open) -> (Usage, UsageSource) {
        match self {
            Self::Object { format, scanner, output_tokens } => {
                let stated = usage::from_scanner(*format, scanner);
                meter::charged(stated, ticket, ticket.estimated_output(*output_tokens))
            }
            Self::Recording { head, bytes, is_raw } => {
                let ms = match (*is_raw, *bytes) {
                    (_, 0) => Some(0),
                    (true, bytes) => Some(audio::pcm_ms(bytes)),
                    (false, bytes) => audio::playing_ms(head, bytes),
                };
                // Of other kinds of files only the text says how long they are.
                let ms = ms.map_or(ticket.media.output_ms, counted);
                let tokens = audio::speech_tokens(u64::from(ms));
                let mut usage = ticket.estimated_usage(tokens);
                usage.audio_output_tokens = tokens;
                usage.media.output_ms = ms;
                (usage, UsageSource::Estimated)
            }
        }
    }
}

//! The money of a session: what each response may cost is held before it begins, and settled when it is over. The
//! one place where a session's ticket ends.

use crate::ticket::Ticket;
use crate::ticket::session::{Part, Size};
use gw_model::catalog::ModelInfo;
use gw_model::price::{ServiceTier, Unit};
use gw_model::snapshot::Target;
use gw_model::{Media, Outcome, Refusal, Usage, UsageSource};
use gw_store::memory::HoldRefused;
use gw_wire::openai_realtime::server::{Charged, Counts};
use std::sync::Arc;

/// Bytes of base64 sound that are an input token, on the safe side: 24 kHz of 16 bits, ten tokens a second.
const INPUT_BASE64_PER_TOKEN: u64 = 3_200;

/// The same for output: twenty tokens a second.
const OUTPUT_BASE64_PER_TOKEN: u64 = 3_200;

/// See the module. Dropping it ends the ticket as a client's leaving, or a shutdown.
pub(super) struct Ledger {
    ticket: Option<Ticket>,
    target: Arc<Target>,
    transcription: Option<Arc<ModelInfo>>,
    /// Output of one response when nothing says less.
    output_bound: u64,
    /// The hold of the session's start has not been used.
    is_fresh: bool,
    /// Asked for by the client, and not begun.
    asked: u64,
    /// Begun, and not over.
    open: u64,
    /// The largest output that a response under way may have.
    largest_output: u64,
    /// Input tokens that the conversation has, as far as is known.
    context: u64,
    /// Estimate of what the responses under way have said.
    said: u64,
}

impl Ledger {
    pub(super) fn new(mut ticket: Ticket, target: Arc<Target>, output_bound: u64) -> Self {
        ticket.begin_session();
        Self {
            ticket: Some(ticket),
            target,
            transcription: None,
            output_bound,
            is_fresh: true,
            asked: 0,
            open: 0,
            largest_output: output_bound,
            context: 0,
            said: 0,
        }
    }

    pub(super) const fn ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref()
    }

    /// May the key go on? From here on it is the key as it is now.
    pub(super) fn check(&mut self) -> Result<(), Refusal> {
        self.ticket.as_mut().map_or(Ok(()), |ticket| ticket.check_session())
    }

    /// Notes the model that speech is written down with.
    pub(super) fn transcribe_with(&mut self, info: Option<Arc<ModelInfo>>) {
        self.transcription = info.filter(|info| !info.prices.rates.is_empty());
    }

    /// The client said something that the next responses read: sound as base64, or text.
    pub(super) fn heard(&mut self, bytes: usize, is_audio: bool) {
        let bytes = bytes as u64;
        let tokens = if is_audio { bytes.div_ceil(INPUT_BASE64_PER_TOKEN) } else { bytes.div_ceil(3) };
        self.context = self.context.saturating_add(tokens);
    }

    /// The client asks for a response. Nothing has changed when it is refused.
    pub(super) fn ask(&mut self, max_output: Option<u64>) -> Result<(), HoldRefused> {
        let output = max_output.map_or(self.output_bound, |max| max.min(self.model_maximum()));
        let under_way = self.asked.saturating_add(self.open);
        // The hold of the start is for a response of the usual size, and a smaller one takes no more.
        let largest = if under_way == 0 { output } else { self.largest_output.max(output) };
        self.cover(largest, under_way.saturating_add(1))?;
        self.largest_output = largest;
        self.asked = self.asked.saturating_add(1);
        self.is_fresh = false;
        Ok(())
    }

    /// A response begins, asked for or not.
    pub(super) fn begun(&mut self) -> Result<(), HoldRefused> {
        self.open = self.open.saturating_add(1);
        if self.asked > 0 {
            self.asked -= 1;
            return self.check_held();
        }
        self.is_fresh = false;
        let under_way = self.asked.saturating_add(self.open);
        self.largest_output =
            if under_way == 1 { self.output_bound } else { self.largest_output.max(self.output_bound) };
        self.cover(self.largest_output, under_way)
    }

    /// The provider refuses something: when a response was asked for, it is taken for that. One that begins all the
    /// same is held for again.
    pub(super) fn refused(&mut self) -> Result<(), HoldRefused> {
        if self.asked == 0 {
            return Ok(());
        }
        self.asked -= 1;
        self.settle(&Part::default())
    }

    /// A response under way said something.
    pub(super) fn said(&mut self, bytes: usize, is_audio: bool) -> Result<(), HoldRefused> {
        let bytes = bytes as u64;
        let tokens = if is_audio { bytes.div_ceil(OUTPUT_BASE64_PER_TOKEN) } else { bytes.div_ceil(4) };
        self.said = self.said.saturating_add(tokens);
        self.check_held()
    }

    /// A response is over.
    pub(super) fn done(&mut self, charged: Option<Charged>) -> Result<(), HoldRefused> {
        let part = match charged {
            Some(charged) => self.price(charged, &self.target.info),
            // Without a word about usage, only what was heard of it can be charged.
            None if self.said > 0 => self.estimate(),
            None => Part::default(),
        };
        // The next response reads what this one did and said.
        if part.usage.input_tokens > 0 {
            self.context = part.usage.total_tokens();
        }
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.said = 0;
        }
        self.settle(&part)
    }

    /// Speech was written down.
    pub(super) fn transcribed(&mut self, charged: Option<Charged>) -> Result<(), HoldRefused> {
        let Some(charged) = charged else { return Ok(()) };
        let info = self.transcription.as_ref().unwrap_or(&self.target.info);
        let part = self.price(charged, info);
        self.settle(&part)
    }

    /// Ends the session: what is under way is charged by what was heard of it.
    pub(super) fn end(&mut self, outcome: Outcome, reason: &str, code: &str) {
        // What was asked for and not heard of yet is made all the same, from all that was said.
        let under_way = self.open.saturating_add(self.asked);
        self.open = under_way;
        self.asked = 0;
        for _ in 0..under_way {
            let part = self.estimate();
            self.said = 0;
            self.open = self.open.saturating_sub(1);
            // The record that follows says the same as the journal could not be told.
            let _ = self.settle(&part);
        }
        self.open = 0;
        let Some(mut ticket) = self.ticket.take() else { return };
        let status = ticket.record.status;
        ticket.close_attempt(status, reason, Usage::default(), UsageSource::None);
        code.clone_into(&mut ticket.record.error_code);
        ticket.finish(outcome, status);
    }

    /// Is what responses under way hold refused where all gateways count together?
    fn check_held(&mut self) -> Result<(), HoldRefused> {
        self.ticket.as_mut().map_or(Ok(()), |ticket| ticket.check_held())
    }

    fn cover(&mut self, output: u64, responses: u64) -> Result<(), HoldRefused> {
        let size = self.size(output);
        self.ticket.as_mut().map_or(Ok(()), |ticket| ticket.cover(size, responses))
    }

    fn settle(&mut self, part: &Part) -> Result<(), HoldRefused> {
        let size = self.size(self.largest_output);
        let under_way = self.asked.saturating_add(self.open).saturating_add(u64::from(self.is_fresh));
        self.ticket.as_mut().map_or(Ok(()), |ticket| ticket.settle_part(part, size, under_way))
    }

    fn size(&self, output: u64) -> Size {
        let input = match u64::from(self.target.info.max_input_tokens) {
            0 => self.context,
            max => self.context.min(max),
        };
        Size { input, output }
    }

    fn model_maximum(&self) -> u64 {
        match u64::from(self.target.info.max_output_tokens) {
            0 => u64::MAX,
            max => max,
        }
    }

    fn estimate(&self) -> Part {
        let counts = Counts {
            input: self.size(0).input,
            output: self.said.min(self.largest_output.saturating_mul(self.open.max(1))),
            ..Counts::default()
        };
        let mut part = self.price(Charged::Tokens(counts), &self.target.info);
        part.source = UsageSource::Estimated;
        part
    }

    fn price(&self, charged: Charged, info: &ModelInfo) -> Part {
        let (usage, units) = match charged {
            Charged::Tokens(counts) => (usage(&counts), tokens(&counts).to_vec()),
            Charged::Duration(ms) => (duration(ms), vec![(Unit::SecondInput, ms.div_ceil(1000))]),
        };
        let cost = info.prices.cost_of(&units, usage.input_tokens, ServiceTier::Standard);
        Part { usage, source: UsageSource::Upstream, cost }
    }
}

fn usage(counts: &Counts) -> Usage {
    Usage {
        input_tokens: counts.input,
        output_tokens: counts.output,
        cached_tokens: counts.cached,
        audio_input_tokens: counts.audio_in,
        audio_output_tokens: counts.audio_out,
        media: Media { image_input_tokens: small(counts.image_in), ..Media::default() },
        ..Usage::default()
    }
}

fn duration(ms: u64) -> Usage {
    Usage { media: Media { input_ms: small(ms), ..Media::default() }, ..Usage::default() }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The counts by what they cost, none in two places.
fn tokens(counts: &Counts) -> [(Unit, u64); 7] {
    let audio = counts.audio_in.saturating_sub(counts.cached_audio);
    let image = counts.image_in.saturating_sub(counts.cached_image);
    let fresh = counts.input.saturating_sub(counts.cached).saturating_sub(audio).saturating_sub(image);
    [
        (Unit::Input, fresh),
        (Unit::AudioInput, audio),
        (Unit::ImageInputToken, image),
        (Unit::CacheRead, counts.cached.saturating_sub(counts.cached_audio)),
        (Unit::AudioCacheRead, counts.cached_audio),
        (Unit::Output, counts.output.saturating_sub(counts.audio_out)),
        (Unit::AudioOutput, counts.audio_out),
    ]
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let stopping = self.ticket.as_ref().is_some_and(|t| t.worker().gateway().is_stopping());
        self.end(if stopping { Outcome::Shutdown } else { Outcome::ClientDisconnect }, "abandoned", "");
    }
}

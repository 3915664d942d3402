//! Traces across processes, as W3C Trace Context has them: ids, the headers `traceparent` and `tracestate`, which traces are
//! kept, and what is noted of a request for its spans. Pure; ids come in as random numbers.

mod content;

pub use content::{Content, ContentPlace, ContentRoom, MAX_CONTENT_BYTES};

use crate::clock::Micros;
use crate::record::Record;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Longest `tracestate` that is passed on, in bytes; longer ones are left out, as the standard allows.
pub const MAX_STATE_BYTES: usize = 512;

/// Most members of a `tracestate`.
const MAX_STATE_MEMBERS: usize = 32;

/// Longest `baggage` that is passed on, in bytes.
pub const MAX_BAGGAGE_BYTES: usize = 8192;

/// Most stages that are noted of one request; further ones are counted only.
pub const MAX_STAGES: usize = 32;

/// Most findings of guardrails that are noted of one request.
pub const MAX_FINDINGS: usize = 16;

/// Names a trace; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TraceId(u128);

impl TraceId {
    /// From a random number.
    #[must_use]
    pub const fn new(random: u128) -> Self {
        Self(if random == 0 { 1 } else { random })
    }

    /// That of 32 hexadecimal digits, in whatever case; `None` for anything else, and for zeros.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = if is_hex { u128::from_str_radix(text, 16).ok()? } else { 0 };
        (number != 0).then_some(Self(number))
    }

    /// That of these bytes; `None` for zeros.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        match u128::from_be_bytes(bytes) {
            0 => None,
            number => Some(Self(number)),
        }
    }

    /// Its bytes, as they are sent.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Is the trace among that share of all? The same of two processes that ask with the same share, and whoever has the larger share
    /// has all traces of the other.
    #[must_use]
    pub const fn is_within(self, permille: u32) -> bool {
        // The last 56 bits are the random ones.
        let place = (self.0 & 0x00FF_FFFF_FFFF_FFFF) as u64;
        let bound = (1u64 << 56) / 1000 * permille as u64;
        permille >= 1000 || place < bound
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Names a span within its trace; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

impl SpanId {
    /// From a random number.
    #[must_use]
    pub const fn new(random: u64) -> Self {
        Self(if random == 0 { 1 } else { random })
    }

    /// Its bytes, as they are sent.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a caller says of the trace that its request belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The caller's span.
    pub span: SpanId,
    /// The caller keeps the trace.
    pub is_sampled: bool,
    /// What vendors say of it, to be passed on.
    pub state: Option<Box<str>>,
}

impl TraceContext {
    /// Reads `traceparent`. `None` for what is malformed: then a new trace begins.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let (head, more) = text.split_at_checked(55)?;
        let version = hex(head.get(..2)?)?;
        // Later versions may add parts; this one has none, and the last is none.
        let is_known = match version {
            0 => more.is_empty(),
            0xFF => false,
            _ => more.first().is_none_or(|next| *next == b'-'),
        };
        let has_dashes = [2, 35, 52].iter().all(|at| head.get(*at) == Some(&b'-'));
        if !is_known || !has_dashes {
            return None;
        }
        let trace = hex(head.get(3..35)?).filter(|id| *id != 0)?;
        let span = hex(head.get(36..52)?).filter(|id| *id != 0)?;
        let flags = hex(head.get(53..55)?)?;
        let span = u64::try_from(span).ok()?;
        Some(Self { trace: TraceId(trace), span: SpanId(span), is_sampled: flags & 1 == 1, state: None })
    }

    /// The same with a `tracestate`, which stands in one or several headers; one that is malformed or too long is left out.
    #[must_use]
    pub fn with_state<'a>(mut self, lines: impl Iterator<Item = &'a str>) -> Self {
        let mut state = String::new();
        let mut members = 0;
        for member in lines.flat_map(|line| line.split(',')).map(str::trim).filter(|part| !part.is_empty()) {
            let is_member = member.split_once('=').is_some_and(|(key, _)| !key.is_empty())
                && member.bytes().all(|byte| (0x20..0x7F).contains(&byte));
            members += 1;
            let comma = usize::from(!state.is_empty());
            if !is_member
                || members > MAX_STATE_MEMBERS
                || state.len() + comma + member.len() > MAX_STATE_BYTES
            {
                return self;
            }
            if comma == 1 {
                state.push(',');
            }
            state.push_str(member);
        }
        self.state = (!state.is_empty()).then(|| state.into_boxed_str());
        self
    }
}

/// Lower-case hexadecimal digits, at most 32.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0u128, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// What a request brings along for traces: at most one context, and what the caller wants passed on with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// The caller's trace.
    pub context: Option<TraceContext>,
    /// `baggage`, where it is passed on.
    pub baggage: Option<Box<str>>,
    /// The caller is the gateway itself.
    pub is_own: bool,
}

/// Which traces are kept, and where they go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracePolicy {
    /// Share of traces that are kept, in thousandths.
    pub sample_permille: u32,
    /// A caller that says whether it keeps its trace decides.
    pub parent_based: bool,
    /// Requests that failed are kept whatever was decided.
    pub errors: bool,
    /// Providers are told of the trace.
    pub to_providers: bool,
    /// What callers send as `baggage` goes to providers.
    pub baggage: bool,
}

impl TracePolicy {
    /// No trace is kept, and nobody is told of any.
    pub const OFF: Self =
        Self { sample_permille: 0, parent_based: false, errors: false, to_providers: false, baggage: false };

    /// Is a trace kept of which the caller says this?
    #[must_use]
    pub fn keeps(&self, trace: TraceId, caller: Option<&TraceContext>) -> bool {
        match caller {
            Some(caller) if self.parent_based => caller.is_sampled,
            _ => trace.is_within(self.sample_permille),
        }
    }
}

/// What a part of a request's life was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The cache was asked.
    Cache,
    /// The request's guardrails looked at it.
    Guardrails,
    /// One guardrail asked somebody else.
    Question,
}

/// A part of a request's life, for a span of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageNote {
    /// Its span.
    pub span: SpanId,
    /// What it was.
    pub stage: Stage,
    /// Which one, where there are several.
    pub name: Option<Arc<str>>,
    /// When it began, microseconds since the epoch.
    pub began: Micros,
    /// When it was over.
    pub ended: Micros,
    /// What came of it, in a word.
    pub outcome: &'static str,
}

/// What is known of a try besides its record, at the same place of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryNote {
    /// Its span.
    pub span: SpanId,
    /// When it began, microseconds since the epoch.
    pub began: Micros,
}

/// What a guardrail found, without what it found it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingNote {
    /// The guardrail.
    pub guardrail: Box<str>,
    /// What it did.
    pub action: &'static str,
    /// `request` or `response`.
    pub side: &'static str,
}

/// The trace of a request, and what is noted for its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The trace.
    pub id: TraceId,
    /// The request's span.
    pub span: SpanId,
    /// Whose child that is.
    pub parent: Option<SpanId>,
    /// The parent is in another process.
    pub is_from_afar: bool,
    /// The trace is kept.
    pub is_sampled: bool,
    /// Providers are told of it.
    pub to_providers: bool,
    /// What vendors say of it.
    pub state: Option<Box<str>>,
    /// What the caller wants passed on.
    pub baggage: Option<Box<str>>,
    /// Tries, as the record has them.
    pub tries: Vec<TryNote>,
    /// Stages that took time of their own; at most [`MAX_STAGES`].
    pub stages: Vec<StageNote>,
    /// What guardrails found; at most [`MAX_FINDINGS`].
    pub findings: Vec<FindingNote>,
    /// What was asked and said, where that is told.
    pub content: Option<Arc<ContentPlace>>,
}

impl Trace {
    /// The trace of a request: the caller's, or a new one with that id.
    #[must_use]
    pub fn begin(brought: Brought, policy: &TracePolicy, id: u128, span: u64) -> Self {
        let Brought { context, baggage, is_own } = brought;
        let id = context.as_ref().map_or_else(|| TraceId::new(id), |caller| caller.trace);
        let is_sampled = policy.keeps(id, context.as_ref());
        let (parent, state) = context.map_or((None, None), |caller| (Some(caller.span), caller.state));
        Self {
            id,
            span: SpanId::new(span),
            parent,
            is_from_afar: parent.is_some() && !is_own,
            is_sampled,
            to_providers: policy.to_providers,
            state,
            baggage,
            tries: Vec::new(),
            stages: Vec::new(),
            findings: Vec::new(),
            content: None,
        }
    }

    /// The same trace for something that the request starts.
    #[must_use]
    pub fn child(&self, span: u64) -> Self {
        Self {
            id: self.id,
            span: SpanId::new(span),
            parent: Some(self.span),
            is_from_afar: false,
            is_sampled: self.is_sampled,
            to_providers: self.to_providers,
            state: self.state.clone(),
            baggage: self.baggage.clone(),
            tries: Vec::new(),
            stages: Vec::new(),
            findings: Vec::new(),
            content: None,
        }
    }

    /// What a call of the gateway's own is told, which belongs to this request.
    #[must_use]
    pub fn context(&self) -> TraceContext {
        TraceContext {
            trace: self.id,
            span: self.span,
            is_sampled: self.is_sampled,
            state: self.state.clone(),
        }
    }

    /// Notes a stage, while there is room.
    pub fn note(&mut self, stage: StageNote) {
        if self.stages.len() < MAX_STAGES {
            self.stages.push(stage);
        }
    }

    /// `traceparent` for whoever is asked in that span.
    #[must_use]
    pub fn traceparent(&self, span: SpanId) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write_hex(text.get_mut(3..35), &self.id.bytes());
        write_hex(text.get_mut(36..52), &span.bytes());
        write_hex(text.get_mut(53..55), &[u8::from(self.is_sampled)]);
        text
    }
}

fn write_hex(place: Option<&mut [u8]>, bytes: &[u8]) {
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    for (pair, byte) in place.unwrap_or_default().chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

/// A request that has ended, as telemetry gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its record.
    pub record: Record,
    /// Its trace.
    pub trace: Box<Trace>,
    /// The model as the configuration has it; `None` when the name meant nothing.
    pub model: Option<Arc<str>>,
    /// The requests that belong together, by the caller's word.
    pub session: Option<String>,
}

impl Ended {
    /// Did the gateway or a provider fail?
    #[must_use]
    pub fn is_failure(&self) -> bool {
        is_failure(&self.record)
    }
}

/// Did the gateway or a provider fail, rather than the caller?
#[must_use]
pub const fn is_failure(record: &Record) -> bool {
    use crate::record::Outcome::{Lost, StreamCut, UpstreamError};
    record.status >= 500 || matches!(record.outcome, UpstreamError | StreamCut | Lost)
}

#[cfg(test)]
mod tests;

//! The entries of a journal and their bytes: `length u32 | crc32 u32 | version u8 | kind u8 | postcard`,
//! little-endian; length and checksum cover everything from the version on. The structs here are the
//! stored format: fields are never reordered or removed, a change takes a new version number.

mod accounts;
mod details;
mod media;
mod parent;
mod saved;
mod tolls;

pub(super) use details::{DETAILS_BYTES, TIMES_BYTES};
pub use details::{MAX_METADATA_BYTES, VerdictFrame};
pub(crate) use details::{resolved_and_region, rest_of, rest_with_prices, trace_of};
pub use media::MediaFrame;
pub use parent::ParentFrame;
pub(super) use tolls::TOLLS_BYTES;
pub use tolls::TollFrame;

use super::codes::{
    format_code, format_of, outcome_code, outcome_of, source_code, source_of, tier_code, tier_of,
};
use super::owned::{self, Owned, OwnedFrame};
use super::text::{DETAIL, MODEL, NAME, WORD, clip, id};
use accounts::Packed;
use gw_model::{
    AccountId, AttemptId, AttemptRecord, KeyId, NanoUsd, Outcome, Parent, Record, RecordDetails, RequestId,
    ServiceTier, Usage, UsageSource, WireFormat,
};
use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize, Serializer};

/// Bytes before the version byte.
pub(super) const PREFIX_BYTES: usize = 8;
/// Longest entry, prefix included. Anything longer is not an entry.
pub(super) const MAX_FRAME_BYTES: usize = 256 << 10;
/// Attempts of one record that are kept; the ledger numbers them in one byte.
const MAX_ATTEMPTS: usize = 255;

const VERSION: u8 = 1;
const KIND_INTENT: u8 = 1;
const KIND_RECORD: u8 = 2;
const KIND_OWNED: u8 = 3;

/// What a call is about to spend at an upstream.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    /// Which attempt of which request.
    pub attempt: AttemptId,
    /// When the request arrived, microseconds since the epoch.
    pub time: i64,
    /// Who called.
    pub key: Option<KeyId>,
    /// The key's team.
    pub team_id: Option<&'a str>,
    /// What is charged if the truth never turns up.
    pub hold: NanoUsd,
    /// The caller's format.
    pub format: WireFormat,
    /// The model that the caller named.
    pub model: &'a str,
    /// Provider's configured name.
    pub provider: &'a str,
    /// Model name sent upstream.
    pub upstream_model: &'a str,
    /// A stream was asked for.
    pub stream: bool,
    /// Estimated input tokens.
    pub input_tokens: u64,
    /// Of a sub-call: the request that started it.
    pub parent: Option<Parent>,
    /// The accounts above and beside the key that the call counts for.
    pub accounts: &'a [AccountId],
}

/// An [`Intent`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in Intent")]
pub struct IntentFrame<'a> {
    #[serde(with = "id")]
    pub request: u128,
    pub attempt: u8,
    pub time: i64,
    pub key: Option<StoredId>,
    #[serde(borrow)]
    pub team_id: Option<&'a str>,
    pub hold: u64,
    format: u8,
    pub model: &'a str,
    pub provider: &'a str,
    pub upstream_model: &'a str,
    pub stream: bool,
    pub input_tokens: u64,
    /// From version 2 on.
    #[serde(skip)]
    pub parent: Option<ParentFrame>,
    /// Packed; from version 3 on.
    #[serde(skip)]
    pub(crate) accounts: &'a [u8],
}

impl IntentFrame<'_> {
    /// The accounts that the call counts for, as far as this version knows their levels.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountId> {
        crate::accounts::unpack(self.accounts)
    }

    /// The attempt.
    #[must_use]
    pub const fn id(&self) -> AttemptId {
        AttemptId { request: RequestId(self.request), attempt: self.attempt }
    }

    /// The caller's format; `None` when a later version wrote one that this one does not know.
    #[must_use]
    pub const fn format(&self) -> Option<WireFormat> {
        format_of(self.format)
    }
}

/// A key's id as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredId(#[serde(with = "id")] pub u128);

/// A [`Record`] as stored, borrowed from the bytes it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "fields as in Record")]
pub struct RecordFrame<'a> {
    #[serde(with = "id")]
    pub id: u128,
    pub time: i64,
    pub key: Option<StoredId>,
    #[serde(borrow)]
    pub team_id: Option<&'a str>,
    format: u8,
    pub model: &'a str,
    pub stream: bool,
    outcome: u8,
    pub status: u16,
    pub error_code: &'a str,
    pub error_detail: &'a str,
    pub cache: &'a str,
    pub customer: Option<&'a str>,
    pub first_byte_us: Option<u64>,
    pub total_us: u64,
    pub attempts: Vec<AttemptFrame<'a>>,
    /// Images, speech and recordings of the attempts that had some; from version 2 on.
    #[serde(skip)]
    pub media: Vec<MediaFrame>,
    /// Of a sub-call: the request that started it; from version 3 on.
    #[serde(skip)]
    pub parent: Option<ParentFrame>,
    /// Budgets within a dynamic route that it counts in; from version 4 on.
    #[serde(skip)]
    pub tolls: Vec<TollFrame>,
    /// Packed; from version 5 on.
    #[serde(skip)]
    pub(crate) accounts: &'a [u8],
    /// From version 6 on.
    #[serde(skip)]
    pub saved: u64,
    /// Empty when there is none; from version 7 on, as all below.
    #[serde(skip)]
    pub user_agent: &'a str,
    #[serde(skip)]
    pub session: &'a str,
    /// As the caller named them.
    #[serde(skip)]
    pub tags: &'a str,
    #[serde(skip)]
    pub verdicts: Vec<VerdictFrame<'a>>,
    /// The rest, as databases keep it; empty when there is none.
    #[serde(skip)]
    pub(crate) details: &'a [u8],
}

/// The same fields in the same order, written without copying the record.
#[derive(Serialize)]
struct RecordOut<'a> {
    #[serde(with = "id")]
    id: u128,
    time: i64,
    key: Option<StoredId>,
    team_id: Option<&'a str>,
    format: u8,
    model: &'a str,
    stream: bool,
    outcome: u8,
    status: u16,
    error_code: &'a str,
    error_detail: &'a str,
    cache: &'a str,
    customer: Option<&'a str>,
    first_byte_us: Option<u64>,
    total_us: u64,
    attempts: AttemptsOut<'a>,
}

/// Attempts, each turned into its stored form as it is written.
struct AttemptsOut<'a>(&'a [AttemptRecord]);

impl Serialize for AttemptsOut<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(AttemptFrame::new))
    }
}

/// An [`AttemptRecord`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in AttemptRecord")]
pub struct AttemptFrame<'a> {
    pub provider: &'a str,
    pub upstream_model: &'a str,
    pub status: u16,
    pub reason: &'a str,
    pub duration_us: u64,
    pub usage: UsageFrame,
    source: u8,
    pub cost: u64,
}

/// A [`Usage`] as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in Usage")]
pub struct UsageFrame {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cached_tokens: u64,
    pub cache_write_tokens: u64,
    pub cache_write_1h_tokens: u64,
    pub reasoning_tokens: u64,
    pub audio_input_tokens: u64,
    pub audio_output_tokens: u64,
    tier: u8,
}

impl UsageFrame {
    /// The service tier that the upstream stated.
    #[must_use]
    pub const fn service_tier(&self) -> Option<ServiceTier> {
        tier_of(self.tier)
    }
}

impl From<&Usage> for UsageFrame {
    fn from(usage: &Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cached_tokens: usage.cached_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            cache_write_1h_tokens: usage.cache_write_1h_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            audio_input_tokens: usage.audio_input_tokens,
            audio_output_tokens: usage.audio_output_tokens,
            tier: usage.service_tier.map_or(0, tier_code),
        }
    }
}

impl<'a> AttemptFrame<'a> {
    fn new(attempt: &'a AttemptRecord) -> Self {
        Self {
            provider: clip(&attempt.provider, NAME),
            upstream_model: clip(&attempt.upstream_model, MODEL),
            status: attempt.status,
            reason: clip(&attempt.reason, WORD),
            duration_us: attempt.duration_us,
            usage: UsageFrame::from(&attempt.usage),
            source: source_code(attempt.usage_source),
            cost: attempt.cost.0,
        }
    }

    /// Where the usage comes from.
    #[must_use]
    pub fn usage_source(&self) -> UsageSource {
        source_of(self.source).unwrap_or_default()
    }
}

impl RecordFrame<'_> {
    /// As [`IntentFrame::accounts`].
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountId> {
        crate::accounts::unpack(self.accounts)
    }

    /// How it ended; `None` when a later version wrote an ending that this one does not know.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        outcome_of(self.outcome)
    }

    /// The caller's format; `None` as for [`Self::outcome`].
    #[must_use]
    pub const fn format(&self) -> Option<WireFormat> {
        format_of(self.format)
    }

    /// When it ended, microseconds since the epoch: the time that its cost counts at.
    #[must_use]
    pub fn end_time(&self) -> i64 {
        self.time.saturating_add(i64::try_from(self.total_us).unwrap_or(i64::MAX))
    }
}

/// One entry, read. It stays where it was read until it is written, so that its size is not moved about.
#[expect(clippy::large_enum_variant, reason = "most entries are records, and a box each would cost more")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A call goes out.
    Intent(IntentFrame<'a>),
    /// A request has ended.
    Record(RecordFrame<'a>),
    /// A request made something that the provider keeps.
    Owned(OwnedFrame<'a>),
    /// Of a kind or version that this program does not know; its checksum is right.
    Unknown {
        /// Version byte.
        version: u8,
        /// Kind byte.
        kind: u8,
    },
}

/// The bytes at this place are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Nothing was written here yet.
    End,
    /// A length that no entry has, or a checksum that does not fit; also an entry half written.
    Corrupt,
    /// The entry goes on beyond the given bytes, up to this length.
    More(usize),
}

/// Writes postcard into a buffer that is kept from entry to entry.
struct Reused<'a>(&'a mut Vec<u8>);

impl Flavor for Reused<'_> {
    type Output = ();
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Appends an entry.
fn encode<T: Serialize>(buffer: &mut Vec<u8>, version: u8, kind: u8, value: &T) -> postcard::Result<()> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; PREFIX_BYTES]);
    buffer.extend_from_slice(&[version, kind]);
    postcard::serialize_with_flavor(value, Reused(buffer))?;
    let entry = buffer.get_mut(start..).unwrap_or_default();
    let (prefix, body) = entry.split_at_mut(PREFIX_BYTES);
    let length = u32::try_from(body.len()).map_err(|_| postcard::Error::SerializeBufferFull)?;
    let crc = crc32fast::hash(body);
    let (length_place, crc_place) = prefix.split_at_mut(4);
    length_place.copy_from_slice(&length.to_le_bytes());
    crc_place.copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

pub(super) fn encode_intent(buffer: &mut Vec<u8>, intent: &Intent<'_>) -> postcard::Result<()> {
    let frame = IntentFrame {
        request: intent.attempt.request.0,
        attempt: intent.attempt.attempt,
        time: intent.time,
        key: intent.key.map(|key| StoredId(key.0)),
        team_id: intent.team_id.map(|t| clip(t, NAME)),
        hold: intent.hold.0,
        format: format_code(intent.format),
        model: clip(intent.model, MODEL),
        provider: clip(intent.provider, NAME),
        upstream_model: clip(intent.upstream_model, MODEL),
        stream: intent.stream,
        input_tokens: intent.input_tokens,
        parent: intent.parent.map(ParentFrame::new),
        accounts: &[],
    };
    buffer.clear();
    if !intent.accounts.is_empty() {
        let packed = crate::accounts::pack(intent.accounts);
        let value = (&frame, (frame.parent, Packed(&packed)));
        return encode(buffer, accounts::INTENT_VERSION, KIND_INTENT, &value);
    }
    match frame.parent {
        None => encode(buffer, VERSION, KIND_INTENT, &frame),
        Some(parent) => encode(buffer, parent::INTENT_VERSION, KIND_INTENT, &(frame, parent)),
    }
}

pub(super) fn encode_record(buffer: &mut Vec<u8>, record: &Record) -> postcard::Result<()> {
    let kept = record.attempts.get(..MAX_ATTEMPTS).unwrap_or(&record.attempts);
    let frame = RecordOut {
        id: record.id.0,
        time: record.time,
        key: record.key.map(|key| StoredId(key.0)),
        team_id: record.team_id.as_deref().map(|t| clip(t, NAME)),
        format: format_code(record.format),
        model: clip(&record.model, MODEL),
        stream: record.stream,
        outcome: outcome_code(record.outcome),
        status: record.status,
        error_code: clip(&record.error_code, WORD),
        error_detail: clip(&record.error_detail, DETAIL),
        cache: clip(&record.cache, WORD),
        customer: record.customer.as_deref().map(|c| clip(c, MODEL)),
        first_byte_us: record.first_byte_us,
        total_us: record.total_us,
        attempts: AttemptsOut(kept),
    };
    buffer.clear();
    let media = media::of(kept);
    let parent = record.parent.map(ParentFrame::new);
    if record.details != RecordDetails::default() {
        let packed = crate::accounts::pack(&record.accounts);
        let (tolls, accounts) = (tolls::of(&record.tolls), Packed(&packed));
        let details = details::DetailsOut::new(&record.details);
        let out =
            details::Out { record: frame, media, parent, tolls, accounts, saved: record.saved.0, details };
        return encode(buffer, details::VERSION, KIND_RECORD, &out);
    }
    if record.saved > NanoUsd::ZERO {
        let packed = crate::accounts::pack(&record.accounts);
        let (tolls, accounts) = (tolls::of(&record.tolls), Packed(&packed));
        let out = saved::Out { record: frame, media, parent, tolls, accounts, saved: record.saved.0 };
        return encode(buffer, saved::VERSION, KIND_RECORD, &out);
    }
    if !record.accounts.is_empty() {
        let packed = crate::accounts::pack(&record.accounts);
        let (tolls, accounts) = (tolls::of(&record.tolls), Packed(&packed));
        let out = accounts::Out { record: frame, media, parent, tolls, accounts };
        return encode(buffer, accounts::RECORD_VERSION, KIND_RECORD, &out);
    }
    if !record.tolls.is_empty() {
        let out = tolls::Out { record: frame, media, parent, tolls: tolls::of(&record.tolls) };
        return encode(buffer, tolls::VERSION, KIND_RECORD, &out);
    }
    if let Some(parent) = record.parent {
        let out = parent::Out { record: frame, media, parent: ParentFrame::new(parent) };
        return encode(buffer, parent::RECORD_VERSION, KIND_RECORD, &out);
    }
    if media.is_empty() {
        return encode(buffer, VERSION, KIND_RECORD, &frame);
    }
    encode(buffer, media::VERSION, KIND_RECORD, &media::Out { record: frame, media })
}

/// The bytes of one record after the other, in a buffer that is kept.
#[derive(Debug, Default)]
pub struct RecordBytes(Vec<u8>);

impl RecordBytes {
    /// A record as the journal would give it back.
    ///
    /// # Errors
    /// It is larger than an entry can be.
    pub fn encode(&mut self, record: &Record) -> Result<Frame<'_>, FrameError> {
        encode_record(&mut self.0, record).map_err(|_| FrameError::Corrupt)?;
        decode(&self.0).map(|(frame, _)| frame)
    }
}

/// Appends the entry to what the buffer holds.
pub(super) fn encode_owned(buffer: &mut Vec<u8>, owned: &Owned<'_>) -> postcard::Result<()> {
    let frame = OwnedFrame::new(owned);
    if frame.credential.is_empty() {
        return encode(buffer, VERSION, KIND_OWNED, &frame);
    }
    encode(buffer, owned::VERSION, KIND_OWNED, &(&frame, frame.credential))
}

/// Reads the entry at the start of `bytes`, with its length.
pub(super) fn decode(bytes: &[u8]) -> Result<(Frame<'_>, usize), FrameError> {
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX_BYTES>() else {
        return Err(FrameError::More(PREFIX_BYTES));
    };
    let [l0, l1, l2, l3, c0, c1, c2, c3] = *prefix;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    if length == 0 {
        return Err(FrameError::End);
    }
    if !(2..=MAX_FRAME_BYTES - PREFIX_BYTES).contains(&length) {
        return Err(FrameError::Corrupt);
    }
    let Some(body) = rest.get(..length) else {
        return Err(FrameError::More(PREFIX_BYTES + length));
    };
    if crc32fast::hash(body) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(FrameError::Corrupt);
    }
    let frame = match body {
        [VERSION, KIND_INTENT, payload @ ..] => postcard::from_bytes(payload).map(Frame::Intent),
        [VERSION, KIND_RECORD, payload @ ..] => postcard::from_bytes(payload).map(Frame::Record),
        [VERSION, KIND_OWNED, payload @ ..] => postcard::from_bytes(payload).map(Frame::Owned),
        [owned::VERSION, KIND_OWNED, payload @ ..] => owned::read(payload).map(Frame::Owned),
        [media::VERSION, KIND_RECORD, payload @ ..] => media::read(payload).map(Frame::Record),
        [parent::RECORD_VERSION, KIND_RECORD, payload @ ..] => {
            parent::read_record(payload).map(Frame::Record)
        }
        [tolls::VERSION, KIND_RECORD, payload @ ..] => tolls::read(payload).map(Frame::Record),
        [parent::INTENT_VERSION, KIND_INTENT, payload @ ..] => {
            parent::read_intent(payload).map(Frame::Intent)
        }
        [accounts::RECORD_VERSION, KIND_RECORD, payload @ ..] => {
            accounts::read_record(payload).map(Frame::Record)
        }
        [saved::VERSION, KIND_RECORD, payload @ ..] => saved::read(payload).map(Frame::Record),
        [details::VERSION, KIND_RECORD, payload @ ..] => details::read(payload).map(Frame::Record),
        [accounts::INTENT_VERSION, KIND_INTENT, payload @ ..] => {
            accounts::read_intent(payload).map(Frame::Intent)
        }
        [version, kind, ..] => Ok(Frame::Unknown { version: *version, kind: *kind }),
        _ => return Err(FrameError::Corrupt),
    };
    frame.map(|frame| (frame, PREFIX_BYTES + length)).map_err(|_| FrameError::Corrupt)
}

#[cfg(test)]
pub(super) mod tests;

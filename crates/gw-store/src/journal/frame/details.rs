//! What else is known of a call: version 7 of a record (version 6, and behind it who called with what, and what guardrails
//! found), and then the rest up to the end of the entry. Databases keep that rest as it is, so it has a version of its
//! own; fields are never reordered or removed.

mod tail;

pub(in crate::journal) use tail::TIMES_BYTES;

use super::accounts::{self, Packed};
use super::media::MediaFrame;
use super::tolls::TollFrame;
use super::{ParentFrame, RecordFrame, RecordOut};
use crate::journal::codes::{unit_code, unit_of};
use crate::journal::text::{MODEL, NAME, WORD, clip};
use gw_model::trace::TraceId;
use gw_model::{FemtoUsd, PriceLine, RecordDetails};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize, Serializer};
use std::net::IpAddr;

/// The version of such records.
pub(super) const VERSION: u8 = 7;
/// The version of the rest.
const REST_VERSION: u8 = 1;

const TRACE_BYTES: usize = 16;

/// Longest texts, in bytes.
const AGENT: usize = 160;
/// Those of metadata; whoever writes records makes them fit.
pub const MAX_METADATA_BYTES: usize = 1024;
const METADATA: usize = MAX_METADATA_BYTES;
/// Most of each that one record has.
const VERDICTS: usize = 6;
const DROPPED: usize = 8;
const PRICES: usize = 24;

/// Most bytes that all of it takes: its texts with their lengths, and numbers of at most ten bytes each.
pub(in crate::journal) const DETAILS_BYTES: usize = AGENT
    + NAME
    + MODEL
    + METADATA
    + WORD
    + VERDICTS * (3 * WORD + 8)
    + DROPPED * (WORD + 2)
    + PRICES * 22
    + TRACE_BYTES
    + tail::BYTES
    + 96;

/// A [`gw_model::Verdict`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in Verdict")]
pub struct VerdictFrame<'a> {
    pub guardrail: &'a str,
    pub action: &'a str,
    pub kind: &'a str,
    pub on_response: bool,
}

/// A [`PriceLine`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PriceFrame {
    attempt: u8,
    unit: u8,
    count: u64,
    price: u64,
}

/// The rest.
#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    #[serde(borrow)]
    metadata: Option<&'a str>,
    client_ip: Option<IpAddr>,
    region: Option<&'a str>,
    dropped: Vec<&'a str>,
    waited_us: u64,
    connect_us: Option<u64>,
    prices: Vec<PriceFrame>,
}

/// Behind the rest: the trace of 16 bytes, or nothing, and behind that the [`tail`]. Whoever does not know of either leaves it out.
struct Behind {
    trace: Option<[u8; 16]>,
    tail: Vec<u8>,
}

impl Behind {
    fn new(details: &RecordDetails) -> Self {
        let tail = tail::of(details);
        let trace = details.trace_id.map(TraceId::bytes);
        // Whatever is as long as a trace is taken for one: zeros are none.
        let trace = if tail.len() < TRACE_BYTES { trace } else { trace.or(Some([0; TRACE_BYTES])) };
        Self { trace, tail }
    }
}

impl Serialize for Behind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let trace = self.trace.iter().flatten();
        let mut bytes = to.serialize_tuple(trace.clone().count() + self.tail.len())?;
        trace.chain(&self.tail).try_for_each(|byte| bytes.serialize_element(byte))?;
        bytes.end()
    }
}

/// What stands behind the rest: the trace, empty for none, and the tail.
fn parted(behind: &[u8]) -> (&[u8], &[u8]) {
    match behind.split_at_checked(TRACE_BYTES) {
        Some((trace, tail)) if trace.iter().all(|byte| *byte == 0) => (&[], tail),
        Some((trace, tail)) => (trace, tail),
        None => (&[], behind),
    }
}

/// A record of this version, to be written.
#[derive(Serialize)]
pub(super) struct Out<'a> {
    pub(super) record: RecordOut<'a>,
    pub(super) media: Vec<MediaFrame>,
    pub(super) parent: Option<ParentFrame>,
    pub(super) tolls: Vec<TollFrame>,
    pub(super) accounts: Packed<'a>,
    pub(super) saved: u64,
    pub(super) details: DetailsOut<'a>,
}

/// A record of this version, as read up to the rest.
#[derive(Deserialize)]
struct In<'a> {
    #[serde(borrow)]
    record: RecordFrame<'a>,
    media: Vec<MediaFrame>,
    parent: Option<ParentFrame>,
    tolls: Vec<TollFrame>,
    accounts: &'a [u8],
    saved: u64,
    user_agent: &'a str,
    session: &'a str,
    tags: &'a str,
    verdicts: Vec<VerdictFrame<'a>>,
}

/// Details, to be written.
#[derive(Serialize)]
pub(super) struct DetailsOut<'a> {
    user_agent: &'a str,
    session: &'a str,
    tags: &'a str,
    verdicts: Vec<VerdictFrame<'a>>,
    version: u8,
    rest: Rest<'a>,
    behind: Behind,
}

impl<'a> DetailsOut<'a> {
    pub(super) fn new(details: &'a RecordDetails) -> Self {
        let text = |text: &'a Option<String>, most| text.as_deref().map(|text| clip(text, most));
        let verdict = |verdict: &'a gw_model::Verdict| VerdictFrame {
            guardrail: clip(&verdict.guardrail, WORD),
            action: clip(&verdict.action, WORD),
            kind: clip(&verdict.kind, WORD),
            on_response: verdict.side == "response",
        };
        Self {
            user_agent: text(&details.user_agent, AGENT).unwrap_or(""),
            session: text(&details.session, NAME).unwrap_or(""),
            tags: text(&details.tags, MODEL).unwrap_or(""),
            verdicts: details.verdicts.iter().take(VERDICTS).map(verdict).collect(),
            version: REST_VERSION,
            rest: rest(details),
            behind: Behind::new(details),
        }
    }
}

fn rest(details: &RecordDetails) -> Rest<'_> {
    let price = |line: &PriceLine| PriceFrame {
        attempt: line.attempt,
        unit: unit_code(line.unit),
        count: line.count,
        price: line.price.0,
    };
    Rest {
        // A piece of a JSON object is none.
        metadata: details.metadata.as_deref().filter(|metadata| metadata.len() <= METADATA),
        client_ip: details.client_ip,
        region: details.region.as_deref().map(|region| clip(region, WORD)),
        dropped: details.dropped.iter().take(DROPPED).map(|name| clip(name, WORD)).collect(),
        waited_us: details.waited_us,
        connect_us: details.connect_us,
        prices: details.prices.iter().take(PRICES).map(price).collect(),
    }
}

/// Reads a record of this version.
pub(super) fn read(payload: &[u8]) -> postcard::Result<RecordFrame<'_>> {
    let (read, details) = postcard::take_from_bytes::<In<'_>>(payload)?;
    let In { record, media, parent, tolls, accounts, saved, user_agent, session, tags, verdicts } = read;
    let accounts = accounts::whole(accounts)?;
    Ok(RecordFrame {
        media,
        parent,
        tolls,
        accounts,
        saved,
        user_agent,
        session,
        tags,
        verdicts,
        details,
        ..record
    })
}

/// What the rest of a record says, as databases keep it; what a later version wrote is left out. Its user agent, session,
/// tags and verdicts stand elsewhere.
pub(crate) fn rest_of(bytes: &[u8]) -> RecordDetails {
    let Some((&REST_VERSION, body)) = bytes.split_first() else { return RecordDetails::default() };
    let Ok((rest, behind)) = postcard::take_from_bytes::<Rest<'_>>(body) else {
        return RecordDetails::default();
    };
    let text = |text: Option<&str>| text.map(str::to_owned);
    let price = |frame: &PriceFrame| {
        Some(PriceLine {
            attempt: frame.attempt,
            unit: unit_of(frame.unit)?,
            count: frame.count,
            price: FemtoUsd(frame.price),
        })
    };
    let (trace, tail) = parted(behind);
    let known = RecordDetails {
        metadata: text(rest.metadata),
        client_ip: rest.client_ip,
        region: text(rest.region),
        dropped: rest.dropped.iter().map(|name| (*name).to_owned()).collect(),
        waited_us: rest.waited_us,
        connect_us: rest.connect_us,
        prices: rest.prices.iter().filter_map(price).collect(),
        trace_id: trace.first_chunk().and_then(|bytes| TraceId::from_bytes(*bytes)),
        ..RecordDetails::default()
    };
    tail::read(tail, known)
}

/// Did the model's name stand for something, by that rest? And the region of the provider that was tried last; empty for none.
pub(crate) fn resolved_and_region(bytes: &[u8]) -> (bool, &str) {
    let Some((&REST_VERSION, body)) = bytes.split_first() else { return (false, "") };
    let Ok((rest, behind)) = postcard::take_from_bytes::<Rest<'_>>(body) else { return (false, "") };
    (tail::is_resolved(parted(behind).1), rest.region.unwrap_or(""))
}

fn behind_rest(bytes: &[u8]) -> &[u8] {
    let Some((&REST_VERSION, body)) = bytes.split_first() else { return &[] };
    postcard::take_from_bytes::<Rest<'_>>(body).map_or(&[][..], |(_, behind)| behind)
}

/// The same rest with other prices; `None` where a later version wrote it. An empty rest, as old records have, is taken for one
/// that says nothing.
pub(crate) fn rest_with_prices(bytes: &[u8], prices: Vec<PriceLine>) -> Option<Vec<u8>> {
    let (body, version) = match bytes.split_first() {
        None => (&[][..], REST_VERSION),
        Some((version, body)) => (body, *version),
    };
    if version != REST_VERSION {
        return None;
    }
    let behind = match body {
        [] => body,
        body => postcard::take_from_bytes::<Rest<'_>>(body).ok()?.1,
    };
    let details = RecordDetails { prices, ..rest_of(bytes) };
    let mut written = postcard::to_extend(&rest(&details), vec![REST_VERSION]).ok()?;
    written.extend_from_slice(behind);
    Some(written)
}

/// The trace of a record by that rest, as 16 bytes; empty for none.
pub(crate) fn trace_of(bytes: &[u8]) -> &[u8] {
    parted(behind_rest(bytes)).0
}

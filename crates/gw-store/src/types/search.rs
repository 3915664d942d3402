//! Which records somebody looks for, and what is found. Plain data.

use super::records::Unread;
use gw_model::trace::TraceId;
use gw_model::{
    AccountId, KeyId, Micros, NanoUsd, Outcome, Parameter, RecordDetails, RequestId, SubCallRole,
    UsageSource, Verdict,
};
use serde_json::Value;
use std::net::IpAddr;

/// From so much to so much, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// At least.
    pub from: Option<u64>,
    /// At most.
    pub to: Option<u64>,
}

impl Span {
    /// True where nothing is outside of it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Is it within?
    #[must_use]
    pub fn has(&self, number: u64) -> bool {
        self.from.is_none_or(|from| number >= from) && self.to.is_none_or(|to| number <= to)
    }
}

/// What was said about records that are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedbackFilter {
    /// With that label.
    pub label: Option<String>,
    /// With a score of at least that.
    pub min_score: Option<i64>,
    /// And at most that.
    pub max_score: Option<i64>,
}

/// What the metadata of records that are wanted has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataFilter {
    /// A member of that name.
    pub name: String,
    /// With that value: a text, or anything else as JSON has it. Any where there is none.
    pub value: Option<String>,
}

/// What requests that are wanted asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFilter {
    /// By that parameter.
    pub parameter: Parameter,
    /// With that value, as people write it. Any where there is none.
    pub value: Option<String>,
}

/// Where calls that are wanted came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientFilter {
    /// An address, or one within the network.
    pub address: IpAddr,
    /// How many of its first bits must agree.
    pub bits: u8,
}

/// Which records to list: those for which all of it holds.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// That request only.
    pub request_id: Option<RequestId>,
    /// Of that key.
    pub key_id: Option<KeyId>,
    /// That count for all of these accounts.
    pub accounts: Vec<AccountId>,
    /// That count for any of these accounts: what somebody may see who may not see everything.
    pub seen_from: Option<Vec<AccountId>>,
    /// Of that team: an account, or a label of keys.
    pub team_id: Option<String>,
    /// With that model, as the caller named it.
    pub model: Option<String>,
    /// Whose last attempt was at that provider.
    pub provider: Option<String>,
    /// And went there with that name of a model.
    pub upstream_model: Option<String>,
    /// In one of these formats; in any where there is none.
    pub formats: Vec<String>,
    /// A stream was asked for, or not.
    pub stream: Option<bool>,
    /// With that ending.
    pub outcome: Option<Outcome>,
    /// Status sent to the caller.
    pub status: Span,
    /// With that error code.
    pub error_code: Option<String>,
    /// Whose upstream error holds that text, in whatever case.
    pub error_detail: Option<String>,
    /// Whose token counts come from there.
    pub usage_source: Option<UsageSource>,
    /// With an attempt at that provider, also where another one answered.
    pub tried_provider: Option<String>,
    /// With an attempt that failed for that reason: `timeout`, `429`, ...
    pub try_reason: Option<String>,
    /// That used something of that kind besides tokens: a name of [`gw_model::Media::named`].
    pub media: Option<String>,
    /// Sub-calls that are that to their request.
    pub role: Option<SubCallRole>,
    /// What the cache had to say.
    pub cache: Option<String>,
    /// For that customer, as the caller named it.
    pub customer: Option<String>,
    /// Of that session.
    pub session: Option<String>,
    /// Of that trace.
    pub trace_id: Option<TraceId>,
    /// With that tag, as the caller named it.
    pub tag: Option<String>,
    /// Whose user agent holds that text, in whatever case.
    pub user_agent: Option<String>,
    /// In which that guardrail found something.
    pub guardrail: Option<String>,
    /// And did that about it.
    pub guardrail_action: Option<String>,
    /// In which a guardrail found something of that kind.
    pub guardrail_kind: Option<String>,
    /// On that side of the call: `request` or `response`.
    pub guardrail_side: Option<String>,
    /// Whose provider that was tried last is in that region.
    pub region: Option<String>,
    /// Which came by that node of a dynamic route.
    pub route_node: Option<String>,
    /// Which asked for that.
    pub parameter: Option<ParameterFilter>,
    /// Whose metadata has that.
    pub metadata: Option<MetadataFilter>,
    /// From that address or network.
    pub client: Option<ClientFilter>,
    /// Of which that parameter was left out for the target.
    pub dropped_parameter: Option<String>,
    /// Nano-dollars.
    pub cost: Span,
    /// Nano-dollars that an answer from the cache would have cost.
    pub saved: Span,
    /// Microseconds from the request to the last byte.
    pub total_us: Span,
    /// Microseconds from the request to the first byte.
    pub first_byte_us: Span,
    /// Microseconds that it waited for places at targets.
    pub waited_us: Span,
    /// Microseconds that connections for it took; those that stood already are none of any length.
    pub connect_us: Span,
    /// Microseconds that guardrails looked at the request.
    pub guardrails_us: Span,
    /// Microseconds that the answer waited for guardrails.
    pub answer_guardrails_us: Span,
    /// Tenths of a token of the answer per second.
    pub tenths_of_tokens_per_second: Span,
    /// How many attempts.
    pub attempts: Span,
    /// Input and output tokens together.
    pub tokens: Span,
    /// Input tokens.
    pub input_tokens: Span,
    /// Output tokens.
    pub output_tokens: Span,
    /// Input tokens read from prompt caches.
    pub cached_tokens: Span,
    /// Input tokens written to prompt caches.
    pub cache_write_tokens: Span,
    /// Output tokens of reasoning.
    pub reasoning_tokens: Span,
    /// Bodies of it are kept, or not.
    pub has_body: Option<bool>,
    /// Its bodies are read with it, where they are kept.
    pub with_bodies: bool,
    /// Somebody said something about it, with that label where there is one.
    pub feedback: Option<FeedbackFilter>,
    /// Arrived at or after this time.
    pub from: Option<Micros>,
    /// Arrived before this time.
    pub to: Option<Micros>,
    /// Sub-calls of that request only.
    pub parent_id: Option<RequestId>,
    /// Sub-calls are listed among the requests. Whoever asks for one by its id gets it in any case.
    pub sub_calls: bool,
    /// Older than this one (a page's cursor).
    pub before: Option<RequestId>,
    /// At most so many, 1 to 1000; 0 is taken as 100.
    pub limit: usize,
    /// Most bytes of bodies, as they are stored, that a page of searches has; one record is there in any case.
    pub max_bytes: Option<usize>,
}

impl LogFilter {
    /// Rows of a page when nothing is said, and at most.
    const PAGE: (usize, usize) = (100, 1000);

    /// Rows of a page.
    #[must_use]
    pub(crate) fn page_rows(&self) -> usize {
        match self.limit {
            0 => Self::PAGE.0,
            rows => rows.min(Self::PAGE.1),
        }
    }
}

/// Some records, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The records.
    pub rows: Vec<LogRow>,
    /// Where the next page starts ([`LogFilter::before`]); `None` when everything was looked at.
    pub next: Option<RequestId>,
    /// The time was up before the page was full: nothing older than this one was looked at.
    pub searched_to: Option<RequestId>,
}

/// A record as listed. Token counts are sums over its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// The request.
    pub request_id: RequestId,
    /// When it arrived.
    pub time: Micros,
    /// Who called.
    pub key_id: Option<KeyId>,
    /// The key's team at that time.
    pub team_id: Option<String>,
    /// The caller's format; a name of [`gw_model::WireFormat::as_str`].
    pub format: String,
    /// The model that the caller named.
    pub model: String,
    /// Provider of the last attempt.
    pub provider: Option<String>,
    /// Model name sent to it.
    pub upstream_model: Option<String>,
    /// A stream was asked for.
    pub stream: bool,
    /// Ending.
    pub outcome: Outcome,
    /// Status sent to the caller; 0 when none was.
    pub status: u16,
    /// The gateway's error code.
    pub error_code: Option<String>,
    /// Text of an upstream error that the caller was not shown.
    pub error_detail: Option<String>,
    /// How many attempts.
    pub attempts: u32,
    /// `hit`, `miss`, `bypass`.
    pub cache: Option<String>,
    /// The customer that the caller named.
    pub customer: Option<String>,
    /// All input tokens.
    pub input_tokens: u64,
    /// All output tokens.
    pub output_tokens: u64,
    /// Input tokens read from the prompt cache.
    pub cached_tokens: u64,
    /// Input tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// Output tokens of reasoning.
    pub reasoning_tokens: u64,
    /// Where the counts come from.
    pub usage_source: UsageSource,
    /// Cost of all attempts.
    pub cost: NanoUsd,
    /// Microseconds to the first byte.
    pub first_byte_us: Option<u64>,
    /// Microseconds to the last byte.
    pub total_us: u64,
    /// The attempts as a JSON list, when there was more than one or one that failed.
    pub tries: Option<String>,
    /// Of a sub-call: the request that started it.
    pub parent_id: Option<RequestId>,
    /// Of a sub-call: what it is to that request.
    pub role: Option<SubCallRole>,
    /// The accounts above and beside the key that it counts for.
    pub accounts: Vec<AccountId>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
    /// The session that the caller named.
    pub session: Option<String>,
    /// The tags that the caller named.
    pub tags: Vec<String>,
    /// What guardrails found.
    pub verdicts: Vec<Verdict>,
    /// What an answer from the cache would have cost.
    pub saved: NanoUsd,
    /// Bodies, sealed, where they were asked for and are kept.
    pub bodies: Option<Vec<u8>>,
    /// Why they are not there, although they are kept and were asked for.
    pub unread: Option<Unread>,
    /// What else is known; of what stands above, nothing is in it.
    pub details: RecordDetails,
}

impl LogRow {
    /// The attempts as [`Self::tries`] has them, each with its times and region where they are known.
    #[must_use]
    pub fn timed_tries(&self) -> Option<Vec<Value>> {
        let mut tries: Vec<Value> = serde_json::from_str(self.tries.as_deref()?).ok()?;
        for (at, one) in tries.iter_mut().enumerate() {
            self.put_times(at, one);
        }
        Some(tries)
    }

    /// Adds what is known of an attempt's times.
    pub fn put_times(&self, attempt: usize, to: &mut Value) {
        let (Some(times), Some(members)) = (self.details.times.get(attempt), to.as_object_mut()) else {
            return;
        };
        let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        put("start_us", times.start_us.into());
        put("connect_us", times.connect_us.into());
        put("first_byte_us", times.first_byte_us.into());
        put("region", times.region.as_deref().into());
    }

    /// Output tokens by the time that the answer took from its first byte on, in tenths a second, rounded; nothing where that
    /// says nothing.
    #[must_use]
    pub fn tenths_of_tokens_per_second(&self) -> Option<u64> {
        let took_us = self.total_us.checked_sub(self.first_byte_us?)?;
        // What comes in one piece has no speed.
        if !self.stream || took_us == 0 || self.output_tokens == 0 {
            return None;
        }
        let tenths =
            (u128::from(self.output_tokens) * 20_000_000 + u128::from(took_us)) / (2 * u128::from(took_us));
        u64::try_from(tenths).ok()
    }

    /// The tags of a text as rows have it.
    pub(crate) fn tags_of(text: Option<&str>) -> Vec<String> {
        let names = text.unwrap_or_default().split('|').filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }
}
